"""Options are declared once: one meaning has one spelling, and old spellings say the new one."""

from pathlib import Path

import cv2
import numpy as np
import pytest

NEW = "the old spelling works in this release only"


@pytest.mark.parametrize(
    ("words", "new"),
    [
        (["sweep", "--factors", "1", "--diversity-samples", "8", "--latents", "2", "-o", "s.png"], "--columns"),
        (["tune", "--forget", "--gate", "30"], "--min-psnr"),
        (["compile", "--list", "--gate", "30", "-o", "."], "--min-psnr"),
    ],
)
def test_old_spellings_work_and_say_the_new_one_once(run, words, new):
    code, _, err = run(*words)
    assert code == 0, err
    old = next(word for word in words if word in ("--latents", "--gate"))
    assert err.count(f"note: {old} is now {new}; {NEW}") == 1
    assert old not in run(words[0], "--help")[1]


def test_an_old_spelling_beside_the_new_one_is_refused(run):
    code, _, err = run("tune", "--forget", "--gate", "30", "--min-psnr", "31")
    assert (code, err) == (2, "error: --gate and --min-psnr are one option: expected --min-psnr alone\n")


def test_help_has_a_heading_for_each_block(run):
    out = run("generate", "--help")[1]
    titles = [line for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Options:", "Which pictures:", "Truncation:", "Backend and device:"]
    assert (
        out.index("Truncation:") < out.index("--threshold") < out.index("Backend and device:") < out.index("--memory")
    )


def test_set_z_gives_the_frame_of_a_walk(run):
    edits = ("--set-z", "0:4=1", "--set-z", "7=-0.5")
    assert run("interpolate", "--seeds", 3, *edits, "--duration", 0.1, "--fps", 10, "-o", "frames")[0] == 0
    code, _, err = run("generate", "--seeds", 3, *edits, "-o", "stills")
    assert code == 0, err
    (still,) = sorted(Path("stills").glob("*.png"))
    (frame, *_) = sorted(Path("frames").glob("*.png"))
    assert np.array_equal(cv2.imread(str(still)), cv2.imread(str(frame)))
    assert '"set_z": "0:4=1,7=-0.5"' in run("inspect", still, "--json")[1]
    assert run("generate", "--seeds", 3, "-o", "plain")[0] == 0
    plain = cv2.imread(f"plain/{still.name}")
    assert not np.array_equal(plain, cv2.imread(str(still)))


@pytest.mark.parametrize("command", ["generate", "interpolate", "sweep", "play"])
@pytest.mark.parametrize("edit", ["x=1", "0:0=1", "3"])
def test_bad_edits_are_refused_by_name(run, command, edit):
    code, _, err = run(command, "--set-z", edit)
    assert code == 2
    assert f"edit: given '{edit}'" in err
