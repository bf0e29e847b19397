"""Generators of the BigGAN line written out from the published facts, in float64, one obvious step at a time.

`Wrong` turns on mistakes that are easily made: a fast implementation must agree with the reference without them, and
disagree with each of them. Weights are the checkpoint's own tensors, spectral norm and all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from slow_layers import State, convolution, double, relu
from torch import Tensor


@dataclass(frozen=True)
class Wrong:
    """Mistakes; none by default."""

    condition_order: bool = False  # (chunk, class) for (class, chunk), or the reverse
    class_to_linear: bool = False  # the first layer sees the class, in place of its first values
    picture_order: bool = False  # the first layer's output viewed as (4, 4, C) for (C, 4, 4), or the reverse
    added_gain: bool = False  # 1 + gain(c) added instead of multiplied
    no_one: bool = False  # gain(c) instead of 1 + gain(c)
    stored_u: bool = False  # sigma with the stored u, or with u and v iterated where they are stored
    columns: bool = False  # W over its second dimension first
    scaled_attention: bool = False  # softmax(theta^T phi / sqrt(d))
    unpooled_attention: bool = False  # all places of phi and g, not their 2x2 maxima
    softmax_over_queries: bool = False
    zero_insertion: bool = False  # upsampling by zeros instead of repetition
    row_offset: bool = False  # ivclab: row r is truncation 0.02 r
    channels_first_v: bool = False  # ivclab: v runs over inputs, height, width
    swapped_parts: bool = False  # deep: the shortcut keeps the last channels instead of the first


NONE = Wrong()


@dataclass(frozen=True)
class Epsilons:
    bn: float = 1e-5
    output: float = 1e-5
    sn: float = 1e-6


USUAL = Epsilons()


def biggan(state: State, z: Tensor, labels: Tensor, wrong: Wrong = NONE, eps: Epsilons = USUAL) -> Tensor:
    """ajbrock's BigGAN: z [n, dim], labels [n, classes] -> float64 [n, 3, side, side]."""
    net = Net(state, wrong, eps)
    blocks = net.count("conv1")
    y = net.embedding(labels)
    z = z.double()
    size = state["linear.weight"].shape[1]
    chunks = [z[:, start : start + size] for start in range(0, z.shape[1], size)]
    first = chunks[0]
    if wrong.class_to_linear:
        first = torch.cat([y[:, :size], first[:, y.shape[1] :]], 1)
    x = net.first_picture(first, state["blocks.0.0.conv1.weight"].shape[1])
    for i in range(blocks):
        condition = y
        if len(chunks) > 1:
            pieces = [y, chunks[i + 1]]
            condition = torch.cat(pieces[::-1] if wrong.condition_order else pieces, 1)
        x = net.block(x, f"blocks.{i}.0", condition)
        if f"blocks.{i}.1.gamma" in state:
            x = net.attention(x, f"blocks.{i}.1")
    return net.picture(x)


def deep(state: State, z: Tensor, labels: Tensor, wrong: Wrong = NONE, eps: Epsilons = USUAL) -> Tensor:
    """ajbrock's BigGAN-deep; that of pull request 72 where the last convolution has more than three outputs."""
    net = Net(state, wrong, eps)
    latent_first = (state["output_layer.2.weight"].shape[0] > 3) != wrong.condition_order
    y = net.embedding(labels)
    condition = torch.cat([z.double(), y] if latent_first else [y, z.double()], 1)
    x = net.first_picture(condition, state["blocks.0.0.conv1.weight"].shape[1])
    for i in range(net.count("conv4")):
        x = net.deep_block(x, f"blocks.{i}.0", condition, doubles=i % 2 == 1)
        if f"blocks.{i}.1.gamma" in state:
            x = net.attention(x, f"blocks.{i}.1")
    return net.picture(x)


def ivclab(
    state: State, z: Tensor, labels: Tensor, truncation: list[float], wrong: Wrong = NONE, eps: float = 1e-4
) -> Tensor:
    """ivclab's port with ordinary linear interpolation between its rows: truncation of each picture."""
    blocks = sum(1 for key in state if key.endswith(".conv0.weight_orig"))
    pictures = []
    for i, value in enumerate(truncation):
        ours, mistakes = _renamed(_at(state, value, wrong), blocks), replace(wrong, condition_order=True)
        if wrong.condition_order:
            mistakes = replace(mistakes, condition_order=False)
        mistakes = replace(mistakes, picture_order=not wrong.picture_order)
        # To ajbrock's net these two conventions are the wrong ones.
        pictures.append(biggan(ours, z[i : i + 1], labels[i : i + 1], mistakes, Epsilons(eps, eps)))
    return torch.cat(pictures)


def _at(state: State, truncation: float, wrong: Wrong) -> State:
    """Plain weights, and each norm's statistics at one truncation: row r is that of 0.02 (r + 1)."""
    made: State = {}
    place = min(truncation / 0.02 - (0 if wrong.row_offset else 1), 49.0)
    below = min(int(place + 1e-6), 48)
    part = place - below
    for key, tensor in state.items():
        layer, _, name = key.rpartition(".")
        if name in ("standing_means", "standing_vars"):
            value = (1 - part) * tensor[below].double() + part * tensor[below + 1].double()
            made[f"{layer}.{'stored_mean' if name == 'standing_means' else 'stored_var'}"] = value
        elif name == "weight_orig":
            made[f"{layer}.weight"] = _over_sigma(state, layer, wrong)
        elif name in ("bias", "weight", "gamma"):
            made[key] = tensor
    return made


def _over_sigma(state: State, layer: str, wrong: Wrong) -> Tensor:
    """W / (u^T W v), where v runs over height, then width, then the inputs."""
    weight, u, v = (state[f"{layer}.weight_{part}"].double() for part in ("orig", "u", "v"))
    matrix = weight
    if weight.ndim == 4:
        matrix = torch.stack([weight[:, :, i, j] for i in range(weight.shape[2]) for j in range(weight.shape[3])], 1)
        matrix = weight.flatten(1) if wrong.channels_first_v else matrix.flatten(1)
    return weight / (u * (matrix * v).sum(1)).sum()


def _renamed(state: State, blocks: int) -> State:
    """ivclab's names as ajbrock's."""
    attention = {5: 3, 6: 4, 7: 3}[blocks]
    names = {"linear.weight": "shared.weight", "g_z.g_linear.": "linear.", "conv_2d.": "output_layer.2."}
    names |= {"scaledcrossreplicabn.weight": "output_layer.0.gain", "scaledcrossreplicabn.": "output_layer.0."}
    names |= {"attention.o_conv.": f"blocks.{attention}.1.o.", "attention.": f"blocks.{attention}.1."}
    parts = {".conv1.": ".conv2.", ".conv0.": ".conv1.", ".hyperbn.": ".bn1.", ".hyperbn_1.": ".bn2."}
    parts |= {".gamma.weight": ".gain.weight", ".beta.weight": ".bias.weight", ".crossreplicabn.": "."}
    made: State = {}
    for old, tensor in state.items():
        block, dot, rest = old.partition(".")
        if block.startswith("gblock"):
            new = f"blocks.{block[7:] or 0}.0{dot}{rest}"
            if ".conv0." in new:
                new = new.replace(".conv0.", ".conv1.")
            else:
                for part, ours in parts.items():
                    new = new.replace(part, ours)
        else:
            start = next(name for name in names if old.startswith(name))
            new = names[start] + old[len(start) :]
        made[new] = tensor
    return made


class Net:
    """One checkpoint's layers."""

    def __init__(self, state: State, wrong: Wrong, eps: Epsilons) -> None:
        self.state, self.wrong, self.eps = state, wrong, eps

    def count(self, convolution: str) -> int:
        return sum(1 for key in self.state if key.startswith("blocks.") and key.endswith(f".0.{convolution}.weight"))

    def embedding(self, labels: Tensor) -> Tensor:
        """The weighted sum of the classes' rows."""
        if "shared.weight" not in self.state:
            return labels.double()
        rows = self.state["shared.weight"].double()
        total = torch.zeros(len(labels), rows.shape[1], dtype=torch.float64)
        for k, row in enumerate(rows):
            total += labels[:, k : k + 1].double() * row
        return total

    def weight(self, name: str) -> Tensor:
        """W over the estimate of its largest singular value after one iteration from u."""
        weight = self.state[f"{name}.weight"].double()
        if f"{name}.u0" not in self.state:
            return weight
        matrix = weight.reshape(weight.shape[0], -1)
        u = self.state[f"{name}.u0"].double().reshape(1, -1)
        if self.wrong.columns and weight.ndim == 4 and weight.shape[0] == weight.shape[1]:
            matrix = weight.transpose(0, 1).reshape(weight.shape[1], -1)
        v = u @ matrix
        v = v / max(float(v.norm()), self.eps.sn)
        if not self.wrong.stored_u:
            u = v @ matrix.T
            u = u / max(float(u.norm()), self.eps.sn)
        return weight / float(v @ matrix.T @ u.T)

    def linear(self, x: Tensor, name: str) -> Tensor:
        bias = self.state.get(f"{name}.bias")
        return x @ self.weight(name).T + (0 if bias is None else bias.double())

    def conv(self, x: Tensor, name: str) -> Tensor:
        layer = {"layer.weight": self.weight(name)}
        if f"{name}.bias" in self.state:
            layer["layer.bias"] = self.state[f"{name}.bias"]
        return convolution(x, layer, "layer", 1, self.state[f"{name}.weight"].shape[2] // 2)

    def first_picture(self, values: Tensor, channels: int) -> Tensor:
        h = self.linear(values, "linear")
        side = round((h.shape[1] / channels) ** 0.5)
        if self.wrong.picture_order:
            return h.reshape(-1, side, side, channels).permute(0, 3, 1, 2)
        return h.reshape(-1, channels, side, side)

    def conditional_norm(self, x: Tensor, name: str, condition: Tensor) -> Tensor:
        if "shared.weight" in self.state:
            gain, bias = self.linear(condition, f"{name}.gain"), self.linear(condition, f"{name}.bias")
        else:
            gain, bias = (condition @ self.state[f"{name}.{part}.weight"].double() for part in ("gain", "bias"))
        if not self.wrong.no_one:
            gain = gain + 1
        if self.wrong.added_gain:
            gain, bias = torch.ones_like(gain), gain + bias
        return self.normalised(x, name, self.eps.bn) * gain[:, :, None, None] + bias[:, :, None, None]

    def normalised(self, x: Tensor, name: str, eps: float) -> Tensor:
        """By the stored statistics, in any of their three spellings."""
        if f"{name}.bn.running_mean" in self.state:
            mean, variance = (self.state[f"{name}.bn.running_{part}"].double() for part in ("mean", "var"))
        elif f"{name}.bn.stored_mean" in self.state:
            times = float(self.state[f"{name}.bn.accumulation_counter"]) or 1.0
            mean, variance = (self.state[f"{name}.bn.stored_{part}"].double() / times for part in ("mean", "var"))
        else:
            mean, variance = (self.state[f"{name}.stored_{part}"].double() for part in ("mean", "var"))
        return (x - mean[:, None, None]) / (variance + eps).sqrt()[:, None, None]

    def double(self, x: Tensor) -> Tensor:
        if not self.wrong.zero_insertion:
            return double(x)
        out = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
        out[:, :, ::2, ::2] = x
        return out

    def block(self, x: Tensor, name: str, condition: Tensor) -> Tensor:
        h = self.double(relu(self.conditional_norm(x, f"{name}.bn1", condition)))
        h = relu(self.conditional_norm(self.conv(h, f"{name}.conv1"), f"{name}.bn2", condition))
        return self.conv(h, f"{name}.conv2") + self.conv(self.double(x), f"{name}.conv_sc")

    def deep_block(self, x: Tensor, name: str, condition: Tensor, doubles: bool) -> Tensor:
        h = x
        for k in (1, 2, 3, 4):
            h = relu(self.conditional_norm(h, f"{name}.bn{k}", condition))
            if doubles and k == 2:
                h = self.double(h)
            h = self.conv(h, f"{name}.conv{k}")
        kept = x[:, -h.shape[1] :] if self.wrong.swapped_parts else x[:, : h.shape[1]]
        return h + (self.double(kept) if doubles else kept)

    def attention(self, x: Tensor, name: str, last: str = "o") -> Tensor:
        """Picture by picture and place by place."""
        theta, phi, g = (self.conv(x, f"{name}.{part}") for part in ("theta", "phi", "g"))
        if not self.wrong.unpooled_attention:
            phi, g = pooled(phi), pooled(g)
        out = torch.zeros(len(x), g.shape[1], *x.shape[2:], dtype=torch.float64)
        for i in range(len(x)):
            queries, keys, values = theta[i].flatten(1).T, phi[i].flatten(1), g[i].flatten(1)
            scores = queries @ keys
            if self.wrong.scaled_attention:
                scores = scores / 8**0.5
            exponentials = (scores - scores.amax(0 if self.wrong.softmax_over_queries else 1, keepdim=True)).exp()
            weights = exponentials / exponentials.sum(0 if self.wrong.softmax_over_queries else 1, keepdim=True)
            out[i] = (values @ weights.T).reshape(out[i].shape)
        return x + self.state[f"{name}.gamma"].double() * self.conv(out, f"{name}.{last}")

    def picture(self, x: Tensor) -> Tensor:
        gain, bias = (self.state[f"output_layer.0.{part}"].double()[:, None, None] for part in ("gain", "bias"))
        x = relu(self.normalised(x, "output_layer.0", self.eps.output) * gain + bias)
        return self.conv(x, "output_layer.2")[:, :3].tanh()


def pooled(x: Tensor) -> Tensor:
    """The largest of each square of four."""
    return torch.stack([x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]).amax(0)
