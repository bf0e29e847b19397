"""Every family's checkpoints are recognised by that family alone."""

from __future__ import annotations

import pytest
import tiny_models
import torch
from biggan_models import ODD, SMALL, library_config, library_model
from cyclegan_models import resnet_state
from emoji_models import VARIANTS, cycle_state, generator_state
from slow_layers import State
from spectral_models import SPELLINGS, with_spectral_norm

from ganrt.exporter.families import FAMILIES, load_family

STATES: dict[str, tuple[str, State]] = {
    "dcgan": ("dcgan", tiny_models.dcgan_state()),
    **{f"csc413 {variant}": ("csc413", generator_state(variant)) for variant in VARIANTS},
    **{f"cycle {variant}": ("csc413-cyclegan", cycle_state(variant)) for variant in ("upconv", "deconv")},
    "biggan-deep": ("biggan-deep", library_model(library_config(SMALL)).state_dict()),
    "biggan-deep without attention": ("biggan-deep", library_model(library_config(ODD)).state_dict()),
    "resnet": ("cyclegan", resnet_state()),
    "resnet with everything": ("cyclegan", resnet_state(batch_norm=True, dropout=True, blocks=9)),
    "resnet with stale statistics": ("cyclegan", resnet_state(stale=True)),
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
    assert [known for known in FAMILIES if load_family(known).detect(state)] == [family]


def test_discriminators_are_recognised_by_none() -> None:
    emoji = {f"conv{i}.0.weight": torch.ones(4, 4, 5, 5) for i in (1, 2, 3, 4)}
    patch = {f"model.{i}.weight": torch.ones(4, 4, 4, 4) for i in (0, 2, 5, 8, 11)}
    unet = {"model.model.0.weight": torch.ones(4, 3, 4, 4), "model.model.1.model.1.weight": torch.ones(4, 4, 4, 4)}
    for state in (emoji, patch, unet):
        assert not [known for known in FAMILIES if load_family(known).detect(state)]
