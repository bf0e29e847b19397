"""Checkpoint files as flat dictionaries of finite tensors, read as data and never by running code.

safetensors first; `torch.load(weights_only=True)` for the rest, with no fallback: a pickle that holds anything
else than tensors and plain containers is refused.
"""

from __future__ import annotations

import hashlib
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganrt.errors import BadInputFile, OutputFailed, UsageError
from ganrt.exporter.file_kinds import MENDING, check_zip, sniff
from ganrt.exporter.hub import weights_in, with_config
from ganrt.exporter.parts import AVERAGES, CONTAINERS, names_beside, split, unwrap

MAX_BYTES = 4 * 2**30
_CONVERT = (
    "load it where you trust it and save the tensors alone: "
    "safetensors.torch.save_file(net.state_dict(), 'net.safetensors')"
)
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_OTHERS = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool)


@dataclass(frozen=True)
class Checkpoint:
    """One generator's weights.

    Attributes:
        path: the file it came from, of `size` bytes, with SHA-256 `sha256` ("" if it was not read whole; of folders:
            see `folder_sha256`).
        format: "safetensors", "torch", or one of Keras' (see `ganrt.exporter.keras.reading.KerasFile`).
        tensors: by key without `module.`; floats are float32 and finite (unless not read whole), integers as stored. A
            `KerasState`, in Keras' layout, from Keras' formats; a `HubState` where a config.json lies beside the file.
        dtype: the floats' type in the file, such as "float32" or "float16, float32".
        container: the dotted keys the weights lay under, "" if at the top.
        notes: what was chosen among several networks.
        beside: the names of the other networks in the file.
    """

    path: Path
    format: str
    size: int
    sha256: str
    tensors: Mapping[str, Tensor]
    dtype: str
    container: str = ""
    notes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def read_checkpoint(
    path: Path, *, max_bytes: int = MAX_BYTES, part: str | None = None, whole: bool = True
) -> Checkpoint:
    """Reads a `.safetensors`, `.pth`, `.pt`, `.pkl` or `.bin` checkpoint, or what Keras or TensorFlow wrote.

    What counts is the content, not the suffix. Of a folder in Hugging Face's layout the weights are read.

    Args:
        part: the container or prefix that is the generator, where there are several; averages (EMA) go first.
        whole: False maps the file into memory and reads values when they are used: no SHA-256, no search for NaN.
            Keras' files are always read whole.

    Raises:
        UsageError: `part` is not there.
        BadInputFile: missing, a folder without a model, empty, larger than `max_bytes`, damaged, of another kind, with
            code or values other than tensors, with NaN or infinite weights. The message says which.
        OutputFailed: it exists but cannot be read.
    """
    path = weights_in(path)
    keras = _read_keras(path, max_bytes, part)
    if keras is not None:
        return keras
    size = _size(path, max_bytes)
    try:
        kind = sniff(path, size)
        if kind == "torch":
            check_zip(path, max_bytes)
        mapped = not whole and kind == "torch"
        loaded = _load_safetensors(path) if kind == "safetensors" else _load_torch(path, mapped=mapped)
        sha256 = _sha256(path) if whole else ""
    except OSError as error:
        raise OutputFailed(f"{path} could not be read: {error.strerror or error}") from error
    trail, values, chosen, part = unwrap(loaded, part, path)
    tensors = _strip_module(_only_tensors(_mapping(values, path), path))
    _check_sizes(tensors, path, size, max_bytes)
    everything = tensors
    prefix, tensors, taken = split(everything, part, path)
    converted = {key: _float32(key, tensor, path, check=whole) for key, tensor in _strip_module(tensors).items()}
    dtypes = sorted({str(t.dtype).removeprefix("torch.") for t in tensors.values() if t.dtype in _FLOATS})
    return Checkpoint(
        path=path,
        format="safetensors" if kind == "safetensors" else "torch",
        size=size,
        sha256=sha256,
        tensors=with_config(converted, path),
        dtype=", ".join(dtypes),
        container=".".join([*trail, prefix] if prefix else trail),
        notes=(*chosen, *taken),
        beside=names_beside(loaded, trail, everything, prefix),
    )


def _read_keras(path: Path, max_bytes: int, part: str | None) -> Checkpoint | None:
    """A Keras or TensorFlow model; None if `path` is something else."""
    from ganrt.exporter.keras.reading import read_keras, sniff_keras
    from ganrt.exporter.keras.state import KerasState

    try:
        kind = sniff_keras(path)
        if not kind:
            return None
        if part is not None:
            raise UsageError(f"{path} has no network {part!r}: Keras' files hold one model\nexpected no --network")
        if kind not in ("folder", "checkpoint"):
            _size(path, max_bytes)
        read = read_keras(path, kind, max_bytes)
        sha256 = read.sha256 or _sha256(path)
    except OSError as error:
        raise OutputFailed(f"{path} could not be read: {error.strerror or error}") from error
    except BadInputFile as error:
        prefix = "" if str(error).startswith(f"{path} ") else f"{path} "
        raise BadInputFile(f"{prefix}{error}") from error
    return Checkpoint(
        path=path,
        format=read.format,
        size=read.size,
        sha256=sha256,
        tensors=KerasState(
            {key: _float32(key, value, path, check=True) for key, value in read.tensors.items()}, read.origin
        ),
        dtype=", ".join(sorted({str(tensor.dtype).removeprefix("torch.") for tensor in read.tensors.values()})),
        container=read.container,
    )


def _size(path: Path, max_bytes: int) -> int:
    if not path.exists():
        raise BadInputFile(f"{path} does not exist\n{MENDING}")
    if not path.is_file():
        raise BadInputFile(f"{path} is not a regular file\n{MENDING}")
    size = path.stat().st_size
    if size == 0:
        raise BadInputFile(f"{path} is empty\n{MENDING}")
    if size > max_bytes:
        raise BadInputFile(f"{path} has {size} bytes; at most {max_bytes} are read\nsave the generator's weights alone")
    return size


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def _load_safetensors(path: Path) -> Any:
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except OSError:
        raise
    except Exception as error:
        raise BadInputFile(f"{path} is a damaged or truncated safetensors file ({_short(error)})\n{MENDING}") from error


def _load_torch(path: Path, *, mapped: bool = False) -> Any:
    try:
        with warnings.catch_warnings():
            # torch warns about pickle protocols and old storages; a file that loads is fine either way.
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except OSError:
        raise
    except Exception as error:
        # Damaged pickles raise nearly anything: KeyError, EOFError, RuntimeError, UnicodeDecodeError, ...
        if isinstance(error, pickle.UnpicklingError) and "global" in str(error).lower():
            raise BadInputFile(
                f"{path} contains code or objects other than tensors{_which(str(error))}; only tensors are loaded\n"
                + _CONVERT
            ) from error
        raise BadInputFile(f"{path} is a damaged or truncated torch checkpoint ({_short(error)})\n{MENDING}") from error


def _which(message: str) -> str:
    _, found, rest = message.partition("GLOBAL ")
    return f" ({rest.split()[0][:80]})" if found and rest.split() else ""


def _short(error: BaseException) -> str:
    return ((str(error).splitlines() or [""])[0] or type(error).__name__)[:120]


def _mapping(loaded: Any, path: Path) -> Mapping[Any, Any]:
    if not isinstance(loaded, Mapping):
        raise BadInputFile(f"{path} holds a {type(loaded).__name__}; expected a dictionary of tensors\n{_CONVERT}")
    if not loaded:
        raise BadInputFile(f"{path} holds no tensors\n{MENDING}")
    return loaded


def _only_tensors(values: Mapping[Any, Any], path: Path) -> dict[str, Tensor]:
    for key, value in values.items():
        what = _unusable(key, value)
        if what:
            raise BadInputFile(
                f"{path}: {str(key)[:80]!r} is {what}; expected a dictionary of plain tensors\n"
                f"weights may also lie under {', '.join((*CONTAINERS, *AVERAGES))}, or where --network NAME says"
            )
    return {key: value.detach() for key, value in values.items()}


def _unusable(key: Any, value: Any) -> str:
    if not isinstance(key, str):
        return f"a key of type {type(key).__name__}"
    if not isinstance(value, Tensor):
        return f"of type {type(value).__name__}"
    if value.layout != torch.strided or value.is_quantized or value.device.type != "cpu" or value.is_nested:
        return "a tensor that is sparse, quantised or without values"
    if value.dtype not in _FLOATS + _OTHERS:
        return f"a tensor of type {str(value.dtype).removeprefix('torch.')}"
    return ""


def _strip_module(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """DataParallel puts `module.` before every key, and twice if it was wrapped twice."""
    while all(key.startswith("module.") for key in tensors):
        tensors = {key.removeprefix("module."): tensor for key, tensor in tensors.items()}
    return tensors


def _check_sizes(tensors: Mapping[str, Tensor], path: Path, size: int, max_bytes: int) -> None:
    """A stride of zero lets a file of a kilobyte declare a tensor of a terabyte; a real one holds its values."""
    total = 0
    for key, tensor in tensors.items():
        nbytes = tensor.numel() * tensor.element_size()
        total += nbytes
        if nbytes > size or total > max_bytes:
            raise BadInputFile(
                f"{path}: tensor {key[:80]!r} of shape {list(tensor.shape)} is larger than the file\n{_CONVERT}"
            )


def _float32(key: str, tensor: Tensor, path: Path, *, check: bool) -> Tensor:
    """Floats as contiguous float32, checked after the conversion since a large float64 overflows in it."""
    if tensor.dtype not in _FLOATS:
        return tensor
    converted = tensor.to(torch.float32).contiguous()
    bad = int((~torch.isfinite(converted)).sum()) if check else 0
    if bad:
        raise BadInputFile(
            f"{path}: tensor {key[:80]!r} has {bad} of {converted.numel()} values that are NaN or infinite\n"
            "the training diverged: export an earlier checkpoint"
        )
    return converted
