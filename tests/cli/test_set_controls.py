"""`--set` in every command that draws, and `ganrt controls list`."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from cli_files import names, read
from controlled_models import save_controlled
from tiny_onnx import save_tiny

import ganrt
from ganrt.runtime.film.origin import read_film_origin
from ganrt.runtime.pictures import read_origin

SET = ("--set", "skin=0.80", "--set", "hair=afro")
SETTINGS = {"hair": "afro", "skin": "0.8"}


@pytest.fixture
def dolls(tmp_path):
    return save_controlled(tmp_path / "dolls.onnx")


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work"


def test_a_picture_says_what_was_set_and_a_still_is_the_first_frame_of_a_walk(run, dolls, work):
    code, _, err = run("generate", "-m", dolls, "--seeds", 7, *SET, "--set-z", "9=0.5", "-o", "a.png")
    assert code == 0, err
    assert read_origin(work / "a.png")["controls"] == SETTINGS
    code, _, err = run(
        "interpolate", "-m", dolls, "--seeds", "7,8", *SET, "--set-z", "9=0.5", "--fps", 5, "--duration", 1, "-o", "f"
    )
    assert code == 0, err
    assert np.array_equal(read(work / "a.png"), read(work / "f" / names(work / "f")[0].split("/")[-1]))
    assert read_film_origin(next((work / "f").iterdir()))["controls"] == SETTINGS
    with ganrt.load(dolls, backend="onnxruntime") as generator:
        drawn = generator.sample(1, seed=8, controls=SETTINGS)
    code, _, err = run("generate", "-m", dolls, "--seeds", 8, *SET, "-o", "b.png")
    assert np.array_equal(read(work / "b.png")[..., :3], drawn[0]), err


def test_sweeps_and_plays_take_controls(run, dolls, work):
    code, _, err = run("sweep", "-m", dolls, *SET, "--factors", "0.5,1", "--diversity-samples", 8, "-o", "s.png")
    assert code == 0, err
    assert read_origin(work / "s.png")["controls"] == SETTINGS
    code, _, err = run("play", "-m", dolls, *SET, "--headless", "--duration", 0.2, "--fps", 20)
    assert code == 0, err


@pytest.mark.parametrize(
    "command",
    [
        ("generate", "-o", "x.png"),
        ("interpolate", "-o", "x.gif"),
        ("sweep", "-o", "x.png"),
        ("play", "--headless", "--duration", 0.1),
        ("bulk", "run", "-o", "x"),
    ],
)
@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("hare=afro",), "has no control 'hare'; nearest: hair"),
        (("hair=afros",), "hair=afros: expected one of afro, bald, flat-top; nearest: afro"),
        (("skin=2",), "skin=2: expected a number from 0 to 1"),
        (("skin=1", "skin=0"), "expected a control once"),
        (("skin",), "expected NAME=VALUE"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(run, dolls, work, command, given, told):
    verb = 2 if command[0] == "bulk" else 1
    sets = [part for text in given for part in ("--set", text)]
    code, _, err = run(*command[:verb], "-m", dolls, *sets, *command[verb:])
    assert (code, told in err) == (2, True), err
    assert not work.exists() or names(work) == []


def test_a_model_without_controls_says_so(run, tmp_path):
    plain = save_tiny(tmp_path / "plain.onnx")
    code, _, err = run("generate", "-m", plain, "--set", "hair=afro", "-o", "x.png")
    assert code == 2
    assert "'tiny' has no named controls; set values of its latent: --set-z" in err
    code, out, err = run("controls", "list", "-m", plain)
    assert (code, out) == (0, "")
    assert "no named controls" in err
    assert run("controls", "list", "-m", plain, "-o", "x.png")[0] == 2


def test_controls_are_part_of_the_plan_of_a_bulk_run(run, dolls, work):
    arguments = ("bulk", "run", "-m", dolls, "--count", 6, "--format", "npy", "--shard-size", 3, "-o", "out")
    code, _, err = run(*arguments, *SET)
    assert code == 0, err
    plan = json.loads((work / "out" / "manifest.json").read_bytes())["plan"]
    assert plan["drawing"]["set"] == "hair=afro skin=0.8"
    with ganrt.load(dolls, backend="onnxruntime") as generator:
        wanted = generator.sample(3, controls=SETTINGS)
    assert np.array_equal(np.load(work / "out" / "00000.npy"), wanted)
    code, _, err = run(*arguments, "--set", "hair=bald")
    assert code == 5
    assert "to go on with that run: --set hair=afro --set skin=0.8" in err
    assert "nothing was drawn" in run(*arguments, "--set", "hair=afro", "--set", "skin=8e-1")[2]
    (work / "out" / "00001.npy").write_bytes(b"")
    assert run("bulk", "audit", "out", "--all")[0] == 1
    assert run("bulk", "audit", "out", "--repair")[0] == 0
    code, _, err = run("bulk", "audit", "out", "--all")
    assert code == 0, err


def test_the_list_shows_options_ranges_and_a_sheet(run, dolls, work):
    code, out, _ = run("controls", "list", "-m", dolls)
    assert code == 0
    assert out.splitlines() == [
        "hair: afro, bald, flat-top",
        "skin: 0 (light) to 1 (dark)",
        "shirt: a colour, such as 3366cc",
    ]
    code, out, _ = run("controls", "list", "-m", dolls, "--json")
    listed = json.loads(out)["controls"]
    assert [one["name"] for one in listed] == ["hair", "skin", "shirt"]
    assert listed[0]["options"][0]["values"] == [1.25, -0.1]
    code, _, err = run("controls", "list", "-m", dolls, "--set", "skin=1", "-o", "sheet.png")
    assert code == 0, err
    sheet = read(work / "sheet.png")
    assert (sheet.shape[1], sheet.std() > 20) == (8 * 120 + 8, True)
    assert read_origin(work / "sheet.png")["controls"] == {"skin": "1"}
    code, _, err = run("controls", "list", "-m", dolls, "--name", "Ann", "--set-z", "9=0.5", "-o", "ann.png")
    assert code == 0, err
    with ganrt.load(dolls, backend="onnxruntime") as generator:
        from ganrt.runtime.control_sheet import control_sheet
        from ganrt.runtime.identity import identity_index

        own = control_sheet(generator, (), 0, identity_index("Ann"), "9=0.5")
        assert not np.array_equal(own, control_sheet(generator, (), 0, identity_index("Ann")))
    assert np.array_equal(read(work / "ann.png"), own)
    assert run("controls", "list", "-m", dolls, "--name", "Ann", "--seed", 1, "-o", "x.png")[0] == 2
    assert run("controls", "list", "-m", dolls, "-o", "sheet.png")[0] == 5
    assert run("controls", "list", "-m", dolls, "-o", "sheet.jpg")[0] == 2


def test_a_control_that_needs_another_is_shown_with_it():
    """The colour of glasses changes nothing on a face without."""
    from ganrt.runtime.control_sheet import pictures_of

    with ganrt.load("avatars-2", backend="onnxruntime") as generator:
        control = next(one for one in generator.controls.controls if one.name == "glasses-color")
        needed, pictures = pictures_of(generator, control, (("hair", "bald"),), (0, 0), "")
        assert [name for name, _ in needed] == ["glasses"]
        assert len({picture.tobytes() for picture in pictures}) == len(control.options)
        others = [one for one in generator.controls.controls if one.kind == "choice" and one is not control]
        every = tuple((one.name, one.options[0].name) for one in others)
        own, same = pictures_of(generator, control, (*every, ("glasses", "none")), (0, 0), "")
    assert own == (), "who sets the glasses means it"
    assert len({picture.tobytes() for picture in same}) == 1


COMMANDS = [
    line.split("#")[0].strip()
    for page in ("controls.md", "tutorial-latents.md")
    for line in (Path(__file__).parents[2] / "docs" / page).read_text("utf-8").splitlines()
    if line.startswith(("    ganrt ", "ganrt generate "))
]


def test_the_commands_of_the_page_work(run, work):
    assert len(COMMANDS) == 8
    for line in COMMANDS:
        code, _, err = run(*shlex.split(line)[1:])
        assert code == 0, (line, err)
    pins = {name: read_origin(work / name)["set_z"] for name in names(work) if name not in ("choices.png", "afros.png")}
    assert pins == {
        "all-1.png": ":=-1",
        "all-08.png": ":=-0.8",
        "first20.png": "0:20=-0.5",
        "first40.png": "0:40=-1",
        "rest.png": "0:35=-1",
    }
    with ganrt.load("avatars-1") as generator:
        assert np.array_equal(read(work / "all-08.png"), generator.synthesize(np.full((1, 100), -0.8))[0])
