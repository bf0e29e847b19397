"""README and docs: their commands run, their links lead somewhere, and the rules of the house hold."""

import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from documented import PARTS, README, ROOT, TOUR, blocks, commands_in_order

# What a test may have smaller: the steps stay.
SMALLER = {
    "--budget 5": "--budget 0.1",
    "--count 60": "--count 6",
    "--count 100": "--count 20",
    "--count 200": "--count 40",
    "--fps 12": "--fps 4",
    "--diversity-samples 16": "--factors 0.3,1.0 --diversity-samples 8",
}
PAGES = [README, *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]


def test_the_two_commands_are_the_makefiles():
    first = blocks(README, "sh")[0].split()
    assert first[:2] == ["make", "demo"]
    assert "make test" in blocks(README, "sh")[1]
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^demo:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("part", PARTS)
def test_the_commands_run_in_order(run, part, monkeypatch):
    commands = commands_in_order(part)
    assert len(commands) >= 8
    # Filters of a gallery have tests of their own; here an option that was not right at once is not searched for.
    monkeypatch.setattr("ganrt.runtime.control_reading._TRIED", 1)
    import sklearn.manifold

    # 100 iterations of 1000 for a map of 1000 classes: no gradient is too large to end with
    quick = functools.partial(sklearn.manifold.TSNE, max_iter=250, min_grad_norm=1e9)
    monkeypatch.setattr(sklearn.manifold, "TSNE", quick)
    import owners_models
    import torch
    from biggan_models import LEAST, library_config, library_model, save_folder
    from one_process import run_code_here
    from tiny_models import dcgan_state, save_checkpoint

    run_code_here(monkeypatch)
    save_folder(Path("biggan-deep-128"), library_model(library_config({**LEAST, "num_classes": 1000})))
    save_checkpoint(Path("netG_epoch_24.pth"), dcgan_state())
    source = re.sub(r"\bVector\b", "Generator", Path(owners_models.__file__).read_text("utf-8"))
    Path("models.py").write_text(source, "utf-8")
    torch.save(owners_models.Vector(ngf=64).state_dict(), "weights.pth")
    Path("players.txt").write_text("ann\nbob\n")
    for line in commands:
        for long, short in SMALLER.items():
            line = line.replace(long, short)
        code, _, said = run(*shlex.split(line)[1:])
        assert code == 0, f"{line}\n{said}"


@pytest.mark.slow
@pytest.mark.parametrize("page", [README, TOUR], ids=["readme", "tour"])
def test_the_python_runs(tmp_path, page):
    programs = blocks(page, "python")
    assert programs
    for program in programs:
        result = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert result.returncode == 0, result.stderr


def test_the_readme_is_short():
    assert len(README.read_text("utf-8").split()) < 600


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_table_has_a_header(page):
    """A blank line within a table ends it, and the rows below are shown as text."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert re.fullmatch(r"\|[-:| ]+\|", [*table.splitlines(), ""][1]), table


def test_the_version_is_the_same_everywhere():
    import ganrt

    assert f'version = "{ganrt.__version__}"' in (ROOT / "pyproject.toml").read_text()
    assert f"## {ganrt.__version__}" in (ROOT / "CHANGELOG.md").read_text()
