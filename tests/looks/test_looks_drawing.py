"""Every printed code redraws its picture, byte for byte; what a model does not have is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from controlled_models import save_controlled
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.errors import UsageError
from ganrt.runtime.generator import Generator, load
from ganrt.runtime.look_drawing import model_for
from ganrt.runtime.looks import Look
from ganrt.runtime.sampling import Truncation


@pytest.fixture(scope="module")
def dolls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    with load(save_controlled(tmp_path_factory.mktemp("dolls") / "dolls.onnx")) as generator:
        yield generator


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    path = tmp_path_factory.mktemp("flowers") / "flowers.onnx"
    with load(save_tiny(path, tiny_spec(name="flowers", labels=4, statistics=True))) as generator:
        yield generator


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, ""),
        ({"truncation": 0.7}, ".psi=0.7"),
        ({"truncation": Truncation(0.5, "scale", 1.5)}, ".mode=scale,.threshold=1.5"),
        ({"controls": {"hair": "flat-top", "skin": 0.30000000000000004, "shirt": "#3366CC"}}, "hair=flat-top"),
        ({"pinned": "0:5=-1,3=0.1,9:=2"}, ".z0-3=-1,.z3=0.1,.z4=-1,.z9-12=2"),
        ({"truncation": 0.9, "controls": {"skin": 1}, "pinned": "1=0.25"}, "skin=1"),
    ],
)
def test_a_code_redraws_its_picture(dolls: Generator, arguments: dict[str, object], field: str) -> None:
    how = {"truncation": None, "labels": None, "batch_size": None, "pinned": "", "controls": None} | arguments
    _, images = next(dolls.sample_pairs([(7, 2**64 - 1)], **how))  # type: ignore[arg-type]
    code = dolls.look(7, 2**64 - 1, **arguments).code  # type: ignore[arg-type]
    assert field in code
    np.testing.assert_array_equal(dolls.draw(code), images[0])


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "8841:"),
        ({"labels": 2}, ".class=2"),
        ({"labels": "1:0.3,3:0.7"}, ".class1=0.3,.class3=0.7"),
        ({"labels": [0.0, 0.0, 0.0, 0.0]}, ".class0=0"),
        ({"truncation": Truncation(0.5, statistics=0.8), "labels": 1}, ".statistics=0.8"),
    ],
)
def test_a_code_holds_class_and_statistics(flowers: Generator, arguments: dict[str, object], field: str) -> None:
    images = flowers.sample(1, seed=0, start=8841, **arguments)  # type: ignore[arg-type]
    code = flowers.look(0, 8841, **arguments).code  # type: ignore[arg-type]
    assert field in code
    np.testing.assert_array_equal(flowers.draw(code), images[0])


def test_looks_of_one_batch_do_not_touch_each_other(flowers: Generator) -> None:
    looks = [flowers.look(seed, labels=seed % 4, truncation=0.1 + seed / 10) for seed in range(9)]
    together = np.concatenate([images for _, images in flowers.draw_looks(looks, batch_size=4)])
    assert len({image.tobytes() for image in together}) == 9
    np.testing.assert_array_equal(together, [flowers.draw(look) for look in looks])


def test_a_walk_passes_through_looks_codes_and_all(flowers: Generator, dolls: Generator) -> None:
    looks = [flowers.look(seed, labels=seed % 4, truncation=0.3 + seed / 10) for seed in range(3)]
    path = ganrt.walk(looks=[looks[0], looks[1].code, looks[2]], duration=2, loop=False)
    with flowers.stream(path, fps=1, paced=False) as frames:
        np.testing.assert_array_equal(list(frames), [flowers.draw(look) for look in looks])
    with flowers.stream(ganrt.walk(seeds=[1]), fps=1, endless=True) as stream:
        stream.set(walk=path)
        np.testing.assert_array_equal(next(stream), flowers.draw(looks[0]))
    with pytest.raises(UsageError, match="drawn by flowers"):
        dolls.stream(path)
    for wrong in ({"truncation": 0.5}, {"classes": [1]}, {"seeds": [1]}, {"method": "drift"}):
        with pytest.raises(UsageError, match="expected"):
            ganrt.walk(looks=looks, **wrong)  # type: ignore[arg-type]


def test_an_alias_is_resolved_and_the_right_model_is_drawn() -> None:
    with load("avatars", precision="fp32") as generator:
        look = generator.look(0, 8841)
        assert look.code.startswith("ganrt:avatars-1:0:8841:")
        np.testing.assert_array_equal(generator.draw("ganrt:avatars:0:8841"), generator.sample(1, start=8841)[0])
        np.testing.assert_array_equal(ganrt.draw(look.code), generator.draw(look))
        with pytest.raises(UsageError, match="drawn by avatars-2"):
            generator.draw("ganrt:avatars-2:0:8841")


def test_a_file_is_known_by_its_hash_whatever_its_name(dolls: Generator, flowers: Generator) -> None:
    look = dolls.look(1)
    assert look.model == f"dolls~{dolls.model_sha256[:8]}"
    np.testing.assert_array_equal(dolls.draw(replace(look, model=f"other~{dolls.model_sha256[:8]}")), dolls.draw(look))
    with pytest.raises(UsageError, match="(?s)drawn by dolls~.*-m MODEL"):
        flowers.draw(look)
    with pytest.raises(UsageError, match="(?s)SHA-256 begins with.*-m MODEL"):
        ganrt.draw(look.code)
    assert dolls.path is not None
    np.testing.assert_array_equal(ganrt.draw(look, Path(dolls.path)), dolls.draw(look))


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"controls": (("hare", "afro"),)}, "no control 'hare'"),
        ({"controls": (("hair", "afr0"),)}, "expected one of afro"),
        ({"controls": (("skin", "1.5"),)}, "from 0 to 1"),
        ({"classes": ((0, 1.0),)}, "has no classes"),
        ({"truncation": Truncation(statistics=0.5)}, "no batch-norm statistics"),
    ],
)
def test_what_the_model_does_not_have_is_named_with_the_code(
    dolls: Generator, look: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=f"(?s)ganrt:dolls~.*{message}"):
        dolls.draw(Look(model=dolls.look().model, **look))  # type: ignore[arg-type]


def test_a_model_without_controls_says_so(flowers: Generator) -> None:
    with pytest.raises(UsageError, match="no named controls"):
        flowers.draw(replace(flowers.look(), controls=(("hair", "afro"),)))
    with pytest.raises(UsageError, match="class 4: expected 0 to 3"):
        flowers.draw(replace(flowers.look(), classes=((4, 1.0),)))


def test_looks_of_several_or_unknown_models_are_refused() -> None:
    with pytest.raises(UsageError, match="several models"):
        model_for([Look(model="avatars-1"), Look(model="avatars-2")])
    with pytest.raises(UsageError, match="(?s)no model 'avatars-9'.*-m MODEL"):
        model_for([Look(model="avatars-9")])
