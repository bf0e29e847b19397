"""An owner's module -> what `export` verifies and writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import onnx
import torch
from torch import nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts, ValueRange
from ganrt.exporter.class_rows import with_class_rows
from ganrt.exporter.foreign.pictures import last_operator
from ganrt.exporter.graph import NATIVE, build_graph
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.call import Owned, folded, tensors_of
from ganrt.exporter.owner.code import owners_errors
from ganrt.exporter.owner.probe import Found, Prober, examine, trial_inputs
from ganrt.exporter.priors import with_prior
from ganrt.spec import MAX_SIDE, GeneratorSpec, ImageInput, Labels, Latent, Output

SETTINGS: Mapping[str, str] = {
    "network": "which of several networks in the file",
    "latent": "how many values z has, where the class does not tell",
    "labels": "how many classes the label argument takes",
    "prior": "normal, uniform, truncated_normal, or the parts of z in the arguments' order",
    "threshold": "where truncated_normal is cut off, default 2",
    "z_shape": "the shape of z, such as n,dim,1,1",
    "range": "tanh (-1 to 1) or sigmoid (0 to 1), where the last operator does not tell",
    "source_range": "of a translator's own pictures, default as --range",
    "output_shape": "of a flat output, such as 1x28x28; default a square",
    "size": "of a translator's pictures, default 256x256 or what fits",
    "condition": "what a translator's second argument is held at, default 0",
}
_LAST: dict[str, ValueRange] = {"Tanh": "tanh", "Sigmoid": "sigmoid"}
_SLACK = 0.05  # what pictures in [0, 1] may exceed it by


@dataclass(frozen=True)
class _Drawn:
    """A few pictures of the module's: float32 [n, c, h, w] and how many tensors came with each call."""

    pictures: torch.Tensor
    tensors: int


def owners_candidate(module: nn.Module, numbers: Mapping[str, int], settings: Settings, what: str) -> Candidate:
    """Finds how `module` is called, and makes its graph.

    Args:
        module: in eval mode, float32, on the CPU. numbers: see `Prober`.
        settings: those of `SETTINGS`.
        what: names the module, such as "Generator of models.py".

    Raises:
        UsageError: what it takes is not clear, or an option does not fit. BadInputFile: it fails, or is random.
    """
    settings.refuse(SETTINGS, "a generator by its own class")
    prober = Prober(module, numbers, settings)
    state = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    with owners_errors(f"running {what}"):
        found = prober.find()
        module.load_state_dict(state, strict=False)  # which trials may have changed: see `Owned`
        found = examine(module, found)
        drawn = _draw(module, found)
    found = replace(found, open_size=_takes_other_sizes(module, found))
    facts = Facts(settings)
    _tell(found, facts)
    spec = _spec(found, drawn)
    spec = with_prior(spec, facts, open_prior=True)
    candidate = Candidate(found.owned(module), spec, "tanh", f"{what} with its weights")
    model, value_range = _traced(candidate, found, drawn, facts, what)
    unit = _unit(found, value_range, facts)
    candidate = replace(
        candidate,
        module=found.owned(module, unit),
        value_range=value_range,
        facts=tuple(facts.found),
        notes=_notes(drawn),
        against=f"{what} in torch {torch.__version__}"[:200],
    )
    if value_range != "tanh" or unit:
        model = _graph(candidate, found, what)
    return replace(candidate, model=with_class_rows(model, spec))


def _draw(module: nn.Module, found: Found) -> _Drawn:
    inputs = trial_inputs(found, 8)
    with torch.no_grad():
        pictures = found.owned(module)(*inputs)
        tensors = len(tensors_of(module(*found.call.values(inputs))))
    return _Drawn(pictures, tensors)


def _takes_other_sizes(module: nn.Module, found: Found) -> bool:
    if found.call.picture is None:
        return False
    other = replace(found, size=(found.size[0] * 2, found.size[1] * 2))
    try:
        return len(_draw(module, other).pictures) > 0
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
    if held:
        facts.assume("condition", held[0].held, f"{held[0].name} takes {held[0].size} values")


def _spec(found: Found, drawn: _Drawn) -> GeneratorSpec:
    channels, height, width = drawn.pictures.shape[1:]
    if max(height, width) > MAX_SIDE:
        raise UsageError(f"pictures of {height}x{width}; expected sides up to {MAX_SIDE}")
    output = Output(channels=channels, height=height, width=width)
    call, (rows, columns) = found.call, found.size
    if call.picture is not None:
        image = ImageInput(height=rows, width=columns, channels=call.picture.size)
        return GeneratorSpec(name="class", family="class", task="translate", image=image, output=output)
    return GeneratorSpec(
        name="class",
        family="class",
        latent=Latent(dim=call.dim, prior="normal", psi_mode="resample"),
        labels=Labels(count=call.classes) if call.classes else None,
        output=output,
    )


def _traced(
    candidate: Candidate, found: Found, drawn: _Drawn, facts: Facts, what: str
) -> tuple[onnx.ModelProto, ValueRange]:
    """The graph, and the pictures' range: of the last operator, of the option, or by their values."""
    model = _graph(candidate, found, what)
    last = _LAST.get(last_operator(model, NATIVE))
    given = facts.settings.range
    low, high = float(drawn.pictures.min()), float(drawn.pictures.max())
    if given not in (None, "tanh", "sigmoid") or (last and given not in (None, last)):
        expected = last or "tanh or sigmoid"
        raise UsageError(f"--range {given}: the pictures lie in {low:.3g} to {high:.3g}\nexpected {expected}")
    if last is not None:
        facts.read("range", last, "the last operator")
        return model, last
    guess: ValueRange = "sigmoid" if low >= -_SLACK / 10 and high <= 1 + _SLACK else "tanh"
    return model, facts.assume("range", guess, f"8 pictures lie in {low:.3g} to {high:.3g}")


def _graph(candidate: Candidate, found: Found, what: str) -> onnx.ModelProto:
    module = candidate.module
    assert isinstance(module, Owned)
    with owners_errors(f"tracing {what}"):
        if found.kept is not None:
            module.module.load_state_dict(found.kept)
        plain = Owned(folded(module.module), found.call, unit=module.unit)
        try:
            return build_graph(replace(candidate, module=plain))
        except AssertionError as error:  # the contract: a graph for batches of one length alone
            raise BadInputFile(
                f"{what} traces to a graph that draws one number of pictures only: does forward call len(z)?\n"
                "expected z.size(0) in its place"
            ) from error


def _unit(found: Found, value_range: str, facts: Facts) -> int:
    """How a translator's own pictures differ from the contract's: see `Owned`."""
    if found.call.picture is None:
        if facts.settings.source_range is not None:
            raise UsageError("--source-range: this generator takes no pictures\nleave the option away")
        return 0
    source = facts.assume("source_range", value_range)
    return 0 if source == value_range else 1 if source == "sigmoid" else -1


def _notes(drawn: _Drawn) -> tuple[str, ...]:
    notes = []
    if drawn.tensors > 1:
        notes.append(f"forward gives {drawn.tensors} tensors; the first picture is taken")
    if bool((drawn.pictures == drawn.pictures[:1]).all()):
        notes.append("different inputs give the same picture")
    return tuple(notes)
