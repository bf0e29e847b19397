"""`ganrt translate`: what it reads, writes, says and refuses."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from full_disk import fill_disk
from odd_pictures import encoded, flat_jpeg, jpeg_with_exif
from tiny_onnx import save_tiny, save_translator, translator_spec

from ganrt.cli.main import main
from ganrt.files import Folder
from ganrt.runtime import photos as photo_reading
from ganrt.runtime.photos import read_photo
from ganrt.runtime.pictures import read_origin


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Runs the command line in an empty folder with the models m.onnx (8 x 12) and d.onnx (any size): negatives."""
    monkeypatch.chdir(tmp_path)
    save_translator(Path("m.onnx"))
    save_translator(Path("d.onnx"), translator_spec(name="any", dynamic=True))

    def call(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(["translate", *(str(argument) for argument in arguments)])
        captured = capsys.readouterr()
        return caught.value.code or 0, captured.out, captured.err

    return call


def noise(height=8, width=12, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def put(name, picture=None, data=None):
    """Writes a picture (or bytes) below the current folder."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if data is not None else encoded(path.suffix, noise() if picture is None else picture))
    return path


def read(path):
    photo = read_photo(Path(path))
    return photo.colour if photo.alpha is None else np.dstack([photo.colour, photo.alpha])


def files(folder="."):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file())


def test_a_picture_keeps_its_name_and_says_where_it_came_from(run):
    source = put("in/photo.PNG", noise())
    code, out, err = run("in/photo.PNG", "-m", "m.onnx", "-o", "o", "--json")
    assert code == 0
    assert "swap: backend onnxruntime, device cpu, precision fp32" in err
    assert files("o") == ["photo.png"]
    np.testing.assert_array_equal(read("o/photo.png"), 255 - noise())
    report = json.loads(out)
    assert report["pictures"] == [{"source": str(source), "file": str(Path("o/photo.png"))}]
    assert (report["bad"], report["back"], report["model"]) == ([], None, "swap")
    origin = read_origin(Path("o/photo.png"))
    assert origin["source"] == "photo.PNG"
    assert origin["source_sha256"] == read_photo(source).sha256
    assert origin["model_sha256"] == report["model_sha256"]
    assert (origin["fit"], origin["alpha"], origin["background"]) == ("resize", "keep", "ffffff")


def test_folders_globs_and_files(run):
    for name in ("in/b.png", "in/a.bmp", "in/deep/er/c.png", "in/.hidden.png", "in/notes.txt", "other/x.png"):
        put(name, data=encoded(".png", noise()))
    assert run("in", "-m", "m.onnx", "-o", "flat")[0] == 0
    assert files("flat") == ["a.png", "b.png"]
    assert run("in", "-m", "m.onnx", "-o", "tree", "--recursive")[0] == 0
    assert files("tree") == ["a.png", "b.png", "deep/er/c.png"]
    assert run("in/*.png", "other/x.png", "-m", "m.onnx", "-o", "glob")[0] == 0
    assert files("glob") == ["b.png", "x.png"]
    assert run("in/**/*.png", "-m", "m.onnx", "-o", "stars")[0] == 0
    assert files("stars") == ["b.png", "deep/er/c.png"]
    assert run(Path("in/*.png").absolute(), "in/b.png", "-m", "m.onnx", "-o", "twice")[0] == 0
    assert files("twice") == ["b.png"]


def test_a_name_with_brackets_is_no_glob_where_it_exists(run):
    put("in/[1].png")
    assert run("in/[1].png", "-m", "m.onnx", "-o", "o")[0] == 0
    assert files("o") == ["[1].png"]


def test_outputs_of_an_earlier_run_are_no_inputs(run):
    put("in/a.png")
    for _ in range(2):
        assert run("in", "-r", "-m", "m.onnx", "-o", "in/out", "--force")[0] == 0
    assert files("in") == ["a.png", "out/a.png"]


@pytest.mark.parametrize(
    ("names", "arguments"),
    [
        (["in/a.png", "in/a.bmp"], []),
        (["in/a.png", "other/a.png"], ["other/a.png"]),
        (["in/a.png", "in/a-back.png"], ["--back", "m.onnx"]),
        (["in/sheet.bmp"], ["--sheet"]),
        (["in/a.png", "other/A.bmp"], ["other/A.bmp"]),
    ],
)
def test_two_pictures_of_one_name_are_refused_before_any_work(run, names, arguments):
    for name in names:
        put(name)
    code, _, err = run("in", "-m", "missing.onnx", "-o", "o", *arguments)
    assert code == 2, err
    assert "would both be written to" in err
    assert not Path("o").exists()


def test_existing_outputs_are_refused_before_any_work(run):
    put("in/a.png")
    put("in/b.png")
    put("o/b.png", data=b"mine")
    code, _, err = run("in", "-m", "missing.onnx", "-o", "o")
    assert code == 5
    assert "--force" in err
    assert files("o") == ["b.png"]
    assert Path("o/b.png").read_bytes() == b"mine"
    assert run("in", "-m", "m.onnx", "-o", "o", "--force")[0] == 0
    np.testing.assert_array_equal(read("o/b.png"), 255 - noise())


def test_an_input_is_never_overwritten(run):
    put("in/a.png")
    code, _, err = run("in", "-m", "m.onnx", "-o", "in", "--force")
    assert code == 5
    assert "one of the inputs" in err
    np.testing.assert_array_equal(read("in/a.png"), noise())


def test_alpha_is_kept_exactly_or_flattened(run):
    picture = noise(channels=4)
    put("a.png", picture)
    assert run("a.png", "-m", "m.onnx", "-o", "keep")[0] == 0
    np.testing.assert_array_equal(read("keep/a.png"), np.dstack([255 - picture[..., :3], picture[..., 3]]))
    arguments = ["--alpha", "flatten", "--background", "0064ff"]
    assert run("a.png", "-m", "m.onnx", "-o", "flat", *arguments)[0] == 0
    share = picture[..., 3:] / 255
    expected = 255 - (picture[..., :3] * share + np.array([0, 0x64, 0xFF]) * (1 - share))
    assert np.abs(read("flat/a.png") - expected).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("fit", ["resize", "crop", "pad"])
def test_sizes_of_outputs(run, fit):
    put("a.png", noise(21, 30))
    assert run("a.png", "-m", "m.onnx", "-o", "fixed", "--fit", fit)[0] == 0
    assert read("fixed/a.png").shape == (8, 12, 3)
    assert run("a.png", "-m", "d.onnx", "-o", "any", "--fit", fit)[0] == 0
    expected = {"resize": (20, 32), "crop": (20, 28), "pad": (21, 30)}[fit]
    assert read("any/a.png").shape == (*expected, 3)


def test_pictures_of_every_kind_together(run):
    put("in/grey.png", noise(channels=1))
    put("in/deep.tiff", noise().astype(np.uint16) * 257)
    put("in/cmyk.jpg", data=flat_jpeg([255, 255, 255, 255], adobe=0))
    put("in/turned.jpg", data=jpeg_with_exif(encoded(".jpg", noise(16, 24)), 6))
    code, out, err = run("in", "-m", "d.onnx", "-o", "o", "--json", "--sheet")
    assert code == 0, err
    np.testing.assert_array_equal(read("o/grey.png"), 255 - noise(channels=1).repeat(3, axis=2))
    np.testing.assert_array_equal(read("o/deep.png"), 255 - noise())
    assert (read("o/cmyk.png") == 0).all()
    assert read("o/turned.png").shape == (24, 16, 3)
    sheet = read("o/sheet.png")
    assert sheet.shape == (4 * 24, 2 * 16, 3)
    assert Path(json.loads(out)["sheet"]) == Path("o/sheet.png")


def test_the_sheet_has_input_output_and_what_came_back(run):
    for i in range(3):
        put(f"in/{i}.png", noise(seed=i))
    code, out, err = run("in", "-m", "m.onnx", "--back", "d.onnx", "-o", "o", "--sheet", "--json")
    assert code == 0, err
    assert files("o") == [*(f"{i}{end}.png" for i in range(3) for end in ("-back", "")), "sheet.png"]
    rows = [np.hstack([noise(seed=i), 255 - noise(seed=i), noise(seed=i)]) for i in range(3)]
    np.testing.assert_array_equal(read("o/sheet.png"), np.vstack(rows))
    report = json.loads(out)
    assert [picture["mean_l1"] for picture in report["pictures"]] == [0.0] * 3
    assert report["back"]["model"] == "any"
    assert "mean L1 0.000" in err
    assert read_origin(Path("o/1-back.png"))["back"] == "any"


def test_large_pictures_and_many_rows_on_a_sheet(run, monkeypatch):
    from ganrt.runtime import pictures

    monkeypatch.setattr(pictures, "MAX_ROWS", 2)
    for i in range(3):
        put(f"in/{i}.png", noise(600, 300))
    assert run("in", "-m", "d.onnx", "-o", "o", "--sheet")[0] == 0
    assert read("o/sheet.png").shape == (2 * 256, 2 * 128, 3)


def test_a_sheet_of_more_rows_than_webp_holds(run, monkeypatch):
    from ganrt.runtime import pictures

    monkeypatch.setattr(pictures, "MAX_SIDE", 8192)  # two rows are one pixel too many for WebP
    for i in range(2):
        put(f"in/{i}.png", noise(8192, 8))
    assert run("in", "-m", "d.onnx", "-o", "o", "--encode", "webp", "--sheet")[0] == 0
    assert files("o") == ["0.webp", "1.webp", "sheet.png"]
    assert read("o/sheet.png").shape[0] == 2 * 8192


def test_a_picture_does_not_depend_on_its_companions(run):
    kernel = np.random.default_rng(5).uniform(0, 0.1, (3, 3, 3, 3)).astype(np.float32)
    save_translator(Path("k.onnx"), translator_spec(dynamic=True), kernel=kernel)
    for i in range(7):
        put(f"in/{i}.png", noise(8 + i % 2 * 4, 12, seed=i))
    assert run("in", "-m", "k.onnx", "-o", "all")[0] == 0
    assert run("in", "-m", "k.onnx", "-o", "two", "-b", 2)[0] == 0
    assert run("in/5.png", "-m", "k.onnx", "-o", "one")[0] == 0
    for name in files("all"):
        assert Path("all", name).read_bytes() == Path("two", name).read_bytes()
    assert Path("all/5.png").read_bytes() == Path("one/5.png").read_bytes()


BAD = {
    "empty.png": b"",
    "text.png": b"no picture",
    "cut.png": encoded(".png", noise())[:-40],
    "moving.gif": b"GIF89a" + b"\0" * 20,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_stops_with_4_or_is_skipped(run, name):
    put("in/a.png")
    put(f"in/{name}", data=BAD[name])
    put("in/z.png")
    arguments = ["in/*", "-m", "m.onnx", "-b", 1]
    code, out, err = run(*arguments, "-o", "o")
    assert code == 4
    assert name in err
    assert out == ""
    assert len(err.strip().splitlines()) <= 4
    assert set(files("o")) <= {"a.png"}
    code, out, err = run(*arguments, "-o", "skip", "--skip-bad", "--json")
    assert code == 1
    assert "1 of 3 pictures could not be read" in err
    assert files("skip") == ["a.png", "z.png"]
    report = json.loads(out)
    assert [Path(bad["source"]).name for bad in report["bad"]] == [name]
    assert name in report["bad"][0]["error"]
    assert len(report["pictures"]) == 2


def test_nothing_but_bad_pictures(run):
    put("in/a.png", data=b"")
    code, out, _ = run("in", "-m", "m.onnx", "-o", "o", "--skip-bad", "--sheet", "--json")
    assert code == 1
    assert json.loads(out)["sheet"] is None
    assert files("o") == []


def test_a_bomb_is_refused_in_the_header(run, monkeypatch):
    put("a.png")
    monkeypatch.setattr(photo_reading, "MAX_PIXELS", 95)
    code, _, err = run("a.png", "-m", "m.onnx", "-o", "o")
    assert code == 4
    assert "12 x 8 pixels" in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.png"], 4, "no such file"),
        (["none/*.png"], 4, "no file matches"),
        (["empty"], 4, "no picture in this folder"),
        (["a.png", "--fit", "stretch"], 2, "resize, crop, pad"),
        (["a.png", "--alpha", "drop"], 2, "keep, flatten"),
        (["a.png", "--background", "white"], 2, "RRGGBB"),
        (["a.png", "--batch-size", "0"], 2, "batch-size"),
        (["a.png", "--back", "other.onnx"], 2, "does not lead back"),
        (["a.png", "-m", "tiny.onnx"], 2, "does not translate pictures"),
        (["a.png", "-m", "avatars"], 2, "does not translate pictures"),
        (["a.png", "-m", "none.onnx"], 4, "none.onnx"),
        (["a.png", "-o", "a.png"], 5, "a.png"),
        ([], 2, "IN"),
    ],
)
def test_what_makes_no_sense_is_explained_and_leaves_nothing(run, arguments, code, words):
    put("a.png")
    Path("empty").mkdir()
    save_tiny(Path("tiny.onnx"))
    save_translator(Path("other.onnx"), translator_spec(height=16))
    before = files()
    given, _, err = run("-m", "m.onnx", "-o", "o", *arguments)
    assert given == code, err
    assert words in err
    assert files() == before


def test_model_and_output_must_be_given(run):
    put("a.png")
    assert run("a.png", "-o", "o")[0] == 2
    assert run("a.png", "-m", "m.onnx")[0] == 2


def test_an_interrupt_leaves_whole_files(run, monkeypatch):
    for i in range(9):
        put(f"in/{i}.png", noise(seed=i))
    reading = photo_reading.read_photo

    def interrupted(path):
        if path.name == "7.png":
            raise KeyboardInterrupt
        return reading(path)

    monkeypatch.setattr(photo_reading, "read_photo", interrupted)
    code, _, err = run("in", "-m", "m.onnx", "-o", "o", "-b", 2)
    assert code == 130
    assert "every file that was written is whole" in err
    assert files("o") == [f"{i}.png" for i in range(6)]
    for i in range(6):
        np.testing.assert_array_equal(read(f"o/{i}.png"), 255 - noise(seed=i))


def test_an_interrupted_write_leaves_no_half_file(run, monkeypatch):
    put("in/a.png")

    def interrupted(folder, source, name, target=None):
        raise KeyboardInterrupt  # the bytes are in a file of another name, and it is not renamed any more

    monkeypatch.setattr(Folder, "replace", interrupted)
    assert run("in", "-m", "m.onnx", "-o", "o")[0] == 130
    assert files("o") == []


def test_pictures_are_read_batch_by_batch(run, monkeypatch):
    for i in range(12):
        put(f"in/{i:02d}.png")
    reading, ahead, written = photo_reading.read_photo, [], Path("o")

    def counted(path):
        ahead.append(int(path.stem) - len(list(written.glob("*.png"))))
        return reading(path)

    monkeypatch.setattr(photo_reading, "read_photo", counted)
    assert run("in", "-m", "m.onnx", "-o", "o", "-b", 3)[0] == 0
    assert len(ahead) == 12
    assert max(ahead) <= 3


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")  # noqa: PTH110
def test_a_full_disk_exits_with_5(run, monkeypatch):
    put("a.png")
    fill_disk(monkeypatch)
    assert run("a.png", "-m", "m.onnx", "-o", "o")[0] == 5
    assert files("o") == []


def test_verify_and_inspect_know_translators(run, capsys):
    put("a.png")
    run("a.png", "-m", "m.onnx", "-o", "o")
    for arguments in (["verify", "-m", "d.onnx", "--samples", "4"], ["inspect", "m.onnx"], ["inspect", "o/a.png"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert not caught.value.code
    out = capsys.readouterr().out
    assert "task: translate" in out
    assert "source: a.png" in out


def test_pictures_are_encoded_as_asked_for(run):
    put("in/a.png", noise(channels=4))
    assert run("in", "-m", "m.onnx", "-o", "plain")[0] == 0
    code, _, err = run("in", "-m", "m.onnx", "--encode", "webp", "--quality", 101, "--sheet", "-o", "o")
    assert (code, files("o")) == (0, ["a.webp", "sheet.png"])
    np.testing.assert_array_equal(read("o/a.webp")[..., 3], read("plain/a.png")[..., 3])
    code, _, err = run("in", "-m", "m.onnx", "--encode", "jpeg", "--background", "336699", "-o", "j")
    assert (code, files("j")) == (0, ["a.jpg"])
    assert err.count("jpeg has no transparency: pictures lie over --background 336699") == 1
    code, _, err = run("in", "-m", "m.onnx", "--quality", 80, "-o", "q")
    assert (code, "it belongs to --encode jpeg and webp" in err) == (2, True)


def test_a_model_that_cannot_be_opened_leaves_no_folder(run):
    put("in/a.png")
    Path("bad.onnx").write_bytes(b"no model")
    assert run("in", "-m", "bad.onnx", "-o", "o")[0] == 4
    assert not Path("o").exists()
