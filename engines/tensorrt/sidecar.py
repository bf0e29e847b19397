"""The JSON beside an engine file: what it is, what it was made of, and whether its bytes are the ones that were made.

An engine is native code. No byte of it reaches the vendor's library before the checks here, in this order: the sidecar
(`read_sidecar`), the bytes (`read_trusted`), the library's version (`check_version`), the device (`check_device`).
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganrt.checks import (
    boolean,
    checked,
    decode,
    encode,
    integer,
    list_of,
    number,
    one_of,
    optional,
    section,
    text,
    validate,
)
from ganrt.errors import BackendUnavailable, BadInputFile, SpecError
from ganrt.files import read_file
from ganrt.seals import is_sealed, seal
from ganrt.spec import GeneratorSpec

# The first four bytes, by backend.
MAGIC = {"tensorrt-rtx": b"vtrt", "tensorrt": b"ftrt"}
# TensorRT-RTX: magic, padding, format, bytes of the whole file, version (four numbers), magic again, and
# which compute capabilities it was compiled for. Seen in files of 1.7; of TensorRT's only the magic is known.
_RTX = struct.Struct("<4s4xQQ4B4sI")
HEADER_BYTES = _RTX.size


@dataclass(frozen=True)
class Header:
    """The vendor's own words.

    Attributes:
        backend: `tensorrt-rtx` or `tensorrt`.
        bytes: length of the whole file; None where the vendor's header is not understood.
        version: of the library that wrote it, such as "1.7.1.116"; None where it is not understood.
    """

    backend: str
    bytes: int | None
    version: str | None


def read_header(path: Path, start: bytes) -> Header:
    """Reads the first bytes of an engine file.

    Args:
        start: at least `HEADER_BYTES` of the file, or all of a shorter one.

    Raises:
        BadInputFile: it is no engine, or cut within its header.
    """
    backend = next((name for name, magic in MAGIC.items() if start.startswith(magic)), None)
    if backend is None:
        raise BadInputFile(
            f"{path} is not an engine: it begins with {start[:4].hex(' ') or 'nothing'}; expected "
            f"{' or '.join(f'{magic.hex(chr(32))} ({name})' for name, magic in MAGIC.items())}\n{recompile(backend)}"
        )
    if len(start) < HEADER_BYTES:
        raise BadInputFile(
            f"{path} is truncated: {len(start)} bytes, and the header of an engine has {HEADER_BYTES}\n"
            f"{recompile(backend)}"
        )
    if backend != "tensorrt-rtx":
        return Header(backend, None, None)
    _, _, size, *version, again, _ = _RTX.unpack_from(start)
    if again != MAGIC[backend]:  # a later version may lay it out otherwise
        return Header(backend, None, None)
    return Header(backend, size, ".".join(map(str, version)))


def recompile(backend: str | None) -> str:
    """The command that makes an engine again."""
    return f"compile it again: ganrt compile -m MODEL --backend {backend or 'tensorrt-rtx'} -o DIR --force"


FORMAT = 1
BACKENDS = ("tensorrt", "tensorrt-rtx")
MAX_JSON_BYTES = 8 * 2**20
MAX_ENGINE_BYTES = 8 * 2**30
MAX_BATCH = 65536
_SEAL = "sidecar_sha256"
LEAN = "GANRT_LEAN_RUNTIME"  # the user's, for version-compatible engines
_name = text(200)
_sha256 = text(64, r"[0-9a-f]{64}", "a SHA-256 in 64 lower-case hexadecimal digits")
_version = text(40, r"[0-9]+(\.[0-9]+){1,4}[A-Za-z0-9.+-]*", "a version such as 1.7.1.116")
_target = text(40, r"sm[0-9]{2,3}", "a target such as sm89")
_batch = integer(1, MAX_BATCH)


@dataclass(frozen=True, kw_only=True)
class _Section:
    """Base of all parts: checked on construction; unknown fields are refused by `_refuse_unknown`."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True, kw_only=True)
class Profile(_Section):
    """Batch sizes that one optimisation profile accepts; fastest at `optimum`. All three equal: a static batch."""

    minimum: int = checked(_batch)
    optimum: int = checked(_batch)
    maximum: int = checked(_batch)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.minimum <= self.optimum <= self.maximum:
            raise SpecError(f"spec field 'profiles': expected MIN <= OPT <= MAX, got {self}")

    def __str__(self) -> str:
        return f"{self.minimum}:{self.optimum}:{self.maximum}"


@dataclass(frozen=True, kw_only=True)
class Tensor(_Section):
    """An input or output of the engine: numpy's name of its type, and its shape with -1 where it is dynamic."""

    name: str = checked(_name)
    dtype: str = checked(one_of("float32", "float16", "uint8", "int32", "int64", "bool"))
    shape: tuple[int, ...] = checked(list_of(integer(-1, 2**31 - 1), 8))
    mode: str = checked(one_of("input", "output"))


@dataclass(frozen=True, kw_only=True)
class Gate(_Section):
    """How the graph was verified before it was compiled: worst PSNR in dB and SSIM to FP32 (None: identical, or of
    latents) of N samples."""

    psnr: float | None = checked(optional(number(-1000, 1000)))
    samples: int = checked(integer(1, 10**9))
    ssim: float | None = checked(optional(number(-1, 1)), default=None)


@dataclass(frozen=True, kw_only=True)
class Kept(_Section):
    """A layer or operator that stayed in FP32, and why."""

    name: str = checked(text(2000))
    why: str = checked(text(2000))


@dataclass(frozen=True, kw_only=True)
class Sidecar(_Section):
    """What is known of one engine file.

    Attributes:
        backend_version: of the library that compiled it; only the same one loads it, unless `version_compatible`.
        targets: compute capabilities such as `sm89`.
        hardware: `exact`; `same_compute_capability` and `ampere_plus` are TensorRT's wider ones.
        form: the exact form of the graph it was compiled from.
        profiles: by their number in the engine.
        onnx_sha256: of the graph that was compiled.
        model_sha256: of the portable FP32 model which that was made from; the same one where it was not lowered.
        gate: None where the graph is the portable model itself.
        islands: what stayed in FP32.
        tensors: as the graph says; the engine must say the same.
        level, workspace: optimisation level and most bytes of scratch memory; None: the vendor's own.
    """

    format: int = checked(integer(1, 10**6))
    backend: str = checked(one_of(*BACKENDS))
    backend_version: str = checked(_version)
    targets: tuple[str, ...] = checked(list_of(_target, 32))
    hardware: str = checked(one_of("exact", "same_compute_capability", "ampere_plus"), default="exact")
    version_compatible: bool = checked(boolean, default=False)
    precision: str = checked(one_of("fp32", "fp16", "int8"))
    form: str = checked(text(80, r"[a-z0-9-]+", "a form's name"))
    profiles: tuple[Profile, ...] = checked(list_of(section(Profile), 64))
    engine_sha256: str = checked(_sha256)
    engine_bytes: int = checked(integer(1, MAX_ENGINE_BYTES))
    onnx_sha256: str = checked(_sha256)
    model_sha256: str = checked(_sha256)
    spec: GeneratorSpec = checked(section(GeneratorSpec))
    gate: Gate | None = checked(optional(section(Gate)), default=None)
    tensors: tuple[Tensor, ...] = checked(list_of(section(Tensor), 64))
    islands: tuple[Kept, ...] = checked(list_of(section(Kept), 10_000), default=())
    level: int | None = checked(optional(integer(0, 5)), default=None)
    workspace: int | None = checked(optional(integer(0, 2**40)), default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("targets", "profiles", "tensors"):
            if not getattr(self, name):
                raise SpecError(f"spec field '{name}': expected at least one")

    def to_json(self) -> str:
        """Canonical JSON with its own SHA-256: equal sidecars give equal text."""
        return seal(encode(self), _SEAL, _canonical).decode()

    @classmethod
    def from_json(cls, document: bytes) -> Sidecar:
        """Reads a sidecar.

        Raises:
            BadInputFile: it is not JSON, of a newer format, another text than its SHA-256 is of, or a field is missing,
                unknown or out of its limits.
        """
        try:
            values = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise BadInputFile("it is not JSON") from error
        if not isinstance(values, dict) or type(values.get("format")) is not int:
            raise BadInputFile("expected a JSON object with a field 'format'")
        if values["format"] != FORMAT:
            raise BadInputFile(f"its format is {values['format']}; this ganrt reads {FORMAT}")
        _check_seal(values, document)
        try:
            sidecar = decode(cls, values)
            gate = [sidecar.gate] if sidecar.gate else []
            for part in (sidecar, *sidecar.profiles, *sidecar.tensors, *sidecar.islands, *gate):
                for name in part.extra:
                    raise SpecError(f"spec field '{name}': unknown")
        except (SpecError, RecursionError) as error:
            raise BadInputFile(str(error).removeprefix("spec ")) from error
        return sidecar


def _canonical(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _check_seal(values: dict[str, Any], document: bytes) -> None:
    """Takes the SHA-256 out of the fields; raises BadInputFile where the document is not what was sealed."""
    if _SEAL not in values:
        raise BadInputFile(f"field '{_SEAL}': missing; an older ganrt wrote it, or another program")
    if not is_sealed(document, values, _SEAL, _canonical):
        raise BadInputFile(f"it is damaged or was edited: '{_SEAL}' is not its SHA-256")
    del values[_SEAL]


def sidecar_path(engine: Path) -> Path:
    """Where the sidecar of an engine lies."""
    return engine.with_suffix(".json")


def read_sidecar(engine: Path) -> Sidecar:
    """The sidecar of an engine file.

    Raises:
        BadInputFile: it is missing or malformed.
    """
    path = sidecar_path(engine)
    if not path.exists():
        raise BadInputFile(
            f"{engine} has no sidecar: {path.name} is not beside it; an engine is native code and is not loaded without"
            f"\n{recompile(None)}"
        )
    document = read_file(path, MAX_JSON_BYTES, "a sidecar")
    try:
        return Sidecar.from_json(document)
    except BadInputFile as error:
        raise BadInputFile(f"{path}, the sidecar of an engine: {error}\n{recompile(None)}") from error


def read_trusted(engine: Path) -> tuple[bytes, Sidecar]:
    """The bytes of an engine file and its sidecar, which agree; the vendor's library is neither needed nor asked.

    Raises:
        BadInputFile: the engine or its sidecar is missing, damaged, cut, of another backend, or they do not belong
            together.
    """
    if not engine.exists():
        raise BadInputFile(f"{engine} does not exist; expected an engine\n{recompile(None)}")
    sidecar = read_sidecar(engine)
    data = _read(engine)
    again = recompile(sidecar.backend)
    header = read_header(engine, data[:HEADER_BYTES])
    if header.backend != sidecar.backend:
        raise BadInputFile(f"{engine} is an engine of {header.backend}; its sidecar says {sidecar.backend}\n{again}")
    for expected, what in ((sidecar.engine_bytes, "its sidecar"), (header.bytes, "its header")):
        if expected is not None and len(data) != expected:
            state = "is truncated" if len(data) < expected else "is another file"
            raise BadInputFile(f"{engine} {state}: {len(data)} bytes, {what} says {expected}\n{again}")
    if hashlib.sha256(data).hexdigest() != sidecar.engine_sha256:
        raise BadInputFile(f"{engine} is damaged, or its sidecar is another engine's: the SHA-256 differs\n{again}")
    if header.version not in (None, sidecar.backend_version):
        raise BadInputFile(
            f"{engine} was written by version {header.version}; its sidecar says {sidecar.backend_version}\n{again}"
        )
    return data, sidecar


def check_version(engine: Path, sidecar: Sidecar, installed: str) -> None:
    """Raises BackendUnavailable where the installed library is not the one that compiled the engine.

    Version-compatible engines load with any later version of the same major one, through a lean runtime of the version
    that compiled them, which `LEAN` names: inside the engine it would be host code, which is never enabled.
    """
    wanted, found = _numbers(sidecar.backend_version), _numbers(installed)
    if found == wanted:
        return
    other = f"{engine} was compiled by {sidecar.backend} {sidecar.backend_version}; installed is {installed}"
    if not (sidecar.version_compatible and found[:1] == wanted[:1] and found >= wanted):
        raise BackendUnavailable(f"{other}\n{recompile(sidecar.backend)}")
    if not os.environ.get(LEAN):
        raise BackendUnavailable(
            f"{other}\nname the lean runtime of {sidecar.backend_version} in {LEAN}, such as libnvinfer_lean.so, "
            f"or {recompile(sidecar.backend)}"
        )


def lean_runtime(sidecar: Sidecar, installed: str) -> Path | None:
    """The lean runtime to load an engine with, where it is of another version; `check_version` asked for it."""
    named = os.environ.get(LEAN)
    return Path(named) if named and _numbers(sidecar.backend_version) != _numbers(installed) else None


def check_device(engine: Path, sidecar: Sidecar, target: str) -> None:
    """Raises BackendUnavailable where the engine was not compiled for a device with this target, such as `sm89`."""
    if target in sidecar.targets or (sidecar.hardware == "ampere_plus" and int(target[2:]) >= 80):
        return
    raise BackendUnavailable(
        f"{engine} was compiled for {', '.join(sidecar.targets)}; the device here is {target}\n"
        f"{recompile(sidecar.backend)} --target {target}"
    )


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version."""
    parts = (part.partition("+")[0] for part in version.split("."))
    return tuple(int(part) for part in parts if part.isdecimal())


def _read(engine: Path) -> bytes:
    return read_file(engine, MAX_ENGINE_BYTES, "a compiled engine")
