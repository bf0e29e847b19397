"""Which calls of a module may be meant, the likeliest first.

The lengths of z and the counts of classes come from what was said, from the module's layers, and from the whole
numbers that its owner named.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from torch import Tensor, nn

from ganrt.exporter.candidate import CHANNELS
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import Argument, Call
from ganrt.exporter.owner.code import numbers_of
from ganrt.exporter.owner.parameters import Found, Parameter
from ganrt.prior import parse_prior

_LATENT = re.compile(
    r"latent|noise|z_?dim|^nz$|^z$|dim_?z|n_?z$|input_(dim|size)|in_dim|code_?(dim|size)", re.IGNORECASE
)
_CLASSES = re.compile(r"class|label|n_?c$|cond|categ|c_dim|attr", re.IGNORECASE)
_SIDES = re.compile(r"size|shape|side|res", re.IGNORECASE)
LEAST_SIDE = 8
_TRIED_SIDES = (256, 128, 64, 512, 32)


class Guesses:
    """Of one module; see `Prober`."""

    def __init__(
        self, module: nn.Module, numbers: Mapping[str, int], settings: Settings, parameters: Sequence[Parameter]
    ) -> None:
        self.module, self.settings = module, settings
        self.numbers = {**numbers, **numbers_of(module)}
        self.parameters = _with_said_label(list(parameters), settings)

    def generators(self) -> Iterator[Iterator[Found]]:
        """Calls with a latent, the likeliest group first."""
        for parameters in self._shapes():
            labels = [p for p in parameters if p.label]
            if len(labels) > 1:
                continue
            groups = self._groups(parameters, labels[0] if labels else None)
            if labels and not self._counts(labels[0]):
                # Nothing says which number is the classes' and which is z's: all are tried, those with a named z first.
                lists = [list(group) for group in groups]
                named = [[f for f in found if f.call.dim in self._named()] for found in lists]
                groups = iter([itertools.chain(*named), itertools.chain(*lists)])
            yield from groups

    def _groups(self, parameters: Sequence[Parameter], label: Parameter | None) -> Iterator[Iterator[Found]]:
        vectors = sum(not p.label for p in parameters)
        for argument in self._label_arguments(label):
            for sizes in self._sizes(vectors, argument):
                yield (
                    Found(Call(tuple(arguments)))
                    for lengths in sizes
                    for arguments in _arranged(parameters, lengths, argument, self._ones())
                )

    def _shapes(self) -> Iterator[list[Parameter]]:
        """The parameters; where the parts of z are given, a label's name may be one of them."""
        parts = self.settings.prior is not None and ":" in self.settings.prior
        plain = [replace(p, label=False) for p in self.parameters]
        orders = [plain, self.parameters] if parts else [self.parameters, plain]
        if not any(p.label for p in self.parameters) and len(plain) > 1 and self._embeddings():
            # What is looked up in a table is a class, whatever its name.
            orders += [[replace(p, label=p is looked_up) for p in plain] for looked_up in plain[::-1]]
        if self.settings.labels is not None:
            orders = [self.parameters]
        yield from (order for i, order in enumerate(orders) if order not in orders[:i])

    def _ones(self) -> Sequence[tuple[int, int]]:
        """How many axes of length 1 lie before and after the values of z."""
        if self.settings.z_shape is not None:
            return [self.settings.z_shape]
        found = [(0, 0), (0, 2)]
        for p in self.parameters:
            found += [(i, len(p.dims) - i - 1) for i in range(len(p.dims))] if p.dims and not p.label else []
        return list(dict.fromkeys(found))

    def _label_arguments(self, label: Parameter | None) -> Iterator[Argument | None]:
        if label is None:
            yield None
            return
        embeddings = [rows for rows, _ in self._embeddings()]
        counts = self._counts(label) or list(dict.fromkeys([*self._inputs(), *self.numbers.values()]))
        kinds: tuple[tuple[str, int], ...] = (("rows", 0), ("rows", 2), ("numbers", 0), ("numbers", 1))
        for count in counts:
            first_numbers = count in embeddings
            for kind, ones in sorted(kinds, key=lambda pair: (pair[0] == "rows") == first_numbers):
                yield Argument(label.name, kind, int(count), ones)  # type: ignore[arg-type]

    def _counts(self, label: Parameter) -> list[int]:
        """How many classes there may be, where something says it."""
        if self.settings.labels:
            return [self.settings.labels]
        if label.whole:
            return [0]  # they are counted: see `Prober`
        named = [value for name, value in self.numbers.items() if _CLASSES.search(name)]
        return list(dict.fromkeys([*(rows for rows, _ in self._embeddings()), *named]))

    def _named(self) -> list[int]:
        """Whole numbers whose names say that they are z's length."""
        return [value for name, value in self.numbers.items() if _LATENT.search(name)]

    def _sizes(self, vectors: int, label: Argument | None) -> Iterator[list[tuple[int, ...]]]:
        """The lengths of the parts of z: given, by their names, or by the layers."""
        if vectors == 0:
            return
        if parts := self._given_parts():
            yield [tuple(map(sum, cut)) for cut in _cuts(parts, vectors)]
            return
        inputs = self._inputs()
        if vectors > 1:
            short = list(dict.fromkeys([*self.numbers.values(), *inputs[:6]]))[:24]
            yield list(itertools.product(short, repeat=vectors))
            return
        named = self._named()
        less = [size - label.size for size in inputs if label is not None and size > label.size]
        less += [size - columns for size in inputs for _, columns in self._embeddings() if size > columns]
        lengths = dict.fromkeys(size for size in [*named, *inputs, *less, *self.numbers.values()] if size > 4)
        yield [(size,) for size in dict.fromkeys(named)]
        yield [(size,) for size in lengths]

    def _given_parts(self) -> list[int]:
        """As they were given: neighbours of one distribution may go into two arguments."""
        prior = self.settings.prior
        given = parse_prior(prior)[1] if prior is not None else None
        if prior and given:
            return [int(part.partition(":")[2]) for part in prior.split(",")]
        return [self.settings.latent] if self.settings.latent else []

    def _inputs(self) -> list[int]:
        """How many values or channels the layers take, in their order."""
        declared = [size for p in self.parameters for size in p.dims or () if size]
        sizes = [_takes(module) for module in self.module.modules()]
        return list(dict.fromkeys(size for size in [*declared, *sizes] if size))

    def _embeddings(self) -> list[tuple[int, int]]:
        weights = [_weight(m) for m in self.module.modules() if _is(m, nn.Embedding)]
        return [(weight.shape[0], weight.shape[1]) for weight in weights if weight is not None]

    def translators(self) -> Iterator[Iterator[Found]]:
        """Calls with a picture."""
        first = next((_takes(m) for m in self.module.modules() if _is(m, nn.Conv2d)), 3)
        channels = dict.fromkeys(c for c in (first, 3, 1, 4) if c in CHANNELS)
        lasts = (False, True) if self.parameters[0].dims else (False,)
        for last, size in itertools.product(lasts, self._picture_sizes()):
            for count in channels:
                for held in self._held(len(self.parameters) - 1, first - count):
                    picture = Argument(self.parameters[0].name, "picture", count, last=last)
                    yield iter([Found(Call((picture, *held)), size)])

    def _picture_sizes(self) -> Iterator[tuple[int, int]]:
        if self.settings.size is not None:
            yield self.settings.size
            return
        dims = self.parameters[0].dims or ()
        for sides in (dims[1:], dims[:2]):  # channels first, or last
            if len(dims) == 3 and all(side and side >= LEAST_SIDE for side in sides):
                yield sides  # type: ignore[misc]
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
    parameters: Sequence[Parameter], sizes: Sequence[int], label: Argument | None, ones: Sequence[tuple[int, int]]
) -> Iterator[list[Argument]]:
    """The arguments in their order, parts of z with the axes of length 1 that are tried."""
    for before, after in ones:
        lengths = iter(sizes)
        made = []
        for p in parameters:
            part = label if p.label and label else Argument(p.name, "vector", next(lengths), after, before=before)
            made.append(part)
        yield made


def _with_said_label(parameters: list[Parameter], settings: Settings) -> list[Parameter]:
    """With --labels and no argument that is called so: the last one whose declared length is not another."""
    if settings.labels is None or len(parameters) < 2 or any(p.label for p in parameters):
        return parameters
    fits = [i for i, p in enumerate(parameters) if not p.dims or any(d in (None, settings.labels) for d in p.dims)]
    return [replace(p, label=i == fits[-1]) for i, p in enumerate(parameters)] if fits else parameters


def _cuts(parts: Sequence[int], count: int) -> Iterator[list[Sequence[int]]]:
    """All ways to cut `parts` into `count` runs."""
    for places in itertools.combinations(range(1, len(parts)), count - 1):
        bounds = [0, *places, len(parts)]
        yield [parts[low:high] for low, high in itertools.pairwise(bounds)]


def _takes(module: nn.Module) -> int:
    """How many values or channels a layer takes; 0: it is none."""
    weight = _weight(module)
    if weight is None:
        return 0
    if _is(module, nn.Conv1d, nn.Conv2d, nn.Linear):
        return int(weight.shape[1]) * getattr(module, "groups", 1)
    return int(weight.shape[0]) if _is(module, nn.ConvTranspose1d, nn.ConvTranspose2d) else 0


def _is(module: nn.Module, *kinds: type[nn.Module]) -> bool:
    """Also of TorchScript, whose modules have no more than their classes' names."""
    return isinstance(module, kinds) or getattr(module, "original_name", "") in [kind.__name__ for kind in kinds]


def _weight(module: nn.Module) -> Tensor | None:
    """Spectral norms have it under another name."""
    return next((p for p in module.parameters() if p.ndim > 1), None)
