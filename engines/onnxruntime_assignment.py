"""Which execution provider got which node: what runs elsewhere than asked for is never silent."""

from __future__ import annotations

import warnings
from typing import Any

from ganrt.engines.onnxruntime_session import Provider
from ganrt.errors import BackendUnavailable

RECORD = "session.record_ep_graph_assignment_info"
# ONNX Runtime computes shapes on the CPU on purpose, since that is where they are needed.
_SHAPES = {
    "Add", "Cast", "Ceil", "Concat", "Constant", "ConstantOfShape", "Div", "Equal", "Expand", "Floor", "Gather",
    "Greater", "Identity", "Less", "Mul", "Range", "ReduceProd", "Shape", "Size", "Slice", "Squeeze", "Sub",
    "Unsqueeze", "Where",
}  # fmt: skip


def check_assignment(session: Any, provider: Provider, what: str) -> None:
    """Looks where the nodes went, if this version of ONNX Runtime tells (from 1.24 on).

    Raises:
        BackendUnavailable: pictures would be computed on a provider that nobody asked for.

    Warns:
        RuntimeWarning: a helper, which was allowed to, computes some of it.
    """
    ask = getattr(session, "get_provider_graph_assignment_info", None)
    if ask is None:
        return
    elsewhere: dict[str, set[str]] = {}
    for part in ask():
        if part.ep_name != provider.name:
            elsewhere.setdefault(part.ep_name, set()).update(node.op_type for node in part.get_nodes())
    for name, operators in elsewhere.items():
        computing = operators - _SHAPES
        if computing and name not in provider.helpers:
            raise BackendUnavailable(
                f"{what}: {provider.name} refuses {', '.join(sorted(computing))}, which would run on {name}\n"
                "give another --backend, or the portable file that it was made from: ganrt doctor"
            )
        if computing:
            listed = ", ".join(sorted(computing))
            warnings.warn(f"{what}: {name}, not {provider.name}, computes {listed}", RuntimeWarning, stacklevel=2)
