"""Near-duplicates: the search against the obvious one, and pictures that are or are not alike."""

import json

import numpy as np
import pytest
from bulk_runs import contents

from ganrt.runtime.bulk.unique import COLOUR, DISTANCE, near_duplicates, signatures


def obvious(hashes, fields):
    later = np.zeros(len(hashes), bool)
    for j in range(len(hashes)):
        for i in range(j):
            bits = (int(hashes[i]) ^ int(hashes[j])).bit_count()
            far = np.abs(fields[i].astype(int) - fields[j].astype(int)).max()
            later[j] |= bits <= DISTANCE and far <= COLOUR
    return later


def test_the_search_finds_what_the_obvious_one_finds():
    random = np.random.default_rng(4)
    hashes = random.integers(0, 2**64, 300, dtype=np.uint64)
    fields = random.integers(0, 256, (300, 48), dtype=np.uint8)
    for j in range(100, 200):  # copies with 0 to 5 bits flipped, and their fields moved by 0 to 30
        flips = random.choice(64, random.integers(0, 6), replace=False)
        hashes[j] = hashes[j - 100] ^ np.uint64(sum(1 << int(bit) for bit in flips))
        moved = fields[j - 100].astype(int) + random.integers(0, 31)
        fields[j] = np.clip(moved, 0, 255)
    expected = obvious(hashes, fields)
    assert 20 < expected.sum() < 90
    np.testing.assert_array_equal(near_duplicates(hashes, fields), expected)


def faces(count, seed=0):
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (count, 8, 8, 3)).astype(np.float32)
    return np.repeat(np.repeat(small, 8, axis=1), 8, axis=2).astype(np.uint8)


def marked(images):
    looks = signatures(images)
    return near_duplicates(looks["hash"], looks["fields"])


def test_copies_with_noise_are_alike_and_others_are_not():
    images = faces(40)
    noise = np.random.default_rng(1).normal(0, 2, images.shape)
    copies = np.clip(images + noise, 0, 255).astype(np.uint8)
    assert not marked(images).any()
    assert marked(np.concatenate([images, copies]))[40:].mean() > 0.9


def test_colours_tell_apart_what_grey_does_not():
    images = faces(10)
    assert marked(np.concatenate([images, images])).sum() == 10
    grey = np.repeat(images[..., :1], 3, axis=3)
    tinted = grey.astype(float) * [1.6, 0.8, 0.5]
    assert not marked(np.concatenate([grey, np.clip(tinted, 0, 255).astype(np.uint8)]))[10:].any()


def test_one_picture_over_and_over():
    images = np.repeat(faces(1), 50, axis=0)
    assert marked(images).sum() == 49
    assert marked(images[..., :1]).sum() == 49


@pytest.mark.parametrize("format", ["webdataset", "files"])
def test_a_run_reports_and_keeps_them(run, tiny, tmp_path, format):
    command = ["bulk", "run", "-m", tiny, "--count", 60, "--format", format, "--shard-size", 25, "-o", "o", "--json"]
    code, out, err = run(*command, "--unique")
    assert code == 0, err
    found = json.loads(out)["near_duplicates"]
    assert found["per_million"] == pytest.approx(found["pictures"] / 60 * 1e6, abs=0.1)
    folder = tmp_path / "work" / "o"
    assert json.loads((folder / "manifest.json").read_text())["near_duplicates"] == found
    assert np.load(folder / "00002_signatures.npy")["hash"].shape == (10,)
    whole = contents(folder)
    (folder / "00001_signatures.npy").unlink()
    assert json.loads(run(*command, "--unique")[1])["drawn_shards"] == 1
    assert contents(folder) == whole
