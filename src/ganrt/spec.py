"""The generator spec: what a generator expects and gives, embedded in its ONNX file under `ganrt.spec`.

Version "1.1"; a spec that needs nothing of it is written as "1.0". Canonical JSON: sorted keys, no spaces, ASCII;
64-bit integers are strings. Unknown fields of a newer minor version are kept and written back; a newer major version
is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from ganrt.checks import Section, checked, decode, encode, fail, list_of, one_of, optional, section, text
from ganrt.controls import Control, check_controls
from ganrt.errors import SpecError
from ganrt.prior import PRIORS
from ganrt.sections import MAX_SIDE as MAX_SIDE
from ganrt.sections import SHA256, TOKEN
from ganrt.sections import Assumption as Assumption
from ganrt.sections import Canary as Canary
from ganrt.sections import ImageInput as ImageInput
from ganrt.sections import Labels as Labels
from ganrt.sections import Latent as Latent
from ganrt.sections import Output as Output
from ganrt.sections import Source as Source
from ganrt.sections import Statistics as Statistics
from ganrt.sections import Style as Style
from ganrt.sections import Verification as Verification

SPEC_VERSION = "1.1"
OLDEST_VERSION = "1.0"
METADATA_KEY = "ganrt.spec"
METADATA_FIELD = 14  # `metadata_props` in ONNX's ModelProto
MAX_JSON_BYTES = 4 * 2**20
MAX_PSI = 16.0  # of a style space, and of latents

# The names of the graph's inputs and outputs, and of its open axes: the batch, and a dynamic picture's sides.
Z, W, LABELS, TRUNCATION, SOURCE, IMAGE = "z", "w", "labels", "truncation", "source", "image"
BATCH, SIDES = "n", ("h", "w")


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
    name: str = checked(TOKEN)
    family: str = checked(TOKEN)
    task: str = checked(one_of("generate", "translate", "encode", "map", "synthesize"), default="generate")
    pair: str | None = checked(optional(SHA256), default=None)
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
