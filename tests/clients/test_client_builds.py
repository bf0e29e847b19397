"""What the C header notices by itself: wrong build flags; and what it reads of spec.json."""

import dataclasses
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from client_programs import BUILDS, ROOT, build, compile_c

import ganrt
from ganrt.controls import Control, Option
from ganrt.runtime.sampling import Truncation, draw
from ganrt.spec import Assumption, GeneratorSpec, Labels, Latent, Output, Statistics, Style

sys.path.insert(0, str(ROOT / "tools"))
HEADER = ROOT / "clients" / "c" / "ganrt.h"
X86 = platform.machine() in ("x86_64", "AMD64")
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not on the path")
needs_x86 = pytest.mark.skipif(not X86, reason="flags of x86")


def preprocess(*flags):
    return subprocess.run(["gcc", *flags, "-fsyntax-only", str(HEADER)], capture_output=True, text=True)


@needs_gcc
@needs_x86
def test_fused_arithmetic_is_noticed():
    fused = compile_c(["gcc", "-std=gnu99", "-O2", "-mfma", "-ffp-contract=fast"])
    if "fma" not in Path("/proc/cpuinfo").read_text(encoding="ascii"):
        pytest.skip("this processor cannot fuse")
    requests = "check\nz 0 0 4 normal - 3ff0000000000000 scale 0\n"
    done = subprocess.run(fused, input=requests, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["status 3", "error"]


@needs_gcc
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["-ffast-math"], "leave that flag out"),
        (["-ffast-math"], "Unreal: FPSemantics = FPSemanticsMode.Precise"),
        (["-std=c++14", "-x", "c++"], "pass -std=c++17"),
        pytest.param(["-m32", "-mfpmath=387"], "-msse2 -mfpmath=sse", marks=needs_x86),
        (["-std=gnu89"], "pass -std=c99"),
        (["-std=c89"], "pass -std=c99"),
    ],
)
def test_flags_that_the_preprocessor_sees(flags, said):
    found = preprocess(*flags)
    if "-m32" in flags and said not in found.stderr and "No such file" in found.stderr:
        pytest.skip("the compiler has no 32-bit libraries")
    assert found.returncode != 0
    assert said in found.stderr
    assert len(found.stderr.splitlines()) < 12, "one sentence, and not what follows from it"


def test_the_tables_are_the_packages():
    import make_client_tables

    for path, make in make_client_tables.CLIENTS.items():
        text = path.read_text(encoding="utf-8")
        assert make_client_tables.filled(text, make()) == text, f"run tools/make_client_tables.py for {path}"


def spec(prior="normal", **parts):
    latent = Latent(dim=parts.pop("dim", 12), prior=prior, **parts.pop("latent", {}))
    output = Output(height=64, width=48, channels=3)
    return GeneratorSpec(name="made.up-1", family="toy", latent=latent, output=output, **parts)


THREE = "normal:5,onehot:3,uniform:2"
SPECS = {
    "parts": spec(THREE, dim=10),
    "parts resampled": spec(THREE, dim=10, latent={"psi_mode": "resample"}),
    "parts with a threshold": spec("normal:3,truncated_normal:4,onehot:2", dim=9, latent={"threshold": 1.5}),
    "parts without normal ones": spec("uniform:3,onehot:4", dim=7, latent={"psi_mode": "resample"}),
    "truncated parts": spec("truncated_normal:3,normal:3,onehot:2", dim=8),
    "a choice": spec("onehot:10", dim=10),
    "style": spec(latent={"psi_mode": "style"}),
    "style of truncated": spec("truncated_normal", latent={"psi_mode": "style", "threshold": 1.5}),
    "style of parts": spec(THREE, dim=10, latent={"psi_mode": "style"}),
    "normal": spec(),
    "uniform": spec("uniform", dim=100),
    "truncated": spec("truncated_normal", latent={"threshold": 0.30000000000000004}),
    "resampled": spec("truncated_normal", latent={"threshold": 1.5, "psi_mode": "resample"}),
    "small": spec("normal", latent={"threshold": 0.01, "psi_mode": "resample"}, dim=3),
    "classes": spec(
        labels=Labels(count=3, names=('a "b"', "c\\", "d, }]")),
        statistics=Statistics(mode="input", low=0.02, default=0.4),
    ),
}


@pytest.fixture(scope="module", params=["gcc -O2", "node"])
def ask(request, tmp_path_factory):
    return build(request.param, tmp_path_factory.mktemp("spec")), request.param


def request_of(text, psi):
    shown = "-" if psi is None else f"{int(np.float64(psi).view(np.uint64)):016x}"
    return f"spec {text.encode().hex()} {shown}"


def test_the_law_of_a_spec(ask):
    """By a spec alone a client draws what `ganrt generate` draws, with psi and without."""
    client, _ = ask
    zero = np.zeros(1, np.uint64)
    cases = [(name, psi) for name in SPECS for psi in (None, 0.7, 1.0, 0.0)]
    answers = client([request_of(SPECS[name].to_json(), psi) for name, psi in cases])
    for (name, psi), answer in zip(cases, answers, strict=True):
        latent = SPECS[name].latent
        expected = draw(latent, zero, zero, Truncation(psi=psi))[0, : None if ":" in latent.prior else 8]
        found = [int(word, 16) for word in answer.split()[-len(expected) :]]
        assert found == expected.view(np.uint32).tolist(), (name, psi)


@pytest.fixture(scope="module")
def in_csharp(tmp_path_factory):
    return build("mono", tmp_path_factory.mktemp("mono"))


def bits_or_none(value):
    return "-" if value is None else f"{int(np.float64(value).view(np.uint64)):016x}"


def test_the_law_of_a_spec_in_csharp(in_csharp):
    """It reads no JSON: prior, threshold and psi_mode are given as they stand in the spec."""
    zero = np.zeros(1, np.uint64)
    requests, expected = [], []
    for given in SPECS.values():
        latent = given.latent
        for psi in (None, 0.7, 1.0, 0.0):
            fields = [latent.prior, bits_or_none(latent.threshold), latent.psi_mode, bits_or_none(psi), latent.dim]
            requests.append(" ".join(["model", *map(str, fields)]))
            z = draw(latent, zero, zero, Truncation(psi=psi))[0]
            expected.append(" ".join(f"{bits:08x}" for bits in z.view(np.uint32).tolist()))
    assert in_csharp(requests) == expected


def test_psi_of_a_style_space_goes_to_the_graph(in_c, in_csharp):
    style, given = SPECS["style"].to_json(), (None, 0.0, 0.7, 16.0)
    shown = [f"{int(np.float32(1 if psi is None else psi).view(np.uint32)):08x}" for psi in given]
    assert in_c([f"truncation {style.encode().hex()} {bits_or_none(psi)}" for psi in given]) == shown
    assert in_csharp([f"truncation {bits_or_none(psi)}" for psi in given]) == shown
    assert in_csharp([f"truncation {bits_or_none(psi)}" for psi in (-0.5, 16.1, np.nan)]) == ["error"] * 3
    for psi in (16.1, np.nan, -0.5):
        assert (
            in_c([f"truncation {style.encode().hex()} {bits_or_none(psi)}", request_of(style, psi)]) == ["status 1"] * 2
        )
    classes = SPECS["classes"].to_json().encode().hex()
    assert in_c([f"truncation {classes} {bits_or_none(psi)}" for psi in (None, 0.0)]) == ["3ecccccd", "status 1"]
    plain = SPECS["normal"].to_json().encode().hex()
    assert in_c([f"truncation {plain} -"]) == ["status 1"]
    assert in_c([request_of(style, None)])[0].startswith("made.up-1 12 0 1 1 64 48 3 0 0 ")


def test_controls_and_assumptions_do_not_disturb_a_client(ask):
    client, _ = ask
    control = Control(name="hair", kind="choice", positions=(0,), options=(Option(name="long", values=(1.0,)),))
    assumed = Assumption(property="activation", value='a "b" {[', option="--activation")
    newer = spec(controls=(control,), assumptions=(assumed,), style=Style(count=2, dim=3))
    assert newer.spec_version == "1.1"
    told, plain = client([request_of(newer.to_json(), 0.5), request_of(SPECS["normal"].to_json(), 0.5)])
    assert told == plain


def test_the_latents_of_a_newer_spec(ask):
    """They are other latents: to draw these would give every player another avatar."""
    client, name = ask
    newer = {**json.loads(SPECS["normal"].to_json())}
    newer["latent"]["latent_spec"] = 2
    assert client([request_of(json.dumps(newer), None)]) == ["error" if name == "node" else "status 5"]


@pytest.fixture(scope="module")
def in_c(tmp_path_factory):
    return build("gcc sanitized", tmp_path_factory.mktemp("sanitized"))


def test_the_fields_of_the_bundled_model(in_c):
    with ganrt.load("avatars") as generator:
        text = generator.spec.to_json()
    pretty = json.dumps(json.loads(text), indent=2)
    for written in (text, pretty, f"\n {text} \n"):
        assert in_c([request_of(written, None)])[0].startswith("avatars-1 100 0 0 0 64 64 3 0 0 ")


def test_the_fields_of_a_conditional_model(in_c):
    answer = in_c([request_of(SPECS["classes"].to_json(), None)])[0]
    assert answer.startswith("made.up-1 12 3 1 0.40000000000000002 64 48 3 0 0 ")


def changed(**fields):
    return json.dumps({**json.loads(SPECS["normal"].to_json()), **fields})


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 4),
        ("{", 4),
        ("[]", 4),
        ('"{}"', 4),
        ("{}", 4),
        ('{"spec_version":"1.0"', 4),
        (changed(spec_version="2.0"), 5),
        (changed(spec_version="x"), 4),
        (changed(task="encode"), 4),
        (changed(latent=None), 4),
        (changed(latent={"dim": 4, "prior": "normal", "psi_mode": "scale", "latent_spec": 2}), 5),
        (changed(latent={"dim": -4, "prior": "normal", "psi_mode": "scale", "latent_spec": 1}), 4),
        (changed(latent={"dim": 4, "prior": "cauchy", "psi_mode": "scale", "latent_spec": 1}), 4),
        (changed(latent={"dim": 4, "prior": "normal", "threshold": "2", "psi_mode": "scale", "latent_spec": 1}), 4),
        (changed(latent={"dim": 5, "prior": "normal:4,onehot:2", "psi_mode": "scale", "latent_spec": 1}), 4),
        (changed(latent={"dim": 4, "prior": "normal:4,", "psi_mode": "scale", "latent_spec": 1}), 4),
        (changed(latent={"dim": 4, "prior": "normal:" + "4" * 900, "psi_mode": "scale", "latent_spec": 1}), 4),
        (changed(latent={"dim": 2, "prior": "onehot:2" + "," * 9000, "psi_mode": "scale", "latent_spec": 1}), 4),
        (changed(latent={"dim": 4, "prior": "normal", "psi_mode": "styles", "latent_spec": 1}), 4),
        (changed(task="synthesize"), 4),
        (changed(output=None), 4),
        (changed(output={"height": 0, "width": 8, "channels": 3}), 4),
        (changed(output={"height": 8, "width": 16385, "channels": 3}), 4),
        (changed(output={"height": 8, "width": 8, "channels": 2}), 4),
        (changed() + "garbage", 4),
        (changed() + "}", 4),
        (changed().replace('"dim": 12', '"dim": 12, "dim": 12'), 4),
        (changed().replace('"threshold": null', '"threshold": null, "threshold": 2'), 4),
        (changed().replace('"labels": null', '"labels": null, "labels": null'), 4),
        (changed().replace('"statistics"', '"labels" null, "statistics"'), 4),
        (changed(name="x" * 200), 4),
        (changed(canary={"seed": "99999999999999999999999", "index": "0"}), 4),
    ],
)
def test_specs_that_are_refused(in_c, text, status):
    assert in_c([request_of(text or " ", None)]) == [f"status {status}"]


def test_no_cut_of_a_spec_is_read_beyond_its_end(in_c):
    """Every prefix, under the sanitizer: an answer, never a crash."""
    text = SPECS["classes"].to_json()
    answers = in_c([request_of(text[:end], None) for end in range(1, len(text))])
    assert set(answers) == {"status 4"}


def test_every_field_that_python_knows_has_been_thought_of():
    """A new field of the spec is a question to the clients: must they read it?"""
    assert [field.name for field in dataclasses.fields(Latent)] == [
        *("extra", "dim", "prior", "threshold", "psi_mode", "latent_spec"),
    ]
    assert set(BUILDS) >= {"gcc -O2", "clang", "mono", "node"}
