"""ResNet generators: a script's keys and facts each. All are `network.Generator`."""

from __future__ import annotations

from ganrt.exporter.families.protocol import KeyCondition
from ganrt.exporter.families.resnet.reading import ResNet, Script


class Mimicry(ResNet):
    """The family `mimicry`, of kwotsin/mimicry: the side is doubled bilinearly.

    Norms that are conditional have a table of gains beside biases. SAGAN: spectral norm, and attention behind `block4`.
    """

    script = Script(
        "mimicry",
        "mimicry's ResNet generator",
        names={
            "linear": "l1",
            **{f"block.{ours}": f"block{{i}}.{theirs}" for ours, theirs in (("conv1", "c1"), ("conv2", "c2"))},
            **{f"block.{ours}": f"block{{i}}.{theirs}" for ours, theirs in (("bn1", "b1"), ("bn2", "b2"))},
            "block.conv_sc": "block{i}.c_sc",
            "attention": "attn_block",
            "output_layer.0": "b{n}",
            "output_layer.2": "c{n}",
        },
        first=2,
        attended=lambda _: 2,
        bilinear=True,
    )
    keys = KeyCondition(
        all_of=("l1.weight", "block2.c1.weight", "block2.c_sc.weight", "block3.c1.weight"),
        none_of=("block1.c1.weight",),
    )


class StudioGAN(ResNet):
    """The family `studiogan`, of POSTECH-CVLab/PyTorch-StudioGAN: `resnet.py` and `big_resnet.py` (BigGAN).

    Conditional norms take one-hot classes, or the shared embedding of the class before a chunk of z.
    """

    script = Script(
        "studiogan",
        "StudioGAN's ResNet generator",
        names={
            "linear": "linear0",
            "block.conv1": "blocks.{i}.0.conv2d1",
            "block.conv2": "blocks.{i}.0.conv2d2",
            "block.conv_sc": "blocks.{i}.0.conv2d0",
            "block": "blocks.{i}.0",
            "attention.gamma": "blocks.{i}.0.sigma",
            "attention.o": "blocks.{i}.0.conv1x1_attn",
            **{f"attention.{part}": f"blocks.{{i}}.0.conv1x1_{part}" for part in ("theta", "phi", "g")},
            "output_layer.0": "bn4",
            "output_layer.2": "conv2d5",
        },
        counted=True,
        eps=1e-4,
        offset=1.0,
    )
    open_prior = True
    keys = KeyCondition(
        all_of=("linear0.weight", "blocks.0.0.conv2d1.weight", "blocks.0.0.bn1.running_mean", "conv2d5.weight")
    ), KeyCondition(
        all_of=("linear0.weight", "blocks.0.0.conv2d1.weight", "blocks.0.0.bn1.bn.running_mean", "conv2d5.weight")
    )  # fmt: skip


class SNGAN(ResNet):
    """The family `sngan`, of christiancosgrove/pytorch-spectral-normalization-gan: `dense`, `model`, `final`.

    Each block is a Sequential whose convolutions are its attributes as well, and `final` is the Sequential's last one:
    they are in the file twice. Shortcuts have no weights.
    """

    script = Script(
        "sngan",
        "SNGAN's ResNet generator",
        names={
            "linear": "dense",
            "block.bn1": "model.{i}.model.0",
            "block.conv1": "model.{i}.model.3",
            "block.bn2": "model.{i}.model.4",
            "block.conv2": "model.{i}.model.6",
            "output_layer.0": "model.{n}",
            "output_layer.2": "model.{m}",
        },
        unused=r"final\..+|model\.\d+\.conv[12]\..+",
    )
    keys = KeyCondition(
        all_of=("dense.weight", "model.0.model.3.weight", "model.0.model.0.running_mean", "final.weight")
    )


class WGANGP(ResNet):
    """The family `wgan-gp`, of jalola/improved-wgan-pytorch (Gulrajani et al. 2017, arXiv:1704.00028).

    It gives its picture as one vector, here as a picture.
    """

    script = Script(
        "wgan-gp",
        "WGAN-GP's ResNet generator",
        names={
            "linear": "ln1",
            "block.conv1": "rb{i}.conv_1.conv.conv",
            "block.conv2": "rb{i}.conv_2.conv",
            "block.conv_sc": "rb{i}.conv_shortcut.conv.conv",
            "block": "rb{i}",
            "output_layer.0": "bn",
            "output_layer.2": "conv1.conv",
        },
        first=1,
    )
    keys = KeyCondition(
        all_of=(
            "ln1.weight",
            "rb1.bn1.running_mean",
            "rb1.conv_1.conv.conv.weight",
            "rb1.conv_shortcut.conv.conv.weight",
        )
    )


class ResNetSAGAN(ResNet):
    """The family `sagan-resnet`, of voletiv/self-attention-GAN-pytorch (Zhang et al., arXiv:1805.08318)."""

    script = Script(
        "sagan-resnet",
        "the ResNet generator of SAGAN",
        names={
            "linear": "snlinear0",
            "block.conv1": "block{i}.snconv2d1",
            "block.conv2": "block{i}.snconv2d2",
            "block.conv_sc": "block{i}.snconv2d0",
            "block.bn1": "block{i}.cond_bn1",
            "block.bn2": "block{i}.cond_bn2",
            "attention.gamma": "self_attn.sigma",
            "attention.o": "self_attn.snconv1x1_attn",
            **{f"attention.{part}": f"self_attn.snconv1x1_{part}" for part in ("theta", "phi", "g")},
            "output_layer.0": "bn",
            "output_layer.2": "snconv2d1",
        },
        first=1,
        attended=lambda _: 2,
    )
    keys = KeyCondition(all_of=("snlinear0.weight", "block1.cond_bn1.embed.weight", "block1.snconv2d1.weight"))
