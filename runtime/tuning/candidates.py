"""What can be chosen for a model: every backend that runs here, in every precision asked for, with every form."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ganrt.engines.backends import BACKENDS, candidates
from ganrt.engines.choice import Choice
from ganrt.engines.forms import FORMS, PLAIN, make_form
from ganrt.engines.onnx_file import OnnxFile, derived
from ganrt.engines.protocol import Engine, EngineOptions
from ganrt.errors import BackendUnavailable, BadInputFile, NegativeResult

# Sizes tried; an engine that is compiled for each of them cuts every batch into these.
SIZES = (1, 2, 4, 8, 16, 32, 64)
# Those first that won most often: time may end before the last.
_ORDER = (
    *("plain", "winograd-norm", "winograd", "phase-mixed", "strip", "clean", "phase-late", "phase-norm", "tile-norm"),
    *("clean-norm", "phase3", "upsample", "phase", "phase-blur"),
)

Say = Callable[[str], object]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A way to run a model; each is only equal to itself.

    Attributes:
        batches: the sizes that it runs at, where its results depend on them.
    """

    backend: str
    precision: str
    model: OnnxFile
    batches: tuple[int, ...] = SIZES

    @property
    def name(self) -> str:
        """For people: backend, precision, form."""
        return f"{self.backend} {self.precision} {self.model.form}"

    @property
    def is_plain(self) -> bool:
        """Whether it is what somebody would run who had never tuned."""
        return self.precision == "fp32" and self.model.form == PLAIN

    @property
    def takes_any_batch(self) -> bool:
        """Whether any size gives the same bytes: OpenVINO's do not."""
        return self.backend != "openvino"

    def open(self, threads: int | None) -> Engine:
        """The engine; the caller closes it."""
        options = EngineOptions(precision=self.precision, threads=threads, batches=self.batches)
        return BACKENDS[self.backend].open(self.model, options)

    def at(self, batches: tuple[int, ...]) -> Candidate:
        return replace(self, batches=batches)

    def choice(self, psnr: float | None, samples: int, why: str) -> Choice:
        """What `load` will need to know of it."""
        graph = self.model.sha256 if self.model.derived_from else ""
        batches = None if self.takes_any_batch else self.batches
        return Choice(self.backend, self.precision, self.model.form, graph, batches, psnr, samples, why)


def backends_here(model: OnnxFile, device: str, say: Say) -> list[str]:
    """The backends that can run `model` on this machine.

    Args:
        device: `auto`, or the one that backends must run on.
        say: told what was left out, and why.

    Raises:
        UsageError: an unknown device. BackendUnavailable: no backend runs here.
        BadInputFile: the model was made from another one: it is in a lower precision, or another form.
    """
    if model.derived_from:
        what = f"in {model.precision}" if model.precision != "fp32" else "a form of another graph"
        raise BadInputFile(f"{model.path} is {what}; tune the portable FP32 file that it was made from")
    serving = candidates("auto", device)
    found = [name for name, known in BACKENDS.items() if name in serving and not known.compiled and _runs(name, say)]
    if not found:
        raise BackendUnavailable(f"no backend runs on device '{device}'\nsee what is missing: ganrt doctor")
    return found


def make_candidates(
    model: OnnxFile, backends: Sequence[str], precisions: Sequence[str], say: Say
) -> Iterator[Candidate]:
    """Candidates one by one, the plain ones first; a form is made when its first is asked for.

    Forms are not checked here: whoever takes one compares its pictures with the plain graph's.

    Args:
        precisions: such as ("fp32",), or ("fp32", "bf16"); INT8 has graphs of its own, and is left out.
    """
    for form in _distinct_forms(model, say):
        for precision in precisions:
            for backend in backends:
                if precision in BACKENDS[backend].precisions and precision != "int8":
                    yield Candidate(backend, precision, form)


def _runs(backend: str, say: Say) -> bool:
    try:
        BACKENDS[backend].probe()
    except BackendUnavailable as error:
        say(f"{backend} left out: {str(error).splitlines()[0]}")
        return False
    return True


def _distinct_forms(model: OnnxFile, say: Say) -> Iterator[OnnxFile]:
    """The model itself, and every form that is another graph."""
    yield model
    seen = {model.sha256}
    for name in sorted(FORMS.keys() - {PLAIN}, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
        try:
            made = make_form(model.data, name)
        except NegativeResult as error:
            say(f"{error}; dropped")
            continue
        except BackendUnavailable as error:
            say(f"only the graph as exported: {str(error).splitlines()[0]}")
            return
        digest = hashlib.sha256(made.data).hexdigest()
        if digest not in seen and FORMS[name].essential in ("", *made.changed):
            seen.add(digest)
            yield derived(model, made.data, name)
