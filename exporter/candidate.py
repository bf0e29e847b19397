"""A generator as it was read: what `export` verifies and writes, and how each of its properties is known."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from torch import nn

from ganrt.exporter.options import NO_SETTINGS, Settings, spelled
from ganrt.spec import Assumption, GeneratorSpec, ImageInput, Labels, Latent, Output
from ganrt.tolerances import EXPORT_ERROR

if TYPE_CHECKING:
    import onnx_ir as ir

ValueRange = Literal["tanh", "sigmoid"]
CHANNELS = (1, 3, 4)  # of a picture
# Properties in words; the names are those of the options that give them.
_WORDS = {
    "activation": "the hidden activation",
    "last": "the last activation",
    "range": "the range of the pictures",
    "source_range": "the range of the pictures that go in",
    "condition": "what the second input is held at",
    "prior": "the distribution of z",
    "norm_eps": "the norms' epsilon",
    "align_corners": "whether enlarging aligns the corners",
    "norm": "the kind of norm",
    "norm_statistics": "what the batch norms divide by",
    "output_norm_eps": "the last norm's epsilon",
    "sn_eps": "spectral norm's epsilon",
    "output_shape": "the shape of the picture",
    "channel_order": "the order of the colours",
    "image_output": "which tensor is the picture",
    "size": "the size of the picture",
    "stride": "the stride of each layer",
    "padding": "the padding of each layer",
    "labels": "the number of classes",
    "class_names": "what the classes are called",
    "label_join": "how the classes enter",
    "label_meaning": "what the classes stand for",
    "mapping_rate": "the rate of the mapping's weights",
    "conv_clamp": "the limit of activations",
    "average": "the average style",
}


@dataclass(frozen=True)
class Fact:
    """One property.

    Attributes:
        name: the field of `Settings` that gives it; a short text where there is none.
        value: as the option takes it.
        origin: `read` from the file, `given` by an option, `assumed` by default.
        note: what speaks for it or against it.
    """

    name: str
    value: str
    origin: Literal["read", "given", "assumed"]
    note: str = ""

    @property
    def words(self) -> str:
        return _WORDS.get(self.name, self.name)

    @property
    def option(self) -> str:
        """Such as "--norm-eps", "" if no option gives it."""
        return spelled(self.name) if self.name in Settings.__dataclass_fields__ else ""

    def sentence(self) -> str:
        """Such as "the norms' epsilon is not in the file: 1e-05 assumed (--norm-eps)"."""
        if self.origin != "assumed":
            return f"{self.words}: {self.value}, {self.origin}" + (f"; {self.note}" if self.note else "")
        mend = f" ({self.option})" if self.option else ""
        return f"{self.words} is not in the file: {self.value} assumed{mend}" + (f"; {self.note}" if self.note else "")

    def to_spec(self) -> Assumption:
        """The part of it that the spec keeps."""
        name = re.sub(r"[^A-Za-z0-9]+", "-", self.name).strip("-")[:100]
        return Assumption(property=name.replace("_", "-"), value=self.value[:200], option=self.option or None)


@dataclass
class Facts:
    """Collects a candidate's facts while it is built; `settings` is what was given."""

    settings: Settings = NO_SETTINGS
    found: list[Fact] = field(default_factory=list)

    def assume(self, name: str, default: Any, note: str = "", *, shown: str = "") -> Any:
        """The option's value if it was given, else `default`, which is then an assumption."""
        given = getattr(self.settings, name)
        value = default if given is None else given
        open_, text = given is None, shown or _text(value, "x" if name in ("size", "output_shape") else ",")
        self.found.append(Fact(name, text, "assumed" if open_ else "given", note if open_ else ""))
        return value

    def open(self, name: str, value: str, note: str = "") -> None:
        """What several options say together, and none alone."""
        self.found.append(Fact(name, value, "assumed", note))

    def read(self, name: str, value: Any, note: str = "") -> None:
        """A property that is in the file."""
        self.found.append(Fact(name, _text(value), "read", note))


def _text(value: Any, between: str = ",") -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return between.join(_text(item) for item in value if item is not None)
    return str(value)


@dataclass(frozen=True)
class Candidate:
    """A generator that is read but not yet verified.

    Attributes:
        module: in eval mode, float32. Called with the inputs that the spec names, in this order: `z` float32
            [n, dim], `labels` float32 [n, count], `truncation` float32 [n] where `spec.statistics.mode` is "input";
            or, of translators and encoders, `source` float32 [n, c, h, w] in its native range.
            Returns float32 [n, c, h, w] in its native range; an encoder z float32 [n, dim].
        spec: all but `source`, `verification` and `canary`; its name is the family's.
        value_range: of the pictures that the module takes and gives: "tanh" for [-1, 1], "sigmoid" for [0, 1].
        matched: what it was recognised by, such as "all 25 keys match".
        facts: its properties and how they are known. notes: what else is worth saying.
        model: keeps the graph contract already; None: it is still to be traced from `module`.
        against: what `module` is, in words; None: the network rebuilt in torch.
        tolerance: how far the graph may be from `module`, as floats.
    """

    module: nn.Module
    spec: GeneratorSpec
    value_range: ValueRange
    matched: str
    facts: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()
    model: ir.Model | None = None
    against: str | None = None
    tolerance: float = EXPORT_ERROR

    @property
    def assumptions(self) -> tuple[Fact, ...]:
        """The facts that nothing in the file or on the command line says."""
        return tuple(fact for fact in self.facts if fact.origin == "assumed")

    @property
    def certainty(self) -> str:
        """How sure the recognition is, in words; certain only where nothing was assumed."""
        if not self.assumptions:
            return f"certain: {self.matched}"
        return f"{self.matched}; assumed: {', '.join(fact.words for fact in self.assumptions)}"


def of_family(
    family: str,
    module: nn.Module,
    facts: Facts,
    matched: str,
    *,
    latent: Latent | None = None,
    labels: int = 0,
    image: ImageInput | None = None,
    output: Output | None = None,
    value_range: ValueRange = "tanh",
    notes: tuple[str, ...] = (),
) -> Candidate:
    """A generator of a family; with `image` a translator, and without `output` an encoder. `labels` is their count."""
    task = "generate" if image is None else "translate" if output is not None else "encode"
    classes = Labels(count=labels) if labels else None
    spec = GeneratorSpec(
        name=family, family=family, task=task, latent=latent, labels=classes, image=image, output=output
    )
    return Candidate(module, spec, value_range, matched, tuple(facts.found), notes)
