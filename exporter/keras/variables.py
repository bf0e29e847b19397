"""TensorFlow's variable names -> the layers that own them, for the checkpoints that Keras models write.

[root/]layer_with_weights-K/kernel/.ATTRIBUTES/VARIABLE_VALUE         Keras 2: K counts layers with weights
[root/]_functional/_operations/N/_kernel/.ATTRIBUTES/VARIABLE_VALUE   Keras 3: N counts all operations
variables/I/.ATTRIBUTES/VARIABLE_VALUE                                Keras 3, model.export(): `model.variables`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.state import Origin

_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_OWNED = re.compile(
    r"(?P<root>(?:[^.]*/)??)(?P<owner>(?:layer_with_weights-|(?:_functional/)?_operations/)(?P<number>\d{1,6}))"
    r"/(?P<variable>.+)"
)
_EXPORTED = re.compile(r"variables/(\d{1,6})")
_PREFERRED = ("generator", "gen", "netg", "g", "model")
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def owned_variables(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Origin, str]:
    """(`<owner>/<variable>` -> tensor, the owners in the layers' order, the root they lay under).

    Raises:
        BadInputFile: several networks side by side, or none.
    """
    values = {name.removesuffix(_VALUE): tensor for name, tensor in tensors.items() if name.endswith(_VALUE)}
    values = {name: tensor for name, tensor in values.items() if ".OPTIMIZER_SLOT" not in name}
    found = [(match, values[name]) for name in values if (match := _OWNED.fullmatch(name))]
    if not found:
        return (*_exported(values), "")
    root, notes = _choose({match["root"]: None for match, _ in found})
    found = sorted(((m, t) for m, t in found if m["root"] == root), key=lambda each: int(each[0]["number"]))
    # Keras 3 stores some kernels as `_kernel`.
    owned = {f"{m['owner']}/{m['variable'].removeprefix('_')}": tensor for m, tensor in found}
    owners = tuple(dict.fromkeys(m["owner"] for m, _ in found))
    return owned, Origin("order", owners, notes=notes), root.rstrip("/").replace("/", ".")


def _choose(roots: Mapping[str, None]) -> tuple[str, tuple[str, ...]]:
    """The one network to take; an exponential moving average (EMA) before the raw weights."""
    names = {root.rstrip("/"): root for root in roots}
    averages = [name for name in names if "ema" in re.split(r"[^a-z]+", name.lower()) and "disc" not in name.lower()]
    preferred = [name for name in names if name.rpartition("/")[2].lower() in _PREFERRED]
    for candidates in (list(names), averages, preferred):
        if len(candidates) == 1:
            ignored = ", ".join(sorted(name for name in names if name != candidates[0]))[:200]
            said = f"the file holds several networks: {candidates[0]} taken, {ignored} left out"
            return names[candidates[0]], (said,) if ignored else ()
    raise BadInputFile(
        f"holds several networks: {', '.join(sorted(names))[:200]}\nexpected one: save the generator on its own"
    )


def _exported(values: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Origin]:
    """Groups `variables/I`: a kernel begins a layer; one value more a bias, four a batch norm, five both."""
    numbered = [(int(m[1]), tensor) for name, tensor in values.items() if (m := _EXPORTED.fullmatch(name))]
    groups: list[list[Tensor]] = []
    for _, tensor in sorted(numbered, key=lambda each: each[0]):
        if tensor.ndim > 1:
            groups.append([])
        if groups:
            groups[-1].append(tensor)
    if not groups or any(len(group) not in (1, 2, 5, 6) for group in groups):
        raise BadInputFile(
            f"holds no layers of a Sequential or functional Keras model: {', '.join(values)[:200] or 'no weights'}\n"
            "expected layer_with_weights-K/... (Keras 2) or _functional/_operations/N/... (Keras 3)"
        )
    owned: dict[str, Tensor] = {}
    for group in groups:
        kernel, *rest = group
        layer = {"kernel": kernel, **({"bias": rest[0]} if len(rest) in (1, 5) else {})}
        _add(owned, layer)
        if len(rest) >= len(_NORM):
            _add(owned, dict(zip(_NORM, rest[-len(_NORM) :], strict=True)))
    return owned, Origin("order", _owners(list(owned)))


def _add(owned: dict[str, Tensor], layer: Mapping[str, Tensor]) -> None:
    owner = f"layer_with_weights-{len(_owners(list(owned)))}"
    owned.update({f"{owner}/{name}": tensor for name, tensor in layer.items()})


def _owners(keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.rpartition("/")[0] for key in keys))
