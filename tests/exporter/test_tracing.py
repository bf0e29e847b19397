"""Graphs for any batch: what torch is given is a number that marks the batch, or a symbol where that does not do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx_ir as ir
import pytest
import torch
from torch import Tensor, nn

from ganrt.exporter import tracing
from ganrt.exporter.session import Session
from ganrt.graphs.files import to_bytes
from ganrt.spec import GeneratorSpec, Latent, Output

SPEC = GeneratorSpec(
    name="test",
    family="test",
    output=Output(height=2, width=2, channels=3),
    latent=Latent(dim=12, prior="normal", threshold=None, psi_mode="scale"),
)


class Module(nn.Module):
    """z -> what `body` makes of it."""

    def __init__(self, body: Callable[[Tensor], Tensor], weights: int = 12) -> None:
        super().__init__()
        self.body = body
        self.layer = nn.Linear(12, weights)

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.body(self.layer(inputs[0])[:, :12])


def traced(module: Module) -> ir.Model:
    model = tracing.trace(module.eval(), SPEC, ["image"])
    session = Session(to_bytes(model))
    for count in (1, 2, 5):
        z = torch.randn(count, 12)
        with torch.no_grad():
            expected = module(z).numpy()
        np.testing.assert_allclose(session.run({"z": z.numpy()})[0], expected, atol=1e-6)
    return model


@pytest.mark.parametrize(
    "body",
    [
        lambda x: x.view(x.shape[0], 3, 2, 2),
        lambda x: x.reshape(-1, 3, 2, 2),
        lambda x: x.view(len(x), 3, 4).transpose(1, 2).reshape(x.shape[0], 3, 2, 2),
    ],
)
def test_a_batch_that_only_shapes_hold_is_opened(body: Callable[[Tensor], Tensor]) -> None:
    model = traced(Module(body))
    assert not {node.op_type for node in model.graph} & {"Shape", "Gather"}
    assert [value.shape and value.shape[0] for value in model.graph.outputs] == ["n"]


@pytest.mark.parametrize(
    "body",
    [
        lambda x: (x / x.shape[0]).view(-1, 3, 2, 2),
        lambda x: (x * x.shape[0]).view(-1, 3, 2, 2),
        lambda x: (x + torch.arange(x.shape[0]).float()[:, None]).view(-1, 3, 2, 2),
        lambda x: (x + torch.ones(12).expand(x.shape[0], 12).cumsum(0)).view(-1, 3, 2, 2),
        lambda x: x.view(x.shape[0] * 3, 4).softmax(1).view(-1, 3, 2, 2),
    ],
)
def test_a_batch_in_any_other_place_is_a_symbol(
    body: Callable[[Tensor], Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, export = [], tracing._export
    monkeypatch.setattr(tracing, "_export", lambda *given: tries.append(given[-1]) or export(*given))
    traced(Module(body))
    assert [shapes is None for shapes in tries] == [True, False]


def test_a_network_with_the_marks_own_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_open_batch", lambda model: pytest.fail("the mark is ambiguous"))
    traced(Module(lambda x: x.view(-1, 3, 2, 2), weights=tracing._MARKER))


class Caching(Module):
    """Makes something at the first call with a batch of another length."""

    def forward(self, *inputs: Tensor) -> Tensor:
        kept = self.__dict__.setdefault("kept", {})
        if len(inputs[0]) not in kept:
            kept[len(inputs[0])] = torch.ones(()).cos()
        return super().forward(*inputs) * kept[len(inputs[0])]


@pytest.mark.parametrize(
    ("module", "counts"),
    [
        (Module(lambda x: x.view(-1, 3, 2, 2)), False),
        (Caching(lambda x: x.view(-1, 3, 2, 2)), False),
        (Module(lambda x: torch.stack([row.view(3, 2, 2) for row in x])), True),
    ],
)
def test_more_steps_for_more_pictures_are_counted(module: Module, counts: bool) -> None:
    assert tracing.counts_in_python(module.eval(), SPEC) == counts
