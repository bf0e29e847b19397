"""`docs/latent-spec.md` is complete: a C program written from that page alone gives the same bits as the package.

The program is `second_implementation.c` beside this file; its first comment describes its line protocol."""

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ganrt.runtime import identity, latents

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TABLE = ROOT / "runtime" / "data" / "normal-quantile.txt"
PAGE = ROOT / "docs" / "latent-spec.md"
KNOWN = HERE / "known-answers.json"
FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "-ffp-contract=off"]

EDGES = [0, 1, 2**32 - 1, 2**32, 2**32 + 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 2, 2**64 - 1]
DIMS = [1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 127, 128, 129, 130]
THRESHOLDS = [0.01, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.999, 8.0]
PSIS = [0.0, 1e-45, 1e-39, 0.01, 0.3, 0.7, 1.0, 1.25, 2.0, 16.0]


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    """A function from a list of requests to the list of the C program's answers."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler: none of cc, gcc and clang is on the path")
    program = tmp_path_factory.mktemp("second") / "second"
    source = HERE / "second_implementation.c"
    built = subprocess.run([compiler, *FLAGS, str(source), "-o", str(program)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr

    def ask(requests):
        done = subprocess.run(
            [str(program), str(TABLE)], input="\n".join(requests) + "\n", capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        answers = done.stdout.splitlines()
        assert len(answers) == len(requests)
        return answers

    return ask


def z_request(seed, index, dim, law, stream=0):
    threshold = law.get("threshold")
    fields = [seed, index, dim, law.get("prior", "normal"), "-" if threshold is None else float(threshold).hex()]
    return " ".join(map(str, ["z", *fields, float(law.get("psi", 1)).hex(), law.get("psi_mode", "scale"), stream]))


def identity_request(text, namespace):
    return " ".join(["identity", *(s.encode("utf-8", "surrogatepass").hex() or "-" for s in (text, namespace))])


def float32_bits(values):
    return " ".join(f"{bits:08x}" for bits in np.asarray(values, "<f4").view("<u4").tolist())


def double_bits(text):
    return f"{int(np.float64(float.fromhex(text)).view(np.uint64)):016x}"


def compare(second, expected):
    """`expected` is a list of (request, answer)."""
    answers = second([request for request, _ in expected])
    wrong = [(*pair, answer) for pair, answer in zip(expected, answers, strict=True) if pair[1] != answer]
    assert not wrong, f"{len(wrong)} of {len(expected)} differ; the first (request, expected, second): {wrong[0]}"


def number(rng):
    near = rng.choice(EDGES) + rng.randrange(-3, 4)
    return rng.choice([near % 2**64, rng.randrange(2**64), rng.randrange(2**32), rng.randrange(100)])


def random_law(rng):
    while True:
        prior = rng.choice(["normal", "normal", "truncated_normal", "truncated_normal", "uniform"])
        mode = rng.choice(["scale", "resample"])
        threshold = rng.choice([None, rng.choice(THRESHOLDS), rng.uniform(0.01, 8)]) if prior != "uniform" else None
        psi = rng.choice([rng.choice(PSIS), rng.uniform(0, 1), rng.uniform(0, 16)])
        if prior == "uniform" or mode == "scale" or psi * (threshold or 2.0) <= 8:
            return {"prior": prior, "threshold": threshold, "psi": psi, "psi_mode": mode}


def test_tables_of_the_page(second):
    page = PAGE.read_text(encoding="utf-8")
    expected = []
    for row in re.findall(r"^\| `([0-9a-f ]{35})` \| `([0-9a-f ]{17})` \| `([0-9a-f ]{35})` \|$", page, re.M):
        expected.append((f"philox {row[0]} {row[1]}", row[2]))
    assert len(expected) == 3
    for u, q in re.findall(r"^\| `(0x[^`]*)` \| `(-?0x[^`]*)` \|$", page, re.M):
        expected.append((f"quantile {u}", double_bits(q)))
    assert len(expected) == 13
    for t, a, d in re.findall(r"^\| ([0-9.]+) \| `(0x[^`]*)` \| `(0x[^`]*)` \|$", page, re.M):
        expected.append((f"tail {t}", f"{double_bits(a)} {double_bits(d)}"))
    assert len(expected) == 18
    compare(second, expected)


def test_known_answers(second):
    known = json.loads(KNOWN.read_text(encoding="utf-8"))
    pairs = known["pairs"]
    expected = []
    for stream, law, rows in [
        *((0, entry["law"], entry["values"]) for entry in known["latents"]),
        *((entry["stream"], {}, entry["values"]) for entry in known["streams"]),
    ]:
        for (seed, index), row in zip(pairs, rows, strict=True):
            values = [float.fromhex(value) for value in row]
            expected.append((z_request(seed, index, len(row), law, stream), float32_bits(values)))
    for entry in known["classes"]:
        for (seed, index), answer in zip(pairs, entry["classes"], strict=True):
            expected.append((f"class {seed} {index} {entry['count']}", str(answer)))
    for entry in known["identities"]:
        expected.append((identity_request(entry["identity"], entry["namespace"]), entry["index"]))
    compare(second, expected)


def test_random_latents(second):
    rng = random.Random(8841)
    expected = []
    for i in range(400):
        law = random_law(rng)
        seed, index, dim = number(rng), number(rng), DIMS[i] if i < len(DIMS) else rng.randint(1, 130)
        z = latents.sample([seed], [index], dim, **law)
        assert z.shape == (1, dim)
        assert z.dtype == np.float32
        expected.append((z_request(seed, index, dim, law), float32_bits(z[0])))
    compare(second, expected)


def test_random_classes(second):
    rng = random.Random(7)
    expected = []
    for _ in range(300):
        seed, index = number(rng), number(rng)
        count = rng.choice([1, 2, 2**32 - 1, 2**32, rng.randint(1, 1000), rng.randint(1, 2**32)])
        expected.append((f"class {seed} {index} {count}", str(int(latents.class_choice([seed], [index], count)[0]))))
    compare(second, expected)


def test_random_identities(second):
    rng = random.Random(6)
    letters = "aZ 0-\n\0\x7f\x80éß名前\u0301\ud7ff\ue000\uffff\U00010000\U0001f600\U0010ffff"
    texts = ["x" * n for n in (0, 1, 42, 43, 46, 47, 50, 51, 54, 55, 56, 63, 64, 118, 119, 5000)]
    texts += ["".join(rng.choice(letters) for _ in range(rng.randrange(80))) for _ in range(150)]
    expected = []
    for text in texts:
        namespace = rng.choice(["ganrt", "", "my-game", rng.choice(texts)])
        expected.append((identity_request(text, namespace), str(identity.identity_index(text, namespace))))
    compare(second, expected)


@pytest.mark.parametrize(
    "law",
    [
        {"prior": "uniform", "threshold": 1.0},
        {"prior": "normal", "threshold": 0.0},
        {"prior": "normal", "threshold": -1.0},
        {"prior": "normal", "threshold": 8.001},
        {"prior": "normal", "threshold": float("nan")},
        {"prior": "normal", "psi": -0.1},
        {"prior": "uniform", "psi": 16.001},
        {"prior": "normal", "psi": float("nan")},
        {"prior": "normal", "psi": 4.001, "psi_mode": "resample"},
        {"prior": "truncated_normal", "threshold": 8.0, "psi": 1.001, "psi_mode": "resample"},
    ],
)
def test_laws_that_are_errors(second, law):
    assert second([z_request(0, 0, 4, law)]) == ["error"]
    with pytest.raises(ValueError):
        latents.sample([0], [0], 4, **law)


def test_other_errors(second):
    requests = ["class 0 0 0", "class 0 0 4294967297", identity_request("\ud800", "ganrt")]
    requests += [identity_request("a", "\udfff"), "z 18446744073709551616 0 4 normal - 1 scale 0"]
    assert second(requests) == ["error"] * len(requests)
    for count in (0, 2**32 + 1):
        with pytest.raises(ValueError):
            latents.class_choice([0], [0], count)
    for text, namespace in (("\ud800", "ganrt"), ("a", "\udfff")):
        with pytest.raises(ValueError):
            identity.identity_index(text, namespace)
