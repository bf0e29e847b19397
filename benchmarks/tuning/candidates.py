"""What can be chosen for a model: every backend that runs here, in every precision asked for, with every form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ganrt.benchmarks.precision_samples import precision_samples
from ganrt.engines.backends import BACKENDS, candidates
from ganrt.engines.choice import Choice
from ganrt.engines.forms import PLAIN, distinct_forms
from ganrt.engines.onnx_file import OnnxFile, derived
from ganrt.engines.precisions import FASTEST_INT8, int8_model
from ganrt.engines.protocol import Engine, EngineOptions
from ganrt.errors import BackendUnavailable, BadInputFile, GanrtError

# Sizes tried; an engine that is compiled for each of them cuts every batch into these.
SIZES = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A way to run a model; each is only equal to itself."""

    backend: str
    precision: str
    model: OnnxFile

    @property
    def name(self) -> str:
        """For people: backend, precision, form."""
        return f"{self.backend} {self.precision} {self.model.form}"

    @property
    def is_plain(self) -> bool:
        """Whether it is what somebody would run who had never tuned."""
        return self.precision == "fp32" and self.model.form == PLAIN

    def open(self, threads: int | None, batches: tuple[int, ...] | None = SIZES) -> Engine:
        """The engine; the caller closes it."""
        options = EngineOptions(precision=self.precision, threads=threads, batches=batches)
        return BACKENDS[self.backend].open(self.model, options)

    def choice(self, batches: tuple[int, ...] | None, psnr: float | None, samples: int, why: str) -> Choice:
        """What `load` will need to know of it."""
        graph = self.model.sha256 if self.model.derived_from else ""
        return Choice(self.backend, self.precision, self.model.form, graph, batches, psnr, samples, why)


def make_candidates(
    model: OnnxFile,
    precisions: Sequence[str],
    device: str,
    say: Callable[[str], object],
    int8_gate: float = FASTEST_INT8,
) -> list[Candidate]:
    """All candidates, the plain ones first.

    Args:
        precisions: such as ("fp32",), or ("fp32", "bf16").
        device: `auto`, or the one that backends must run on.
        say: told what was left out, and why.
        int8_gate: dB that INT8 must reach; its worst layers stay in FP32 for that.

    Raises:
        UsageError: an unknown device. BackendUnavailable: no backend runs here.
        BadInputFile: the model is in a lower precision itself.
    """
    if model.precision != "fp32":
        raise BadInputFile(f"{model.path} is in {model.precision}; tune the portable FP32 file that it was made from")
    serving = candidates("auto", device)
    backends = [name for name, known in BACKENDS.items() if name in serving and not known.compiled and _runs(name, say)]
    if not backends:
        raise BackendUnavailable(f"no backend runs on device '{device}'\nsee what is missing: ganrt doctor")
    made = [
        Candidate(backend, precision, form)
        for form in _forms(model, say)
        for backend in backends
        for precision in precisions
        if precision in BACKENDS[backend].precisions and precision != "int8"
    ]
    if "int8" in precisions:
        made += _in_int8(model, backends, say, int8_gate)
    return sorted(made, key=lambda candidate: not candidate.is_plain)


def _in_int8(model: OnnxFile, backends: Sequence[str], say: Callable[[str], object], gate: float) -> list[Candidate]:
    """One INT8 graph, for every backend that has the precision."""
    able = [backend for backend in backends if "int8" in BACKENDS[backend].precisions]
    if not able:
        return []
    try:
        lowered = int8_model(model, precision_samples(model.spec()), gate=gate, patience_s=20.0)
    except GanrtError as error:
        say(f"int8 left out: {str(error).splitlines()[0]}")
        return []
    return [Candidate(backend, "int8", lowered) for backend in able]


def _runs(backend: str, say: Callable[[str], object]) -> bool:
    try:
        BACKENDS[backend].probe()
    except BackendUnavailable as error:
        say(f"{backend} left out: {str(error).splitlines()[0]}")
        return False
    return True


def _forms(model: OnnxFile, say: Callable[[str], object]) -> list[OnnxFile]:
    """The model itself, and every checked form that is another graph."""
    try:
        forms = distinct_forms(model.data)
    except BackendUnavailable as error:
        say(f"only the graph as exported: {str(error).splitlines()[0]}")
        return [model]
    return [model if form.name == PLAIN else derived(model, form.data, form.name) for form in forms]
