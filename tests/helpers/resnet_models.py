"""ResNet generators as training scripts write them: classes of our own with the scripts' names, slow and obvious."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import spectral_norm


class Plain(nn.Module):
    """Batch norm that classes do not change."""

    def __init__(self, channels: int, _: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, eps)

    def forward(self, x: Tensor, _: Tensor | None) -> Tensor:
        return self.norm(x)  # type: ignore[no-any-return]


class Table(nn.Module):
    """Gains beside biases for each class (mimicry, voletiv)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(channels, affine=False)
        self.embed = nn.Embedding(classes, 2 * channels)
        self.embed.weight.data[:, :channels] += 1

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        gains, biases = self.embed(y)[:, :, None, None].chunk(2, 1)
        return gains * self.bn(x) + biases  # type: ignore[no-any-return]


class Affine(nn.Module):
    """One more than a linear map of the condition (StudioGAN)."""

    def __init__(self, channels: int, inputs: int, normed: bool) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(channels, 1e-4, affine=False)
        gain, bias = (nn.Linear(inputs, channels, bias=False) for _ in range(2))
        self.gain, self.bias = (spectral_norm(gain), spectral_norm(bias)) if normed else (gain, bias)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        gain = 1 + self.gain(condition)[:, :, None, None]
        return self.bn(x) * gain + self.bias(condition)[:, :, None, None]  # type: ignore[no-any-return]


class Pooled(nn.Module):
    """Self-attention whose keys and values are max-pooled; `names` are those of its parts and of its scalar."""

    def __init__(self, channels: int, names: tuple[str, ...], bias: bool, normed: bool) -> None:
        super().__init__()
        self.names = names
        sizes = ((channels, channels // 8), (channels, channels // 8), (channels, channels // 2))
        for name, (inputs, outputs) in zip(names, [*sizes, (channels // 2, channels)], strict=False):
            layer = nn.Conv2d(inputs, outputs, 1, bias=bias)
            self.add_module(name, spectral_norm(layer) if normed else layer)
        self.register_parameter(names[4], nn.Parameter(torch.tensor([0.8]) if bias else torch.tensor(0.8)))

    def forward(self, x: Tensor) -> Tensor:
        theta, phi, g, o = (getattr(self, name) for name in self.names[:4])
        n, _, h, w = x.shape
        q = theta(x).view(n, -1, h * w)
        k = functional.max_pool2d(phi(x), 2).view(n, -1, h * w // 4)
        v = functional.max_pool2d(g(x), 2).view(n, -1, h * w // 4)
        seen = torch.bmm(v, torch.softmax(torch.bmm(q.transpose(1, 2), k), -1).transpose(1, 2))
        return x + getattr(self, self.names[4]) * o(seen.view(n, -1, h, w))  # type: ignore[no-any-return]


def conv(inputs: int, outputs: int, kernel: int, normed: bool) -> nn.Module:
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    return spectral_norm(layer) if normed else layer


class MimicryBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, classes: int, normed: bool) -> None:
        super().__init__()
        self.c1, self.c2 = conv(inputs, outputs, 3, normed), conv(outputs, outputs, 3, normed)
        self.b1, self.b2 = (Table(c, classes) if classes else nn.BatchNorm2d(c) for c in (inputs, outputs))
        self.c_sc = conv(inputs, outputs, 1, normed)

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        more = () if y is None else (y,)
        h = self.c1(self.doubled(self.b1(x, *more).relu()))
        return self.c2(self.b2(h, *more).relu()) + self.c_sc(self.doubled(x))  # type: ignore[no-any-return]

    @staticmethod
    def doubled(x: Tensor) -> Tensor:
        return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Mimicry(nn.Module):
    """Three blocks: 4 px to 32."""

    def __init__(self, classes: int = 0, attention: bool = False) -> None:
        super().__init__()
        self.l1 = spectral_norm(nn.Linear(6, 8 * 16)) if attention else nn.Linear(6, 8 * 16)
        self.block2, self.block3, self.block4 = (
            MimicryBlock(a, b, classes, attention) for a, b in ((8, 8), (8, 8), (8, 8))
        )
        self.b5, self.c5 = nn.BatchNorm2d(8), conv(8, 3, 3, attention)
        self.attn_block = Pooled(8, ("theta", "phi", "g", "o", "gamma"), False, True) if attention else None

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        h = self.l1(z).view(-1, 8, 4, 4)
        h = self.block4(self.block3(self.block2(h, y), y), y)
        h = h if self.attn_block is None else self.attn_block(h)
        return self.c5(self.b5(h).relu()).tanh()  # type: ignore[no-any-return]


class StudioBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, conditions: int, normed: bool) -> None:
        super().__init__()
        self.bn1, self.bn2 = (
            Affine(c, conditions, normed) if conditions else nn.BatchNorm2d(c, 1e-4) for c in (inputs, outputs)
        )
        self.conv2d0, self.conv2d1, self.conv2d2 = (
            conv(a, b, k, normed) for a, b, k in ((inputs, outputs, 1), (inputs, outputs, 3), (outputs, outputs, 3))
        )

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        more = () if condition is None else (condition,)
        h = self.conv2d1(nearest(self.bn1(x, *more).relu()))
        return self.conv2d2(self.bn2(h, *more).relu()) + self.conv2d0(nearest(x))  # type: ignore[no-any-return]


def nearest(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


class StudioGAN(nn.Module):
    """`embedding`: BigGAN's: a shared embedding, and a chunk of z for each of three blocks."""

    def __init__(self, classes: int = 0, embedding: int = 0, chunks: bool = False, attention: bool = False) -> None:
        super().__init__()
        self.chunk = 3 if embedding or chunks else 0
        self.linear0 = nn.Linear(self.chunk or 6, 8 * 16)
        self.classes, self.shared = classes, nn.Embedding(classes, embedding) if embedding else None
        conditions = (embedding or classes) + self.chunk
        self.blocks = nn.ModuleList()
        for i, (inputs, outputs) in enumerate(((8, 8), (8, 8), (8, 4))):
            self.blocks.append(nn.ModuleList([StudioBlock(inputs, outputs, conditions, attention)]))
            if attention and i == 1:
                names = ("conv1x1_theta", "conv1x1_phi", "conv1x1_g", "conv1x1_attn", "sigma")
                self.blocks.append(nn.ModuleList([Pooled(outputs, names, False, True)]))
        self.bn4, self.conv2d5 = nn.BatchNorm2d(4, 1e-4), nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        chunks = list(z.split(self.chunk, 1)) if self.chunk else [z]
        rows = None if y is None else functional.one_hot(y, self.classes).float()
        rows = self.shared(y) if self.shared is not None else rows
        h, at = self.linear0(chunks[0]).view(-1, 8, 4, 4), 0
        for (block,) in self.blocks:
            if isinstance(block, Pooled):
                h = block(h)
                continue
            at += 1
            parts = ([] if rows is None else [rows]) + ([chunks[at]] if self.chunk else [])
            h = block(h, torch.cat(parts, 1) if parts else None)
        return self.conv2d5(self.bn4(h).relu()).tanh()  # type: ignore[no-any-return]


class SNGANBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1), nn.Conv2d(channels, channels, 3, 1, 1)
        up, norms = nn.Upsample(scale_factor=2), [nn.BatchNorm2d(channels) for _ in range(2)]
        self.model = nn.Sequential(norms[0], nn.ReLU(), up, self.conv1, norms[1], nn.ReLU(), self.conv2)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x) + nearest(x)  # type: ignore[no-any-return]


class SNGAN(nn.Module):
    """Two blocks: 4 px to 16."""

    def __init__(self) -> None:
        super().__init__()
        self.dense, self.final = nn.Linear(6, 8 * 16), nn.Conv2d(8, 3, 3, padding=1)
        blocks = [SNGANBlock(8) for _ in range(2)]
        self.model = nn.Sequential(*blocks, nn.BatchNorm2d(8), nn.ReLU(), self.final, nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        return self.model(self.dense(z).view(-1, 8, 4, 4))  # type: ignore[no-any-return]


class Wrapped(nn.Module):
    """A convolution one level down, and with `doubles` two, behind an upsampling."""

    def __init__(self, inner: nn.Module, doubles: bool = False) -> None:
        super().__init__()
        self.conv, self.doubles = inner, doubles

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(nearest(x) if self.doubles else x)  # type: ignore[no-any-return]


class WGANGPBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)
        self.conv_shortcut = Wrapped(Wrapped(nn.Conv2d(inputs, outputs, 1)), doubles=True)
        self.conv_1 = Wrapped(Wrapped(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)), doubles=True)
        self.conv_2 = Wrapped(nn.Conv2d(outputs, outputs, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv_2(self.bn2(self.conv_1(self.bn1(x).relu())).relu())
        return self.conv_shortcut(x) + h  # type: ignore[no-any-return]


class WGANGP(nn.Module):
    """Two blocks: 4 px to 16."""

    def __init__(self) -> None:
        super().__init__()
        self.ln1, self.rb1, self.rb2 = nn.Linear(6, 8 * 16), WGANGPBlock(8, 4), WGANGPBlock(4, 4)
        self.bn, self.conv1 = nn.BatchNorm2d(4), Wrapped(nn.Conv2d(4, 3, 3, padding=1))

    def forward(self, z: Tensor) -> Tensor:
        h = self.rb2(self.rb1(self.ln1(z).view(-1, 8, 4, 4)))
        return self.conv1(self.bn(h).relu()).tanh()  # type: ignore[no-any-return]


class SAGANBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, classes: int) -> None:
        super().__init__()
        self.cond_bn1, self.cond_bn2 = Table(inputs, classes), Table(outputs, classes)
        self.snconv2d1, self.snconv2d2 = conv(inputs, outputs, 3, True), conv(outputs, outputs, 3, True)
        self.snconv2d0 = conv(inputs, outputs, 1, True)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        h = self.snconv2d1(nearest(self.cond_bn1(x, y).relu()))
        return self.snconv2d2(self.cond_bn2(h, y).relu()) + self.snconv2d0(nearest(x))  # type: ignore[no-any-return]


class ResNetSAGAN(nn.Module):
    """Three blocks, attention behind the last: 4 px to 32."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.snlinear0 = spectral_norm(nn.Linear(6, 8 * 16))
        self.block1, self.block2, self.block3 = (SAGANBlock(8, 8, classes) for _ in range(3))
        names = ("snconv1x1_theta", "snconv1x1_phi", "snconv1x1_g", "snconv1x1_attn", "sigma")
        self.self_attn = Pooled(8, names, True, True)
        self.bn, self.snconv2d1 = nn.BatchNorm2d(8), conv(8, 3, 3, True)

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        h = self.block3(self.block2(self.block1(self.snlinear0(z).view(-1, 8, 4, 4), y), y), y)
        return self.snconv2d1(self.bn(self.self_attn(h)).relu()).tanh()  # type: ignore[no-any-return]


class Attention(nn.Module):
    """As the first SAGAN of PyTorch: values of all channels, nothing pooled."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query_conv, self.key_conv = (nn.Conv2d(channels, channels // 8, 1) for _ in range(2))
        self.value_conv, self.gamma = nn.Conv2d(channels, channels, 1), nn.Parameter(torch.tensor([0.9]))

    def forward(self, x: Tensor) -> Tensor:
        n, _, h, w = x.shape
        q, k, v = (part(x).view(n, -1, h * w) for part in (self.query_conv, self.key_conv, self.value_conv))
        seen = torch.bmm(v, torch.softmax(torch.bmm(q.permute(0, 2, 1), k), -1).permute(0, 2, 1))
        return self.gamma * seen.view(x.shape) + x


class SAGAN(nn.Module):
    """16 px; `l3` is made first, so that it stands first in the file."""

    def __init__(self) -> None:
        super().__init__()

        def stage(inputs: int, outputs: int, stride: int) -> nn.Sequential:
            deconvolution = spectral_norm(nn.ConvTranspose2d(inputs, outputs, 4, stride, stride - 1))
            return nn.Sequential(deconvolution, nn.BatchNorm2d(outputs), nn.ReLU())

        self.l3 = stage(16, 8, 2)
        self.l1, self.l2 = stage(6, 32, 1), stage(32, 16, 2)
        self.last = nn.Sequential(nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh())
        self.attn1, self.attn2 = Attention(16), Attention(8)

    def forward(self, z: Tensor) -> Tensor:
        h = self.attn1(self.l2(self.l1(z[:, :, None, None])))
        return self.last(self.attn2(self.l3(h)))  # type: ignore[no-any-return]


def trained(module: nn.Module, seed: int = 0, classes: int = 0, dim: int = 6) -> nn.Module:
    """With weights and statistics that differ from layer to layer, in evaluation mode."""
    random = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        if parameter.ndim > 1:
            spread = 1.2 / parameter[0].numel() ** 0.5
            parameter.data += spread * torch.randn(parameter.shape, generator=random)
        elif parameter.numel() > 1:
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=random)
    module.train()
    with torch.no_grad():
        for _ in range(8):
            y = (torch.arange(16) % classes,) if classes else ()
            module(torch.randn(16, dim, generator=random), *y)
    return module.eval().requires_grad_(False)
