"""What is imported when: the public API is lazy, and drawing needs neither torch nor onnx nor scipy."""

import subprocess
import sys

import numpy as np
import pytest
from labelled_pictures import draw
from tiny_onnx import save_embedded, save_translator

import ganrt
from ganrt.runtime.pictures import encode_png

HEAVY = ("torch", "onnx", "onnxscript", "scipy", "safetensors", "matplotlib", "sklearn")
# A finder in front of all others: the import of a heavy package is an error, as where it is not installed.
GUARD = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {HEAVY}:
            raise ModuleNotFoundError(f"{{name}} must not be imported at run time", name=name)
sys.meta_path.insert(0, Refuse())
"""


COMMANDS = (
    ["generate", "--count", "2"],
    ["verify", "-m", "avatars", "--samples", "2"],
    ["sweep", "-m", "avatars", "--factors", "0.5", "--diversity-samples", "8", "--csv", "s.csv"],
    ["interpolate", "-m", "avatars", "--duration", "0.1", "-o", "frames"],
    ["inspect", "avatars"],
    ["play", "--headless", "--duration", "0.1"],
    ["doctor"],
    ["translate", "*.png", "-m", "translator.onnx", "--back", "translator.onnx", "--sheet", "-o", "out"],
    ["classes", "embedded.onnx", "--near", "rose", "--pairs", "2"],
    ["evaluate", "--real", "a", "--fake", "a"],
)
EACH = f"""
from ganrt.cli.main import main
for arguments in {COMMANDS}:
    try:
        main(arguments)
    except SystemExit as end:
        if end.code:
            sys.exit(f"{{arguments}}: {{end.code}}")
"""


def python(program, folder):
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_runtime_needs_no_heavy_package(tmp_path):
    save_translator(tmp_path / "translator.onnx")
    save_embedded(tmp_path / "embedded.onnx")
    (tmp_path / "a.png").write_bytes(encode_png(np.zeros((9, 9, 4), np.uint8)))
    draw(tmp_path / "a", (9, 99, 199), 6)
    result = python(GUARD + EACH, tmp_path)
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
