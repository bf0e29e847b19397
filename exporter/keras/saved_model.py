"""TensorFlow's folders: a SavedModel (weights, and the layers' JSON if Keras 2 wrote it) or a checkpoint.

Source of the JSON's place: keras/protobuf/saved_metadata.proto (nodes = 1; of a node: node_path = 3, metadata = 5).

TensorFlow's names of variables:
[root/]layer_with_weights-K/kernel/.ATTRIBUTES/VARIABLE_VALUE         Keras 2: K counts layers with weights
[root/]_functional/_operations/N/_kernel/.ATTRIBUTES/VARIABLE_VALUE   Keras 3: N counts all operations
variables/I/.ATTRIBUTES/VARIABLE_VALUE                                Keras 3, model.export(): `model.variables`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.archive import Folder
from ganrt.exporter.keras.fields import MAX_JSON, parse_json
from ganrt.exporter.keras.hub_module import is_module, read_module
from ganrt.exporter.keras.tensor_bundle import bundle_files, read_bundle
from ganrt.exporter.source import Origin
from ganrt.graphs.wire import messages

SAVED_MODEL = "saved_model.pb"
METADATA = "keras_metadata.pb"
_VARIABLES = "variables/variables"


def find_model(names: list[str]) -> tuple[str, str]:
    """Which model a folder holds: ("saved-model", its folder with a slash) or ("checkpoint", prefix).

    ("", "") if there is none.

    Raises:
        BadInputFile: several, and nothing says which.
    """
    names = [name for name in names if not name.rpartition("/")[2].startswith("._")]  # what macOS adds to archives
    models = [name.removesuffix(SAVED_MODEL) for name in names if name.rpartition("/")[2] == SAVED_MODEL]
    indices = [name.removesuffix(".index") for name in names if name.endswith(".index")]
    found = models or indices
    if len(found) > 1:
        raise BadInputFile(f"holds several models: {', '.join(sorted(found))[:200]}\nexpected one, such as {found[-1]}")
    if not found:
        return "", ""
    return ("saved-model" if models else "checkpoint"), found[0]


def latest(names: list[str], folder: Folder) -> tuple[list[str], tuple[str, ...]]:
    """`names` with the newest of several checkpoints alone, if the text file `checkpoint` says which that is."""
    indices = [name for name in names if name.endswith(".index") and "/" not in name]
    if len(indices) < 2 or "checkpoint" not in names or SAVED_MODEL in names or folder.size("checkpoint") > MAX_JSON:
        return names, ()
    said = re.search(r'^model_checkpoint_path: "([^"\n]+)"', folder.read("checkpoint").decode("utf-8", "replace"), re.M)
    chosen = re.split(r"[/\\]", said[1])[-1] + ".index" if said else ""
    if chosen not in indices:
        return names, ()
    kept = [name for name in names if name not in indices or name == chosen]
    return kept, (f"{len(indices)} checkpoints: {chosen.removesuffix('.index')} taken, the latest",)


def read_saved_model(folder: Folder, root: str) -> tuple[dict[str, Tensor], Origin | None, str, list[str]]:
    """(tensors, origin, the variables' root, the files read) of the SavedModel in `root` ("" or "name/").

    A module of TensorFlow Hub has no origin: its variables have a graph's names, and tables of the graph are beside.
    """
    prefix = root + _VARIABLES
    if f"{prefix}.index" not in folder.names():
        raise BadInputFile(f"is a SavedModel without {prefix}.index\nexpected its folder `variables` beside it")
    files = [root + SAVED_MODEL, *bundle_files(folder, prefix)]
    variables = read_bundle(folder, prefix)
    if is_module(variables):
        return read_module(folder.read(root + SAVED_MODEL), variables), None, "", files
    tensors, origin, container = owned_variables(variables)
    if root + METADATA in folder.names():
        files.append(root + METADATA)
        origin = replace(origin, model=_model(folder.read(root + METADATA)))
    return tensors, origin, container, files


def read_checkpoint_files(folder: Folder, prefix: str) -> tuple[dict[str, Tensor], Origin | None, str, list[str]]:
    """The same of the checkpoint `prefix`.index and `prefix`.data-*."""
    read = read_bundle(folder, prefix)
    if any(name.endswith("/weights") for name in read):  # TF-Slim's names: a checkpoint of TensorFlow 1, not of Keras
        return read, None, "", bundle_files(folder, prefix)
    tensors, origin, container = owned_variables(read)
    return tensors, origin, container, bundle_files(folder, prefix)


def _model(data: bytes) -> Mapping[str, Any] | None:
    """The root object's JSON; None for a model without a config (a subclass)."""
    try:
        nodes = [(messages(node, 3), messages(node, 5)) for node in messages(data, 1)]
    except ValueError as error:
        raise BadInputFile(f"{METADATA} is damaged or truncated ({error})\nexpected a whole SavedModel") from error
    root = next((metadata for path, metadata in nodes if path == [b"root"] and metadata), None)
    model = None if root is None else parse_json(root[0], METADATA)
    return model if isinstance(model, Mapping) and model.get("config") else None


_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_OWNED = re.compile(
    r"(?P<root>(?:[^.]*/)??)(?P<owner>(?:layer_with_weights-|(?:_functional/)?_operations/)(?P<number>\d{1,6}))"
    r"/(?P<variable>.+)"
)
_EXPORTED = re.compile(r"variables/(\d{1,6})")
_PREFERRED = ("generator", "gen", "netg", "g", "model")
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def owned_variables(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Origin, str]:
    """(`<owner>/<variable>` -> tensor, the owners in the layers' order, the root they lay under).

    Raises:
        BadInputFile: several networks side by side, or none.
    """
    values = {name.removesuffix(_VALUE): tensor for name, tensor in tensors.items() if name.endswith(_VALUE)}
    values = {name: tensor for name, tensor in values.items() if ".OPTIMIZER_SLOT" not in name}
    found = [(match, values[name]) for name in values if (match := _OWNED.fullmatch(name))]
    if not found:
        return (*_exported(values), "")
    root, notes = _choose({match["root"]: None for match, _ in found})
    found = sorted(((m, t) for m, t in found if m["root"] == root), key=lambda each: int(each[0]["number"]))
    # Keras 3 stores some kernels as `_kernel`.
    owned = {f"{m['owner']}/{m['variable'].removeprefix('_')}": tensor for m, tensor in found}
    owners = tuple(dict.fromkeys(m["owner"] for m, _ in found))
    return owned, Origin("order", owners, notes=notes), root.rstrip("/").replace("/", ".")


def _choose(roots: Mapping[str, None]) -> tuple[str, tuple[str, ...]]:
    """The one network to take; an exponential moving average (EMA) before the raw weights."""
    names = {root.rstrip("/"): root for root in roots}
    averages = [name for name in names if "ema" in re.split(r"[^a-z]+", name.lower()) and "disc" not in name.lower()]
    preferred = [name for name in names if name.rpartition("/")[2].lower() in _PREFERRED]
    for candidates in (list(names), averages, preferred):
        if len(candidates) == 1:
            ignored = ", ".join(sorted(name for name in names if name != candidates[0]))[:200]
            said = f"the file holds several networks: {candidates[0]} taken, {ignored} left out"
            return names[candidates[0]], (said,) if ignored else ()
    raise BadInputFile(
        f"holds several networks: {', '.join(sorted(names))[:200]}\nexpected one: save the generator on its own"
    )


def _exported(values: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Origin]:
    """Groups `variables/I`: a kernel begins a layer; one value more a bias, four a batch norm, five both."""
    numbered = [(int(m[1]), tensor) for name, tensor in values.items() if (m := _EXPORTED.fullmatch(name))]
    groups: list[list[Tensor]] = []
    for _, tensor in sorted(numbered, key=lambda each: each[0]):
        if tensor.ndim > 1:
            groups.append([])
        if groups:
            groups[-1].append(tensor)
    if not groups or any(len(group) not in (1, 2, 5, 6) for group in groups):
        raise BadInputFile(
            f"holds no layers of a Sequential or functional Keras model: {', '.join(values)[:200] or 'no weights'}\n"
            "expected layer_with_weights-K/... (Keras 2) or _functional/_operations/N/... (Keras 3)"
        )
    owned: dict[str, Tensor] = {}
    for group in groups:
        kernel, *rest = group
        layer = {"kernel": kernel, **({"bias": rest[0]} if len(rest) in (1, 5) else {})}
        _add(owned, layer)
        if len(rest) >= len(_NORM):
            _add(owned, dict(zip(_NORM, rest[-len(_NORM) :], strict=True)))
    return owned, Origin("order", _owners(list(owned)))


def _add(owned: dict[str, Tensor], layer: Mapping[str, Tensor]) -> None:
    owner = f"layer_with_weights-{len(_owners(list(owned)))}"
    owned.update({f"{owner}/{name}": tensor for name, tensor in layer.items()})


def _owners(keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.rpartition("/")[0] for key in keys))
