"""What a module takes, found by calling it.

Candidates for the lengths come from its layers and from the whole numbers that its owner named; a wrong one fails at
the first layer. Where several fit, the owner is asked: nothing is guessed that changes a picture.
"""

from __future__ import annotations

import inspect
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import CHANNELS, Argument, Call, Owned, Shape, as_picture, tensors_of
from ganrt.exporter.owner.code import numbers_of, reason, where
from ganrt.exporter.source import State
from ganrt.prior import parse_prior
from ganrt.tolerances import EXPORT_ERROR

_LABEL = re.compile(r"^(y|c|cls)$|label|class|cond|categ|one_?hot|target|attr", re.IGNORECASE)
_LATENT = re.compile(
    r"latent|noise|z_?dim|^nz$|^z$|dim_?z|n_?z$|input_(dim|size)|in_dim|code_?(dim|size)", re.IGNORECASE
)
_CLASSES = re.compile(r"class|label|n_?c$|cond|categ|c_dim|attr", re.IGNORECASE)
_SIDES = re.compile(r"size|shape|side|res", re.IGNORECASE)
_PICTURES = 3  # drawn at once: no length of a network's is three
_LEAST_SIDE = 8
_TRIED_SIDES = (256, 128, 64, 512, 32)
_MAX_TRIALS = 4000


@dataclass(frozen=True)
class Parameter:
    """An argument of `forward` by its name, and whether it is taken for class labels."""

    name: str
    label: bool


@dataclass(frozen=True)
class Found:
    """How a module is called.

    Attributes:
        size: (height, width) of the pictures that a translator takes; `open_size`: whether others do as well.
        guessed: whether the shape of a flat output was guessed.
        pairs, kept: see `Owned`.
    """

    call: Call
    size: tuple[int, int] = (0, 0)
    open_size: bool = False
    guessed: bool = False
    pairs: bool = False
    kept: State | None = None

    def owned(self, module: nn.Module, unit: int = 0) -> Owned:
        """The module in the contract's shapes."""
        return Owned(module, self.call, pairs=self.pairs, unit=unit, kept=self.kept)


def parameters_of(module: nn.Module) -> list[Parameter]:
    """Those that `forward` needs, and optional ones that are labels."""
    found: list[Parameter] = []
    for parameter in inspect.signature(module.forward).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.KEYWORD_ONLY):
            continue
        label = bool(_LABEL.search(parameter.name))
        if parameter.default is parameter.empty or (parameter.default is None and label and found):
            found.append(Parameter(parameter.name, label and bool(found)))
    # nn.Sequential's own forward calls it `input`; one whose forward takes *inputs takes one.
    return found or [Parameter("z", False)]


class Prober:
    """Tries calls of one module.

    Args:
        numbers: whole numbers by the names that the owner gave them.
    """

    def __init__(self, module: nn.Module, numbers: Mapping[str, int], settings: Settings) -> None:
        self.module, self.settings = module, settings
        self.numbers = {**numbers, **numbers_of(module)}
        self.parameters = parameters_of(module)
        self.problem = ""
        self.trials = 0
        self.strict = True  # whether classes must make a difference

    def find(self) -> Found:
        """The one call that fits: of z and labels, else of a picture.

        Raises:
            UsageError: none or several do; the message says what to give. BadInputFile: the picture is none.
        """
        fitting = self._first_fitting(self._generators())
        if not fitting and any(p.label for p in self.parameters):
            self.strict = False
            fitting = self._first_fitting(self._generators())
        fitting = fitting or self._first_fitting(self._translators())
        if not fitting:
            names = ", ".join(p.name for p in self.parameters)
            raise UsageError(
                f"nothing that was tried fits forward({names}); the nearest failed: {self.problem or 'no picture'}\n"
                "say what it takes: --latent 100, --labels 10, --prior normal:62,onehot:10, --size 64x64"
            )
        found = fitting[0]
        if len(fitting) > 1:
            shown = "; ".join(f.call.words() for f in fitting[:4])
            raise UsageError(f"several calls of forward fit: {shown}\nsay which: {_asked(found.call)}")
        return found

    def _first_fitting(self, groups: Iterable[Iterable[Found]]) -> list[Found]:
        """All that fit of the first group in which any does."""
        for group in groups:
            fits: list[Found] = []
            for candidate in group:
                if any(_same_lengths(candidate.call, other.call) for other in fits):
                    continue  # the same lengths with other axes
                fit = self._tried(candidate)
                if fit is not None:
                    fits.append(fit)
            if fits:
                return fits
        return []

    def _tried(self, candidate: Found) -> Found | None:
        self.trials += 1
        if self.trials > _MAX_TRIALS:
            return None
        inputs = trial_inputs(candidate, _PICTURES)
        try:
            with torch.no_grad():
                made = self.module(*candidate.call.values(inputs))
            guess = self.settings.output_shape or _guessed_shape(made)
            native = as_picture(made, guess)
        except Exception as error:  # whatever the owner's code raises
            self.problem = f"{reason(error)}{where(error)}".replace("\n", "; ")[:400]
            return None
        flat = guess is not None and tuple(native.shape[1:]) == guess and not _has_picture(made)
        if len(native) != _PICTURES or native.shape[1] not in CHANNELS or min(native.shape[2:]) < _LEAST_SIDE:
            self.problem = f"{list(native.shape)} for {_PICTURES} inputs, which is no picture each"
            return None
        if self.strict and candidate.call.classes and not self._classes_matter(candidate, made):
            self.problem = "the classes make no difference"
            return None
        call = replace(candidate.call, shape=guess if flat else None)
        return replace(candidate, call=call, guessed=flat and self.settings.output_shape is None)

    def _classes_matter(self, candidate: Found, made: object) -> bool:
        z, rows = trial_inputs(candidate, _PICTURES)
        with torch.no_grad():
            other = self.module(*candidate.call.values((z, rows.roll(1, 1))))
        return not all(map(torch.equal, tensors_of(made), tensors_of(other)))

    # z and labels

    def _generators(self) -> Iterator[Iterator[Found]]:
        """Calls with a latent, the likeliest group first."""
        for parameters in self._shapes():
            labels = [p for p in parameters if p.label]
            if len(labels) > 1:
                continue
            for label in self._label_arguments(labels[0] if labels else None):
                vectors = [p for p in parameters if not p.label]
                for sizes in self._sizes(len(vectors), label):
                    yield (
                        Found(Call(tuple(arguments)))
                        for lengths in sizes
                        for arguments in _arranged(parameters, lengths, label, self._ones())
                    )

    def _shapes(self) -> Iterator[list[Parameter]]:
        """The parameters; where the parts of z are given, a label's name may be one of them."""
        parts = self.settings.prior is not None and ":" in self.settings.prior
        plain = [replace(p, label=False) for p in self.parameters]
        orders = [plain, self.parameters] if parts and self.settings.labels is None else [self.parameters, plain]
        for i, order in enumerate(orders):
            if i == 0 or order != orders[0]:
                yield order

    def _ones(self) -> tuple[int, ...]:
        given = self.settings.z_shape
        return (0, 2) if given is None else (given[1],)

    def _label_arguments(self, label: Parameter | None) -> Iterator[Argument | None]:
        if label is None:
            yield None
            return
        embeddings = [m.num_embeddings for m in self.module.modules() if isinstance(m, nn.Embedding)]
        named = [value for name, value in self.numbers.items() if _CLASSES.search(name)]
        counts = [self.settings.labels] if self.settings.labels else list(dict.fromkeys([*embeddings, *named]))
        if not counts:
            counts = list(dict.fromkeys([*self._inputs(), *self.numbers.values()]))
        kinds: tuple[tuple[str, int], ...] = (("rows", 0), ("rows", 2), ("numbers", 0), ("numbers", 1))
        for count in counts:
            first_numbers = count in embeddings
            for kind, ones in sorted(kinds, key=lambda pair: (pair[0] == "rows") == first_numbers):
                yield Argument(label.name, kind, int(count), ones)  # type: ignore[arg-type]

    def _sizes(self, vectors: int, label: Argument | None) -> Iterator[list[tuple[int, ...]]]:
        """The lengths of the parts of z: given, by their names, or by the layers."""
        prior = self.settings.prior
        given = parse_prior(prior)[1] if prior is not None else None
        total = self.settings.latent or given
        if vectors == 0:
            return
        if total is not None:
            # As they were given: neighbours of one law may go into two arguments.
            parts = [int(part.partition(":")[2]) for part in prior.split(",")] if prior and given else [total]
            yield [tuple(map(sum, cut)) for cut in _cuts(parts, vectors)]
            return
        named = [value for name, value in self.numbers.items() if _LATENT.search(name)]
        inputs = self._inputs()
        less = [size - label.size for size in inputs if label is not None and size > label.size]
        embedded = [m.embedding_dim for m in self.module.modules() if isinstance(m, nn.Embedding)]
        less += [size - dim for size in inputs for dim in embedded if size > dim]
        lengths = list(dict.fromkeys(size for size in [*named, *inputs, *less, *self.numbers.values()] if size > 4))
        if vectors == 1:
            yield [(size,) for size in dict.fromkeys(named)]
            yield [(size,) for size in lengths]
            return
        short = list(dict.fromkeys([*self.numbers.values(), *inputs[:6]]))[:24]
        yield list(itertools.product(short, repeat=vectors))

    def _inputs(self) -> list[int]:
        """How many values or channels the layers take, in their order."""
        sizes = [_takes(module) for module in self.module.modules()]
        return list(dict.fromkeys(size for size in sizes if size))

    # pictures

    def _translators(self) -> Iterator[Iterator[Found]]:
        first = next((m.in_channels for m in self.module.modules() if isinstance(m, nn.Conv2d)), 3)
        channels = dict.fromkeys(c for c in (first, 3, 1, 4) if c in CHANNELS)
        for size in self._picture_sizes():
            for count in channels:
                for held in self._held(len(self.parameters) - 1, first - count):
                    picture = Argument(self.parameters[0].name, "picture", count)
                    yield iter([Found(Call((picture, *held)), size)])

    def _picture_sizes(self) -> Iterator[tuple[int, int]]:
        if self.settings.size is not None:
            yield self.settings.size
            return
        named = [value for name, value in self.numbers.items() if _SIDES.search(name) and value >= 16]
        for side in dict.fromkeys([*named, *_TRIED_SIDES]):
            yield side, side

    def _held(self, others: int, spare: int) -> Iterator[tuple[Argument, ...]]:
        """Values for the other arguments of a translator: a style, or labels."""
        if others == 0:
            yield ()
            return
        given = self.settings.condition
        sizes = [len(given)] if given and len(given) > 1 else [spare, *self.numbers.values(), *self._inputs()]
        for ones in (0, 2):
            for size in dict.fromkeys(size for size in sizes if size > 0):
                values = given if given and len(given) == size else (given or (0.0,))[:1] * size
                yield tuple(Argument(p.name, "fixed", size, ones, tuple(values)) for p in self.parameters[1:])


def _arranged(
    parameters: Sequence[Parameter], sizes: Sequence[int], label: Argument | None, ones: Sequence[int]
) -> Iterator[list[Argument]]:
    """The arguments in their order, parts of z with the axes of length 1 that are tried."""
    for axes in ones:
        lengths = iter(sizes)
        made = []
        for p in parameters:
            made.append(label if p.label and label else Argument(p.name, "vector", next(lengths), axes))
        yield made


def _cuts(parts: Sequence[int], count: int) -> Iterator[list[Sequence[int]]]:
    """All ways to cut `parts` into `count` runs."""
    for places in itertools.combinations(range(1, len(parts)), count - 1):
        bounds = [0, *places, len(parts)]
        yield [parts[low:high] for low, high in itertools.pairwise(bounds)]


def _same_lengths(left: Call, right: Call) -> bool:
    return [(a.name, a.size) for a in left.arguments] == [(a.name, a.size) for a in right.arguments]


def _takes(module: nn.Module) -> int:
    if isinstance(module, nn.Linear):
        return module.in_features
    convolutions = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)
    return module.in_channels if isinstance(module, convolutions) else 0


def _asked(call: Call) -> str:
    vectors = [a for a in call.arguments if a.kind == "vector"]
    if len(vectors) > 1:
        return "--prior with the parts of z in the arguments' order, such as --prior normal:62,onehot:10"
    return "--latent 100" + (", --labels 10" if call.classes else "")


def _has_picture(made: object) -> bool:
    try:
        as_picture(made, None)
    except TypeError:
        return False
    return True


def _guessed_shape(made: object) -> Shape | None:
    """A square picture of as many values: grey if that is a square number, else three or four channels."""
    tensors = tensors_of(made)
    if not tensors or _has_picture(made):
        return None
    values = math.prod(tensors[0].shape[1:])
    for channels in CHANNELS:
        side = math.isqrt(values // channels)
        if channels * side * side == values:
            return channels, side, side
    return None


def trial_inputs(found: Found, count: int) -> tuple[Tensor, ...]:
    """Values for the contract's inputs: normal z and pictures, classes in turn."""
    random = torch.Generator().manual_seed(7)
    call = found.call
    if call.picture is not None:
        return (torch.rand(count, call.picture.size, *found.size, generator=random) * 2 - 1,)
    z = torch.randn(count, call.dim, generator=random)
    return (z, torch.eye(call.classes)[torch.arange(count) % call.classes]) if call.classes else (z,)


def examine(module: nn.Module, found: Found) -> Found:
    """Makes sure that a picture depends on its own inputs alone, and on nothing random.

    Raises:
        BadInputFile: it does not; the message names the layer and the mend.
    """
    inputs = trial_inputs(found, _PICTURES)
    state = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    first, again = _draw(found.owned(module), inputs), _draw(found.owned(module), inputs)
    if any(not torch.equal(tensor, state[key]) for key, tensor in module.state_dict().items()):
        found = replace(found, kept=state)
        first, again = _draw(found.owned(module), inputs), _draw(found.owned(module), inputs)
    if not _same(first, again):
        raise BadInputFile(
            f"the same inputs give two pictures: {_random_layer(module, found.owned(module), inputs)} draws at random "
            "in eval mode\nmake it follow training: `if self.training:` around it, F.dropout(x, p, self.training)"
        )
    try:
        alone = _one_by_one(found.owned(module), inputs)
    except Exception:  # a squeeze() in forward drops a batch of one
        found = replace(found, pairs=True)
        alone = _one_by_one(found.owned(module), inputs)
    if not _same(first, alone):
        raise BadInputFile(
            "a picture depends on the others of its batch: a batch norm in training mode, or without running "
            "statistics?\nexpected that eval() settles it: give its norms track_running_stats=True"
        )
    return found


def _one_by_one(owned: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    return torch.cat([_draw(owned, tuple(value[i : i + 1] for value in inputs)) for i in range(_PICTURES)])


def _draw(owned: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    with torch.no_grad():
        made: Tensor = owned(*inputs)
    return made


def _same(left: Tensor, right: Tensor) -> bool:
    if left.shape != right.shape:
        return False
    scale = max(1.0, float(left.abs().nan_to_num().max()))
    return bool(torch.allclose(left, right, rtol=0, atol=EXPORT_ERROR * scale, equal_nan=True))


def _random_layer(module: nn.Module, owned: nn.Module, inputs: tuple[Tensor, ...]) -> str:
    """The innermost module that gives two results for one input, by its name and kind."""
    calls: list[list[tuple[str, list[Tensor], list[Tensor]]]] = []

    def keep(name: str) -> Any:
        def hook(_: nn.Module, given: tuple[object, ...], made: object) -> None:
            tensors = [value.clone() for value in given if isinstance(value, Tensor)]
            calls[-1].append((name, tensors, [made.clone()] if isinstance(made, Tensor) else []))

        return hook

    named = [
        (f"{name} ({type(part).__name__})" if name else type(part).__name__, part)
        for name, part in module.named_modules()
    ]
    handles = [part.register_forward_hook(keep(name)) for name, part in named]
    try:
        for _ in range(2):
            calls.append([])
            _draw(owned, inputs)
    finally:
        for handle in handles:
            handle.remove()
    for (name, given, made), (_, given_again, made_again) in zip(*calls, strict=False):
        pairs = [*zip(given, given_again, strict=False)]
        if all(torch.equal(a, b) for a, b in pairs) and not all(map(torch.equal, made, made_again)):
            return str(name)
    return type(module).__name__
