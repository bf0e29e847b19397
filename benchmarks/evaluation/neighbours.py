"""k-nearest-neighbour classifiers on features of labelled pictures (scikit-learn's)."""

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
