"""ivclab's port against the slow reference: statistics by truncation, v's order, conventions, freezing, refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tiny_models
import torch
from ajbrock_models import Plan, ivclab_state, real_plan, without
from biggan_graphs import CLOSE, FAR, build, drawn, graph_floats, latents, mixtures, worst
from biggan_reference import Wrong, ivclab
from slow_layers import State
from torch import Tensor

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Facts
from ganrt.exporter.export import export
from ganrt.exporter.families.biggan import ajbrock_rules
from ganrt.exporter.families.biggan_checkpoint import read_plain
from ganrt.exporter.families.biggan_tables import GRID, IVCLAB
from ganrt.exporter.families.resnet.network import Generator
from ganrt.exporter.families.resnet.reading import Named, read_shape
from ganrt.exporter.families.spectral_norm import plain_names
from ganrt.exporter.options import Settings
from ganrt.runtime.sampling import sampler
from ganrt.spec import Latent, Statistics

STATE = ivclab_state()
TRUNCATIONS = [1.0, 0.02, 0.5, 0.33, 0.98, 0.47]


@pytest.mark.slow
def test_the_graph_draws_what_the_reference_draws() -> None:
    built = build(STATE)
    z, labels = latents(built, 6), mixtures(6, 5)
    made = graph_floats(built, z, labels, torch.tensor(TRUNCATIONS), family="biggan-ivclab")
    error = worst(made, ivclab(STATE, z, labels, TRUNCATIONS))
    print(f"max error {error:.2g} of the spread")
    assert error <= 1e-4
    assert built.spec.latent == Latent(dim=18, prior="truncated_normal", threshold=2.0, psi_mode="scale")
    assert built.spec.statistics == Statistics(mode="input", low=0.02, high=1.0, default=1.0)


def test_near_a_row_the_row_is_taken() -> None:
    """As the port's own program, which clamps truncation to within 1e-4 of the ends of the range."""
    built = build(STATE)
    z, labels = latents(built, 2), mixtures(2, 5)
    near = built.module(z, labels, torch.tensor([0.02 + 0.9e-4, 1 - 0.9e-4]))
    assert torch.equal(near, built.module(z, labels, torch.tensor([0.02, 1.0])))


Right = tuple[Tensor, tuple[Tensor, Tensor, list[float]]]


@pytest.fixture(scope="module")
def right() -> Right:
    """Pictures that agree with the reference, and what they were drawn of."""
    built = build(STATE)
    given = latents(built, 2), mixtures(2, 5), TRUNCATIONS[2:4]
    made = drawn(built, *given[:2], torch.tensor(given[2]))
    assert worst(made, ivclab(STATE, *given)) <= CLOSE
    return made, given


@pytest.mark.parametrize(
    "mistake",
    [
        "row_offset",
        "channels_first_v",
        "condition_order",
        "class_to_linear",
        "picture_order",
        "no_one",
        "scaled_attention",
        "unpooled_attention",
        "softmax_over_queries",
        "zero_insertion",
    ],
)
def test_each_mistake_draws_something_else(mistake: str, right: Right) -> None:
    made, given = right
    assert worst(made, ivclab(STATE, *given, Wrong(**{mistake: True}))) > 100 * FAR


def test_the_epsilon() -> None:
    z, labels = latents(build(STATE), 2), mixtures(2, 5)
    made = drawn(build(STATE, {"norm_eps": "0.3"}), z, labels, torch.tensor([1.0, 0.5]))
    assert worst(made, ivclab(STATE, z, labels, [1.0, 0.5], eps=0.3)) <= CLOSE
    made = drawn(build(STATE), z, labels, torch.tensor([1.0, 0.5]))
    assert worst(made, ivclab(STATE, z, labels, [1.0, 0.5], eps=1e-5)) > FAR


@pytest.mark.parametrize("truncation", ["0.4", "0.33"])
def test_freezing_folds_the_rows(truncation: str) -> None:
    built = build(STATE, {"freeze": f"truncation={truncation}"})
    z, labels = latents(built, 2), mixtures(2, 5)
    expected = ivclab(STATE, z, labels, [float(truncation)] * 2)
    assert worst(drawn(built, z, labels), expected) <= CLOSE
    assert (built.spec.statistics.mode, built.spec.statistics.value) == ("frozen", float(truncation))
    assert not [t for t in built.module.buffers() if t.shape[:1] == (50,)]


def test_truncations_outside_the_table() -> None:
    for text in ("0", "0.01", "1.01", "nan"):
        with pytest.raises(UsageError, match=rf"--freeze truncation={text}: the statistics cover 0\.02 to 1"):
            build(STATE, {"freeze": f"truncation={text}"})
    with pytest.raises(UsageError, match="--freeze truncation=much: expected truncation=NUMBER"):
        build(STATE, {"freeze": "truncation=much"})


@pytest.mark.slow
def test_the_export_of_a_frozen_truncation(tmp_path: Path) -> None:
    checkpoint = tiny_models.save_checkpoint(tmp_path / "biggan128-release.pt", STATE)
    result = export(checkpoint, tmp_path / "a.onnx", sampler=sampler, settings=Settings(freeze=0.4))
    assert result.verification.max_error <= 1e-4
    assert (result.spec.statistics.mode, result.spec.statistics.value) == ("frozen", 0.4)


@pytest.mark.parametrize(("side", "parameters"), [(128, 70_433_988), (256, 82_097_604), (512, 82_296_804)])
def test_the_published_configurations(side: int, parameters: int) -> None:
    """Without a value, on the meta device; as many trained values as ajbrock's layout has."""
    state = {k: t for k, t in ivclab_state(real_plan(side), device="meta").items() if "running" not in k}
    keys = Named(plain_names(state), IVCLAB)
    shape = read_shape(keys, Facts())
    with torch.device("meta"):
        module = Generator(shape, replace(ajbrock_rules(read_plain({}, Settings())), grid=GRID))
    assert shape.side == side
    assert sum(parameter.numel() for parameter in module.parameters()) == parameters
    assert {keys.spell(k): t.shape for k, t in module.state_dict().items()} == {
        k: t.shape for k, t in keys.state.items()
    }


def test_a_misshapen_bias_of_the_first_layer() -> None:
    refused({**STATE, "g_z.g_linear.bias": torch.ones(3)}, "wrong shape: g_z.g_linear.bias [3]")


def refused(state: State, *words: str) -> None:
    with pytest.raises(BadInputFile) as caught:
        build(state)
    assert len(str(caught.value).splitlines()) <= 3
    for word in words:
        assert word in str(caught.value), caught.value


def test_what_is_no_such_generator() -> None:
    what = "ivclab's BigGAN of 128x128 pixels, 5 classes, a latent of 18 in chunks of 3"
    refused(without(STATE, "gblock_2.conv1.bias"), what, "missing: gblock_2.conv1.bias")
    refused(without(STATE, "conv_2d.weight_v"), "incomplete spectral norm", "missing: conv_2d.weight_v")
    table = "gblock_1.hyperbn.crossreplicabn.standing_vars"
    refused(STATE | {table: torch.ones(51, 8)}, f"{table} has shape [51, 8]", "expected 50 rows")
    refused(STATE | {table: -torch.ones(50, 8)}, table, "negative variances")
    fewer = {key: t for key, t in STATE.items() if not key.startswith("gblock_4.")}
    refused(fewer, "has 4 consecutive blocks", "expected 5, 6, 7")
    state = ivclab_state(Plan(widths=(9, 8, 8, 8, 8, 8), attended=(3,), bottom=3))
    assert build(state).spec.output is not None
