"""What a module takes, found by calling it.

Candidates for the lengths come from its layers and from the whole numbers that its owner named; a wrong one fails at
the first layer. Where several fit, the owner is asked: nothing is guessed that changes a picture.
"""

from __future__ import annotations

import copy
import dis
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
from ganrt.exporter.owner.call import CHANNELS, Argument, Call, Dims, Owned, Shape, as_picture, tensors_of
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
_AROUND = "give a class around it, whose forward takes z and labels and calls it: --code mine.py:Mine"
_PICTURES = 3  # drawn at once: no length of a network's is three
_LEAST_SIDE = 8
_TRIED_SIDES = (256, 128, 64, 512, 32)
_MAX_TRIALS = 4000
_MAX_CLASSES = 65536


@dataclass(frozen=True)
class Parameter:
    """An argument of `forward`, or an input of a graph.

    Attributes:
        label: whether it is taken for class labels.
        dims: its shape without the batch, as a graph declares it; None: nothing is declared.
        whole: whether it takes whole numbers; None: that is not declared.
    """

    name: str
    label: bool
    dims: Dims | None = None
    whole: bool | None = None

    def takes(self, argument: Argument, sides: tuple[int, int]) -> bool:
        """Whether an argument's shape is the declared one."""
        dims = argument.dims(sides)
        declared = self.dims is None or (
            len(self.dims) == len(dims) and all(d in (None, size) for d, size in zip(self.dims, dims, strict=True))
        )
        return declared and self.whole in (None, argument.kind == "numbers")

    def words(self) -> str:
        """Such as "z [?, 100]"."""
        if self.dims is None:
            return self.name
        return f"{self.name} [{', '.join('?' if d is None else str(d) for d in (None, *self.dims))}]"


def is_label(name: str) -> bool:
    """Whether an argument of this name is taken for class labels."""
    return bool(_LABEL.search(name))


@dataclass(frozen=True)
class Found:
    """How a module is called.

    Attributes:
        size: (height, width) of the pictures that a translator takes; `open_size`: whether others do as well.
        guessed: whether the shape of a flat output was guessed.
        pairs, kept: see `Owned`.
        rounding: how far single pictures are from those of a batch, where float32's rounding alone does it.
    """

    call: Call
    size: tuple[int, int] = (0, 0)
    open_size: bool = False
    guessed: bool = False
    pairs: bool = False
    kept: State | None = None
    rounding: float = 0.0

    def owned(self, module: nn.Module, source: str = "", levels: bool = False) -> Owned:
        """The module in the contract's shapes."""
        return Owned(module, self.call, pairs=self.pairs, source=source, levels=levels, kept=self.kept)


def parameters_of(module: nn.Module) -> list[Parameter]:
    """Those that `forward` needs, and an optional one that is a label and that it reads."""
    found: list[Parameter] = []
    taken = inspect.signature(module.forward).parameters.values()
    if named := [p.name for p in taken if p.kind == p.KEYWORD_ONLY and p.default is p.empty]:
        raise UsageError(f"forward takes {', '.join(named)[:100]} by keyword alone\n{_AROUND}")
    positional = [p for p in taken if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    latents = [p for p in positional if p.default is p.empty and not is_label(p.name)]
    for parameter in positional:
        label = is_label(parameter.name)
        wanted = label and found and not any(p.label for p in found) and _reads(module, parameter.name)
        optional = parameter.default is None and wanted
        if parameter.default is parameter.empty or optional:
            found.append(Parameter(parameter.name, label and bool(found or latents)))
    # nn.Sequential's own forward calls it `input`; one whose forward takes *inputs takes one.
    return found or [Parameter("z", False)]


def _reads(module: nn.Module, argument: str) -> bool:
    """Whether the code of `forward` looks at an argument at all; TorchScript's is not seen, and may."""
    code = getattr(inspect.unwrap(module.forward), "__code__", None)
    if code is None or argument in code.co_cellvars:
        return True
    loads = (step.argval for step in dis.get_instructions(code) if step.opname.startswith("LOAD"))
    return any(argument in (names if isinstance(names, tuple) else (names,)) for names in loads)


class Prober:
    """Tries calls of one module.

    Args:
        numbers: whole numbers by the names that the owner gave them.
        parameters: what it takes, where its `forward` does not say.
    """

    def __init__(
        self,
        module: nn.Module,
        numbers: Mapping[str, int],
        settings: Settings,
        parameters: Sequence[Parameter] | None = None,
    ) -> None:
        self.module, self.settings = module, settings
        self.numbers = {**numbers, **numbers_of(module)}
        self.parameters = _with_said_label(list(parameters or parameters_of(module)), settings)
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
            if len(labels := [p.name for p in self.parameters if p.label]) > 1:
                raise UsageError(
                    f"forward takes {len(labels)} labels ({', '.join(labels)[:100]}); expected one\n{_AROUND}"
                )
            names = ", ".join(p.words() for p in self.parameters)
            output = "" if self.settings.image_output is None else "another --image-output, "
            raise UsageError(
                f"nothing that was tried fits ({names}); the nearest failed: {self.problem or 'no picture'}\n"
                f"say what it takes: {output}--latent 100, --labels 10, --prior normal:62,onehot:10, "
                f"--z-shape n,dim,1,1, --size 64x64; or {_AROUND}"
            )
        fitting = self._settled(fitting) if len(fitting) > 1 else fitting
        found = fitting[0]
        if len(fitting) > 1:
            shown = "; ".join(f.call.words() for f in fitting[:4])
            raise UsageError(f"several calls of forward fit: {shown}\nsay which: {_asked(found.call)}")
        self._refuse_rows(found)
        return found

    def _settled(self, fitting: Sequence[Found]) -> list[Found]:
        """The first, if all give the same pictures: z is cut elsewhere and joined again, or an argument is idle."""
        held = [self._with_idle_held(found) for found in fitting]
        first = held[0]
        if any((f.call.dim, f.call.classes) != (first.call.dim, first.call.classes) for f in held):
            return list(fitting)
        inputs = trial_inputs(first, _PICTURES)
        pictures = [_draw(f.owned(self.module), inputs) for f in held]
        return held[:1] if all(torch.equal(pictures[0], other) for other in pictures[1:]) else list(fitting)

    def _with_idle_held(self, found: Found) -> Found:
        """With 0 for the vectors that make no difference, as labels of a network that was built without them."""
        inputs = trial_inputs(found, _PICTURES)
        picture, arguments, at = _draw(found.owned(self.module), inputs), list(found.call.arguments), 0
        for i, a in enumerate(arguments):
            if a.kind != "vector":
                continue
            other = inputs[0].clone()
            other[:, at : at + a.size] += 1
            at += a.size
            if torch.equal(_draw(found.owned(self.module), (other, *inputs[1:])), picture):
                arguments[i] = replace(a, kind="fixed", held=(0.0,) * a.size)
        call = replace(found.call, arguments=tuple(arguments))
        return replace(found, call=call) if call.dim else found

    def _refuse_rows(self, found: Found) -> None:
        """BigGANs are called with rows of a table that their `forward` leaves to the caller, not with class weights."""
        kinds = [a.kind for a in found.call.arguments]
        if len(kinds) < 2 or not {*kinds} <= {"vector", "rows", "fixed"} or self.settings.labels or self.settings.prior:
            return
        if table := _idle_table(self.module, found):
            others = ", ".join(a.name for a in found.call.arguments[1:])[:100]
            raise UsageError(
                f"forward does not call {table}, a table of classes: is {others} a row of it?\n"
                f"then {_AROUND}, self.net(z, self.net.{table}(labels)); if it takes class weights: --labels 10"
            )

    def _first_fitting(self, groups: Iterable[Iterable[Found]]) -> list[Found]:
        """All that fit of the first group in which any does."""
        for group in groups:
            fits: list[Found] = []
            for candidate in group:
                if not all(
                    map(Parameter.takes, self.parameters, candidate.call.arguments, itertools.repeat(candidate.size))
                ):
                    continue
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
        said = self.settings.image_output
        output = None if said is None else int(said)
        bgr = self.settings.channel_order == "bgr"
        call = replace(candidate.call, layout=self.settings.layout or "", output=output, bgr=bgr)
        candidate = replace(candidate, call=call)
        try:
            candidate = self._counted(candidate)
            inputs = trial_inputs(candidate, _PICTURES)
            with torch.no_grad():
                made = self.module(*candidate.call.values(inputs))
            guess = self.settings.output_shape or _guessed_shape(made)
            native = as_picture(made, replace(candidate.call, shape=guess))
        except UsageError:
            raise
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

    def _counted(self, candidate: Found) -> Found:
        """With the count of classes that are numbers, where nothing says it: the first number that is refused."""
        call = candidate.call
        if all(a.kind != "numbers" or a.size for a in call.arguments):
            return candidate
        z = torch.zeros(_PICTURES, call.dim)

        def takes(number: int) -> bool:
            rows = torch.zeros(_PICTURES, number + 1)
            rows[:, number] = 1
            try:
                self.module(*call.values((z, rows)))
            except Exception:  # whatever the owner's code raises
                return False
            return True

        with torch.no_grad():
            self.module(*call.values((z, torch.ones(_PICTURES, 1))))  # else it fails for another reason
            high = next((2**i for i in range(1, 17) if not takes(2**i)), _MAX_CLASSES)
            if high == _MAX_CLASSES:
                raise TypeError("class numbers without an end: give --labels COUNT")
            low = high // 2
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if takes(middle) else (low, middle)
        counted = tuple(replace(a, size=high) if a.kind == "numbers" else a for a in call.arguments)
        return replace(candidate, call=replace(call, arguments=counted))

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
            return [0]  # they are counted: see `_counted`
        named = [value for name, value in self.numbers.items() if _CLASSES.search(name)]
        return list(dict.fromkeys([*(rows for rows, _ in self._embeddings()), *named]))

    def _named(self) -> list[int]:
        """Whole numbers whose names say that they are z's length."""
        return [value for name, value in self.numbers.items() if _LATENT.search(name)]

    def _sizes(self, vectors: int, label: Argument | None) -> Iterator[list[tuple[int, ...]]]:
        """The lengths of the parts of z: given, by their names, or by the layers."""
        prior = self.settings.prior
        given = parse_prior(prior)[1] if prior is not None else None
        total = self.settings.latent or given
        if vectors == 0:
            return
        if total is not None:
            # As they were given: neighbours of one distribution may go into two arguments.
            parts = [int(part.partition(":")[2]) for part in prior.split(",")] if prior and given else [total]
            yield [tuple(map(sum, cut)) for cut in _cuts(parts, vectors)]
            return
        named, inputs = self._named(), self._inputs()
        less = [size - label.size for size in inputs if label is not None and size > label.size]
        embedded = [columns for _, columns in self._embeddings()]
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
        declared = [size for p in self.parameters for size in p.dims or () if size]
        sizes = [_takes(module) for module in self.module.modules()]
        return list(dict.fromkeys(size for size in [*declared, *sizes] if size))

    def _embeddings(self) -> list[tuple[int, int]]:
        weights = [_weight(m) for m in self.module.modules() if _is(m, nn.Embedding)]
        return [(weight.shape[0], weight.shape[1]) for weight in weights if weight is not None]

    # pictures

    def _translators(self) -> Iterator[Iterator[Found]]:
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
            if len(dims) == 3 and all(side and side >= _LEAST_SIDE for side in sides):
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


def _idle_table(module: nn.Module, found: Found) -> str:
    """An embedding of the module's that drawing does not use; "" if there is none."""
    called: set[nn.Module] = set()
    tables = {name: part for name, part in module.named_modules() if isinstance(part, nn.Embedding)}
    hooks = [part.register_forward_pre_hook(lambda part, _: called.add(part)) for part in tables.values()]
    try:
        with torch.no_grad():
            module(*found.call.values(trial_inputs(found, _PICTURES)))
    finally:
        for hook in hooks:
            hook.remove()
    return next((name for name, part in tables.items() if part not in called), "")


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


def _same_lengths(left: Call, right: Call) -> bool:
    return [(a.name, a.size) for a in left.arguments] == [(a.name, a.size) for a in right.arguments]


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


def _asked(call: Call) -> str:
    vectors = [a for a in call.arguments if a.kind == "vector"]
    if len(vectors) > 1:
        return "--prior with the parts of z in the arguments' order, such as --prior normal:62,onehot:10"
    return "--latent 100" + (", --labels 10" if call.classes else "")


def _has_picture(made: object) -> bool:
    try:
        as_picture(made, Call(()))
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
    if not _same(first, alone) and _alike_in_double(module, found, inputs):
        return replace(found, rounding=float((first - alone).abs().max()))
    if not _same(first, alone):
        raise BadInputFile(
            "a picture depends on the others of its batch: a batch norm in training mode, or without running "
            "statistics?\nexpected a network in eval mode, and norms with track_running_stats=True"
        )
    return found


def _alike_in_double(module: nn.Module, found: Found, inputs: tuple[Tensor, ...]) -> bool:
    """Whether rounding alone tells a batch from single pictures: instance norms of flat planes enlarge it."""
    owned = replace(found, kept=None).owned(copy.deepcopy(module).double())
    values = tuple(value[:2].double() for value in inputs)
    try:
        together = _draw(owned, values)
        return _same(together, torch.cat([_draw(owned, tuple(v[i : i + 1] for v in values)) for i in range(2)]))
    except (RuntimeError, TypeError):  # torch's, where forward makes tensors of its own in float32
        return False


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
        if not isinstance(part, torch.jit.ScriptModule)  # which take no hooks
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
