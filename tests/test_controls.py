"""Named controls of a spec: what they set, and what makes one malformed."""

import dataclasses
import json

import numpy as np
import pytest
from tiny_onnx import tiny_spec

from ganrt.controls import Control, Option
from ganrt.errors import SpecError, UsageError
from ganrt.spec import GeneratorSpec

HAIR = Control(
    name="hair",
    kind="choice",
    help="What grows on the head.",
    positions=(0, 3),
    options=(Option(name="afro", values=(1.0, -0.1)), Option(name="bald", values=(-1.0, 0.1), help="None at all.")),
)
SKIN = Control(
    name="skin", kind="scalar", positions=(1, 2), low=0, high=1, ends=("light", "dark"), knots=((-1, 0), (0, 8), (3, 9))
)
SHIRT = Control(name="shirt", kind="color", positions=(4, 5, 6), knots=((-1, -1, 1), (1, 1, -1)))


def test_each_kind_sets_its_values():
    assert np.array_equal(HAIR.values("afro"), np.float32([1, -0.1]))
    assert np.array_equal(SKIN.values(0.0), [-1, 0])
    assert np.array_equal(SKIN.values("0.5"), [0, 8])
    assert np.array_equal(SKIN.values(0.75), [1.5, 8.5])
    assert np.array_equal(SKIN.values(1), [3, 9])
    assert np.array_equal(SHIRT.values("#FF0033"), np.float32([1, -1, 1 + 51 / 255 * -2]))
    assert SHIRT.values("000000").dtype == np.float32


@pytest.mark.parametrize(
    ("control", "given"),
    [
        (HAIR, "Afro"),
        (HAIR, 1),
        (SKIN, 1.01),
        (SKIN, "nan"),
        (SKIN, "dark"),
        (SHIRT, "red"),
        (SHIRT, "12345"),
        (SHIRT, 1),
    ],
)
def test_other_settings_are_refused_with_what_is_accepted(control, given):
    with pytest.raises(UsageError, match=f"{control.name}={given}: expected"):
        control.values(given)


@pytest.mark.parametrize(
    ("field", "control", "changes"),
    [
        ("positions", HAIR, {"positions": ()}),
        ("positions", HAIR, {"positions": (3, 3)}),
        ("options", HAIR, {"options": ()}),
        ("options", HAIR, {"options": (HAIR.options[0], Option(name="afro", values=(0.0, 0.0)))}),
        ("options", HAIR, {"options": (HAIR.options[0], Option(name="wild", values=(1.0, -0.1)))}),
        ("options.short", HAIR, {"options": (Option(name="short", values=(1.0,)),)}),
        ("knots", HAIR, {"knots": ((1, 2),)}),
        ("low", SKIN, {"low": 1.0}),
        ("low", SKIN, {"high": None}),
        ("ends", SKIN, {"ends": ("light",)}),
        ("knots", SKIN, {"knots": ((1, 2), (1, 2))}),
        ("knots", SKIN, {"knots": ((1, 2, 3), (3, 4, 5))}),
        ("options", SKIN, {"options": HAIR.options}),
        ("positions", SHIRT, {"positions": (4, 5), "knots": ((0, 0), (1, 1))}),
        ("low", SHIRT, {"low": 0.5}),
    ],
)
def test_a_malformed_control_names_its_field(field, control, changes):
    with pytest.raises(SpecError, match=f"'controls.{control.name}.{field}'"):
        dataclasses.replace(control, **changes)


@pytest.mark.parametrize("name", ["", "Hair", "hair style", "-hair", "x" * 41, "größe"])
def test_names_fit_command_lines_and_addresses(name):
    with pytest.raises(SpecError, match="'name'"):
        dataclasses.replace(HAIR, name=name)


def with_controls(*controls, dim=8):
    spec = tiny_spec()
    return dataclasses.replace(spec, latent=dataclasses.replace(spec.latent, dim=dim), controls=controls)


def test_a_spec_keeps_its_controls_as_version_1_1():
    spec = with_controls(HAIR, SKIN, SHIRT)
    assert spec.spec_version == "1.1"
    assert GeneratorSpec.from_json(spec.to_json()) == spec
    document = json.loads(spec.to_json())
    assert document["controls"][0]["options"][0]["values"] == [1.0, -0.1]
    document["controls"][0]["options"][0]["mood"] = 1
    with pytest.raises(SpecError, match=r"'controls\[0\].options\[0\].mood': unknown"):
        GeneratorSpec.from_json(json.dumps(document))
    document["controls"][0]["kind"] = "menu"
    with pytest.raises(SpecError, match=r"'controls\[0\].kind'"):
        GeneratorSpec.from_json(json.dumps(document))


def test_controls_stay_inside_z_and_apart():
    with pytest.raises(SpecError, match=r"'controls.shirt.positions': expected positions from 0 to 5"):
        with_controls(SHIRT, dim=6)
    with pytest.raises(SpecError, match="no name twice"):
        with_controls(HAIR, dataclasses.replace(SKIN, name="hair"))
    with pytest.raises(SpecError, match="no other control sets, as 'hair' does"):
        with_controls(HAIR, dataclasses.replace(SKIN, positions=(2, 3)))
