"""Every family's checkpoints are recognised by that family alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
import tiny_models
import torch
from ajbrock_models import Plan, biggan_state, deep_state, ivclab_state, with_cross_replica, with_mybn, without
from bigbigan_models import encoder_state
from bigbigan_models import generator_state as bigbigan_state
from biggan_models import ODD, SMALL, library_config, library_model
from cyclegan_models import resnet_state
from emoji_models import VARIANTS, cycle_state, generator_state
from slow_layers import State
from sources import find_family
from spectral_models import SPELLINGS, with_spectral_norm

from ganrt.errors import BadInputFile

STATES: dict[str, tuple[str, State]] = {
    "dcgan": ("dcgan", tiny_models.dcgan_state()),
    **{f"csc413 {variant}": ("csc413", generator_state(variant)) for variant in VARIANTS},
    **{f"cycle {variant}": ("csc413-cyclegan", cycle_state(variant)) for variant in ("upconv", "deconv")},
    "biggan-deep": ("biggan-deep", library_model(library_config(SMALL)).state_dict()),
    "biggan-deep without attention": ("biggan-deep", library_model(library_config(ODD)).state_dict()),
    "resnet": ("cyclegan", resnet_state()),
    "bigbigan": ("bigbigan", bigbigan_state()),
    "bigbigan without classes and norm": ("bigbigan", bigbigan_state(classes=0, spectral=False)),
    "bigbigan's encoder": ("bigbigan-encoder", encoder_state()),
    "resnet with everything": ("cyclegan", resnet_state(batch_norm=True, dropout=True, blocks=9)),
    "resnet with stale statistics": ("cyclegan", resnet_state(stale=True)),
}
_BIGGAN = biggan_state()
_BLOCKS = ((12, 3, 12), (12, 3, 10), (10, 4, 10), (10, 3, 8), (8, 4, 8), (8, 4, 8))
_SAME = {"shared.weight": torch.ones(5, 4)}
STATES |= {
    "biggan": ("biggan", _BIGGAN),
    "biggan mybn": ("biggan", with_mybn(_BIGGAN, 2.0)),
    "biggan cross replica": ("biggan", with_cross_replica(_BIGGAN)),
    "biggan plain": ("biggan", without(_BIGGAN, ".u0", ".sv0")),
    "biggan converted": ("biggan", without(_BIGGAN, ".sv0")),
    "biggan without a shared embedding": ("biggan", biggan_state(Plan(chunk=0, embedding=None))),
    "biggan of one class": ("biggan", biggan_state(Plan(classes=1))),
    "bigbigan of 128 px": ("bigbigan-128", _BIGGAN | _SAME),
    "ajbrock's deep": ("biggan-deep-ajbrock", deep_state(_BLOCKS)),
    "ivclab": ("biggan-ivclab", ivclab_state()),
}
for _spelling in SPELLINGS:
    _generator = with_spectral_norm(generator_state("A"), ["linear_bn.0", "upconv1.1"], _spelling)[0]
    _deconv = with_spectral_norm(generator_state("deconv"), ["deconv1.0", "deconv3.0"], _spelling)[0]
    _cycle = with_spectral_norm(cycle_state(), ["conv1.0", "resnet_block.conv_layer.0"], _spelling)[0]
    STATES[f"csc413 {_spelling}"] = ("csc413", _generator)
    STATES[f"csc413 deconv {_spelling}"] = ("csc413", _deconv)
    STATES[f"cycle {_spelling}"] = ("csc413-cyclegan", _cycle)


@pytest.mark.parametrize("name", STATES)
def test_recognised_by_one_family_alone(name: str) -> None:
    family, state = STATES[name]
    assert find_family(state) == family


def test_discriminators_are_recognised_by_none() -> None:
    emoji = {f"conv{i}.0.weight": torch.ones(4 * i, 4 * i - 4 or 3, 5, 5) for i in (1, 2, 3, 4)}
    widths = pairwise((3, 4, 8, 16, 32, 1))
    numbers = (0, 2, 5, 8, 11)
    patch = {f"model.{i}.weight": torch.ones(b, a, 4, 4) for i, (a, b) in zip(numbers, widths, strict=True)}
    unet = {"model.model.0.weight": torch.ones(4, 3, 4, 4), "model.model.1.model.1.weight": torch.ones(4, 4, 4, 4)}
    bigbigan = {f"{n}_down_blocks.0.conv1.layer.weight_orig": torch.ones(4, 4, 3, 3) for n in ("pre", "post")}
    bigbigan |= {"non_loc.gamma": torch.ones(1), "class_embedding.layer.weight_orig": torch.ones(10, 4)}
    for state in (emoji, patch, unet, bigbigan):
        with pytest.raises(BadInputFile, match="looks like no known family"):
            find_family(state)
