"""Options are declared once: one meaning has one spelling, and old spellings say the new one."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer.main

import ganrt
from ganrt.cli.main import app

NEW = "the old spelling works in this release only"


ROOT = Path(__file__).parents[2]
OLD = {("bench", "--subjects"), ("tune", "--gate"), ("compile", "--gate"), ("export", "--set"), ("inspect", "--set")}


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_option_docs", ROOT / "tools" / "make_option_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_options_is_that_of_the_commands(tool):
    committed = (ROOT / "docs" / "options.md").read_text("utf-8")
    assert committed == tool.page(), "run: python tools/make_option_docs.py"


def test_one_meaning_has_one_spelling(tool):
    spelled, named = {}, {}
    for spellings, command, meaning in tool.options():
        first = spellings.split(", ")[0]
        spelled.setdefault(meaning, set()).add(first)
        for spelling in spellings.split(", "):
            if spelling.startswith("--"):
                named.setdefault(spelling, set()).add(first)
        assert meaning, f"ganrt {command} {spellings} says nothing"
    assert {meaning: names for meaning, names in spelled.items() if len(names) > 1} == {}
    assert {spelling: firsts for spelling, firsts in named.items() if len(firsts) > 1} == {}


def test_hidden_options_are_old_spellings_that_are_tested():
    commands = typer.main.get_command(app).commands
    hidden = {
        (name, option)
        for name, command in commands.items()
        for parameter in command.params
        if getattr(parameter, "hidden", False)
        for option in parameter.opts
    }
    assert hidden == OLD  # `--set` of each command: tests/cli/test_old_settings.py


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
    assert old == "--latents" or old not in run(words[0], "--help")[1]


def test_a_file_that_is_called_like_a_number_is_a_file(run):
    np.save("8.npy", np.zeros((8, 19), np.float32))
    Path("8.npy").rename("8")
    few = ("--factors", "1", "--diversity-samples", 8, "--columns", 1)
    code, _, err = run("sweep", *few, "--latents", 8, "-o", "s.png")
    assert (code, NEW in err) == (0, False), err
    code, _, err = run("sweep", "--latents", 7, "--columns", 3)
    assert (code, err) == (2, "error: --latents and --columns are one option: expected --columns alone\n")
    code, _, err = run("sweep", "--latents", "missing.npy")
    assert (code, "missing.npy does not exist" in err) == (4, True)


def test_an_old_spelling_beside_the_new_one_is_refused(run):
    code, _, err = run("tune", "--forget", "--gate", "30", "--min-psnr", "31")
    assert (code, err) == (2, "error: --gate and --min-psnr are one option: expected --min-psnr alone\n")


def test_what_bench_called_subjects_are_runners(run):
    code, _, err = run("bench", "--subjects", "nope")
    assert (code, "runner 'nope'" in err) == (2, True)
    assert f"note: --subjects is now --runners; {NEW}" in err


def test_help_has_a_heading_for_each_block(run):
    out = run("generate", "--help")[1]
    titles = [line for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    blocks = ["Which pictures:", "Truncation:", "Set in every picture:", "Pictures:", "Backend and device:"]
    assert titles == ["Arguments:", "Options:", *blocks]
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


@pytest.mark.parametrize("command", ["generate", "interpolate", "sweep", "play", "evaluate"])
@pytest.mark.parametrize("edit", ["x=1", "0:0=1", "3"])
def test_bad_edits_are_refused_by_name(run, command, edit):
    code, _, err = run(command, "--set-z", edit)
    assert code == 2
    assert f"edit: given '{edit}'" in err


def test_generate_writes_pictures_as_asked_for(run):
    code, _, err = run("generate", "--name", "Ann of Ayr", "--size", 96, "--mask", "round", "-o", "ann.png")
    assert code == 0, err
    picture = cv2.imread("ann.png", cv2.IMREAD_UNCHANGED)
    assert (picture.shape, picture[0, 0, 3], picture[48, 48, 3]) == ((96, 96, 4), 0, 255)
    assert '"mask": "round"' in run("inspect", "ann.png", "--json")[1]
    assert run("generate", "--name", "Ann of Ayr", "-o", "plain.png")[0] == 0
    Path("players.txt").write_text("Ann of Ayr\n")
    assert run("generate", "--identities", "players.txt", "-o", "players")[0] == 0
    (listed,) = Path("players").glob("seed0-*.png")
    assert np.array_equal(cv2.imread(str(listed)), cv2.imread("plain.png"))
    assert run("generate", "--name", "Ann of Ayr", "--reroll", 1, "-o", "again.png")[0] == 0
    with ganrt.load() as generator:
        again = generator.avatar("Ann of Ayr", reroll=1)
    assert np.array_equal(cv2.imread("again.png", cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]], again)
    assert not np.array_equal(cv2.imread("again.png"), cv2.imread("plain.png"))
    code, _, err = run("generate", "--count", 2, "--encode", "webp", "--zoom", 2, "--grid", "2x1", "-o", "webp")
    assert code == 0, err
    assert sorted(p.suffix for p in Path("webp").iterdir()) == [".webp"] * 3
    assert cv2.imread("webp/grid-2x1.webp").shape == (512, 1024, 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--encode", "webp", "-o", "a.png"), "expected a folder, or a name that ends in .webp, as --encode webp"),
        (("--zoom", "2", "--size", "9"), "--size and --zoom: expected one of them"),
        (("--background", "blue"), "--background blue: expected none, auto or a colour"),
        (("--reroll", "1"), "--reroll 1: it belongs to --name"),
        (("--name", "a", "--reroll", "-1"), "reroll"),
        (("--name", "a", "--count", "2"), "--name a: expected no --seeds"),
    ],
)
def test_pictures_that_make_no_sense_are_refused_by_name(run, words, message):
    code, _, err = run("generate", *words)
    assert code == 2
    assert message in err
    assert not list(Path().iterdir())
