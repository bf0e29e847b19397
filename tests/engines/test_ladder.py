"""Batches of any size from a few fixed ones."""

from hypothesis import given
from hypothesis import strategies as st

from ganrt.engines.ladder import Piece, pieces


@given(st.integers(1, 300), st.sets(st.integers(1, 70), min_size=1, max_size=6))
def test_every_image_once_and_in_order(count, sizes):
    made = pieces(count, tuple(sizes))
    assert [i for piece in made for i in range(piece.start, piece.start + piece.count)] == list(range(count))
    assert all(piece.size in sizes and 1 <= piece.count <= piece.size for piece in made)
    assert all(piece.count == piece.size for piece in made[:-1])


def test_the_largest_first_and_padding_only_where_nothing_fits():
    assert pieces(21, (1, 4, 16)) == [Piece(0, 16, 16), Piece(16, 4, 4), Piece(20, 1, 1)]
    assert pieces(5, (16,)) == [Piece(0, 5, 16)]
    assert pieces(7, (2, 4)) == [Piece(0, 4, 4), Piece(4, 2, 2), Piece(6, 1, 2)]
