"""`ganrt reconstruct`: what it reads, writes, says and refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
from cli_files import names
from odd_pictures import encoded
from tiny_encoder import encoder_spec, save_encoder, save_generator
from tiny_onnx import save_translator

from ganrt.runtime.compare import psnr
from ganrt.runtime.generator import load
from ganrt.runtime.photos import read_photo
from ganrt.runtime.pictures import read_origin

WRONG_PAIR = (
    f"encoder.onnx belongs to the generator of checkpoint {'ab' * 32}\nother.onnx was exported from {'cd' * 32}"
)
PAIR = ("-m", "digits.onnx", "--encoder", "encoder.onnx")


@pytest.fixture
def models(run):
    """digits.onnx (ten classes) and plain.onnx (none) with encoder.onnx, other.onnx of another training; pictures."""
    save_generator(Path("digits.onnx"), labels=10)
    save_generator(Path("plain.onnx"))
    save_generator(Path("other.onnx"), checkpoint="cd" * 32)
    save_encoder(Path("encoder.onnx"))
    save_encoder(Path("alone.onnx"), encoder_spec(pair=None))
    save_encoder(Path("large.onnx"), encoder_spec(side=16))
    save_translator(Path("swap.onnx"))
    Path("in/deep").mkdir(parents=True)
    for i, name in enumerate(("in/a.png", "in/b.png", "in/deep/c.png")):
        put(name, i)
    return run


def put(name, seed=0):
    picture = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    Path(name).write_bytes(encoded(".png", picture))


def read(path):
    return read_photo(Path(path)).colour[..., :1]


def test_a_picture_comes_back_under_its_name(models):
    code, out, err = models("reconstruct", "in", "-r", *PAIR, "--class", "7", "-o", "o", "--sheet", "--json")
    assert code == 0, err
    assert names(Path("o")) == ["a.png", "b.png", "deep", "sheet.png"]
    report = json.loads(out)
    assert (report["model"], report["encoder"]["model"], report["class"]) == ("digits", "digits-encoder", "7")
    assert report["sheet"] == str(Path("o/sheet.png"))
    assert [entry["source"] for entry in report["pictures"]] == [
        str(Path(name)) for name in ("in/a.png", "in/b.png", "in/deep/c.png")
    ]
    with load("digits.onnx") as generator, load("encoder.onnx") as encoder:
        for entry in report["pictures"]:
            source = seen(entry["source"])
            drawn = generator.synthesize(encoder.encode(source[None]), labels=7)[0]
            np.testing.assert_array_equal(read(entry["file"]), drawn)
            assert entry["psnr"] == pytest.approx(psnr(source, drawn), abs=1e-3)
            assert f"{entry['source']}: PSNR {entry['psnr']:.1f} dB" in err
    origin = read_origin(Path("o/a.png"))
    assert (origin["source"], origin["class"], origin["encoder"]) == ("a.png", "7", "digits-encoder")
    assert origin["encoder_sha256"] == report["encoder"]["model_sha256"]
    page = read("o/sheet.png")
    assert page.shape == (3 * 8, 2 * 8, 1)
    np.testing.assert_array_equal(page[:8, 8:], read("o/a.png"))
    np.testing.assert_array_equal(page[16:, :8], seen("in/deep/c.png"))


def seen(path):
    """As the encoder sees it: BT.601 luma."""
    from ganrt.runtime.fitting import Fit, fit_photo

    return fit_photo(read_photo(Path(path)), encoder_spec(), Fit()).source


def test_what_is_set_is_set_in_every_latent(models):
    code, _, err = models("reconstruct", "in/a.png", *PAIR, "--class", "7", "--set-z", "0:2=1.5", "-o", "o")
    assert code == 0, err
    with load("digits.onnx") as generator, load("encoder.onnx") as encoder:
        z = encoder.encode(seen("in/a.png")[None])
        plain = generator.synthesize(z, "7")
        z[:, :2] = 1.5
        np.testing.assert_array_equal(read("o/a.png"), generator.synthesize(z, "7")[0])
        assert not np.array_equal(read("o/a.png"), plain[0])
    assert read_origin(Path("o/a.png"))["set_z"] == "0:2=1.5"
    assert models("reconstruct", "in/a.png", *PAIR, "--class", "7", "--set", "hair=afro", "-o", "p")[0] == 2


def test_without_classes_none_is_needed(models):
    arguments = ("in/a.png", "-m", "plain.onnx", "--encoder", "encoder.onnx")
    for folder in ("one", "two"):
        assert models("reconstruct", *arguments, "-o", folder)[0] == 0
    assert Path("one/a.png").read_bytes() == Path("two/a.png").read_bytes()
    code, _, err = models("reconstruct", *arguments, "--class", "1", "-o", "three")
    assert (code, "has no classes" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-m", "digits.onnx"], 2, "--encoder is missing"),
        (["-m", "encoder.onnx"], 2, "--encoder is missing"),
        (["-m", "encoder.onnx", "--encoder", "encoder.onnx"], 2, "encoder.onnx has the task 'encode'"),
        (["-m", "digits.onnx", "--encoder", "digits.onnx"], 2, "digits.onnx has the task 'generate'"),
        (["-m", "swap.onnx", "--encoder", "encoder.onnx"], 2, "swap.onnx has the task 'translate'"),
        (["-m", "other.onnx", "--encoder", "encoder.onnx"], 2, WRONG_PAIR),
        (["-m", "digits.onnx", "--encoder", "alone.onnx"], 2, "does not say which generator"),
        (["-m", "plain.onnx", "--encoder", "large.onnx"], 2, "takes 16 x 16 x 1"),
        (["-m", "digits.onnx", "--encoder", "encoder.onnx"], 2, "--class, one of kind 0"),
        ([*PAIR, "--class", "ten"], 2, "class 'ten'"),
        ([*PAIR, "--class", "7", "--fit", "stretch"], 2, "stretch"),
        (["-m", "digits.onnx", "--encoder", "missing.onnx", "--class", "7"], 4, "missing.onnx does not exist"),
    ],
)  # fmt: skip
def test_what_is_refused(models, arguments, code, words):
    found, out, err = models("reconstruct", "in", *arguments, "-o", "o")
    assert (found, out) == (code, ""), err
    assert words in err
    assert not Path("o").exists() or not names(Path("o"))


def test_any_pair_is_asked_for(models):
    arguments = ("in/a.png", "-m", "other.onnx", "--encoder", "encoder.onnx", "--any-pair", "-o", "o")
    assert models("reconstruct", *arguments)[0] == 0
    assert names(Path("o")) == ["a.png"]
    assert models("reconstruct", *arguments)[0] == 5, "nothing is overwritten"
    assert models("reconstruct", *arguments, "--force")[0] == 0


def test_bad_pictures(models):
    Path("in/bad.png").write_bytes(b"no picture")
    arguments = ("in", *PAIR, "--class", "7", "--json")
    code, _, err = models("reconstruct", *arguments, "-o", "one")
    assert (code, "bad.png" in err) == (4, True)
    code, out, err = models("reconstruct", *arguments, "--skip-bad", "-o", "two")
    assert code == 1
    assert "1 of 3 pictures could not be read" in err
    assert [Path(entry["source"]).name for entry in json.loads(out)["bad"]] == ["bad.png"]
    assert names(Path("two")) == ["a.png", "b.png"]


@pytest.mark.parametrize("command", ["generate", "sweep", "interpolate"])
def test_an_encoder_draws_nothing(models, command):
    code, _, err = models(command, "-m", "encoder.onnx", "-o", "o.png" if command != "interpolate" else "o.gif")
    assert code == 2
    assert "does not draw images from latents" in err
    assert "ganrt reconstruct --encoder" in err


def test_an_encoder_is_verified_and_inspected(models):
    code, out, err = models("verify", "-m", "encoder.onnx", "--samples", "4", "--json")
    assert code == 0, err
    assert (json.loads(out)["worst_ssim"], json.loads(out)["passed"]) == (None, True)
    assert models("verify", "-m", "encoder.onnx", "--against", "digits.onnx")[0] == 2
    assert json.loads(models("inspect", "encoder.onnx", "--json")[1])["spec"]["task"] == "encode"


@pytest.mark.slow
def test_from_a_checkpoint_to_reconstructions(run):
    """Generator and encoder out of one file; pictures that the generator draws go round, twice the same."""
    import torch
    from bigbigan_models import whole_state

    torch.save(whole_state(), "checkpoint_50.pth")
    assert run("export", "checkpoint_50.pth", "-o", "digits.onnx")[0] == 0
    assert run("export", "checkpoint_50.pth", "-o", "encoder.onnx", "--network", "encoder")[0] == 0
    assert run("generate", "-m", "digits.onnx", "-n", "3", "--class", "7", "-o", "sevens")[0] == 0
    for folder in ("one", "two"):
        code, out, err = run("reconstruct", "sevens", *PAIR, "--class", "7", "-o", folder, "--json")
        assert code == 0, err
        assert [round(entry["psnr"]) > 0 for entry in json.loads(out)["pictures"]] == [True] * 3
    assert names(Path("one")) == names(Path("sevens"))
    with load("digits.onnx") as generator, load("encoder.onnx") as encoder:
        pictures = np.stack([read(Path("sevens") / name) for name in names(Path("sevens"))])
        np.testing.assert_array_equal(pictures, generator.sample(3, labels=7))
        again = generator.synthesize(encoder.encode(pictures), labels=7)
    for image, name in zip(again, names(Path("one")), strict=True):
        np.testing.assert_array_equal(read(Path("one") / name), image)
        assert Path("one", name).read_bytes() == Path("two", name).read_bytes()
