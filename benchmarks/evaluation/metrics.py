"""The metrics by name: what each needs, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.evaluation.frechet import frechet_distance, wilson
from ganrt.benchmarks.evaluation.neighbours import classifier, leave_one_out, match
from ganrt.benchmarks.evaluation.precision_recall import precision_recall
from ganrt.benchmarks.evaluation.samples import Sample
from ganrt.benchmarks.evaluation.score import score
from ganrt.errors import UsageError
from ganrt.runtime.figures import study_module

REAL, FAKE, CLASSES = "--real", "--fake or --model", "an extractor with class outputs (--features)"
REAL_LABELS = "labelled pictures: --real FOLDER with one sub-folder a label"
FAKE_LABELS = "codes: a generator with classes or codes, or --fake FOLDER with one sub-folder a code"
_FOLDS = 5
Figures = dict[str, object]


@dataclass(frozen=True)
class Case:
    """What is compared. Each side is measured when a metric first asks for it, and once.

    Attributes:
        encoded: the real pictures through the encoder, where there is one.
        neighbours: k of all nearest-neighbour metrics. seed: of everything drawn at random.
    """

    real: Callable[[], Sample]
    fake: Callable[[], Sample]
    encoded: Callable[[], Sample] | None = None
    neighbours: int = 3
    seed: int = 0


@dataclass(frozen=True)
class Metric:
    """`needs`: alternatives of what must be there, each a set; `run` returns figures and appends warnings."""

    needs: tuple[frozenset[str], ...]
    run: Callable[[Case, list[str]], Figures]


def choose(wanted: Sequence[str] | None, there: set[str]) -> list[str]:
    """The metrics that were asked for, or all that what is there allows.

    Raises:
        UsageError: an unknown metric, one that needs what is not there, or none is possible.
    """
    for name in wanted or ():
        if name not in METRICS:
            raise UsageError(f"--metrics {name}: expected one or more of {', '.join(METRICS)}")
        if not _possible(name, there):
            ways = [" and ".join(sorted(need - there)) for need in METRICS[name].needs]
            raise UsageError(f"--metrics {name}: it also needs {'; or '.join(ways)}")
    chosen = list(dict.fromkeys(wanted)) if wanted else [name for name in METRICS if _possible(name, there)]
    if not chosen:
        raise UsageError(
            "nothing to compare: expected --real with --fake or --model; or labelled pictures in sub-folders of --real"
        )
    return chosen


def _possible(name: str, there: set[str]) -> bool:
    return any(need <= there for need in METRICS[name].needs)


def _frechet(case: Case, warnings: list[str]) -> Figures:
    real, fake = case.real().features, case.fake().features
    least, dim = min(len(real), len(fake)), real.shape[1]
    if least < 10 * dim:
        much = "far too large (the covariance is singular)" if least <= dim else "too large, as its floor shows"
        warnings.append(
            f"Fréchet distance: of {least} pictures and {dim} features it is {much}; "
            "compare it only with distances of as many pictures"
        )
    found = frechet_distance(real, fake, seed=case.seed)
    return {
        "value": found.value,
        "interval": list(found.interval),
        "interval_method": f"95 %, delete-a-group jackknife, {found.groups} groups; does not cover the bias",
        "floor": found.floor,
        "at_floor": found.at_floor,
        "floor_pictures": found.floor_pictures,
        "floor_method": "floor: two random parts of the real pictures; at_floor: one of them and as many fakes; "
        "floor_pictures each, so that these two are comparable",
    }


def _score(case: Case, warnings: list[str]) -> Figures:
    fake = case.fake()
    figures: Figures = {"classes_of": "extractor"}
    classes: NDArray[np.floating] | None = fake.classes
    if classes is None:
        classes, accuracy = _fitted_classes(case.real(), fake)
        figures = {"classes_of": "logistic regression on the labelled real pictures", "classifier_accuracy": accuracy}
    found = score(classes, seed=case.seed)
    if len(classes) < 100 * classes.shape[1]:
        warnings.append(f"score: {len(classes)} pictures for {classes.shape[1]} classes: it is too small by some")
    return {
        "value": found.value,
        "most": classes.shape[1],
        "split_mean": found.mean,
        "split_deviation": found.deviation,
        "splits": found.splits,
        **figures,
    }


def _fitted_classes(real: Sample, fake: Sample) -> tuple[NDArray[np.float64], float | None]:
    """Class probabilities of the fake pictures, and the classifier's accuracy on real ones it has not seen."""
    _two_labels(real)
    scaler = study_module("score", "sklearn.preprocessing").StandardScaler()
    regression = study_module("score", "sklearn.linear_model").LogisticRegression(max_iter=1000)
    model = study_module("score", "sklearn.pipeline").make_pipeline(scaler, regression)
    x, y = real.features.astype(np.float64), real.labels
    accuracy = None
    if np.bincount(y).min() >= _FOLDS:
        accuracy = float(
            study_module("score", "sklearn.model_selection").cross_val_score(model, x, y, cv=_FOLDS).mean()
        )
    return model.fit(x, y).predict_proba(fake.features.astype(np.float64)), accuracy


def _precision_recall(case: Case, warnings: list[str]) -> Figures:
    real, fake = case.real().features, case.fake().features
    found = precision_recall(real, fake, case.neighbours, seed=case.seed)
    if found.count < 1000:
        warnings.append(f"precision and recall: {found.count} pictures a side; manifolds of so few are coarse")
    return {
        "precision": found.precision,
        "precision_interval": list(wilson(found.fake_on_real, found.count)),
        "recall": found.recall,
        "recall_interval": list(wilson(found.real_on_fake, found.count)),
        "interval_method": "95 %, Wilson, the other side's manifold taken as it is",
        "neighbours": case.neighbours,
        "pictures_a_side": found.count,
    }


def _knn(case: Case, _: list[str]) -> Figures:
    sample = (case.encoded or case.real)()
    found = leave_one_out(sample.features, sample.labels, case.neighbours)
    return {
        "accuracy": found.share,
        "interval": list(wilson(found.correct, found.count)),
        "interval_method": "95 %, Wilson",
        "majority": found.majority,
        "neighbours": case.neighbours,
        "features_of": "encoder" if case.encoded else "extractor",
        "method": "leave one out",
    }


def _matching(case: Case, warnings: list[str]) -> Figures:
    real, fake = case.real(), case.fake()
    predicted = classifier(real.features, real.labels, case.neighbours).predict(fake.features.astype(np.float64))
    own = leave_one_out(real.features, real.labels, case.neighbours)
    codes, labels = fake.label_names, real.label_names
    found = match(fake.labels, predicted, len(codes), len(labels), seed=case.seed)
    if len(fake.labels) < 20 * len(codes):
        warnings.append(f"matching: {len(fake.labels)} pictures for {len(codes)} codes; 20 of each or more tell more")
    if len(codes) > len(labels):
        most = np.sort(np.bincount(fake.labels))[-len(labels) :].sum() / len(fake.labels)
        warnings.append(f"matching: {len(codes)} codes for {len(labels)} labels: at most {most:.1%} can match")
    low, high = wilson(found.matched, len(fake.labels))
    return {
        "accuracy": found.share,
        "interval": [low, high],
        "interval_method": "95 %, Wilson, the assignment taken as it is",
        "chance": found.chance,
        "chance_method": "mean of 200 assignments after the codes were shuffled",
        "mapping": list(found.code_of_label),
        "mapping_reads": "position: label; value: code",
        "labels": list(labels),
        "codes": list(codes),
        "counts": found.counts.tolist(),
        "counts_read": "rows: codes; columns: labels",
        "neighbours": case.neighbours,
        "classifier": asdict(own) | {"accuracy": own.share, "method": "leave one out"},
    }


def _two_labels(real: Sample) -> None:
    if len(real.label_names) < 2:
        raise UsageError("score: all real pictures have one label; expected two or more sub-folders")


def _needs(*alternatives: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(alternative) for alternative in alternatives)


METRICS = {
    "frechet": Metric(_needs((REAL, FAKE)), _frechet),
    "score": Metric(_needs((FAKE, CLASSES), (FAKE, REAL, REAL_LABELS)), _score),
    "precision-recall": Metric(_needs((REAL, FAKE)), _precision_recall),
    "knn": Metric(_needs((REAL, REAL_LABELS)), _knn),
    "matching": Metric(_needs((REAL, REAL_LABELS, FAKE, FAKE_LABELS)), _matching),
}
