"""What is imported when: the public API is lazy, and drawing needs neither torch nor onnx nor scipy."""

import subprocess
import sys
from pathlib import Path

import pytest

import ganrt

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "onnx", "onnxscript", "scipy", "safetensors", "matplotlib", "sklearn")
# A finder in front of all others: the import of a heavy package is an error, as where it is not installed.
GUARD = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY}:
            raise ImportError(f"{{name}} must not be imported at run time")
sys.meta_path.insert(0, Refuse())
"""


def python(program, folder):
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "--count", "2"],
        ["verify", "--samples", "2"],
        ["sweep", "--factors", "0.5", "--diversity-samples", "8", "--csv", "s.csv"],
        ["interpolate", "--duration", "0.1", "-o", "frames"],
        ["inspect", "avatars"],
        ["play", "--headless", "--duration", "0.1"],
        ["doctor"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_the_runtime_needs_no_heavy_package(arguments, tmp_path):
    result = python(GUARD + f"from ganrt.cli.main import main; main({arguments})", tmp_path)
    assert result.returncode == 0, result.stderr


def test_translation_needs_no_heavy_package(tmp_path):
    import numpy as np
    from tiny_onnx import save_translator

    from ganrt.runtime.pictures import encode_png

    save_translator(tmp_path / "m.onnx")
    (tmp_path / "a.png").write_bytes(encode_png(np.zeros((9, 9, 4), np.uint8)))
    arguments = ["translate", "*.png", "-m", "m.onnx", "--back", "m.onnx", "--sheet", "-o", "out"]
    result = python(GUARD + f"from ganrt.cli.main import main; main({arguments})", tmp_path)
    assert result.returncode == 0, result.stderr


def test_near_classes_need_no_heavy_package(tmp_path):
    from tiny_onnx import save_embedded

    save_embedded(tmp_path / "m.onnx")
    program = GUARD + "from ganrt.cli.main import main; main(['classes', 'm.onnx', '--near', 'rose', '--pairs', '2'])"
    result = python(program, tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_distance_of_two_folders_needs_no_heavy_package(tmp_path):
    from labelled_pictures import draw

    draw(tmp_path / "a", (9, 99, 199), 6)
    arguments = ["evaluate", "--real", "a", "--fake", "a"]
    result = python(GUARD + f"from ganrt.cli.main import main; main({arguments})", tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_guard_itself_would_notice(tmp_path):
    assert "must not be imported" in python(GUARD + "import torch", tmp_path).stderr


def test_importing_ganrt_or_asking_for_help_loads_nothing_heavy(tmp_path):
    program = """
import sys
import ganrt, ganrt.cli.main
print([name for name in ("numpy", "cv2", "onnxruntime", "rich", "torch") if name in sys.modules])
"""
    assert python(program, tmp_path).stdout.strip() == "[]"


def test_every_public_name_loads():
    for name in ganrt.__all__:
        assert getattr(ganrt, name) is not None
    assert set(ganrt.__all__) <= set(dir(ganrt))
    with pytest.raises(AttributeError, match="no attribute 'sampel'"):
        _ = ganrt.sampel


def test_the_layers_hold():
    result = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert "0 broken" in result.stdout, result.stdout
