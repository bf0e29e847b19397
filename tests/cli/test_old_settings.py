"""`--set key=value` of 0.1.0: each key still works, and its new spelling is said once."""

import pytest

from ganrt.cli.former import with_old_settings
from ganrt.errors import UsageError
from ganrt.exporter.options import Settings

RENAMED = [
    (["bn_eps=0.8"], Settings(norm_eps=0.8), "--norm-eps 0.8"),
    (["eps=0.01"], Settings(norm_eps=0.01), "--norm-eps 0.01"),
    (["norm_eps=0.01"], Settings(norm_eps=0.01), "--norm-eps 0.01"),
    (["output_bn_eps=0.2"], Settings(output_norm_eps=0.2), "--output-norm-eps 0.2"),
    (["sn_eps=0.2"], Settings(sn_eps=0.2), "--sn-eps 0.2"),
    (["part=G"], Settings(network="G"), "--network G"),
    (["preset=anime"], Settings(preset="anime"), "--preset anime"),
    (["height=64"], Settings(size=(64, 256)), "--size 64x256"),
    (["width=64"], Settings(size=(256, 64)), "--size 256x64"),
    (["side=32"], Settings(size=(32, 32)), "--size 32x32"),
    (["dynamic=true"], Settings(dynamic=True), "--dynamic"),
    (["dynamic=false"], Settings(), "left away"),
    (["trust=true"], Settings(trust=True), "--trust"),
    (["latent=100"], Settings(latent=100), "--latent 100"),
    (["labels=10"], Settings(labels=10), "--labels 10"),
    (["labels=code"], Settings(label_meaning="code"), "--label-meaning code"),
    (["prior=uniform"], Settings(prior="uniform"), "--prior uniform"),
    (["threshold=3"], Settings(threshold=3.0), "--threshold 3"),
    (["range=tanh"], Settings(range="tanh"), "--range tanh"),
    (["layout=nhwc"], Settings(layout="nhwc"), "--layout nhwc"),
    (["z_shape=n,dim,1,1"], Settings(z_shape=(0, 2)), "--z-shape n,dim,1,1"),
    (["output=picture"], Settings(image_output="picture"), "--image-output picture"),
    (["truncation=0.4"], Settings(freeze=0.4), "--freeze truncation=0.4"),
    (["statistics_rule=library"], Settings(statistics_rule="library"), "--statistics-rule library"),
    (["upsample=1,3,5"], Settings(upsample=(1, 3, 5)), "--upsample 1,3,5"),
    (["gain=added"], Settings(gain="added"), "--gain added"),
    (["accumulated=true"], Settings(accumulated=True), "--accumulated"),
    (["accumulated=false"], Settings(accumulated=False), "--no-accumulated"),
]


@pytest.mark.parametrize(("given", "settings", "new"), RENAMED, ids=[case[0][0] for case in RENAMED])
def test_each_key_has_a_new_spelling_that_is_said_once(capsys, given, settings, new):
    assert with_old_settings(Settings(), given) == settings
    said = capsys.readouterr().err
    assert said == f"note: --set {given[0]} is now {new}; the old spelling works in this release only\n"


def test_they_go_together_with_options(capsys):
    made = with_old_settings(Settings(network="G"), ["height=20", "width=36"])
    assert made == Settings(network="G", size=(20, 36))
    assert capsys.readouterr().err.count("--size 20x36") == 2


@pytest.mark.parametrize(
    ("given", "settings", "message"),
    [
        (["bn_epsilon=1"], Settings(), "--set bn_epsilon=1: there is no such setting"),
        (["bn_eps"], Settings(), "--set bn_eps: expected key=value"),
        (["bn_eps=1", "bn_eps=2"], Settings(), "each key once"),
        (["bn_eps=0"], Settings(), "--norm-eps 0: expected a number above 0"),
        (["trust=yes"], Settings(), "--set trust=yes: expected true or false"),
        (["part=G"], Settings(network="D"), "--set and --network say the same"),
    ],
)
def test_bad_ones_are_refused_by_name(given, settings, message):
    with pytest.raises(UsageError, match=message):
        with_old_settings(settings, given)
