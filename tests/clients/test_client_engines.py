"""What stands in a kit for game engines, built from the kit as its texts say, and run as far as Debian has the engine.

Unity's package runs on our own declarations of Unity's names (tests/clients/unity); Godot 3 is Debian's.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import displays
import pytest
from game_kits import lobby_is_drawn, make_kit, near, need, stored
from layered_models import save_layered

import ganrt

HERE = Path(__file__).parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    with ganrt.load(save_layered(tmp_path_factory.mktemp("model") / "layered.onnx"), backend="onnxruntime") as it:
        yield it


@pytest.fixture(scope="module")
def kit(generator, tmp_path_factory):
    return make_kit(generator.path, generator, tmp_path_factory.mktemp("kits") / "kit")


def told(command, place, timeout=300, **environment):
    env = {**os.environ, **environment}
    done = subprocess.run(
        [str(word) for word in command], cwd=place, env=env, capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def unity(kit, tmp_path_factory):
    """The package, the sample and a test that plays them, compiled; the native library beside them."""
    need("gcc", "mcs", "mono")
    place = tmp_path_factory.mktemp("unity")
    package = kit / "clients" / "unity" / "com.ganrt.avatars"
    library = ["gcc", "-std=c99", "-O1", "-ffp-contract=off", "-fPIC", "-shared", "-DGANRT_AVATARS_SHARED", "-pthread"]
    single = package / "Plugins" / "iOS" / "ganrt_avatars_single.c"
    told([*library, "-o", "libganrt_avatars.so", single, "-lm"], place)
    mcs = ["mcs", "-langversion:7.2", "-warnaserror"]
    told([*mcs, "-target:library", "-out:UnityEngine.dll", HERE / "unity" / "UnityEngine.cs"], place)
    runtime = sorted((package / "Runtime").glob("*.cs"))
    assert {path.name for path in runtime} == {"AvatarImage.cs", "AvatarKit.cs", "GanrtAvatars.cs"}
    told([*mcs, "-r:UnityEngine.dll", "-target:library", "-out:com.ganrt.avatars.dll", *runtime], place)
    sources = [package / "Samples~" / "Lobby" / "Lobby.cs", HERE / "unity" / "UnityTest.cs"]
    told([*mcs, "-r:UnityEngine.dll,com.ganrt.avatars.dll", "-out:unity.exe", *sources], place)
    return place


@pytest.mark.parametrize("scheme", ["", "file://"], ids=["a folder", "within a package, as on Android"])
def test_unity_shows_a_lobby_and_frees_what_it_made(unity, kit, generator, tmp_path, scheme):
    words = ["mono", "unity.exe", f"{scheme}{kit.parent}", tmp_path]
    lines = told(words, unity, LD_LIBRARY_PATH=str(unity)).splitlines()
    assert lines == ["201 textures", "201 textures", "200 textures"]
    near(stored(tmp_path / "0.rgba"), generator.avatar("player-8841"))
    near(stored(tmp_path / "1.rgba"), generator.avatar("Zoë"))


def test_unity_says_that_a_kit_is_missing(unity, tmp_path):
    lines = told(["mono", "unity.exe", tmp_path, tmp_path], unity, LD_LIBRARY_PATH=str(unity)).splitlines()
    assert lines[0] == "0 textures"
    assert re.search(r"^error: .*kit: spec.json, .* cannot be read", lines[1])


@pytest.fixture(scope="module")
def godot3(kit, tmp_path_factory):
    """The project of the kit, with its library built into it by CMake, and the kit inside."""
    need("cmake", "gcc")
    place = tmp_path_factory.mktemp("godot3")
    shutil.copytree(kit, place / "kit")
    source = place / "kit" / "clients" / "godot3" / "source"
    told(["cmake", "-S", source, "-B", place / "build", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror"], place)
    told(["cmake", "--build", place / "build"], place)
    project = place / "kit" / "clients" / "godot3"
    shutil.copytree(kit, project / "kit", ignore=shutil.ignore_patterns("clients", "fp32"))
    return project


def test_godot_3_without_a_window(godot3, generator, tmp_path):
    need("godot3-server")
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    assert "\n200 avatars\n" in told(["godot3-server", "--path", godot3, f"--raw={tmp_path}"], tmp_path, **home)
    near(stored(tmp_path / "player-0.rgba"), generator.avatar("player-0"))
    command = [
        "godot3-server",
        "--path",
        shutil.copytree(godot3, tmp_path / "empty", ignore=_the_kit),
        f"--raw={tmp_path}",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **home}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1
    assert "player-199: spec.json, builtin/model.drawer" in done.stdout


def _the_kit(folder, names):
    return ["kit"] if Path(folder).name == "godot3" else []


def test_godot_3_in_a_window(godot3, generator, tmp_path):
    import cv2

    need("godot3-runner", "Xvfb")
    with displays.display() as env:
        command = ["godot3-runner", "--path", godot3, "--audio-driver", "Dummy", f"--shot={tmp_path / 'shot.png'}"]
        told(command, tmp_path, **{**env, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)})
    lobby_is_drawn(cv2.imread(str(tmp_path / "shot.png"))[..., ::-1], generator, 2)
