"""TensorFlow's folders: a SavedModel (weights, and the layers' JSON if Keras 2 wrote it) or a checkpoint.

Source of the JSON's place: keras/protobuf/saved_metadata.proto (nodes = 1; of a node: node_path = 3, metadata = 5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.fields import MAX_JSON, parse_json
from ganrt.exporter.keras.folder import Folder
from ganrt.exporter.keras.hub_module import is_module, read_module
from ganrt.exporter.keras.state import Origin
from ganrt.exporter.keras.tensor_bundle import bundle_files, read_bundle
from ganrt.exporter.keras.variables import owned_variables
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
