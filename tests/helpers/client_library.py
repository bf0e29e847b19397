"""The JavaScript library, asked from Python, and how its pictures are compared."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "clients" / "js"
MODULES = LIBRARY / "node_modules"


def need_node(*packages):
    """Skips, with the reason, where Node or one of the packages of clients/js is missing."""
    if shutil.which("node") is None:
        pytest.skip("node is not on the path")
    for package in packages:
        if not (MODULES / package).is_dir():
            pytest.skip(f"clients/js/node_modules has no {package}: npm ci --ignore-scripts")


def ask(requests):
    """The answers of library.mjs to requests (model or None, call, args); pictures as uint8 [n, h, w, c]."""
    lines = [json.dumps({"model": model and str(model), "call": call, "args": args}) for model, call, args in requests]
    done = subprocess.run(
        ["node", str(ROOT / "tests" / "clients" / "library.mjs")],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests)
    return [_arrays(answer) for answer in answers]


def _arrays(answer):
    if "values" in answer:
        return np.array(answer["values"], np.float32)
    if "pictures" not in answer:
        return answer
    shape = [answer["pictures"][0][key] for key in ("height", "width", "channels")]
    rows = [np.frombuffer(base64.b64decode(picture["base64"]), np.uint8) for picture in answer["pictures"]]
    return np.stack(rows).reshape(-1, *shape)


def same_pictures(found, expected):
    """At most 1 apart in uint8, on at most 1 % of the values. Prints the worst case."""
    assert found.shape == expected.shape
    apart = np.abs(found.astype(int) - expected)
    print(f"worst {apart.max()} of 255, {np.mean(apart > 0):.4%} of {apart.size} values differ")
    assert apart.max() <= 1
    assert np.mean(apart > 0) <= 0.01
