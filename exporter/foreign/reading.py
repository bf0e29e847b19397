"""A file that is a whole graph -> what `export` verifies and writes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import onnx_ir as ir

from ganrt.errors import BadInputFile, OutputFailed, UsageError
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.foreign.joining import free_batch, join
from ganrt.exporter.foreign.onnx_model import MAX_BYTES, open_session
from ganrt.exporter.foreign.opened import KINDS, Opened, first_line
from ganrt.exporter.graph import check_contract
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import InBatches
from ganrt.exporter.owner.candidate import SETTINGS as OF_MODULES
from ganrt.exporter.owner.candidate import Drawn, Subject, make_candidate
from ganrt.exporter.owner.parameters import Found, trial_inputs
from ganrt.exporter.recognise import Recognised
from ganrt.exporter.source import Source
from ganrt.graphs.files import to_bytes

SETTINGS: Mapping[str, str] = {
    "trust": "run the code that TorchScript and .pt2 files hold; needed for both, meaningless for ONNX",
    **{name: meaning for name, meaning in OF_MODULES.items() if name != "network"},
    "image_output": "the output that holds the picture, of several: its name in ONNX, else its number from 0",
}
_TRIED = (1, 7)  # batches that a graph must run on


def read_graph(path: Path, kind: str, settings: Settings) -> Recognised:
    """Reads, tries and converts; nothing is written and nothing verified yet.

    Args:
        kind: a name of `KINDS`.

    Raises:
        BadInputFile: damaged, random, or unable to keep the graph contract.
        UsageError: settings that are missing, unknown or contradict the file.
        OutputFailed: it exists but cannot be read.
    """
    settings.refuse(SETTINGS, "a whole network of no listed family")
    data = _read_bytes(path)
    module, _, name = KINDS[kind].partition(":")
    opened: Opened = getattr(import_module(module), name)(data, path, settings)
    _ask_for_parts(opened, settings, path)
    source = Source(path, kind, len(data), hashlib.sha256(data).hexdigest(), {})
    try:
        return Recognised(source, _candidate(opened, opened.batch, path, kind, settings))
    except UsageError:
        if opened.batch is not None:
            raise
        with suppress(UsageError):  # it declares a free batch, or nothing, and was made with one picture
            return Recognised(source, _candidate(opened, 1, path, kind, settings))
        raise


def _candidate(opened: Opened, batch: int | None, path: Path, kind: str, settings: Settings) -> Candidate:
    @cache
    def converted(found: Found) -> ir.Model:
        net = opened.convert(found.call.values(trial_inputs(found, batch or 2)))
        return net if batch is None else free_batch(net, batch)

    def trace(candidate: Candidate, found: Found, drawn: Drawn) -> ir.Model:
        model = join(candidate, converted(found), drawn.index, drawn.shape)
        _try(model, candidate, batch, path)
        return model

    subject = Subject(
        module=opened.module if batch is None else InBatches(opened.module, batch),
        what=str(path),
        matched="the file is the whole network",
        trace=trace,
        parameters=opened.parameters,
        settings=SETTINGS,
        family=kind,
        against=opened.against,
        tolerance=opened.tolerance,
        notes=(*opened.notes, *([f"its batch is fixed at {batch}; it was made free"] if batch else [])),
    )
    return make_candidate(subject, settings.without("image_output") if kind == "onnx" else settings)  # it is chosen


def _ask_for_parts(opened: Opened, settings: Settings, path: Path) -> None:
    """Several inputs of floats may be parts of z, or z and classes: names of a graph's inputs say little."""
    if settings.labels is not None and len(opened.parameters) == 1:
        shown = opened.parameters[0].words()
        raise UsageError(
            f"{path}: --labels {settings.labels}: it takes {shown} alone, and no classes\nleave --labels away"
        )
    floats = [p for p in opened.parameters if not p.label and not p.whole and len(p.dims or (0,)) != 3]
    if len(floats) > 1 and settings.labels is None and settings.prior is None and settings.condition is None:
        shown = ", ".join(p.words() for p in opened.parameters)
        raise UsageError(
            f"{path} takes several inputs: {shown}\n"
            "say what they are: --labels 10 where one takes classes, --prior normal:62,onehot:10 for parts of z"
        )


def _try(model: ir.Model, candidate: Candidate, batch: int | None, path: Path) -> None:
    """The contract, and that the graph runs on batches; that it draws the same is verified later."""
    check_contract(model, candidate.spec)
    session = open_session(to_bytes(model), path)
    for count in _TRIED:
        inputs = {name: np.zeros((count, *port.shape), port.dtype) for name, port in candidate.spec.inputs.items()}
        try:
            image = session.run(inputs)[0]
            problem = "" if len(image) == count else f"{count} inputs give {len(image)} pictures"
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            problem = first_line(error)
        if problem:
            why = f"its batch is fixed at {batch} and cannot be made free" if batch else "it does not run on batches"
            raise BadInputFile(f"{path}: {why} ({problem})\nexport it again with a dynamic batch axis")


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadInputFile(f"{path} has {size} bytes; at most {MAX_BYTES} are read")
        return path.read_bytes()
    except OSError as error:
        raise OutputFailed(f"{path} could not be read: {error.strerror or error}") from error
