# ruff: noqa: RUF009
"""The spec's reader as version 0.1.0 of ganrt shipped it, frozen: what it takes of newer files, and what it refuses.

`ganrt.checks` and `ganrt.spec` of that version in one file, nothing else changed. Never mend it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from ganrt.errors import SpecError

Check = Callable[[Any, str], Any]
T = TypeVar("T")
_UINT64 = re.compile(r"0|[1-9][0-9]{0,19}")


def fail(where: str, value: object, expected: str) -> SpecError:
    """The one wording of every spec error."""
    shown = repr(value)
    return SpecError(
        f"spec field '{where}': expected {expected}, got {shown if len(shown) <= 80 else shown[:77] + '...'}"
    )


def integer(low: int, high: int) -> Check:
    def check(value: Any, where: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise fail(where, value, f"an integer from {low} to {high}")
        return value

    return check


def number(low: float, high: float) -> Check:
    def check(value: Any, where: str) -> float:
        # NaN fails every comparison; an integer of any size can be compared.
        if type(value) not in (int, float) or not low <= value <= high:
            raise fail(where, value, f"a number from {low:g} to {high:g}")
        return float(value)

    return check


def boolean(value: Any, where: str) -> bool:
    if type(value) is not bool:
        raise fail(where, value, "true or false")
    return value


def text(limit: int, pattern: str = ".*", described: str = "") -> Check:
    compiled = re.compile(pattern, re.DOTALL)

    def check(value: Any, where: str) -> str:
        if type(value) is not str or len(value) > limit or not compiled.fullmatch(value) or not _encodable(value):
            raise fail(where, value, described or f"text of at most {limit} characters")
        return value

    return check


def _encodable(value: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in value)


def one_of(*choices: str) -> Check:
    def check(value: Any, where: str) -> str:
        if type(value) is not str or value not in choices:
            raise fail(where, value, "one of " + ", ".join(choices))
        return value

    return check


def uint64(value: Any, where: str) -> int:
    """In JSON a string, since many readers of JSON round integers above 2^53."""
    if type(value) is int and 0 <= value < 2**64:
        return value
    if type(value) is str and _UINT64.fullmatch(value) and int(value) < 2**64:
        return int(value)
    raise fail(where, value, "an unsigned 64-bit integer as a string of digits")


def optional(check: Check) -> Check:
    def check_or_none(value: Any, where: str) -> Any:
        return None if value is None else check(value, where)

    return check_or_none


def list_of(check: Check, limit: int) -> Check:
    def check_all(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)) or len(value) > limit:
            raise fail(where, value, f"a list of at most {limit} items")
        return tuple(check(item, f"{where}[{i}]") for i, item in enumerate(value))

    return check_all


def section(cls: type[T]) -> Check:
    """A nested dataclass, given as one or as a JSON object."""

    def check(value: Any, where: str) -> T:
        return value if isinstance(value, cls) else decode(cls, value, where)

    return check


def checked(check: Check, *, default: Any = MISSING, json_text: bool = False) -> Any:
    """A dataclass field with its check; `json_text`: written as a string (64-bit integers)."""
    metadata = {"check": check, "json_text": json_text}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def validate(instance: Any) -> None:
    """Runs every field's check on a frozen dataclass (call it from `__post_init__`)."""
    for f in fields(instance):
        if "check" in f.metadata:
            value = f.metadata["check"](getattr(instance, f.name), f.name)
            object.__setattr__(instance, f.name, value)


def decode(cls: type[T], value: Any, where: str = "", *, keep_unknown: bool = True) -> T:
    """JSON object -> dataclass. Unknown fields go to `extra`, or are refused where `keep_unknown` is false."""
    if not isinstance(value, Mapping):
        raise fail(where or "(whole)", value, "a JSON object")
    prefix = f"{where}." if where else ""
    arguments: dict[str, Any] = {}
    known = {f.name: f for f in fields(cls) if "check" in f.metadata}  # type: ignore[arg-type]
    for name, f in known.items():
        if name in value:
            arguments[name] = f.metadata["check"](value[name], prefix + name)
        elif f.default is MISSING:
            raise SpecError(f"spec field '{prefix}{name}': missing")
    unknown = {name: value[name] for name in value if name not in known}
    if unknown and not keep_unknown:
        raise SpecError(f"spec field '{prefix}{next(iter(unknown))}': unknown in this version of the spec")
    return cls(**arguments, extra=unknown)  # type: ignore[call-arg]  # every section has `extra`


def encode(instance: Any) -> dict[str, Any]:
    """Dataclass -> what `json.dumps` takes; the unknown fields of a newer minor version are written back."""
    result = dict(instance.extra)
    for f in fields(instance):
        if "check" in f.metadata:
            value = getattr(instance, f.name)
            if f.metadata["json_text"] and value is not None:
                value = str(value)
            result[f.name] = _plain(value)
    return result


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return encode(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


SPEC_VERSION = "1.0"
METADATA_KEY = "ganrt.spec"
MAX_JSON_BYTES = 4 * 2**20
MAX_SIDE = 16384

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
