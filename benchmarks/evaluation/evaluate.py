"""The whole evaluation: which metrics are possible, what must be measured for them, and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ganrt.benchmarks.evaluation import metrics
from ganrt.benchmarks.evaluation.extractors import Extractor
from ganrt.benchmarks.evaluation.metrics import METRICS, Case, Figures, choose
from ganrt.benchmarks.evaluation.pictures import Pictures, Shape
from ganrt.benchmarks.evaluation.samples import Sample, measure
from ganrt.errors import UsageError
from ganrt.runtime.arguments import integer_between
from ganrt.runtime.fitting import Fit

_PLAIN = Fit("resize", "flatten")
COMPARABLE = "figures are comparable only with figures of the same extractor, sizes and numbers of pictures"
Progress = Callable[[int], object]


@dataclass(frozen=True)
class Settings:
    """How pictures are compared.

    Attributes:
        wanted: names from `METRICS`; None: all that are possible.
        neighbours: k of precision and recall, k-NN and matching.
        seed: of random groups, splits and subsets; not of what a generator draws.
        size: height and width that every picture gets first; None: those of the first fake picture.
    """

    wanted: tuple[str, ...] | None = None
    neighbours: int = 3
    seed: int = 0
    fit: Fit = _PLAIN
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        integer_between("neighbours", self.neighbours, 1, 10_000)


def evaluate(
    real: Pictures | None,
    fake: Pictures | None,
    extractor: Extractor,
    settings: Settings,
    *,
    encoder: Extractor | None = None,
    progress: Callable[[str, int], Progress] | None = None,
) -> dict[str, object]:
    """Measures what the metrics need and reports, ready for JSON.

    Args:
        encoder: takes the real pictures for the k-NN accuracy instead of the extractor.
        progress: given what is measured and how many pictures, returns what is told how many are done.

    Raises:
        UsageError: metrics that are not possible with what was given, or too few pictures for them.
        BadInputFile: a picture cannot be read. BackendUnavailable: scikit-learn or scipy is missing.
    """
    notes = [pictures.note for pictures in (real, fake) if pictures is not None and pictures.note]
    try:
        chosen = _choose(real, fake, extractor, encoder, settings)
    except UsageError as error:
        raise UsageError("\n".join([str(error), *notes])) from error
    common = _common(fake, settings)
    measured: dict[str, Sample] = {}

    def side(what: str, pictures: Pictures | None, taker: Extractor) -> Callable[[], Sample]:
        def once() -> Sample:
            if pictures is None:
                raise UsageError(f"{what}: none were given")
            if what not in measured:
                told = progress(what, len(pictures)) if progress else None
                measured[what] = measure(pictures, taker, common, settings.fit, told)
            return measured[what]

        return once

    case = Case(
        side("real pictures", real, extractor),
        side("fake pictures", fake, extractor),
        side("encodings", real, encoder) if encoder else None,
        settings.neighbours,
        settings.seed,
    )
    warnings = list(notes)
    figures: dict[str, Figures] = {name: METRICS[name].run(case, warnings) for name in chosen}
    for what, sample in measured.items():
        warnings += _odd_shapes(what, sample)
    return {
        "extractor": describe_extractor(extractor) if set(measured) - {"encodings"} else None,
        "encoder": describe_extractor(encoder) if encoder else None,
        "common_size": None if common is None else list(common),
        "fit": settings.fit.mode,
        "background": bytes(settings.fit.background).hex(),
        "resampling": "sides that shrink: area average; sides that grow: bilinear; 8 bits",
        "neighbours": settings.neighbours,
        "seed": settings.seed,
        "real": _described(real, measured.get("real pictures") or measured.get("encodings")),
        "fake": _described(fake, measured.get("fake pictures")),
        "metrics": figures,
        "warnings": warnings,
        "note": COMPARABLE,
    }


def describe_extractor(one: Extractor) -> dict[str, object]:
    """For the report."""
    takes = one.takes
    return {
        "name": one.name,
        "description": one.description,
        "sha256": one.sha256,
        "device": one.device,
        "input": [takes.height, takes.width, takes.channels],
    }


def _choose(
    real: Pictures | None, fake: Pictures | None, extractor: Extractor, encoder: Extractor | None, settings: Settings
) -> list[str]:
    chosen = choose(settings.wanted, _what_is_there(real, fake, extractor))
    if encoder is None or "knn" in chosen:
        return chosen
    if real is not None and real.labels:
        raise UsageError("--encoder: only the metric knn uses it: add knn to --metrics")
    raise UsageError("--encoder: only the metric knn uses it, which needs labelled pictures (--real)")


def _what_is_there(real: Pictures | None, fake: Pictures | None, extractor: Extractor) -> set[str]:
    there = {
        metrics.REAL: real is not None,
        metrics.FAKE: fake is not None,
        metrics.CLASSES: extractor.gives_classes,
        metrics.REAL_LABELS: real is not None and bool(real.labels),
        metrics.FAKE_LABELS: fake is not None and bool(fake.labels),
    }
    return {name for name, yes in there.items() if yes}


def _common(fake: Pictures | None, settings: Settings) -> Shape | None:
    shape = fake.shape() if fake is not None else None
    if settings.size is None:
        return shape
    return (*settings.size, shape[2] if shape else 3)


def _described(pictures: Pictures | None, sample: Sample | None) -> dict[str, object] | None:
    if pictures is None or sample is None:
        return None
    numbers = Counter(sample.labels.tolist())
    labels = {name: numbers[number] for number, name in enumerate(sample.label_names)}
    shapes = [{"height": h, "width": w, "channels": c, "pictures": n} for (h, w, c), n in sample.shapes.items()]
    return {**pictures.describe(), "pictures": len(sample.labels), "labels": labels or None, "shapes": shapes[:20]}


def _odd_shapes(what: str, sample: Sample) -> list[str]:
    if len(sample.shapes) < 2:
        return []
    (height, width, channels), count = min(sample.shapes.items(), key=lambda item: item[1])
    return [
        f"{what}: {len(sample.shapes)} different sizes or channels ({count} of {len(sample.labels)} pictures are "
        f"{height} x {width} x {channels})"
    ]
