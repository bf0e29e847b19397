"""AnimeGANv2's generator (Chen et al. 2020), as bryandlee/animegan2-pytorch has it.

Convolutions with reflected borders, each with a norm over the whole picture (one group) and LeakyReLU(0.2); the side
is halved twice, four inverted residual blocks (depthwise, as in MobileNetV2) follow, and two bilinear enlargements.
All widths are multiples of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from torch import Tensor, nn
from torch.nn import functional

from ganrt.exporter.candidate import Candidate, Facts, of_family
from ganrt.exporter.families.instance_norm import AffineLayerNorm
from ganrt.exporter.families.pictures import Sides
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.loading import load_strictly, sizes
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source

DEFAULT_EPS = 1e-5
SIDES = Sides(usual=512, lowest=16, multiple_of=4)
_WHAT = "an AnimeGANv2 generator"


def _step(a: int, b: int, eps: float, kernel: int = 3, stride: int = 1, depthwise: bool = False) -> nn.Module:
    border = (kernel - 1) // 2
    # Where the side is halved, the border lies right and below alone.
    pad = nn.ReflectionPad2d((0, 1, 0, 1) if stride == 2 else border)
    convolution = nn.Conv2d(a, b, kernel, stride, groups=a if depthwise else 1, bias=depthwise)
    return nn.Sequential(pad, convolution, AffineLayerNorm(b, eps), nn.LeakyReLU(0.2))


class InvertedBlock(nn.Module):
    """Twice as wide within; adds what came in where the widths agree, and no activation follows."""

    def __init__(self, inputs: int, outputs: int, eps: float) -> None:
        super().__init__()
        wide = 2 * inputs
        self.adds = inputs == outputs
        self.layers = nn.Sequential(
            _step(inputs, wide, eps, kernel=1),
            _step(wide, wide, eps, depthwise=True),
            nn.Conv2d(wide, outputs, 1, bias=False),
            AffineLayerNorm(outputs, eps),
        )

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.layers(x)
        return x + made if self.adds else made


class Generator(nn.Module):
    """source float32 [n, c, h, w] in [-1, 1] -> float32 [n, c, h, w] in [-1, 1]; sides divisible by 4."""

    def __init__(self, inputs: int, outputs: int, width: int, eps: float, align: bool) -> None:
        super().__init__()
        w, step, self.align = width, partial(_step, eps=eps), align
        block = partial(InvertedBlock, eps=eps)
        first = step(inputs, w, kernel=7)
        self.block_a = nn.Sequential(first, step(w, 2 * w, stride=2), step(2 * w, 2 * w))
        self.block_b = nn.Sequential(step(2 * w, 4 * w, stride=2), step(4 * w, 4 * w))
        blocks = [block(4 * w, 8 * w), *(block(8 * w, 8 * w) for _ in range(3))]
        self.block_c = nn.Sequential(step(4 * w, 4 * w), *blocks, step(8 * w, 4 * w))
        self.block_d = nn.Sequential(step(4 * w, 4 * w), step(4 * w, 4 * w))
        self.block_e = nn.Sequential(step(4 * w, 2 * w), step(2 * w, 2 * w), step(2 * w, w, kernel=7))
        self.out_layer = nn.Sequential(nn.Conv2d(w, outputs, 1, bias=False), nn.Tanh())

    def forward(self, source: Tensor) -> Tensor:
        x = self.block_c(self.block_b(self.block_a(source)))
        made: Tensor = self.out_layer(self.block_e(self._enlarged(self.block_d(self._enlarged(x)))))
        return made

    def _enlarged(self, x: Tensor) -> Tensor:
        return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=self.align)


class AnimeGAN(Family):
    task = "translate"
    settings: Mapping[str, str] = {
        **SIDES.settings,
        "norm_eps": f"the norms' epsilon, default {DEFAULT_EPS:g}",
        "align_corners": "enlarges with aligned corners (default, as the library's own call); its test.py does not",
    }
    keys = KeyCondition(
        all_of=("block_a.0.1.weight", "block_c.1.layers.0.1.weight", "block_e.2.1.weight", "out_layer.0.weight")
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        state, facts = source.tensors, Facts(settings)
        first_width, inputs, *_ = sizes(state, "block_a.0.1.weight", 4, _WHAT)
        outputs = sizes(state, "out_layer.0.weight", 4, _WHAT)[0]
        image, output = SIDES.read(facts, inputs, outputs)
        eps = facts.assume("norm_eps", DEFAULT_EPS)
        align = facts.assume("align_corners", True, "as the library's own call")
        make = partial(Generator, inputs, outputs, first_width, eps, align)
        module = load_strictly(make, state, f"{_WHAT} whose first width is {first_width}")
        return of_family("animegan", module, facts, f"all {len(state)} keys match", image=image, output=output)
