"""The sections of a generator spec, each a dataclass that checks itself; `ganrt.spec` puts them together."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from ganrt.checks import (
    Section,
    boolean,
    checked,
    fail,
    integer,
    list_of,
    number,
    one_of,
    optional,
    text,
    uint64,
)
from ganrt.errors import SpecError
from ganrt.prior import EXAMPLE, PRIORS, Part, parse_prior, parts_of

MAX_SIDE = 16384
SIDE = integer(1, MAX_SIDE)
SHA256 = text(64, r"[0-9a-f]{64}", "a SHA-256 in 64 lower-case hexadecimal digits")
TOKEN = text(100, r"[A-Za-z0-9][A-Za-z0-9._+-]*", "a name of letters, digits and . _ + - (at most 100)")


def _prior(value: Any, where: str) -> str:
    expected = f"one of {', '.join(PRIORS)}, or parts such as {EXAMPLE}"
    try:
        stated = parse_prior(value)[0] if type(value) is str else None
    except ValueError as error:
        raise fail(where, value, expected) from error
    if stated is None:
        raise fail(where, value, expected)
    if stated != value:
        raise fail(where, value, f"'{stated}', its canonical form")
    return stated


@dataclass(frozen=True, kw_only=True)
class Latent(Section):
    """What z is drawn from. `threshold` is where normal values are truncated, None for the whole normal.

    `prior` is that of all values, or names parts in their order, such as `normal:62,onehot:10,uniform:2`.
    """

    dim: int = checked(integer(1, 65536))
    prior: str = checked(_prior)
    threshold: float | None = checked(optional(number(0.01, 8.0)), default=None)
    psi_mode: str = checked(one_of("scale", "resample", "style"), default="scale")
    latent_spec: int = checked(integer(1, 1), default=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            parts_of(self.prior, self.dim)
        except ValueError as error:
            raise fail("latent.prior", self.prior, f"parts of {self.dim} values in all") from error

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of z in their order; one, where all values have one distribution."""
        return parts_of(self.prior, self.dim)


@dataclass(frozen=True, kw_only=True)
class Style(Section):
    """The style space of a generator that maps z to w, and w to the picture.

    `count` styles (the layers that take one) of `dim` values each. `average` is the w that truncation pulls towards:
    w' = average + psi * (w - average), for the first `cutoff` styles, None for all. `other` is the other file of a
    mapping and synthesis that are two: the SHA-256 of its bytes without its metadata.
    """

    count: int = checked(integer(1, 256))
    dim: int = checked(integer(1, 65536))
    average: tuple[float, ...] | None = checked(optional(list_of(number(-1e9, 1e9), 65536)), default=None)
    cutoff: int | None = checked(optional(integer(0, 256)), default=None)
    other: str | None = checked(optional(SHA256), default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.average is not None and len(self.average) != self.dim:
            raise fail("style.average", self.average, f"{self.dim} values")
        if self.cutoff is not None and self.cutoff > self.count:
            raise fail("style.cutoff", self.cutoff, f"at most {self.count}, the number of styles")


@dataclass(frozen=True, kw_only=True)
class Assumption(Section):
    """What the file that was exported did not say: a property, the value that was taken, and the option to set it."""

    property: str = checked(TOKEN)
    value: str = checked(text(200))
    option: str | None = checked(optional(text(100, r"--[a-z][a-z0-9-]*", "an option such as --prior")), default=None)


@dataclass(frozen=True, kw_only=True)
class ImageInput(Section):
    """The input picture of translators and encoders, in pixels."""

    height: int = checked(SIDE)
    width: int = checked(SIDE)
    channels: int = checked(integer(1, 4))
    multiple_of: int = checked(integer(1, 1024), default=1)
    dynamic: bool = checked(boolean, default=False)


@dataclass(frozen=True, kw_only=True)
class Labels(Section):
    """Class weights: `count` of them, optionally named, meaning classes or the values of a code."""

    count: int = checked(integer(1, 65536))
    names: tuple[str, ...] | None = checked(optional(list_of(text(200), 65536)), default=None)
    meaning: str = checked(one_of("class", "code"), default="class")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.names is not None and len(self.names) != self.count:
            raise SpecError(f"spec field 'labels.names': expected {self.count} names, got {len(self.names)}")


@dataclass(frozen=True, kw_only=True)
class Statistics(Section):
    """Truncation-indexed batch-norm statistics (BigGAN): an input, frozen at `value`, or none.

    The input takes `low` to `high`, but never 0, even where `low` is 0.
    """

    mode: str = checked(one_of("input", "frozen", "none"), default="none")
    value: float | None = checked(optional(number(0, 1)), default=None)
    low: float = checked(number(0, 1), default=0.0)
    high: float = checked(number(0, 1), default=1.0)
    default: float = checked(number(0, 1), default=1.0)


@dataclass(frozen=True, kw_only=True)
class Output(Section):
    """The output picture, in pixels; 1 (grey), 3 (RGB) or 4 (RGB and straight alpha) channels."""

    height: int = checked(SIDE)
    width: int = checked(SIDE)
    channels: int = checked(integer(1, 4))
    dynamic: bool = checked(boolean, default=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels == 2:
            raise fail("output.channels", 2, "1, 3 or 4")


@dataclass(frozen=True, kw_only=True)
class Source(Section):
    """Where the weights came from."""

    format: str = checked(TOKEN)
    sha256: str = checked(SHA256)
    licence: str | None = checked(optional(text(200)), default=None)
    attribution: str | None = checked(optional(text(2000)), default=None)


@dataclass(frozen=True, kw_only=True)
class Verification(Section):
    """What the graph was compared with at export: worst float error, worst uint8 error, worst PSNR in dB."""

    against: str = checked(text(200))
    samples: int = checked(integer(1, 10**9))
    max_error: float = checked(number(0, 1e9))
    max_error_uint8: int = checked(integer(0, 255))
    psnr: float | None = checked(optional(number(-1000, 1000)), default=None)  # None: identical pictures


@dataclass(frozen=True, kw_only=True)
class Canary(Section):
    """What the portable FP32 form made once, kept to notice an engine that makes something else.

    A picture, `png`; of an encoder the latent `z` of a test picture, of a mapping the first style `w`. Of a large
    picture the PNG holds its reduced form: the averages of squares of `reduced` pixels (`ganrt.pixels.reduce`).
    """

    seed: int = checked(uint64, json_text=True)
    index: int = checked(uint64, json_text=True)
    labels: tuple[float, ...] | None = checked(optional(list_of(number(-1e6, 1e6), 65536)), default=None)
    sha256: str = checked(SHA256)  # of raw bytes: the picture's uint8 in [h, w, c] order, or z's little-endian float32
    png: str | None = checked(optional(text(2 * 2**20, r"[A-Za-z0-9+/]*={0,2}", "a PNG in base64")), default=None)
    z: tuple[float, ...] | None = checked(optional(list_of(number(-1e9, 1e9), 65536)), default=None)
    w: tuple[float, ...] | None = checked(optional(list_of(number(-1e9, 1e9), 65536)), default=None, added=True)
    reduced: int | None = checked(optional(integer(2, 64)), default=None, added=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if [self.png, self.z, self.w].count(None) != 2:
            raise SpecError("spec field 'canary.png': expected a PNG in base64, or z or w in its place, and one alone")
        if self.reduced is not None and self.png is None:
            raise fail("canary.reduced", self.reduced, "nothing: there is no picture")

    def png_bytes(self) -> bytes:
        """The picture as PNG.

        Raises:
            SpecError: there is none, or it is not base64.
        """
        try:
            return base64.b64decode(self.png or "", validate=True)
        except ValueError as error:
            raise fail("canary.png", self.png, "a PNG in base64") from error
