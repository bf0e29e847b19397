"""Pickles read as data: every class becomes an inert record, and nothing of the file is imported or called.

What a pickle says is "import this name, call it with that, set this state". Here the names of a short table mean
functions of this file, which rebuild tensors, arrays and dictionaries; every other name means a fresh `Record` class
that stores what it is given. Names of what no checkpoint calls (`os.system` and its kin) are refused, and said.

Sources: pickle's opcodes (CPython's pickletools), torch.serialization's two formats (a zip of `data.pkl` and `data/N`;
before torch 1.6 five pickles in a row and the storages), NumPy's `__reduce__`.
"""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.source import Record

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # torch.serialization's
_MAX_PICKLE = 256 * 2**20  # of a torch file, without its storages
_LONG = 2**20
_MAX_NESTED = 10**6  # what hashing a key may visit: tuples that share tuples double with each level
_BUILTINS = ("builtins", "__builtin__")
# What only an attack calls; harmless here like every other name, but worth saying.
_ATTACKS = {
    "os", "posix", "nt", "subprocess", "runpy", "shutil", "socket", "pty", "ctypes", "webbrowser", "commands", "sys",
    "importlib", "marshal", "pip", "pdb", "timeit", "asyncio",
}  # fmt: skip
_ATTACKING = {"eval", "exec", "execfile", "compile", "__import__", "open", "input", "breakpoint"}  # of builtins


class _Dict(dict[Any, Any]):
    """An OrderedDict; the attributes that torch adds to one (`_metadata`) are dropped."""

    def __setstate__(self, state: Any) -> None:
        pass


class _List(list[Any]):
    """A set, which nothing here looks up in."""

    add = list.append


class Array:
    """A NumPy array in the making: `__setstate__` is the first that says its shape, type and values."""

    values: Tensor | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, data = state
        made = np.frombuffer(data, _numpy_type(dtype)).reshape(shape, order="F" if fortran else "C")
        self.values = torch.from_numpy(made.copy(order="C"))


def _numpy_type(record: Any) -> np.dtype[Any]:
    """A dtype record ("f4", ...) with its byte order; numbers only."""
    code = record.args[0]
    if not (isinstance(code, str) and code[:1] in "fiub" and code[1:].isdigit() and len(code) < 4):
        raise pickle.UnpicklingError(f"an array of type {str(code)[:20]}")
    order = record.state[1] if isinstance(record.state, tuple) and len(record.state) > 1 else "="
    return np.dtype((order if order in ("<", ">") else "=") + code)


def _scalar(dtype: Any, data: Any = b"") -> int | float | bool:
    value: int | float | bool = np.frombuffer(_bytes(data), _numpy_type(dtype))[0].item()
    return value


def _bytes(data: Any) -> bytes:
    return data.encode("latin1") if isinstance(data, str) else bytes(data)


def _encode(text: str, _: str = "latin1") -> bytes:
    return text.encode("latin1")


def _frombuffer(data: Any, dtype: Any, shape: Any, order: str = "C") -> Tensor:
    made = np.frombuffer(data, _numpy_type(dtype)).reshape(shape, order="F" if order == "F" else "C")
    return torch.from_numpy(made.copy(order="C"))


def _tensor(storage: Tensor, offset: int, size: Any, stride: Any, *_: Any) -> Tensor:
    """A view of a storage, which torch would enlarge where the view lies outside."""
    size, stride = tuple(size), tuple(stride)
    if not isinstance(storage, Tensor):
        storage = _flat(storage)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) if 0 not in size else offset - 1
    if min((offset, *size, *stride)) < 0 or last >= storage.numel():
        raise pickle.UnpicklingError("a tensor that lies outside of its storage")
    return storage.as_strided(size, stride, offset)


def _flat(storage: Any) -> Tensor:
    """The values of a torch storage, as `_load_from_bytes` gives them."""
    if isinstance(storage, torch.storage.TypedStorage):
        return torch.tensor([], dtype=storage.dtype).set_(storage._untyped_storage)
    raise pickle.UnpicklingError("a tensor without a storage")


def _nested_storage(data: bytes) -> Any:
    """What `torch.storage._load_from_bytes` is for, which itself is a torch.load without restrictions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, of odd protocols: what does not fit is refused in our words
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


def _persistent(meta: Any) -> Record:
    """NVIDIA's persistent classes carry their source code; the state is all that is kept."""
    record = record_class("torch_utils.persistence", str(meta["class_name"]))()
    record.state = meta["state"]
    return record


_FUNCTIONS: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): _Dict,
    ("collections", "defaultdict"): lambda *_: _Dict(),
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_parameter"): lambda data, *_: data,
    ("torch._utils", "_rebuild_parameter_with_state"): lambda data, *_: data,
    ("torch._tensor", "_rebuild_from_type_v2"): lambda make, _, args, __: make(*args),
    ("torch.storage", "_load_from_bytes"): _nested_storage,
    ("torch", "Size"): lambda *args: list(args[0]) if args else [],
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _persistent,
    ("copyreg", "_reconstructor"): lambda cls, *_: cls(),
    ("copy_reg", "_reconstructor"): lambda cls, *_: cls(),
    ("_codecs", "encode"): _encode,
    **{
        (f"numpy.{core}.{module}", name): made
        for core in ("core", "_core")
        for module, name, made in (
            ("multiarray", "_reconstruct", lambda *_: Array()),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _frombuffer),
        )
    },
    **{
        (module, name): made
        for module in _BUILTINS
        for name, made in (
            ("set", _List),
            ("frozenset", _List),
            ("list", _List),
            ("dict", _Dict),
            ("bytearray", _bytes),
        )
    },
}


def record_class(module: str, name: str) -> type[Record]:
    """A fresh class of records."""
    return type(name[:80] or "Record", (Record,), {"module": module, "name": name})


class _Reader(pickle._Unpickler):  # the readable one, whose opcodes can be replaced
    def __init__(self, file: IO[bytes], storages: Callable[[Any], Tensor] | None = None) -> None:
        super().__init__(file, encoding="latin1")
        here = file.tell()
        self._file, self._end = file, file.seek(0, io.SEEK_END)
        file.seek(here)
        self._file_read = self._what_there_is
        self._storages = storages
        self.stack: list[Any]  # the unpickler's own
        self.append: Callable[[Any], None]
        self.pop_mark: Callable[[], list[Any]]
        self.read: Callable[[int], bytes]
        self._classes: dict[tuple[str, str], type[Record]] = {}
        self._weights: dict[int, tuple[int, Any]] = {}

    def _what_there_is(self, count: int) -> bytes:
        """Buffered files make room for as many bytes as are asked for."""
        return self._file.read(count if count < _LONG else min(count, self._end - self._file.tell()))

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _FUNCTIONS:
            return _FUNCTIONS[module, name]
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        if module.partition(".")[0] in _ATTACKS or (module in _BUILTINS and name in _ATTACKING):
            raise BadInputFile(f"calls {module}.{name}"[:100])
        return self._classes.setdefault((module, name), record_class(module, name))

    def persistent_load(self, pid: Any) -> Any:
        if self._storages is None:
            raise pickle.UnpicklingError("a reference to something outside of the file")
        if pid[0] == "module":  # ("module", class, its file, its source): before torch 1.6
            return pid[1]
        return self._storages(pid)

    def _build(self) -> None:
        """Only records and what this file makes have a state to set."""
        state, inst = self.stack.pop(), self.stack[-1]
        if not isinstance(inst, (Record, _Dict, Array)):
            if isinstance(inst, Tensor):
                return
            raise pickle.UnpicklingError(f"a state for a {type(inst).__name__}")
        inst.__setstate__(state)

    def _check_tuple(self) -> None:
        made = self.stack[-1]
        weight = 1 + sum(self._weights.get(id(item), (1, None))[0] for item in made)
        self._weights[id(made)] = weight, made  # kept, so that the id is not used again
        if weight > _MAX_NESTED:
            raise pickle.UnpicklingError("tuples nested without end")

    def _set(self) -> None:
        self.append(_List())

    def _frozenset(self) -> None:
        self.append(_List(self.pop_mark()))

    def _bytearray(self) -> None:
        """What there is: pickle's own makes room for as many bytes as the file says."""
        count = int.from_bytes(self.read(8), "little")
        found = self.read(count)
        if len(found) != count:
            raise pickle.UnpicklingError(f"{len(found)} bytes instead of {count}")
        self.append(bytearray(found))

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(pickle._Unpickler.dispatch)
    dispatch[pickle.BUILD[0]] = _build
    dispatch[pickle.BYTEARRAY8[0]] = _bytearray
    dispatch[pickle.EMPTY_SET[0]] = _set
    dispatch[pickle.FROZENSET[0]] = _frozenset


def _guarded(opcode: bytes) -> Callable[[Any], None]:
    original = pickle._Unpickler.dispatch[opcode[0]]

    def load(self: Any) -> None:
        original(self)
        self._check_tuple()

    return load


for _opcode in (pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3):
    _Reader.dispatch[_opcode[0]] = _guarded(_opcode)


def read_pickle(path: Path, kind: str) -> Any:
    """What a pickle holds: dictionaries, lists, numbers, texts, tensors, and `Record`s for all else.

    Args:
        kind: "torch" (a zip that torch.save wrote) or "torch-legacy" (any other pickle).

    Raises:
        BadInputFile: damaged, or it calls what no checkpoint calls; the message names it.
        OSError: the system would not read it.
    """
    try:
        return _read_zip(path) if kind == "torch" else _read_bare(path)
    except OSError:
        raise
    except BadInputFile as error:
        raise BadInputFile(
            f"{path} {error}, which no checkpoint needs: it was not run, and the file is refused\n"
            "expected a checkpoint from somebody you trust, or its tensors alone as .safetensors"
        ) from error
    except Exception as error:  # damaged pickles raise nearly anything
        raise BadInputFile(f"damaged ({' '.join(str(error).split())[:120] or type(error).__name__})") from error


def _read_zip(path: Path) -> Any:
    reader = torch._C.PyTorchFileReader(str(path))
    data = reader.get_record("data.pkl")
    if len(data) > _MAX_PICKLE:
        raise pickle.UnpicklingError(f"a pickle of {len(data)} bytes")
    loaded: dict[str, Tensor] = {}

    def storage(pid: Any) -> Tensor:
        _, kind, key, _, count = pid
        if key not in loaded:
            values = torch.frombuffer(bytearray(reader.get_record(f"data/{key}") or bytes(8)), dtype=torch.uint8)
            loaded[key] = values[: count * _dtype_of(kind).itemsize].view(_dtype_of(kind))
        return loaded[key]

    return _Reader(io.BytesIO(data), storage).load()


def _dtype_of(kind: Any) -> torch.dtype:
    """FloatStorage -> float32: torch's own table, by the class's name."""
    if isinstance(kind, torch.dtype):
        return kind
    name = str(getattr(kind, "name", ""))
    found = {
        "Float": torch.float32, "Double": torch.float64, "Half": torch.float16, "BFloat16": torch.bfloat16,
        "Long": torch.int64, "Int": torch.int32, "Short": torch.int16, "Char": torch.int8, "Byte": torch.uint8,
        "Bool": torch.bool, "Untyped": torch.uint8,
    }.get(name.removesuffix("Storage"))  # fmt: skip
    if found is None:
        raise pickle.UnpicklingError(f"a storage of type {name[:40] or type(kind).__name__}")
    return found


def _read_bare(path: Path) -> Any:
    """torch's format before 1.6, or a pickle that torch did not write."""
    with path.open("rb") as file:
        first = _Reader(file).load()
        if first != _LEGACY_MAGIC:
            return first
        for _ in range(2):  # the protocol and the system
            _Reader(file).load()
        waiting: dict[str, tuple[torch.dtype, Tensor]] = {}

        def storage(pid: Any) -> Tensor:
            _, kind, key, _, count, view = pid
            if view is not None:
                raise pickle.UnpicklingError("a view of a storage")
            if key not in waiting:
                dtype, left = _dtype_of(kind), path.stat().st_size
                if not 0 <= count * dtype.itemsize <= left:
                    raise pickle.UnpicklingError(f"a storage of {count} values")
                waiting[key] = dtype, torch.empty(count, dtype=dtype)
            return waiting[key][1]

        loaded = _Reader(file, storage).load()
        for key in _Reader(file).load():
            dtype, values = waiting[key]
            if int.from_bytes(file.read(8), "little") != values.numel():
                raise pickle.UnpicklingError("a storage of another size")
            data = file.read(values.numel() * dtype.itemsize)
            if len(data) != values.numel() * dtype.itemsize:
                raise pickle.UnpicklingError("it ends within a storage")
            if data:
                values.view(torch.uint8).copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
        return loaded
