"""The programs of docs/game-client.md, as they stand there, in a folder with a bundle: they draw its latent."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from client_library import MODULES, ROOT, need_node

from ganrt.engines.onnx_file import read_onnx
from ganrt.runtime.bundle import Contents, write_bundle
from ganrt.runtime.identity import identity_index
from ganrt.runtime.latents import sample
from ganrt.runtime.models import resolve_model

PAGE = (ROOT / "docs" / "game-client.md").read_text("utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder that has `kit` in it."""
    folder = tmp_path_factory.mktemp("game")
    write_bundle(Contents(read_onnx(resolve_model("avatars-2")), {}), folder / "kit")
    return folder


def program(language):
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return found


def need(tool):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not on the path")


def told(command, place):
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check(answer, read):
    index, value = answer.split()
    assert int(index) == identity_index("player-8841")
    assert np.float32(read(value)) == sample([0], [int(index)], 19)[0, 0]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_c(place, compiler):
    need(compiler)
    (flags,) = re.findall(rf"^\| {compiler} \| `(.*)` \|$", PAGE, re.MULTILINE)
    (place / "avatar.c").write_text(program("c"))
    told([compiler, *flags.split(), "-Wall", "-Wextra", "-Werror", "-o", "avatar"], place)
    check(told(["./avatar"], place), float.fromhex)


def test_csharp(place):
    need("mcs")
    need("mono")
    (place / "Avatar.cs").write_text(
        "using System;\nclass Avatar { static void Main() {\n" + program("csharp") + "} }\n"
    )
    told(["mcs", "-langversion:7.2", "-out:avatar.exe", "kit/clients/csharp/Ganrt.cs", "Avatar.cs"], place)
    check(told(["mono", "avatar.exe"], place), float)


def test_javascript(place):
    need_node("onnxruntime-node")
    (place / "node_modules").symlink_to(MODULES)
    (place / "avatar.mjs").write_text(program("js"))
    check(told(["node", "avatar.mjs"], place), float)
