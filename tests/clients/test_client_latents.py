"""The game clients give the same bits as the package: C, C++, C# and JavaScript, with every build that matters.

Each client answers the line protocol that the first comment of `client.c` describes. The C header, the C# file and the
JavaScript module were written from `docs/latent-spec.md`, so that the page is shown to be complete as well.
"""

import functools
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
from client_programs import BUILDS, build, slow_builds

import ganrt
from ganrt.prior import parse_prior
from ganrt.runtime import identity, latents
from ganrt.runtime.interpolate import lerp, slerp
from ganrt.spec import Latent

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "latent-spec.md"
KNOWN = ROOT / "tests" / "latents" / "known-answers.json"

EDGES = [0, 1, 2**32 - 1, 2**32, 2**32 + 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 2, 2**64 - 1]
DIMS = [1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 127, 128, 129, 130]
THRESHOLDS = [0.01, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 7.999, 8.0]
PSIS = [0.0, 1e-45, 1e-39, 0.01, 0.3, 0.7, 1.0, 1.25, 2.0, 16.0]


@pytest.fixture(scope="module", params=[pytest.param(name, marks=slow_builds(name)) for name in BUILDS])
def client(request, tmp_path_factory):
    """A function from a list of requests to the list of one client's answers."""
    ask = build(request.param, tmp_path_factory.mktemp("client"))
    yield ask
    if request.param == "chromium":
        ask.close()


def z_request(seed, index, dim, law, stream=0):
    threshold = law.get("threshold")
    fields = [seed, index, dim, law.get("prior", "normal"), "-" if threshold is None else bits_of(threshold)]
    return " ".join(map(str, ["z", *fields, bits_of(law.get("psi", 1)), law.get("psi_mode", "scale"), stream]))


def identity_request(text, namespace, reroll=0):
    texts = (s.encode("utf-8", "surrogatepass").hex() or "-" for s in (text, namespace))
    return " ".join(["identity", *texts, str(reroll)])


def float32_bits(values):
    return " ".join(f"{bits:08x}" for bits in np.asarray(values, "<f4").view("<u4").tolist())


def bits_of(number):
    return f"{int(np.float64(number).view(np.uint64)):016x}"


def double_bits(text):
    return bits_of(float.fromhex(text))


def compare(client, expected):
    """`expected` is a list of (request, answer)."""
    answers = client([request for request, _ in expected])
    wrong = [(*pair, answer) for pair, answer in zip(expected, answers, strict=True) if pair[1] != answer]
    assert not wrong, f"{len(wrong)} of {len(expected)} differ; the first (request, expected, answer): {wrong[0]}"


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


def test_tables_of_the_page(client):
    page = PAGE.read_text(encoding="utf-8")
    expected = []
    for row in re.findall(r"^\| `([0-9a-f ]{35})` \| `([0-9a-f ]{17})` \| `([0-9a-f ]{35})` \|$", page, re.M):
        expected.append((f"philox {row[0]} {row[1]}", row[2]))
    assert len(expected) == 3
    for u, q in re.findall(r"^\| `(0x[^`]*)` \| `(-?0x[^`]*)` \|$", page, re.M):
        expected.append((f"quantile {double_bits(u)}", double_bits(q)))
    assert len(expected) == 13
    for t, a, d in re.findall(r"^\| ([0-9.]+) \| `(0x[^`]*)` \| `(0x[^`]*)` \|$", page, re.M):
        expected.append((f"tail {bits_of(t)}", f"{double_bits(a)} {double_bits(d)}"))
    assert len(expected) == 18
    compare(client, expected)


@functools.cache
def known_answers():
    known = json.loads(KNOWN.read_text(encoding="utf-8"))
    pairs = known["pairs"]
    expected = []
    for stream, law, rows in [
        *((0, entry["law"], entry["values"]) for entry in known["latents"]),
        *((entry["stream"], {}, entry["values"]) for entry in known["streams"]),
        *((0, entry["law"], entry["values"]) for entry in known["parts"]),
    ]:
        for (seed, index), row in zip(pairs, rows, strict=True):
            values = [float.fromhex(value) for value in row]
            expected.append((z_request(seed, index, len(row), law, stream), float32_bits(values)))
    for entry in known["classes"]:
        for (seed, index), answer in zip(pairs, entry["classes"], strict=True):
            expected.append((f"class {seed} {index} {entry['count']}", str(answer)))
    for entry in known["identities"]:
        expected.append((identity_request(entry["identity"], entry["namespace"]), entry["index"]))
    for entry in known["rerolls"]:
        request = identity_request(entry["identity"], entry["namespace"], entry["reroll"])
        expected.append((request, entry["index"]))
    return expected


def test_known_answers(client):
    compare(client, known_answers())


@functools.cache
def random_latents_of_python():
    rng = random.Random(8841)
    expected = []
    for i in range(400):
        law = random_law(rng)
        seed, index, dim = number(rng), number(rng), DIMS[i] if i < len(DIMS) else rng.randint(1, 130)
        z = latents.sample([seed], [index], dim, **law)
        assert z.shape == (1, dim)
        assert z.dtype == np.float32
        expected.append((z_request(seed, index, dim, law), float32_bits(z[0])))
    return expected


def test_random_latents(client):
    compare(client, random_latents_of_python())


def random_parts(rng):
    """A prior in parts that Python states so, and a law that goes with it."""
    while True:
        kinds = ["normal", "uniform", "truncated_normal", "onehot", "onehot"]
        text = ",".join(f"{rng.choice(kinds)}:{rng.randint(2, 19)}" for _ in range(rng.randint(2, 6)))
        prior, dim = parse_prior(text)
        if ":" not in prior:
            continue
        law = {"prior": prior, "psi": rng.choice(PSIS), "psi_mode": rng.choice(["scale", "style", "resample"])}
        if "normal" in prior:
            law["threshold"] = rng.choice([None, *THRESHOLDS])
        if law["psi_mode"] != "resample" or law["psi"] * (law.get("threshold") or 2.0) <= 8:
            return law, dim


@functools.cache
def random_parts_of_python():
    rng = random.Random(74)
    expected = []
    for i in range(200):
        law, dim = random_parts(rng)
        seed, index, stream = number(rng), number(rng), 2 if i % 5 == 0 else 0
        z = latents.sample([seed], [index], dim, stream=stream, **law)
        expected.append((z_request(seed, index, dim, law, stream), float32_bits(z[0])))
    return expected


def test_random_parts(client):
    compare(client, random_parts_of_python())


# Dimensions and laws that nothing can be drawn by.
ERRORS = [
    (9, {"prior": "normal:5,onehot:3"}),
    (7, {"prior": "normal:5,onehot:3"}),
    (6, {"prior": "normal:5,onehot:1"}),
    (8, {"prior": "normal:5,cauchy:3"}),
    (8, {"prior": "normal:5,onehot:3,"}),
    (8, {"prior": "normal:0,onehot:8"}),
    (8, {"prior": "normal:5,onehot:3", "threshold": 8.5}),
    (8, {"prior": "normal:5,onehot:3", "psi": -1.0, "psi_mode": "style"}),
    (8, {"prior": "normal:5,onehot:3", "psi": 5.0, "psi_mode": "resample"}),
    (8, {"prior": "uniform:5,onehot:3", "threshold": 2.0}),
    (130, {"prior": ",".join(["onehot:2"] * 65)}),
    (4, {"prior": "uniform", "threshold": 1.0}),
    (4, {"prior": "normal", "threshold": 0.0}),
    (4, {"prior": "normal", "threshold": -1.0}),
    (4, {"prior": "normal", "threshold": 8.001}),
    (4, {"prior": "normal", "threshold": float("nan")}),
    (4, {"prior": "normal", "psi": -0.1}),
    (4, {"prior": "uniform", "psi": 16.001}),
    (4, {"prior": "normal", "psi": float("nan")}),
    (4, {"prior": "normal", "psi": 4.001, "psi_mode": "resample"}),
    (4, {"prior": "truncated_normal", "threshold": 8.0, "psi": 1.001, "psi_mode": "resample"}),
]


def test_laws_that_are_errors(client):
    answers = client([z_request(0, 0, dim, law) for dim, law in ERRORS])
    assert [case for case, answer in zip(ERRORS, answers, strict=True) if answer != "error"] == []
    for dim, law in ERRORS:
        with pytest.raises(ValueError):
            latents.sample([0], [0], dim, **law)


def test_paths_go_part_by_part(client):
    """Within float32 rounding of Python's walks; a choice halfway is a half of each."""
    prior, dim = "normal:30,onehot:6,uniform:4,onehot:3", 43
    latent = Latent(dim=dim, prior=prior)
    worst = 0.0
    for seeds in ([1, 2], [3, 9]):
        walk = ganrt.walk(seeds=seeds, duration=1, loop=False)
        knots = walk.keyframes(latent)
        expected = walk.latents(latent, range(5), 4)
        answers = client([f"between {bits_of(k / 4)} {prior} {commas(knots[0])} {commas(knots[1])}" for k in range(5)])
        for row, answer in zip(expected, answers, strict=True):
            found = np.array([int(word, 16) for word in answer.split()], np.uint32).view(np.float32)
            worst = max(worst, float(np.abs(found - row).max()))
            assert found[30:36].sum() == pytest.approx(1)
            assert found[40:].sum() == pytest.approx(1)
    assert worst < 5e-7


@functools.cache
def random_classes_of_python():
    rng = random.Random(7)
    expected = []
    for _ in range(300):
        seed, index = number(rng), number(rng)
        count = rng.choice([1, 2, 2**32 - 1, 2**32, rng.randint(1, 1000), rng.randint(1, 2**32)])
        expected.append((f"class {seed} {index} {count}", str(int(latents.class_choice([seed], [index], count)[0]))))
    return expected


def test_random_classes(client):
    compare(client, random_classes_of_python())


@functools.cache
def random_identities_of_python():
    rng = random.Random(6)
    letters = "aZ 0-\n\0\x7f\x80éß名前\u0301\ud7ff\ue000\uffff\U00010000\U0001f600\U0010ffff"
    texts = ["x" * n for n in (0, 1, 42, 43, 46, 47, 50, 51, 54, 55, 56, 63, 64, 118, 119, 5000)]
    texts += ["".join(rng.choice(letters) for _ in range(rng.randrange(80))) for _ in range(150)]
    expected = []
    for text in texts:
        namespace = rng.choice(["ganrt", "", "my-game", rng.choice(texts)])
        reroll = rng.choice([0, 1, 9, 10, 2**32 - 1, rng.randrange(2**32)])
        index = identity.identity_index(text, namespace, reroll)
        expected.append((identity_request(text, namespace, reroll), str(index)))
    return expected


def test_random_identities(client):
    compare(client, random_identities_of_python())


def test_other_errors(client):
    requests = ["class 0 0 0", "class 0 0 4294967297", identity_request("\ud800", "ganrt")]
    requests += [identity_request("a", "\udfff"), "z 18446744073709551616 0 4 normal - 1 scale 0"]
    requests += [f"quantile {bits_of(u)}" for u in (0.0, 2.0**-54, 1.0, -0.5, float("inf"), float("nan"))]
    requests += [f"tail {bits_of(t)}" for t in (0.0, -1.0, 8.001, float("nan"))]
    requests += [z_request(0, 0, 0, {}), z_request(0, 0, 4, {"prior": 9}), z_request(0, 0, 4, {"psi_mode": 9})]
    requests += [z_request(0, 0, 4, {}, stream) for stream in (1, 4, -1)]
    assert client(requests) == ["error"] * len(requests)
    for count in (0, 2**32 + 1):
        with pytest.raises(ValueError):
            latents.class_choice([0], [0], count)
    for text, namespace in (("\ud800", "ganrt"), ("a", "\udfff")):
        with pytest.raises(ValueError):
            identity.identity_index(text, namespace)


def test_the_build_finds_nothing_wrong_with_itself(client):
    assert client(["check"]) == ["ok"]


def test_a_million_latents(client, million):
    """One FNV-1a sum of the bits of a million values of latents, of seeds and indices all over their range."""
    requests, expected = million
    assert client(requests) == expected


@pytest.fixture(scope="module")
def million():
    rng = random.Random(10)
    requests, expected = [], []
    for _ in range(100):
        seed, start = rng.randrange(2**64), rng.choice([rng.randrange(2**64 - 100), rng.randrange(2**32)])
        requests.append(f"sum {seed} {start} 100 100")
        expected.append(f"{fnv(latents.latents(100, 100, seed, start)):016x}")
    return requests, expected


def fnv(values):
    total = 0xCBF29CE484222325
    for bits in values.ravel().view(np.uint32).tolist():
        total = ((total ^ bits) * 0x100000001B3) & (2**64 - 1)
    return total


@pytest.mark.parametrize(("name", "path"), [("lerp", lerp), ("slerp", slerp)])
def test_paths_within_float32_rounding(client, name, path):
    rng = np.random.default_rng(3)
    pairs = [(rng.normal(size=100), rng.normal(size=100)) for _ in range(10)]
    pairs += [(pairs[0][0], pairs[0][0] * 2), (pairs[1][0], -pairs[1][0]), (np.zeros(100), pairs[2][0])]
    times = [0.0, 0.25, 1 / 3, 0.5, 1.0]
    cases = [(np.float32(a), np.float32(b), t) for a, b in pairs for t in times]
    answers = client([f"{name} {bits_of(t)} {commas(a)} {commas(b)}" for a, b, t in cases])
    worst = 0.0
    for (a, b, t), answer in zip(cases, answers, strict=True):
        found = np.array([int(word, 16) for word in answer.split()], np.uint32).view(np.float32)
        worst = max(worst, float(np.abs(found - path(a, b, t)).max()))
    assert worst < 5e-7


def commas(values):
    return float32_bits(values).replace(" ", ",")
