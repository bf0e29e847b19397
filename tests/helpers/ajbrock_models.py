"""Random-weight checkpoints in the layouts of ajbrock's BigGAN and BigGAN-deep. Written with torch alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

import torch
from slow_layers import State
from torch import Tensor

# Channel multipliers of the published configurations, before the first block and after each.
MULTIPLIERS = {
    32: (4, 4, 4, 4),
    64: (16, 16, 8, 4, 2),
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
    512: (16, 16, 8, 8, 4, 2, 1, 1),
}
# Of a small BigGAN-deep's blocks: in, within, out.
WIDTHS = ((12, 3, 12), (12, 3, 10), (10, 4, 10), (10, 3, 8), (8, 4, 8), (8, 4, 8))


@dataclass(frozen=True)
class Plan:
    """What to make: `chunk` 0 is not hierarchical; `dim` is then the latent's size."""

    widths: tuple[int, ...] = (12, 10, 8, 8)
    chunk: int = 3
    dim: int = 7
    classes: int = 5
    embedding: int | None = 4
    attended: tuple[int, ...] = (1,)
    bottom: int = 4

    @property
    def latent(self) -> int:
        return self.chunk * len(self.widths) if self.chunk else self.dim

    @property
    def conditions(self) -> int:
        return self.classes if self.embedding is None else self.embedding + self.chunk


def biggan_state(plan: Plan | None = None, seed: int = 0, device: str = "cpu") -> State:
    """A generator's state dict with spectral norm; on the meta device all shapes and no values."""
    plan = plan or Plan()
    make = _Maker(seed, device)
    if plan.embedding is not None:
        make.tensor("shared.weight", (plan.classes, plan.embedding))
    make.layer("linear", (plan.widths[0] * plan.bottom**2, plan.chunk or plan.dim))
    for i, (inputs, outputs) in enumerate(zip(plan.widths, plan.widths[1:], strict=False)):
        block = f"blocks.{i}.0"
        make.layer(f"{block}.conv1", (outputs, inputs, 3, 3))
        make.layer(f"{block}.conv2", (outputs, outputs, 3, 3))
        make.layer(f"{block}.conv_sc", (outputs, inputs, 1, 1))
        for norm, channels in (("bn1", inputs), ("bn2", outputs)):
            make.norm(f"{block}.{norm}", channels, plan.conditions, embedded=plan.embedding is None)
        if i in plan.attended:
            make.attention(f"blocks.{i}.1", outputs)
    make.last(plan.widths[-1], 3)
    return make.state


def one_class_state() -> State:
    """The same where every class has the same embedding, as in ports of a model without classes."""
    state = biggan_state()
    state["shared.weight"] = state["shared.weight"][:1].repeat(5, 1)
    return state


def deep_state(
    widths: tuple[tuple[int, int, int], ...],
    *,
    dim: int = 6,
    classes: int = 5,
    embedding: int = 4,
    attended: tuple[int, ...] = (3,),
    outputs: int = 3,
    seed: int = 0,
    device: str = "cpu",
) -> State:
    """The same of `BigGANdeep`; `widths` of each block: in, within, out."""
    make = _Maker(seed, device)
    conditions = dim + embedding
    make.tensor("shared.weight", (classes, embedding))
    make.layer("linear", (widths[0][0] * 16, conditions))
    for i, (inputs, hidden, outs) in enumerate(widths):
        block = f"blocks.{i}.0"
        make.layer(f"{block}.conv1", (hidden, inputs, 1, 1))
        make.layer(f"{block}.conv2", (hidden, hidden, 3, 3))
        make.layer(f"{block}.conv3", (hidden, hidden, 3, 3))
        make.layer(f"{block}.conv4", (outs, hidden, 1, 1))
        for k, channels in enumerate((inputs, hidden, hidden, hidden)):
            make.norm(f"{block}.bn{k + 1}", channels, conditions, embedded=False)
        if i in attended:
            make.attention(f"blocks.{i}.1", outs)
    make.last(widths[-1][2], outputs)
    return make.state


def ivclab_state(plan: Plan | None = None, seed: int = 0, device: str = "cpu") -> State:
    """ivclab's port: torch's spectral norm but for the order of v, and 50 rows of statistics."""
    plan = plan or Plan(widths=(9, 8, 8, 8, 8, 8), attended=(3,))
    assert plan.embedding is not None
    make = _Maker(seed, device, hook=True)
    make.tensor("linear.weight", (plan.classes, plan.embedding))
    make.layer("g_z.g_linear", (plan.widths[0] * plan.bottom**2, plan.chunk))
    for i, (inputs, outputs) in enumerate(zip(plan.widths, plan.widths[1:], strict=False)):
        block = f"gblock_{i}" if i else "gblock"
        make.layer(f"{block}.conv0", (outputs, inputs, 3, 3))
        make.layer(f"{block}.conv1", (outputs, outputs, 3, 3))
        make.layer(f"{block}.conv_sc", (outputs, inputs, 1, 1))
        for norm, channels in (("hyperbn", inputs), ("hyperbn_1", outputs)):
            make.layer(f"{block}.{norm}.gamma", (channels, plan.conditions), bias=False)
            make.layer(f"{block}.{norm}.beta", (channels, plan.conditions), bias=False)
            make.tables(f"{block}.{norm}.crossreplicabn", channels)
    make.attention("attention", plan.widths[plan.attended[0] + 1], last="o_conv", gamma=(1,))
    make.tensor("scaledcrossreplicabn.weight", (plan.widths[-1],), 0.1, 0.2)
    make.tensor("scaledcrossreplicabn.bias", (plan.widths[-1],), 0.2)
    make.tables("scaledcrossreplicabn", plan.widths[-1])
    make.layer("conv_2d", (3, plan.widths[-1], 3, 3))
    return make.state


def real_plan(side: int) -> Plan:
    """The published configuration: 96 channels, 1000 classes."""
    widths = tuple(96 * m for m in MULTIPLIERS[side])
    attention = {128: 3, 256: 4, 512: 3}[side]
    chunk = {128: 20, 256: 20, 512: 16}[side]
    return Plan(widths, chunk=chunk, classes=1000, embedding=128, attended=(attention,))


class _Maker:
    """Collects tensors under their keys."""

    def __init__(self, seed: int, device: str, *, hook: bool = False) -> None:
        self.random = torch.Generator().manual_seed(seed)
        self.device = device
        self.hook = hook
        self.state: State = {}

    def tensor(self, key: str, shape: tuple[int, ...], scale: float = 1.0, offset: float = 0.0) -> None:
        if self.device == "meta":
            self.state[key] = torch.empty(shape, device="meta")
        else:
            self.state[key] = offset + scale * torch.randn(shape, generator=self.random)

    def positive(self, key: str, channels: int, low: float, high: float) -> None:
        self.tensor(key, (channels,))
        if self.device != "meta":
            self.state[key] = low + (high - low) * torch.rand(channels, generator=self.random)

    def layer(self, name: str, shape: tuple[int, ...], bias: bool = True) -> None:
        """A layer with spectral norm: u after a training's iterations, but not at the end of them."""
        if self.hook:
            self.hooked_layer(name, shape, bias)
            return
        self.tensor(f"{name}.weight", shape, 0.4)
        if bias:
            self.tensor(f"{name}.bias", (shape[0],), 0.2)
        self.tensor(f"{name}.u0", (1, shape[0]))
        self.tensor(f"{name}.sv0", (1,))
        if self.device != "meta":
            u, sigma = iterated(self.state[f"{name}.weight"], self.state[f"{name}.u0"], times=2)
            self.state[f"{name}.u0"], self.state[f"{name}.sv0"] = u, sigma

    def hooked_layer(self, name: str, shape: tuple[int, ...], bias: bool) -> None:
        """ivclab's: v is stored beside u, in the order (height, width, in)."""
        self.tensor(f"{name}.weight_orig", shape, 0.4)
        if bias:
            self.tensor(f"{name}.bias", (shape[0],), 0.2)
        self.tensor(f"{name}.weight_u", (shape[0],))
        self.tensor(f"{name}.weight_v", (prod(shape[1:]),))
        if self.device != "meta":
            weight = self.state[f"{name}.weight_orig"]
            last = weight.permute(0, 2, 3, 1).flatten(1) if weight.ndim == 4 else weight
            u, _ = iterated(last, self.state[f"{name}.weight_u"][None], times=2)
            v = u[0] @ last
            self.state[f"{name}.weight_u"], self.state[f"{name}.weight_v"] = u[0], v / v.norm()

    def tables(self, name: str, channels: int) -> None:
        """50 rows that differ much from each other, and the statistics of training, which nothing uses."""
        self.tensor(f"{name}.standing_means", (50, channels), 0.3)
        self.tensor(f"{name}.standing_vars", (50, channels))
        self.tensor(f"{name}.running_mean", (channels,))
        self.positive(f"{name}.running_var", channels, 0.5, 1.0)
        if self.device != "meta":
            self.state[f"{name}.standing_vars"] = 0.05 + torch.rand(50, channels, generator=self.random)
            self.state[f"{name}.num_batches_tracked"] = torch.tensor(3)

    def norm(self, name: str, channels: int, conditions: int, embedded: bool) -> None:
        for part in ("gain", "bias"):
            if embedded:
                self.tensor(f"{name}.{part}.weight", (conditions, channels), 0.4)
            else:
                self.layer(f"{name}.{part}", (channels, conditions), bias=False)
        self.statistics(name, channels)

    def statistics(self, name: str, channels: int) -> None:
        self.tensor(f"{name}.stored_mean", (channels,), 0.3)
        # Some near zero, so that the epsilon shows.
        self.positive(f"{name}.stored_var", channels, 0.01, 1.0)

    def attention(self, name: str, channels: int, last: str = "o", gamma: tuple[int, ...] = ()) -> None:
        for part, shape in (
            ("theta", (channels // 8, channels, 1, 1)),
            ("phi", (channels // 8, channels, 1, 1)),
            ("g", (channels // 2, channels, 1, 1)),
            (last, (channels, channels // 2, 1, 1)),
        ):
            self.layer(f"{name}.{part}", shape, bias=False)
        self.tensor(f"{name}.gamma", gamma, 0.0, 1.5)

    def last(self, channels: int, outputs: int) -> None:
        self.tensor("output_layer.0.gain", (channels,), 0.1, 0.2)
        self.tensor("output_layer.0.bias", (channels,), 0.2)
        self.statistics("output_layer.0", channels)
        self.layer("output_layer.2", (outputs, channels, 3, 3))


def iterated(weight: Tensor, u: Tensor, times: int) -> tuple[Tensor, Tensor]:
    """(u, sigma) after power iterations on the rows of `weight`, as training leaves them."""
    matrix = weight.flatten(1)
    sigma = torch.ones(())
    for _ in range(times):
        v = u @ matrix
        v = v / v.norm()
        u = v @ matrix.T
        sigma = u.norm()
        u = u / sigma
    return u, sigma.reshape(1)


def without(state: State, *endings: str) -> State:
    """`state` without the keys that end so."""
    return {key: tensor for key, tensor in state.items() if not key.endswith(endings)}


def with_mybn(state: State, counter: float) -> State:
    """As with the option `mybn`, its statistics summed `counter` times (0: running ones)."""
    made: State = {}
    for key, tensor in state.items():
        layer, _, part = key.rpartition(".")
        if part in ("stored_mean", "stored_var"):
            made[f"{layer}.bn.{part}"] = tensor * (counter or 1)
            made[f"{layer}.bn.accumulation_counter"] = torch.tensor([counter])
        else:
            made[key] = tensor
    return made


def with_cross_replica(state: State) -> State:
    """As with the option `cross_replica`."""
    made: State = {}
    for key, tensor in state.items():
        layer, _, part = key.rpartition(".")
        if part in ("stored_mean", "stored_var"):
            made[f"{layer}.bn.{part.replace('stored', 'running')}"] = tensor
            made[f"{layer}.bn.num_batches_tracked"] = torch.tensor(7)
        else:
            made[key] = tensor
    return made


def one_hot(classes: Iterable[int], count: int) -> Tensor:
    return torch.eye(count)[list(classes)]
