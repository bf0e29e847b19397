"""How classes enter a chain: rows of an embedding, or the class weights themselves, beside z or times z."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ganrt.errors import UsageError
from ganrt.exporter.candidate import Facts
from ganrt.exporter.layers.building import Built
from ganrt.exporter.layers.chain import Chain
from ganrt.exporter.layers.items import Item, NotAChain
from ganrt.exporter.layers.network import Join, Layer, Rows, Run

NO_JOIN = "none"


@dataclass(frozen=True)
class Plan:
    """The runs of a generator, the size of its latent, and how many classes it has: 0 for none."""

    runs: tuple[Run, ...]
    dim: int
    classes: int


def split_embedding(items: Sequence[Item]) -> tuple[Item | None, list[Item]]:
    """The embedding of the classes, if there is one, and the other layers."""
    found = [item for i, item in enumerate(items) if item.kind == "embedding" or _is_table(item, i == 0)]
    if len(found) > 1:
        raise NotAChain(f"has {len(found)} embeddings: {', '.join(item.name for item in found)[:80]}")
    return (found[0] if found else None), [item for item in items if item not in found]


def _is_table(item: Item, first: bool) -> bool:
    """Rows of classes have no bias, as some linear layers: the name tells, or the place and the name."""
    named = re.search(r"emb", item.name, re.I) or (first and re.search(r"label|class", item.name, re.I))
    return item.kind == "linear" and item.module is None and "bias" not in item.tensors and bool(named)


def plan_of(chain: Chain, built: Built, embedding: Item | None, facts: Facts, first: str) -> Plan:
    """The runs, with the classes where they enter.

    Args:
        first: how classes beside z are assumed to lie: "after" or "before" it.

    Raises:
        UsageError: a count of classes that does not fit.
        NotAChain: an embedding that does not fit.
    """
    given = facts.settings.labels
    if chain.beside:
        _same(given, chain.classes, facts)
        facts.open("what the second branch takes", "the classes", f"{chain.classes} of them; z has {chain.inputs}")
        join, names = _join(facts, "before" if chain.before else "after", ("of z", "of labels"))
        if join == "multiply" or facts.settings.label_join == NO_JOIN:
            raise UsageError(
                f"--label-join {facts.settings.label_join}: its branches lie side by side: before or after"
            )
        runs = (
            Run("of z", ("z",), built.layers[: built.joined_at]),
            Run("of labels", ("labels",), built.beside),
            Run("picture", names, built.layers[built.joined_at :]),
        )
        return Plan(runs, chain.inputs, chain.classes)
    if facts.settings.label_join == NO_JOIN or (embedding is None and given is None):
        _unused(embedding, given, facts)
        return Plan((Run("picture", ("z",), built.layers),), chain.inputs, 0)
    if embedding is None:
        assert given is not None
        if given >= chain.inputs:
            raise UsageError(f"--labels {given}: the first layer takes {chain.inputs} values, z among them")
        facts.assume("labels", given)
        join, names = _join(facts, first, ("z", "labels"))
        return Plan((Run("picture", names, built.layers, join),), chain.inputs - given, given)
    classes, width = embedding.weight.shape
    _same(given, classes, facts)
    if width > chain.inputs:
        raise NotAChain(f"{embedding.name} has rows of {width} values, and the first layer takes {chain.inputs}")
    join, names = _join(facts, "times" if width == chain.inputs else first, ("z", "class"))
    if (join == "multiply") != (width == chain.inputs):
        raise UsageError(f"--label-join {facts.settings.label_join}: rows of {width} values, {chain.inputs} in all")
    with torch.device("meta"):
        table = Layer(Rows(classes, width), {"weight": embedding.weight}, embedding.name)
    entering = (Run("class", ("labels",), (table,)), Run("picture", names, built.layers, join))
    return Plan(entering, chain.inputs if join == "multiply" else chain.inputs - width, classes)


def _unused(embedding: Item | None, given: int | None, facts: Facts) -> None:
    """Some scripts keep an embedding that their `forward` does not call."""
    if facts.settings.label_join is None:
        return
    if given is not None:
        raise UsageError(f"--labels {given} and --label-join {NO_JOIN}: expected one of them")
    facts.assume("label_join", NO_JOIN, shown=NO_JOIN if embedding is None else f"{NO_JOIN}: {embedding.name} is left")


def _join(facts: Facts, default: str, names: tuple[str, str]) -> tuple[Join, tuple[str, ...]]:
    said = facts.assume("label_join", default)
    return ("multiply" if said == "times" else "concat"), names[::-1] if said == "before" else names


def _same(given: int | None, found: int, facts: Facts) -> None:
    if given not in (None, found):
        raise UsageError(f"--labels {given}: the file has {found} classes")
    facts.read("labels", found)
