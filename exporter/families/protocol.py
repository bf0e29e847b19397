"""What one generator family is: how its checkpoints are recognised, and how a module is built from one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ganrt.exporter.candidate import Candidate
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


class Family(Protocol):
    """One generator family. Adding one is a file here and a line in the table of `ganrt.exporter.families`."""

    @property
    def task(self) -> str:
        """What its networks do: "generate", "translate" or "encode"."""
        ...

    @property
    def open_prior(self) -> bool:
        """Whether nothing tells what z is drawn from; else the family's scripts do."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """The options that it takes, fields of `Settings`, each with what it means here.

        Every generator takes `prior` and `threshold` besides. A family with truncation-indexed statistics takes
        `freeze`: the value to freeze them at.
        """
        ...

    def match(self, source: Source) -> int | None:
        """How much of the source tells this family from others, such as the number of keys; None: it is another's."""
        ...

    def build(self, source: Source, settings: Settings) -> Candidate:
        """Infers the hyperparameters from the shapes and loads strictly.

        Args:
            settings: nothing is given but what `self.settings` names.

        Raises:
            BadInputFile: keys or shapes that do not fit, every one named.
            UsageError: an option's value makes no sense.
        """
        ...


class Keyed:
    """A family that keys tell: `keys`, each condition enough alone; `spectral`: with spectral norm or without.

    `averaged`: how its training names the averaged weights, without which a file is refused; "" where it has none.
    """

    task: ClassVar[str] = "generate"
    keys: ClassVar[KeyCondition | tuple[KeyCondition, ...]]
    spectral: ClassVar[bool] = False
    open_prior: ClassVar[bool] = False
    averaged: ClassVar[str] = ""

    def match(self, source: Source) -> int | None:
        """See `Family.match`."""
        from ganrt.exporter.families.spectral_norm import plain_names

        state = plain_names(source.tensors) if self.spectral else source.tensors
        conditions = (self.keys,) if isinstance(self.keys, KeyCondition) else self.keys
        return max((each.specificity for each in conditions if each.holds(state)), default=None)
