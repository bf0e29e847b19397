"""Identities to indices: an answer worked out with a shell, and what must differ or fail."""

from __future__ import annotations

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
