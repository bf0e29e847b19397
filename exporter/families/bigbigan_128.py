"""The generator of BigBiGAN (Donahue and Simonyan 2019, arXiv:1907.02544) as anvoynov/BigGANsAreWatching ported it.

It is ajbrock's BigGAN whose classes all have the same embedding: one learned vector, repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.biggan import NORMAL_PRIOR, BigGAN, infer_shape, load_generator
from ganrt.exporter.families.biggan_checkpoint import SETTINGS, TF_EPS, read_plain
from ganrt.exporter.families.page import Page
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import GeneratorSpec, Output

_SHARED = "shared.weight"


class BigBiGAN128:
    """The family `bigbigan-128`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = {
        **SETTINGS,
        "norm_eps": f"batch norm's epsilon within the blocks, default {TF_EPS:g}",
        "sn_eps": f"spectral norm's epsilon, default {TF_EPS:g}",
    }

    page = Page(
        title="BigBiGAN, 128 px generator",
        origin="`anvoynov/BigGANsAreWatching` (`BigBiGAN_x1.pth`), converted from DeepMind's TF Hub module",
        gives="pictures of 128 px without classes; z is normal",
        recognised="the keys of `biggan`, and all rows of `shared.weight` equal",
        traps=(
            "its thousand classes are one vector, repeated: it has no labels",
            "DeepMind's epsilons, 1e-4; but 1e-5 in the last batch norm, as the port's code has it",
            "spectral norm that iterates in every pass",
        ),
    )

    task = "generate"
    open_prior = False

    def match(self, source: Source) -> int | None:
        """ajbrock's BigGAN generator's keys, and all classes are the same."""
        same = BigGAN.keys.holds(source.tensors) and constant_class(source.tensors)
        return BigGAN.keys.specificity + 1 if same else None

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`; unconditional; spectral norm folded."""
        state = source.tensors
        if _SHARED in state and not constant_class(state):
            raise BadInputFile(f"{_SHARED} has classes that differ: a BigGAN\nexport it with --family biggan")
        first = {key: tensor[:1] if key == _SHARED else tensor for key, tensor in state.items()}
        plain = read_plain(first, settings, tf_epsilons=True)
        shape = infer_shape(plain.state)
        return Candidate(
            module=load_generator(shape, plain),
            spec=GeneratorSpec(
                name="bigbigan-128",
                family="bigbigan-128",
                latent=replace(NORMAL_PRIOR, dim=shape.dim),
                output=Output(height=shape.side, width=shape.side, channels=shape.colours),
            ),
            value_range="tanh",
            matched=f"all {len(state)} keys match, and all classes are equal",
            facts=plain.facts,
            notes=plain.notes,
        )


def constant_class(state: State) -> bool:
    """Whether there are several classes, all with the same embedding."""
    if _SHARED not in state:
        return False
    shared = state[_SHARED]
    return shared.ndim == 2 and shared.shape[0] > 1 and bool((shared == shared[:1]).all())
