"""What a module takes, found by calling it.

A wrong length fails at the first layer. Where several calls fit, the owner is asked: nothing is guessed that changes a
picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import nn

from ganrt.errors import UsageError
from ganrt.exporter.candidate import CHANNELS
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import Call, Shape, as_picture, tensors_of
from ganrt.exporter.owner.code import reason, where
from ganrt.exporter.owner.examine import draw
from ganrt.exporter.owner.guesses import LEAST_SIDE, Guesses
from ganrt.exporter.owner.parameters import AROUND, Found, Parameter, parameters_of, trial_inputs

_PICTURES = 3  # drawn at once: no length of a network's is three
_MAX_TRIALS = 4000
_MAX_CLASSES = 65536


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
        self.guesses = Guesses(module, numbers, settings, parameters or parameters_of(module))
        self.parameters = self.guesses.parameters
        self.problem = ""
        self.trials = 0
        self.strict = True  # whether classes must make a difference

    def find(self) -> Found:
        """The one call that fits: of z and labels, else of a picture.

        Raises:
            UsageError: none or several do; the message says what to give. BadInputFile: the picture is none.
        """
        fitting = self._first_fitting(self.guesses.generators())
        if not fitting and any(p.label for p in self.parameters):
            self.strict = False
            fitting = self._first_fitting(self.guesses.generators())
        fitting = fitting or self._first_fitting(self.guesses.translators())
        if not fitting:
            raise self._nothing_fits()
        fitting = self._settled(fitting) if len(fitting) > 1 else fitting
        found = fitting[0]
        if len(fitting) > 1:
            shown = "; ".join(f.call.words() for f in fitting[:4])
            raise UsageError(f"several calls of forward fit: {shown}\nsay which: {_asked(found.call)}")
        self._refuse_rows(found)
        return found

    def _nothing_fits(self) -> UsageError:
        if len(labels := [p.name for p in self.parameters if p.label]) > 1:
            names = ", ".join(labels)[:100]
            return UsageError(f"forward takes {len(labels)} labels ({names}); expected one\n{AROUND}")
        names = ", ".join(p.words() for p in self.parameters)
        output = "" if self.settings.image_output is None else "another --image-output, "
        return UsageError(
            f"nothing that was tried fits ({names}); the nearest failed: {self.problem or 'no picture'}\n"
            f"say what it takes: {output}--latent 100, --labels 10, --prior normal:62,onehot:10, "
            f"--z-shape n,dim,1,1, --size 64x64; or {AROUND}"
        )

    def _settled(self, fitting: Sequence[Found]) -> list[Found]:
        """The first, if all give the same pictures: z is cut elsewhere and joined again, or an argument is idle."""
        held = [self._with_idle_held(found) for found in fitting]
        first = held[0]
        if any((f.call.dim, f.call.classes) != (first.call.dim, first.call.classes) for f in held):
            return list(fitting)
        inputs = trial_inputs(first, _PICTURES)
        pictures = [draw(f.owned(self.module), inputs) for f in held]
        return held[:1] if all(torch.equal(pictures[0], other) for other in pictures[1:]) else list(fitting)

    def _with_idle_held(self, found: Found) -> Found:
        """With 0 for the vectors that make no difference, as labels of a network that was built without them."""
        inputs = trial_inputs(found, _PICTURES)
        picture, arguments, at = draw(found.owned(self.module), inputs), list(found.call.arguments), 0
        for i, a in enumerate(arguments):
            if a.kind != "vector":
                continue
            other = inputs[0].clone()
            other[:, at : at + a.size] += 1
            at += a.size
            if torch.equal(draw(found.owned(self.module), (other, *inputs[1:])), picture):
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
                f"then {AROUND}, self.net(z, self.net.{table}(labels)); if it takes class weights: --labels 10"
            )

    def _first_fitting(self, groups: Iterable[Iterable[Found]]) -> list[Found]:
        """All that fit of the first group in which any does."""
        for group in groups:
            fits: list[Found] = []
            for candidate in group:
                arguments = zip(self.parameters, candidate.call.arguments, strict=False)
                declared = all(parameter.takes(argument, candidate.size) for parameter, argument in arguments)
                # The same lengths with other axes are the same call.
                if declared and not any(_same_lengths(candidate.call, other.call) for other in fits):
                    fits += filter(None, [self._tried(candidate)])
            if fits:
                return fits
        return []

    def _tried(self, candidate: Found) -> Found | None:
        """It as it draws; None if it does not, and `problem` says why."""
        self.trials += 1
        if self.trials > _MAX_TRIALS:
            return None
        try:
            candidate = self._counted(replace(candidate, call=self._as_said(candidate.call)))
            with torch.no_grad():
                made = self.module(*candidate.call.values(trial_inputs(candidate, _PICTURES)))
            guess = self.settings.output_shape or _guessed_shape(made)
            native = as_picture(made, replace(candidate.call, shape=guess))
        except UsageError:
            raise
        except Exception as error:  # whatever the owner's code raises
            self.problem = f"{reason(error)}{where(error)}".replace("\n", "; ")[:400]
            return None
        if len(native) != _PICTURES or native.shape[1] not in CHANNELS or min(native.shape[2:]) < LEAST_SIDE:
            self.problem = f"{list(native.shape)} for {_PICTURES} inputs, which is no picture each"
            return None
        if self.strict and candidate.call.classes and not self._classes_matter(candidate, made):
            self.problem = "the classes make no difference"
            return None
        flat = guess is not None and tuple(native.shape[1:]) == guess and not _has_picture(made)
        call = replace(candidate.call, shape=guess if flat else None)
        return replace(candidate, call=call, guessed=flat and self.settings.output_shape is None)

    def _as_said(self, call: Call) -> Call:
        """With what options say of the pictures that come out."""
        said, bgr = self.settings.image_output, self.settings.channel_order == "bgr"
        return replace(call, layout=self.settings.layout or "", output=None if said is None else int(said), bgr=bgr)

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


def _same_lengths(left: Call, right: Call) -> bool:
    return [(a.name, a.size) for a in left.arguments] == [(a.name, a.size) for a in right.arguments]


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
