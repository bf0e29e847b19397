"""ajbrock's BigGAN-deep, as published and as its pull request 72 corrects it, against the slow reference."""

from __future__ import annotations

import pytest
import torch
from ajbrock_models import MULTIPLIERS, WIDTHS, deep_state, with_cross_replica, with_mybn, without
from biggan_graphs import CLOSE, FAR, build, drawn, graph_floats, latents, mixtures, worst
from biggan_reference import Epsilons, Wrong, deep
from slow_layers import State

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Facts
from ganrt.exporter.families.biggan import AJBROCK_DEEP, ajbrock_rules
from ganrt.exporter.families.biggan_checkpoint import read_plain
from ganrt.exporter.families.resnet.network import Generator
from ganrt.exporter.families.resnet.reading import Named, read_shape
from ganrt.exporter.options import Settings

STATE = deep_state(WIDTHS)
CORRECTED = deep_state(WIDTHS, outputs=7)
MISTAKES = [
    "condition_order",
    "picture_order",
    "no_one",
    "stored_u",
    "columns",
    "scaled_attention",
    "unpooled_attention",
    "softmax_over_queries",
    "zero_insertion",
    "swapped_parts",
]


@pytest.mark.slow
def test_the_graph_draws_what_the_reference_draws() -> None:
    built = build(STATE)
    z, labels = latents(built), mixtures(3, 5)
    error = worst(graph_floats(built, z, labels, family="biggan-deep-ajbrock"), deep(STATE, z, labels))
    print(f"max error {error:.2g} of the spread")
    assert error <= 1e-4


def test_which_of_the_two_it_is_is_said() -> None:
    for state in (STATE, CORRECTED):
        assert build(state).spec.family == "biggan-deep-ajbrock"
        assert any("pull request 72" in note for note in build(state).notes) is (state is CORRECTED)


@pytest.mark.parametrize("state", [STATE, CORRECTED], ids=["published", "corrected"])
def test_each_mistake_draws_something_else(state: State) -> None:
    built = build(state)
    z, labels = latents(built), mixtures(3, 5)
    made = drawn(built, z, labels)
    assert worst(made, deep(state, z, labels)) <= CLOSE
    for mistake in MISTAKES:
        assert worst(made, deep(state, z, labels, Wrong(**{mistake: True}))) > 10 * FAR, mistake


def test_the_epsilons_and_the_spellings() -> None:
    built = build(STATE)
    z, labels = latents(built), mixtures(3, 5)
    for wrong in (Epsilons(bn=1e-4), Epsilons(output=1e-4)):
        assert worst(drawn(built, z, labels), deep(STATE, z, labels, eps=wrong)) > FAR
    for state in (with_mybn(STATE, 4.0), with_cross_replica(STATE), without(STATE, ".u0", ".sv0")):
        state = {key: t / 4 if t.ndim == 4 and "linear.u0" not in state else t for key, t in state.items()}
        assert worst(drawn(build(state), z, labels), deep(state, z, labels)) <= CLOSE


def test_one_class() -> None:
    state = deep_state(WIDTHS, classes=1, seed=2)
    built = build(state)
    assert built.spec.labels is None
    assert worst(drawn(built, latents(built)), deep(state, latents(built), torch.ones(3, 1))) <= CLOSE


def test_the_configuration_of_its_script() -> None:
    """128 px, 128 channels, a latent and an embedding of 128: without a value, on the meta device."""
    widths: list[tuple[int, int, int]] = []
    for inputs, outputs in zip(MULTIPLIERS[128], MULTIPLIERS[128][1:], strict=False):
        widths += [(128 * inputs, 32 * inputs, 128 * inputs), (128 * inputs, 32 * inputs, 128 * outputs)]
    state = deep_state(tuple(widths), dim=128, classes=1000, embedding=128, attended=(7,), device="meta")
    assert len(state) == 506
    keys = Named(state, AJBROCK_DEEP)
    shape = read_shape(keys, Facts())
    assert (shape.side, shape.dim, shape.attention) == (128, 128, {7: (False, True)})
    with torch.device("meta"):
        module = Generator(shape, ajbrock_rules(read_plain({}, Settings())))
    assert sum(parameter.numel() for parameter in module.parameters()) == 50_244_484
    made = {keys.spell(key) for key in module.state_dict() if not key.endswith("num_batches_tracked")}
    assert made == {key for key in state if not key.endswith(("u0", "sv0"))}


def refused(state: State, *words: str) -> None:
    with pytest.raises(BadInputFile) as caught:
        build(state, family="biggan-deep-ajbrock")
    for word in words:
        assert word in str(caught.value), caught.value


def test_what_is_no_such_generator() -> None:
    what = "ajbrock's BigGAN-deep of 32x32 pixels, 5 classes, a latent of 6"
    refused(without(STATE, "blocks.3.0.conv2.bias"), what, "missing: blocks.3.0.conv2.bias")
    refused(without(STATE, "blocks.5.0.conv4.weight"), "has 5 consecutive blocks", "expected 6, 8, 10, 12, 14")
    grows = deep_state(((8, 2, 9), *WIDTHS[1:]))
    refused(grows, "blocks.0.0.conv4.weight makes 9 channels of 8", "shortcuts only drop")
    refused(deep_state(WIDTHS, outputs=2), "output_layer.2.weight makes 2 channels")
    refused(STATE | {"shared.weight": torch.ones(5, 10)}, "linear.weight takes 10 values", "the 10 of shared.weight")
