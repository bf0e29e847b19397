"""The generator spec: canonical JSON, limits, versions."""

import dataclasses
import json

import pytest
import spec_reader_1_0
from hypothesis import given
from hypothesis import strategies as st
from tiny_onnx import tiny_spec, translator_spec

from ganrt.controls import Control, Option
from ganrt.errors import SpecError
from ganrt.spec import (
    Assumption,
    Canary,
    GeneratorSpec,
    ImageInput,
    Labels,
    Latent,
    Output,
    Source,
    Statistics,
    Style,
    Verification,
    psi_input,
)

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
NEWEST = dataclasses.replace(
    FULL,
    latent=Latent(dim=7, prior="normal:4,onehot:3", psi_mode="style"),
    output=Output(height=1024, width=1024, channels=4),
    canary=Canary(seed=0, index=0, sha256="ab" * 32, png="aGk=", reduced=4),
    style=Style(count=18, dim=2, average=(0.5, -0.5), cutoff=8),
    controls=(Control(name="a", kind="choice", positions=(1,), options=(Option(name="on", values=(1.0,)),)),),
    assumptions=(Assumption(property="activation", value="relu", option="--activation"),),
)


def changed(base=FULL, **values):
    document = json.loads(base.to_json())
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


def test_what_needs_nothing_newer_is_version_1_0_byte_for_byte():
    text = FULL.to_json()
    assert FULL.spec_version == "1.0"
    assert not {"controls", "assumptions", "style"} & set(json.loads(text))
    assert set(json.loads(text)["canary"]) == {"seed", "index", "labels", "sha256", "png", "z"}
    # The whole document as version 0.1.0 wrote it.
    assert FULL.sha256() == "cc52ae0dd60882e97a50d4f41782f7e8f76530210977ce6d6bd88ff9b63262b0"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("latent.prior", {"latent": Latent(dim=7, prior="normal:4,onehot:3")}),
        ("latent.psi_mode", {"latent": Latent(dim=7, prior="normal", psi_mode="style")}),
        ("canary.reduced", {"canary": dataclasses.replace(FULL.canary, reduced=2)}),
        ("style", {"style": NEWEST.style}),
        ("controls", {"controls": NEWEST.controls}),
        ("assumptions", {"assumptions": NEWEST.assumptions}),
    ],
)
def test_whatever_is_new_makes_it_version_1_1_and_is_refused_in_1_0(field, changes):
    spec = dataclasses.replace(FULL, **changes)
    assert spec.spec_version == "1.1"
    assert GeneratorSpec.from_json(spec.to_json()) == spec
    with pytest.raises(SpecError, match=rf"'{field}': unknown in version 1.0"):
        GeneratorSpec.from_json(changed(spec, spec_version="1.0"))


def test_the_newest_spec_survives_json_and_refuses_unknown_fields():
    text = NEWEST.to_json()
    assert GeneratorSpec.from_json(text) == NEWEST
    assert GeneratorSpec.from_json(text).to_json() == text
    with pytest.raises(SpecError, match=r"'style.depth': unknown in version 1\.1"):
        GeneratorSpec.from_json(changed(NEWEST, style__depth=1))
    with pytest.raises(SpecError, match=r"'assumptions\[0\].mood': unknown in version 1\.1"):
        GeneratorSpec.from_json(changed(NEWEST, assumptions=[{"property": "a", "value": "b", "mood": 1}]))


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("latent.prior", {"latent__prior": "normal:4,onehot:4"}),
        ("latent.prior", {"latent__prior": "normal:3,normal:1,onehot:3"}),
        ("latent.prior", {"latent__prior": "normal:7"}),
        ("latent.prior", {"latent__prior": "normal:04,onehot:3"}),
        ("latent.prior", {"latent__prior": ["normal:4"]}),
        ("latent.psi_mode", {"statistics": {"mode": "input"}}),
        ("style.average", {"style__average": [1.0]}),
        ("style.cutoff", {"style__cutoff": 19}),
        ("style.other", {"style__other": "zz"}),
        ("style.other", {"task": "synthesize"}),
        ("style", {"task": "map", "style": None}),
        ("canary", {"task": "map", "style__other": "ab" * 32}),
        ("canary.reduced", {"canary__reduced": 1}),
        ("canary.reduced", {"canary__png": None, "canary__w": [1.0, 2.0]}),
        ("controls[0].positions[0]", {"controls": [{"name": "a", "kind": "choice", "positions": [-1]}]}),
        ("controls", {"controls": {"a": 1}}),
        ("assumptions[0].option", {"assumptions": [{"property": "a", "value": "b", "option": "prior"}]}),
    ],
)
def test_what_is_new_has_limits_too(field, values):
    with pytest.raises(SpecError) as caught:
        GeneratorSpec.from_json(changed(NEWEST, **values))
    assert f"'{field}'" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_a_mapping_and_a_synthesis_are_specs_of_their_own():
    style = Style(count=4, dim=2, other="cd" * 32)
    canary = Canary(seed=0, index=0, sha256="ab" * 32, w=(0.25, -1.0))
    mapping = dataclasses.replace(tiny_spec(), task="map", output=None, style=style, canary=canary)
    synthesis = dataclasses.replace(tiny_spec(), task="synthesize", latent=None, style=style)
    for spec in (mapping, synthesis):
        assert spec.spec_version == "1.1"
        assert GeneratorSpec.from_json(spec.to_json()) == spec
    assert [*mapping.inputs, *mapping.outputs, *synthesis.inputs, *synthesis.outputs] == ["z", "w", "w", "image"]
    assert mapping.outputs["w"].dims == synthesis.inputs["w"].dims == (4, 2)
    with pytest.raises(SpecError, match="'canary.w'"):
        dataclasses.replace(mapping, canary=dataclasses.replace(canary, w=(0.25,)))
    with pytest.raises(SpecError, match="'controls'"):
        dataclasses.replace(synthesis, controls=NEWEST.controls)


def test_psi_is_an_input_of_statistics_and_of_style_spaces():
    assert psi_input(FULL) is None
    row = psi_input(dataclasses.replace(FULL, statistics=Statistics(mode="input", low=0.0, high=0.9, default=0.4)))
    assert row is not None
    assert (row.accepts(0.9), row.accepts(0.0), row.accepts(1.0), row.default) == (True, False, False, 0.4)
    style = psi_input(NEWEST)
    assert style is not None
    assert (style.accepts(0.0), style.accepts(1.5), style.accepts(-0.1), style.default) == (True, True, False, 1.0)
    assert not style.accepts(float("nan"))
    assert NEWEST.inputs["truncation"].dims == ()


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("latent.prior", {"latent": Latent(dim=7, prior="normal:4,onehot:3")}),
        ("latent.psi_mode", {"latent": Latent(dim=7, prior="normal", psi_mode="style")}),
        ("task", {"task": "synthesize", "latent": None, "style": Style(count=4, dim=2, other="cd" * 32)}),
    ],
)
def test_a_reader_of_1_0_refuses_what_it_would_draw_wrong(field, changes):
    text = dataclasses.replace(FULL, **changes).to_json()
    with pytest.raises(SpecError, match=f"'{field}': expected one of"):
        spec_reader_1_0.GeneratorSpec.from_json(text)


def test_a_reader_of_1_0_keeps_what_does_not_change_pictures():
    changes = {name: getattr(NEWEST, name) for name in ("output", "canary", "style", "controls", "assumptions")}
    text = dataclasses.replace(FULL, **changes).to_json()
    assert spec_reader_1_0.GeneratorSpec.from_json(text).to_json() == text
    assert spec_reader_1_0.GeneratorSpec.from_json(FULL.to_json()).to_json() == FULL.to_json()


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


@given(path=st.sampled_from(sorted(json.loads(NEWEST.to_json()))), value=values)
def test_fuzzed_fields_are_accepted_or_refused_by_name(path, value):
    document = json.loads(NEWEST.to_json()) | {path: value}
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
