"""What each pass of a form gains, measured on this machine: the form against the same one without that pass.

    python tools/measure_passes.py -m avatars --form phase-mixed --batch-size 64 --precisions fp32,bf16

prints a table. All variants run in turn, in shuffled rounds; a gain is the median over the rounds of the time without
the pass over the time with all, and the brackets hold its quartiles. The form runs twice: smaller gains than that of
the second over the first are chance. Pictures are checked before anything is timed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganrt.benchmarks.inputs import Agreement, make_batches
from ganrt.engines.backends import BACKENDS
from ganrt.engines.forms.make import apply_steps
from ganrt.engines.forms.table import FORMS, PLAIN, Step
from ganrt.engines.onnx_file import OnnxFile, derived, read_onnx
from ganrt.engines.protocol import Arrays, Engine, EngineOptions
from ganrt.errors import NegativeResult, UsageError
from ganrt.runtime.models import resolve_model
from ganrt.tolerances import MEASURED

ALL = "all passes"
AGAIN = "the same, opened again"  # what differs here is chance
_FEWEST = 5  # rounds


@dataclass(frozen=True)
class Gain:
    """How much slower a variant is than the form with all its passes: the median of the rounds, and the quartiles."""

    variant: str
    ratio: float
    low: float
    high: float
    milliseconds: float


def variants(model: OnnxFile, form: str) -> dict[str, OnnxFile]:
    """The form with all passes (twice), the graph as exported, and the form without each pass that makes a difference.

    Raises:
        UsageError: there is no such form, or it has no passes.
    """
    if form not in FORMS or not FORMS[form].steps:
        raise UsageError(f"form '{form}': expected one of {', '.join(name for name in FORMS if name != PLAIN)}")
    steps = FORMS[form].steps
    whole = apply_steps(model.data, form, steps).data
    found = {ALL: derived(model, whole, form), AGAIN: derived(model, whole, form), PLAIN: model}
    for name in dict.fromkeys(step.name for step in steps):
        data = apply_steps(model.data, form, _without(steps, name)).data
        if data != whole:
            found[f"without {name}"] = derived(model, data, form)
    return found


def _without(steps: Sequence[Step], name: str) -> list[Step]:
    return [step for step in steps if step.name != name]


def measure(
    models: Mapping[str, OnnxFile], backend: str, precision: str, batch_size: int, seconds: float
) -> list[Gain]:
    """Times the variants for `seconds`, at least five rounds.

    Raises:
        NegativeResult: one draws other pictures.
    """
    options = EngineOptions(precision=precision, batches=(batch_size,))
    plain = models[PLAIN]
    batches = make_batches(plain.path, plain.spec(), batch_size, seed=0)
    with ExitStack() as opened:
        engines = {name: opened.enter_context(BACKENDS[backend].open(model, options)) for name, model in models.items()}
        for name, engine in engines.items():
            drawn = np.asarray(engine.run(batches.input(0))["image"], np.uint8)
            found = Agreement().with_pictures(drawn, batches.reference(0)).psnr_db
            if found is not None and found < MEASURED[precision]:
                raise NegativeResult(f"{name}: {found:.1f} dB from the FP32 reference on {backend} in {precision}")
        return _gains(_rounds(engines, batches.input(0), seconds))


def _rounds(engines: Mapping[str, Engine], inputs: Arrays, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each variant, round by round."""
    times: dict[str, list[float]] = {name: [] for name in engines}
    order, shuffle, began = list(engines), random.Random(0), time.monotonic()
    while time.monotonic() - began < seconds or len(times[ALL]) < _FEWEST:
        shuffle.shuffle(order)
        for name in order:
            engines[name].run(inputs)  # what another left in the caches is not this one's
            start = time.perf_counter()
            engines[name].run(inputs)
            times[name].append(1e3 * (time.perf_counter() - start))
    return times


def _gains(times: Mapping[str, list[float]]) -> list[Gain]:
    made = []
    for name, values in times.items():
        ratios = [value / whole for value, whole in zip(values, times[ALL], strict=True)]
        low, _, high = statistics.quantiles(ratios)
        made.append(Gain(name, statistics.median(ratios), low, high, statistics.median(values)))
    return made


def table(gains: Mapping[str, Sequence[Gain]]) -> list[str]:
    """Lines of Markdown: a row a variant, a column a backend and precision."""
    columns = {title: {gain.variant: gain for gain in found} for title, found in gains.items()}
    rows = list(dict.fromkeys(name for found in columns.values() for name in found))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    return lines + [
        f"| {row} | " + " | ".join(_cell(found.get(row)) for found in columns.values()) + " |" for row in rows
    ]


def _cell(gain: Gain | None) -> str:
    if gain is None:
        return "-"
    if gain.variant == ALL:
        return f"{gain.milliseconds:.2f} ms"
    return f"{gain.ratio:.2f} ({gain.low:.2f} to {gain.high:.2f})"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-m", "--model", default="avatars")
    parser.add_argument("--form", default="phase-mixed")
    parser.add_argument("--backends", default="onnxruntime,openvino")
    parser.add_argument("--precisions", default="fp32,bf16")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="a backend and precision")
    given = parser.parse_args()
    models = variants(read_onnx(Path(resolve_model(given.model))), given.form)
    pairs = [
        (backend, precision)
        for backend in given.backends.split(",")
        for precision in given.precisions.split(",")
        if precision in BACKENDS[backend].precisions
    ]
    gains = {f"{b} {p}": measure(models, b, p, given.batch_size, given.seconds) for b, p in pairs}
    print("\n".join(table(gains)))


if __name__ == "__main__":
    main()
