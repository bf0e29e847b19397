"""The style space of a StyleGAN in two files: walks, mixtures and truncation in w, and w from and to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import nvidia_pickles as nvidia
import pytest
from stylegan2_reference import Net, random_state

import ganrt
from ganrt.cli.main import main
from ganrt.engines.split import SplitEngine
from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.export import export
from ganrt.exporter.options import Settings
from ganrt.runtime.sampling import sampler
from ganrt.runtime.styles import Mix, parse_mix

NET = Net(classes=3, side=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both halves, with a cutoff of 3 of the 4 styles."""
    made = tmp_path_factory.mktemp("styles")
    module = nvidia.persistent(random_state(NET), nvidia.describe_stylegan2(NET.architecture, NET.clamp))
    nvidia.save(made / "n.pkl", {"G_ema": module})
    result = export(made / "n.pkl", made / "m.onnx", sampler=sampler, settings=Settings(cutoff=3), split=True)
    assert result.path == made / "m-synthesis.onnx"
    return made


@pytest.fixture
def generator(folder: Path) -> ganrt.Generator:
    return ganrt.load(folder / "m-synthesis.onnx", backend="onnxruntime")


def z_of(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return ganrt.latents(1, NET.z_dim, seed=seed)


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a.astype(int) - b.astype(int)).max() <= 1)


def test_both_halves_are_one_generator(generator: ganrt.Generator) -> None:
    with generator:
        spec = generator.spec
        assert (spec.task, spec.labels is not None, spec.style is not None) == ("generate", True, True)
        for psi in (0.0, 0.5, 1.0):
            drawn = generator.sample(2, seed=3, truncation=psi, labels=1)
            w = generator.styles(ganrt.latents(2, NET.z_dim, seed=3), 1)
            assert w.shape == (2, 4, 16)
            assert close(drawn, generator.synthesize_styles(w, truncation=psi))
        assert not close(generator.sample(1, truncation=0.0), generator.sample(1))
        from ganrt.runtime.canary import canary_error

        assert canary_error(generator) == 0


def test_a_walk_in_w_is_straight_and_maps_its_keyframes_once(
    generator: ganrt.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with generator:
        assert isinstance(generator._engine, SplitEngine)
        calls: list[int] = []
        run = generator._engine.mapping.run
        monkeypatch.setattr(generator._engine.mapping, "run", lambda inputs: (calls.append(1), run(inputs))[1])
        path = ganrt.walk(seeds=[1, 2], duration=1, loop=False, truncation=0.5)
        with generator.stream(path, 8, paced=False) as frames:
            drawn = [frame.copy() for frame in frames]
        assert (len(drawn), len(calls)) == (9, 1)
        first, last = (generator.styles(z_of(seed), 0) for seed in (1, 2))
        for k in (0, 4, 8):
            middle = ((1 - k / 8) * first + k / 8 * last).astype(np.float32)
            assert close(drawn[k], generator.synthesize_styles(middle, truncation=0.5)[0])
        with generator.stream(ganrt.walk(seeds=[1, 2], duration=1, loop=False, space="z"), 8, paced=False) as frames:
            through_z = [frame.copy() for frame in frames]
        with generator.stream(ganrt.walk(seeds=[1, 2], duration=1, loop=False), 8, paced=False) as frames:
            through_w = [frame.copy() for frame in frames]
        assert close(through_z[0], through_w[0])
        assert not close(through_z[4], through_w[4])


def test_mixtures(generator: ganrt.Generator) -> None:
    assert parse_mix("0-7=seed5") == Mix(0, 7, 5)
    assert parse_mix("3=9") == Mix(3, 3, 9)
    for wrong in ("7-0=seed5", "a=1", "0-7", "0-7=seed99999999999999999999"):
        with pytest.raises(UsageError):
            parse_mix(wrong)
    with generator:
        w = generator.styles(z_of(1), 0)
        w[:, 1:3] = generator.styles(z_of(5), 0)[:, 1:3]
        expected = generator.synthesize_styles(w, truncation=0.7)
        (_, mixed), *_ = generator.sample_pairs([(1, 0)], 0.7, 0, mixes=[Mix(1, 2, 5)])
        assert close(mixed, expected)
        assert not close(mixed, generator.sample(1, seed=1, truncation=0.7, labels=0))
        with pytest.raises(UsageError, match="styles are 0 to 3"):
            list(generator.sample_pairs([(1, 0)], mixes=[Mix(0, 4, 5)]))


def test_commands(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in (*arguments, "-m", folder / "m-synthesis.onnx")])
        return int(caught.value.code or 0), capsys.readouterr().err

    w = tmp_path / "w.npz"
    code, err = run("generate", "--seeds", "1,2", "--mix", "0-1=seed5", "--save-w", w, "-o", tmp_path / "a")
    assert code == 0, err
    with np.load(w) as saved:
        assert saved["w"].shape == (2, 4, 16)
    code, err = run("generate", "--latents", w, "-o", tmp_path / "b")
    assert code == 0, err
    pictures = [sorted((tmp_path / name).glob("*.png")) for name in ("a", "b")]
    assert [len(found) for found in pictures] == [2, 2]
    code, err = run("sweep", "--mix", "0-1", "--columns", 2, "--factors", "0.7", "-o", tmp_path / "mix.png")
    assert code == 0, err
    assert cv2.imread(str(tmp_path / "mix.png")).shape[0] >= 3 * 8
    assert run("sweep", "--mix", "0-9", "-o", tmp_path / "mix2.png")[0] == 2
    walk = ("interpolate", "--seeds", "1,2", "--duration", "0.2", "--space")
    assert run(*walk, "w", "-o", tmp_path / "w")[0] == 0
    code, err = run(*walk, "w", "--method", "drift", "--seeds", "1", "-o", tmp_path / "d")
    assert (code, "a drift goes through z" in err) == (2, True), err


def test_a_synthesis_without_its_mapping(folder: Path, tmp_path: Path) -> None:
    alone = tmp_path / "m-synthesis.onnx"
    alone.write_bytes((folder / "m-synthesis.onnx").read_bytes())
    with pytest.raises(BadInputFile, match="its mapping is not in"):
        ganrt.load(alone)
    with pytest.raises(UsageError, match="is a mapping, which draws nothing"):
        ganrt.load(folder / "m-mapping.onnx")


def test_generators_without_a_style_space() -> None:
    with ganrt.load("avatars-1") as generator:
        with pytest.raises(UsageError, match="has no styles of its own"):
            list(generator.sample_pairs([(0, 0)], mixes=[Mix(0, 1, 5)]))
        with pytest.raises(UsageError, match="mapping is not a file of its own"):
            generator.stream(ganrt.walk(seeds=[1, 2], space="w"))


@pytest.mark.parametrize("command", ["bundle", "tune"])
def test_a_half_is_told_to_be_one(folder: Path, run: Callable[..., tuple[int, str, str]], command: str) -> None:
    more = ("-o", "kit") if command == "bundle" else ("--budget", "1")
    code, _, err = run(command, "-m", str(folder / "m-synthesis.onnx"), *more)
    assert (code, "give the whole StyleGAN" in err) == (2, True), err
    assert len(err.splitlines()[-2:]) == 2
    assert not Path("kit").exists()
