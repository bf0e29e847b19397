"""Kits and programs that several tests of ganrt_avatars use, each made once a session."""

import pytest
from avatar_programs import ask_program, built
from game_kits import make_kit
from layered_models import save_layered

import ganrt


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return save_layered(tmp_path_factory.mktemp("model") / "layered.onnx")


@pytest.fixture(scope="session")
def generator(model):
    with ganrt.load(model, backend="onnxruntime") as generator:
        yield generator


@pytest.fixture(scope="session")
def whole(model, generator, tmp_path_factory):
    """A kit, to be read."""
    return make_kit(model, generator, tmp_path_factory.mktemp("kit") / "kit")


@pytest.fixture
def ask(tmp_path):
    """Lines told by avatars.c, the first says how it opened; pictures are in tmp_path."""

    def asked(kit, lines=(), build="sanitized", **options):
        return ask_program(built("avatars.c", build), kit, tmp_path, lines, options)

    return asked
