"""HDF5 files of Keras as arrays and JSON: full models, weights alone, and the weights inside `.keras` archives.

Only plain datasets are read. Soft and external links, external or virtual storage and compressed datasets are
refused: Keras writes none of them, and they read other files or fill the memory from a small one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.fields import AS_ONNX, parse_json
from ganrt.exporter.requirements import require
from ganrt.exporter.source import Naming, Origin

if TYPE_CHECKING:
    import h5py

Arrays = dict[str, NDArray[np.floating]]
_MAX_DEPTH = 12
_MAX_ITEMS = 50_000
_SKIPPED = ("optimizer", "optimizer_weights", "vars", "top_level_model_weights", "seed_generator")


def read_hdf5(file: IO[bytes], size: int) -> tuple[Arrays, Origin]:
    """The floats of an HDF5 file of `size` bytes, as stored, and what it says about the model.

    Keys: `<layer>/<variable>`, or `layers/<class>[_k]/vars/<i>` in the layout of `.weights.h5` and `.keras`.

    Raises:
        BadInputFile: damaged, truncated, not written by Keras, with links, or with an optimizer alone.
        BackendUnavailable: h5py is missing.
    """
    require("h5py")
    import h5py

    try:
        with h5py.File(file, "r") as root:
            return _read(root, size)
    except BadInputFile:
        raise
    except Exception as error:  # h5py raises nearly anything on damaged files
        raise BadInputFile(
            f"is a damaged or truncated HDF5 file ({str(error)[:120]})\nexpected a file that Keras wrote"
        ) from error


def trial(file: IO[bytes], _: Path, __: int) -> None:
    """The same in a process of its own (`ganrt.trial`): the library crashes and hangs on some damaged files."""
    read_hdf5(file, file.seek(0, 2))


def _read(root: h5py.File, size: int) -> tuple[Arrays, Origin]:
    _check_links(root, "")
    model = root.attrs.get("model_config")
    parsed = None if model is None else parse_json(model, "the model's config")
    for group in ("layers", "_layer_checkpoint_dependencies"):  # the second: Keras 2.12
        if group in root:
            tensors = {f"layers/{key}": tensor for key, tensor in _tensors(root[group], size).items()}
            return _found(tensors, "class", None, ())
    group = root.get("model_weights", root)
    datasets, nested = _tensors(group, size), _nested_names(parsed)
    tensors = {}
    for path, tensor in datasets.items():
        owner, _, rest = path.partition("/")
        # <layer>/<scopes that repeat the layer's name>/<variable>:0; below a nested model's name, its layer's before
        inner = f"{path.split('/')[-2]}/" if owner in nested else ""
        key = f"{owner}/{inner}{rest.rpartition('/')[2].partition(':')[0]}"
        if not rest or key in tensors:
            raise BadInputFile(
                f"has a dataset {path[:80]!r} that no plain layer has\nexpected a model of plain layers\n{AS_ONNX}"
            )
        tensors[key] = tensor
    named = [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs.get("layer_names", ())]
    return _found(tensors, "order" if parsed is None else "name", parsed, named)


def _nested_names(model: Any) -> set[str]:
    """The names of the models among a model's layers; malformed JSON is refused later."""
    config = model.get("config") if isinstance(model, Mapping) else None
    entries = config.get("layers") if isinstance(config, Mapping) else config
    configs = (
        [entry.get("config") for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    )
    return {str(inner.get("name")) for inner in configs if isinstance(inner, Mapping) and "layers" in inner}


def _found(tensors: Arrays, naming: Naming, model: Mapping[str, Any] | None, order: Any) -> tuple[Arrays, Origin]:
    if not tensors:
        raise BadInputFile("holds no weights of layers\nexpected a model or its weights, not an optimizer alone")
    owners = dict.fromkeys(key.rpartition("/")[0] for key in tensors)
    listed = [name for name in order if name in owners]
    return tensors, Origin(naming, tuple(dict.fromkeys([*listed, *owners])), model)


def _tensors(group: h5py.Group, size: int) -> Arrays:
    tensors: Arrays = {}
    for path, dataset in _datasets(group, ""):
        _check_dataset(path, dataset, size)
        tensors[path] = np.asarray(dataset[()]).reshape(dataset.shape)  # one number comes as no array
    return tensors


def _datasets(group: h5py.Group, prefix: str) -> Iterator[tuple[str, h5py.Dataset]]:
    import h5py

    for name, item in group.items():
        # `vars` at the top belongs to the model itself; deeper it holds a layer's variables.
        if name in _SKIPPED and (not prefix or name != "vars"):
            continue
        if isinstance(item, h5py.Dataset):
            yield prefix + name, item
        elif isinstance(item, h5py.Group):
            yield from _datasets(item, f"{prefix}{name}/")


def _check_links(group: h5py.Group, prefix: str, seen: int = 0) -> int:
    """Refuses links in the whole tree before anything is read; returns how many items it has."""
    import h5py

    for name in group:
        path, seen = f"{prefix}{name}", seen + 1
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise BadInputFile(f"{path[:80]!r} is a link, and maybe into another file\nexpected plain datasets")
        if seen > _MAX_ITEMS or path.count("/") > _MAX_DEPTH:
            raise BadInputFile(f"is nested deeply or endlessly at {path[:80]!r}\nexpected the layout that Keras writes")
        if isinstance(item := group[name], h5py.Group):
            seen = _check_links(item, path + "/", seen)
    return seen


def _check_dataset(path: str, dataset: h5py.Dataset, size: int) -> None:
    if dataset.dtype.kind != "f" or dataset.dtype.itemsize not in (2, 4, 8):
        raise BadInputFile(f"dataset {path[:80]!r} is of type {dataset.dtype}\nexpected floats")
    if dataset.is_virtual or dataset.external:
        raise BadInputFile(f"dataset {path[:80]!r} lies in another file\nexpected a file that holds its weights")
    # Unallocated and compressed datasets declare terabytes in a kilobyte.
    if dataset.nbytes > min(size, dataset.id.get_storage_size()):
        raise BadInputFile(
            f"dataset {path[:80]!r} of shape {list(dataset.shape)} holds less than it declares, or is compressed\n"
            "expected plain datasets, as Keras writes them"
        )
