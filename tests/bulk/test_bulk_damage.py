"""A bit that flips anywhere in what a run says of itself is found, and mended to the same bytes."""

import json
import shutil
from pathlib import Path

import pytest
from bulk_runs import as_0_1_0, contents, make_drawer, make_plan, open_tiny, rewrite
from tiny_onnx import save_tiny

from ganrt.errors import BadInputFile
from ganrt.runtime.bulk.audit import check_files, read_run, repair
from ganrt.runtime.bulk.begin import Options
from ganrt.runtime.bulk.manifest import find_manifest, read_manifest, read_stats
from ganrt.runtime.bulk.records import COPY, SEAL, Damaged, canonical, opened
from ganrt.runtime.bulk.run import run as run_bulk
from ganrt.runtime.bulk.storage import LocalStorage
from ganrt.seals import seal

FILES = ("manifest.json", "manifest.plan.json", "00000_stats.json")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished run of two shards: what draws it, and its folder."""
    folder = tmp_path_factory.mktemp("damage")
    with open_tiny(save_tiny(folder / "tiny.onnx")) as generator:
        drawer, plan = make_drawer(generator, encoders=1), make_plan(generator, 4, "npy", 2, signatures=True)
        run_bulk(plan, folder / "run", drawer, Options())
        yield drawer, folder / "run"


@pytest.fixture
def damaged(whole, tmp_path):
    """The run, to be damaged: what draws it, the folder, what it held."""
    shutil.copytree(whole[1], tmp_path / "run")
    return whole[0], tmp_path / "run", contents(tmp_path / "run")


def flips(data, step=1):
    """The data with one bit flipped, of every `step`-th bit."""
    for bit in range(0, 8 * len(data), step):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


def audited(folder):
    """The manifest, and (kind, name) of every finding."""
    storage = LocalStorage(folder)
    manifest = read_run(storage)
    found = check_files(storage, manifest, lambda _: None)
    return manifest, found, {(finding.kind, finding.name) for finding in found.findings()}


@pytest.mark.parametrize("name", FILES)
def test_no_flipped_bit_is_read(damaged, name, monkeypatch):
    """Two bits of every byte, of stats all; by the readers alone."""
    _, folder, files = damaged
    storage = LocalStorage(folder)
    plan = read_manifest(storage).plan

    def refused(data):
        if name == "manifest.plan.json":
            with pytest.raises(Damaged):
                opened(data, name, COPY)
            return
        monkeypatch.setattr("ganrt.runtime.bulk.manifest.read", lambda _, wanted: data if wanted == name else None)
        if name == "manifest.json":
            with pytest.raises(Damaged):
                read_manifest(storage)
        else:
            assert read_stats(storage, plan, plan.shard(0)) is None

    for data in flips(files[name], 1 if name == "00000_stats.json" else 4):
        refused(data)
    with pytest.raises((pytest.fail.Exception, AssertionError)):  # the whole file is read
        refused(files[name])


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_found_and_mended(damaged, name):
    drawer, folder, files = damaged
    for data in flips(files[name], 8 * len(files[name]) // 30 + 1):
        (folder / name).write_bytes(data)
        manifest, found, names = audited(folder)
        assert names == {("damaged", name)}
        assert repair(LocalStorage(folder), manifest, drawer, found) == [name]
        assert contents(folder) == files


@pytest.mark.parametrize("name", ["manifest.json", "00000_stats.json"])
def test_a_flipped_bit_of_0_1_0_is_found(damaged, name):
    """There is no seal; but manifest and stats name each other's hashes. How many look alike, nothing else says."""
    drawer, folder, sealed = damaged
    as_0_1_0(folder)
    files = contents(folder)
    before, after = files[name].find(b'"near_duplicates"'), files[name].find(b'"plan"')
    found_by = set()
    for place, data in enumerate(flips(files[name], 8 * len(files[name]) // 100 + 1)):
        changed = next(k for k, (old, new) in enumerate(zip(files[name], data, strict=True)) if old != new)
        if name == "manifest.json" and before <= changed < after:
            continue
        (folder / name).write_bytes(data)
        try:
            manifest, found, names = audited(folder)
        except BadInputFile as error:
            assert name == "manifest.json"
            assert "manifest.json" in str(error)
            found_by.add("refused")
            continue
        assert names, data
        found_by.add("found")
        if place % 10 == 0:
            assert repair(LocalStorage(folder), manifest, drawer, found)
            assert pictures_of(contents(folder)) == pictures_of(sealed)
            shutil.rmtree(folder)
            folder.mkdir()
            for other, content in files.items():
                (folder / other).write_bytes(content)
    assert found_by == ({"found"} if "stats" in name else {"found", "refused"})


def pictures_of(files):
    """All but the manifest and the stats: those of 0.1.0 stay without a seal."""
    return {name: data for name, data in files.items() if not name.endswith(".json")}


@pytest.mark.parametrize("name", FILES)
def test_the_command_line_says_so(run, tiny, name):
    command = ["bulk", "run", "-m", tiny, "--count", 4, "--format", "npy", "--shard-size", 2, "-o", "o"]
    code, _, err = run(*command)
    assert code == 0, err
    folder = Path("o")
    whole = contents(folder)
    for data in flips(whole[name], 8 * len(whole[name]) // 3 + 1):
        (folder / name).write_bytes(data)
        code, _, err = run("bulk", "audit", folder)
        assert (code, f"damaged: {name}" in err) == (1, True), err
        code, _, err = run("bulk", "audit", folder, "--repair")
        assert (code, f"mended: damaged: {name}" in err) == (0, True), err
        assert contents(folder) == whole
    (folder / name).write_bytes(data)
    code, _, err = run(*command)  # and so does the command that drew the run
    assert code == 0, err
    assert contents(folder) == whole


@pytest.mark.parametrize(
    "change",
    [
        lambda stats: stats.pop("bytes"),
        lambda stats: stats.update(images=2**63),
        lambda stats: stats.update(shard=0.0),
        lambda stats: stats["pieces"].update(smallest=None),
        lambda stats: stats["files"].update({"\ud800": {"bytes": 1, "sha256": "0" * 64}}),
        lambda stats: next(iter(stats["files"].values())).update(sha256="0" * 63),
        lambda stats: next(iter(stats["files"].values())).update(bytes="1"),
        lambda stats: stats.update(files=[]),
        lambda stats: stats.update(files={}),
        lambda stats: stats.update(more=1),
    ],
)
@pytest.mark.parametrize(("format", "with_seal"), [("atlas", True), ("atlas", False), ("npy", False)])
def test_stats_that_are_malformed_are_drawn_again(whole, tmp_path, format, with_seal, change):
    """Also sealed ones: whoever wrote them wrote the seal."""
    drawer, folder = whole[0], tmp_path / "run"
    layout = {"sheet": 2} if format == "atlas" else {"signatures": True}
    run_bulk(make_plan(drawer.generator, 4, format, 4, **layout), folder, drawer, Options())
    pictures = pictures_of(contents(folder))
    if not with_seal:
        as_0_1_0(folder)
    rewrite(folder / "00000_stats.json", change, with_seal)
    storage = LocalStorage(folder)
    manifest, found, names = audited(folder)
    assert names == {("damaged", "00000_stats.json")}
    repair(storage, manifest, drawer, found)
    assert pictures_of(contents(folder)) == pictures
    assert audited(folder)[2] == set()


def test_a_later_version_is_told_from_damage(damaged):
    _, folder, files = damaged
    document = {**json.loads(files["manifest.json"]), "format_version": "1.2"}
    (folder / "manifest.json").write_bytes(seal(document, SEAL, canonical))
    with pytest.raises(BadInputFile, match=r"format version '1\.2'; this ganrt reads 1\.1"):
        find_manifest(LocalStorage(folder))
