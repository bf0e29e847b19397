"""From a player's name or id to the index of an avatar (docs/latent-spec.md)."""

from __future__ import annotations

from hashlib import sha256

from ganrt.errors import UsageError
from ganrt.runtime.arguments import integer_between, shown

NAMESPACE = "ganrt"
MAX_REROLL = (1 << 32) - 1
_LONGEST = (1 << 32) - 1  # bytes: the length is written in four bytes


def identity_index(identity: str, namespace: str = NAMESPACE, reroll: int = 0) -> int:
    """The index, under seed 0, of an identity: in [0, 2^64), the same everywhere and for ever.

    identity, namespace: any text, the empty one too; they count as they are, without Unicode normalisation, so
    that composed and decomposed letters differ.

    reroll: another draw for the same identity, 0 (the first) to 2^32 - 1; from 1 on its decimal digits follow in the
    hash, as a third text.

    Raises UsageError for what UTF-8 cannot hold (lone surrogates), and for a reroll out of range.
    """
    integer_between("reroll", reroll, 0, MAX_REROLL)
    message = _prefixed("namespace", namespace) + _prefixed("identity", identity)
    if reroll:
        message += _prefixed("reroll", str(reroll))
    return int.from_bytes(sha256(message).digest()[:8], "big")


def _prefixed(name: str, text: str) -> bytes:
    """The UTF-8 of a text after its length, so that no two (namespace, identity) pairs make the same bytes."""
    if not isinstance(text, str):
        raise UsageError(f"{name}: given {shown(text)}, accepted is text")
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{name}: given {ascii(text)[:60]}, accepted is text without lone surrogates") from None
    if len(data) > _LONGEST:
        raise UsageError(f"{name}: given {len(data)} bytes of UTF-8, accepted are at most {_LONGEST}")
    return len(data).to_bytes(4, "big") + data
