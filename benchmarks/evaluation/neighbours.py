"""What labelled pictures are taken for: k-nearest-neighbour classifiers (scikit-learn's) on their features; and codes
to labels, by the one-to-one assignment that explains most pictures (the Hungarian method; Kuhn, 1955).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.figures import study_module

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Accuracy:
    """`correct` of `count` pictures; `majority` is the share of the most frequent label: what guessing reaches."""

    correct: int
    count: int
    majority: float

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.correct / self.count


def classifier(features: NDArray[np.floating], labels: Labels, neighbours: int = 3) -> Any:
    """A fitted `KNeighborsClassifier`: Euclidean, one vote a neighbour; of tied labels the first.

    Args:
        features: [n, d]; labels: int64 [n].

    Raises:
        UsageError: no more pictures than neighbours, or only one label.
        BackendUnavailable: scikit-learn is missing.
    """
    if not 1 <= neighbours < len(features):
        raise UsageError(f"k-NN: {neighbours} neighbours among {len(features)} pictures; expected 1 to less than those")
    if len(np.unique(labels)) < 2:
        raise UsageError("k-NN: all pictures have one label; expected two or more sub-folders")
    kneighbours = study_module("k-NN", "sklearn.neighbors").KNeighborsClassifier
    return kneighbours(n_neighbors=neighbours).fit(np.asarray(features, np.float64), labels)


def leave_one_out(features: NDArray[np.floating], labels: Labels, neighbours: int = 3) -> Accuracy:
    """How often a picture's nearest neighbours, itself left out, vote for its label.

    Raises:
        UsageError, BackendUnavailable: as `classifier`.
    """
    predicted = classifier(features, labels, neighbours).predict(None)  # None: each fitted point without itself
    majority = np.unique(labels, return_counts=True)[1].max() / len(labels)
    return Accuracy(int((predicted == labels).sum()), len(labels), float(majority))


_SHUFFLES = 200
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Matching:
    """An assignment.

    Attributes:
        counts: int64 [codes, labels]: pictures drawn with this code and taken for this label.
        code_of_label: the position is the label, the value its code; None for labels that no code is left for.
        matched: pictures whose label is the one assigned to their code.
        chance: the share that an assignment reaches after the codes were shuffled: the mean of 200 times. It is more
            than 1 / labels, because the assignment is chosen to fit.
    """

    counts: Integers
    code_of_label: tuple[int | None, ...]
    matched: int
    chance: float

    @property
    def share(self) -> float:
        """Matched accuracy, 0 to 1."""
        return self.matched / int(self.counts.sum())


def match(codes: Integers, labels: Integers, n_codes: int, n_labels: int, *, seed: int = 0) -> Matching:
    """Matches codes to labels.

    Args:
        codes: int64 [n], 0 to n_codes - 1, of each picture; labels: int64 [n], 0 to n_labels - 1, what it looks like.

    Raises:
        UsageError: no pictures. BackendUnavailable: scipy is missing.
    """
    if not len(codes):
        raise UsageError("matching: no pictures; expected at least one")
    counts = count_matrix(codes, labels, n_codes, n_labels)
    rows, columns = _assignment(counts)
    code_of: dict[int, int] = dict(zip(columns.tolist(), rows.tolist(), strict=True))
    random = np.random.default_rng(seed)
    shuffled = (count_matrix(random.permutation(codes), labels, n_codes, n_labels) for _ in range(_SHUFFLES))
    chance = np.mean([one[_assignment(one)].sum() / len(codes) for one in shuffled])
    mapping = tuple(code_of.get(label) for label in range(n_labels))
    return Matching(counts, mapping, int(counts[rows, columns].sum()), float(chance))


def count_matrix(codes: Integers, labels: Integers, n_codes: int, n_labels: int) -> Integers:
    """int64 [n_codes, n_labels]: how many pictures have both."""
    flat = np.bincount(codes * n_labels + labels, minlength=n_codes * n_labels)
    return np.asarray(flat.reshape(n_codes, n_labels), np.int64)


def _assignment(counts: Integers) -> tuple[Integers, Integers]:
    """Codes and the labels that they are matched with."""
    rows, columns = study_module("matching", "scipy.optimize").linear_sum_assignment(counts, maximize=True)
    return rows, columns
