"""From an address to a picture: `/avatar/ann.png?size=128&set=hair=afro`, `/look/ganrt:avatars-2:0:8841.webp`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_to_bytes

from ganrt import __version__
from ganrt.engines.machine import package_version, processor
from ganrt.errors import UsageError
from ganrt.runtime.arguments import shown
from ganrt.runtime.design import in_use, look_origin
from ganrt.runtime.identity import MAX_REROLL, identity_index
from ganrt.runtime.look_drawing import rows_of
from ganrt.runtime.looks import Look
from ganrt.runtime.picture_style import PictureStyle
from ganrt.runtime.settings import parse_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ganrt.runtime.generator import Generator

TYPES = {"png": "image/png", "webp": "image/webp", "jpeg": "image/jpeg", "jpg": "image/jpeg"}
LONGEST_NAME = 1000  # bytes of UTF-8
LONGEST_QUERY = 8000
_STYLE = ("size", "background", "mask", "quality")
_OF_AVATARS = ("set", "reroll", "truncation")
_PACKAGES = ("numpy", "opencv-python", "onnxruntime", "openvino")


@dataclass(frozen=True)
class LookRequest:
    """One picture: a look, and how it is written."""

    look: Look
    style: PictureStyle

    @property
    def type(self) -> str:
        return TYPES[self.style.encode]


class Reader:
    """Reads addresses for one generator."""

    def __init__(self, generator: Generator, max_size: int) -> None:
        self._generator, self._max_size = generator, max_size

    def avatar(self, path: bytes, query: bytes) -> LookRequest:
        """What `/avatar/` + path + `?` + query asks for.

        Args:
            path: percent-encoded: a name, which may be any text, a dot and the format.

        Raises:
            UsageError: it makes no sense.
        """
        name, encode = _split(path)
        if len(name.encode()) > LONGEST_NAME:
            raise UsageError(f"a name of {len(name.encode())} bytes: expected at most {LONGEST_NAME}")
        given = _parsed(query, (*_OF_AVATARS, *_STYLE))
        index = identity_index(name, reroll=_whole(given, "reroll", 0, MAX_REROLL) or 0)
        controls = self._generator.controls.canonical(parse_settings(given.get("set", ())))
        look = self._generator.look(0, index, truncation=_number(given, "truncation"), controls=controls)
        return LookRequest(look, self._style(encode, given))

    def look(self, path: bytes, query: bytes) -> LookRequest:
        """What `/look/` + path + `?` + query asks for: a look code, a dot and the format.

        Raises:
            UsageError: it makes no sense, or another model drew it.
        """
        code, encode = _split(path)
        return LookRequest(Look.parse(code), self._style(encode, _parsed(query, _STYLE)))

    def check(self, look_request: LookRequest) -> None:
        """Raises UsageError for what the generator does not draw."""
        next(rows_of(self._generator, [look_request.look]))

    def key(self, look_request: LookRequest) -> str:
        """32 digits that are the same only for the same bytes: look, style, model, backend, machine and versions."""
        style = look_request.style
        quality = style.quality
        what = [look_request.look.code, style.encode, quality, style.size, style.background, style.mask, self._draws]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]

    def encoded(self, look_request: LookRequest, picture: NDArray[np.uint8]) -> bytes:
        """The file, as `ganrt generate` writes it."""
        look, style = look_request.look, look_request.style
        styled = style.applied(picture, look.seed, look.index)
        return style.encoded(styled, look_origin(self._generator, look, style))

    @cached_property
    def _draws(self) -> list[object]:
        packages = [(name, package_version(name)) for name in _PACKAGES]
        return [sorted(in_use(self._generator).items()), processor(), __version__, packages]

    def _style(self, encode: str, given: Mapping[str, Sequence[str]]) -> PictureStyle:
        size, quality = _whole(given, "size", 1, self._max_size), _whole(given, "quality", 1, 101)
        background, mask = _one(given, "background"), _one(given, "mask")
        style = PictureStyle(encode, quality, size=size, background=background, mask=mask or "none")
        style.check(self._generator.spec)
        return style


def _split(path: bytes) -> tuple[str, str]:
    try:
        text = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        raise UsageError("the address is not UTF-8") from None
    name, _, ending = text.rpartition(".")
    if ending not in TYPES:
        raise UsageError(f"{shown(text)}: expected a name that ends in .{', .'.join(TYPES)}")
    return name, "jpeg" if ending == "jpg" else ending


def _parsed(query: bytes, known: Sequence[str]) -> dict[str, list[str]]:
    try:
        if len(query) > LONGEST_QUERY:
            raise UsageError(f"a query of {len(query)} bytes: expected at most {LONGEST_QUERY}")
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except UsageError:
        raise
    except ValueError:
        raise UsageError("the query cannot be read: expected name=value&name=value in UTF-8") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in known:
            raise UsageError(f"{shown(name)}: unknown; expected {', '.join(known)}")
        if name in found and name != "set":
            raise UsageError(f"{name}: given twice; expected it once")
        found.setdefault(name, []).append(value)
    return found


def _one(given: Mapping[str, Sequence[str]], name: str) -> str | None:
    return given[name][0] if name in given else None


def _whole(given: Mapping[str, Sequence[str]], name: str, low: int, high: int) -> int | None:
    text = _one(given, name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 20 and low <= int(text) <= high):
        raise UsageError(f"{name}={text[:40]}: expected an integer from {low} to {high}")
    return int(text)


def _number(given: Mapping[str, Sequence[str]], name: str) -> float | None:
    text = _one(given, name)
    if text is None:
        return None
    whole, _, part = text.partition(".")
    if not (text.isascii() and whole.isdecimal() and (part or "0").isdecimal() and len(text) <= 18):
        raise UsageError(f"{name}={text[:40]}: expected a number such as 0.7")
    return float(text)
