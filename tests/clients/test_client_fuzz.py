"""The readers in C under libFuzzer, for a few seconds each: longer runs are for whoever changes them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = json.loads((ROOT / "tests" / "looks" / "known-answers.json").read_text("utf-8"))
_FUZZER = [
    "clang",
    "-g",
    "-O1",
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
    options = [f"-max_total_time={seconds}", f"-max_len={most}", "-seed=1", "-verbosity=0", "-print_final_stats=1"]
    ran = subprocess.run([str(program), *options, str(seeds)], capture_output=True, text=True, timeout=120, cwd=folder)
    assert ran.returncode == 0, ran.stderr[-3000:]
    (runs,) = [line for line in ran.stderr.splitlines() if "number_of_executed_units" in line]
    return int(runs.split()[-1])


def test_look_codes(tmp_path):
    texts = [*(one["code"] for one in ANSWERS["valid"]), *(text for text, _ in ANSWERS["spellings"])]
    texts += [*ANSWERS["invalid"], *ANSWERS["newer"]]
    assert fuzz(ROOT / "tests" / "clients" / "fuzz_looks.c", [text.encode() for text in texts], tmp_path) > 1000
