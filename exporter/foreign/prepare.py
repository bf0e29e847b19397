"""A file of no listed family -> what `export` verifies and writes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, OutputFailed, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.class_rows import with_class_rows
from ganrt.exporter.foreign.contract import keep_contract
from ganrt.exporter.foreign.kinds import KINDS
from ganrt.exporter.foreign.network import Interface, Network, read_interface
from ganrt.exporter.foreign.onnx_model import MAX_BYTES, open_session
from ganrt.exporter.foreign.pictures import Pictures, look_at
from ganrt.exporter.foreign.reference import Reference, draw_a_few
from ganrt.exporter.foreign.settings import SETTINGS
from ganrt.exporter.foreign.torchscript import first_line
from ganrt.exporter.inputs import Array, Sampler, sample_inputs
from ganrt.exporter.options import Settings
from ganrt.exporter.priors import given_latent
from ganrt.exporter.source import Source
from ganrt.spec import GeneratorSpec, Labels, Latent, Output

_TRIAL = 7
_SEED = 1
_OF_LATENTS = {"latent", "prior", "threshold", "labels", "z_shape"}


def prepare(path: Path, kind: str, wanted: Settings, sampler: Sampler) -> tuple[Source, Candidate]:
    """Reads, tries and converts; nothing is written and nothing verified yet.

    Args:
        kind: a name of `KINDS`.

    Raises:
        BadInputFile: damaged, random, or unable to keep the graph contract.
        UsageError: settings that are missing, unknown or contradict the file.
        OutputFailed: it exists but cannot be read.
    """
    wanted.refuse(SETTINGS, "a whole network of no listed family")
    facts = Facts(wanted)
    data = _read_bytes(path)
    network: Network = import_module(KINDS[kind]).read(data, path, wanted)
    interface = read_interface(network.model, wanted, path)
    latent = _latent(interface, facts)
    given = _pictures(interface) if latent is None else sampler(latent, _SEED, 0, _TRIAL)
    interface, drawn = _draw(network, interface, given, path)
    pictures = look_at(drawn, network.model, interface.output, wanted, path)
    if interface.source is not None:
        pictures = replace(pictures, source_range=facts.assume("source_range", pictures.range))
    spec = _spec(kind, latent, interface, pictures)
    model = with_class_rows(keep_contract(network.model, interface, pictures, spec), spec)
    _try(model, spec, sampler, interface.fixed, path)
    candidate = Candidate(
        module=Reference(network.run, interface, pictures),
        spec=spec,
        value_range="tanh" if pictures.range == "tanh" else "sigmoid",
        matched="the file is the whole network",
        facts=tuple(facts.found),
        notes=(*network.notes, *pictures.notes, *_found(wanted, interface)),
        model=model,
        against=network.against,
        tolerance=network.tolerance,
    )
    return Source(path, kind, len(data), hashlib.sha256(data).hexdigest(), {}), candidate


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadInputFile(f"{path} has {size} bytes; at most {MAX_BYTES} are read")
        return path.read_bytes()
    except OSError as error:
        raise OutputFailed(f"{path} could not be read: {error.strerror or error}") from error


def _draw(network: Network, interface: Interface, z: Array, path: Path) -> tuple[Interface, NDArray[Any]]:
    """A few pictures; a file that declares a free batch and takes one picture only counts as fixed."""
    count = interface.labels_count
    labels = np.eye(count, dtype=np.float32)[np.arange(len(z)) % count] if count else None
    try:
        return interface, draw_a_few(network.run, interface, z, labels, path)
    except UsageError:
        if interface.fixed:
            raise
        fixed = replace(interface, fixed=True)
        try:
            return fixed, draw_a_few(network.run, fixed, z, labels, path)
        except UsageError:
            pass
        raise


def _latent(interface: Interface, facts: Facts) -> Latent | None:
    """None of translators."""
    if interface.source is not None:
        wanted = facts.settings
        facts.settings.refuse({k: v for k, v in SETTINGS.items() if k not in _OF_LATENTS}, "a translator")
        if None in interface.z.dims[1:]:
            size = (interface.source.height, interface.source.width)
            facts.assume("size", wanted.size or size, shown=f"{size[0]}x{size[1]}")
        return None
    facts.assume("prior", "normal")
    return given_latent(Latent(dim=interface.dim, prior="normal", psi_mode="resample"), facts)


def _pictures(interface: Interface) -> Array:
    """Noise in [-1, 1], float32 [n, c, h, w]."""
    source = interface.source
    assert source is not None
    random = np.random.default_rng(_SEED)
    return random.uniform(-1, 1, (_TRIAL, source.channels, source.height, source.width)).astype(np.float32)


def _spec(kind: str, latent: Latent | None, interface: Interface, pictures: Pictures) -> GeneratorSpec:
    if interface.source is not None:
        output = Output(height=pictures.height, width=pictures.width, channels=pictures.channels)
        return GeneratorSpec(name=kind, family=kind, task="translate", image=interface.source, output=output)
    return GeneratorSpec(
        name=kind,
        family=kind,
        latent=latent,
        labels=Labels(count=interface.labels_count) if interface.labels_count else None,
        output=Output(height=pictures.height, width=pictures.width, channels=pictures.channels),
    )


def _found(wanted: Settings, interface: Interface) -> tuple[str, ...]:
    notes = []
    if wanted.latent is None and interface.source is None:
        notes.append(f"--latent {interface.dim}, as the file declares")
    if interface.fixed:
        notes.append("its batch is fixed at 1; it was made free")
    return tuple(notes)


def _try(model: onnx.ModelProto, spec: GeneratorSpec, sampler: Sampler, fixed: bool, path: Path) -> None:
    """The contract, and that the graph runs on batches; that it draws the same is verified later."""
    onnx.checker.check_model(model)
    session = open_session(model.SerializeToString(), path)
    for count in (1, _TRIAL):
        try:
            image = session.run(sample_inputs(spec, sampler, _SEED, 0, count))[0]
            problem = "" if len(image) == count else f"{count} z give {len(image)} pictures"
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            problem = first_line(error)
        if problem:
            why = "its batch is fixed at 1 and cannot be made free" if fixed else "it does not run on batches"
            raise BadInputFile(f"{path}: {why} ({problem})\nexport it again with a dynamic batch axis")
