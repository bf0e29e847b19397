"""Random checkpoints in the layout of RKorzeniowski/BigBiGAN-PyTorch, and slow references of generator and encoder.

A reference takes the names of its wrong variants in `wrong`: each is a mistake that a port can make.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from slow_layers import State, batch_norm, convolution, double, relu, transposed
from torch import Tensor

GENERATOR_MISTAKES = (
    *("class first", "scale from one", "no condition bias", "tanh", "norm along inputs"),
    *("attention over queries", "attention pooled", "attention scaled", "channels last", "chunks reversed"),
    *("condition shared", "beta first", "upsampling after the convolution", "slope"),
)
ENCODER_MISTAKES = (
    *("not doubled", "doubled smoothly", "slope", "halves swapped", "halves swapped once more", "two couplings"),
    *("no identity", "padding at the end", "padding interleaved", "pool without zeros", "spread", "signed pictures"),
    "skip convolution used",
)


class _Maker:
    """Collects random tensors; weights have the gain that keeps values near one."""

    def __init__(self, seed: int, device: str = "cpu") -> None:
        self.device = device
        self.random = torch.Generator().manual_seed(seed)
        self.state: State = {}

    def normal(self, key: str, *shape: int, scale: float, mean: float = 0.0) -> None:
        if self.device == "meta":
            self.state[key] = torch.empty(shape, device="meta")
        else:
            self.state[key] = mean + scale * torch.randn(*shape, generator=self.random)

    def spectral(self, name: str, *shape: int, columns: bool = False) -> None:
        """`weight_orig` with the u and v that power iterations (columns: of a transposed convolution) lead to.

        On the meta device the plain weight.
        """
        if self.device == "meta":
            self.normal(f"{name}.weight", *shape, scale=0.3)
            return
        self.normal(f"{name}.weight_orig", *shape, scale=0.3)
        weight = self.state[f"{name}.weight_orig"].double()
        matrix = (weight.transpose(0, 1) if columns else weight).reshape(shape[1 if columns else 0], -1)
        u = torch.randn(len(matrix), generator=self.random).double()
        for _ in range(5):
            v = _unit(matrix.T @ u)
            u = _unit(matrix @ v)
        self.state[f"{name}.weight_u"], self.state[f"{name}.weight_v"] = u.float(), v.float()

    def norm(self, name: str, count: int, affine: bool = True) -> None:
        if affine:
            self.state[f"{name}.weight"] = 0.7 + 0.6 * torch.rand(count, generator=self.random)
            self.normal(f"{name}.bias", count, scale=0.3)
        self.normal(f"{name}.running_mean", count, scale=0.3)
        self.state[f"{name}.running_var"] = 0.2 + 0.8 * torch.rand(count, generator=self.random)
        self.state[f"{name}.num_batches_tracked"] = torch.tensor(20000)

    def conditional(self, name: str, count: int, condition: int) -> None:
        self.norm(f"{name}.bn", count, affine=False)
        self.normal(f"{name}.linear.weight", 2 * count, condition, scale=1.5 / condition**0.5)
        self.normal(f"{name}.linear.bias", 2 * count, scale=0.5, mean=0.5)


def _unit(vector: Tensor) -> Tensor:
    return vector / vector.norm()


def generator_state(
    before: tuple[int, ...] = (8, 8),
    after: tuple[int, ...] = (6,),
    *,
    channels: int = 1,
    chunk: int = 5,
    classes: int = 10,
    embedding: int = 4,
    spectral: bool = True,
    seed: int = 0,
    device: str = "cpu",
) -> State:
    """A generator's state dict; `classes=0`: without any; `spectral=False`: plain weights, also on the meta device."""
    make = _Maker(seed, device)
    if classes:
        make.normal("class_embedding.weight", classes, embedding, scale=1.0)
    make.spectral("linear.layer", 16 * before[0], chunk)
    make.normal("linear.layer.bias", 16 * before[0], scale=0.5)
    condition = chunk + (embedding if classes else 0)
    for place, widths in (("pre", (before[0], *before)), ("post", (before[-1], *after))):
        for i, (inputs, outputs) in enumerate(pairwise(widths)):
            name = f"{place}_up_blocks.{i}"
            make.spectral(f"{name}.skip_conv.layer", outputs, inputs, 1, 1)
            make.conditional(f"{name}.bn1", inputs, condition)
            make.spectral(f"{name}.conv1.layer", outputs, inputs, 3, 3)
            make.conditional(f"{name}.bn2", outputs, condition)
            make.spectral(f"{name}.conv2.layer", outputs, outputs, 3, 3)
    c = before[-1]
    make.state["non_loc.gamma"] = torch.tensor([0.9])
    for part, outputs in (("query", c // 8), ("key", c // 8), ("value", c)):
        make.spectral(f"non_loc.{part}_conv.layer", outputs, c, 1, 1)
        make.normal(f"non_loc.{part}_conv.layer.bias", outputs, scale=0.3)
    make.norm("bn", after[-1])
    make.spectral("conv.layer", after[-1], channels, 3, 3, columns=True)
    return make.state if spectral else folded(make.state)


def encoder_state(
    *, width: int = 4, blocks: int = 6, channels: int = 1, hidden: int = 12, dim: int = 20, seed: int = 0
) -> State:
    """An encoder's state dict, the weights of its unused convolutions among them."""
    make = _Maker(seed + 1000)

    def affine(name: str, outputs: int, inputs: int) -> None:
        make.normal(f"{name}.weight", outputs, inputs, scale=(2 / inputs) ** 0.5)
        make.normal(f"{name}.bias", outputs, scale=0.3)

    make.normal("conv.weight", width, channels, 7, 7, scale=0.8)
    make.normal("conv.bias", width, scale=0.3)
    for i in range(blocks):
        half = width * 2 ** (i // 2) // 2
        name = f"rev_blocks.{i + i // 2}.res_block"
        make.normal(f"{name}.skip_conv.layer.weight", half, half, 1, 1, scale=1.0)
        make.normal(f"{name}.skip_conv.layer.bias", half, scale=1.0)
        for j in (1, 2):
            make.normal(f"{name}.conv{j}.layer.weight", half, half, 3, 3, scale=(2 / (9 * half)) ** 0.5)
            make.norm(f"{name}.bn{j}", half)
    inputs = width * 2 ** ((blocks - 1) // 2)
    for block, size in (("res_lin1", inputs), ("res_lin2", hidden)):
        affine(f"{block}.linear1.layer", hidden, size)
        affine(f"{block}.linear2.layer", hidden, hidden)
        affine(f"{block}.skip_linear.layer", hidden, size)
    affine("linear_dist_params", 2 * dim, hidden)
    return make.state


def whole_state(side: int = 32, *, channels: int = 1, classes: int = 10, seed: int = 0) -> State:
    """The whole GAN in one state dict: generator, encoder and (too small) discriminators, by prefix."""
    before = (8,) * (side.bit_length() - 4)
    generator = generator_state(before, channels=channels, classes=classes, seed=seed)
    dim = 5 * (len(before) + 2)
    parts = {
        "generator": generator,
        "encoder": encoder_state(channels=channels, dim=dim, blocks=1, seed=seed),
        "img_discriminator": {"conv.layer.weight_orig": torch.ones(2, 2)},
        "latent_discriminator": {"linear.weight": torch.ones(2, 2)},
        "comb_discriminator": {"linear.weight": torch.ones(2, 2)},
    }
    return {f"{name}.{key}": tensor for name, state in parts.items() for key, tensor in state.items()}


def folded(state: State, wrong: str = "") -> State:
    """Plain weights: W / (u^T W v), W with one row per output channel; `conv` is the only transposed convolution."""
    plain = {key: tensor for key, tensor in state.items() if ".weight_" not in key}
    for name in [key.removesuffix(".weight_orig") for key in state if key.endswith(".weight_orig")]:
        weight, u, v = (state[f"{name}.weight_{part}"].double() for part in ("orig", "u", "v"))
        columns = name == "conv.layer" and wrong != "norm along inputs"
        matrix = (weight.transpose(0, 1) if columns else weight).reshape(len(u), -1)
        plain[f"{name}.weight"] = weight / torch.einsum("i,ij,j->", u, matrix, v)
    return plain


def reference_generator(state: State, z: Tensor, labels: Tensor | None = None, *, wrong: str = "") -> Tensor:
    """z [n, dim], labels [n, classes] -> float64 [n, c, side, side] in [0, 1]."""
    state = folded(state, wrong)
    names = [f"{place}_up_blocks.{i}" for place in ("pre", "post") for i in range(9)]
    names = [name for name in names if f"{name}.conv1.layer.weight" in state]
    size = z.shape[1] // (len(names) + 1)
    chunks = [z.double()[:, i * size : (i + 1) * size] for i in range(len(names) + 1)]
    if wrong == "chunks reversed":
        chunks.reverse()
    x = chunks[0] @ state["linear.layer.weight"].double().T + state["linear.layer.bias"].double()
    x = x.reshape(len(z), 4, 4, -1).permute(0, 3, 1, 2) if wrong == "channels last" else x.reshape(len(z), -1, 4, 4)
    for i, name in enumerate(names):
        if name == "post_up_blocks.0":
            x = _attention(state, x, wrong)
        parts = [chunks[1 if wrong == "condition shared" else i + 1]]
        if labels is not None:
            parts.append(labels.double() @ state["class_embedding.weight"].double())
        x = _up_block(state, name, x, torch.cat(parts[::-1] if wrong == "class first" else parts, dim=1), wrong)
    x = transposed(relu(batch_norm(x, state, "bn")), state, "conv.layer", 1, 1)
    return x.tanh() if wrong == "tanh" else 1 / (1 + (-x).exp())


def _up_block(state: State, name: str, x: Tensor, condition: Tensor, wrong: str) -> Tensor:
    y = _conditional(state, f"{name}.bn1", x, condition, wrong)
    y = torch.where(y > 0, y, 0.2 * y) if wrong == "slope" else relu(y)
    if wrong == "upsampling after the convolution":
        y = double(convolution(y, state, f"{name}.conv1.layer", 1, 1))
    else:
        y = convolution(double(y), state, f"{name}.conv1.layer", 1, 1)
    y = relu(_conditional(state, f"{name}.bn2", y, condition, wrong))
    return convolution(y, state, f"{name}.conv2.layer", 1, 1) + convolution(
        double(x), state, f"{name}.skip_conv.layer", 1, 0
    )


def _conditional(state: State, name: str, x: Tensor, condition: Tensor, wrong: str) -> Tensor:
    values = condition @ state[f"{name}.linear.weight"].double().T
    if wrong != "no condition bias":
        values = values + state[f"{name}.linear.bias"].double()
    count = x.shape[1]
    gamma, beta = values[:, :count], values[:, count:]
    if wrong == "beta first":
        gamma, beta = beta, gamma
    if wrong == "scale from one":
        gamma = 1 + gamma
    mean, variance = (state[f"{name}.bn.running_{part}"].double()[None, :, None, None] for part in ("mean", "var"))
    return gamma[:, :, None, None] * (x - mean) / (variance + 1e-5).sqrt() + beta[:, :, None, None]


def _attention(state: State, x: Tensor, wrong: str) -> Tensor:
    """Place by place: each output place is a mean of the values at all places, weighted by how its query fits them."""
    n, c, height, width = x.shape
    query, key, value = (convolution(x, state, f"non_loc.{p}_conv.layer", 1, 0) for p in ("query", "key", "value"))
    if wrong == "attention pooled":
        key, value = (torch.nn.functional.max_pool2d(part, 2) for part in (key, value))
    query, key, value = (part.reshape(n, part.shape[1], -1) for part in (query, key, value))
    if wrong == "attention over queries":
        query, key = key, query
    out = torch.zeros(n, c, height * width, dtype=torch.float64)
    for place in range(height * width):
        fit = torch.einsum("nc,ncj->nj", query[:, :, place], key)
        fit = fit / 8**0.5 if wrong == "attention scaled" else fit
        weights = fit.exp() / fit.exp().sum(dim=1, keepdim=True)
        out[:, :, place] = torch.einsum("ncj,nj->nc", value, weights)
    return state["non_loc.gamma"].double() * out.reshape(x.shape) + x


def reference_encoder(state: State, x: Tensor, *, wrong: str = "") -> Tensor:
    """x [n, c, h, w] in [0, 1] -> float64 [n, dim], the mean."""
    x = x.double()
    if wrong == "signed pictures":
        x = 2 * x - 1
    if wrong == "doubled smoothly":
        x = torch.nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
    elif wrong != "not doubled":
        x = double(x)
    x = convolution(x, state, "conv", 2, 3)
    x = _windows(x, float("-inf")).amax(dim=(4, 5))
    index = 0
    while index < 100:
        if f"rev_blocks.{index}.res_block.conv1.layer.weight" in state:
            x = _coupling(state, f"rev_blocks.{index}.res_block", x, wrong)
        elif f"rev_blocks.{index + 1}.res_block.conv1.layer.weight" in state:
            x = _padding(x, wrong)
        else:
            break
        index += 1
    x = x.mean(dim=(2, 3))
    slope = 0.2 if wrong == "slope" else 0.3
    x = _linear_block(state, "res_lin2", _linear_block(state, "res_lin1", x, slope), slope)
    values = _linear(state, "linear_dist_params", x)
    count = values.shape[1] // 2
    return values[:, count:] if wrong == "spread" else values[:, :count]


def _windows(x: Tensor, outside: float) -> Tensor:
    """All windows of 3x3 pixels, every second one: [n, c, h, w, 3, 3]."""
    n, c, height, width = x.shape
    padded = torch.full((n, c, height + 2, width + 2), outside, dtype=torch.float64)
    padded[:, :, 1:-1, 1:-1] = x
    return padded.unfold(2, 3, 2).unfold(3, 3, 2)


def _coupling(state: State, name: str, x: Tensor, wrong: str) -> Tensor:
    half = x.shape[1] // 2
    first, second = x[:, :half], x[:, half:]
    if wrong == "halves swapped":
        return torch.cat([first, second + _residual(state, name, first, wrong)], dim=1)
    first = first + _residual(state, name, second, wrong)
    if wrong == "two couplings":
        second = second + _residual(state, name, first, wrong)
    return torch.cat([second, first] if wrong == "halves swapped once more" else [first, second], dim=1)


def _residual(state: State, name: str, x: Tensor, wrong: str) -> Tensor:
    y = x
    for i in (1, 2):
        y = relu(batch_norm(convolution(y, state, f"{name}.conv{i}.layer", 1, 1), state, f"{name}.bn{i}"))
    if wrong == "no identity":
        return y
    return y + (convolution(x, state, f"{name}.skip_conv.layer", 1, 0) if wrong == "skip convolution used" else x)


def _padding(x: Tensor, wrong: str) -> Tensor:
    windows = _windows(x, 0.0)
    pooled = windows.sum(dim=(4, 5)) / 9
    if wrong == "pool without zeros":
        pooled = windows.sum(dim=(4, 5)) / _windows(torch.ones_like(x), 0.0).sum(dim=(4, 5))
    n, c, height, width = pooled.shape
    padded = torch.zeros(n, 2 * c, height, width, dtype=torch.float64)
    if wrong == "padding at the end":
        padded[:, :c] = pooled
    elif wrong == "padding interleaved":
        padded[:, ::2] = pooled
    else:
        padded[:, c // 2 : c // 2 + c] = pooled
    return padded


def _linear_block(state: State, name: str, x: Tensor, slope: float) -> Tensor:
    y = _leaky(_linear(state, f"{name}.linear1.layer", x), slope)
    y = _leaky(_linear(state, f"{name}.linear2.layer", y), slope)
    return y + _leaky(_linear(state, f"{name}.skip_linear.layer", x), slope)


def _linear(state: State, name: str, x: Tensor) -> Tensor:
    return x @ state[f"{name}.weight"].double().T + state[f"{name}.bias"].double()


def _leaky(x: Tensor, slope: float) -> Tensor:
    return torch.where(x > 0, x, slope * x)
