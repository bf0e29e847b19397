"""What translators share: the channels and sides of the pictures that they take and give."""

from __future__ import annotations

from dataclasses import dataclass

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import CHANNELS, Facts
from ganrt.spec import ImageInput, Output


@dataclass(frozen=True)
class Sides:
    """In pixels: the usual side, the lowest one, and what all are divisible by."""

    usual: int
    lowest: int
    multiple_of: int

    @property
    def settings(self) -> dict[str, str]:
        """The options that say them."""
        return {
            "size": f"of the pictures, sides divisible by {self.multiple_of}, default {self.usual}x{self.usual}",
            "dynamic": f"leaves height and width open, to any multiple of {self.multiple_of}",
        }

    def read(self, facts: Facts, inputs: int, outputs: int) -> tuple[ImageInput, Output]:
        """The picture that goes in and the one that comes out, as the options say; a side that stays fixed is assumed.

        Raises:
            BadInputFile: channels that no pictures have. UsageError: sides that do not do.
        """
        require_pictures(inputs, outputs)
        height, width = facts.settings.pixels((self.usual, self.usual), low=self.lowest, multiple_of=self.multiple_of)
        dynamic = facts.settings.dynamic or False
        if not dynamic:
            facts.assume("size", (self.usual, self.usual))
        return (
            ImageInput(height=height, width=width, channels=inputs, multiple_of=self.multiple_of, dynamic=dynamic),
            Output(height=height, width=width, channels=outputs, dynamic=dynamic),
        )


def require_pictures(inputs: int, outputs: int) -> None:
    """Raises BadInputFile unless both are channels of pictures."""
    if inputs not in CHANNELS or outputs not in CHANNELS:
        raise BadInputFile(f"takes {inputs} channels and makes {outputs}\nexpected pictures of 1, 3 or 4 channels")
