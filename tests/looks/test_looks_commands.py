"""Look codes on the command line: generate draws and prints them, inspect reads them back."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
from controlled_models import save_controlled

from ganrt.runtime.looks import Look


@pytest.fixture(scope="module")
def dolls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_controlled(tmp_path_factory.mktemp("dolls") / "dolls.onnx")


def test_the_code_of_a_designed_picture_redraws_it(run, tmp_path: Path, dolls: Path) -> None:
    options = ["--set", "hair=afro", "--set", "skin=0.8", "--set-z", "9=2", "--truncation", "0.7", "--seeds", "5"]
    _, out, _ = run("generate", "-m", str(dolls), *options, "-o", str(tmp_path / "a.png"), "--json")
    (code,) = json.loads(out)["looks"]
    inspected = json.loads(run("inspect", str(tmp_path / "a.png"), "--json")[1])
    assert inspected["look"] == code
    _, _, told = run("generate", code, "-m", str(dolls), "-o", str(tmp_path / "b.png"))
    assert f"look: {code}" in told
    pictures = [cv2.imread(str(tmp_path / name), cv2.IMREAD_UNCHANGED) for name in ("a.png", "b.png")]
    assert pictures[0].tobytes() == pictures[1].tobytes()


def test_several_codes_go_into_a_folder_each_under_a_name_of_its_own(run, tmp_path: Path, dolls: Path) -> None:
    _, out, _ = run("generate", "-m", str(dolls), "--seeds", "5", "-o", str(tmp_path / "plain"), "--json")
    look = Look.parse(json.loads(out)["looks"][0])
    codes = [look.code, Look(model=look.model, seed=5, controls=(("hair", "bald"),)).code]
    _, out, _ = run(
        "generate", *codes, codes[0], "-m", str(dolls), "--grid", "2x1", "-o", str(tmp_path / "o"), "--json"
    )
    result = json.loads(out)
    assert result["looks"] == codes
    names = sorted(path.name for path in (tmp_path / "o").iterdir())
    assert len(names) == 3
    assert names[0] == "grid-2x1.png"
    assert names[1].startswith("seed5-index00000000-look")
    assert (tmp_path / "o" / names[2]).read_bytes() == (tmp_path / "plain" / names[2]).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ganrt:avatars-1:0:8842:JR"], "a typo"),
        (["ganrt2:avatars-1:0:8841"], "newer ganrt"),
        (["player-8841"], "expected one such as"),
        (["ganrt:avatars-1:0:1", "ganrt:avatars-2:0:1"], "several models"),
        (["ganrt:dolls~12345678:0:1"], "-m MODEL"),
        (["ganrt:avatars-9:0:1"], "-m MODEL"),
        (["ganrt:avatars-1:0:1", "--truncation", "0.5"], "the code says it all"),
        (["ganrt:avatars-1:0:1", "--set", "hair=afro"], "the code says it all"),
        (["ganrt:avatars-1:0:1", "--seeds", "1"], "the code says which picture"),
        (["ganrt:avatars-1:0:1", "--name", "Ann"], "the code says which picture"),
    ],
)
def test_what_is_wrong_with_a_code_is_exit_2(run, tmp_path: Path, arguments: list[str], message: str) -> None:
    code, _, told = run("generate", *arguments, "-o", str(tmp_path / "out"))
    assert (code, (tmp_path / "out").exists()) == (2, False)
    assert message in told


def test_another_model_is_refused(run, tmp_path: Path, dolls: Path) -> None:
    code, _, told = run("generate", "ganrt:avatars-1:0:1", "-m", str(dolls), "-o", str(tmp_path / "a.png"))
    assert code == 2
    assert "drawn by avatars-1" in told


def test_a_numbered_sheet_says_each_code_and_shows_the_same_pictures(run, tmp_path: Path, dolls: Path) -> None:
    from ganrt.runtime.pictures import read_origin

    options = ("--count", "5", "--grid", "3x2", "--set", "hair=afro", "-m", str(dolls))
    assert run("generate", *options, "-o", str(tmp_path / "plain"))[0] == 0
    code, out, err = run("generate", *options, "--numbers", "-o", str(tmp_path / "numbered"), "--json")
    assert code == 0, err
    sheets = [tmp_path / name / "grid-3x2.png" for name in ("plain", "numbered")]
    codes = read_origin(sheets[1])["looks"]
    assert codes == json.loads(out)["looks"]
    assert len(codes) == 5
    plain, numbered = (cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sheets)
    height, cell = plain.shape[0] // 2, numbered.shape[0] // 2
    assert cell > height
    for row in range(2):
        told = numbered[row * cell : row * cell + height]
        assert (told == plain[row * height : (row + 1) * height]).all()
        strip = numbered[row * cell + height : (row + 1) * cell]
        assert (strip.max(), strip.min() < 100) == (255, True)
    names = sorted(path.name for path in (tmp_path / "numbered").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "plain").iterdir())
    code, _, err = run("generate", "--numbers", "-m", str(dolls), "-o", str(tmp_path / "none"))
    assert (code, "--numbers: it belongs to --grid" in err) == (2, True)


def test_captions_break_codes_and_leave_out_what_does_not_fit() -> None:
    import numpy as np

    from ganrt.runtime.pictures import captioned

    pictures = [np.zeros((8, 64, channels), np.uint8) for channels in (4, 4)]
    short, long = (captioned(pictures, [code, None])[0] for code in ("ganrt:a:0:1", "ganrt:" + "a" * 2000))
    assert short.shape[0] > long.shape[0] > 8
    assert (short[:8] == 0).all()
    assert (long[8:, :, 3] == 255).all()


@pytest.mark.parametrize("width", [24, 48, 56, 100, 248])
def test_lines_of_a_code_never_end_before_its_check_letters(width: int) -> None:
    from ganrt.runtime.pictures import _lines

    for code in ("ganrt:avatars-1:0:8841:JR", "ganrt:avatars-2:0:8841:hair=afro,skin=0.8:AW", "ganrt:a:0:1"):
        lines = _lines(code, width)
        assert "".join(lines) == code
        assert len(lines[-1].rpartition(":")[0]) > 0
    assert _lines("ganrt:avatars-1:0:8841:JR", 56) == ["ganrt:", "avatars-1:0:", "8841:JR"]
