"""The readers in C under libFuzzer, for a few seconds each: longer runs are for whoever changes them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from layered_models import save_layered

from ganrt.engines.drawer.lower import lower
from ganrt.engines.onnx_file import read_onnx
from ganrt.graphs.reader import read_contents

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = json.loads((ROOT / "tests" / "looks" / "known-answers.json").read_text("utf-8"))
DRAWING = json.loads((ROOT / "tests" / "looks" / "known-latents.json").read_text("utf-8"))
_FUZZER = [
    "clang",
    "-g",
    "-O0",  # -O1 compiles five times as long, longer than all that runs then
    "-ffp-contract=off",
    "-fsanitize=fuzzer,address,undefined",
    "-fno-sanitize-recover=all",
]

pytestmark = pytest.mark.slow


def fuzz(source, corpus, folder, *flags, seconds=3, most=4200):
    """Builds a target and lets it run from a corpus; fails with what it says."""
    if shutil.which("clang") is None:
        pytest.skip("clang is not on the path")
    program = folder / "fuzz"
    command = [*_FUZZER, "-I", str(ROOT / "clients" / "c"), str(source), *flags, "-o", str(program), "-lm"]
    built = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    seeds = folder / "corpus"
    seeds.mkdir()
    for number, data in enumerate(corpus):
        (seeds / f"{number:04}").write_bytes(data)
    # Not by resident memory: its peak counts what the process that starts it had.
    limits = [f"-max_total_time={seconds}", f"-max_len={most}", "-rss_limit_mb=0", "-malloc_limit_mb=1024"]
    options = [*limits, "-seed=1", "-verbosity=0", "-print_final_stats=1"]
    ran = subprocess.run([str(program), *options, str(seeds)], capture_output=True, text=True, timeout=120, cwd=folder)
    assert ran.returncode == 0, ran.stderr[-3000:]
    (runs,) = [line for line in ran.stderr.splitlines() if "number_of_executed_units" in line]
    return int(runs.split()[-1])


def test_look_codes(tmp_path):
    texts = [*(one["code"] for one in ANSWERS["valid"]), *(text for text, _ in ANSWERS["spellings"])]
    texts += [*ANSWERS["invalid"], *ANSWERS["newer"]]
    assert fuzz(ROOT / "tests" / "clients" / "fuzz_looks.c", [text.encode() for text in texts], tmp_path) > 1000


def test_the_cache(tmp_path):
    corpus = [bytes([how]) + bytes(range(112)) for how in range(8)] + [b"\7", b"\0GANRTAV1"]
    assert fuzz(ROOT / "tests" / "clients" / "fuzz_cache.c", corpus, tmp_path, "-pthread", most=300) > 50


def test_kits(tmp_path):
    """spec.json and controls.json with looks, and a drawer's file that is run."""
    model = read_onnx(save_layered(tmp_path / "layered.onnx"))
    program = lower(read_contents(model.data).graph, model.spec())
    corpus = [program.to_bytes(), program.to_bytes(half=True)]
    for one in (*DRAWING["drawn"], *DRAWING["refused"]):
        given = DRAWING["models"][one["model"]]
        parts = (json.dumps(given["spec"]), json.dumps({"controls": given["controls"][:4]}), one["code"])
        corpus.append("\1".join(parts).encode())
    assert fuzz(ROOT / "tests" / "clients" / "fuzz_kit.c", corpus, tmp_path, most=100_000) > 100
