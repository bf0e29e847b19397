"""Named controls: settings in their canonical form, latents with them, and what is refused."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from controlled_models import CONTROLS, DIM, save_controlled

import ganrt
from ganrt.controls import nearest
from ganrt.errors import UsageError
from ganrt.runtime.models import named_controls
from ganrt.runtime.settings import ControlTable, as_settings, number_text, overridden, parse_settings, settings_text

TABLE = ControlTable(CONTROLS, "dolls")
FEW = {"hair": "afro", "skin": 0.8}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dolls(tmp_path_factory):
    path = save_controlled(tmp_path_factory.mktemp("dolls") / "dolls.onnx")
    with ganrt.load(path, backend="onnxruntime") as generator:
        yield generator


@pytest.fixture(scope="module")
def avatars():
    with ganrt.load("avatars-1", backend="onnxruntime") as generator:
        yield generator


def test_settings_have_one_form():
    given = {"skin": 0.50, "hair": "afro", "shirt": "#33AAcc"}
    wanted = (("hair", "afro"), ("shirt", "33aacc"), ("skin", "0.5"))
    assert TABLE.canonical(given) == wanted
    assert TABLE.canonical(parse_settings(["skin=5e-1", "shirt=33AACC", "hair=afro"])) == wanted
    assert TABLE.canonical(wanted) == wanted
    assert parse_settings(settings_text(wanted).split()) == wanted
    assert TABLE.canonical({"skin": 1}) == TABLE.canonical({"skin": "+1.0"}) == (("skin", "1"),)
    assert [number_text(x) for x in (-0.0, 0.1, 1e-7, 3.0)] == ["0", "0.1", "1e-07", "3"]
    assert as_settings(None) == ()
    assert overridden(wanted, (("hair", "bald"),)) == (("hair", "bald"), *wanted[1:])


def test_latents_get_the_values_of_the_controls_and_no_others():
    z = np.arange(2 * DIM, dtype=np.float32).reshape(2, DIM)
    before = z.copy()
    made = TABLE.apply(z, {"hair": "afro", "skin": 0.25, "shirt": "ff0000"})
    assert np.array_equal(z, before)
    wanted = [1.25, -0.5, 4.0, np.float32(-0.1), 1, -1, 1]
    assert np.array_equal(made[:, :7], np.tile(np.float32(wanted), (2, 1)))
    assert np.array_equal(made[:, 7:], z[:, 7:])
    assert TABLE.apply(z, None) is z


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"hiar": "afro"}, "'dolls' has no control 'hiar'; nearest: hair"),
        ({"wings": "big"}, "'dolls' has no control 'wings'; it has hair, skin, shirt"),
        ({"hair": "afor"}, "hair=afor: expected one of afro, bald, flat-top; nearest: afro"),
        ({"hair": "flat"}, "nearest: flat-top"),
        ({"hair": 1}, "hair=1: expected one of"),
        ({"skin": 1.5}, "skin=1.5: expected a number from 0 to 1"),
        ({"skin": "nan"}, "skin=nan: expected a number"),
        ({"skin": "0_1"}, "skin=0_1: expected a number"),
        ({"skin": "dark"}, "skin=dark: expected a number"),
        ({"shirt": "red"}, "shirt=red: expected a colour such as 3366cc"),
        ({"shirt": 123456}, None),
        ({"skin": True}, "accepted are texts and numbers"),
        ({"skin": None}, "accepted are texts and numbers"),
        ("hair=afro", "expected a mapping"),
        ({"hair": ""}, "expected NAME=VALUE"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_accepted(given, told):
    if told is None:
        assert TABLE.canonical(given) == (("shirt", "123456"),)
        return
    with pytest.raises(UsageError) as error:
        TABLE.canonical(given)
    assert told in str(error.value)


def test_a_control_is_set_once_and_a_model_without_any_says_so():
    with pytest.raises(UsageError, match="--set hair=afro and --set hair=bald: expected a control once"):
        parse_settings(["hair=afro", "hair=bald"])
    with pytest.raises(UsageError, match="'plain' has no named controls; set values of its latent: --set-z"):
        ControlTable((), "plain").canonical({"hair": "afro"})
    assert nearest("", ["a", "b"]) == []


def test_samples_avatars_and_queues_take_controls(dolls):
    how = FEW
    z = TABLE.apply(ganrt.latents(3, DIM, seed=5), how)
    assert np.array_equal(dolls.sample(3, seed=5, controls=how), dolls.synthesize(z))
    assert not np.array_equal(dolls.sample(3, seed=5), dolls.synthesize(z))
    whose = ganrt.latents(1, DIM, start=ganrt.identity_index("player-8841"))
    assert np.array_equal(
        dolls.avatar("player-8841", controls={"hair": "bald"}),
        dolls.synthesize(TABLE.apply(whose, {"hair": "bald"}))[0],
    )
    queue = dolls.queue(controls=how, warm=False)
    ticket = queue.request(seed=5, index=0)
    queue.step(None)
    assert np.array_equal(ticket.image, dolls.sample(1, seed=5, controls=how)[0])


def test_order_of_application_is_truncation_controls_edits(dolls):
    z = TABLE.apply(ganrt.latents(1, DIM, prior="truncated_normal", threshold=2.0, psi=0.5, psi_mode="resample"), FEW)
    z[:, 3:5] = 0.25
    pictures = [p for _, p in dolls.sample_pairs([(0, 0)], 0.5, pinned="3:5=0.25", controls=FEW)]
    assert np.array_equal(pictures[0], dolls.synthesize(z))


def test_each_picture_may_set_its_own_and_these_win(dolls):
    own = [(), (("hair", "bald"),), (("shirt", "00ff00"), ("skin", "0"))]
    pairs = [(0, i) for i in range(3)]
    drawn = np.concatenate([p for _, p in dolls.sample_pairs(pairs, batch_size=2, controls=FEW, each=own)])
    for i, settings in enumerate(own):
        alone = dolls.sample(1, start=i, controls=overridden(TABLE.canonical(FEW), settings))
        assert np.array_equal(drawn[i], alone[0])


@pytest.mark.parametrize("method", ["slerp", "cubic"])
def test_a_still_is_the_frame_of_a_walk(dolls, method):
    walk = ganrt.walk(seeds=[3], method=method, duration=1, pinned="7=0.5", controls=FEW, truncation=0.7)
    with dolls.stream(walk, 10, paced=False) as frames:
        first = next(frames)
    ((_, still),) = dolls.sample_pairs([(3, 0)], 0.7, pinned="7=0.5", controls=FEW)
    assert np.array_equal(first, still[0])


def test_a_walk_refuses_what_the_generator_does_not_have_before_its_first_frame(dolls):
    with pytest.raises(UsageError, match="nearest: hair"):
        dolls.stream(ganrt.walk(seeds=[1], controls={"hare": "afro"}), 10)
    with pytest.raises(UsageError, match="expected NAME=VALUE"):
        ganrt.walk(seeds=[1], controls={"hair": "a b"})


def test_avatars_1_has_the_map_of_its_card(avatars):
    assert [control.name for control in avatars.controls.controls][:5] == [
        *("hair", "expression", "facial-hair", "glasses", "skin")
    ]
    assert avatars.spec.controls == ()
    assert named_controls(avatars.spec, "0" * 64) == ()
    with pytest.raises(UsageError, match=r"expected one of 32 options, such as quiff, crew-cut, swept; nearest: afro"):
        avatars.sample(1, controls={"hair": "affro"})
    plain, afro = avatars.sample(2, seed=1), avatars.sample(2, seed=1, controls={"hair": "afro"})
    assert np.abs(plain.astype(int) - afro).max() > 100


def test_the_map_of_avatars_1_chooses_the_parts_that_it_names(avatars):
    torch = pytest.importorskip("torch")
    folder = ROOT / "examples" / "avatars"
    sys.path.insert(0, str(folder))
    try:
        latent_map, script = (_loaded(folder / f"{name}.py") for name in ("latent_map", "controls"))
    finally:
        sys.path.remove(str(folder))
    beside = (ROOT / "runtime" / "data" / "avatars-1.controls.json").read_text("utf-8")
    assert beside == script.text(script.document()) + "\n"
    assert json.loads(beside)["model_sha256"] == avatars.model_sha256
    base, words = ganrt.latents(1, 100, seed=9), {v: k for k, v in script.NAMES.items()}
    parts = {"hair": latent_map.HEAD, "expression": latent_map.EXPRESSION}
    parts |= {"facial-hair": latent_map.FACIAL_HAIR, "glasses": latent_map.ACCESSORIES}
    for name, part in parts.items():
        for option in avatars.controls[name].options:
            z = avatars.controls.apply(base, {name: option.name})
            number = int(part.choose(latent_map.group_scores(torch.from_numpy(z)))[0])
            assert part.choices[number] == words.get(option.name, option.name)
    light, dark = (latent_map.colours(torch.from_numpy(avatars.controls.apply(base, {"skin": x}))) for x in (0, 1))
    assert light["skin"].sum() > dark["skin"].sum() + 1


def _loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
