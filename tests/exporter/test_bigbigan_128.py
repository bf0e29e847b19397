"""The port of BigBiGAN's generator: ajbrock's layout, one class vector for all, no labels."""

from __future__ import annotations

import pytest
import torch
from ajbrock_models import biggan_state, real_plan, without
from biggan_graphs import CLOSE, FAR, build, drawn, graph_floats, latents, worst
from biggan_reference import Epsilons, biggan

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Facts
from ganrt.exporter.families.biggan import AJBROCK
from ganrt.exporter.families.resnet.reading import Named, read_shape
from ganrt.spec import Latent

TF = Epsilons(bn=1e-4, output=1e-5, sn=1e-4)
STATE = biggan_state()
STATE["shared.weight"] = STATE["shared.weight"][:1].repeat(5, 1)


def test_it_draws_what_class_0_of_the_reference_draws() -> None:
    built = build(STATE)
    assert (built.spec.family, built.spec.labels) == ("bigbigan-128", None)
    assert built.spec.latent == Latent(dim=12, prior="normal", threshold=None, psi_mode="resample")
    assert f"all {len(STATE)} keys match" in built.certainty
    z = latents(built)
    expected = biggan(STATE, z, torch.eye(5)[[0, 0, 0]], eps=TF)
    assert worst(graph_floats(built, z, family="bigbigan-128"), expected) <= 1e-4
    assert worst(drawn(built, z), expected) <= CLOSE
    for wrong in (Epsilons(), Epsilons(bn=1e-4, output=1e-4)):
        assert worst(drawn(built, z), biggan(STATE, z, torch.eye(5)[[0, 0, 0]], eps=wrong)) > FAR


def test_with_and_without_sv0_the_epsilons_are_deepminds() -> None:
    z = latents(build(STATE))
    assert torch.equal(build(STATE).module(z), build(without(STATE, ".sv0")).module(z))
    set_otherwise = drawn(build(STATE, {"norm_eps": "1e-5"}), z)
    assert worst(set_otherwise, biggan(STATE, z, torch.eye(5)[[0, 0, 0]])) <= CLOSE


def test_a_class_that_differs_makes_it_a_biggan() -> None:
    state = {**STATE, "shared.weight": STATE["shared.weight"].clone()}
    state["shared.weight"][4, 3] += 1e-6
    assert build(state).spec.family == "biggan"
    with pytest.raises(BadInputFile, match=r"classes that differ: a BigGAN\nexport it with --family biggan"):
        build(state, family="bigbigan-128")


def test_the_family_can_be_said_either_way() -> None:
    spec = build(STATE, family="biggan").spec
    assert spec.labels is not None
    assert spec.labels.count == 5


def test_the_real_configuration_is_that_of_biggan_128() -> None:
    shape = read_shape(Named(biggan_state(real_plan(128), device="meta"), AJBROCK), Facts())
    assert (shape.side, shape.dim, shape.chunk) == (128, 120, 20)
