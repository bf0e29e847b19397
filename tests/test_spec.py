"""The generator spec: canonical JSON, limits, versions."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_onnx import tiny_spec, translator_spec

from ganrt.errors import SpecError
from ganrt.spec import Canary, GeneratorSpec, ImageInput, Labels, Latent, Output, Source, Verification

FULL = GeneratorSpec(
    name="full-1.0",
    family="dcgan",
    latent=Latent(dim=100, prior="truncated_normal", threshold=2.0, psi_mode="scale"),
    labels=Labels(count=2, names=("Käse", "mushroom"), meaning="class"),
    output=Output(height=64, width=32, channels=3),
    source=Source(format="safetensors", sha256="0f" * 32, licence="CC0-1.0", attribution="somebody"),
    verification=Verification(against="torch", samples=64, max_error=1e-6, max_error_uint8=1, psnr=80.5),
    canary=Canary(seed=2**64 - 1, index=2**63, labels=(0.25, 0.75), sha256="ab" * 32, png="aGk="),
)


def changed(**values):
    document = json.loads(FULL.to_json())
    for path, value in values.items():
        target = document
        *parents, last = path.split("__")
        for parent in parents:
            target = target[parent]
        target[last] = value
    return json.dumps(document)


def test_json_gives_back_the_spec_and_is_canonical():
    text = FULL.to_json()
    assert GeneratorSpec.from_json(text) == FULL
    assert GeneratorSpec.from_json(json.dumps(json.loads(text), indent=3)).to_json() == text
    assert text.isascii()
    assert '"seed":"18446744073709551615"' in text
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "../etc/passwd"}),
        ("name", {"name": 3}),
        ("task", {"task": "paint"}),
        ("latent.dim", {"latent__dim": 0}),
        ("latent.dim", {"latent__dim": True}),
        ("latent.dim", {"latent__dim": 10**9}),
        ("latent.prior", {"latent__prior": "cauchy"}),
        ("latent.threshold", {"latent__threshold": 1e308}),
        ("latent.latent_spec", {"latent__latent_spec": 2}),
        ("latent", {"latent": None}),
        ("latent", {"latent": []}),
        ("output.height", {"output__height": 1.5}),
        ("output.channels", {"output__channels": 2}),
        ("labels.names", {"labels__names": ["one"]}),
        ("labels.names[1]", {"labels__names": ["one", "\ud800"]}),
        ("source.sha256", {"source__sha256": "zz"}),
        ("verification.psnr", {"verification__psnr": "high"}),
        ("verification.max_error", {"verification__max_error": 10**400}),
        ("canary.seed", {"canary__seed": "18446744073709551616"}),
        ("canary.seed", {"canary__seed": "-1"}),
        ("canary.labels", {"canary__labels": [1.0, 0.0, 0.0]}),
        ("canary.png", {"canary__png": "no base64!"}),
        ("extra", {"extra": 1}),
        ("output.colour", {"output__colour": 1}),
    ],
)
def test_a_malformed_spec_names_its_field(field, values):
    with pytest.raises(SpecError) as caught:
        GeneratorSpec.from_json(changed(**values))
    assert f"'{field}'" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "{", "[" * 100_000, b"\xff\xfe", '{"spec_version": 1}'])
def test_what_is_no_spec_is_refused(text):
    with pytest.raises(SpecError):
        GeneratorSpec.from_json(text)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_json_has_no_number_for_is_refused_even_in_unknown_fields(constant):
    text = changed(spec_version="1.9", mood=1).replace('"mood": 1', f'"mood": {constant}')
    assert constant in text
    with pytest.raises(SpecError, match="not valid JSON"):
        GeneratorSpec.from_json(text)


def test_an_oversized_spec_is_refused():
    with pytest.raises(SpecError, match="at most"):
        GeneratorSpec.from_json(" " * (5 * 2**20))


def test_a_newer_minor_keeps_what_it_does_not_know():
    text = json.dumps(
        json.loads(changed(spec_version="1.7", mood={"happy": [1]}, output__gamma=2.2)),
        sort_keys=True,
        separators=(",", ":"),
    )
    assert GeneratorSpec.from_json(text).to_json() == text


def test_a_newer_major_is_refused_with_the_mend():
    with pytest.raises(SpecError, match=r"version 2\.0.*\n.*pip install --upgrade"):
        GeneratorSpec.from_json(changed(spec_version="2.0", name=None))


def test_building_a_spec_in_python_checks_too():
    with pytest.raises(SpecError, match="'dim'"):
        Latent(dim=-1, prior="normal")
    with pytest.raises(SpecError, match="needs it"):
        dataclasses.replace(tiny_spec(), output=None)
    with pytest.raises(SpecError, match="'image'"):
        GeneratorSpec(name="a", family="b", task="translate", output=Output(height=1, width=1, channels=1))
    ImageInput(height=4, width=4, channels=3)


def test_what_the_graph_takes_and_gives():
    spec = tiny_spec(labels=4, statistics=True, side=8, channels=1)
    dims = {name: (port.dtype, port.dims) for name, port in spec.inputs.items()}
    assert list(dims.items()) == [
        ("z", ("float32", (6,))),
        ("labels", ("float32", (4,))),
        ("truncation", ("float32", ())),
    ]
    assert {name: (port.dtype, port.dims) for name, port in spec.outputs.items()} == {"image": ("uint8", (8, 8, 1))}
    assert list(tiny_spec(frozen=0.5).inputs) == ["z"]
    open_sides = translator_spec(dynamic=True)
    (source,), (image,) = open_sides.inputs.values(), open_sides.outputs.values()
    assert (source.shape, source.dims, image.dims) == ((8, 12, 3), ("h", "w", 3), ("h", "w", 3))
    assert list(translator_spec().inputs["source"].dims) == [8, 12, 3]
    encoder = GeneratorSpec(
        name="a", family="b", task="encode", image=open_sides.image, latent=Latent(dim=5, prior="normal")
    )
    assert (list(encoder.inputs), encoder.outputs["z"].dims) == (["source"], (5,))


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@given(path=st.sampled_from(sorted(json.loads(FULL.to_json()))), value=values)
def test_fuzzed_fields_are_accepted_or_refused_by_name(path, value):
    document = json.loads(FULL.to_json()) | {path: value}
    try:
        spec = GeneratorSpec.from_json(json.dumps(document))
    except SpecError as error:
        assert path in str(error)
    else:
        assert GeneratorSpec.from_json(spec.to_json()) == spec


@given(st.text() | st.binary())
def test_fuzzed_documents_only_raise_spec_errors(document):
    with pytest.raises(SpecError):
        GeneratorSpec.from_json(document)
