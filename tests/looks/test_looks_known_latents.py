"""What models are fed for looks: the known answers of every language are the package's, and a generator's."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

import ganrt
from ganrt.runtime.look_drawing import rows_of
from ganrt.runtime.looks import Look

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
ANSWERS = json.loads(Path(__file__).with_name("known-latents.json").read_text("utf-8"))


def test_the_file_is_what_the_package_says() -> None:
    import make_look_answers

    assert make_look_answers.known_latents() == ANSWERS


def test_a_generator_draws_them() -> None:
    for name in ("avatars-1", "avatars-2"):
        answers = [one for one in ANSWERS["drawn"] if one["model"] == name]
        with ganrt.load(name, backend="onnxruntime") as generator:
            looks = [Look.parse(one["code"]) for one in answers]
            for (z, _, _), one in zip(rows_of(generator, looks), answers, strict=True):
                assert "".join(f"{bits:08x}" for bits in z.view(np.uint32).tolist()) == one["z"]
