"""Every writer, of pictures with alpha: the table of docs/transparency.md, cell by cell."""

import base64
import json
import re
import tarfile
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image, ImageSequence
from rgba_models import HALF, HIDDEN, INSIDE, SIDE, save_rgba

import ganrt
from ganrt.pixels import over
from ganrt.runtime.models import resolve_model
from ganrt.runtime.picture_style import AUTO, colour_behind
from ganrt.runtime.pictures import encode_png

DOCS = Path(__file__).parents[2] / "docs" / "transparency.md"
WHITE, BLUE = (255, 255, 255), (0x33, 0x66, 0x99)
MIDDLE, EDGE = (8, 8), (3, 8)  # opaque; half clear
CORNER = (0, 0)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_rgba(tmp_path_factory.mktemp("rgba") / "rgba.onnx")


@pytest.fixture(scope="module")
def pictures(model):
    with ganrt.load(model) as generator:
        made = generator.sample(4)
    assert tuple(made[0][CORNER]) == (*HIDDEN, 0)
    assert set(np.unique(made[..., 3])) == {0, 96, 255}
    return made


def read(path_or_data):
    data = path_or_data if isinstance(path_or_data, bytes) else Path(path_or_data).read_bytes()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return image[..., [2, 1, 0, 3][: image.shape[2]]]


def no_magenta(rgb):
    """Nowhere does red or blue stand out over green, as only the hidden colour does."""
    rgb = np.asarray(rgb).astype(int)
    return (np.minimum(rgb[..., 0], rgb[..., 2]) - rgb[..., 1]).max() < 40


def close(found, expected, levels):
    return np.abs(found.astype(int) - expected.astype(int)).max() <= levels


def shown(images):
    """As a viewer shows RGBA over white."""
    return over(np.asarray(images, np.uint8), WHITE)


def draw(run, model, *arguments):
    code, _, err = run("generate", "-m", model, *arguments)
    assert code == 0, err
    return err


# Loose pictures.


def test_the_default_model_draws_transparent_pictures_and_is_named(run):
    code, _, err = run("generate", "--name", "player-8841", "-o", "a.png")
    assert (code, err.startswith("avatars-2: backend")) == (0, True)
    with ganrt.load() as generator:
        assert generator.spec.name == "avatars-2"
        assert np.array_equal(read("a.png"), generator.avatar("player-8841"))
        assert read("a.png").shape == (256, 256, 4)
        assert tuple(read("a.png")[CORNER]) == (0, 0, 0, 0)
    assert resolve_model("avatars") == resolve_model("avatars-1") != resolve_model("avatars-2")


def test_png_holds_alpha_as_it_was_drawn(run, model, pictures):
    err = draw(run, model, "-o", "a.png")
    assert np.array_equal(read("a.png"), pictures[0])
    assert "white" not in err


def test_webp_holds_alpha(run, model, pictures):
    draw(run, model, "--encode", "webp", "--quality", 101, "-o", "a.webp")
    assert np.array_equal(read("a.webp")[..., 3], pictures[0][..., 3])
    assert close(shown(read("a.webp")), shown(pictures[0]), 0)
    draw(run, model, "--encode", "webp", "--quality", 60, "-o", "b.webp")
    lossy = read("b.webp")
    assert np.array_equal(lossy[..., 3], pictures[0][..., 3])
    assert no_magenta(shown(lossy))
    assert close(shown(lossy), shown(pictures[0]), 60)


def test_jpeg_lies_over_white_and_says_so_once(run, model, pictures):
    err = draw(run, model, "--count", 3, "--encode", "jpeg", "-o", "a")
    assert err.count("jpeg has no transparency: pictures lie over white") == 1
    found = read("a/seed0-index00000000.jpg")
    assert close(found[INSIDE, INSIDE], shown(pictures[0])[INSIDE, INSIDE], 12)
    assert close(found[CORNER], np.array(WHITE), 6)
    assert no_magenta(found)
    assert "white" not in draw(run, model, "--encode", "jpeg", "--background", "336699", "-o", "b.jpg")
    assert close(read("b.jpg")[CORNER], np.array(BLUE), 6)


def test_a_stated_background_and_one_of_each_pictures_own(run, model, pictures):
    draw(run, model, "--background", "336699", "-o", "a.png")
    assert np.array_equal(read("a.png"), over(pictures[0], BLUE))
    draw(run, model, "--count", 3, "--background", "auto", "-o", "b")
    for k in range(3):
        assert bytes(read(f"b/seed0-index0000000{k}.png")[CORNER]).hex() == AUTO[k]
    assert colour_behind("auto", False, 2**64 - 1, 5) == colour_behind("auto", True, 0, (2**64 + 4) % 13)
    assert len(set(AUTO)) == 13


def test_resizing_a_sheet_and_a_mask(run, model, pictures):
    for options in (["--size", 8], ["--size", 50], ["--zoom", 3], ["--size", 50, "--mask", "round"]):
        draw(run, model, *options, "--force", "-o", "a.png")
        assert read("a.png").shape[2] == 4
        assert no_magenta(shown(read("a.png")))
    draw(run, model, "--grid", "3x2", "--count", 4, "-o", "sheet.png")
    sheet = read("sheet.png")
    assert np.array_equal(sheet[:SIDE, SIDE : 2 * SIDE], pictures[1])
    assert sheet[SIDE:, SIDE:].max() == 0  # the empty cells are clear
    draw(run, model, "--grid", "2x2", "--encode", "jpeg", "-o", "sheet.jpg")
    assert no_magenta(read("sheet.jpg"))


# Shards.


def shards(run, model, folder, *options):
    code, _, err = run("bulk", "run", "-m", model, "--count", 4, *options, "-o", folder)
    assert code == 0, err
    return Path(folder), err


def in_shards(folder, format, ending):
    if format == "webdataset":
        with tarfile.open(folder / "00000.tar") as tar:
            return [read(tar.extractfile(m).read()) for m in tar.getmembers() if m.name.endswith(ending)]
    if format == "parquet":
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(folder / "00000.parquet")
        return [read(row["bytes"]) for row in table["image"].to_pylist()]
    if format == "npy":
        return list(np.load(folder / "00000.npy"))
    if format == "files":
        return [read(path) for path in sorted((folder / "00000").glob("*" + ending))]
    sheet = read(folder / f"00000/0000{ending}")
    return [sheet[:SIDE, :SIDE], sheet[:SIDE, SIDE:], sheet[SIDE:, :SIDE], sheet[SIDE:, SIDE:]]


FORMATS = ("files", "webdataset", "parquet", "npy", "atlas")


@pytest.mark.parametrize("format", FORMATS)
def test_shards_hold_alpha(run, model, pictures, format):
    folder, _ = shards(run, model, "a", "--format", format, *(["--sheet", 2] if format == "atlas" else []))
    found = in_shards(folder, format, ".png")
    assert all(np.array_equal(one, picture) for one, picture in zip(found, pictures, strict=True))


@pytest.mark.parametrize("format", FORMATS)
def test_shards_over_a_background(run, model, pictures, format):
    options = ["--format", format, "--background", "336699", *(["--sheet", 2] if format == "atlas" else [])]
    folder, _ = shards(run, model, "a", *options)
    expected = over(pictures, BLUE)
    assert all(np.array_equal(a, b) for a, b in zip(in_shards(folder, format, ".png"), expected, strict=True))
    if format != "npy":
        return
    assert run("bulk", "audit", folder, "--all")[0] == 0
    plan = json.loads((folder / "manifest.json").read_text())["plan"]
    assert plan["layout"]["background"] == "336699"
    code, _, err = run("bulk", "run", "-m", model, "--count", 4, *options[:2], *options[4:], "-o", "a")
    assert code == 5
    assert "--background" in err


@pytest.mark.parametrize("format", ["files", "webdataset", "parquet", "atlas"])
def test_shards_of_jpeg_lie_over_white_and_say_so(run, model, pictures, format):
    sheet = ["--sheet", 2] if format == "atlas" else []
    folder, err = shards(run, model, "a", "--format", format, "--encode", "jpeg", *sheet)
    assert err.count("jpeg has no transparency: pictures lie over white") == 1
    found = in_shards(folder, format, ".jpg")
    assert no_magenta(found)
    assert close(np.stack(found)[:, INSIDE, INSIDE], shown(pictures)[:, INSIDE, INSIDE], 12)
    plan = json.loads((folder / "manifest.json").read_text())["plan"]
    assert "background" not in plan["layout"]


@pytest.mark.parametrize("format", ["npy", "webdataset"])
def test_shards_have_the_size_and_mask_asked_for_and_audit_knows_them(run, model, format):
    options = ["--size", 40, "--mask", "round", "--background", "336699"]
    folder, _ = shards(run, model, "a", "--format", format, *options)
    draw(run, model, "--count", 4, *options, "-o", "loose")
    expected = [read(path) for path in sorted(Path("loose").glob("*.png"))]
    assert expected[0].shape == (40, 40, 4)
    assert all(np.array_equal(a, b) for a, b in zip(in_shards(folder, format, ".png"), expected, strict=True))
    assert run("bulk", "audit", folder, "--all")[0] == 0
    code, _, err = run("bulk", "run", "-m", model, "--count", 4, "--format", format, "--zoom", 2, "-o", "a")
    assert code == 5
    assert "to go on with that run: --background 336699 without --zoom --size 40 --mask round" in err
    assert run("bulk", "run", "-m", model, "--count", 4, "--format", format, *options, "-o", "a")[0] == 0


def test_sheets_that_are_too_large_are_refused_before_anything_is_made(run, model):
    asked = ["--format", "atlas", "--sheet", 64, "--size", 400]
    code, _, err = run("bulk", "run", "-m", model, "--count", 4, *asked, "-o", "a")
    assert (code, "a png of 25600 x 25600 pixels" in err, Path("a").exists()) == (2, True, False)


# Walks.


def walk(run, model, name, *options):
    code, _, err = run("interpolate", "-m", model, "--seeds", "0-1", "--fps", 4, "--duration", 1, *options, "-o", name)
    assert code == 0, err
    return err


def frames_of(name):
    """By another decoder than the one that wrote them."""
    with Image.open(name) as film:
        return [np.array(frame.convert("RGBA")) for frame in ImageSequence.Iterator(film)]


@pytest.mark.parametrize("name", ["w.webp", "w.apng"])
def test_animations_hold_alpha(run, model, name):
    assert "white" not in walk(run, model, name, "--zoom", 2, "--zoom-filter", "lanczos")
    for rgba in frames_of(name):
        assert rgba[0, 0, 3] == 0
        assert rgba[16, 16, 3] == 255
        assert abs(int(rgba[6, 16, 3]) - 96) <= 12
        assert no_magenta(shown(rgba))


def test_a_gif_lies_over_white_or_is_clear_below_half(run, model):
    assert walk(run, model, "w.gif").count("gif has no such transparency: pictures lie over white") == 1
    for rgba in frames_of("w.gif"):
        assert rgba[..., 3].min() == 255
        assert rgba[0, 0].min() >= 250
        assert no_magenta(rgba[..., :3])
    assert "white" not in walk(run, model, "n.gif", "--background", "none")
    for rgba in frames_of("n.gif"):
        assert (rgba[CORNER][3], rgba[EDGE][3], rgba[MIDDLE][3]) == (0, 0, 255)
        assert no_magenta(shown(rgba))


@pytest.mark.parametrize("codec", ["h264", "opencv"])
def test_an_mp4_lies_over_white_or_a_stated_background(run, model, codec):
    for options, corner in (([], WHITE), (["--background", "336699"], BLUE)):
        err = walk(run, model, "w.mp4", "--zoom", 4, "--codec", codec, "--force", *options)
        assert err.count("mp4 has no transparency") == (not options)
        with av.open("w.mp4") as container:
            for frame in container.decode(container.streams.video[0]):
                rgb = frame.to_ndarray(format="rgb24")
                assert close(rgb[1, 1], np.array(corner), 8)
                assert no_magenta(rgb)


def test_single_frames_and_sprite_sheets_hold_alpha(run, model, pictures):
    walk(run, model, "frames")
    with ganrt.load(model) as generator:
        first = generator.sample(1, seed=0)[0]
    assert np.array_equal(read("frames/frame000000.png"), first)
    walk(run, model, "s.json")
    assert json.loads(Path("s.json").read_text())["meta"]["format"] == "RGBA8888"
    assert np.array_equal(read("s.png")[:SIDE, :SIDE], first)
    walk(run, model, "b.json", "--background", "336699")
    assert np.array_equal(read("b.png")[:SIDE, :SIDE], over(first, BLUE))


def test_frames_have_the_size_and_mask_asked_for(run, model):
    walk(run, model, "frames", "--size", 40, "--mask", "round", "--background", "336699")
    draw(run, model, "--size", 40, "--mask", "round", "--background", "336699", "-o", "a.png")
    assert np.array_equal(read("frames/frame000000.png"), read("a.png"))
    err = walk(run, model, "w.gif", "--size", 40, "--mask", "round", "--background", "336699")
    assert err.count("gif has no transparency: what the mask leaves out is white") == 1
    assert all(rgba.shape == (40, 40, 4) and rgba[0, 0].min() >= 250 for rgba in frames_of("w.gif"))
    code, _, err = run("interpolate", "-m", model, "--size", 40, "--zoom", 2, "-o", "b.gif")
    assert (code, "--size and --zoom: expected one of them" in err) == (2, True)
    code, _, err = run("interpolate", "-m", model, "--size", 16384, "-o", "b.webp")
    assert (code, "a webp of 16384 x 16384 pixels: expected at most 16383 a side" in err) == (2, True)


# Sweeps, measures, the window.


def test_a_sweep_keeps_alpha_behind_white_labels(run, model, pictures):
    options = ["sweep", "-m", model, "--factors", "0.5,1", "--columns", 2, "--diversity-samples", 8]
    code, _, err = run(*options, "-o", "a.png")
    assert code == 0, err
    sheet = read("a.png")
    assert sheet.shape[2] == 4
    assert sheet[0, 0].tolist() == [255] * 4
    assert (sheet[:, :30, 3] == 255).all()  # where the labels stand
    assert sheet[:, :30, :3].min() < 100
    assert sheet[0, -1, 3] == 0
    assert run(*options, "--background", "336699", "-o", "b.png")[0] == 0
    assert tuple(read("b.png")[0, -1]) == BLUE
    code, _, err = run(*options, "--background", "auto", "-o", "c.png")
    assert (code, "--background auto: expected none or a colour" in err) == (2, True)


def test_numbers_and_names_are_opaque(run, model, pictures):
    code, _, err = run("generate", "-m", model, "--count", 4, "--grid", "2x2", "--numbers", "--size", 64, "-o", "n.png")
    assert code == 0, err
    sheet = read("n.png")
    strip = sheet[64 : sheet.shape[0] // 2]
    assert (strip[..., 3] == 255).all()
    assert (strip[..., :3].min(), strip[..., :3].max()) == (0, 255)
    assert sheet[0, 0, 3] == 0
    code, _, err = run("controls", "list", "-m", "avatars-2", "--set", "hair=afro", "-o", "c.png")
    assert code == 0, err
    assert read("c.png").shape[2] == 3


def test_a_gallery_keeps_alpha(run, model, pictures):
    code, _, err = run("gallery", "-m", model, "--count", 4, "-o", "g.html")
    assert code == 0, err
    shown = re.findall(r"data:image/webp;base64,([^\"]+)", Path("g.html").read_text("utf-8"))
    for data, picture in zip(shown, pictures, strict=True):
        found = read(base64.b64decode(data))
        assert np.array_equal(found[..., 3], picture[..., 3])
        assert no_magenta(over(found, WHITE))


@pytest.mark.parametrize("encode", ["png", "webp", "jpeg"])
def test_the_service_writes_alpha_as_generate_does(run, model, encode):
    from ganrt.runtime.serving.addresses import Reader

    with ganrt.load(model) as generator:
        reader = Reader(generator, 64)
        wanted = reader.avatar(f"Ann.{encode}".encode(), b"size=24")
        data = reader.encoded(wanted, generator.draw(wanted.look))
    ending = {"jpeg": "jpg"}.get(encode, encode)
    code, _, err = run("generate", "-m", model, "--name", "Ann", "--size", 24, "--encode", encode, "-o", f"a.{ending}")
    assert code == 0, err
    assert data == Path(f"a.{ending}").read_bytes()
    assert read(data).shape[2] == (3 if encode == "jpeg" else 4)


def repainted(pictures):
    """The same to the eye: another colour where nothing is seen."""
    other = pictures.copy()
    other[other[..., 3] == 0] = (0, 255, 0, 0)
    assert not np.array_equal(other, pictures)
    return other


def test_measures_and_signatures_do_not_see_hidden_colours(pictures):
    from ganrt.runtime.bulk.unique import signatures
    from ganrt.runtime.compare import psnr, ssim
    from ganrt.runtime.measures import features, sharpness

    other = repainted(pictures)
    assert np.array_equal(features(pictures), features(other))
    assert np.array_equal(sharpness(pictures), sharpness(other))
    assert np.array_equal(signatures(pictures), signatures(other))
    assert psnr(pictures[0], other[0]) == np.inf
    assert ssim(pictures[0], other[0]) == pytest.approx(1)
    faint = pictures.copy()
    faint[..., 3] //= 2  # what alpha says is seen
    assert not np.array_equal(signatures(pictures)["fields"], signatures(faint)["fields"])


def test_unique_counts_pictures_that_look_alike(run, model):
    _, err = shards(run, model, "a", "--format", "npy", "--unique")
    assert re.search(r"\d pictures look like an earlier one", err)


def test_evaluate_lays_both_sides_over_one_background(run, model):
    draw(run, model, "--count", 24, "-o", "real")
    for path in Path("real").iterdir():
        path.write_bytes(encode_png(repainted(read(path)[None])[0]))
    code, out, err = run("evaluate", "--real", "real", "-m", model, "-n", 24, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["metrics"]["frechet"]["value"] == pytest.approx(0, abs=1e-4)


def test_the_window_shows_pictures_over_a_colour(pictures):
    from ganrt.cli.play_window import overlaid

    page = overlaid(pictures[0], [])[..., ::-1]
    assert tuple(page[-1, -1]) == WHITE
    assert no_magenta(page[16:])
    assert tuple(overlaid(pictures[0], [], BLUE)[-1, -1][::-1]) == BLUE


# What is refused.


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("generate --encode jpeg --background none", "jpeg has no transparency"),
        ("generate --background mauve", "--background mauve: expected none, auto or a colour as RRGGBB"),
        ("generate --size 0", "--size 0: expected pixels, 1 to 16384"),
        ("generate --size 100000", "--size 100000: expected pixels, 1 to 16384"),
        ("generate --size 16384 --encode webp", "16384 x 16384 pixels: expected at most 16383 a side"),
        ("generate --grid 1000x1000 --count 1000000 --zoom 4", "a png of 64000 x 64000 pixels"),
        ("bulk run --encode jpeg --background none", "jpeg has no transparency"),
        ("bulk run --background 12", "--background 12: expected none, auto or a colour"),
        ("interpolate --background none -o w.mp4", "an mp4 has no transparency"),
        ("interpolate --background auto -o w.webp", "--background auto: frames of a walk have none of their own"),
        ("play --headless --background none", "--background none: expected a colour as RRGGBB"),
    ],
)
def test_refusals(run, model, command, message):
    code, _, err = run(*command.split(), "-m", model)
    assert (code, message in err) == (2, True), err
    assert not list(Path().iterdir())


def test_the_colours_of_auto_are_on_the_page():
    assert " ".join(AUTO) in DOCS.read_text("utf-8")


def test_every_row_of_the_table_has_its_test():
    rows = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert not [row for row in rows if row.count("|") != 6]
    known = "".join(path.read_text("utf-8") for path in (DOCS.parents[1] / "tests").rglob("test_*.py"))
    named = [name for row in rows for name in re.findall(r"test_\w+", row)]
    assert len(rows) >= 19
    assert all(f"def {name}(" in known for name in named)
    assert all("test_" in row for row in rows)


def test_the_example_has_what_the_tests_look_for(pictures):
    assert pictures[0][EDGE][3] == 96
    assert HALF.stop == INSIDE.start
