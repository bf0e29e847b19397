"""The generator spec: what a generator expects and gives, embedded in its ONNX file under `ganrt.spec`.

Version "1.1"; a spec that needs nothing of it is written as "1.0". Canonical JSON: sorted keys, no spaces, ASCII;
64-bit integers are strings. Unknown fields of a newer minor version are kept and written back; a newer major version
is refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from ganrt.checks import (
    Section,
    boolean,
    checked,
    decode,
    encode,
    fail,
    integer,
    list_of,
    number,
    one_of,
    optional,
    section,
    text,
    uint64,
)
from ganrt.controls import Control, check_controls
from ganrt.errors import SpecError
from ganrt.prior import EXAMPLE, PRIORS, Part, parse_prior, parts_of

SPEC_VERSION = "1.1"
OLDEST_VERSION = "1.0"
METADATA_KEY = "ganrt.spec"
MAX_JSON_BYTES = 4 * 2**20
MAX_SIDE = 16384
MAX_PSI = 16.0  # of a style space, and of latents

# The names of the graph's inputs and outputs, and of its open axes: the batch, and a dynamic picture's sides.
Z, W, LABELS, TRUNCATION, SOURCE, IMAGE = "z", "w", "labels", "truncation", "source", "image"
BATCH, SIDES = "n", ("h", "w")

_side = integer(1, MAX_SIDE)
_sha256 = text(64, r"[0-9a-f]{64}", "a SHA-256 in 64 lower-case hexadecimal digits")
_token = text(100, r"[A-Za-z0-9][A-Za-z0-9._+-]*", "a name of letters, digits and . _ + - (at most 100)")


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
        """The parts of z in their order; one, where all values have one law."""
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
    other: str | None = checked(optional(_sha256), default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.average is not None and len(self.average) != self.dim:
            raise fail("style.average", self.average, f"{self.dim} values")
        if self.cutoff is not None and self.cutoff > self.count:
            raise fail("style.cutoff", self.cutoff, f"at most {self.count}, the number of styles")


@dataclass(frozen=True, kw_only=True)
class Assumption(Section):
    """What the file that was exported did not say: a property, the value that was taken, and the option to set it."""

    property: str = checked(_token)
    value: str = checked(text(200))
    option: str | None = checked(optional(text(100, r"--[a-z][a-z0-9-]*", "an option such as --prior")), default=None)


@dataclass(frozen=True, kw_only=True)
class ImageInput(Section):
    """The input picture of translators and encoders, in pixels."""

    height: int = checked(_side)
    width: int = checked(_side)
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

    height: int = checked(_side)
    width: int = checked(_side)
    channels: int = checked(integer(1, 4))
    dynamic: bool = checked(boolean, default=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels == 2:
            raise fail("output.channels", 2, "1, 3 or 4")


@dataclass(frozen=True, kw_only=True)
class Source(Section):
    """Where the weights came from."""

    format: str = checked(_token)
    sha256: str = checked(_sha256)
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
    sha256: str = checked(_sha256)  # of raw bytes: the picture's uint8 in [h, w, c] order, or z's little-endian float32
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


@dataclass(frozen=True)
class Port:
    """One input or output of the graph.

    Attributes:
        dtype: `float32` or `uint8`.
        shape: without the batch; of open sides the usual ones.
        open: whether height and width are open.
    """

    dtype: str
    shape: tuple[int, ...]
    open: bool = False

    @property
    def dims(self) -> tuple[int | str, ...]:
        """`shape` with names for what is open, and without the batch."""
        return (*SIDES, *self.shape[2:]) if self.open else self.shape


_NEEDED = {
    "generate": ("latent", "output"),
    "translate": ("image", "output"),
    "encode": ("image", "latent"),
    "map": ("latent", "style"),
    "synthesize": ("style", "output"),
}
_SPLIT = ("map", "synthesize")


@dataclass(frozen=True, kw_only=True)
class GeneratorSpec(Section):
    """All that a runtime must know about one generator.

    An encoder's `pair` says which generator it belongs to: the one exported from the checkpoint of that SHA-256.
    `spec_version` is raised to the one that the other fields need.
    """

    spec_version: str = checked(text(20, r"[0-9]{1,6}\.[0-9]{1,6}", 'a version "major.minor"'), default=OLDEST_VERSION)
    name: str = checked(_token)
    family: str = checked(_token)
    task: str = checked(one_of("generate", "translate", "encode", "map", "synthesize"), default="generate")
    pair: str | None = checked(optional(_sha256), default=None)
    latent: Latent | None = checked(optional(section(Latent)), default=None)
    image: ImageInput | None = checked(optional(section(ImageInput)), default=None)
    labels: Labels | None = checked(optional(section(Labels)), default=None)
    statistics: Statistics = checked(section(Statistics), default=Statistics())
    output: Output | None = checked(optional(section(Output)), default=None)
    source: Source | None = checked(optional(section(Source)), default=None)
    verification: Verification | None = checked(optional(section(Verification)), default=None)
    canary: Canary | None = checked(optional(section(Canary)), default=None)
    style: Style | None = checked(optional(section(Style)), default=None, added=True)
    controls: tuple[Control, ...] = checked(list_of(section(Control), 256), default=(), added=True)
    assumptions: tuple[Assumption, ...] = checked(list_of(section(Assumption), 256), default=(), added=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in _NEEDED[self.task]:
            if getattr(self, name) is None:
                raise SpecError(f"spec field '{name}': a spec with task '{self.task}' needs it")
        if self.task in _SPLIT and self.style and self.style.other is None:
            raise SpecError(f"spec field 'style.other': a spec with task '{self.task}' needs it")
        if self.latent and self.latent.psi_mode == "style" and self.statistics.mode == "input":
            raise fail("latent.psi_mode", "style", "scale or resample: psi selects the statistics")
        if self.controls:
            self._check_controls()
        if self.canary:
            self._check_canary(self.canary)
        if self.spec_version == OLDEST_VERSION and next(_added(self), None):
            object.__setattr__(self, "spec_version", SPEC_VERSION)

    def _check_controls(self) -> None:
        if self.task not in ("generate", "map") or self.latent is None:
            raise fail("controls", [control.name for control in self.controls], "none: no z is drawn")
        check_controls(self.controls, self.latent.dim)

    def _check_canary(self, canary: Canary) -> None:
        if self.labels and canary.labels and len(canary.labels) != self.labels.count:
            raise fail("canary.labels", canary.labels, f"{self.labels.count} weights")
        kind = {"encode": "z", "map": "w"}.get(self.task, "png")
        if getattr(canary, kind) is None:
            raise SpecError("spec field 'canary': expected z of an encoder, w of a mapping, png of all others")
        if canary.z and self.latent and len(canary.z) != self.latent.dim:
            raise fail("canary.z", canary.z, f"{self.latent.dim} values")
        if canary.w and self.style and len(canary.w) != self.style.dim:
            raise fail("canary.w", canary.w, f"{self.style.dim} values")

    @property
    def inputs(self) -> dict[str, Port]:
        """What the graph takes, in order: pictures, styles, or latents with class weights and a truncation."""
        if self.task == "synthesize":
            return {W: _styles(self.style)}
        if self.task in ("translate", "encode"):
            return {SOURCE: _picture(self.image)}
        ports = {Z: _vector(self.latent)}
        if self.labels is not None:
            ports[LABELS] = Port("float32", (self.labels.count,))
        if psi_input(self) is not None:
            ports[TRUNCATION] = Port("float32", ())
        return ports

    @property
    def outputs(self) -> dict[str, Port]:
        """What the graph gives: pictures, an encoder's latents, or a mapping's styles."""
        if self.task == "map":
            return {W: _styles(self.style)}
        return {Z: _vector(self.latent)} if self.task == "encode" else {IMAGE: _picture(self.output)}

    def to_json(self) -> str:
        """Canonical JSON: equal specs give equal text."""
        return json.dumps(encode(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    def sha256(self) -> str:
        """SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, document: str | bytes) -> GeneratorSpec:
        """Reads a spec from JSON text.

        Raises:
            SpecError: it is not JSON, too large, of a newer major version, or a field is missing, unknown or
                out of its limits; the message names the field.
        """
        values = _parse(document)
        version = values.get("spec_version")
        if not isinstance(version, str) or not re.fullmatch(r"[0-9]{1,6}\.[0-9]{1,6}", version):
            raise fail("spec_version", version, 'a version "major.minor"')
        newer = _newer_minor(version)
        spec = decode(cls, values)
        if not newer:
            _refuse_unknown(spec, version)
        if spec.spec_version != version:
            raise SpecError(f"spec field '{next(_added(spec))}': unknown in version {version} of the spec")
        return spec


def _vector(latent: Latent | None) -> Port:
    assert latent is not None
    return Port("float32", (latent.dim,))


def _styles(style: Style | None) -> Port:
    assert style is not None
    return Port("float32", (style.count, style.dim))


def _picture(picture: ImageInput | Output | None) -> Port:
    assert picture is not None
    return Port("uint8", (picture.height, picture.width, picture.channels), picture.dynamic)


@dataclass(frozen=True)
class PsiInput:
    """The graph's input `truncation`, float32 [n]: psi from `low` to `high`, `default` where none is given.

    Attributes:
        zero: whether 0 itself is legal. Statistics (BigGAN) never take it, style spaces do: the average picture.
    """

    low: float
    high: float
    default: float
    zero: bool

    def accepts(self, psi: float) -> bool:
        """Whether it is in range; NaN is not."""
        return self.low <= psi <= self.high and (self.zero or psi != 0)


def psi_input(spec: GeneratorSpec) -> PsiInput | None:
    """How the generator's graph takes psi; None where it has no input `truncation`, and psi acts on z alone."""
    if spec.statistics.mode == "input":
        return PsiInput(spec.statistics.low, spec.statistics.high, spec.statistics.default, zero=False)
    if spec.latent is not None and spec.latent.psi_mode == "style":
        return PsiInput(0.0, MAX_PSI, 1.0, zero=True)
    return None


def _parse(document: str | bytes) -> dict[str, Any]:
    if len(document) > MAX_JSON_BYTES:
        raise SpecError(f"the spec is {len(document)} bytes long; at most {MAX_JSON_BYTES} are accepted")
    try:
        values = json.loads(document, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"the spec is not valid JSON: {error}") from error
    if not isinstance(values, dict):
        raise fail("(whole)", values, "a JSON object")
    return values


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _newer_minor(version: str) -> bool:
    major, minor = (int(part) for part in version.split("."))
    own_major, own_minor = (int(part) for part in SPEC_VERSION.split("."))
    if major != own_major:
        raise SpecError(
            f"the spec has version {version}; this ganrt reads versions {own_major}.x\n"
            "install a newer ganrt: pip install --upgrade ganrt"
        )
    return minor > own_minor


def _refuse_unknown(spec: GeneratorSpec, version: str) -> None:
    for name, part in _sections(spec):
        for unknown in part.extra:
            raise SpecError(f"spec field '{name}{unknown}': unknown in version {version} of the spec")


def _sections(part: Section, name: str = "") -> Iterator[tuple[str, Section]]:
    """A section and all below it, each after the start of its fields' names."""
    yield name, part
    for f in fields(part):
        value = getattr(part, f.name)
        many = value if isinstance(value, tuple) else (value,)
        for i, below in enumerate(many):
            if isinstance(below, Section):
                where = f"{name}{f.name}[{i}]." if many is value else f"{name}{f.name}."
                yield from _sections(below, where)


def _added(spec: GeneratorSpec) -> Iterator[str]:
    """The fields whose values version 1.0 does not know. Its readers refuse the first three, which change pictures."""
    if spec.task in _SPLIT:
        yield "task"
    if spec.latent and spec.latent.prior not in PRIORS:
        yield "latent.prior"
    if spec.latent and spec.latent.psi_mode == "style":
        yield "latent.psi_mode"
    for name, part in _sections(spec):
        for f in fields(part):
            if f.metadata.get("added") and getattr(part, f.name) != f.default:
                yield name + f.name
