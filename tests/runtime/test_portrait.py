"""Pictures that a model drew are found back; what is no picture, or no model with controls, is refused."""

import json
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest
from cli_files import names
from controlled_models import save_controlled
from odd_pictures import encoded
from tiny_encoder import save_encoder, save_generator
from tiny_onnx import save_tiny, save_translator, tiny_spec

import ganrt
from ganrt.errors import UsageError
from ganrt.runtime import portrait as module
from ganrt.runtime.compare import psnr
from ganrt.runtime.pictures import read_origin
from ganrt.runtime.portrait import portrait

PAGE = Path(__file__).parents[2] / "docs" / "portrait.md"
AVATARS_1 = {
    "hair": "afro",
    "expression": "sad",
    "facial-hair": "full-beard",
    "glasses": "round",
    "skin": 0.7,
    "hair-color": "auburn",
    "hair-tint": 0,
    "background": "mint",
    "shade-across": 0.3,
    "shade-down": -0.4,
    "clothing-color": "purple",
    "clothing-brightness": 0.6,
}


@pytest.fixture(scope="module")
def dolls(tmp_path_factory):
    path = save_controlled(tmp_path_factory.mktemp("dolls") / "dolls.onnx")
    with ganrt.load(path, backend="onnxruntime") as generator:
        yield generator


@pytest.fixture(scope="module")
def avatars_2():
    with ganrt.load("avatars-2", backend="onnxruntime", threads=1) as generator:
        yield generator


def values(found):
    return {one.control: one.value for one in found.found}


def test_a_picture_of_each_kind_of_control_is_found_back(dolls):
    wanted = {"hair": "flat-top", "skin": 0.75, "shirt": "205090"}
    seen = []
    found = portrait(dolls.draw(dolls.look(controls=wanted)), dolls, progress=seen.append)
    assert values(found)["hair"] == "flat-top"
    assert float(values(found)["skin"]) == pytest.approx(0.75, abs=0.03)
    shirt = np.frombuffer(bytes.fromhex(values(found)["shirt"]), np.uint8).astype(int)
    assert np.abs(shirt - (0x20, 0x50, 0x90)).max() <= 12
    assert found.error < 2
    assert np.array_equal(found.image, dolls.draw(found.code))
    assert seen == list(range(1, found.drawn + 1))
    assert found.drawn <= module.most_pictures(dolls)
    assert {one.certainty for one in found.found} == {"found"}


def test_of_a_picture_that_is_no_drawing_of_the_model_nothing_is_certain(dolls):
    wanted = dolls.look(controls={"hair": "flat-top", "skin": 0.75, "shirt": "205090"})
    spoilt = dolls.draw(wanted).copy()
    spoilt[::2] = 255 - spoilt[::2]
    found = portrait(spoilt, dolls)
    assert found.error >= 10.0
    assert {one.certainty for one in found.found} <= {"unsure", "hidden"}


def test_what_is_given_wins_and_the_others_are_searched_for(dolls):
    picture = dolls.draw(dolls.look(controls={"hair": "flat-top", "skin": 0.75, "shirt": "205090"}))
    found = portrait(picture, dolls, controls={"hair": "afro", "shirt": "#205090"})
    assert [(one.value, one.certainty) for one in found.found if one.control != "skin"] == [
        ("afro", "given"),
        ("205090", "given"),
    ]
    assert found.error > portrait(picture, dolls).error
    with pytest.raises(UsageError, match="'dolls' has no control 'wings'"):
        portrait(picture, dolls, controls={"wings": "big"})


def test_a_look_of_avatars_1_is_found_back():
    with ganrt.load("avatars-1", backend="onnxruntime", threads=1) as generator:
        found = portrait(generator.draw(generator.look(controls=AVATARS_1)), generator)
    for one in found.found:
        if isinstance(AVATARS_1[one.control], str):
            assert one.value == AVATARS_1[one.control], one
        else:
            assert float(one.value) == pytest.approx(AVATARS_1[one.control], abs=0.1), one
    assert found.error < 0.5
    assert found.background is None


@pytest.mark.slow
@pytest.mark.parametrize("behind", [None, (70, 130, 200)])
def test_a_look_of_avatars_2_is_found_back_over_nothing_and_over_a_colour(avatars_2, behind):
    wanted = {"glasses": "round", "facial-hair": "none", "skin": 0.2, "clothing-color": "a04030"}
    fixed = {"hair": "bob", "expression": "smile", "hair-color": "red", "clothing": "plain", "accent-color": "808080"}
    picture = avatars_2.draw(avatars_2.look(controls={**wanted, **fixed}))
    seen = picture if behind is None else ganrt_over(picture, behind)
    found = portrait(seen, avatars_2, controls=fixed)
    assert {name: values(found)[name] for name in ("glasses", "facial-hair")} == {
        "glasses": "round",
        "facial-hair": "none",
    }
    assert float(values(found)["skin"]) == pytest.approx(0.2, abs=0.03)
    shirt = np.frombuffer(bytes.fromhex(values(found)["clothing-color"]), np.uint8).astype(int)
    assert np.abs(shirt - (0xA0, 0x40, 0x30)).max() <= 6
    assert [one.certainty for one in found.found if one.control == "glasses-color"] == ["hidden"]
    assert found.background == (behind or (255, 255, 255))
    assert found.page.shape == (256, 512, 3)
    assert found.error < 0.5


def ganrt_over(picture, behind):
    from ganrt.pixels import over

    return over(picture, behind)


def test_any_picture_will_do(dolls):
    noise = np.random.default_rng(0).integers(0, 256, (30, 50, 4), np.uint8)
    for picture in (noise, noise[..., :3], noise[..., 0], noise[:1, :1], noise[:2]):
        assert portrait(picture, dolls).page.shape == (8, 16, 3)
    inside = portrait(noise[..., :3], dolls, crop=(20, 10, 30, 20))
    assert np.array_equal(inside.source, portrait(noise[10:30, 20:50, :3], dolls, crop=(0, 0, 30, 20)).source)
    with pytest.raises(UsageError, match="50 x 30 pixels"):
        portrait(noise, dolls, crop=(21, 10, 30, 20))
    with pytest.raises(UsageError, match=r"given float64 \[3\]"):
        portrait(np.zeros(3), dolls)


def test_the_command_prints_a_code_and_writes_both_pictures(run, dolls):
    wanted = {"hair": "bald", "skin": 0.25, "shirt": "a0b0c0"}
    Path("me.png").write_bytes(encoded(".png", dolls.draw(dolls.look(controls=wanted))))
    code, out, err = run("portrait", "me.png", "-m", dolls.path, "--set", "skin=0.25")
    assert code == 0, err
    look = out.strip()
    assert look.startswith(f"ganrt:dolls~{dolls.model_sha256[:8]}:0:0:hair=bald,")
    assert "skin=0.25: as given" in err
    assert "note: no face was looked for" in err
    page = cv2.imread("me-portrait.png")[..., ::-1]
    assert np.array_equal(page[:, 8:], dolls.draw(look))
    assert psnr(page[:, :8].copy(), page[:, 8:].copy()) > 30
    assert read_origin(Path("me-portrait.png"))["look"] == look
    assert run("portrait", "me.png", "-m", dolls.path)[0] == 5  # it is there
    code, out, err = run("portrait", "me.png", "-m", dolls.path, "--crop", "0,0,8,8", "-o", "o.png", "--json")
    assert code == 0, err
    assert "no face" not in err
    report = json.loads(out)
    assert (report["controls"]["hair"]["value"], report["controls"]["hair"]["certainty"]) == ("bald", "found")
    assert report["error"] < 2
    assert report["background"] is None


def test_where_there_is_an_encoder_it_is_used(run):
    save_generator(Path("digits.onnx"), labels=10)
    save_encoder(Path("encoder.onnx"))
    Path("seven.png").write_bytes(encoded(".png", np.random.default_rng(1).integers(0, 256, (8, 8, 1), np.uint8)))
    code, out, err = run("portrait", "seven.png", "-m", "digits.onnx", "--encoder", "encoder.onnx", "--class", "7")
    assert code == 0, err
    with ganrt.load("digits.onnx") as generator, ganrt.load("encoder.onnx") as encoder:
        source = cv2.imread("seven.png", cv2.IMREAD_GRAYSCALE)[None, ..., None]
        again = generator.synthesize(encoder.encode(source), labels=7)[0]
        assert np.abs(generator.draw(out.strip()).astype(int) - again).max() <= 1
    assert run("portrait", "seven.png", "-m", "digits.onnx", "--encoder", "encoder.onnx", "-o", "x.png")[0] == 2


def test_what_cannot_be_done_is_refused(run, dolls):
    save_tiny(Path("plain.onnx"), tiny_spec())
    save_translator(Path("swap.onnx"))
    Path("text.png").write_text("no picture")
    Path("me.png").write_bytes(encoded(".png", np.zeros((9, 9, 3), np.uint8)))
    for arguments, code, told in (
        (("missing.png",), 4, "missing.png"),
        (("text.png",), 4, "text.png"),
        (("me.png", "-m", "plain.onnx"), 2, "has no named controls to search for"),
        (("me.png", "-m", "swap.onnx"), 2, "translate"),
        (("me.png", "--crop", "1,2"), 2, "expected X,Y,WIDTH,HEIGHT"),
        (("me.png", "-m", dolls.path, "--crop", "0,0,0,4"), 2, "9 x 9 pixels"),
        (("me.png", "-o", "me.jpg"), 2, "ends in .png"),
        (("me.png", "-m", dolls.path, "--set", "wings=big"), 2, "has no control 'wings'"),
    ):
        got, out, err = run("portrait", *arguments)
        assert (got, out) == (code, ""), (arguments, err)
        assert told in err
    assert "me-portrait.png" not in names(Path())


def test_the_commands_of_the_page_work(run, monkeypatch):
    monkeypatch.setattr(module, "ROUNDS", 1)
    monkeypatch.setattr(module, "_KNOTS", 2)
    save_generator(Path("digits.onnx"), labels=10)
    save_encoder(Path("digits-encoder.onnx"))
    cv2.imwrite("me.jpg", np.full((400, 400, 3), 99, np.uint8))
    cv2.imwrite("seven.png", np.full((8, 8), 99, np.uint8))
    lines = [
        line.split(" #")[0].strip() for line in PAGE.read_text("utf-8").splitlines() if line.startswith("    ganrt ")
    ]
    assert len(lines) == 4
    for line in lines:
        words = shlex.split(line)[1:]
        code, _, err = run(*words, *([] if "-m" in words else ["-m", "avatars-1"]), "--force")
        assert code == 0, (line, err)
