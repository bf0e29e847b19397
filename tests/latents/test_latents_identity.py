"""Identities to indices: an answer worked out with a shell, and what must differ or fail."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ganrt.errors import UsageError
from ganrt.runtime.identity import identity_index


def test_known_answer():
    # printf '\0\0\0\5ganrt\0\0\0\13player-8841' | sha256sum | cut -c 1-16
    assert identity_index("player-8841") == 0x86BCB61FCF1B7A54


def test_without_normalisation():
    assert identity_index("e\u0301") != identity_index("\u00e9")


def test_length_prefixes_keep_pairs_apart():
    pairs = [("b", "a"), ("", "ab"), ("ab", ""), ("a", "b")]
    assert len({identity_index(identity, namespace) for identity, namespace in pairs}) == len(pairs)


@pytest.mark.parametrize("bad", ["\ud800", "ok\udfff", None, 7, b"bytes"])
def test_bad_text(bad):
    with pytest.raises(UsageError, match=r"identity: given .*accepted is text"):
        identity_index(bad)
    with pytest.raises(UsageError, match=r"namespace: given .*accepted is text"):
        identity_index("x", bad)


def test_a_reroll_is_another_index_worked_out_by_hand():
    message = b"\0\0\0\5ganrt\0\0\0\x0bplayer-8841\0\0\0\x0212"
    assert identity_index("player-8841", reroll=12) == int.from_bytes(sha256(message).digest()[:8], "big")
    assert identity_index("player-8841", reroll=0) == identity_index("player-8841")
    assert len({identity_index("ann", reroll=r) for r in range(100)}) == 100
    for bad in (-1, 2**32, 1.5, "1"):
        with pytest.raises(UsageError, match="reroll"):
            identity_index("ann", reroll=bad)
