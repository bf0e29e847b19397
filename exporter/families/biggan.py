"""BigGAN and BigGAN-deep as ajbrock/BigGAN-PyTorch trains and saves them, and a port in its layout.

All are `ganrt.exporter.families.resnet` networks (Brock et al. 2018, arXiv:1809.11096). BigGAN's `linear` takes the
latent, or its first chunk where it is hierarchical; its batch norms take (class embedding, chunk), in this order;
without chunks the embedding alone; without a shared embedding they hold rows of gains and of biases for each class.

BigGAN-deep (appendix B) gives the whole latent and the class embedding to `linear` and to every batch norm: first the
embedding, then z, as published. A proposed correction (its pull request 72) has z first, and a last convolution with
more outputs than the picture has channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import CHANNELS, Candidate, Facts
from ganrt.exporter.families.biggan_checkpoint import SETTINGS, TF_EPS, Plain, read_plain, with_names, with_prior
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.resnet.network import Rules
from ganrt.exporter.families.resnet.reading import Named, Script, candidate, read_shape
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

RGB = 3
_LAST = "output_layer.2"
_SHARED = "shared.weight"
AJBROCK = Script(
    name="biggan",
    what="a BigGAN generator",
    names={
        **{f"block.bn{k}.bn": f"blocks.{{i}}.0.bn{k}" for k in range(1, 5)},
        "block": "blocks.{i}.0",
        "attention": "blocks.{i}.1",
        "output_layer.0.weight": "output_layer.0.gain",
    },
    endings={".running_mean": ".stored_mean", ".running_var": ".stored_var"},
    counts=range(3, 8),  # 32 to 512 pixels
    published=True,
    by_class=True,
)
AJBROCK_DEEP = replace(
    AJBROCK, name="biggan-deep-ajbrock", what="ajbrock's BigGAN-deep", counts=range(6, 16, 2), deep=True
)


def ajbrock_rules(plain: Plain, *, latent_first: bool = False) -> Rules:
    """What the training code computes: gains are one more than a condition gives."""
    return Rules(
        eps=plain.bn_eps,
        last_eps=plain.output_bn_eps,
        hidden=nn.ReLU,
        last=nn.Tanh(),
        offset=1.0,
        added=plain.gain_added,
        latent_first=latent_first,
    )


def ajbrock_candidate(source: Source, plain: Plain, script: Script, *, latent_first: bool = False) -> Candidate:
    """A generator of `plain`, its spectral norm folded.

    Raises:
        BadInputFile: keys or shapes do not fit; the message names them.
    """
    _require_statistics(plain.state)
    keys = Named(plain.state, script)
    rules, facts = ajbrock_rules(plain, latent_first=latent_first), Facts(found=list(plain.facts))
    built = candidate(source, keys, read_shape(keys, facts), rules, facts, notes=plain.notes)
    return built if built.spec.labels is None else with_names(built, built.spec.labels.count)


def _require_statistics(state: State) -> None:
    if "output_layer.0.stored_mean" in state and "blocks.0.0.bn1.stored_mean" not in state:
        raise BadInputFile(
            "has no statistics in its blocks: trained with norm_style gn or nonorm, which is not supported\n"
            "expected norm_style bn; export such a network as TorchScript or ONNX"
        )


class BigGAN(Family):
    settings: Mapping[str, str] = SETTINGS
    keys = KeyCondition(
        all_of=("linear.weight", "blocks.0.0.conv_sc.weight", "blocks.0.0.bn1.gain.weight", "output_layer.2.weight"),
        none_of=("blocks.0.0.conv4.weight",),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain = read_plain(source.tensors, settings)
        built = ajbrock_candidate(source, plain, AJBROCK)
        return with_prior(built) if plain.converted else built


class BigBiGAN128(Family):
    """The family `bigbigan-128`, of BigBiGAN (Donahue and Simonyan 2019, arXiv:1907.02544).

    It is ajbrock's BigGAN whose classes all have the same embedding: one learned vector, repeated.
    """

    settings: Mapping[str, str] = {
        **SETTINGS,
        "norm_eps": f"batch norm's epsilon within the blocks, default {TF_EPS:g}",
        "sn_eps": f"spectral norm's epsilon, default {TF_EPS:g}",
    }

    def match(self, source: Source) -> int | None:
        """ajbrock's BigGAN generator's keys, and all classes are the same."""
        same = BigGAN.keys.holds(source.tensors) and constant_class(source.tensors)
        return BigGAN.keys.specificity + 1 if same else None

    def build(self, source: Source, settings: Settings) -> Candidate:
        state = source.tensors
        if _SHARED in state and not constant_class(state):
            raise BadInputFile(f"{_SHARED} has classes that differ: a BigGAN\nexport it with --family biggan")
        first = {key: tensor[:1] if key == _SHARED else tensor for key, tensor in state.items()}
        plain = read_plain(first, settings, tf_epsilons=True)
        built = ajbrock_candidate(source, plain, replace(AJBROCK, name="bigbigan-128"))
        return replace(built, matched=f"{built.matched}, and all classes are equal")


def constant_class(state: State) -> bool:
    """Whether there are several classes, all with the same embedding."""
    if _SHARED not in state:
        return False
    shared = state[_SHARED]
    return shared.ndim == 2 and shared.shape[0] > 1 and bool((shared == shared[:1]).all())


class BigGANDeepAjbrock(Family):
    settings: Mapping[str, str] = SETTINGS
    keys = KeyCondition(
        all_of=("shared.weight", "linear.weight", "blocks.0.0.conv4.weight", "blocks.0.0.bn4.gain.weight")
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain = read_plain(source.tensors, settings)
        last = plain.state.get(f"{_LAST}.weight")
        spare = last is not None and last.ndim == 4 and last.shape[0] > RGB and last.shape[0] not in CHANNELS
        if not spare:
            return ajbrock_candidate(source, plain, AJBROCK_DEEP)
        used = (f"{_LAST}.weight", f"{_LAST}.bias")
        state = {key: tensor[:RGB] if key in used else tensor for key, tensor in plain.state.items()}
        order = ("the last convolution has spare outputs: conditions (z, class), as in pull request 72",)
        built = ajbrock_candidate(source, replace(plain, state=state), AJBROCK_DEEP, latent_first=True)
        return replace(built, notes=built.notes + order)
