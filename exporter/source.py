"""What a reader finds in a file, as data: networks, objects of classes that were not imported, what Keras says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from torch import Tensor

from ganrt.errors import BadInputFile

State = Mapping[str, Tensor]
MENDING = (
    "expected a checkpoint written by safetensors (.safetensors), torch.save (.pth, .pt, .pkl), "
    "Keras (.keras, .h5) or TensorFlow (SavedModel, .index), or a folder with config.json and its weights"
)


class Record:
    """An object of a class that was not imported.

    Attributes:
        module, name: the class's, such as "torch.nn.modules.conv" and "Conv2d".
        args: what it would have been called with; `state` what would have been set, such as an nn.Module's `__dict__`.
        entries: what a dictionary or list of that class would hold.
    """

    module: ClassVar[str] = ""
    name: ClassVar[str] = ""

    def __new__(cls, *args: Any, **options: Any) -> Record:
        self = object.__new__(cls)
        self.args, self.options, self.state, self.entries = args, options, {}, {}
        return self

    args: tuple[Any, ...]
    options: dict[str, Any]
    state: Any
    entries: dict[Any, Any]

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __call__(self, *_: Any, **__: Any) -> None:
        raise BadInputFile(f"calls what {self.path} gives"[:100])

    def __setitem__(self, key: Any, value: Any) -> None:
        self.entries[key] = value

    def append(self, value: Any) -> None:
        self.entries[len(self.entries)] = value

    add = append

    def extend(self, values: Any) -> None:
        for value in values:
            self.append(value)

    @property
    def path(self) -> str:
        """Module and name."""
        return f"{self.module}.{self.name}"


def is_module(record: Any) -> bool:
    """Whether a record is an nn.Module of any class."""
    return isinstance(record, Record) and isinstance(record.state, Mapping) and "_modules" in record.state


def state_of(module: Record, prefix: str = "") -> dict[str, Tensor]:
    """The state dict of a pickled module, as torch would give it."""
    return dict(_tensors(module, prefix, 0))


def _tensors(module: Record, prefix: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    if depth > 30:
        raise BadInputFile("holds modules nested without end")
    transient = module.state.get("_non_persistent_buffers_set") or ()
    for group in ("_parameters", "_buffers"):
        for name, value in dict(module.state.get(group) or {}).items():
            if isinstance(value, Tensor) and name not in transient:
                yield f"{prefix}{name}", value
    for name, child in dict(module.state.get("_modules") or {}).items():
        if is_module(child):
            yield from _tensors(child, f"{prefix}{name}.", depth + 1)


# How the weights' keys name their layers:
#   name   `<layer's name>/<variable>` (HDF5 with a model config)
#   class  `layers/<class>[_k]/vars/<i>`, k counting the layers of one class (Keras 3 and late Keras 2)
#   order  `<owner>/<variable>`, owners in the order of the layers that own weights (TensorFlow's checkpoints)
Naming = Literal["name", "class", "order"]


@dataclass(frozen=True)
class Origin:
    """What a Keras file says beside its weights.

    Attributes:
        naming: see `Naming`.
        owners: the key prefixes of the layers that own weights, in the file's order; for "order" that of the layers.
        model: the model's JSON, {"class_name": ..., "config": ...}; None in files with weights alone.
        notes: what the reader chose or left out.
    """

    naming: Naming
    owners: tuple[str, ...]
    model: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One network of a file.

    Attributes:
        path: of the file, which has `size` bytes and SHA-256 `sha256` ("" if it was not read whole; of folders: see
            `folder_sha256`).
        format: "safetensors", "torch", one of Keras' (see `ganrt.exporter.keras.reading`), or a whole graph's kind.
        tensors: by key; floats are float32 and finite (unless not read whole), integers as stored. In Keras' layout
            where `keras` is set; none of whole graphs.
        dtype: the floats' type in the file, such as "float32" or "float16, float32".
        container: the dotted keys and prefixes that it lay under, "" if at the top.
        average: whether these are averaged weights.
        within: the network whose state dict this is a part of; None: it stands alone.
        beside: the other networks of the file.
        notes: what was chosen.
        config: the config.json beside the weights, in Hugging Face's layout.
        keras: what a Keras file says of the layers.
        module: the pickled module, as inert records.
        lone: tensors by themselves in the dictionary around it, such as the average style.
    """

    path: Path
    format: str
    size: int
    sha256: str
    tensors: State
    dtype: str = ""
    container: str = ""
    average: bool = False
    within: str | None = None
    beside: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    config: Path | None = None
    keras: Origin | None = None
    module: Record | None = None
    lone: State = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """What a file holds.

    Attributes:
        sources: its networks; whole ones before those that are a part of another's state dict.
        optimizers, others: the names of what else was found. said: numbers, texts and short lists of them,
            by their dotted names: what training was configured with.
    """

    path: Path
    sources: tuple[Source, ...]
    optimizers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    said: Mapping[str, Any] = field(default_factory=dict)

    def only(self) -> Source:
        """The one network, or the first of those that are whole.

        Raises:
            BadInputFile: there is none.
        """
        if not self.sources:
            raise BadInputFile(f"{self.path} {self.nothing()}")
        return self.sources[0]

    def nothing(self) -> str:
        """Why there is no network in it."""
        if self.optimizers:
            names = f" ({', '.join(filter(None, self.optimizers))})" if any(self.optimizers) else ""
            return (
                f"holds an optimizer's state{names} and no weights\n"
                "expected the generator's state_dict, which training saves beside it"
            )
        shown = ", ".join(filter(None, self.others[:8]))[:200]
        return f"holds no network{f', but {shown}' if shown else ''}\n{MENDING}"
