"""What stands in a kit: built as its README says, from the kit alone, and run as far as Debian has the engine.

Unity's package runs on our own declarations of Unity's names (tests/clients/unity); Godot 3 is Debian's. The compilers
are told not to optimise, after all that a command says: building takes most of the time here.
"""

import ctypes
import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import displays
import numpy as np
import pytest
from client_library import MODULES, need_node
from game_kits import lobby_is_drawn, make_kit, near, need, stored
from layered_models import save_layered

import ganrt

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    with ganrt.load(save_layered(tmp_path_factory.mktemp("model") / "layered.onnx"), backend="onnxruntime") as it:
        yield it


@pytest.fixture(scope="module")
def kit(generator, tmp_path_factory):
    return make_kit(generator.path, generator, tmp_path_factory.mktemp("kits") / "kit")


@pytest.fixture(scope="module", autouse=True)
def _quick_compilers(tmp_path_factory):
    place = tmp_path_factory.mktemp("compilers")
    for name in ("cc", "c++", "gcc"):
        if (found := shutil.which(name)) is not None:
            (place / name).write_text(f'#!/bin/sh\nexec {found} "$@" -O0\n')
            (place / name).chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(place), prepend=os.pathsep)
        yield


def told(command, place, timeout=300, **environment):
    env = {**os.environ, **environment}
    done = subprocess.run(
        [str(word) for word in command], cwd=place, env=env, capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def fresh(kit, tmp_path):
    """A folder with only the kit in it."""
    return Path(shutil.copytree(kit, tmp_path / "fresh" / "kit")).parent


def of_readme(language, place):
    """The program of the kit's README."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", (place / "kit" / "README.md").read_text("utf-8"), re.M | re.S)
    return found


def command_of_readme(start, place):
    (found,) = re.findall(rf"`({re.escape(start)} [^`]*)`", (place / "kit" / "README.md").read_text("utf-8"))
    return found.split()


@pytest.mark.parametrize("compiler", ["cc", "c++"])
def test_from_the_kit_to_a_picture_in_c(fresh, generator, compiler):
    need(compiler)
    (fresh / "avatar.c").write_text(of_readme("c", fresh))
    told(command_of_readme(compiler, fresh), fresh)
    assert told(["./a.out"], fresh).startswith("avatar.tga, 48 x 48: ")
    head, bgra = (data := (fresh / "avatar.tga").read_bytes())[:18], np.frombuffer(data[18:], np.uint8)
    assert head == struct.pack("<12B2H2B", 0, 0, 2, *[0] * 9, 48, 48, 32, 0x28)
    near(bgra.reshape(48, 48, 4)[..., [2, 1, 0, 3]], generator.avatar("player-8841"))


def test_from_the_kit_to_a_picture_in_csharp(fresh):
    need("cmake", "cc", "mcs", "mono")
    (fresh / "Avatar.cs").write_text(of_readme("csharp", fresh))
    assert told(["sh", "-ec", of_readme("sh", fresh)], fresh).splitlines()[-1] == "48 x 48, RGBA8, 9216 bytes"


def test_from_the_kit_to_a_picture_in_javascript(fresh):
    need_node("onnxruntime-node")
    (fresh / "node_modules").symlink_to(MODULES)
    (fresh / "avatar.mjs").write_text(of_readme("js", fresh))
    assert told(["node", "avatar.mjs"], fresh) == "48 x 48, 3 channels, 6912 bytes\n"


def test_the_lobby(kit, generator, tmp_path):
    """Built by CMake as its README says; a screenshot in which every player has his picture."""
    import cv2

    need("cmake", "cc", "Xvfb", "sdl2-config")
    told(["cmake", "-S", ROOT / "examples" / "game", "-B", tmp_path / "build", f"-DKIT={kit}"], tmp_path)
    told(["cmake", "--build", tmp_path / "build"], tmp_path)
    lobby = tmp_path / "build" / "lobby"
    with displays.display() as env:
        lines = told([lobby, kit, 120, tmp_path / "shot.bmp"], tmp_path, **env).splitlines()
        measured = told([lobby, kit, 1.5, "--windows", 0.5], tmp_path, **env).splitlines()
    assert lines[-1] == "200 avatars, 0 failed"
    lobby_is_drawn(cv2.imread(str(tmp_path / "shot.bmp"))[..., ::-1], generator, 3)
    assert [line.split(":")[0] for line in measured[:3]] == ["with avatars", "without", "own calls a frame"]
    smallest = [tmp_path / "build" / "smallest", kit, "player-8841"]
    drawn = subprocess.run(smallest, capture_output=True, check=True, timeout=60).stdout
    near(
        np.frombuffer(drawn.removeprefix(b"P6 48 48 255\n"), np.uint8).reshape(48, 48, 3),
        generator.avatar("player-8841"),
    )
    assert len((ROOT / "examples" / "game" / "smallest.c").read_text("utf-8").splitlines()) <= 30


@pytest.fixture(scope="module")
def unity(kit, tmp_path_factory):
    """The package, the sample and a test that plays them, compiled; the native library beside them."""
    need("gcc", "mcs", "mono")
    place = tmp_path_factory.mktemp("unity")
    package = kit / "clients" / "unity" / "com.ganrt.avatars"
    library = ["gcc", "-std=c99", "-ffp-contract=off", "-fPIC", "-shared", "-DGANRT_AVATARS_SHARED", "-pthread"]
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


@pytest.mark.parametrize(
    ("scheme", "atlas", "textures"),
    [("", 0, [201, 201, 200]), ("file://", 0, [201, 201, 200]), ("", 1024, [1, 1, 1])],
    ids=["a folder", "within a package, as on Android", "an atlas"],
)
def test_unity_shows_a_lobby_and_frees_what_it_made(unity, kit, generator, tmp_path, scheme, atlas, textures):
    words = ["mono", "unity.exe", f"{scheme}{kit.parent}", tmp_path, str(atlas)]
    *lines, report = told(words, unity, LD_LIBRARY_PATH=str(unity)).splitlines()
    assert lines == [f"{count} textures" for count in textures]
    assert re.fullmatch(r"openvino: .*/nowhere.so.* builtin: draws", report)
    near(stored(tmp_path / "0.rgba"), generator.avatar("player-8841"))
    near(stored(tmp_path / "1.rgba"), generator.avatar("Zoë"))
    near(stored(tmp_path / "2.rgba"), generator.avatar("late"))


@pytest.mark.parametrize("atlas", [16385, 30000])
def test_unity_says_that_an_atlas_is_too_large(unity, kit, tmp_path, atlas):
    """The second has more bytes than an array can have."""
    words = ["mono", "unity.exe", kit.parent, tmp_path, str(atlas)]
    lines = told(words, unity, LD_LIBRARY_PATH=str(unity)).splitlines()
    assert lines == ["0 textures", f"error: {kit}: Failed to create texture because of invalid parameters."]


def test_unity_says_that_a_kit_is_missing(unity, tmp_path):
    lines = told(["mono", "unity.exe", tmp_path, tmp_path], unity, LD_LIBRARY_PATH=str(unity)).splitlines()
    assert lines[0] == "0 textures"
    assert re.search(r"^error: .*kit: spec.json, .* cannot be read", lines[1])


def test_unity_says_that_the_library_is_another(unity, kit, tmp_path):
    (tmp_path / "other.c").write_text("int other;\n")
    told(["gcc", "-shared", "-fPIC", "-o", "libganrt_avatars.so", "other.c"], tmp_path)
    for name in ("unity.exe", "UnityEngine.dll", "com.ganrt.avatars.dll"):  # mono looks beside the program first
        shutil.copy(unity / name, tmp_path)
    lines = told(["mono", "unity.exe", kit.parent, tmp_path], tmp_path, LD_LIBRARY_PATH=str(tmp_path)).splitlines()
    assert lines[0] == "0 textures"
    assert re.search(r"^error: .*kit: ganrt_avatars_", lines[1])


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


def test_godot_4_compiles(kit, tmp_path):
    """With its own declarations; that they are Godot's is not to be seen here."""
    need("cmake", "cc")
    shutil.copytree(kit, tmp_path / "kit")
    source = tmp_path / "kit" / "clients" / "godot4" / "source"
    told(["cmake", "-S", source, "-B", "build", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror"], tmp_path)
    told(["cmake", "--build", "build"], tmp_path)
    library = ctypes.CDLL(str(source.parent / "addons" / "ganrt_avatars" / "libganrt_godot4.so"))
    assert library.ganrt_godot4_init


def test_godot_3_without_a_window(godot3, generator, tmp_path):
    need("godot3-server")
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    assert "\n200 avatars\n" in told(["godot3-server", "--path", godot3, f"--raw={tmp_path}"], tmp_path, **home)
    near(stored(tmp_path / "player-0.rgba"), generator.avatar("player-0"))
    empty = shutil.copytree(godot3, tmp_path / "empty", ignore=_the_kit)
    large = with_atlas(shutil.copytree(godot3, tmp_path / "large"), 16385)
    for project, problem in [(empty, "spec.json, builtin/model.drawer"), (large, "An argument is NULL or outside")]:
        command = ["godot3-server", "--path", project, f"--raw={tmp_path}"]
        env = {**os.environ, **home}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 1
        assert f"player-199: {problem}" in done.stdout


def with_atlas(project, side):
    script = project / "addons" / "ganrt_avatars" / "avatars.gd"
    text = script.read_text("utf-8")
    assert text.count("atlas_side = 0 ") == 1
    script.write_text(text.replace("atlas_side = 0 ", f"atlas_side = {side} "), "utf-8")
    return project


def _the_kit(folder, names):
    return ["kit"] if Path(folder).name == "godot3" else []


@pytest.mark.parametrize("atlas", [0, 1024])
def test_godot_3_in_a_window(godot3, generator, tmp_path, atlas):
    import cv2

    need("godot3-runner", "Xvfb")
    project = with_atlas(shutil.copytree(godot3, tmp_path / "project"), atlas)
    with displays.display() as env:
        command = ["godot3-runner", "--path", project, "--audio-driver", "Dummy", f"--shot={tmp_path / 'shot.png'}"]
        told(command, tmp_path, **{**env, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)})
    lobby_is_drawn(cv2.imread(str(tmp_path / "shot.png"))[..., ::-1], generator, 2)
