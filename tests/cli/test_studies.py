"""The studies on the command line: sweep's table and plot, walks from class to class, classes and their map."""

import csv
import json
import sys

import numpy as np
import pytest
from cli_files import names, read
from tiny_onnx import KINDS, save_embedded, save_tiny, tiny_spec

import ganrt
from ganrt.runtime.pictures import read_origin

SWEEP = ["sweep", "--factors", "0.3,1", "--diversity-samples", "8", "--columns", "2"]


@pytest.fixture
def flowers(tmp_path):
    return save_embedded(tmp_path / "flowers.onnx")


def test_the_table_says_what_the_json_says(run, flowers, tmp_path):
    arguments = [*SWEEP, "-m", flowers, "--class", "rose", "--csv", "s.csv", "--plot", "p.png", "-o", "s.png", "--json"]
    code, out, err = run(*arguments)
    assert code == 0, err
    with (tmp_path / "work" / "s.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    result = json.loads(out)
    assert (result["csv"], result["plot"]) == ("s.csv", "p.png")
    for line, row in zip(table, result["rows"], strict=True):
        assert float(line["psi"]) == row["psi"]
        assert (line["statistics"], row["statistics"]) == ("", None)
        for name in ("diversity", "sharpness"):
            low, high = row[f"{name}_interval"]
            assert [float(line[name]), float(line[f"{name}_low"]), float(line[f"{name}_high"])] == [
                row[name],
                low,
                high,
            ]
            assert low <= row[name] <= high
            assert low < high
    assert [line["start"] for line in table] == ["0", "8"]
    plot = read(tmp_path / "work" / "p.png")
    assert plot.shape == (360, 800, 3)
    assert read_origin(tmp_path / "work" / "p.png")["class"] == "rose"
    assert names(tmp_path / "work") == ["p.png", "s.csv", "s.png"]
    with ganrt.load(flowers) as generator:
        images = generator.sample(2, start=8, truncation=1.0, labels="rose")
    np.testing.assert_array_equal(read(tmp_path / "work" / "s.png")[8:16, 44:52], images[0])
    first = (tmp_path / "work" / "s.csv").read_bytes(), plot
    assert run(*arguments, "--force")[0] == 0
    assert (tmp_path / "work" / "s.csv").read_bytes() == first[0]
    np.testing.assert_array_equal(read(tmp_path / "work" / "p.png"), first[1])


def test_one_factor_can_be_plotted(run, tiny, tmp_path):
    assert run(*SWEEP, "-m", tiny, "--factors", "0.5", "--plot", "p.png")[0] == 0
    ink = (read(tmp_path / "work" / "p.png")[60:280].astype(int) * [1, 0, -1]).sum(axis=2)
    assert (ink < -60).sum() > 20  # the blue of the point and its interval


def test_a_sweep_may_hold_the_statistics(run, tmp_path):
    model = save_tiny(tmp_path / "s.onnx", tiny_spec(statistics=True))
    _, out, _ = run(*SWEEP, "-m", model, "--json", "-o", "a.png")
    assert [row["statistics"] for row in json.loads(out)["rows"]] == [0.3, 1.0]
    _, out, _ = run(*SWEEP, "-m", model, "--statistics-truncation", "0.4", "--json", "-o", "b.png")
    assert [row["statistics"] for row in json.loads(out)["rows"]] == [0.4, 0.4]
    assert not np.array_equal(read("a.png"), read("b.png"))
    code, _, err = run(*SWEEP, "-m", model, "--factors", "0.5,1.5", "-o", "c.png")
    assert code == 2
    assert "truncation 1.5: expected 0.02 to 1" in err


def cells(path, columns):
    """The 8 x 8 pictures of a sweep's sheet of two rows, behind its margin: uint8 [2, columns, 8, 8, 3]."""
    return read(path)[:, 44:].reshape(2, 8, columns, 8, 3).swapaxes(1, 2)


def test_a_file_of_latents_is_scaled_by_each_factor(run, tiny, tmp_path):
    z = ganrt.latents(9, 6, seed=4)
    np.save(tmp_path / "z.npy", z)
    asked = [*SWEEP, "-m", tiny, "--factors", "0.25,1", "--latents", tmp_path / "z.npy"]
    code, out, err = run(*asked, "--json", "-o", "s.png")
    assert code == 0, err
    assert [(row["start"], row["samples"]) for row in json.loads(out)["rows"]] == [("0", 8), ("0", 8)]
    with ganrt.load(tiny) as generator:
        for row, psi in zip(cells("s.png", 2), (0.25, 1), strict=True):
            np.testing.assert_array_equal(row, generator.synthesize(np.float32(psi) * z[:2]))
    assert read_origin(tmp_path / "work" / "s.png")["latents"]["file"] == "z.npy"
    for wrong in (["--seed", 3], ["--name", "Ann"], ["--threshold", 2], ["--truncation-mode", "resample"]):
        code, _, err = run(*asked, *wrong, "-o", "none.png")
        assert (code, "expected" in err) == (2, True), err
    np.save(tmp_path / "z.npy", z[:7])
    code, _, err = run(*asked, "-o", "none.png")
    assert (code, "7 latents to measure; an interval needs at least 8" in err) == (2, True)
    np.save(tmp_path / "z.npy", z[:, :5])
    code, _, err = run(*asked, "-o", "none.png")
    assert (code, "latents of 5 numbers" in err) == (4, True)


def test_choices_and_latents_of_styles_are_not_scaled():
    from ganrt.runtime.sampling import scaled
    from ganrt.spec import Latent

    z = np.ones((1, 6), np.float32)
    parts = scaled(Latent(dim=6, prior="normal:2,onehot:3,uniform:1"), z, 0.5)
    np.testing.assert_array_equal(parts, [[0.5, 0.5, 1, 1, 1, 0.5]])
    np.testing.assert_array_equal(scaled(Latent(dim=6, prior="normal", psi_mode="style"), z, 0.5), z)


def test_a_player_and_the_rerolls_are_in_every_row(run, tiny, tmp_path):
    code, _, err = run(*SWEEP, "-m", tiny, "--name", "Ann of Ayr", "-o", "s.png")
    assert code == 0, err
    with ganrt.load(tiny) as generator:
        for row, psi in zip(cells("s.png", 2), (0.3, 1.0), strict=True):
            for reroll in range(2):
                expected = generator.avatar("Ann of Ayr", reroll=reroll, truncation=psi)
                np.testing.assert_array_equal(row[reroll], expected)
    assert read_origin(tmp_path / "work" / "s.png")["name"] == "Ann of Ayr"
    assert run(*SWEEP, "-m", tiny, "--name", "Ann", "--seed", 1, "-o", "none.png")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--csv", "a.txt"], 2, ".csv"),
        (["--plot", "a.pdf"], 2, ".png"),
        (["--plot", "s.png", "-o", "s.png"], 2, "two outputs"),
        (["--plot", "S.PNG", "-o", "s.png"], 2, "two outputs"),
        (["--plot", "there.png"], 5, "--force"),
        (["--csv", "there.csv"], 5, "--force"),
        (["--diversity-samples", "7"], 2, "diversity-samples"),
        (["--statistics-truncation", "0.5"], 2, "no batch-norm statistics"),
    ],
)
def test_outputs_of_a_sweep_are_checked_before_the_work(run, tiny, tmp_path, monkeypatch, arguments, code, words):
    work = tmp_path / "work"
    for name in ("there.png", "there.csv"):
        (work / name).write_bytes(b"mine")
    found, out, err = run(*SWEEP, "-m", tiny, *arguments)
    assert found == code
    assert words in err
    assert out == ""
    assert names(work) == ["there.csv", "there.png"]
    assert (work / "there.png").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("package", "arguments"),
    [("matplotlib", [*SWEEP, "--plot", "p.png"]), ("sklearn", ["classes", "flowers", "--picture", "p.png"])],
)
def test_a_missing_extra_exits_with_3_before_the_work(run, flowers, tmp_path, monkeypatch, package, arguments):
    monkeypatch.setitem(sys.modules, package, None)
    arguments = [str(flowers) if word == "flowers" else word for word in arguments]
    code, _, err = run(*arguments)
    assert code == 3
    assert package in err
    assert 'pip install "ganrt[study]"' in err
    assert names(tmp_path / "work") == []


def test_a_walk_from_class_to_class(run, flowers, tmp_path):
    code, out, err = run(
        "interpolate", "-m", flowers, "--classes", "daisy, 2,poppy", "--duration", 1, "--fps", 8, "-o", "f", "--json"
    )
    assert code == 0, err
    assert json.loads(out)["frames"] == 9
    folder = tmp_path / "work" / "f"
    z = ganrt.latents(1, 6, seed=0)  # one seed, held
    with ganrt.load(flowers) as generator:
        for frame, kind in ((0, "daisy"), (4, "tulip"), (8, "poppy")):
            np.testing.assert_array_equal(read(folder / f"frame{frame:06d}.png"), generator.synthesize(z, kind)[0])
        middle = generator.synthesize(z, [0.5, 0, 0.5, 0, 0, 0])[0]
    np.testing.assert_array_equal(read(folder / "frame000002.png"), middle)
    assert read_origin(folder / "frame000002.png")["classes"] == ["daisy", "2", "poppy"]


def test_seeds_and_classes_move_together_and_one_class_holds(run, flowers):
    walk = ["interpolate", "-m", flowers, "--fps", 4, "--duration", 1]
    assert run(*walk, "--classes", "rose,daisy", "--seeds", "5,6", "-o", "both")[0] == 0
    assert run(*walk, "--class", "tulip", "--seeds", "5,6", "--loop", "-o", "one")[0] == 0
    z = np.concatenate([ganrt.latents(1, 6, seed=seed) for seed in (5, 6)])
    with ganrt.load(flowers) as generator:
        for frame, kind, row in ((0, "rose", 0), (4, "daisy", 1)):
            np.testing.assert_array_equal(read(f"both/frame00000{frame}.png"), generator.synthesize(z, kind)[row])
        for frame, row in ((0, 0), (2, 1)):
            np.testing.assert_array_equal(read(f"one/frame00000{frame}.png"), generator.synthesize(z, "tulip")[row])


def test_names_with_commas_are_given_one_by_one(run, tmp_path):
    model = save_embedded(tmp_path / "m.onnx", names=("tench, Tinca tinca", "goldfish", "shark", "ray"))
    walk = ["interpolate", "-m", model, "--fps", 4, "--duration", 1]
    assert run(*walk, "--classes", "tench, Tinca tinca", "--classes", "ray", "-o", "named")[0] == 0
    assert run(*walk, "--classes", "0,3", "-o", "numbered")[0] == 0
    np.testing.assert_array_equal(read("named/frame000001.png"), read("numbered/frame000001.png"))


def test_a_keyframe_may_be_a_mixture(run, flowers):
    walk = ["interpolate", "-m", flowers, "--fps", 4, "--duration", 1]
    code, _, err = run(*walk, "--classes", "rose:0.5,poppy:0.25", "--classes", "daisy", "-o", "mixed")
    assert code == 0
    assert "sum to 0.75" in err
    with ganrt.load(flowers) as generator:
        expected = generator.synthesize(ganrt.latents(1, 6, seed=0), [0.5, 0.25, 0, 0, 0, 0.125])[0]
    np.testing.assert_array_equal(read("mixed/frame000002.png"), expected)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--classes", "daisy,roze"], "rose"),
        (["--classes", "daisy,6"], "expected 0 to 5"),
        (["--classes", "daisy,,rose"], "commas between"),
        (["--classes", "daisy,rose", "--seeds", "1-3"], "as many of each"),
        (["--classes", "daisy,rose", "--class", "poppy"], "expected one of them"),
        (["--statistics-truncation", "0.5"], "no batch-norm statistics"),
    ],
)
def test_walks_through_classes_that_make_no_sense(run, flowers, tmp_path, arguments, words):
    code, _, err = run("interpolate", "-m", flowers, *arguments, "-o", "frames")
    assert code == 2
    assert words in err
    assert names(tmp_path / "work") == []


def test_a_generator_without_classes_walks_to_none(run, tiny, tmp_path):
    code, _, err = run("interpolate", "-m", tiny, "--classes", "a,b", "-o", "frames")
    assert code == 2
    assert "no classes" in err
    assert names(tmp_path / "work") == []


def test_classes_are_listed(run, flowers, tmp_path):
    _, out, _ = run("classes", flowers)
    assert [line.split() for line in out.splitlines()] == [[str(i), name] for i, name in enumerate(KINDS)]
    result = json.loads(run("classes", flowers, "--json")[1])
    assert result["count"] == 6
    assert result["classes"][2] == {"number": 2, "name": "tulip"}
    linear_or_not = save_embedded(tmp_path / "t.onnx", how="tanh")
    assert run("classes", linear_or_not)[0] == 0  # a list needs no embeddings


def test_near_classes_and_pairs(run, tmp_path):
    table = np.array([[1, 0], [5, 0], [0.9, 0.5], [-1, 0], [0, 2], [0, 2.5]], np.float32)
    model = save_embedded(tmp_path / "m.onnx", table)
    result = json.loads(run("classes", model, "--near", "Daisy", "--top", 2, "--pairs", 1, "--json")[1])
    assert result["metric"] == "cosine"
    assert [pair["names"] for pair in result["nearest"]] == [["daisy", "rose"], ["daisy", "tulip"]]
    assert result["farthest"][0] == {"classes": [0, 3], "names": ["daisy", "dandelion"], "distance": 2.0}
    assert "classes" not in result
    euclidean = json.loads(run("classes", model, "--near", 0, "--pairs", 1, "--metric", "euclidean", "--json")[1])
    assert euclidean["nearest"][0]["names"] == ["daisy", "tulip"]
    assert euclidean["closest_pairs"][0]["names"] == ["sunflower", "poppy"]
    assert euclidean["farthest_pairs"] == [{"classes": [1, 3], "names": ["rose", "dandelion"], "distance": 6.0}]
    text = run("classes", model, "--near", "daisy", "--top", 1)[1]
    assert text.splitlines()[:2] == ["nearest (cosine distance):", "  0.0000  0 daisy - 1 rose"]


def test_a_map_is_drawn(run, flowers, tmp_path):
    code, out, err = run("classes", flowers, "--picture", "map.png", "--metric", "euclidean", "--json")
    assert code == 0, err
    assert json.loads(out)["picture"] == "map.png"
    assert read(tmp_path / "work" / "map.png").shape == (900, 1800, 3)
    assert read_origin(tmp_path / "work" / "map.png")["metric"] == "euclidean"


@pytest.mark.parametrize(
    ("model", "arguments", "code", "words"),
    [
        ("flowers", ["--near", "roze"], 2, "rose"),
        ("flowers", ["--metric", "manhattan"], 2, "cosine, euclidean"),
        ("flowers", ["--picture", "map.jpg"], 2, ".png"),
        ("flowers", ["--picture", "there.png"], 5, "--force"),
        ("flowers", ["--pairs", "0"], 2, "pairs"),
        ("tiny", [], 2, "no classes"),
        ("missing.onnx", [], 4, "does not exist"),
        ("bent", ["--near", "rose"], 2, "go into Tanh"),
        ("three", ["--picture", "map.png"], 2, "at least 4 classes"),
    ],
)
def test_questions_about_classes_that_make_no_sense(run, tiny, flowers, tmp_path, model, arguments, code, words):
    models = {"flowers": flowers, "tiny": tiny, "bent": tmp_path / "bent.onnx", "three": tmp_path / "three.onnx"}
    save_embedded(models["bent"], how="tanh")
    save_embedded(models["three"], names=KINDS[:3])
    (tmp_path / "work" / "there.png").write_bytes(b"mine")
    found, out, err = run("classes", models.get(model, model), *arguments)
    assert found == code
    assert words in err
    assert out == ""
    assert len(err.strip().splitlines()) <= 3 or code == 2
    assert names(tmp_path / "work") == ["there.png"]
