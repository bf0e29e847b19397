"""examples/avatars-2: the quantiser chooses one option of each part whatever z is, and the recipe's programs run."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from recipes import run_program

RECIPE = Path(__file__).parents[2] / "examples" / "avatars-2"


@pytest.fixture(scope="module")
def recipe():
    """Its modules; they are in no package, and gone again afterwards: others have such names too."""
    sys.path.insert(0, str(RECIPE))
    before = set(sys.modules)
    yield SimpleNamespace(**{name: importlib.import_module(name) for name in ("parts", "networks")})
    sys.path.remove(str(RECIPE))
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and Path(sys.modules[name].__file__).parent == RECIPE:
            del sys.modules[name]


def chosen(recipe, z):
    """The quantiser's choices; each is exactly one option."""
    choices = recipe.networks.Quantiser()(torch.from_numpy(z))
    for name, choice in choices.items():
        assert set(choice.unique().tolist()) <= {0.0, 1.0}, name
        assert (choice.sum(dim=1) == 1).all(), name
    return {name: choice.argmax(dim=1).numpy() for name, choice in choices.items()}


def assert_as_stated(recipe, z):
    found, stated = chosen(recipe, z), recipe.parts.choose(z)
    for name in stated:
        np.testing.assert_array_equal(found[name], stated[name], err_msg=name)
    return found


def test_random_latents_choose_what_the_map_says(recipe):
    random = np.random.default_rng(0)
    z = random.standard_normal((4000, recipe.parts.LATENT_DIM), dtype=np.float32)
    z[::3] *= 4
    found = assert_as_stated(recipe, z)
    for part in recipe.parts.PARTS:
        assert len(np.unique(found[part.name])) == len(part.options), part.name


def test_one_ulp_on_either_side_of_each_threshold(recipe):
    hair = recipe.parts.part("hair")
    rarely = next(i for i, option in enumerate(hair.options) if option.rarely_bearded)
    rows, changes = [], []
    for part in recipe.parts.PARTS:
        for i, cuts in enumerate(part.thresholds):
            for cut in np.array(cuts, np.float32):
                z = np.full(recipe.parts.LATENT_DIM, 0.01, np.float32)
                if part.optional and i:
                    z[part.first] = 1.0  # it is there, so that its kind shows
                certain = part.optional and not i and cut > 1
                if certain:
                    z[: hair.values] = hair.values_for(rarely)
                changes.append(not certain or part.name == "facial-hair")  # nothing speaks against glasses anyway
                for value in (np.nextafter(cut, np.float32(-9)), cut, np.nextafter(cut, np.float32(9))):
                    z[part.first + i] = value
                    rows.append(z.copy())
    found = assert_as_stated(recipe, np.stack(rows))
    below, at, above = (np.stack([found[part][k::3] for part in found]) for k in range(3))
    np.testing.assert_array_equal(below, at)
    np.testing.assert_array_equal((at != above).sum(axis=0), np.array(changes, int))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e38])
def test_one_option_each_whatever_the_values_are(recipe, value):
    chosen(recipe, np.full((2, recipe.parts.LATENT_DIM), value, np.float32))


def test_every_option_is_chosen_by_the_values_that_are_stated_for_it(recipe):
    for part in recipe.parts.PARTS:
        z = np.zeros((len(part.options), recipe.parts.LATENT_DIM), np.float32)
        for i in range(len(part.options)):
            z[i, part.first : part.first + part.values] = part.values_for(i)
        np.testing.assert_array_equal(chosen(recipe, z)[part.name], np.arange(len(part.options)))


def test_near_zero_there_is_one_picture(recipe):
    z = 1e-3 * np.random.default_rng(1).standard_normal((50, recipe.parts.LATENT_DIM)).astype(np.float32)
    assert all(len(np.unique(choice)) == 1 for choice in chosen(recipe, z).values())


def test_the_network_s_colours_are_those_of_the_map(recipe):
    z = 2 * np.random.default_rng(2).standard_normal((200, recipe.parts.LATENT_DIM)).astype(np.float32)
    stated = recipe.parts.colours(z)
    for name, matrix in recipe.networks.Colouring()(torch.from_numpy(z)).items():
        for k, colour in enumerate(recipe.parts.LAYERS[recipe.parts.part(name).component][1:]):
            np.testing.assert_allclose(matrix[:, :3, k], stated[colour], atol=1e-5, err_msg=f"{name}: {colour}")


def test_colour_is_0_wherever_opacity_rounds_to_0(recipe):
    opacity = torch.tensor([0.0, 0.4, 0.5, 0.51, 1.0, 30.0, 255.0]) / 255
    picture = torch.stack([opacity * 0.8] * 3 + [opacity])[None, :, None]
    levels = (recipe.networks.straight(picture) * 255).round()[0, :, 0]
    assert levels[:3, levels[3] == 0].max() == 0
    assert levels[0, -1] == 204
    assert levels[0, -2] == 204


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_training_resumes_and_what_it_makes_is_exported(recipe, tmp_path):
    random = np.random.default_rng(0)
    for part in recipe.parts.PARTS:
        left, top, width, height = recipe.networks.BOXES[part.component]
        layer = np.zeros((len(part.options), len(recipe.parts.LAYERS[part.component]), 256, 256), np.float32)
        layer[:, :, top : top + height, left : left + width] = random.random((height, width)) / 8
        np.save(tmp_path / f"{part.name}.npy", layer)
    run("train.py", "-o", tmp_path, "--iterations", "1", "--batch", "1")
    run("train.py", "-o", tmp_path, "--iterations", "2", "--batch", "1")
    assert torch.load(tmp_path / "training.pt", weights_only=True)["iteration"] == 2
    run("export.py", "-i", tmp_path / "decoders.safetensors", "-o", tmp_path / "tiny.onnx", "--budget", "0")
    import ganrt

    with ganrt.load(tmp_path / "tiny.onnx") as generator:
        assert generator.sample(2, seed=1).shape == (2, 256, 256, 4)
        assert [control.name for control in generator.spec.controls][:2] == ["hair", "expression"]


def run(program, *arguments):
    run_program(RECIPE / program, *arguments)
