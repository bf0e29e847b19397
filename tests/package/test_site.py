"""The documentation site: commands of every page are ones that ganrt takes, tutorials run, notebooks run."""

from __future__ import annotations

import functools
import importlib.util
import json
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import typer.main

from ganrt.cli.main import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted((ROOT / "examples").glob("*/README.md"))]
TUTORIALS = [
    "quickstart",
    "tutorial-game",
    "tutorial-film",
    "tutorial-million",
    "tutorial-mushrooms",
    "tutorial-latents",
]
# What a test may have smaller: the steps stay.
SMALLER = {
    "--count 1000000": "--count 20 --shard-size 10",
    "--budget 20": "-m avatars-1 --budget 0.1",  # a batch of 64 of avatars-2 takes most of a second
    "--side 64": "--side 8",
    "--width 32": "--width 8",
    "--csv study.csv": "--diversity-samples 8 --csv study.csv",
    "--factors 0.3,0.7,1.0 ": "--factors 0.7 ",
    "--duration 2": "--duration 0.3",
    "--count 12": "--count 4",
    "--size 512": "--size 64",
    "cc -O2": "cc -O0",
}


def lines_of(page: Path) -> Iterator[str]:
    """Commands of blocks and of tables, continued lines as one."""
    text = page.read_text("utf-8")
    blocks = [block for _, block in re.findall(r"^```(sh|bash|)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    blocks += ["\n".join(re.findall(r"^ {4}(.*)$", text, re.MULTILINE))]
    blocks += ["\n".join(re.findall(r"\| `(ganrt \S+ .*?)`", text))]
    for block in blocks:
        yield from block.replace("\\\n", " ").splitlines()


def ganrt_words(line: str) -> Iterator[list[str]]:
    """The words after `ganrt` of each command in a line; of a synopsis, which has brackets, none."""
    if re.search(r"[\[(]-", line):
        return
    line = re.sub(r"\s#.*|\$\(\(.*?\)\)", " ", line).replace("$mode", "0")
    for part in re.split(r"&&|;|\|| > |\bdo\b", line):
        if found := re.match(r"\s*(?:\S*/)?ganrt\s+(.*)", part):
            yield shlex.split(found[1])


@functools.cache
def _whole() -> Any:
    return typer.main.get_command(app)


def parse(words: list[str]) -> None:
    """Raises what the command line raises for these words; runs nothing."""
    command = _whole()
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    command.make_context("ganrt", [word for word in words if word != "--debug"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_is_one_that_ganrt_takes(page: Path) -> None:
    for line in lines_of(page):
        for words in ganrt_words(line):
            try:
                parse(words)
            except Exception as error:
                pytest.fail(f"{line}\n{error}")


def test_a_misspelt_command_is_noticed() -> None:
    (words,) = ganrt_words("ganrt generate --cuont 3 -o x  # three")
    with pytest.raises(Exception, match="cuont"):
        parse(words)
    assert list(ganrt_words("for m in 0; do sudo x && .venv/bin/ganrt bench -o a.json; done")) == [
        ["bench", "-o", "a.json"]
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", TUTORIALS)
def test_the_commands_of_a_tutorial_run(name: str, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from ganrt.exporter.families import biggan_deep, biggan_hub

    # The module of BigGAN-deep that a tool writes has four blocks of ten.
    monkeypatch.setitem(biggan_deep.PUBLISHED, 128, ((16, 8), (8, 4), (4, 2), (2, 1)))
    monkeypatch.syspath_prepend(ROOT / "tools")
    import make_random_biggan

    monkeypatch.setattr(make_random_biggan, "ATTENTION", 2)
    monkeypatch.setattr(biggan_hub, "_ATTENTION", 2)
    for folder in ("tools", "examples", "tests"):
        Path(folder).symlink_to(ROOT / folder)
    page = (DOCS / f"{name}.md").read_text("utf-8")
    done = 0
    for language, block in re.findall(r"^```(sh|python)\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for command in [block] if language == "python" else block.splitlines():
            if language == "python" and "tensorflow" not in block:
                exec(compile(block, name, "exec"), {})
            elif language == "sh":
                done += _step(command, run)
    assert done >= 4


def _step(line: str, run: Callable[..., Any]) -> bool:
    for long, short in SMALLER.items():
        line = line.replace(long, short)
    if line.startswith("ganrt "):
        code, _, said = run(*shlex.split(line)[1:])
        assert code == 0, f"{line}\n{said}"
    elif line.startswith("python tools/"):
        _, path, *arguments = shlex.split(line)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [path, *arguments])
            runpy.run_path(path, run_name="__main__")
    elif line.startswith(("cc ", "./")):
        if shutil.which("cc") is None:
            pytest.skip("cc is not on the path")
        subprocess.run(line, shell=True, check=True, timeout=300)
    else:
        assert line.startswith(("pip install", "python -m venv", "source ")), line
        return False
    return True


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", sorted(DOCS.glob("notebooks/*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs_and_prints_what_it_shows(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its cells, in order, in this Python, and trained for a twentieth; tools/run_notebooks.py runs it in a kernel."""
    import torch

    pictures: list[bytes] = []
    notebook = SimpleNamespace(Image=lambda data: data, display=pictures.append)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(display=notebook))
    monkeypatch.setitem(sys.modules, "IPython.display", notebook)
    monkeypatch.chdir(tmp_path)
    cells = json.loads(path.read_text("utf-8"))["cells"]
    program = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    threads = torch.get_num_threads()
    exec(compile(program.replace("range(200)", "range(10)"), path.stem, "exec"), {"__name__": "__main__"})
    torch.set_num_threads(threads)
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    shown = "".join("".join(output["text"]) for output in outputs if output["output_type"] == "stream")
    assert capsys.readouterr().out.splitlines() == shown.splitlines()
    assert len(pictures) == sum("image/png" in output.get("data", {}) for output in outputs) > 0
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_the_site_describes_every_command_and_every_name() -> None:
    pages = load(DOCS / "site_pages.py")
    text = "\n".join(pages.command_line())
    for name in ("generate", "bulk run", "bench", "bench compare", "controls list"):
        assert f"\n## ganrt {name}\n" in text
    assert "ganrt generate --count 16 --grid 4x4 -o avatars" in text
    assert ".. autofunction:: ganrt.load" in pages.python_reference()  # raises where a name has no subject


def test_a_page_without_a_place_in_the_menu_goes_to_the_how_tos() -> None:
    how_to = load(DOCS / "site_pages.py").contents({"docs/new", "docs/tour"}).split(":caption: ")[3]
    assert how_to.startswith("How-to")
    assert how_to.count("docs/new\n") == 1
