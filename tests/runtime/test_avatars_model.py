"""The bundled model: whole, small, drawing what it drew when it was published, and diverse."""

import hashlib

import numpy as np
import pytest

import ganrt
from ganrt.runtime.canary import canary_error, canary_picture
from ganrt.runtime.measures import diversity
from ganrt.runtime.models import resolve_model


@pytest.fixture(scope="module")
def avatars():
    with ganrt.load("avatars") as generator:
        yield generator


def test_the_names_lead_to_one_small_file():
    assert resolve_model("avatars") == resolve_model("avatars-1")
    assert resolve_model("avatars").stat().st_size < 16 * 10**6


def test_the_spec_is_that_of_a_verified_dcgan(avatars):
    spec = avatars.spec
    assert (spec.name, spec.family, spec.task) == ("avatars-1", "dcgan", "generate")
    assert (spec.latent.dim, spec.latent.prior) == (100, "normal")
    assert (spec.output.height, spec.output.width, spec.output.channels) == (64, 64, 3)
    assert spec.source.licence == "CC0-1.0"
    assert spec.verification.samples >= 64
    assert spec.verification.max_error_uint8 <= 1


def test_it_draws_its_canary(avatars):
    canary = avatars.spec.canary
    assert hashlib.sha256(canary_picture(canary).tobytes()).hexdigest() == canary.sha256
    error = canary_error(avatars)
    print("canary error", error)
    assert error <= 1


def test_sixteen_avatars_are_sixteen_different_ones(avatars):
    images = avatars.sample(16, seed=0).astype(int)
    distances = [np.abs(a - b).mean() for i, a in enumerate(images) for b in images[:i]]
    print("smallest mean difference", min(distances))
    assert min(distances) > 8
    assert avatars.sample(16, seed=0).std() > 40


@pytest.mark.parametrize("batch_size", [1, 3, 7, 64])
def test_identical_bytes_whatever_the_batch_count_or_start(avatars, batch_size):
    whole = avatars.sample(70, seed=11)
    np.testing.assert_array_equal(avatars.sample(70, seed=11, batch_size=batch_size), whole)
    np.testing.assert_array_equal(avatars.sample(5, seed=11, start=60, batch_size=batch_size), whole[60:65])


def test_threads_do_not_change_a_byte(avatars):
    with ganrt.load("avatars", threads=1) as single, ganrt.load("avatars", threads=2) as double:
        np.testing.assert_array_equal(single.sample(20, seed=3), double.sample(20, seed=3))


def test_truncation_takes_diversity_and_keeps_a_picture(avatars):
    measured = [diversity(avatars.sample(64, seed=1, truncation=psi)) for psi in (0.1, 0.4, 1.0)]
    print("diversity at 0.1, 0.4, 1.0:", measured)
    assert measured[0] < measured[1] < measured[2]
    average = avatars.sample(1, truncation=0.0)[0]
    assert average.std() > 30  # not a grey blur
