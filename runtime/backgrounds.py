"""What lies behind pictures with transparency (docs/transparency.md)."""

from __future__ import annotations

import re

from ganrt.errors import UsageError

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
# Soft colours for `auto`. Their number is prime: in a grid no column has one colour throughout.
AUTO = (
    *("f6c1c1", "f9d5b3", "fbe9b0", "e3efb3", "c5e8b7", "b9e6cc", "b5e5e3"),
    *("b8dcf2", "bccdf5", "cdc4f2", "e0c3ee", "f2c4e2", "dcd6cc"),
)


def parse_colour(text: str, least: str = "") -> Colour:
    """ "ff8000" or "#ff8000" -> (255, 128, 0).

    Args:
        least: what else is accepted, for the message, such as "none, auto or ".

    Raises:
        UsageError: anything else.
    """
    digits = text.removeprefix("#")
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", digits):
        raise UsageError(f"--background {text}: expected {least}a colour as RRGGBB, such as ffffff for white")
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def check_background(text: str | None, opaque: str | None = None) -> None:
    """Refuses what is no background.

    Args:
        text: `none`, `auto`, a colour RRGGBB, or None where nothing was asked for.
        opaque: the format, where it has no transparency.

    Raises:
        UsageError: another text, or `none` for an opaque format.
    """
    if text == "none" and opaque is not None:
        raise UsageError(
            f"--background none: {opaque} has no transparency; expected auto or a colour as RRGGBB, such as ffffff"
        )
    if text not in (None, "none", "auto"):
        parse_colour(text, "none, auto or ")


def colour_behind(text: str | None, opaque: bool, seed: int = 0, index: int = 0) -> Colour | None:
    """The colour behind picture `index` of `seed`; None: nothing, it keeps its transparency.

    `auto` is colour (seed + index) mod 13 of `AUTO`. Where nothing was asked for, an opaque format has white.
    """
    if text == "auto":
        return parse_colour(AUTO[(seed + index) % len(AUTO)])
    if text is None or text == "none":
        return WHITE if opaque else None
    return parse_colour(text)
