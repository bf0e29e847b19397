"""Translators from checkpoint to file: head and tail of the graph, open sizes, verification pictures, canary."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
import tiny_models
import torch
from biggan_graphs import traced
from cyclegan_models import reference_resnet, resnet_state
from dcgan_reference import built_from
from emoji_models import cycle_state, generator_state, reference_cycle, reference_generator
from numpy.typing import NDArray
from slow_layers import State
from torch import Tensor

from ganrt.errors import NegativeResult
from ganrt.exporter import export as exporting
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.export import export
from ganrt.exporter.graph import build_graph, embed_spec, with_native_output
from ganrt.exporter.inputs import SOURCE, picture_sizes, sample_inputs
from ganrt.exporter.session import Session, draw_canary
from ganrt.exporter.verify import verify
from ganrt.graphs.files import to_bytes
from ganrt.pattern import pattern
from ganrt.spec import ImageInput, Latent

Reference = Callable[[State, Tensor], Tensor]
SMALL = {"size": "20x36"}


def draw(latent: Latent, seed: int, start: int, count: int) -> NDArray[np.float32]:
    """Uniform, and image by image; refuses other priors."""
    assert latent.prior == "uniform"
    rows = [np.random.default_rng([seed, start + i]).uniform(-1, 1, latent.dim) for i in range(count)]
    return np.asarray(rows, dtype=np.float32)


def pictures(count: int, height: int, width: int, channels: int) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def load(tmp_path: Path, state: State, **settings: str | bool) -> Candidate:
    return built_from(tiny_models.save_checkpoint(tmp_path / "net_G.pth", state), settings)


def check(session: Session, state: State, reference: Reference, source: NDArray[np.uint8]) -> float:
    """The float error against the reference, whose input and uint8 picture are written out here; levels within one."""
    x = torch.from_numpy(source.astype(np.float64).transpose(0, 3, 1, 2) / 127.5 - 1)
    expected = reference(state, x).numpy()
    image, native = session.run({SOURCE: source})
    levels = np.rint(np.clip((expected + 1) * 127.5, 0, 255)).transpose(0, 2, 3, 1)
    assert image.dtype == np.uint8
    assert image.shape == levels.shape
    assert np.abs(image - levels).max() <= 1
    assert np.count_nonzero(image != levels) <= 1e-3 * levels.size + 1
    return float(np.abs(native - expected).max())


CASES: dict[str, tuple[State, dict[str, str], Reference]] = {
    "resnet": (resnet_state(), SMALL, reference_resnet),
    "resnet, dropout, from grey": (resnet_state(dropout=True, inputs=1), SMALL, reference_resnet),
    "resnet, batch norm, to grey": (resnet_state(batch_norm=True, outputs=1), SMALL, reference_resnet),
    "emoji": (cycle_state(), {}, reference_cycle),
    "emoji, deconv": (cycle_state("deconv"), {}, reference_cycle),
}


@pytest.mark.parametrize("case", CASES)
def test_graphs_against_the_slow_references(tmp_path: Path, case: str) -> None:
    state, settings, reference = CASES[case]
    built = load(tmp_path, state, **settings)
    model = build_graph(built)
    assert built.spec.image is not None
    height, width, channels = built.spec.image.height, built.spec.image.width, built.spec.image.channels
    kinds = [node.op_type for node in model.graph]
    assert kinds[:2] == ["Cast", "Transpose"]
    assert kinds[-6:] == ["Add", "Mul", "Clip", "Round", "Transpose", "Cast"]
    assert "BatchNormalization" not in kinds
    assert "Dropout" not in kinds
    session = Session(with_native_output(model))
    worst = max(check(session, state, reference, pictures(n, height, width, channels)) for n in (1, 7))
    print(f"{case}: max float error {worst:.2e}")
    assert worst <= 2e-5, f"max error {worst}"
    assert verify(built, model, draw, budget_s=0.3).passed


@pytest.mark.parametrize("variant", ["A", "B", "C", "D", "deconv"])
def test_graphs_of_the_emoji_generator(tmp_path: Path, variant: str) -> None:
    state = generator_state(variant)
    # Those of which tests of engines need the graph too.
    model = traced(f"csc413-{variant}") if variant in "AD" else build_graph(load(tmp_path, state))
    session = Session(with_native_output(model))
    for batch in (1, 7):
        z = draw(Latent(dim=6, prior="uniform"), 2, 0, batch)
        image, native = session.run({"z": z})
        expected = reference_generator(state, torch.from_numpy(z)).numpy()
        assert image.shape == (batch, 32, 32, 3)
        assert np.abs(native - expected).max() <= 2e-5


OPEN = resnet_state(blocks=1)


@pytest.fixture(scope="module")
def dynamic(tmp_path_factory: pytest.TempPathFactory) -> tuple[Candidate, ir.Model]:
    """Of a network of one block, whose graph tests of engines need too: tracing open sides takes seconds."""
    built = load(tmp_path_factory.mktemp("dynamic"), OPEN, size="16x16", dynamic=True)
    return built, traced("cyclegan-open")


def test_open_sizes_in_one_session(dynamic: tuple[Candidate, ir.Model]) -> None:
    _, model = dynamic
    session = Session(with_native_output(model))
    for count, height, width in [(1, 16, 16), (7, 20, 36), (1, 8, 8), (2, 44, 12), (1, 8, 64)]:
        error = check(session, OPEN, reference_resnet, pictures(count, height, width, 3))
        assert error <= 2e-5, f"{height}x{width}: max error {error}"


def test_large_flat_pictures_stay_accurate(dynamic: tuple[Candidate, ir.Model]) -> None:
    """Norms over a million values, as plain float32 sums, err by 1e-3 here."""
    built, model = dynamic
    source = sample_inputs(built.spec, draw, 1, 0, 1, (1024, 1024))[SOURCE]
    x = torch.from_numpy(source).double().permute(0, 3, 1, 2) / 127.5 - 1
    expected = deepcopy(built.module).double()(x).numpy()
    native = Session(with_native_output(model)).run({SOURCE: source})[1]
    assert np.abs(native - expected).max() <= 3e-5


def test_open_axes_have_names(dynamic: tuple[Candidate, ir.Model]) -> None:
    values = [*dynamic[1].graph.inputs, *dynamic[1].graph.outputs]
    assert [value.name for value in values] == ["source", "image"]
    assert [list(value.shape or ()) for value in values] == [["n", "h", "w", 3]] * 2
    assert b"h_parts" not in to_bytes(dynamic[1])


def test_open_sizes_are_verified_in_two(dynamic: tuple[Candidate, ir.Model]) -> None:
    built, model = dynamic
    assert picture_sizes(built.spec) == (None, (20, 28))
    said: list[str] = []
    result = verify(built, model, draw, progress=said.append)
    assert result.samples == 64
    alternating = [16 * 16 if i % 2 == 0 else 20 * 28 for i in range(6)]
    assert result.values == 3 * sum(n * size for n, size in zip((1, 3, 4, 8, 16, 32), alternating, strict=True))
    assert said[-1] == "verified 64 of 64 pictures"


def test_verification_looks_at_tiles_and_at_noise() -> None:
    spec = built_spec()
    source = sample_inputs(spec, draw, 1, 0, 4)[SOURCE]
    assert source.dtype == np.uint8
    assert source.shape == (4, 32, 32, 3)
    tiles = [pattern(draw(Latent(dim=192, prior="uniform"), 1, i, 1)[0], 32, 32, 3) for i in (0, 2)]
    assert np.array_equal(source[[0, 2]], tiles)
    for noise in source[[1, 3]]:
        assert (noise[:, 1:] != noise[:, :-1]).mean() > 0.9
    assert np.array_equal(source[2:], sample_inputs(spec, draw, 1, 2, 2)[SOURCE])
    assert not np.array_equal(source[1], sample_inputs(spec, draw, 2, 1, 1)[SOURCE][0])


def built_spec() -> Any:
    from ganrt.spec import GeneratorSpec, Output

    image = ImageInput(height=32, width=32, channels=3)
    return GeneratorSpec(
        name="a", family="a", task="translate", image=image, output=Output(height=32, width=32, channels=3)
    )


def test_the_canary_is_the_test_picture(dynamic: tuple[Candidate, ir.Model]) -> None:
    built, model = dynamic
    session = Session(to_bytes(model))
    source = pattern(draw(Latent(dim=192, prior="uniform"), 0, 0, 1)[0], 16, 16, 3)
    picture = session.run({SOURCE: source[None]})[0][0]
    canary = draw_canary(session, built.spec, draw)
    assert (canary.seed, canary.index, canary.labels) == (0, 0, None)
    assert canary.sha256 == hashlib.sha256(picture.tobytes()).hexdigest()


def test_from_file_to_file(tmp_path: Path) -> None:
    path = tiny_models.save_checkpoint(tmp_path / "G_XtoY.pkl", cycle_state())
    made = export(path, tmp_path / "apple-to-windows.onnx", sampler=draw)
    assert (made.spec.task, made.spec.latent, made.spec.name) == ("translate", None, "apple-to-windows")
    assert made.verification.samples == 64
    image = Session(made.path.read_bytes()).run({SOURCE: pictures(2, 32, 32, 3)})[0]
    assert image.shape == (2, 32, 32, 3)


def test_equal_weights_give_equal_bytes(dynamic: tuple[Candidate, ir.Model], tmp_path: Path) -> None:
    built, model = dynamic
    again = load(tmp_path, OPEN, size="16x16", dynamic=True)
    data = embed_spec(build_graph(again), again.spec)
    assert data == embed_spec(model, built.spec)
    for trace in (b"site-packages", b".py", b"torch", b"forward"):
        assert trace not in data, trace


def test_a_wrong_head_fails(dynamic: tuple[Candidate, ir.Model]) -> None:
    """Dividing by 120 stretches and shifts the input; the shift shows where the mirrored border meets the norm."""
    built, model = dynamic
    damaged = model.clone()
    divisor = next(node.inputs[1] for node in damaged.graph if node.op_type == "Div")
    assert divisor is not None
    divisor.const_value = ir.tensor(np.float32(120), name=divisor.name)
    with pytest.raises(NegativeResult, match=r"of \d+ pictures; nothing was written"):
        verify(built, damaged, draw)


def test_verification_keeps_to_its_budget(dynamic: tuple[Candidate, ir.Model], monkeypatch: pytest.MonkeyPatch) -> None:
    built, model = dynamic
    assert verify(built, model, draw, budget_s=0.0).samples == 4
    assert exporting._BUDGET_S <= 20
