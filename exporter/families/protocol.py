"""What one generator family is: how its checkpoints are recognised, and how a module is built from one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.spectral_norm import plain_names
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State


@dataclass(frozen=True)
class KeyCondition:
    """Which keys a state dict must have, and must not have, to be of a family."""

    all_of: tuple[str, ...]
    none_of: tuple[str, ...] = ()

    def holds(self, state: State) -> bool:
        return all(key in state for key in self.all_of) and not any(key in state for key in self.none_of)

    @property
    def specificity(self) -> int:
        """How many keys it looks at."""
        return len(self.all_of) + len(self.none_of)


class Family:
    """One generator family: a file here, a line in the table of `ganrt.exporter.families`, a section of the docs.

    Attributes:
        task: what its networks do: "generate", "translate" or "encode".
        keys: those that tell it, each condition enough alone; none if `match` goes by something else.
        spectral: its keys are looked for with spectral norm or without.
        open_prior: whether nothing tells what z is drawn from; else the family's scripts do.
        averaged: how its training names the averaged weights, without which a file is refused; "" where it has none.
        settings: the options that it takes, fields of `Settings`, each with what it means here. Every generator takes
            `prior` and `threshold` besides. A family with truncation-indexed statistics takes `freeze`: the value to
            freeze them at.
    """

    task: ClassVar[str] = "generate"
    keys: ClassVar[KeyCondition | tuple[KeyCondition, ...]] = ()
    spectral: ClassVar[bool] = False
    open_prior: ClassVar[bool] = False
    averaged: ClassVar[str] = ""
    settings: Mapping[str, str] = {}

    def match(self, source: Source) -> int | None:
        """How much of the source tells this family from others, such as the number of keys; None: it is another's."""
        state = plain_names(source.tensors) if self.spectral else source.tensors
        return max((each.specificity for each in self.conditions() if each.holds(state)), default=None)

    def build(self, source: Source, settings: Settings) -> Candidate:
        """Infers the hyperparameters from the shapes and loads strictly.

        Args:
            settings: nothing is given but what `self.settings` names.

        Raises:
            BadInputFile: keys or shapes that do not fit, every one named.
            UsageError: an option's value makes no sense.
        """
        raise NotImplementedError

    def conditions(self) -> tuple[KeyCondition, ...]:
        """`keys` as a tuple."""
        return (self.keys,) if isinstance(self.keys, KeyCondition) else self.keys

    def similarity(self, keys: Iterable[str]) -> tuple[int, tuple[str, ...]]:
        """(how many of the family's keys are there, those that are not); numbers of layers count as equal.

        Where any of several conditions is enough, the one that lacks the least counts.
        """
        patterns = {_pattern(key) for key in keys}
        scores: list[tuple[int, tuple[str, ...]]] = [(0, ())]
        for condition in self.conditions():
            missing = tuple(key for key in condition.all_of if _pattern(key) not in patterns)
            scores.append((len(condition.all_of) - len(missing), missing))
        return max(scores, key=closeness)


def closeness(score: tuple[int, tuple[str, ...]]) -> tuple[float, int]:
    """Orders what `Family.similarity` gives: by the share of keys that are there, then by their number."""
    present, missing = score
    return present / (present + len(missing) or 1), present


def _pattern(key: str) -> str:
    return re.sub(r"\d+", "N", key)
