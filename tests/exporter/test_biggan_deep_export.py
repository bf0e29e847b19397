"""BigGAN-deep from the command line: export, freezing, canary, cost, classes and what is refused."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx_ir as ir
import pytest
import torch
from biggan_models import (
    LAYERS,
    SMALL,
    BigGAN,
    BigGANConfig,
    examples,
    library_config,
    library_model,
    library_pictures,
    relative_error,
    save_folder,
)
from sources import source

import ganrt
from ganrt.cli.main import main
from ganrt.engines.cost import macs_of_one_image
from ganrt.exporter.candidate import Facts
from ganrt.exporter.cost import count_macs, count_parameters
from ganrt.exporter.families.biggan_deep import BigGANDeep, library_keys, read_config
from ganrt.exporter.families.resnet.network import Generator, Rules
from ganrt.exporter.families.statistics import statistics_spec
from ganrt.exporter.graph import with_native_output
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise
from ganrt.exporter.session import Session
from ganrt.runtime.canary import canary_error
from ganrt.spec import GeneratorSpec, Labels, Latent, Output

ROOT = Path(__file__).parents[2]
Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_folder(tmp_path_factory.mktemp("biggan") / "model", library_model(library_config(SMALL)))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line: exit code and standard error."""

    def call(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        return int(caught.value.code or 0), capsys.readouterr().err

    return call


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")
        return importlib.import_module("make_random_biggan")


def test_export_and_all_that_follows(folder: Path, tmp_path: Path, run: Run) -> None:
    model = tmp_path / "small.onnx"
    code, err = run("export", folder, "-o", model, "--freeze", "truncation=0.58", "--statistics-rule", "library")
    assert (code, "verified on 64 pictures" in err) == (0, True), err
    with ganrt.load(model) as generator:
        assert canary_error(generator) == 0
        assert (generator.spec.statistics.mode, generator.spec.statistics.value) == ("frozen", 0.58)
        assert generator.sample(2, truncation=0.58, labels="2:0.5,5:0.5").shape == (2, 16, 16, 3)
    code, err = run("generate", "-m", model, "--class", "3:0.5,4:0.3", "--truncation", "0.58", "-o", tmp_path / "a.png")
    assert (code, "class weights sum to 0.8, not 1: they are used as they are" in err) == (0, True), err
    assert macs_of_one_image(model) == _by_hand()
    _check_drawn(model)
    built = recognise(read_file(folder), None, Settings.read({"freeze": "truncation=0.58"})).candidate
    assert count_macs(built.module, built.spec) == _by_hand()


def _check_drawn(path: Path) -> None:
    """The floats of a graph whose statistics are frozen by the library's own rule."""
    library = library_model(library_config(SMALL))
    z, labels = examples(library.config, 5)
    session = Session(with_native_output(ir.load(path)))
    made = session.run({"z": z.numpy(), "labels": labels.numpy()})[1]
    assert relative_error(made, library_pictures(library, z, labels, np.full(5, 0.58))) <= 1e-4
    with pytest.raises(Exception, match="Invalid input name: truncation"):
        session.run({"z": z.numpy(), "labels": labels.numpy(), "truncation": np.ones(5, np.float32)})


def _by_hand() -> int:
    """Of `SMALL` with frozen statistics: the attention has 64 channels at 8x8, whose 64 places look at 16."""
    c, places, seen = 64, 64, 16
    macs = places * (2 * c * (c // 8) + 2 * c * (c // 2)) + places * seen * (c // 8 + c // 2)
    side, norms = 4, 0
    for up, before, after in LAYERS:
        inputs, middle, outputs = 8 * before, 2 * before, 8 * after
        macs += side**2 * inputs * middle
        side *= 1 + up
        macs += side**2 * (2 * 9 * middle**2 + middle * outputs)
        norms += inputs + 3 * middle
    embedding, first, picture = 7 * 12, 24 * 16 * 128, 16 * 16 * 9 * 8 * 3
    return macs + embedding + first + 24 * 2 * norms + picture


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--freeze", "truncation=0"), "truncation=0: the statistics cover above 0 to 1"),
        (("--freeze", "truncation=1.5"), "truncation=1.5: the statistics cover above 0 to 1"),
        (("--freeze", "truncation=nan"), "truncation=nan: the statistics cover above 0 to 1"),
        (("--statistics-rule", "library"), "needs a frozen truncation"),
        (("--statistics-rule", "cubic"), "expected linear or library"),
        (("--size", "32x32"), "family biggan-deep has no option --size"),
    ],
)
def test_options_that_make_no_sense(
    folder: Path, tmp_path: Path, run: Run, options: tuple[str, ...], message: str
) -> None:
    code, err = run("export", folder, "-o", tmp_path / "a.onnx", *options)
    assert (code, message in err) == (2, True), err
    assert not (tmp_path / "a.onnx").exists()


def test_a_config_that_does_not_fit_is_bad_input(folder: Path, tmp_path: Path, run: Run) -> None:
    model = library_model(library_config(SMALL))
    other = save_folder(tmp_path / "other", model)
    fields = json.loads((other / "config.json").read_text("utf-8"))
    (other / "config.json").write_text(json.dumps({**fields, "n_stats": 11}), "utf-8")
    code, err = run("export", other, "-o", tmp_path / "a.onnx")
    assert (code, "config.json contradicts the weights: it says n_stats 11" in err) == (4, True), err


@pytest.mark.parametrize(
    ("side", "gigamacs", "parameters"), [(128, 8.96, 50_388_609), (256, 29.40, 55_880_833), (512, 38.00, 56_163_905)]
)
def test_the_published_sizes_without_their_dead_channels(
    tool: ModuleType, side: int, gigamacs: float, parameters: int
) -> None:
    state = {key: torch.empty(shape, device="meta") for key, shape in tool.published_config(side).shapes().items()}
    config = read_config(library_keys(state), None, Facts())
    assert config.shape.side == side
    spec = GeneratorSpec(
        name="a",
        family="a",
        latent=Latent(dim=128, prior="truncated_normal", threshold=2.0),
        labels=Labels(count=1000),
        statistics=statistics_spec(config.grid, None),
        output=Output(height=side, width=side, channels=3),
    )
    module = Generator(config.shape, Rules(config.eps, torch.nn.ReLU, torch.nn.Tanh(), grid=config.grid))
    macs = count_macs(module, spec)
    assert macs / 1e9 == pytest.approx(gigamacs, abs=0.01)
    assert macs <= 38e9
    dead = 125 * (9 * 128 + 1)
    assert count_parameters(module) == parameters - dead


def test_random_checkpoints_are_those_of_the_original_library(tool: ModuleType) -> None:
    layers = tuple(tool.Layer(up, 4 * inputs, 4 * outputs) for up, inputs, outputs in LAYERS)
    config = tool.Config(6, 5, 4, 51, layers, 2, 1e-4)
    library = BigGAN(BigGANConfig(**json.loads(tool.config_json(config)))).eval().requires_grad_(False)
    state = tool.random_state(config, 0)
    library.load_state_dict(state, strict=True)
    z, labels = examples(library.config, 3)
    expected = library_pictures(library, z, labels, np.full(3, 0.5))
    assert 0.05 < float(expected.std()) < 0.9
    module = BigGANDeep().build(source(state), Settings.read({"upsample": "0,3"})).module
    assert relative_error(module(z, labels, torch.full((3,), 0.5)), expected) <= 1e-4
