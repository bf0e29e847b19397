"""What one generator family is: how its checkpoints are recognised, and how a module is built from one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor, nn

from ganrt.exporter.options import Settings
from ganrt.spec import GeneratorSpec

State = Mapping[str, Tensor]
ValueRange = Literal["tanh", "sigmoid"]


@dataclass(frozen=True)
class KeyCondition:
    """Which keys a state dict must have, and must not have, to be of a family."""

    all_of: tuple[str, ...]
    none_of: tuple[str, ...] = ()

    def holds(self, state: State) -> bool:
        return all(key in state for key in self.all_of) and not any(key in state for key in self.none_of)


@dataclass(frozen=True)
class Built:
    """A generator rebuilt from a checkpoint.

    Attributes:
        module: in eval mode, float32. Called with the inputs that the spec names, in this order: `z` float32
            [n, dim], `labels` float32 [n, count], `truncation` float32 [n] where `spec.statistics.mode` is "input";
            or, of translators and encoders, `source` float32 [n, c, h, w] in its native range.
            Returns float32 [n, c, h, w] in its native range; an encoder z float32 [n, dim].
        spec: all but `source`, `verification` and `canary`; its name is the family's.
        value_range: of the pictures that the module takes and gives: "tanh" for [-1, 1], "sigmoid" for [0, 1].
        certainty: how sure the recognition is, in words.
        notes: what the file does not say and had to be assumed.
    """

    module: nn.Module
    spec: GeneratorSpec
    value_range: ValueRange
    certainty: str
    notes: tuple[str, ...] = ()


class Family(Protocol):
    """One generator family. Adding one is a file here and a line in the table of `ganrt.exporter.families`."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The options that it takes, fields of `Settings`, each with what it means here.

        A family with truncation-indexed statistics takes `freeze`: the value to freeze them at.
        """
        ...

    def detect(self, state: State) -> bool:
        """Whether the keys look like this family's; must not be true for another family's checkpoint."""
        ...

    def build(self, state: State, settings: Settings) -> Built:
        """Infers the hyperparameters from the shapes and loads strictly.

        Args:
            settings: nothing is given but what `self.settings` names.

        Raises:
            BadInputFile: keys or shapes that do not fit, every one named.
            UsageError: an option's value makes no sense.
        """
        ...
