"""Every format read back by somebody else's reader, pixel for pixel against the API."""

import gc
import json
import tarfile

import cv2
import numpy as np
import pytest
from bulk_runs import contents, make_drawer, make_plan, open_tiny
from tiny_onnx import save_tiny, tiny_spec

from ganrt.errors import UsageError
from ganrt.runtime.bulk import describe
from ganrt.runtime.bulk.begin import Options
from ganrt.runtime.bulk.plan import as_ranges, make_layout
from ganrt.runtime.bulk.run import run
from ganrt.runtime.pictures import read_origin

COUNT, SEED, START = 50, 3, 7


def decoded(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


@pytest.fixture
def drawn(tmp_path):
    """drawn(format, ...) -> (folder, what the API draws)."""
    path = save_tiny(tmp_path / "tiny.onnx")

    def call(format, **layout):
        with open_tiny(path) as generator:
            plan = make_plan(generator, COUNT, format, **{"size": 16, **layout})
            outcome = run(plan, tmp_path / "out", make_drawer(generator, batch_size=5), Options())
            assert (outcome.drawn_images, outcome.shards) == (COUNT, plan.shard_count)
            return tmp_path / "out", generator.sample(COUNT, seed=SEED, start=START)

    return call


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_is_read_by_its_package(drawn):
    webdataset = pytest.importorskip("webdataset")
    folder, images = drawn("webdataset")
    urls = [str(path) for path in sorted(folder.glob("*.tar"))]
    assert len(urls) == 4
    samples = list(webdataset.WebDataset(urls, shardshuffle=False).decode("rgb8"))
    gc.collect()  # the package leaves its files open
    assert len({sample["__key__"] for sample in samples}) == COUNT
    for k, sample in enumerate(samples):
        assert sample["__key__"] == f"seed{SEED}-index{START + k:08d}"
        assert sample["json"] == {"seed": str(SEED), "index": str(START + k)}
        np.testing.assert_array_equal(sample["png"], images[k])


def test_the_tar_is_what_tarfile_would_accept(drawn):
    folder, images = drawn("webdataset")
    with tarfile.open(folder / "00003.tar") as tar:
        members = tar.getmembers()
        assert [(m.mtime, m.uid, m.gid, m.mode) for m in members] == [(0, 0, 0, 0o644)] * 4
        np.testing.assert_array_equal(decoded(tar.extractfile(members[2]).read()), images[49])


def test_parquet_is_read_by_pyarrow_and_duckdb(drawn):
    parquet = pytest.importorskip("pyarrow.parquet")
    duckdb = pytest.importorskip("duckdb")
    folder, images = drawn("parquet")
    table = parquet.read_table(sorted(folder.glob("*.parquet")))
    assert table.column("index").to_pylist() == list(range(START, START + COUNT))
    for row, image in zip(table.to_pylist(), images, strict=True):
        assert row["image"]["path"] == row["key"] + ".png"
        np.testing.assert_array_equal(decoded(row["image"]["bytes"]), image)
    told = json.loads(table.schema.metadata[b"huggingface"])
    assert told["info"]["features"]["image"] == {"_type": "Image"}
    query = f"select key, image.bytes from '{folder / '*.parquet'}' where index = {START + 20}"
    ((key, data),) = duckdb.sql(query).fetchall()
    assert key == f"seed{SEED}-index{START + 20:08d}"
    np.testing.assert_array_equal(decoded(data), images[20])


def test_files_are_in_folders_and_say_what_drew_them(drawn):
    folder, images = drawn("files")
    assert sorted(p.name for p in folder.iterdir() if p.is_dir()) == ["00000", "00001", "00002", "00003"]
    path = folder / "00001" / f"seed{SEED}-index{START + 16:08d}.png"
    np.testing.assert_array_equal(decoded(path.read_bytes()), images[16])
    origin = read_origin(path)
    assert (origin["index"], origin["model"], origin["backend"]) == (str(START + 16), "tiny", "onnxruntime")


def test_atlases_say_where_each_picture_is(drawn, monkeypatch):
    monkeypatch.setattr(describe, "__version__", "0.2.0")  # test_bulk_0_1_0.py has those of 0.1
    folder, images = drawn("atlas", size=18, sheet=3)
    seen = []
    for path in sorted(folder.glob("*/*.json")):
        about, page = json.loads(path.read_text()), decoded(path.with_suffix(".png").read_bytes())
        assert page.shape[:2] == (about["meta"]["size"]["h"], about["meta"]["size"]["w"])
        assert about["meta"]["image"] == path.with_suffix(".png").name
        for name, entry in about["frames"].items():
            assert name == f"seed{SEED}-index{int(entry['index']):08d}"
            seen.append(int(entry["index"]) - START)
            frame = entry["frame"]
            cut = page[frame["y"] : frame["y"] + frame["h"], frame["x"] : frame["x"] + frame["w"]]
            np.testing.assert_array_equal(cut, images[seen[-1]])
    assert seen == list(range(COUNT))


def test_npy_is_an_array_of_pixels(drawn):
    folder, images = drawn("npy")
    shards = [np.load(path, mmap_mode="r", allow_pickle=False) for path in sorted(folder.glob("*.npy"))]
    np.testing.assert_array_equal(np.concatenate(shards), images)


@pytest.mark.parametrize(
    ("picture", "quality", "worst"), [("jpeg", 100, 8), ("webp", 101, 0)], ids=["jpeg", "lossless webp"]
)
def test_other_encodings_keep_the_picture(drawn, picture, quality, worst):
    folder, images = drawn("files", picture=picture, quality=quality)
    ending = {"jpeg": "jpg", "webp": "webp"}[picture]
    found = np.stack([decoded(path.read_bytes()) for path in sorted(folder.glob(f"*/*.{ending}"))])
    error = np.abs(found.astype(int) - images).max()
    print(f"largest error of {picture}: {error}")
    assert error <= worst


def test_the_manifest_lists_every_shard_with_its_hash(drawn):
    from hashlib import sha256

    folder, _ = drawn("webdataset")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["complete"]
    assert [shard["images"] for shard in manifest["shards"]] == [16, 16, 16, 2]
    for shard in manifest["shards"]:
        assert sha256((folder / shard["file"]).read_bytes()).hexdigest() == shard["sha256"]
        assert sha256((folder / f"{shard['name']}_stats.json").read_bytes()).hexdigest() == shard["stats_sha256"]
    assert sorted(contents(folder)) == sorted(
        ["manifest.json", "manifest.plan.json", *(f"{n:05d}{end}" for n in range(4) for end in (".tar", "_stats.json"))]
    )


@pytest.mark.parametrize("format", ["webdataset", "files", "atlas", "npy"])
def test_batches_threads_and_order_change_no_byte(tmp_path, format):
    path = save_tiny(tmp_path / "tiny.onnx")
    layout = {"sheet": 2} if format == "atlas" else {}
    with open_tiny(path) as generator:
        plan = make_plan(generator, 50, format, 16, **layout)
        for name, drawer in (("a", make_drawer(generator)), ("b", make_drawer(generator, batch_size=3, encoders=3))):
            run(plan, tmp_path / name, drawer, Options())
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_grey_pictures_and_single_ones(tmp_path):
    path = save_tiny(tmp_path / "grey.onnx", tiny_spec(channels=1))
    with open_tiny(path) as generator:
        run(make_plan(generator, 1, "webdataset", 1), tmp_path / "out", make_drawer(generator), Options())
        expected = generator.sample(1, seed=SEED, start=START)[0]
    with tarfile.open(tmp_path / "out" / "00000.tar") as tar:
        data = tar.extractfile(tar.getmembers()[0]).read()
    assert (cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) == expected[..., 0]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"format": "zip"}, "webdataset"),
        ({"format": "files", "picture": "bmp"}, "webp"),
        ({"format": "files", "size": 10_001}, "10000"),
        ({"format": "webdataset", "size": 0}, "--shard-size 0"),
        ({"format": "webdataset", "quality": 5}, "jpeg"),
        ({"format": "files", "picture": "jpeg", "quality": 101}, "1 to 100"),
        ({"format": "files", "sheet": 3}, "atlas"),
        ({"format": "atlas", "sheet": 65}, "1 to 64"),
        ({"format": "atlas", "sheet": 3, "size": 10}, "multiple of 9"),
        ({"format": "npy", "picture": "png"}, "pixels"),
    ],
)
def test_layouts_that_make_no_sense(arguments, words):
    with pytest.raises(UsageError, match=words):
        make_layout(**arguments)


def test_a_tar_header_is_tarfiles():
    from ganrt.runtime.bulk.formats.webdataset import header

    for name, size in (("a.png", 0), ("seed18446744073709551615-index18446744073709551615.json", 2**33 - 1)):
        info = tarfile.TarInfo.frombuf(header(name.encode(), size), "utf-8", "strict")
        assert (info.name, info.size, info.mtime, info.type) == (name, size, 0, tarfile.REGTYPE)


def test_seeds_are_written_as_ranges():
    from ganrt.runtime.seeds import parse_seeds

    assert as_ranges((0, 1, 4, 5, 6, 9)) == "0-1,4-6,9"
    assert parse_seeds(as_ranges((7, 3, 4, 1))) == [7, 3, 4, 1]
