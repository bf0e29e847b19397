"""Classes by name, synonym or number, and mixtures of them."""

import numpy as np
import pytest

from ganrt.errors import UsageError
from ganrt.exporter.families.biggan_checkpoint import imagenet_names
from ganrt.runtime.labels import class_number, label_weights, parse_mixture, weights_note
from ganrt.spec import GeneratorSpec, Labels, Latent, Output

NAMES = imagenet_names()
IMAGENET = Labels(count=1000, names=NAMES)
SPEC = GeneratorSpec(
    name="a",
    family="a",
    latent=Latent(dim=2, prior="normal"),
    labels=IMAGENET,
    output=Output(height=8, width=8, channels=3),
)


@pytest.mark.parametrize("given", ["mushroom", "Mushroom", "MUSHROOM", " mushroom ", "947", 947])
def test_mushroom_is_947(given):
    assert class_number(IMAGENET, given) == 947


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("tench, Tinca tinca", 0),
        ("tinca tinca", 0),
        ("agaric", 992),
        ("Cardigan Welsh corgi", 264),
        ("cardigan", 474),  # the whole name goes before a synonym
        ("maillot", 638),
        ("maillot, tank suit", 639),
        ("crane, wading bird", 134),
    ],
)
def test_whole_names_go_before_synonyms(given, number):
    assert class_number(IMAGENET, given) == number


def test_every_name_leads_back_to_its_class():
    assert [class_number(IMAGENET, name) for name in NAMES] == list(range(1000))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("crane", r"ambiguous: 134 \(crane, wading bird\), 517 \(crane, lifting machine\)\ngive the number"),
        ("panther", r"ambiguous: 286 \(cougar, .*\), 290 \(jaguar, "),
        ("mushrom", r"no class of that name; did you mean 947 \(mushroom\)\?"),
        ("corgi", r"did you mean 263 \(Pembroke, .*\), 264 \(Cardigan, "),
        ("qqqqqq", "no class of that name$"),
        ("1000", "expected 0 to 999"),
        ("", "no class of that name"),
    ],
)
def test_candidates_are_listed_with_their_numbers(given, words):
    with pytest.raises(UsageError, match=words) as caught:
        class_number(IMAGENET, given)
    assert caught.value.exit_code == 2
    assert len(str(caught.value).splitlines()) <= 3


def test_classes_without_names():
    with pytest.raises(UsageError, match="class 'seven': this generator's classes have no names; give 0 to 9"):
        class_number(Labels(count=10), "seven")
    assert class_number(Labels(count=10), "7") == 7


def test_mixtures():
    for given in ("947:0.5,992:0.25", "mushroom:0.5, agaric : 0.25", "AGARIC:0.25,947:5e-1,"):
        weights = parse_mixture(IMAGENET, given)
        assert (weights[947], weights[992], np.count_nonzero(weights)) == (0.5, 0.25, 2)
    weights = parse_mixture(IMAGENET, "tench, Tinca tinca:2,3:-1")
    assert (weights[0], weights[3], weights.sum()) == (2, -1, 1)
    zeros = np.zeros(3, np.uint64)
    rows = label_weights(SPEC, "947:0.5,992:0.5", zeros, zeros)
    assert rows.shape == (3, 1000)
    assert (rows[:, [947, 992]] == 0.5).all()
    assert parse_mixture(IMAGENET, "mushroom") is None


def test_a_name_with_a_colon_is_a_name():
    labels = Labels(count=2, names=("a", "a: 1"))
    assert parse_mixture(labels, "A: 1") is None
    assert class_number(labels, "a: 1") == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("947:much", "expected a mixture such as 947:0.5,992:0.5"),
        ("947:nan", "finite weights"),
        ("947:1e300", "finite weights"),
        ("947:", "expected a mixture"),
        (":0.5", "expected a mixture"),
        ("947:0.5,992", "expected a mixture"),
        ("947:0.5,mushroom:0.5", "class 947 is named twice"),
        ("947:0.5,crane:0.5", "ambiguous"),
        ("947:0.5,1000:0.5", "expected 0 to 999"),
    ],
)
def test_mixtures_that_make_no_sense(given, words):
    with pytest.raises(UsageError, match=words):
        parse_mixture(IMAGENET, given)


def test_mixtures_that_do_not_sum_to_one_are_said():
    assert weights_note(IMAGENET, "947:0.5,992:0.3") == (
        "the class weights sum to 0.8, not 1: they are used as they are"
    )
    for given in ("947:0.5,992:0.5", "1:0.333333,2:0.333333,3:0.333334", "mushroom", 947, None):
        assert weights_note(IMAGENET, given) is None
    assert weights_note(None, None) is None
