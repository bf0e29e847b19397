"""`ganrt evaluate`: figures of known sets, what it says about them, and what it refuses."""

import json
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
from labelled_pictures import COLOURS, draw, draw_labelled
from tiny_encoder import encoder_spec, save_encoder
from tiny_extractors import save_classifier
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.runtime.pictures import encode_png
from ganrt.spec import Latent


@pytest.fixture
def colours(tmp_path):
    """Three labels, twelve pictures of each."""
    return draw_labelled(tmp_path / "colours")


def report_of(result):
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


def test_identical_folders(run, colours):
    report = report_of(run("evaluate", "--real", colours, "--fake", colours, "--json"))
    assert list(report["metrics"]) == ["frechet", "knn", "matching", "precision-recall", "score"]
    found = report["metrics"]
    assert found["frechet"]["value"] < 1e-6
    assert found["frechet"]["floor"] > found["frechet"]["value"]
    assert found["frechet"]["floor_pictures"] == 18
    assert (found["precision-recall"]["precision"], found["precision-recall"]["recall"]) == (1, 1)
    assert found["knn"]["accuracy"] == found["matching"]["accuracy"] == 1
    assert found["knn"]["majority"] == pytest.approx(1 / 3)
    assert 2.5 < found["score"]["value"] <= 3
    assert report["extractor"]["name"] == "colour-and-edges-1"
    assert (report["real"]["pictures"], report["common_size"]) == (36, [12, 12, 3])
    assert report["real"]["labels"] == {"red": 12, "green": 12, "blue": 12}
    assert "FID" not in json.dumps(report)


def test_the_same_call_gives_the_same_figures(run, colours, tiny):
    arguments = ("evaluate", "--real", colours, "-m", tiny, "--count", 40, "-d", "cpu", "--json")
    assert run(*arguments)[1] == run(*arguments)[1]


def test_what_is_set_is_set_in_every_picture(run, colours, tiny):
    asked = ("evaluate", "--real", colours, "-m", tiny, "--count", 12, "--metrics", "frechet", "--json")
    plain, fixed = (json.loads(run(*asked, *more)[1]) for more in ((), ("--set-z", "0:6=1")))
    assert fixed["fake"]["set_z"] == "0:6=1"
    assert plain["metrics"]["frechet"] != fixed["metrics"]["frechet"]
    code, _, err = run("evaluate", "--real", colours, "--fake", colours, "--set-z", "0=1")
    assert (code, "they belong to --model" in err) == (2, True)


def test_latents_of_a_file_are_drawn_in_place_of_sampled_ones(run, colours, tiny):
    np.save("z.npy", ganrt.latents(12, 6, seed=3))
    asked = ("evaluate", "--real", colours, "-m", tiny, "--metrics", "frechet", "--json")
    sampled = report_of(run(*asked, "--count", 12, "--seed", 3))
    given = report_of(run(*asked, "--latents", "z.npy"))
    assert (given["fake"]["latents"]["file"], given["fake"]["pictures"]) == ("z.npy", 12)
    assert given["metrics"] == sampled["metrics"]
    code, _, err = run(*asked, "--latents", "z.npy", "--count", 3)
    assert (code, "expected one of them" in err) == (2, True)


def test_the_psi_of_a_graph_is_in_the_report_beside_latents(run, colours, tmp_path):
    np.save("z.npy", ganrt.latents(12, 6, seed=3))
    latent = Latent(dim=6, prior="truncated_normal", threshold=2.0, psi_mode="scale")
    model = save_tiny(tmp_path / "psi.onnx", tiny_spec(statistics=True, latent=latent))
    asked = ("evaluate", "--real", colours, "-m", model, "--metrics", "frechet", "--json", "--latents", "z.npy")
    assert report_of(run(*asked, "--trunc", 0.4))["fake"]["law"]["psi"] == 0.4


def test_what_it_says(run, colours, tmp_path):
    draw(tmp_path / "other", (128, 128, 128), 9)
    draw(tmp_path / "other", (128, 128, 128), 1, side=20)
    metrics = "frechet,precision-recall"
    code, out, err = run("evaluate", "--real", colours, "--fake", tmp_path / "other", "--metrics", metrics)
    assert code == 0
    assert out.startswith("Fréchet distance (colour-and-edges-1): ")
    assert "; at 9 pictures each: real against fake " in out.splitlines()[0]
    assert "recall: 0.0000 [0, 0.2991]; 3 neighbours, 9 pictures a side" in out
    assert "10 of" not in err
    assert "warning: Fréchet distance: of 9 pictures and 256 features it is far too large (the cov" in err
    assert "warning: fake pictures: 2 different sizes or channels (1 of 9 pictures are 20 x 20 x 3)" in err
    assert "comparable only" in err
    assert "extractor: colour-and-edges-1 (cpu); pictures all at 20 x 20 x 3 first, then 64 x 64 x 3" in err


def test_a_folder_of_codes_with_a_known_permutation(run, colours, tmp_path):
    codes = {"0": "blue", "1": "red", "2": "green"}
    for seed, (code, name) in enumerate(codes.items()):
        draw(tmp_path / "codes" / code, COLOURS[name], 8, 50 + seed)
    arguments = ("evaluate", "--real", colours, "--fake", tmp_path / "codes", "--metrics", "matching")
    found = report_of(run(*arguments, "--json"))["metrics"]["matching"]
    assert found["labels"] == ["blue", "green", "red"]
    assert found["mapping"] == [0, 2, 1]
    assert found["counts"] == [[8, 0, 0], [0, 0, 8], [0, 8, 0]]
    assert found["accuracy"] == 1
    assert found["chance"] < 0.7
    out = run(*arguments)[1].splitlines()
    assert out[1] == "mapping, label = code: blue = 0, green = 2, red = 1"
    assert [line.split() for line in out[3:]] == [["0", "8", "0", "0"], ["1", "0", "0", "8"], ["2", "0", "8", "0"]]


def test_more_codes_than_labels_cannot_all_match(run, colours, tmp_path):
    for code, count in (("0", 4), ("1", 8), ("2", 6), ("3", 2)):
        draw(tmp_path / "codes" / code, COLOURS["red"], count)
    arguments = ("evaluate", "--real", colours, "--fake", tmp_path / "codes", "--metrics", "matching")
    code, _, err = run(*arguments)
    assert (code, "warning: matching: 4 codes for 3 labels: at most 90.0% can match" in err) == (0, True), err


def test_a_picture_above_the_sub_folders_is_named(run, colours):
    draw(colours, (9, 99, 199), 1)
    code, _, err = run("evaluate", "--real", colours, "--fake", colours, "--metrics", "frechet")
    assert code == 0
    assert f"1 of 37 pictures of {colours} lie in no sub-folder ({colours / '0.png'}): the sub-folders are no" in err


def test_the_codes_of_a_generator(run, tmp_path):
    """The pictures of label k are drawn with code (2, 0, 1)[k]: the matching must find that."""
    model = save_tiny(tmp_path / "codes.onnx", tiny_spec(labels=3))
    code_of = {"a": 2, "b": 0, "c": 1}
    with ganrt.load(model, device="cpu") as generator:
        for label, code in code_of.items():
            (tmp_path / "real" / label).mkdir(parents=True)
            for i, image in enumerate(generator.sample(12, seed=9, truncation=0.1, labels=code)):
                (tmp_path / "real" / label / f"{i}.png").write_bytes(encode_png(image))
    arguments = ("evaluate", "--real", tmp_path / "real", "-m", model, "--trunc", 0.1, "-d", "cpu", "-o", "r.json")
    code, out, _ = run(*arguments, "--metrics", "matching", "--per-class", 15)
    assert code == 0
    assert "a = kind 2, b = kind 0, c = kind 1" in out
    report = json.loads((tmp_path / "work" / "r.json").read_text("utf-8"))
    assert report["metrics"]["matching"]["mapping"] == [2, 0, 1]
    assert report["fake"]["labels"] == {"kind 0": 15, "kind 1": 15, "kind 2": 15}
    assert report["fake"]["law"] == {"prior": "truncated_normal", "threshold": 2.0, "psi": 0.1, "psi_mode": "resample"}
    assert run(*arguments, "--count", 40)[0] == 5  # the report exists
    assert run(*arguments, "--count", 40, "--force")[0] == 0


def test_a_mixture_that_does_not_sum_to_one_is_said(run, colours, tmp_path):
    model = save_tiny(tmp_path / "codes.onnx", tiny_spec(labels=3))
    arguments = ("evaluate", "--real", colours, "-m", model, "--count", 8, "--metrics", "precision-recall", "-d", "cpu")
    code, _, err = run(*arguments, "--class", "0:0.5,2:0.3")
    assert (code, "class weights sum to 0.8, not 1" in err) == (0, True), err
    assert "class weights" not in run(*arguments, "--class", "0:0.5,2:0.5")[2]


def test_an_onnx_extractor_with_classes(run, colours, tmp_path):
    path = save_classifier(tmp_path / "c.onnx")
    report = report_of(
        run("evaluate", "--real", colours, "--fake", colours, "--features", path, "--normalise", "tanh", "--json")
    )
    assert report["extractor"]["input"] == [8, 8, 3]
    assert len(report["extractor"]["sha256"]) == 64
    assert report["metrics"]["score"]["classes_of"] == "extractor"
    assert 1 <= report["metrics"]["score"]["value"] <= report["metrics"]["score"]["most"] == 4
    only_fake = run("evaluate", "--fake", colours, "--features", path, "--normalise", "tanh", "--json")
    assert report_of(only_fake)["metrics"]["score"]["value"] == report["metrics"]["score"]["value"]
    assert report_of(only_fake)["real"] is None


def test_the_encodings_of_an_encoder(run, colours, tmp_path):
    from sklearn.neighbors import KNeighborsClassifier

    path = save_encoder(tmp_path / "e.onnx", encoder_spec(channels=3))
    code, out, err = run("evaluate", "--real", colours, "--encoder", path, "-k", 1)
    assert code == 0
    assert "encoder: e.onnx (cpu); pictures 8 x 8 x 3" in err
    assert "extractor: " not in err
    assert out.startswith("k-NN accuracy (encoder): ")
    arguments = ("evaluate", "--real", colours, "--encoder", path, "--metrics", "knn", "-k", 1, "--size", "8x8")
    report = report_of(run(*arguments, "--json"))
    assert (report["encoder"]["input"], report["metrics"]["knn"]["features_of"]) == ([8, 8, 3], "encoder")
    pictures, labels = [], []
    for label in sorted(COLOURS):
        for i in range(12):
            picture = cv2.imread(str(colours / label / f"{i}.png"))[..., ::-1]
            pictures.append(cv2.resize(picture, (8, 8), interpolation=cv2.INTER_AREA))
            labels.append(label)
    with ganrt.load(path, device="cpu") as encoder:
        z = encoder.encode(np.stack(pictures))
    votes = KNeighborsClassifier(1).fit(z, labels).predict(None)
    assert report["metrics"]["knn"]["accuracy"] == pytest.approx(np.mean(votes == np.array(labels)))


REFUSED = [
    ("", 2, "nothing to compare"),
    ("--real colours --fake colours -m tiny", 2, "--fake and --model: expected one of them"),
    ("--real colours --fake colours --count 5", 2, "they belong to --model"),
    ("--real colours --fake colours --seed 1", 2, "they belong to --model"),
    ("--real colours --fake colours --trunc 0.5", 2, "they belong to --model"),
    ("--real colours -m tiny --count 5 --per-class 5", 2, "expected one of them"),
    ("--real colours -m tiny --per-class 5", 2, "with classes or codes"),
    ("--real colours -m codes --per-class 5 --class 1", 2, "--per-class and --class exclude each other"),
    ("--real stray --metrics knn", 2, "1 of 37 pictures of stray lie in no sub-folder (stray"),
    ("--real colours -m tiny --class 3", 2, "has no classes"),
    ("--real colours -m tiny --start -1", 2, "2^64"),
    ("--real colours --fake colours --metrics fid", 2, "--metrics fid: expected one or more of frechet"),
    ("--real colours --metrics frechet", 2, "it also needs --fake or --model"),
    ("--real flat --metrics knn", 2, "it also needs labelled pictures: --real FOLDER with one sub-folder a label"),
    ("--real flat --fake flat --metrics score", 2, "an extractor with class outputs"),
    ("--real colours -m tiny --metrics matching", 2, "it also needs codes: a generator with"),
    ("--real one-label --metrics knn", 2, "two or more sub-folders"),
    ("--real one --fake flat --metrics frechet", 2, "1 real, 5 fake pictures; expected at least 4 of each"),
    ("--real one --fake flat --metrics precision-recall", 2, "1 real and 5 fake pictures"),
    ("--real flat --fake flat --neighbours 0", 2, "neighbours"),
    ("--real flat --fake flat --size 12", 2, "expected HEIGHTxWIDTH"),
    ("--real flat --fake flat --size 0x4", 2, "expected HEIGHTxWIDTH"),
    ("--real flat --fake flat --fit stretch", 2, "resize, crop, pad"),
    ("--real flat --fake flat --normalise unit", 2, "needs none of them"),
    ("--real flat --fake flat --features c.pth", 2, "torchvision:NAME:WEIGHTS"),
    ("--real flat --fake flat --encoder e.onnx", 2, "only the metric knn uses it, which needs"),
    ("--real colours --fake flat --encoder e.onnx --metrics frechet", 2, "add knn to --metrics"),
    ("--real empty --fake flat", 4, "--real empty: no picture in this folder"),
    ("--real nowhere --fake flat", 4, "--real nowhere: there is no such file or folder"),
    ("--real flat --fake damaged", 4, "0.png"),
    ("--real flat -m nowhere.onnx", 4, "nowhere.onnx does not exist"),
    ("--real flat --fake flat --features nowhere.onnx", 4, "nowhere.onnx does not exist"),
    ("--real flat --fake flat --features tiny", 4, "has the task 'generate'"),
    ("--real flat --fake flat --features flat", 2, "expected colour-and-edges-1"),
    ("--real flat --fake flat -o file/report.json", 5, "file"),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """What is refused, by the names in REFUSED."""
    work = tmp_path_factory.mktemp("folders")
    draw(work / "flat", (9, 99, 199), 5)
    draw(work / "one", (9, 99, 199), 1)
    draw(work / "one-label" / "only", (9, 99, 199), 5)
    draw(work / "damaged", (9, 99, 199), 1)
    (work / "damaged" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    (work / "empty").mkdir()
    (work / "file").touch()
    save_encoder(work / "e.onnx")
    draw_labelled(work / "colours")
    draw_labelled(work / "stray")
    draw(work / "stray", (9, 99, 199), 1)
    return work


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED)
def test_refusals(run, folders, tiny, tmp_path, arguments, code, words):
    shutil.copytree(folders, tmp_path / "work", dirs_exist_ok=True)
    replaced = {"tiny": tiny}
    if "codes" in arguments:
        replaced["codes"] = save_tiny(tmp_path / "work" / "codes.onnx", tiny_spec(labels=3))
    found, out, err = run("evaluate", *(replaced.get(word, word) for word in arguments.split()))
    assert found == code, err
    assert words in err
    assert out == ""
    assert len(err[err.index("error: ") :].strip().splitlines()) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["sklearn", "scipy"])
def test_a_missing_extra_is_said(colours, missing):
    """In a process of its own, in which the package cannot be imported; two metrics do without."""
    program = f"""
import sys
sys.modules["{missing}"] = None
from ganrt.cli.main import main
for metrics in sys.argv[1:]:
    try:
        main(["evaluate", "--real", {str(colours)!r}, "--fake", {str(colours)!r}, "--metrics", metrics])
    except SystemExit as end:
        print("ended:", end.code or 0, file=sys.stderr)
"""
    command = [sys.executable, "-c", program, "matching", "frechet,precision-recall"]
    err = subprocess.run(command, capture_output=True, text=True, timeout=120).stderr
    refused, _, others = err.partition("ended: 3\n")
    assert "k-NN needs the package 'sklearn'" in refused, err
    assert missing in refused
    assert 'pip install "ganrt[study]"' in refused
    assert others.endswith("ended: 0\n"), err


def test_a_glob_and_pictures_of_other_sizes(run, colours, tmp_path):
    cv2.imwrite(str(tmp_path / "big.jpg"), np.full((70, 90, 3), 99, np.uint8))
    arguments = ("--fake", f"{colours}/*/*.png", "--metrics", "frechet", "--size", "16x16", "--fit", "crop", "--json")
    report = report_of(run("evaluate", "--real", colours, *arguments))
    assert (report["common_size"], report["fit"], report["metrics"]["frechet"]["value"] < 1e-6) == (
        [16, 16, 3],
        "crop",
        True,
    )
