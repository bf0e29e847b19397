"""A network that runs (an owner's module, a whole graph) -> what `export` verifies and writes."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import onnx_ir as ir
import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts, ValueRange
from ganrt.exporter.class_rows import with_class_rows
from ganrt.exporter.given import with_prior
from ganrt.exporter.graph import WithHead, build_graph, last_operator
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import Owned, folded, picture_index, pictures_among, tensors_of
from ganrt.exporter.owner.code import build, drawing_methods, owners_errors, prepared
from ganrt.exporter.owner.examine import examine
from ganrt.exporter.owner.parameters import Found, Parameter, trial_inputs
from ganrt.exporter.owner.probe import Prober
from ganrt.exporter.owner.reference import Code
from ganrt.exporter.owner.weights import load_weights
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import Recognised
from ganrt.exporter.source import Source
from ganrt.exporter.tracing import counts_in_python
from ganrt.spec import MAX_SIDE, GeneratorSpec, ImageInput, Labels, Latent, Output
from ganrt.tolerances import EXPORT_ERROR, EXPORT_LEVEL

SETTINGS: Mapping[str, str] = {
    "network": "which of several networks in the file",
    "latent": "how many values z has, where neither the class nor the graph tells",
    "labels": "how many classes the label argument takes",
    "prior": "normal, uniform, truncated_normal, or the parts of z in the arguments' order",
    "threshold": "where truncated_normal is cut off, default 2",
    "z_shape": "the shape of z, such as n,dim,1,1",
    "range": "tanh (-1 to 1), sigmoid (0 to 1) or uint8 (0 to 255), where the last operator does not tell",
    "layout": "nchw or nhwc, default whichever axis has 1, 3 or 4 channels",
    "channel_order": "rgb (default) or bgr, of all pictures that go in and come out",
    "source_range": "of a translator's own pictures, default as --range",
    "output_shape": "of a flat output, such as 1x28x28; default a square",
    "size": "of a translator's pictures, default 256x256 or what fits",
    "condition": "what a translator's second argument is held at, default 0",
    "image_output": "which of several tensors is the picture, counted from 0; default the largest",
}
_LAST = {"Tanh": "tanh", "Sigmoid": "sigmoid"}
_MEANING = {"tanh": "-1 to 1", "sigmoid": "0 to 1", "uint8": "0 to 255"}
# What a range may be exceeded by: networks without a last tanh overshoot a little, and are clipped.
_ALLOWED = {"tanh": (-2.0, 2.0), "sigmoid": (-0.25, 1.25), "uint8": (-16.0, 272.0)}
_ROUNDINGS = 4  # of the owner's module that a graph may be off by: its sums run in another order at each layer
_PICTURES = 8  # drawn to look at their values
_SLACK = 0.05  # what pictures in [0, 1] may exceed it by, to be taken for such


@dataclass(frozen=True)
class Drawn:
    """A few pictures of the network's.

    Attributes:
        pictures: float32 [n, c, h, w]. shape: as the network gives them, without the batch.
        whole: whether they were whole levels. tensors: how many came with them; index: which of them they are.
        likely: those that may be pictures too, by their shapes.
    """

    pictures: Tensor
    shape: tuple[int, ...]
    whole: bool
    tensors: int
    index: int
    likely: tuple[int, ...] = ()


@dataclass(frozen=True)
class Subject:
    """A network that runs.

    Attributes:
        module: in eval mode, float32, on the CPU.
        what: names it, such as "Generator of models.py".
        matched: what it was recognised by.
        trace: makes its graph, which keeps the contract.
        numbers, parameters: see `Prober`.
        settings: the options that it takes. family: of the spec.
        against, tolerance, notes: see `Candidate`.
    """

    module: nn.Module
    what: str
    matched: str
    trace: Callable[[Candidate, Found, Drawn], ir.Model]
    numbers: Mapping[str, int] = field(default_factory=dict)
    parameters: Sequence[Parameter] | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: SETTINGS)
    family: str = "class"
    against: str = ""
    tolerance: float = EXPORT_ERROR
    notes: tuple[str, ...] = ()


def owners_candidate(module: nn.Module, numbers: Mapping[str, int], settings: Settings, what: str) -> Candidate:
    """`make_candidate` of an owner's module."""

    def trace(candidate: Candidate, found: Found, _: Drawn) -> ir.Model:
        return _trace_module(candidate, found, what)

    matched = f"{what} with its weights"
    return make_candidate(Subject(module, what, matched, trace, numbers), settings)


def make_candidate(subject: Subject, settings: Settings) -> Candidate:
    """Finds how a network is called, and makes its graph.

    Raises:
        UsageError: what it takes is not clear, or an option does not fit. BadInputFile: it fails, or is random.
    """
    settings.refuse(subject.settings, subject.what)
    if settings.image_output is not None and not settings.image_output.isdecimal():
        raise UsageError(f"--image-output {settings.image_output}: expected the number of an output, counted from 0")
    module = subject.module
    prober = Prober(module, subject.numbers, settings, subject.parameters)
    state = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    with owners_errors(f"running {subject.what}"):
        found = prober.find()
        module.load_state_dict(state, strict=False)  # which trials may have changed: see `Owned`
        found = examine(module, found)
        drawn = _draw(module, found, unit=(settings.source_range or settings.range) == "sigmoid")
        found = replace(found, open_size=_takes_other_sizes(module, found, prober.parameters))
    facts = Facts(settings)
    _tell(found, facts)
    if drawn.pictures.shape[1] >= 3 or settings.channel_order is not None:
        facts.assume("channel_order", "rgb")
    if "image_output" in subject.settings and len(drawn.likely) > 1:
        rest = ", ".join(str(i) for i in drawn.likely if i != drawn.index)
        facts.assume("image_output", str(drawn.index), f"{rest} may be it too, counted from 0")
    if others := drawing_methods(module):
        note = f"it has {', '.join(others)[:120]} too: if pictures are drawn by those, --code a class that calls them"
        facts.open("what draws", "forward", note)
    spec = with_prior(_spec(subject.family, found, drawn), facts, open_prior=True)
    candidate = Candidate(found.owned(module), spec, "tanh", subject.matched)
    model, said = _traced(subject, candidate, found, drawn, facts)
    value_range: ValueRange = "tanh" if said == "tanh" else "sigmoid"
    source = _source_range(found, value_range, said, facts)
    candidate = replace(
        candidate,
        module=found.owned(module, source, said == "uint8"),
        value_range=value_range,
        facts=tuple(facts.found),
        notes=(*subject.notes, *_notes(drawn, said), *_idle(found), *_rounding(found)),
        against=(subject.against or f"{subject.what} in torch {torch.__version__}")[:200],
        tolerance=max(subject.tolerance, min(_ROUNDINGS * found.rounding, EXPORT_LEVEL)),
    )
    if said != "tanh" or source:
        model = subject.trace(candidate, found, drawn)
    return replace(candidate, model=with_class_rows(model, spec))


def _draw(module: nn.Module, found: Found, count: int = _PICTURES, unit: bool = False) -> Drawn:
    """Args: unit: whether the pictures that go in lie in 0 to 1."""
    inputs = trial_inputs(found, count)
    if unit and found.call.picture is not None:
        inputs = ((inputs[0] + 1) / 2,)
    with torch.no_grad():
        pictures = found.owned(module)(*inputs)
        made = tensors_of(module(*found.call.values(inputs)))
    index = picture_index(made, found.call)
    assert index is not None
    likely = tuple(pictures_among(made, found.call))
    return Drawn(pictures, tuple(made[index].shape[1:]), made[index].dtype == torch.uint8, len(made), index, likely)


def _takes_other_sizes(module: nn.Module, found: Found, parameters: Sequence[Parameter]) -> bool:
    other = replace(found, size=(found.size[0] * 2, found.size[1] * 2))
    picture = found.call.picture
    if picture is None or not parameters[0].takes(picture, other.size):
        return False
    try:
        return len(_draw(module, other, 1).pictures) > 0
    except Exception:  # whatever the owner's code raises
        return False


def _tell(found: Found, facts: Facts) -> None:
    """The facts that the call holds."""
    facts.read("forward", found.call.words())
    if found.guessed and found.call.shape is not None:
        facts.assume("output_shape", found.call.shape, shown="x".join(map(str, found.call.shape)))
    if found.call.picture is not None and found.open_size:
        facts.assume("size", found.size, shown=f"{found.size[0]}x{found.size[1]}")
    held = [a for a in found.call.arguments if a.kind == "fixed"]
    if held and found.call.picture is not None:  # a generator's make no difference
        facts.assume("condition", held[0].held, f"{held[0].name} takes {held[0].size} values")


def _spec(family: str, found: Found, drawn: Drawn) -> GeneratorSpec:
    channels, height, width = drawn.pictures.shape[1:]
    if max(height, width) > MAX_SIDE:
        raise UsageError(f"pictures of {height}x{width}; expected sides up to {MAX_SIDE}")
    output = Output(channels=channels, height=height, width=width)
    call, (rows, columns) = found.call, found.size
    if call.picture is not None:
        image = ImageInput(height=rows, width=columns, channels=call.picture.size)
        return GeneratorSpec(name=family, family=family, task="translate", image=image, output=output)
    return GeneratorSpec(
        name=family,
        family=family,
        latent=Latent(dim=call.dim, prior="normal", psi_mode="resample"),
        labels=Labels(count=call.classes) if call.classes else None,
        output=output,
    )


def _traced(subject: Subject, candidate: Candidate, found: Found, drawn: Drawn, facts: Facts) -> tuple[ir.Model, str]:
    """The graph, and the pictures' range: of the last operator, of the option, or by their values."""
    model = subject.trace(candidate, found, drawn)
    last = "uint8" if drawn.whole else _LAST.get(last_operator(model))
    given = facts.settings.range
    low, high = float(drawn.pictures.min()), float(drawn.pictures.max())
    if given is not None and (last not in (None, given) or not _lies(low, high, given)):
        # Pictures of which nothing is above 16 are hardly levels up to 255: that is not what anybody should try next.
        likely = [name for name in _MEANING if name != "uint8" or high > -_ALLOWED["uint8"][0]]
        fitting = [name for name in likely if last in (None, name) and _lies(low, high, name)]
        expected = (
            ", ".join(f"{name} ({_MEANING[name]})" for name in fitting) or "a trained network: these lie in no range"
        )
        raise UsageError(f"--range {given}: the pictures lie in {low:.3g} to {high:.3g}\nexpected {expected}")
    if last is not None:
        facts.read("range", last, "the last operator")
        return model, last
    guess = "sigmoid" if low >= -_SLACK / 10 and high <= 1 + _SLACK else "uint8" if low >= 0 and high > 16 else "tanh"
    chosen: str = facts.assume("range", guess, f"8 pictures lie in {low:.3g} to {high:.3g}")
    return model, chosen


def _lies(low: float, high: float, said: str) -> bool:
    """Whether values may be of a range. NaN passes: verification names the picture."""
    least, most = _ALLOWED[said]
    return not (low < least or high > most or (said == "uint8" and high <= 1.5))


def _trace_module(candidate: Candidate, found: Found, what: str) -> ir.Model:
    module = candidate.module
    assert isinstance(module, Owned)
    with owners_errors(f"tracing {what}"):
        if found.kept is not None:
            module.module.load_state_dict(found.kept)
        plain = Owned(folded(module.module), found.call, source=module.source, levels=module.levels)
        counted = WithHead(copy.deepcopy(plain), candidate.value_range)  # a call may change what is traced
        refusal = BadInputFile(
            f"{what} draws one number of pictures only: its forward counts them in Python, such as by a loop over "
            "them or by their length\nwrite it for all pictures at once, with z.size(0) where it needs their number"
        )
        if counts_in_python(counted, candidate.spec):
            raise refusal
        try:
            return build_graph(replace(candidate, module=plain))
        except AssertionError as error:  # the contract: a graph for batches of one length alone
            raise refusal from error


def _source_range(found: Found, value_range: str, said: str, facts: Facts) -> str:
    """How a translator's own pictures differ from the contract's: see `own_range`."""
    if found.call.picture is None:
        if facts.settings.source_range is not None:
            raise UsageError("--source-range: this generator takes no pictures\nleave the option away")
        return ""
    source = facts.assume("source_range", said)
    return "" if source == value_range else {"sigmoid": "unit", "tanh": "signed", "uint8": "levels"}[source]


def _rounding(found: Found) -> list[str]:
    if not found.rounding:
        return []
    return [f"it enlarges float32's rounding: a picture alone and in a batch differ by {found.rounding:.1g}"]


def _idle(found: Found) -> list[str]:
    """A translator's held arguments are an assumption instead: they do make a difference."""
    names = [a.name for a in found.call.arguments if a.kind == "fixed" and found.call.picture is None]
    return [f"{', '.join(names)} made no difference to trial pictures: 0 is given"] if names else []


def _notes(drawn: Drawn, said: str) -> tuple[str, ...]:
    notes = []
    if said == "tanh" and drawn.pictures.min() >= 0:
        notes.append(f"no value of {len(drawn.pictures)} pictures is below 0: is it --range sigmoid?")
    if drawn.tensors > 1:
        notes.append(f"it gives {drawn.tensors} tensors; number {drawn.index}, counted from 0, is taken as the picture")
    if bool((drawn.pictures == drawn.pictures[:1]).all()):
        notes.append("different inputs give the same picture")
    return tuple(notes)


def read_by_code(code: Code, checkpoint: Path, settings: Settings) -> Recognised:
    """Builds the class and loads the network of `checkpoint` that fits it. Runs the owner's code.

    Raises:
        BadInputFile: the code fails, or no network fits. UsageError: an option that makes no sense.
    """
    file = read_file(checkpoint)  # before the code runs, which may change the working folder
    module, numbers = build(code, file.said)
    what = f"{code.name or type(module).__name__} of {Path(code.place).name}"
    source = load_weights(module, file, settings.network, what)
    return Recognised(source, owners_candidate(module, numbers, settings, what))


def read_module(module: nn.Module, settings: Settings, numbers: Mapping[str, int] | None = None) -> Recognised:
    """A copy of a module that lives, in eval mode on the CPU.

    Raises:
        UsageError: it is no module, or cannot be copied. BadInputFile: see `owners_candidate`.
    """
    if not isinstance(module, nn.Module):
        raise UsageError(f"expected a torch.nn.Module or the path of a checkpoint, not {type(module).__name__}")
    try:
        copied = copy.deepcopy(module)
    except Exception as error:  # whatever a module's attributes raise
        raise UsageError(
            f"{type(module).__name__} cannot be copied: {error}\nexport it before it is trained on"
        ) from error
    copied = prepared(copied)
    what = f"{type(module).__name__}, a live module"
    digest = hashlib.sha256()
    state = copied.state_dict()
    for key, tensor in state.items():
        digest.update(key.encode() + tensor.contiguous().numpy().tobytes())
    size = sum(tensor.nbytes for tensor in state.values())
    source = Source(Path(type(module).__name__), "module", size, digest.hexdigest(), state)
    return Recognised(source, owners_candidate(copied, numbers or {}, settings, what))
