"""Networks that are known and not supported: refused by their names, so that nobody takes them for damaged files."""

from __future__ import annotations

from collections.abc import Iterable

from ganrt.exporter.families.protocol import KeyCondition
from ganrt.exporter.readers.networks import spellings
from ganrt.exporter.source import Source

_LATER = "not supported yet; export its TorchScript or ONNX file"
_GENERATOR = "a discriminator, which draws nothing; expected the generator, which training saves beside it"
# Of the pickled class of the whole network.
_CLASSES = {
    "TriPlaneGenerator": f"EG3D, {_LATER}",
    "SuperresGenerator": f"StyleGAN-XL, {_LATER}",
    "Discriminator": _GENERATOR,
    "ProjectedDiscriminator": _GENERATOR,
}
_KEYS = {
    KeyCondition(("b4.conv.weight", "b4.out.weight")): f"StyleGAN2's discriminator: {_GENERATOR}",
    KeyCondition(("convs.0.0.weight", "final_conv.0.weight")): f"rosinality's discriminator: {_GENERATOR}",
    KeyCondition(("initial_block", "blocks.0.to_style1.weight")): f"lucidrains' stylegan2-pytorch, {_LATER}",
    KeyCondition(("GE.initial_block", "SE.net.0.weight")): f"lucidrains' stylegan2-pytorch, {_LATER}",
    KeyCondition(("G.initial_conv.0.weight", "G.out_conv.weight")): f"lucidrains' lightweight-gan, {_LATER}",
    KeyCondition(("initial_conv.0.weight", "out_conv.weight")): f"lucidrains' lightweight-gan, {_LATER}",
    KeyCondition(("init.init.0.weight_orig", "se_64.main.1.weight_orig")): f"FastGAN, {_LATER}",
    KeyCondition(("synthesis.init.init.0.weight_orig",)): f"Projected GAN, {_LATER}",
    KeyCondition(("Model.MainLayers.0.Layers.0.Basis",)): f"R3GAN, {_LATER}",
    KeyCondition(("formatLayer.module.weight", "groupScale0.0.module.weight")): f"ProGAN of the GAN zoo, {_LATER}",
    KeyCondition(("backbone.synthesis.b4.const",)): f"EG3D, {_LATER}",
    KeyCondition(("mapping.embed_proj.weight", "synthesis.input.weight")): f"StyleGAN-XL, {_LATER}",
    KeyCondition(("mapping.mlp.fc0.weight",)): f"StyleGAN-T, {_LATER}",
    KeyCondition(("mapping.text_encoder.weight",)): f"StyleGAN-T, {_LATER}",
    KeyCondition(
        ("embed_y.weight", "noise_fc.weight", "blocks.0.cond_norm1.gamma_embed.weight")
    ): f"an anime BigGAN (compare_gan): it upsamples with zeros, gains lack the 1, pictures lie in [0, 1]; {_LATER}",
    KeyCondition(
        ("G_linear.module.weight_bar", "GBlock.0.conv0.module.weight_bar", "colorize.module.weight_bar")
    ): "TF Hub's BigGAN in the intermediate layout of ajbrock's converter; expected the converter's final file "
    "(shared.weight, blocks.0.0.conv1.weight, ...), or its TorchScript or ONNX file",
}


def name_unsupported(sources: Iterable[Source], *, discriminators: bool = True) -> str | None:
    """What the first network is that is known and not supported, such as "FastGAN, not supported yet; ..."."""
    named = None
    for source in sources:
        found = _of_keys(source) or (_CLASSES.get(source.module.name) if source.module is not None else None)
        if found is not None and (named is None or _GENERATOR in named):
            named = found  # a generator's name goes before its discriminator's
    return named if named is None or discriminators or _GENERATOR not in named else None


def refused(source: Source) -> str | None:
    """The same of a network that looks like a family's."""
    if source.module is not None and source.module.name in _CLASSES:
        return _CLASSES[source.module.name]
    alike = [name for keys, name in _KEYS.items() if keys.holds(source.tensors)]
    return next((name for name in alike if "XL" in name or "BigGAN" in name), None)


def _of_keys(source: Source) -> str | None:
    for tensors in spellings(source.tensors):
        for keys, name in _KEYS.items():
            if keys.holds(tensors):
                return name
    return None
