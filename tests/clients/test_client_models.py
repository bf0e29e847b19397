"""Generators that games ship, through ganrt_avatars without a runtime."""

import keras_fixtures
import numpy as np
import pytest
from avatar_programs import ask_program, built, picture
from emoji_models import generator_state
from game_kits import make_kit
from tiny_models import save_checkpoint

import ganrt
from ganrt.pixels import comparable, one_level
from ganrt.runtime.compare import psnr
from ganrt.runtime.models import resolve_model
from ganrt.tolerances import GATES

pytestmark = pytest.mark.slow
COUNT = 3


def exported(checkpoint, folder):
    ganrt.export(checkpoint, folder / "model.onnx")
    return folder / "model.onnx"


MODELS = {
    "avatars-1": lambda folder: resolve_model("avatars-1"),
    "avatars-2": lambda folder: resolve_model("avatars-2"),
    "keras": lambda folder: exported(keras_fixtures.fixtures() / "anime.k3.keras", folder),
    "emoji": lambda folder: exported(save_checkpoint(folder / "G.pth", generator_state()), folder),
}


@pytest.mark.parametrize(
    ("name", "storage"),
    [("avatars-1", "fp16"), ("avatars-2", "fp32"), ("avatars-2", "fp16"), ("keras", "fp32"), ("emoji", "fp32")],
)
def test_a_model_without_a_runtime(tmp_path, name, storage):
    """In FP32 within one level on at most 0.1 % of the values, in half precision behind its gate; alpha among them."""
    path = MODELS[name](tmp_path)
    with ganrt.load(path, backend="onnxruntime", threads=1) as generator:
        kit = make_kit(path, generator, tmp_path / "kit", storage)
        expected = generator.sample(COUNT, seed=6)
    lines = [*(f"image 6 {k}" for k in range(COUNT)), "wait", "report"]
    told = ask_program(built("avatars.c", "linked"), kit, tmp_path, lines, {"pictures": 4})
    assert told[-1] == "builtin: draws"
    height, width, channels = expected.shape[1:]
    found = np.stack([picture(tmp_path, k, width, height) for k in range(COUNT)])
    if channels < 4:
        assert (found[..., 3] == 255).all()
    found = found[..., :channels] if channels > 1 else found[..., :1]
    if storage == "fp16":
        worst = min(psnr(one, two) for one, two in zip(expected, found, strict=True))
        print(f"{worst:.1f} dB")
        assert worst >= GATES["fp16"]
        return
    apart = np.abs(comparable(expected) - comparable(found))
    print(f"worst {apart.max():.2f} of 255, on {np.mean(apart > 0.01):.4%} of the values")
    assert apart.max() <= one_level(channels)
    assert np.mean(apart > 0.01) <= 0.001
