"""A file -> the networks in it, as data and never by running code.

safetensors and plain state dicts by their own readers; what torch's restricted loader refuses (modules, configurations,
arrays beside the weights) by `ganrt.exporter.readers.pickles`; Keras' and TensorFlow's formats by
`ganrt.exporter.keras`.

Hugging Face's layout: weights, and beside them a config.json that says what the weights do not.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.exporter.readers.checkpoint_kinds import check_zip, sniff
from ganrt.exporter.readers.networks import find_networks
from ganrt.exporter.source import MENDING, File, Source

MAX_BYTES = 4 * 2**30
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
_OTHERS = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool)


def read_file(path: Path, *, max_bytes: int = MAX_BYTES, whole: bool = True) -> File:
    """Reads a checkpoint of torch, safetensors, Keras or TensorFlow, or Hugging Face's folder.

    What counts is the content, not the suffix. Nothing is chosen yet.

    Args:
        whole: False maps the file into memory and reads values when they are used: no SHA-256, no search for NaN.
            Keras' files are always read whole.

    Raises:
        BadInputFile: missing, a folder without a model, empty, larger than `max_bytes`, damaged, of another kind, or
            with calls that no checkpoint makes. The message says which.
        OutputFailed: it exists but cannot be read.
    """
    path = weights_in(path)
    keras = _read_keras(path, max_bytes)
    if keras is not None:
        return keras
    size = _size(path, max_bytes)
    try:
        kind = sniff(path, size)
        if kind == "torch":
            check_zip(path, max_bytes)
        loaded = _load_safetensors(path) if kind == "safetensors" else _load_torch(path, kind, mapped=not whole)
        sha256 = _sha256(path) if whole else ""
    except OSError as error:
        raise OutputFailed(f"{path} could not be read: {error.strerror or error}") from error
    kind = "safetensors" if kind == "safetensors" else "torch"
    base = Source(path, kind, size, sha256, {}, config=config_beside(path))
    file = find_networks(loaded, base)
    for source in file.sources:
        if source.within is None:
            _check_sizes(source)
    return file


def source_of(source: Source) -> Source:
    """The chosen network with floats as contiguous float32, checked.

    Raises:
        BadInputFile: values that are no plain tensors, or NaN, or tensors larger than the file.
    """
    checked = bool(source.sha256)  # else it was not read whole
    for key, tensor in source.tensors.items():
        what = _unusable(tensor)
        if what:
            raise BadInputFile(f"{source.path}: {key[:80]!r} is {what}; expected plain tensors")
    dtypes = sorted({str(t.dtype).removeprefix("torch.") for t in source.tensors.values() if t.dtype in _FLOATS})
    tensors = {key: _float32(key, tensor.detach(), source.path, checked) for key, tensor in source.tensors.items()}
    return replace(source, tensors=tensors, dtype=", ".join(dtypes))


def _read_keras(path: Path, max_bytes: int) -> File | None:
    """A Keras or TensorFlow model; None if `path` is something else."""
    from ganrt.exporter.keras.reading import read_keras, sniff_keras

    try:
        kind = sniff_keras(path)
        if not kind:
            return None
        if kind not in ("folder", "checkpoint"):
            _size(path, max_bytes)
        source = read_keras(path, kind, max_bytes)
        return File(path, (source if source.sha256 else replace(source, sha256=_sha256(path)),))
    except OSError as error:
        raise OutputFailed(f"{path} could not be read: {error.strerror or error}") from error
    except BadInputFile as error:
        prefix = "" if str(error).startswith(f"{path} ") else f"{path} "
        raise BadInputFile(f"{prefix}{error}") from error


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


def _load_torch(path: Path, kind: str, *, mapped: bool) -> Any:
    """By torch's restricted loader; by the reader of records what that refuses."""
    from ganrt.exporter.readers.pickles import read_pickle

    try:
        with warnings.catch_warnings():
            # torch warns about pickle protocols and old storages; a file that loads is fine either way.
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped and kind == "torch")
    except OSError:
        raise
    except Exception as error:  # damaged pickles raise nearly anything: KeyError, EOFError, UnicodeDecodeError, ...
        of_torch = error
    try:
        return read_pickle(path, kind)
    except BadInputFile as error:
        if str(error).startswith(str(path)):
            raise
        why = _short(error) if isinstance(of_torch, pickle.UnpicklingError) else _short(of_torch)
        raise BadInputFile(f"{path} is a damaged or truncated torch checkpoint ({why})\n{MENDING}") from error


def _short(error: BaseException) -> str:
    return ((str(error).splitlines() or [""])[0] or type(error).__name__)[:120]


def _unusable(tensor: Tensor) -> str:
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu" or tensor.is_nested:
        return "a tensor that is sparse, quantised or without values"
    if tensor.dtype not in _FLOATS + _OTHERS:
        return f"a tensor of type {str(tensor.dtype).removeprefix('torch.')}"
    return ""


def _check_sizes(source: Source) -> None:
    """A stride of zero lets a file of a kilobyte declare a tensor of a terabyte; a real one holds its values."""
    total = 0
    for key, tensor in source.tensors.items():
        nbytes = tensor.numel() * tensor.element_size()
        total += nbytes
        if nbytes > source.size or total > MAX_BYTES:
            raise BadInputFile(
                f"{source.path}: tensor {key[:80]!r} of shape {list(tensor.shape)} is larger than the file\n{MENDING}"
            )


def _float32(key: str, tensor: Tensor, path: Path, check: bool) -> Tensor:
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


WEIGHTS = ("model.safetensors", "pytorch_model.bin")  # in this order where both are there
CONFIG = "config.json"
_MAX_CONFIG = 2**20
_SHOWN = 80


def weights_in(path: Path) -> Path:
    """The weights' file in a folder of Hugging Face's layout; `path` itself where it is something else."""
    found = [path / name for name in WEIGHTS if (path / name).is_file()] if path.is_dir() else []
    return found[0] if found else path


def config_beside(weights: Path) -> Path | None:
    """The config.json beside the weights; it is read when a family asks for it."""
    config = weights.with_name(CONFIG)
    return config if config.is_file() else None


def config_of(source: Source) -> dict[str, Any] | None:
    """What the config.json beside the weights says; None without one.

    Raises:
        BadInputFile: it is no JSON object, or larger than 1 MiB.
    """
    if source.config is None:
        return None
    with source.config.open("rb") as file:
        data = file.read(_MAX_CONFIG + 1)
    if len(data) > _MAX_CONFIG:
        raise BadInputFile(f"{CONFIG} has more than {_MAX_CONFIG} bytes\nexpected the one saved with the weights")
    try:
        config = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInputFile(
            f"{CONFIG} is damaged: {str(error)[:_SHOWN]}\nexpected the one saved with the weights"
        ) from error
    if not isinstance(config, dict):
        raise BadInputFile(f"{CONFIG} holds a {type(config).__name__}\nexpected an object")
    return config
