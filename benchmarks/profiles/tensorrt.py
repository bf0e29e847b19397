"""What trtexec writes: `--exportProfile` (times), and beside it `--exportLayerInfo` (which nodes a layer was made of).

A profile is a JSON array: `{"count": N}`, then a layer each with `name`, `timeMs` (of all runs), `averageMs`,
`medianMs` (since TensorRT 8.4) and `percentage`. Fused layers are named after their parts, "A + B" or "PWN(A, B)"; with
`--profilingVerbosity=detailed` the layer info says "[ONNX Layer: A]" for each part, set apart by control characters.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ganrt.benchmarks.profiles.onnxruntime import read_text
from ganrt.benchmarks.profiles.table import LayerTime
from ganrt.errors import BackendUnavailable, BadInputFile

_ORIGIN = re.compile(r"\[ONNX Layer: ([^\]]+)\]")
_COPY = "Reformatting CopyNode"  # names the layer that it prepares a tensor for, but multiplies nothing
_PART = re.compile(r"\s\+\s|[(),\s]+")


def run_profile(
    model: Path, inputs: Mapping[str, NDArray[Any]], precision: str = "fp32"
) -> tuple[list[LayerTime], int]:
    """Builds and profiles the model with trtexec, in a run of its own beside the timed one.

    Raises:
        BackendUnavailable: trtexec is missing.
        BadInputFile: it failed.
    """
    from ganrt.benchmarks.trtexec import FLAGS, run_program, write_inputs

    program = shutil.which("trtexec")
    if program is None:
        raise BackendUnavailable(
            "trtexec is not on the PATH: it comes with TensorRT\nor import what it wrote elsewhere: --import"
        )
    with tempfile.TemporaryDirectory() as folder:
        profile, info = Path(folder) / "profile.json", Path(folder) / "layers.json"
        flags = [
            *FLAGS[precision], *write_inputs(inputs, Path(folder)), "--profilingVerbosity=detailed",
            "--separateProfileRun", f"--exportProfile={profile}", f"--exportLayerInfo={info}",
        ]  # fmt: skip
        run_program(program, model, flags)
        return read_profile(profile, info)


def parse_profile(text: str | bytes, layer_info: str | bytes | None = None) -> tuple[list[LayerTime], int]:
    """(Layers with the time of one run: the median where it is told, else the mean; how many runs).

    Args:
        layer_info: content of the file that `--exportLayerInfo` wrote of the same engine.

    Raises:
        BadInputFile: one of them is not what trtexec writes.
    """
    entries = _json(text, "--exportProfile")
    described = _described(layer_info) if layer_info is not None else {}
    try:
        if not isinstance(entries, list) or not isinstance(entries[0], dict):
            raise TypeError("no array of objects")
        runs = int(entries[0]["count"])
        return [_layer(entry, described) for entry in entries[1:]], runs
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadInputFile(
            f"not what trtexec --exportProfile writes ({error!r})\nexpected a JSON array: a count, then the layers"
        ) from error


def _json(text: str | bytes, option: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputFile(f"not JSON: {error}; expected what trtexec {option} wrote") from error


def _layer(entry: dict[str, Any], described: dict[str, tuple[str, tuple[str, ...]]]) -> LayerTime:
    name = str(entry["name"])
    operator, nodes = described.get(name, ("", ()))
    parts = () if name.startswith(_COPY) else tuple(part for part in _PART.split(name) if part)
    return LayerTime(name, operator, float(entry.get("medianMs", entry["averageMs"])), nodes or parts)


def _described(text: str | bytes) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Layer -> (its type, the nodes it was made of); engines built without detail list bare names."""
    info = _json(text, "--exportLayerInfo")
    if not isinstance(info, dict) or not isinstance(info.get("Layers"), list):
        raise BadInputFile("TensorRT layer info: expected an object with 'Layers', as trtexec --exportLayerInfo writes")
    found = {}
    for layer in info["Layers"]:
        if isinstance(layer, dict):
            nodes = tuple(_ORIGIN.findall(str(layer.get("Metadata", ""))))
            found[str(layer.get("Name", ""))] = (str(layer.get("LayerType", "")), nodes)
    return found


def read_profile(path: Path, layer_info: Path | None = None) -> tuple[list[LayerTime], int]:
    """Reads both files; see `parse_profile`."""
    return parse_profile(read_text(path), read_text(layer_info) if layer_info else None)
