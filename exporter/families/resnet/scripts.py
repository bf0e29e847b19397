"""ResNet generators: a script's keys and facts each. All are `network.Generator`."""

from __future__ import annotations

from ganrt.exporter.families.page import Page
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
    page = Page(
        title="ResNet generators of mimicry",
        origin="`kwotsin/mimicry`: SNGAN, WGAN-GP, InfoMax-GAN, SSGAN, cGAN-PD, DCGAN and SAGAN, "
        "`netG_100000_steps.pth` with its `model_state_dict`",
        gives="square pictures, 32 to 128 px in its scripts, with or without classes, which may be mixed",
        traps=(
            "the side is doubled bilinearly, where most ResNet generators repeat pixels",
            "conditional norms: the gain is the table's value itself, not one more than it",
            "spectral norm and attention of its SAGAN; its discriminator, which has a `block1`",
        ),
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
    page = Page(
        title="ResNet generators of StudioGAN",
        origin="`POSTECH-CVLab/PyTorch-StudioGAN`, backbones `resnet` (SNGAN, SAGAN, WGAN-GP, ...) and `big_resnet` "
        "(BigGAN, ReACGAN, ...); `model=G_ema-best-weights-step=*.pth` is what its samples are drawn with",
        gives="square pictures, 32 to 512 px, with or without classes, which may be mixed",
        traps=(
            "batch norm's epsilon is 1e-4; spectral norm with torch's hook",
            "attention counts as a block; its conditional norms add one to the gain",
            "with a shared embedding z is cut into chunks, one for each block",
            "its other backbones (`deep_conv`, `big_resnet_deep`) and InfoGAN's inputs are refused",
            "the activation and the distribution of z are in its configuration only",
        ),
    )


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
    page = Page(
        title="SNGAN's ResNet generator",
        origin="`christiancosgrove/pytorch-spectral-normalization-gan` (`model_resnet.py`), `gen_199`",
        gives="square pictures, 32 px in its script, from any latent",
        traps=("weights that are in the file twice", "shortcuts without weights"),
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
    page = Page(
        title="WGAN-GP's ResNet generator",
        origin="`jalola/improved-wgan-pytorch` (`GoodGenerator`); its conditional relatives are refused",
        formats="state dicts, as of all families; that script saves whole modules, for which `--code` is needed",
        gives="square RGB pictures, 64 px in its script, from any latent",
        traps=("first convolutions without biases", "discriminators, which have layer norms under the same names"),
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
    page = Page(
        title="Conditional SAGAN",
        origin="`voletiv/self-attention-GAN-pytorch`",
        gives="square pictures, 128 px in its script, of any number of classes, which may be mixed",
        traps=("spectral norm everywhere", "norms' tables of gains beside biases", "attention with biases"),
    )
