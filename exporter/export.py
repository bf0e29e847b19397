"""Checkpoint -> verified ONNX file with its spec: the one call behind `ganrt export`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ganrt.errors import BadInputFile, NegativeResult, SpecError, UsageError
from ganrt.exporter.inputs import ChooseClass, Sampler
from ganrt.exporter.options import NO_SETTINGS, Settings
from ganrt.exporter.requirements import EXPORTING, require
from ganrt.files import atomic_write, ensure_absent
from ganrt.spec import METADATA_KEY, GeneratorSpec
from ganrt.spec import Source as Provenance
from ganrt.trial import remember_made

if TYPE_CHECKING:
    from torch import nn

    from ganrt.exporter.candidate import Candidate, Fact
    from ganrt.exporter.owner.reference import Code
    from ganrt.exporter.recognise import Recognised
    from ganrt.exporter.verify import Comparison

__all__ = ["ExportRequest", "ExportResult", "Sampler", "export", "export_module"]
# Of verification: with tracing and the canaries, the largest translators then take less than 20 s on two cores.
_BUDGET_S = 6.0


@dataclass(frozen=True)
class ExportResult:
    """A written file: where, what its spec says, how well it agrees with torch, its size in bytes, and its facts."""

    path: Path
    spec: GeneratorSpec
    verification: Comparison
    bytes: int
    facts: tuple[Fact, ...] = ()


def export(
    checkpoint: Path,
    output: Path,
    *,
    sampler: Sampler,
    family: str | None = None,
    settings: Settings = NO_SETTINGS,
    choose_class: ChooseClass | None = None,
    pair: Path | None = None,
    name: str | None = None,
    licence: str | None = None,
    attribution: str | None = None,
    force: bool = False,
    code: Code | None = None,
    time_limit_s: float | None = None,
    split: bool = False,
    progress: Callable[[str], None] | None = None,
) -> ExportResult:
    """Exports a generator, verifies it against the checkpoint and writes it; writes nothing if verification fails.

    Args:
        output: a name ending in `.onnx`.
        sampler: (latent, seed, start, count) -> float32 [count, dim]; the runtime's latents.
        family: None recognises it.
        settings: what the weights do not say, such as `norm_eps`; what a family does not take is refused by its name;
            see `docs/families.md`.
        choose_class: spec -> float32 [count], the weights of the classes; the graph then draws this class (or mixture)
            alone, and has no input `labels`.
        pair: the exported generator that an encoder belongs to; None: the one in the same checkpoint, if there is one.
        name: the generator's, by default the output's without its suffix.
        licence: of the weights; with `attribution` it is kept in the spec.
        force: overwrite `output`.
        code: the owner's class: it is run in a process of its own, which may be silent for `time_limit_s` seconds
            (300 by default).
        split: of a StyleGAN, write the mapping and the synthesis as two files, `NAME-mapping.onnx` and
            `NAME-synthesis.onnx`, beside each other; the result is the synthesis's.
        progress: told what is being done, a short sentence at a time.

    Raises:
        BadInputFile: the checkpoint cannot be used.
        UsageError: a family, setting, name or suffix that makes no sense.
        NegativeResult: the graph does not draw what the checkpoint draws.
        OutputFailed: the output exists without `force`, or cannot be written.
        BackendUnavailable: a package is missing.
    """
    say = progress or _silent
    _check_output(output, force, split=split)
    given = ExportRequest(
        checkpoint, sampler, settings, name or _safe_name(output.stem), licence, attribution, choose_class
    )
    if code is None:
        require(*EXPORTING)
        say(f"reading {checkpoint}")
        found = _read(checkpoint, family, settings.without("class_names"))
        if split:
            return _split(output, found, given, force, say)
        made = _make(found, given, pair, say)
    elif split:
        raise UsageError("--split and --code: expected one of them")
    else:
        made = _by_owners_class(code, given, family, say, time_limit_s)
    return _written(output, made, sampler, force, say)


def export_module(
    module: nn.Module,
    output: Path,
    request: ExportRequest,
    *,
    force: bool = False,
    progress: Callable[[str], None] | None = None,
) -> ExportResult:
    """As `export`, of a module that lives already; it stays as it is.

    Args:
        request: its `checkpoint` names the module in messages.
    """
    say = progress or _silent
    _check_output(output, force)
    require(*EXPORTING)
    from ganrt.exporter.owner.candidate import read_module

    made = _make(read_module(module, request.settings.without("class_names")), request, None, say)
    return _written(output, made, request.sampler, force, say)


@dataclass(frozen=True)
class ExportRequest:
    """What is exported and how: see `export`."""

    checkpoint: Path
    sampler: Sampler
    settings: Settings = NO_SETTINGS
    name: str = "generator"
    licence: str | None = None
    attribution: str | None = None
    choose_class: ChooseClass | None = None


@dataclass(frozen=True)
class Made:
    """A verified model: the bytes of its file, and what `ExportResult` tells."""

    data: bytes
    spec: GeneratorSpec
    comparison: Comparison
    facts: tuple[Fact, ...]


def _check_output(output: Path, force: bool, *, split: bool = False) -> None:
    if output.suffix != ".onnx":
        raise UsageError(f"output {output} does not end in .onnx\nexpected such as -o {output.stem or 'model'}.onnx")
    for path in _halves(output) if split else (output,):
        ensure_absent(path, force)


def _halves(output: Path) -> tuple[Path, Path]:
    """`face.onnx` -> `face-mapping.onnx` and `face-synthesis.onnx`."""
    return tuple(output.with_name(f"{output.stem}-{half}.onnx") for half in ("mapping", "synthesis"))  # type: ignore[return-value]


def _by_owners_class(
    code: Code, request: ExportRequest, family: str | None, say: Callable[[str], None], limit_s: float | None
) -> Made:
    from ganrt.exporter.owner.process import LIMIT_S, run_apart

    if family is not None:
        raise UsageError("--family and --code: the class says what the generator is\nleave --family away")
    say(f"running {code.place} (--code): it may do whatever its code says")
    made: Made = run_apart(make_by_code, {"code": code, "request": request}, say, limit_s or LIMIT_S)
    return made


def make_by_code(code: Code, request: ExportRequest, progress: Callable[[str], None]) -> Made:
    """The part of `export` that runs the owner's code."""
    require(*EXPORTING)
    from ganrt.exporter.foreign.opened import foreign_kind
    from ganrt.exporter.owner.candidate import read_by_code
    from ganrt.exporter.owner.code import prepare_process

    if kind := foreign_kind(request.checkpoint):
        raise UsageError(f"{request.checkpoint} is a whole network ({kind}): it needs no class\nleave --code away")
    prepare_process(code)
    return _make(
        read_by_code(code, request.checkpoint, request.settings.without("class_names")), request, None, progress
    )


def _split(
    output: Path, found: Recognised, request: ExportRequest, force: bool, say: Callable[[str], None]
) -> ExportResult:
    """Both halves of a StyleGAN, written."""
    from ganrt.exporter.session import Session
    from ganrt.exporter.split import split

    if request.choose_class is not None:
        raise UsageError("--split and --class: expected one of them; give the class when drawing")
    candidate = _described(found, request, None, say)
    say(f"exporting {candidate.spec.family} as mapping and synthesis")
    halves = split(candidate, request.sampler, _BUDGET_S, say)
    for path, data in zip(_halves(output), (halves.mapping, halves.synthesis), strict=True):
        say(f"writing {path}")
        _write(path, data, force, lambda written: GeneratorSpec.from_json(Session(written).metadata()[METADATA_KEY]))
        remember_made(data)
    size = len(halves.mapping) + len(halves.synthesis)
    return ExportResult(_halves(output)[1], halves.spec, halves.comparison, size, candidate.facts)


def _make(found: Recognised, request: ExportRequest, pair: Path | None, say: Callable[[str], None]) -> Made:
    """The model of what was read, verified."""
    from ganrt.exporter.class_rows import check_mixtures
    from ganrt.exporter.graph import build_graph, embed_spec
    from ganrt.exporter.verify import verify
    from ganrt.graphs.files import to_bytes

    candidate = _described(found, request, pair, say)
    spec = candidate.spec
    weights = request.choose_class(spec) if request.choose_class is not None else None
    say(f"exporting {spec.family}")
    model = candidate.model or build_graph(candidate)
    if note := check_mixtures(model, spec):
        say(f"note: {note}")
    if weights is not None:
        from ganrt.exporter.one_class import fix_class

        candidate, model = fix_class(candidate, model, weights)
    comparison = verify(candidate, model, request.sampler, budget_s=_BUDGET_S, progress=say)
    comparison = replace(comparison, against=candidate.against or comparison.against)
    spec = _finish(candidate.spec, to_bytes(model), comparison, request.sampler)
    return Made(embed_spec(model, spec), spec, comparison, candidate.facts)


def _written(output: Path, made: Made, sampler: Sampler, force: bool, say: Callable[[str], None]) -> ExportResult:
    say(f"writing {output}")
    _write(output, made.data, force, lambda written: _check_written(written, made.spec, sampler))
    if made.spec.source is None or made.spec.source.format != "onnx":  # else the graph is a stranger's still
        remember_made(made.data)
    return ExportResult(output, made.spec, made.comparison, len(made.data), made.facts)


def _silent(_: str) -> None:
    pass


def _safe_name(stem: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", stem).lstrip("._+-")[:100] or "generator"


def _read(checkpoint: Path, family: str | None, settings: Settings) -> Recognised:
    """A whole network as it is, or a family's generator rebuilt from its weights."""
    from ganrt.exporter.foreign.opened import foreign_kind
    from ganrt.exporter.readers.files import read_file
    from ganrt.exporter.recognise import recognise

    kind = foreign_kind(checkpoint)
    if kind is None:
        return recognise(read_file(checkpoint), family, settings)
    if family is not None:
        raise UsageError(f"{checkpoint} is a whole network ({kind}), not a family's weights\nleave --family away")
    from ganrt.exporter.foreign.reading import read_graph

    return read_graph(checkpoint, kind, settings)


def _described(found: Recognised, request: ExportRequest, pair: Path | None, say: Callable[[str], None]) -> Candidate:
    """With all of the spec but what verification finds: a name that does not do should cost no work."""
    from ganrt.exporter.given import with_class_names

    candidate, read = found.candidate, found.source
    spec = with_class_names(candidate.spec, request.settings.class_names)
    try:
        source = Provenance(
            format=read.format, sha256=read.sha256, licence=request.licence, attribution=request.attribution
        )
        assumptions = tuple(fact.to_spec() for fact in candidate.assumptions)
        spec = replace(spec, name=request.name, source=source, assumptions=assumptions)
    except SpecError as error:
        raise UsageError(str(error)) from error
    spec = _with_pair(spec, found, pair, say)
    for note in (*read.notes, *candidate.notes, *(fact.sentence() for fact in candidate.assumptions)):
        say(f"note: {note}")
    return replace(candidate, spec=spec)


def _with_pair(
    spec: GeneratorSpec, found: Recognised, generator: Path | None, say: Callable[[str], None]
) -> GeneratorSpec:
    """An encoder with the SHA-256 of the checkpoint that its generator comes from; others as they are."""
    from ganrt.exporter.given import NOTE, read_pair

    if generator is not None:
        return replace(spec, pair=read_pair(generator, spec))
    if spec.task != "encode":
        return spec
    if found.beside_generator:
        return replace(spec, pair=found.source.sha256)
    say(f"note: {NOTE}")
    return spec


def _finish(spec: GeneratorSpec, model: bytes, comparison: Comparison, sampler: Sampler) -> GeneratorSpec:
    from ganrt.exporter.session import Session, draw_canary

    canary = draw_canary(Session(model), spec, sampler)
    return replace(spec, verification=comparison.to_spec(), canary=canary)


def _write(output: Path, data: bytes, force: bool, check: Callable[[bytes], object]) -> None:
    """Writes beside `output`, reads it back, lets `check` judge what lies on the disk, and moves it into place."""
    with atomic_write(output, force=force) as partial:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        check(partial.read_bytes())
        ensure_absent(output, force)  # once more: the work took a while


def _check_written(data: bytes, spec: GeneratorSpec, sampler: Sampler) -> None:
    """The file as it lies on the disk must load, explain itself and draw its canary."""
    from ganrt.exporter.session import Session, draw_canary

    session = Session(data)
    try:
        found = GeneratorSpec.from_json(session.metadata().get(METADATA_KEY, ""))
    except BadInputFile as error:
        raise NegativeResult(f"the written file's spec cannot be read back: {error}\nnothing was written") from error
    if found != spec or draw_canary(session, spec, sampler) != spec.canary:
        raise NegativeResult("the written file does not give back its spec and its canary\nnothing was written")
