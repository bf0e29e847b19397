"""Which network of a file fits a module, and its weights in it: by keys and shapes, under any prefix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.loading import check_variances, require_fit
from ganrt.exporter.readers.files import source_of
from ganrt.exporter.readers.networks import is_average
from ganrt.exporter.source import File, Source, State

_COUNTER = "num_batches_tracked"
_WRAPPERS = {"_orig_mod", "module"}


@dataclass(frozen=True)
class _Fit:
    source: Source
    average: bool
    within: bool


def load_weights(module: nn.Module, file: File, network: str | None, what: str) -> Source:
    """Loads the network of `file` that fits `module` strictly; averages go first.

    Args:
        network: the name of the one to take, or a part of it.

    Returns:
        The network, its tensors under the module's keys.

    Raises:
        BadInputFile: none fits (the nearest one's differing keys are listed), or several do and differ.
    """
    expected = {key: tensor for key, tensor in module.state_dict().items() if not key.endswith(_COUNTER)}
    if not expected:
        raise BadInputFile(f"{what} has no weights: it is no trained network\nexpected a class with parameters")
    named = [s for s in file.sources if network is None or network in (s.container, s.container.rpartition(".")[2])]
    fits = [fit for source in named for fit in _fits(source, expected)]
    if network is not None and not fits:
        fits = [f for source in file.sources for f in _fits(source, expected) if network in f.source.container]
    if not fits:
        _refuse(file, named or list(file.sources), expected, what)
    fits = list({_first(fit): fit for fit in reversed(fits)}.values())[::-1]
    fits.sort(key=lambda fit: (not fit.average, fit.within))
    best = fits[0]
    _refuse_ties(file.path, fits)
    notes = _notes(best, fits)
    if network is None and not best.average and (averaged := _of_parameters(module, file)):
        tensors = {**best.source.tensors, **averaged.tensors}
        best = replace(best, source=replace(best.source, tensors=tensors), average=True)
        notes = (f"{averaged.container} taken (averaged weights, EMA), and the norms' statistics beside it",)
    source = source_of(best.source)
    check_variances(source.tensors)
    counters = {key: tensor for key, tensor in module.state_dict().items() if key.endswith(_COUNTER)}
    module.load_state_dict({**counters, **source.tensors}, strict=True)
    return replace(source, average=best.average, notes=notes)


def _of_parameters(module: nn.Module, file: File) -> Source | None:
    """Averages of a module's parameters alone, without its buffers, which many scripts keep as `shadow`."""
    expected = dict(module.named_parameters())
    for source in file.sources:
        for tensors in _spellings(source.tensors) if source.average else ():
            if tensors.keys() == expected.keys() and all(t.shape == expected[k].shape for k, t in tensors.items()):
                return replace(source, tensors=tensors)
    return None


def _first(fit: _Fit) -> int:
    """The same for two names of one network."""
    return next(iter(fit.source.tensors.values())).data_ptr()


def _fits(source: Source, expected: State) -> Iterator[_Fit]:
    """All prefixes under which every key lies in its shape; of a class around the trained one, without its own."""
    for tensors in _spellings(source.tensors):
        found = False
        for own in _own_prefixes(expected):
            first = max(expected, key=len)[len(own) :]
            prefixes = [key[: -len(first)] for key in tensors if key == first or key.endswith("." + first)]
            for prefix in prefixes:
                inside = {key: tensors.get(prefix + key[len(own) :]) for key in expected}
                if all(t is not None and t.shape == expected[k].shape for k, t in inside.items()):
                    found = True
                    name = ".".join(filter(None, (source.container, prefix.rstrip("."))))
                    state: dict[str, Tensor] = {key: tensor for key, tensor in inside.items() if tensor is not None}
                    average = source.average or is_average(name)
                    # A part of the keys under no prefix of its own is a part of another network.
                    beside = [key for key in tensors if key.startswith(prefix) and not key.endswith(_COUNTER)]
                    within = source.within is not None or len(beside) > len(expected)
                    yield _Fit(replace(source, tensors=state, container=name), average, within)
            if found:
                return


def _own_prefixes(expected: State) -> list[str]:
    """None, and what all keys begin with: a class whose `forward` calls another's methods holds it as `self.net`."""
    heads = {key.partition(".")[0] + "." for key in expected}
    return ["", *heads] if len(heads) == 1 and all("." in key for key in expected) else [""]


def _spellings(tensors: State) -> Iterator[State]:
    yield tensors
    plain = {".".join(part for part in key.split(".") if part not in _WRAPPERS): t for key, t in tensors.items()}
    if len(plain) == len(tensors) and plain.keys() != tensors.keys():
        yield plain


def _refuse(file: File, sources: list[Source], expected: State, what: str) -> None:
    """Names every key of the nearest network that differs."""
    spelled = [(source, tensors) for source in sources for tensors in _stripped(source)]
    if not spelled:
        raise BadInputFile(f"{file.path} {file.nothing()}")
    source, tensors = max(spelled, key=lambda pair: _shared(pair[1], expected))
    given = {key: tensor for key, tensor in tensors.items() if not key.endswith(_COUNTER)}
    name = f" (its network {source.container})" if source.container else ""
    try:
        require_fit({key: tensor.shape for key, tensor in expected.items()}, given, what)
    except BadInputFile as error:
        text = str(error).rpartition("\n")[0]
        mend = "check --args: the class must be built as training built it"
        raise BadInputFile(f"{file.path}{name} {text}\n{mend}") from error
    raise BadInputFile(f"{file.path}{name} does not fit {what}")


def _stripped(source: Source) -> Iterator[State]:
    for tensors in _spellings(source.tensors):
        yield tensors
        heads = {key.partition(".")[0] for key in tensors}
        for head in sorted(heads):
            yield {key[len(head) + 1 :]: t for key, t in tensors.items() if key.startswith(head + ".")}


def _shared(tensors: State, expected: State) -> float:
    same = sum(1 for key, tensor in expected.items() if key in tensors and tensors[key].shape == tensor.shape)
    return same + sum(1 for key in expected if key in tensors) / 2 - 0.01 * len(tensors)


def _refuse_ties(path: Path, fits: list[_Fit]) -> None:
    best = fits[0]
    for other in fits[1:]:
        if (other.average, other.within) != (best.average, best.within):
            break
        if any(not torch.equal(best.source.tensors[key], other.source.tensors[key]) for key in best.source.tensors):
            names = ", ".join(dict.fromkeys(fit.source.container or "(the whole)" for fit in fits))
            raise BadInputFile(
                f"{path} holds several networks that fit: {names[:300]}\n"
                f"say which: --network {other.source.container or best.source.container}"
            )


def _notes(best: _Fit, fits: list[_Fit]) -> tuple[str, ...]:
    average = " (averaged weights, EMA)" if best.average else ""
    names = dict.fromkeys(fit.source.container or "(the whole)" for fit in fits)
    own, *left = names
    if left:
        return (f"{own} taken{average}; left: {', '.join(left)[:200]} (--network NAME takes another)",)
    return (f"{own} taken{average}",) if average else ()
