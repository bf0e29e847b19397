"""What a checkpoint does not say and its owner does: the options of `ganrt export` and `ganrt inspect`, read strictly.

Each option stands here once: its name (`norm_eps` is `--norm-eps`), its type, what it means and how its text is read.
The command line is made from these fields. Whoever builds a generator says which of them it takes (`Settings.refuse`);
every other one that was given is refused by its name, never ignored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ganrt.checks import sides
from ganrt.errors import BadInputFile, UsageError
from ganrt.files import read_file
from ganrt.prior import parse_prior
from ganrt.spec import MAX_SIDE

RANGES = ("tanh", "sigmoid", "uint8")
LAYOUTS = ("nchw", "nhwc")
ORDERS = ("rgb", "bgr")
MEANINGS = ("class", "code")
JOINS = ("times", "after", "before", "none")
GAINS = ("multiplied", "added")
RULES = ("linear", "library")
NORMS = ("instance", "layer")
LAST = ("tanh", "sigmoid", "none")
EACH = "or one for each norm"  # in the words of an option that takes several values
MAX_COUNT = 65536
_MAX_NAMES_BYTES = 2**20
_NUMBER = re.compile(r"[0-9]{1,5}")

Read = Callable[[str, str], Any]
Texts = Mapping[str, str | bool | None]


def _option(help_text: str, read: Read, metavar: str = "<str>") -> Any:
    """A field that is None unless it is given.

    Args:
        read: (option, text) -> value.
    """
    return field(default=None, metadata={"help": help_text, "read": read, "metavar": metavar})


def _switch(help_text: str, *, either_way: bool = False) -> Any:
    """A field that is true, or with `either_way` also false, if it is given."""
    return field(default=None, metadata={"help": help_text, "read": None, "either_way": either_way})


def spelled(name: str) -> str:
    """The option of a field: `norm_eps` -> `--norm-eps`."""
    return "--" + name.replace("_", "-")


def _text(option: str, text: str) -> str:
    if not text.strip():
        raise UsageError(f"{option}: expected a name, not nothing")
    return text


def _one_of(*accepted: str) -> Read:
    def read(option: str, text: str) -> str:
        if text not in accepted:
            raise UsageError(f"{option} {text}: expected {' or '.join(accepted)}")
        return text

    return read


def _number(low: float, high: float, *, open_below: bool = False) -> Read:
    def read(option: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high or (open_below and value == low):
            expected = f"above {low:g} and at most {high:g}" if open_below else f"from {low:g} to {high:g}"
            raise UsageError(f"{option} {text}: expected a number {expected}")
        return value

    return read


def _count(option: str, text: str) -> int:
    if not (_NUMBER.fullmatch(text) and 1 <= int(text) <= MAX_COUNT):
        raise UsageError(f"{option} {text}: expected a whole number from 1 to {MAX_COUNT}")
    return int(text)


def _epsilons(option: str, text: str) -> float | tuple[float, ...]:
    values = [_number(0, 10, open_below=True)(option, part.strip()) for part in text.split(",")]
    return values[0] if len(values) == 1 else tuple(values)


def _limit(option: str, text: str) -> float:
    return 0.0 if text == "none" else _number(0, 1e6, open_below=True)(option, text)


def _numbers(high: int) -> Read:
    def read(option: str, text: str) -> tuple[int, ...]:
        parts = [part.strip() for part in text.split(",")]
        if not all(_NUMBER.fullmatch(part) and int(part) <= high for part in parts):
            raise UsageError(f"{option} {text}: expected whole numbers up to {high} with commas between, such as 1,3,5")
        return tuple(map(int, parts))

    return read


def _sides(shape: str, example: str) -> Read:
    return partial(sides, shape=shape, example=example, most=MAX_SIDE)


def _values(option: str, text: str) -> tuple[float, ...]:
    return tuple(_number(-1e6, 1e6)(option, part.strip()) for part in text.split(","))


def _activation(option: str, text: str) -> tuple[str, float | None]:
    """ "leaky_relu:0.2" -> ("leaky_relu", 0.2); "relu" -> ("relu", None)."""
    name, colon, number = text.partition(":")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name):
        raise UsageError(f"{option} {text}: expected a name such as relu, or with its slope: leaky_relu:0.2")
    return name, _number(0, 100)(option, number) if colon else None


def _prior(option: str, text: str) -> str:
    try:
        parse_prior(text)
    except ValueError as error:
        raise UsageError(f"{option} {text[:80]}: {error}") from error
    return text


def _z_shape(option: str, text: str) -> tuple[int, int]:
    first, *rest = text.replace(" ", "").split(",")
    if first != "n" or rest.count("dim") != 1 or len(rest) > 5 or set(rest) - {"dim", "1"}:
        raise UsageError(f"{option} {text}: expected n, dim once and ones, such as n,dim or n,dim,1,1")
    before = rest.index("dim")
    return before, len(rest) - before - 1


def _freeze(option: str, text: str) -> float:
    key, _, value = text.partition("=")
    with suppress(ValueError):
        if key == "truncation":
            return float(value)
    raise UsageError(f"{option} {text}: expected truncation=NUMBER, such as truncation=0.4")


def _class_names(option: str, text: str) -> tuple[str, ...]:
    path = Path(text)
    data = read_file(path, _MAX_NAMES_BYTES, f"a file of names for {option}")
    try:
        names = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise BadInputFile(f"{option} {path}: expected UTF-8 text, a class's name in each line") from error
    if not names or "" in names:
        raise BadInputFile(f"{option} {path}: expected a class's name in each line, and no empty lines")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInputFile(f"{option} {path}: two classes are called {twice[0]!r}; expected different names")
    return tuple(names)


@dataclass(frozen=True)
class Settings:
    """What the owner of a checkpoint says about it. None: nothing was said, and the family's default or the file rules.

    Attributes:
        network: the dotted key, container or prefix of the network to take, of several in one checkpoint.
        activation: (name, slope or None) of the hidden layers.
        size: (height, width) in pixels.
        output_shape: (channels, height, width).
        norm_eps: a float for all norms, or a tuple with one for each of a chain's.
        stride, padding: of the layers in their order; one value holds for all.
        condition: of a translator's second input; one value holds for all.
        class_names: in the order of the classes.
        freeze: the truncation whose batch-norm statistics are folded into the graph.
        z_shape: how many axes of length 1 lie before and after dim: n,dim,1,1 is (0, 2).
        conv_clamp: 0 for none.
        upsample: numbers of the blocks that double the side.
        trust: whether the code that the file holds may run. Else as their help says.
    """

    panel: ClassVar[str] = "What the file does not say"

    network: str | None = _option(
        "Which of several networks in one checkpoint, such as G; averaged weights (EMA) go first.", _text, "<name>"
    )
    preset: str | None = _option("The architecture of a file with weights alone, such as anime (Keras).", _text)
    activation: tuple[str, float | None] | None = _option(
        "Of the hidden layers, such as relu, or with its slope leaky_relu:0.2.", _activation
    )
    last: str | None = _option("The last activation: tanh, sigmoid or none.", _one_of(*LAST))
    range: str | None = _option(
        "The pictures' values: tanh (-1 to 1), sigmoid (0 to 1) or uint8 (0 to 255).", _one_of(*RANGES)
    )
    prior: str | None = _option(
        "What z is drawn from: normal, uniform (-1 to 1), truncated_normal, or parts: normal:62,onehot:10,uniform:2.",
        _prior,
    )
    threshold: float | None = _option("Where truncated_normal is cut off; 2 by default.", _number(0.01, 8), "<float>")
    norm_eps: float | tuple[float, ...] | None = _option(
        "The norms' epsilon, which weights do not hold; of plain chains also one each: 1e-05,0.8.",
        _epsilons,
        "<floats>",
    )
    align_corners: bool | None = _switch(
        "AnimeGANv2: enlarge with the corners aligned, as its library does by default.", either_way=True
    )
    norm_statistics: str | None = _option(
        "U-Nets: what batch norms divide by, running statistics or each picture's own.", _one_of("running", "picture")
    )
    norm: str | None = _option(
        "What norms without statistics go over: instance (each channel) or layer (all of them).", _one_of(*NORMS)
    )
    output_norm_eps: float | None = _option(
        "BigGAN: the last batch norm's epsilon.", _number(0, 10, open_below=True), "<float>"
    )
    sn_eps: float | None = _option("BigGAN: spectral norm's epsilon.", _number(0, 10, open_below=True), "<float>")
    size: tuple[int, int] | None = _option(
        "The pictures' size, HEIGHTxWIDTH, where the file leaves it open.",
        _sides("HEIGHTxWIDTH", "256x256"),
        "<HxW>",
    )
    dynamic: bool | None = _switch("Leave height and width open (CycleGAN).")
    output_shape: tuple[int, int, int] | None = _option(
        "The picture that a flat output is, such as 1x28x28.",
        _sides("CHANNELSxHEIGHTxWIDTH", "1x28x28"),
        "<CxHxW>",
    )
    stride: tuple[int, ...] | None = _option(
        "The layers' strides, one for all or one each: 2 or 1,2,2.", _numbers(64), "<ints>"
    )
    padding: tuple[int, ...] | None = _option("The layers' paddings, as --stride.", _numbers(64), "<ints>")
    source_range: str | None = _option(
        "The range of a translator's own pictures, where it is not --range: tanh or sigmoid.",
        _one_of("tanh", "sigmoid"),
    )
    condition: tuple[float, ...] | None = _option(
        "What a translator's second input (a style, a label) is held at: a value, or all with commas.",
        _values,
        "<floats>",
    )
    latent: int | None = _option("How many values z has, where the file does not say.", _count, "<int>")
    labels: int | None = _option("How many classes the second input takes.", _count, "<int>")
    label_join: str | None = _option(
        "How the classes enter: times (multiplied with z), after or before (beside z), none (they do not).",
        _one_of(*JOINS),
    )
    label_meaning: str | None = _option(
        "What the classes are: class, or code as in an InfoGAN (BigBiGAN).", _one_of(*MEANINGS)
    )
    class_names: tuple[str, ...] | None = _option(
        "A text file with the classes' names, one a line.", _class_names, "<file>"
    )
    trust: bool | None = _switch("Run the code that the file holds (TorchScript and .pt2 are code).")
    layout: str | None = _option("The pictures' axes: nchw or nhwc.", _one_of(*LAYOUTS))
    channel_order: str | None = _option(
        "The order of the colours in the network's own pictures: rgb, or bgr as OpenCV's.", _one_of(*ORDERS)
    )
    z_shape: tuple[int, int] | None = _option("The shape of z, such as n,dim,1,1.", _z_shape)
    image_output: str | None = _option(
        "The picture among several outputs: its name in ONNX, else its number from 0.", _text, "<name>"
    )
    freeze: float | None = _option(
        "truncation=0.4: fold BigGAN's batch-norm statistics at that truncation into the graph: smaller, faster. "
        "The noise stays free: give --truncation 0.4 as well when drawing.",
        _freeze,
    )
    statistics_rule: str | None = _option(
        "BigGAN-deep, of a frozen truncation between two rows: linear, or library for the original's arithmetic.",
        _one_of(*RULES),
    )
    upsample: tuple[int, ...] | None = _option(
        "BigGAN-deep: the blocks that double the side, such as 1,3,5.", _numbers(999), "<ints>"
    )
    gain: str | None = _option("BigGAN, cross_replica checkpoints: multiplied or added.", _one_of(*GAINS))
    mapping_rate: float | None = _option(
        "StyleGAN: the learning rate of the mapping's weights, 0.01 in all that were published.",
        _number(0, 100, open_below=True),
        "<float>",
    )
    conv_clamp: float | None = _option(
        "StyleGAN2: the limit of activations, such as 256, or none.", _limit, "<float|none>"
    )
    noise: str | None = _option("StyleGAN2: const (the file's own noise) or none.", _one_of("const", "none"))
    cutoff: int | None = _option("StyleGAN: truncate the first N styles alone.", _count, "<int>")
    accumulated: bool | None = _switch(
        "BigGAN: mybn's statistics are sums, or not; by default the counter tells.", either_way=True
    )

    @classmethod
    def read(cls, given: Texts) -> Settings:
        """From texts by field; None and absent fields were not given.

        Raises:
            UsageError: no such field, or a text that makes no sense; by the option's name.
            BadInputFile: a file that an option names.
        """
        known = {item.name: item for item in fields(cls)}
        values: dict[str, Any] = {name: _read(known, name, text) for name, text in given.items() if text is not None}
        return cls(**values)

    def named(self, names: Sequence[str]) -> Settings:
        """The same with these names of the classes.

        Raises:
            UsageError: two are the same.
        """
        if len(set(names)) < len(names):
            raise UsageError(f"labels={list(names)}: expected different names"[:300])
        return replace(self, class_names=tuple(names))

    def given(self) -> tuple[str, ...]:
        """The fields that were given."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name) is not None)

    @property
    def epsilon(self) -> float | None:
        """`norm_eps`, where all norms have one: `refuse` has seen to it."""
        return None if isinstance(self.norm_eps, tuple) else self.norm_eps

    def without(self, *names: str) -> Settings:
        """The same with these fields not given."""
        nothing: dict[str, Any] = dict.fromkeys(names)
        return replace(self, **nothing)

    def refuse(self, accepted: Mapping[str, str], who: str) -> None:
        """Refuses what was given beyond `accepted`.

        Args:
            accepted: field -> what it means there.
            who: who takes no other, such as "family dcgan".

        Raises:
            UsageError: it names the option and the accepted ones.
        """
        if self.freeze is not None and "freeze" not in accepted:
            raise UsageError(
                f"--freeze truncation={self.freeze:g}: {who} has no truncation-indexed statistics\n"
                "expected biggan-deep or biggan-ivclab; truncated latents need no freezing: ganrt generate --truncation"
            )
        if isinstance(self.norm_eps, tuple) and EACH not in accepted.get("norm_eps", EACH):
            raise UsageError(f"--norm-eps with {len(self.norm_eps)} values: {who} takes one")
        for name in self.given():
            if name not in accepted:
                known = "; ".join(f"{spelled(key)} ({meaning})" for key, meaning in accepted.items()) or "none"
                raise UsageError(f"{who} has no option {spelled(name)}\nit takes: {known}")

    def pixels(self, default: tuple[int, int], *, low: int, multiple_of: int) -> tuple[int, int]:
        """`size`, or the default: (height, width), each at least `low` and divisible by `multiple_of`.

        Raises:
            UsageError: it is not; the message names the nearest size that is.
        """
        if self.size is None:
            return default
        if all(low <= side <= MAX_SIDE and side % multiple_of == 0 for side in self.size):
            return self.size
        near = "x".join(str(_nearest(side, low, multiple_of)) for side in self.size)
        raise UsageError(
            f"--size {self.size[0]}x{self.size[1]}: expected sides in pixels from {low} to {MAX_SIDE}, divisible by "
            f"{multiple_of}\nsuch as --size {near}"
        )


def _read(known: Mapping[str, Field[Any]], name: str, value: str | bool) -> object:
    if name not in known:
        raise UsageError(f"{spelled(name)}: there is no such option\nexpected one of: {', '.join(map(spelled, known))}")
    read: Read | None = known[name].metadata["read"]
    if (read is None) != isinstance(value, bool):
        raise UsageError(f"{spelled(name)} {value}: expected {'true or false' if read is None else 'text'}")
    return value if read is None else read(spelled(name), str(value))


def _nearest(value: int, low: int, multiple_of: int) -> int:
    rounded = (value + multiple_of // 2) // multiple_of * multiple_of
    return min(max(rounded, low), MAX_SIDE // multiple_of * multiple_of)


NO_SETTINGS = Settings()
