"""`ganrt export` and `ganrt inspect` of what Keras and TensorFlow write."""

import json

import numpy as np
from keras_fixtures import expected, fixtures

import ganrt


def test_export_of_a_saved_model_in_a_tar(run, tmp_path):
    code, out, err = run("export", fixtures() / "anime.tar", "-o", "a.onnx", "--json")
    assert code == 0, err
    assert json.loads(out)["family"] == "keras"
    with ganrt.load(tmp_path / "work" / "a.onnx") as generator:
        assert generator.spec.source.format == "tar+saved-model"
        pictures = generator.synthesize(expected("anime.z"))
    assert np.abs(pictures - (expected("anime") + 1) * 127.5).max() <= 0.53


def test_a_missing_preset_is_a_usage_error(run):
    code, _, err = run("export", fixtures() / "anime.k2-weights.h5", "-o", "a.onnx")
    assert code == 2
    assert "--preset anime" in err
    code, _, err = run("export", fixtures() / "general.k3.keras", "-o", "a.onnx", "--size", "8x8")
    assert code == 2
    assert "family keras has no option --size" in err
    assert "--range (tanh for pictures" in err


def test_inspect_of_files_and_folders(run):
    code, out, _ = run("inspect", fixtures() / "anime.k2-weights.h5", "--set", "preset=anime", "--json")
    report = json.loads(out)
    assert (code, report["family"], report["format"], report["latent_dim"]) == (0, "keras", "hdf5", 6)
    assert (report["height"], report["width"], report["channels"]) == (64, 64, 3)
    code, out, _ = run("inspect", fixtures() / "training_checkpoints")
    assert code == 0
    assert "preset tutorial-mnist" in out
    code, _, err = run("inspect", fixtures() / "training_checkpoints", "--set", "preset=anime")
    assert code == 4
    assert "does not fit the preset anime" in err


def test_keras_files_have_no_parts_and_are_read_whole(run):
    for arguments in (["inspect"], ["export", "-o", "a.onnx"]):
        code, _, err = run(*arguments, fixtures() / "general.k3.keras", "--network", "generator")
        assert code == 2
        assert "has no network 'generator'\nit holds one network: leave --network out" in err
    reports = [
        json.loads(run("inspect", fixtures() / "general.k3.keras", "--json", *full)[1])
        for full in ([], ["--full", "--family", "keras"])
    ]
    assert reports[0] == reports[1]
    assert len(reports[0]["sha256"]) == 64
