"""Named controls in JavaScript: the latents of Python, bit for bit."""

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from client_library import ask, need_node, same_pictures
from controlled_models import CONTROLS, DIM, save_controlled

import ganrt
from ganrt.checks import encode
from ganrt.runtime.model_names import BUNDLED
from ganrt.runtime.models import named_controls, resolve_model
from ganrt.runtime.settings import ControlTable

CLIENT = Path(__file__).parents[2] / "clients" / "js" / "controls.js"
PROGRAM = """
const { withControls } = await import(process.argv[1]);
const { controls, z, given } = JSON.parse(process.argv[2]);
const bits = given.map((one) => {
  try { return [...new Uint32Array(withControls(Float32Array.from(z), controls, one).buffer)]; }
  catch (error) { return error.name + " " + error.message; }
});
console.log(JSON.stringify(bits));
"""


def asked(controls, z, given):
    request = json.dumps({"controls": [encode(one) for one in controls], "z": z.tolist(), "given": given})
    command = ["node", "--input-type=module", "-e", PROGRAM, CLIENT.as_uri(), request]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


@pytest.fixture(scope="module", autouse=True)
def node():
    need_node("onnxruntime-node")


def test_the_same_bits_as_python():
    with ganrt.load(resolve_model("avatars-1"), backend="onnxruntime") as generator:
        bundled = named_controls(generator.spec, generator.model_sha256)
    dolls = [{"hair": "afro"}, {"shirt": "#0a81F3", "hair": "bald"}, *({"skin": i / 97} for i in range(98)), {}]
    avatars = [{"hair": "afro", "glasses": "round", "skin": i / 31, "shade-down": i / 31 - 0.3} for i in range(32)]
    for controls, dim, given in ((CONTROLS, DIM, dolls), (bundled, 100, avatars)):
        z = ganrt.latents(1, dim, seed=4)[0]
        wanted = [ControlTable(controls).apply(z, one).view(np.uint32).tolist() for one in given]
        assert asked(controls, z, given) == wanted


def test_what_is_wrong_is_told():
    told = asked(CONTROLS, np.zeros(DIM, np.float32), [{"hat": 1}, {"hair": "x"}, {"skin": 2}, {"shirt": "red"}])
    assert [text.split(":")[0] for text in told] == [
        "ArgumentError 'hat'", "ArgumentError hair", "ArgumentError skin", "ArgumentError shirt"
    ]  # fmt: skip


def test_pictures_with_controls_and_by_look(tmp_path):
    """`sample`, `avatar`, `draw`, `look` and `frame` of the library, as Python's generator."""
    models = (
        (resolve_model("avatars-1"), {"hair": "afro", "skin": 0.8}),
        (
            save_controlled(tmp_path / "dolls.onnx"),
            {"shirt": "#3366CC", "skin": 0.125},
        ),
    )
    for path, controls in models:
        with ganrt.load(path, backend="onnxruntime") as generator:
            look = generator.look(3, 7, truncation=0.7, controls=controls)
            wanted = [
                generator.sample(2, seed=3, start=7, controls=controls),
                generator.avatar("player-8841", controls=controls)[None],
                generator.draw(look)[None],
            ]
        code, other, *pictures = ask(
            [
                (path, "code", [3, 7, {"truncation": 0.7, "controls": controls}]),
                (path, "draw", [look.code.replace(look.model, "roses")[:-3].partition(":.")[0]]),
                (path, "sample", [2, {"seed": 3, "start": 7, "controls": controls}]),
                (path, "avatar", ["player-8841", {"controls": controls}]),
                (path, "draw", [look.code]),
            ]
        )
        assert code["value"] == look.code
        assert other["error"] == "LookError"
        for found, expected in zip(pictures, wanted, strict=True):
            same_pictures(found, expected)


def test_a_walk_keeps_its_controls():
    """They are set after the interpolation."""
    path = resolve_model("avatars-1")
    frame = ask([(path, "frame", [[1, 2], 3.5, {"frames": 8, "controls": {"hair": "afro", "skin": 1}}])])[0]
    with ganrt.load(path, backend="onnxruntime") as generator:
        assert frame.tobytes() == generator.controls.apply(frame, {"hair": "afro", "skin": 1}).tobytes()


def test_the_models_that_ganrt_brings_along():
    text = (CLIENT.parent / "ganrt.js").read_text("utf-8")
    for name in BUNDLED:
        assert f'{hashlib.sha256(resolve_model(name).read_bytes()).hexdigest()}: "{name}"' in text
