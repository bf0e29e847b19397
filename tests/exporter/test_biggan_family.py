"""ajbrock's BigGAN against the slow reference: every convention, every spelling, and what is refused."""

from __future__ import annotations

import pytest
import torch
from ajbrock_models import (
    MULTIPLIERS,
    Plan,
    biggan_state,
    real_plan,
    with_cross_replica,
    with_mybn,
    without,
)
from biggan_graphs import CLOSE, FAR, build, drawn, graph_floats, latents, mixtures, worst
from biggan_reference import Epsilons, Wrong, biggan
from dcgan_reference import said_by
from slow_layers import State
from torch import Tensor

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.biggan import AJBROCK, ajbrock_rules
from ganrt.exporter.families.biggan_checkpoint import read_plain
from ganrt.exporter.families.resnet.network import Generator
from ganrt.exporter.families.resnet.reading import Named, read_shape
from ganrt.exporter.options import Settings
from ganrt.spec import Latent

STATE = biggan_state()


def pictures(state: State, settings: dict[str, str | bool] | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """(z, labels, float64 pictures of the built module)."""
    built = build(state, settings)
    z = latents(built)
    labels = mixtures(3, built.spec.labels.count if built.spec.labels else 1)
    made = drawn(built, z, labels) if built.spec.labels else drawn(built, z)
    return z, labels, made


def epsilons(built: Candidate) -> dict[str, str]:
    """The assumed ones, by their options."""
    return {fact.option: fact.value for fact in built.assumptions if fact.option.endswith("-eps")}


def test_the_graph_draws_what_the_reference_draws() -> None:
    built = build(STATE)
    z, labels = latents(built), mixtures(3, 5)
    error = worst(graph_floats(built, z, labels, family="biggan"), biggan(STATE, z, labels))
    print(f"max error {error:.2g} of the spread")
    assert error <= 1e-4
    assert built.spec.latent == Latent(dim=12, prior="normal", threshold=None, psi_mode="resample")
    assert built.spec.labels is not None
    assert (built.spec.labels.count, built.spec.labels.names) == (5, None)
    assert built.certainty.startswith(f"all {len(STATE)} keys match; assumed: the norms' epsilon")


MISTAKES = [
    "condition_order",
    "class_to_linear",
    "picture_order",
    "no_one",
    "stored_u",
    "columns",
    "scaled_attention",
    "unpooled_attention",
    "softmax_over_queries",
    "zero_insertion",
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_draws_something_else(mistake: str) -> None:
    z, labels, made = pictures(STATE)
    assert worst(made, biggan(STATE, z, labels)) <= CLOSE
    assert worst(made, biggan(STATE, z, labels, Wrong(**{mistake: True}))) > 100 * FAR


def test_the_epsilons() -> None:
    z, labels, made = pictures(STATE)
    for wrong in (Epsilons(bn=1e-4), Epsilons(output=1e-4)):
        assert worst(made, biggan(STATE, z, labels, eps=wrong)) > FAR
    settings = {"norm_eps": "0.3", "output_norm_eps": "0.2"}
    assert worst(pictures(STATE, settings)[2], biggan(STATE, z, labels, eps=Epsilons(0.3, 0.2))) <= CLOSE
    assert build(STATE, settings).notes[-1].startswith("spectral norm of 27 layers")
    assert epsilons(build(STATE)) == {"--norm-eps": "1e-05", "--output-norm-eps": "1e-05", "--sn-eps": "1e-06"}
    assert epsilons(build(STATE, settings)) == {"--sn-eps": "1e-06"}
    said = said_by(build(STATE))
    for words in (
        "the norms' epsilon is not in the file: 1e-05 assumed (--norm-eps)",
        "the last norm's epsilon is not in the file: 1e-05 assumed (--output-norm-eps)",
        "spectral norm's epsilon is not in the file: 1e-06 assumed (--sn-eps)",
    ):
        assert words in said


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize("hierarchical", [True, False])
def test_sizes_and_flat_latents(side: int, hierarchical: bool) -> None:
    widths = tuple(2 * m for m in MULTIPLIERS[side])
    plan = Plan(widths, chunk=4 if hierarchical else 0, dim=9, attended=(0, 1))
    state = biggan_state(plan)
    z, labels, made = pictures(state)
    assert made.shape == (3, 3, side, side)
    assert z.shape[1] == plan.latent
    assert worst(made, biggan(state, z, labels)) <= CLOSE


def test_without_attention_and_with_one_class() -> None:
    state = biggan_state(Plan(attended=(), classes=1))
    built = build(state)
    z = latents(built)
    assert built.spec.labels is None
    assert worst(drawn(built, z), biggan(state, z, torch.ones(3, 1))) <= CLOSE


def test_a_thousand_classes_have_imagenets_names() -> None:
    built = build(biggan_state(Plan(classes=1000, attended=())))
    assert built.spec.labels is not None
    assert built.spec.labels.names is not None
    assert built.spec.labels.names[947] == "mushroom"
    assert "1000 classes: ImageNet's names assumed" in built.notes


def test_classes_without_a_shared_embedding() -> None:
    """SAGAN's and CIFAR's scripts: each norm has a row of gains for each class, and z is not hierarchical."""
    state = biggan_state(Plan(chunk=0, embedding=None))
    assert "shared.weight" not in state
    built = build(state)
    z, labels = latents(built), mixtures(3, 5)
    assert worst(drawn(built, z, labels), biggan(state, z, labels)) <= CLOSE
    assert worst(drawn(built, z, labels), biggan(state, z, labels, Wrong(no_one=True))) > 100 * FAR


def test_without_spectral_norm() -> None:
    state = without(STATE, ".u0", ".sv0")
    state = {key: t / 4 if t.ndim == 4 else t for key, t in state.items()}
    z, labels, made = pictures(state)
    assert worst(made, biggan(state, z, labels)) <= CLOSE
    assert not [note for note in build(state).notes if "spectral" in note]
    assert build(state).spec.latent == build(STATE).spec.latent


def test_further_singular_vectors_change_nothing() -> None:
    more = {key.replace("u0", "u1").replace("sv0", "sv1"): t + 1 for key, t in STATE.items() if "0" in key[-2:]}
    assert len(more) > 50
    assert torch.equal(pictures(STATE | more)[2], pictures(STATE)[2])


def test_mybn_with_running_and_with_accumulated_statistics() -> None:
    for counter in (0.0, 16.0):
        state = with_mybn(STATE, counter)
        z, labels, made = pictures(state)
        assert worst(made, biggan(state, z, labels)) <= CLOSE
        assert any("divided by their counter, 16" in note for note in build(state).notes) is (counter > 0)
    undivided = pictures(with_mybn(STATE, 16.0), {"accumulated": False})[2]
    assert worst(undivided, biggan(STATE, z, labels)) > 0.1


def test_mybn_counters_that_do_not_tell() -> None:
    blurred = with_mybn(STATE, 15.5)
    with pytest.raises(UsageError, match=r"counters, 15\.5 to 15\.5, do not tell.*\n.*--accumulated or"):
        build(blurred)
    z, labels, made = pictures(blurred, {"accumulated": True})
    assert worst(made, biggan(blurred, z, labels)) <= CLOSE
    with pytest.raises(UsageError, match=r"no counters above 0\nexpected mybn"):
        build(STATE, {"accumulated": True})
    with pytest.raises(BadInputFile, match=r"missing: blocks\.0\.0\.bn1\.bn\.accumulation_counter"):
        build(without(blurred, "blocks.0.0.bn1.bn.accumulation_counter"))


def test_cross_replica_statistics_and_their_gains() -> None:
    state = with_cross_replica(STATE)
    z, labels, made = pictures(state)
    assert worst(made, biggan(STATE, z, labels)) <= CLOSE
    assert any("--gain added" in note for note in build(state).notes)
    added = pictures(state, {"gain": "added"})[2]
    assert worst(added, biggan(state, z, labels, Wrong(added_gain=True))) <= CLOSE
    assert worst(added, made) > 0.1
    with pytest.raises(UsageError, match="--gain twice: expected multiplied or added"):
        build(state, {"gain": "twice"})
    with pytest.raises(UsageError, match=r"--gain added\nexpected a checkpoint with cross_replica"):
        build(STATE, {"gain": "added"})


def test_conversions_from_tf_hub() -> None:
    """They lack sv0, or have it as it was made; DeepMind's epsilons, but not in the last norm."""
    unwritten = {key: torch.ones(1) if key.endswith(".sv0") else t for key, t in STATE.items()}
    gamma = {"blocks.1.1.gamma": STATE["blocks.1.1.gamma"].reshape(1)}
    for state in (without(STATE, ".sv0") | gamma, unwritten):
        z, labels, made = pictures(state)
        assert worst(made, biggan(state, z, labels, eps=Epsilons(bn=1e-4))) <= CLOSE
        assert worst(made, biggan(state, z, labels, eps=Epsilons(bn=1e-4, output=1e-4))) > FAR
        built = build(state)
        assert built.spec.latent == Latent(dim=12, prior="truncated_normal", threshold=2.0, psi_mode="scale")
        assert epsilons(built) == {"--norm-eps": "0.0001", "--output-norm-eps": "1e-05", "--sn-eps": "0.0001"}
        assert any("converted from TF Hub" in note for note in built.notes)


@pytest.mark.parametrize(
    ("side", "parameters", "keys"), [(128, 70_433_988, 166), (256, 82_097_604, 194), (512, 82_296_804, 222)]
)
def test_the_published_configurations(side: int, parameters: int, keys: int) -> None:
    """Without a value: on the meta device."""
    state = biggan_state(real_plan(side), device="meta")
    assert len(state) == keys
    keys = Named(state, AJBROCK)
    shape = read_shape(keys, Facts())
    assert (shape.side, shape.dim, shape.classes, shape.bottom) == (
        side,
        {256: 140}.get(side, 128 - 8 * (side == 128)),
        1000,
        4,
    )
    plain = read_plain({}, Settings())
    with torch.device("meta"):
        module = Generator(shape, ajbrock_rules(plain))
    assert sum(parameter.numel() for parameter in module.parameters()) == parameters
    expected = {key: tensor.shape for key, tensor in state.items() if not key.endswith(("u0", "sv0"))}
    made = {
        keys.spell(key): tensor.shape for key, tensor in module.state_dict().items() if tensor.ndim or "gamma" in key
    }
    assert made == expected


@pytest.mark.full_size
def test_the_real_128_px_generator() -> None:
    state = biggan_state(real_plan(128))
    built = build(state)
    assert built.spec.labels is not None
    assert built.spec.labels.names is not None
    z, labels = latents(built, 1), mixtures(2, 1000)[1:]
    error = worst(graph_floats(built, z, labels), biggan(state, z, labels))
    print(f"max error {error:.2g} of the spread")
    assert error <= 1e-4


def refused(state: State, *words: str, family: str | None = None) -> None:
    with pytest.raises(BadInputFile) as caught:
        build(state, family=family)
    message = str(caught.value)
    assert len(message.splitlines()) <= 3
    for word in words:
        assert word in message, message


def test_missing_and_misshapen_weights_are_named() -> None:
    what = "a BigGAN generator of 32x32 pixels, 5 classes, a latent of 12 in chunks of 3"
    refused(
        without(STATE, "1.0.conv2.bias", "2.0.bn1.stored_var"), what, "blocks.1.0.conv2.bias, blocks.2.0.bn1.stored_var"
    )
    refused(STATE | {"blocks.1.0.conv2.bias": torch.ones(3)}, "blocks.1.0.conv2.bias [3], expected [8]", "--family")
    refused(STATE | {"extra": torch.ones(3)}, "unexpected: extra")
    refused(STATE | {"blocks.0.0.bn1.stored_var": -torch.ones(12)}, "blocks.0.0.bn1.stored_var", "negative variances")
    refused(without(STATE, "linear.weight"), "missing: linear.weight", family="biggan")
    both = STATE | {key: STATE[key.replace(".bn.", ".")] for key in ("blocks.0.0.bn1.bn.stored_mean",)}
    refused(
        both | {"blocks.0.0.bn1.bn.accumulation_counter": torch.zeros(1)}, "unexpected: blocks.0.0.bn1.bn.stored_mean"
    )


def test_parts_of_the_spectral_norm() -> None:
    refused(without(STATE, "blocks.1.0.conv2.u0"), "incomplete spectral norm", "missing: blocks.1.0.conv2.u0")
    refused(STATE | {"linear.u0": torch.ones(1, 4)}, "linear has a u0 of shape [1, 4]", "[192, 3]")
    refused(STATE | {"linear.weight": torch.zeros(192, 3)}, "linear: its spectral norm is", "untrained")
    refused(without(STATE, ".u0"), "unexpected", "linear.sv0")


def test_shapes_that_make_no_biggan() -> None:
    refused(without(STATE, "blocks.2.0.conv1.weight"), "has 2 consecutive blocks", "3, 4, 5, 6, 7")
    wide = {"linear.weight": torch.randn(192, 4)}
    refused(STATE | wide, "bn1.gain.weight takes 7 values and linear.weight 4", "the 4 of shared.weight")
    narrow = {"shared.weight": torch.randn(5, 9)}
    refused(STATE | narrow, "bn1.gain.weight takes 7 values and linear.weight 3", "the 9 of shared.weight")
    odd = {"linear.weight": torch.randn(190, 3), "linear.u0": torch.ones(1, 190)}
    refused(STATE | odd, "linear.weight makes 190 values", "usually 4x4: 192")
    two = {"output_layer.2.weight": torch.randn(2, 8, 3, 3), "output_layer.2.u0": torch.ones(1, 2)}
    refused(STATE | two, "output_layer.2.weight makes 2 channels")
    refused(STATE | {"shared.weight": torch.randn(5)}, "shared.weight has shape [5]", "2 dimensions")
    plain = {key: t for key, t in STATE.items() if not (key.startswith("blocks") and "stored" in key)}
    refused(plain, "norm_style gn or nonorm")


def test_relatives_are_refused_with_the_reason() -> None:
    anime = ("embed_y.weight", "noise_fc.weight", "noise_fc.weight_u", "blocks.0.cond_norm1.gamma_embed.weight")
    refused({key: torch.ones(2, 2) for key in anime}, "an anime BigGAN", "upsamples with zeros", "TorchScript or ONNX")
    proxy = ("G_linear.module.weight_bar", "GBlock.0.conv0.module.weight_bar", "colorize.module.weight_bar")
    refused({key: torch.ones(2, 2) for key in proxy}, "the intermediate layout", "the converter's final file")


def test_a_discriminator_is_no_generator() -> None:
    state = {key: t for key, t in STATE.items() if "bn" not in key and "output" not in key}
    with pytest.raises(BadInputFile, match=r"no known family.*\nnearest: biggan"):
        build(state | {"embed.weight": torch.ones(5, 8)})
