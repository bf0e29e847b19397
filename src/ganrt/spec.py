"""The generator spec: what a generator expects and gives, embedded in its ONNX file under `ganrt.spec`.

Version "1.0". Canonical JSON: sorted keys, no spaces, ASCII; 64-bit integers are strings. Unknown fields of a
newer minor version are kept and written back; a newer major version is refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ganrt.checks import (
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
    validate,
)
from ganrt.errors import SpecError

SPEC_VERSION = "1.0"
METADATA_KEY = "ganrt.spec"
MAX_JSON_BYTES = 4 * 2**20
MAX_SIDE = 16384

# The names of the graph's inputs and outputs, and of its open axes: the batch, and a dynamic picture's sides.
Z, LABELS, TRUNCATION, SOURCE, IMAGE = "z", "labels", "truncation", "source", "image"
BATCH, SIDES = "n", ("h", "w")

_side = integer(1, MAX_SIDE)
_sha256 = text(64, r"[0-9a-f]{64}", "a SHA-256 in 64 lower-case hexadecimal digits")
_token = text(100, r"[A-Za-z0-9][A-Za-z0-9._+-]*", "a name of letters, digits and . _ + - (at most 100)")


@dataclass(frozen=True, kw_only=True)
class _Section:
    """Base of all sections: checks on construction, and keeps what a newer minor version added."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True, kw_only=True)
class Latent(_Section):
    """What z is drawn from. `threshold` is where the normal is truncated, None for the whole normal."""

    dim: int = checked(integer(1, 65536))
    prior: str = checked(one_of("normal", "uniform", "truncated_normal"))
    threshold: float | None = checked(optional(number(0.01, 8.0)), default=None)
    psi_mode: str = checked(one_of("scale", "resample"), default="scale")
    latent_spec: int = checked(integer(1, 1), default=1)


@dataclass(frozen=True, kw_only=True)
class ImageInput(_Section):
    """The input picture of translators and encoders, in pixels."""

    height: int = checked(_side)
    width: int = checked(_side)
    channels: int = checked(integer(1, 4))
    multiple_of: int = checked(integer(1, 1024), default=1)
    dynamic: bool = checked(boolean, default=False)


@dataclass(frozen=True, kw_only=True)
class Labels(_Section):
    """Class weights: `count` of them, optionally named, meaning classes or the values of a code."""

    count: int = checked(integer(1, 65536))
    names: tuple[str, ...] | None = checked(optional(list_of(text(200), 65536)), default=None)
    meaning: str = checked(one_of("class", "code"), default="class")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.names is not None and len(self.names) != self.count:
            raise SpecError(f"spec field 'labels.names': expected {self.count} names, got {len(self.names)}")


@dataclass(frozen=True, kw_only=True)
class Statistics(_Section):
    """Truncation-indexed batch-norm statistics (BigGAN): an input, frozen at `value`, or none.

    The input takes `low` to `high`, but never 0, even where `low` is 0.
    """

    mode: str = checked(one_of("input", "frozen", "none"), default="none")
    value: float | None = checked(optional(number(0, 1)), default=None)
    low: float = checked(number(0, 1), default=0.0)
    high: float = checked(number(0, 1), default=1.0)
    default: float = checked(number(0, 1), default=1.0)


@dataclass(frozen=True, kw_only=True)
class Output(_Section):
    """The output picture, in pixels; 1 (grey), 3 (RGB) or 4 (RGBA) channels."""

    height: int = checked(_side)
    width: int = checked(_side)
    channels: int = checked(integer(1, 4))
    dynamic: bool = checked(boolean, default=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels == 2:
            raise fail("output.channels", 2, "1, 3 or 4")


@dataclass(frozen=True, kw_only=True)
class Source(_Section):
    """Where the weights came from."""

    format: str = checked(_token)
    sha256: str = checked(_sha256)
    licence: str | None = checked(optional(text(200)), default=None)
    attribution: str | None = checked(optional(text(2000)), default=None)


@dataclass(frozen=True, kw_only=True)
class Verification(_Section):
    """What the graph was compared with at export: worst float error, worst uint8 error, worst PSNR in dB."""

    against: str = checked(text(200))
    samples: int = checked(integer(1, 10**9))
    max_error: float = checked(number(0, 1e9))
    max_error_uint8: int = checked(integer(0, 255))
    psnr: float | None = checked(optional(number(-1000, 1000)), default=None)  # None: identical pictures


@dataclass(frozen=True, kw_only=True)
class Canary(_Section):
    """What the portable FP32 form made once, kept to notice an engine that makes something else.

    A picture, `png`; of an encoder the latent `z` of a test picture.
    """

    seed: int = checked(uint64, json_text=True)
    index: int = checked(uint64, json_text=True)
    labels: tuple[float, ...] | None = checked(optional(list_of(number(-1e6, 1e6), 65536)), default=None)
    sha256: str = checked(_sha256)  # of raw bytes: the picture's uint8 in [h, w, c] order, or z's little-endian float32
    png: str | None = checked(optional(text(2 * 2**20, r"[A-Za-z0-9+/]*={0,2}", "a PNG in base64")), default=None)
    z: tuple[float, ...] | None = checked(optional(list_of(number(-1e9, 1e9), 65536)), default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.png is None) == (self.z is None):
            raise SpecError("spec field 'canary.png': expected a PNG in base64, or z in its place, and not both")

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


@dataclass(frozen=True, kw_only=True)
class GeneratorSpec(_Section):
    """All that a runtime must know about one generator.

    An encoder's `pair` says which generator it belongs to: the one exported from the checkpoint of that SHA-256.
    """

    spec_version: str = checked(text(20, r"[0-9]{1,6}\.[0-9]{1,6}", 'a version "major.minor"'), default=SPEC_VERSION)
    name: str = checked(_token)
    family: str = checked(_token)
    task: str = checked(one_of("generate", "translate", "encode"), default="generate")
    pair: str | None = checked(optional(_sha256), default=None)
    latent: Latent | None = checked(optional(section(Latent)), default=None)
    image: ImageInput | None = checked(optional(section(ImageInput)), default=None)
    labels: Labels | None = checked(optional(section(Labels)), default=None)
    statistics: Statistics = checked(section(Statistics), default=Statistics())
    output: Output | None = checked(optional(section(Output)), default=None)
    source: Source | None = checked(optional(section(Source)), default=None)
    verification: Verification | None = checked(optional(section(Verification)), default=None)
    canary: Canary | None = checked(optional(section(Canary)), default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        needed = {"generate": ("latent", "output"), "translate": ("image", "output"), "encode": ("image", "latent")}
        for name in needed[self.task]:
            if getattr(self, name) is None:
                raise SpecError(f"spec field '{name}': a spec with task '{self.task}' needs it")
        if self.labels and self.canary and self.canary.labels and len(self.canary.labels) != self.labels.count:
            raise fail("canary.labels", self.canary.labels, f"{self.labels.count} weights")
        if self.canary and (self.canary.png is None) != (self.task == "encode"):
            raise SpecError("spec field 'canary': expected z of an encoder, png of all others")
        if self.canary and self.canary.z and self.latent and len(self.canary.z) != self.latent.dim:
            raise fail("canary.z", self.canary.z, f"{self.latent.dim} values")

    @property
    def inputs(self) -> dict[str, Port]:
        """What the graph takes, in order: pictures, or latents, and with them class weights and a truncation."""
        if self.task != "generate":
            return {SOURCE: _picture(self.image)}
        ports = {Z: _vector(self.latent)}
        if self.labels is not None:
            ports[LABELS] = Port("float32", (self.labels.count,))
        if self.statistics.mode == "input":
            ports[TRUNCATION] = Port("float32", ())
        return ports

    @property
    def outputs(self) -> dict[str, Port]:
        """What the graph gives: pictures, or an encoder's latents."""
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
            _refuse_unknown(spec)
        return spec


def _vector(latent: Latent | None) -> Port:
    assert latent is not None
    return Port("float32", (latent.dim,))


def _picture(picture: ImageInput | Output | None) -> Port:
    assert picture is not None
    return Port("uint8", (picture.height, picture.width, picture.channels), picture.dynamic)


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


def _refuse_unknown(spec: GeneratorSpec) -> None:
    sections = {"": spec} | {f"{k}.": v for k, v in vars(spec).items() if isinstance(v, _Section)}
    for prefix, part in sections.items():
        for name in part.extra:
            raise SpecError(f"spec field '{prefix}{name}': unknown in version {SPEC_VERSION} of the spec")
