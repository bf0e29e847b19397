"""Files of identities: streams in four forms, repetitions, collisions, malformed lines."""

import csv
import json
import os
import threading
import tracemalloc

import numpy as np
import pytest
from bulk_runs import contents, open_tiny

from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.bulk import census as censuses
from ganrt.runtime.bulk.census import expected_collisions, read_mapping, take_census, write_mapping
from ganrt.runtime.bulk.identity_files import kind_of, read_rows
from ganrt.runtime.bulk.plan import Plan, make_layout
from ganrt.runtime.bulk.storage import LocalStorage
from ganrt.runtime.identity import identity_index

NAMES = ["ann", "bob", "Zoë", "a,b", 'say "hi"', " spaced ", "ann ", "名前"]


def write(folder, kind, names, column="identity"):
    path = folder / f"players.{kind}"
    if kind == "csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["level", column], *([k, name] for k, name in enumerate(names))])
    elif kind in ("jsonl", "ndjson"):
        rows = [name if k % 2 else {column: name, "level": k} for k, name in enumerate(names)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    elif kind == "parquet":
        pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.table({column: names}), path)
    else:
        path.write_text("\n".join(names), "utf-8")
    return path


@pytest.mark.parametrize("kind", ["txt", "csv", "jsonl", "parquet"])
def test_every_form_gives_the_same_avatars(run, tiny, tmp_path, kind):
    write(tmp_path, kind, [*NAMES, "bob", "ann", "bob"])
    code, out, err = run(
        "bulk", "run", "-m", tiny, "--identities", tmp_path / f"players.{kind}", "--format", "npy", "--shard-size", 5,
        "-o", "o", "--json", "--backend", "onnxruntime",
    )  # fmt: skip
    assert code == 0, err
    assert "3 lines repeat one" in err
    report = json.loads(out)["identities"]
    assert (report["lines"], report["unique"], report["duplicates"], report["index_collisions"]) == (
        "11",
        "8",
        "3",
        "0",
    )
    folder = tmp_path / "work" / "o"
    rows = []
    for path in sorted((folder / "identities").iterdir()):
        with path.open(newline="", encoding="utf-8") as file:
            rows += csv.DictReader(file)
    assert [row["identity"] for row in rows] == NAMES
    assert [int(row["index"]) for row in rows] == [identity_index(name) for name in NAMES]
    assert [row["shard"] for row in rows] == ["00000"] * 5 + ["00001"] * 3
    images = np.concatenate([np.load(path) for path in sorted(folder.glob("*.npy"))])
    with open_tiny(tiny) as generator:
        for name, image in zip(NAMES, images, strict=True):
            np.testing.assert_array_equal(image, generator.avatar(name))
    before = contents(folder)
    assert run("bulk", "run", "-m", tiny, "--identities", tmp_path / f"players.{kind}", "--format", "npy",
               "--shard-size", 5, "-o", "o", "--backend", "onnxruntime")[0] == 0  # fmt: skip
    assert contents(folder) == before


@pytest.mark.parametrize("kind", ["txt", "csv", "jsonl", "ndjson", "parquet"])
def test_loose_pictures_are_those_of_the_same_players(run, tiny, tmp_path, kind):
    """A file is read in one way, whether its pictures go into shards or not."""
    path = write(tmp_path, kind, [*NAMES, "bob"], "name")
    column = [] if kind == "txt" else ["--identity-column", "name"]
    code, _, err = run("generate", "-m", tiny, "--identities", path, *column, "-o", "o")
    assert code == 0, err
    assert "9 lines name 8 identities" in err
    with (tmp_path / "work" / "o" / "identities.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["identity"], int(row["index"])) for row in rows] == [(name, identity_index(name)) for name in NAMES]


@pytest.mark.parametrize("words", [["generate"], ["bulk", "run", "--format", "npy"]])
def test_what_is_neither_lines_nor_read_is_refused(run, tiny, tmp_path, words):
    for name in ("l.json", "l.TSV", "l.xlsx", "l.yaml", "players.csv.gz"):
        (tmp_path / name).write_text('[\n"a"\n]\n')
        code, _, err = run(*words, "-m", tiny, "--identities", tmp_path / name, "-o", "o")
        assert code == 4, name
        assert "is not read; expected .csv, .jsonl, .ndjson or .parquet, or lines of text" in err
    (tmp_path / "l.csv").write_text("name,team\nann,1\n")
    code, _, err = run(*words, "-m", tiny, "--identities", tmp_path / "l.csv", "-o", "o")
    assert code == 4
    assert "--identity-column NAME" in err
    assert not (tmp_path / "work" / "o").exists()


def test_whole_numbers_are_the_players_of_their_digits(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"identity": 8841}\n18446744073709551615\n-7\n')
    assert [row.identity for row in read_rows(tmp_path / "a.jsonl", "jsonl")] == ["8841", str(2**64 - 1), "-7"]
    path = write(tmp_path, "parquet", [8841, -7])
    assert [row.identity for row in read_rows(path, "parquet")] == ["8841", "-7"]
    with pytest.raises(BadInputFile, match="row 1: expected text of 1 to 65536 bytes, or a whole number"):
        list(read_rows(write(tmp_path, "parquet", [1.0]), "parquet"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes of this kind")
def test_a_pipe_is_read_once_alone(run, tiny, tmp_path):
    """Loose pictures take one, such as the shell's <(...); two passes over it cannot be."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BadInputFile, match="or - for standard input"), take_census(pipe):
        pass
    writer = threading.Thread(target=pipe.write_text, args=("ann\nbob\n",), daemon=True)
    writer.start()
    code, _, err = run("generate", "-m", tiny, "--identities", pipe, "-o", "o")
    assert code == 0, err
    writer.join()
    assert "2 images" in err


def test_identities_stand_beside_their_pictures(run, tiny, tmp_path):
    import tarfile

    write(tmp_path, "txt", NAMES)
    run("bulk", "run", "-m", tiny, "--identities", tmp_path / "players.txt", "--format", "webdataset", "-o", "o")
    with tarfile.open(tmp_path / "work" / "o" / "00000.tar") as tar:
        about = [json.load(tar.extractfile(member)) for member in tar.getmembers()[1::2]]
    assert [entry["identity"] for entry in about] == NAMES


def test_another_file_of_identities_is_another_run(run, tiny, tmp_path):
    write(tmp_path, "txt", NAMES)
    command = ["bulk", "run", "-m", tiny, "--identities", tmp_path / "players.txt", "--format", "npy", "-o", "o"]
    assert run(*command)[0] == 0
    write(tmp_path, "txt", [*NAMES[:-1], "zed"])
    code, _, err = run(*command)
    assert code == 5
    assert "identities.file_sha256" in err


@pytest.fixture
def mapped(run, tiny, tmp_path):
    """A finished run by identities, in shards of three: the command, and what came of it."""
    write(tmp_path, "txt", NAMES)
    command = [
        "bulk",
        "run",
        "-m",
        tiny,
        "--identities",
        tmp_path / "players.txt",
        "--format",
        "npy",
        "--shard-size",
        3,
    ]
    command += ["-o", "o"]
    assert run(*command)[0] == 0
    return command, contents(tmp_path / "work" / "o")


@pytest.mark.parametrize("damage", ["missing", "longer", "of no shard", "flipped"])
def test_a_part_of_the_mapping_is_written_anew(run, tiny, tmp_path, mapped, damage):
    command, whole = mapped
    folder = tmp_path / "work" / "o"
    part = folder / "identities" / "00001.csv"
    if damage == "missing":
        part.unlink()
    elif damage == "longer":
        part.write_bytes(part.read_bytes() + b"x")
    elif damage == "of no shard":
        part.write_text("identity,index,key,shard\nann,1,2,3\n")
    else:
        part.write_bytes(part.read_bytes().replace(b"seed0", b"seed1"))
    assert "identities/00001.csv" in run("bulk", "audit", "o", "-m", tiny)[2]
    if damage == "flipped":  # a run compares lengths, as of shards
        part.unlink()
    assert run(*command)[0] == 0
    assert contents(folder) == whole


def test_what_else_is_damaged_is_mended(run, tiny, tmp_path, mapped):
    """Only the file of identities brings a part of the mapping back; the other shards need none."""
    command, whole = mapped
    folder = tmp_path / "work" / "o"
    (folder / "identities" / "00001.csv").unlink()
    (folder / "00001.npy").write_bytes(b"no")
    (folder / "00000.npy").unlink()
    code, _, err = run("bulk", "audit", "o", "-m", tiny, "--repair")
    assert code == 1
    assert "\nmended: missing: 00000.npy" in err
    assert "not mended: missing: identities/00001.csv" in err
    assert "same ganrt bulk run command" in err
    assert (folder / "00000.npy").read_bytes() == whole["00000.npy"]
    assert run(*command)[0] == 0
    assert contents(folder) == whole


def test_a_damaged_part_of_a_shard_that_is_not_drawn_yet(run, tiny, tmp_path, mapped):
    command, whole = mapped
    folder = tmp_path / "work" / "o"
    (folder / "identities" / "00001.csv").write_text("identity\n")
    for name in ("00000_stats.json", "00001_stats.json"):
        (folder / name).unlink()
    code, _, err = run("bulk", "audit", "o", "-m", tiny, "--repair")
    assert code == 1
    assert "not mended: damaged: identities/00001.csv" in err
    assert (folder / "00000_stats.json").read_bytes() == whole["00000_stats.json"]
    (folder / "identities" / "00001.csv").unlink()
    assert run(*command)[0] == 0
    assert contents(folder) == whole


def test_standard_input(run, tiny, tmp_path, monkeypatch):
    import io
    import types

    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=io.BytesIO("ann\r\nbob\n\nZoë".encode())))
    code, _, err = run("bulk", "run", "-m", tiny, "--identities", "-", "--format", "npy", "-o", "o")
    assert code == 0, err
    text = (tmp_path / "work" / "o" / "identities" / "00000.csv").read_text("utf-8")
    assert [line.split(",")[0] for line in text.splitlines()] == ["identity", "ann", "bob", "Zoë"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"", "no identity in it"),
        ("a.txt", b"\n\n", "no identity in it"),
        ("a.txt", b"ann\nb\xffb\n", "line 2: byte 2 of it is not UTF-8"),
        ("a.txt", b"ann\n" + b"x" * 10_000_000, "line 2: longer than 65536 bytes"),
        ("a.txt", "ann\n".encode("utf-16"), "UTF-16"),
        ("a.txt", b"ann\nb\0b\n", "line 2: it holds a zero byte"),
        ("a.csv", b"", "names the columns"),
        ("a.csv", b"ann\nbob\n", "--identity-column NAME"),
        ("a.csv", b"identity,level\nann,1\nbob\n", "line 3: 1 fields; expected 2"),
        ("a.csv", b"identity,level\nann,1\n,2\n", "line 3: 'identity' is empty"),
        ("a.csv", b'identity\nann\n"bob\n', "line 3"),
        ("a.csv", b'identity\n"bob"x\n', "line 2"),
        ("a.csv", b"identity\n" + b'"' + b"x\n" * 200_000, "field larger"),
        ("a.jsonl", b'"ann"\n{"identity": 5.0}\n', "line 2: expected a string or a whole number"),
        ("a.jsonl", b'"ann"\n{"identity": true}\n', "line 2: expected a string"),
        ("a.jsonl", b'"ann"\n\n{"id": "x"}\n', "line 3: expected a string"),
        ("a.jsonl", b'"ann"\nbob\n', "line 2: no JSON"),
        ("a.jsonl", b"[" * 60_000, "line 1: no JSON"),
        ("a.jsonl", b'"\\ud800"\n', "line 1: it holds half"),
        ("a.parquet", b"PAR1", "no Parquet file"),
    ],
)
def test_malformed_files_are_refused_by_line(tmp_path, name, data, words):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadInputFile, match=words), take_census(path):
        pass


def test_a_missing_file_and_a_column_of_text(tmp_path):
    with pytest.raises(BadInputFile, match="expected a file"), take_census(tmp_path / "none.csv"):
        pass
    with pytest.raises(UsageError, match="no columns"):
        list(read_rows(write(tmp_path, "txt", NAMES), "text", "name"))
    assert [row.identity for row in read_rows(write(tmp_path, "csv", NAMES, "name"), "csv", "name")] == NAMES


def test_numbers_of_lines_are_those_of_the_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfidentity,x\r\n"two\r\nlines",1\r\n\r\nbob,2\r\n')
    assert [(row.number, row.identity) for row in read_rows(path, "csv")] == [(3, "two\nlines"), (5, "bob")]
    assert [kind_of(path.with_suffix(s)) for s in (".CSV", ".ndjson", ".txt")] == ["csv", "jsonl", "text"]


def test_different_identities_of_one_index_get_keys_of_their_own(run, tiny, tmp_path, monkeypatch):
    """No two names are known that share 64 bits of SHA-256: the index is cut down to two bits."""
    monkeypatch.setattr(censuses, "identity_index", lambda name: identity_index(name) >> 62 << 62)
    write(tmp_path, "txt", [*NAMES, "ann"])
    code, out, err = run("bulk", "run", "-m", tiny, "--identities", tmp_path / "players.txt", "--format", "files",
                         "-o", "o", "--json")  # fmt: skip
    assert code == 0, err
    indices = {identity_index(name) >> 62 for name in NAMES}
    facts = json.loads(out)["identities"]
    assert facts["index_collisions"] == str(len(NAMES) - len(indices))
    assert facts["duplicates"] == "1"
    assert len(list((tmp_path / "work" / "o" / "00000").iterdir())) == len(NAMES)
    assert expected_collisions(10**6) == pytest.approx(2.71e-8, rel=0.01)


def test_a_file_that_changes_while_it_is_read(tmp_path):
    path = write(tmp_path, "txt", NAMES)
    with take_census(path) as census:
        path.write_text("\n".join([*NAMES, "more"]))
        with pytest.raises(BadInputFile, match="changed"):
            list(census.items())


def test_no_mapping_stays_of_a_file_that_changed(tmp_path):
    """What the changed file gave must not be taken for the mapping once the right file is back."""
    path = write(tmp_path, "txt", NAMES)
    storage = LocalStorage(tmp_path / "o")
    storage.root.mkdir()
    with take_census(path) as census:
        plan = Plan(census.unique, 0, 0, None, census.facts, {}, {}, make_layout("npy", size=3))
        path.write_text("\n".join(name + "?" for name in NAMES), "utf-8")
        with pytest.raises(BadInputFile, match="changed"):
            write_mapping(census, plan, storage)
    assert list(storage.names()) == []
    write(tmp_path, "txt", NAMES)
    with take_census(path) as census:
        write_mapping(census, plan, storage)
    assert [item.identity for shard in plan.shards() for item in read_mapping(storage, shard)] == NAMES


def test_identities_that_hold_ends_of_lines(run, tiny, tmp_path):
    names = ["a\rb", "c\nd", "e\r\nf", "g"]
    write(tmp_path, "jsonl", names)
    code, _, err = run(
        "bulk", "run", "-m", tiny, "--identities", tmp_path / "players.jsonl", "--format", "npy", "-o", "o"
    )
    assert code == 0, err
    with (tmp_path / "work" / "o" / "identities" / "00000.csv").open(newline="", encoding="utf-8") as file:
        assert [row[0] for row in csv.reader(file)] == ["identity", *names]


@pytest.mark.slow
def test_memory_hardly_grows_with_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(censuses, "_CHUNK", 2048)

    def peak(count):
        path = tmp_path / f"{count}.txt"
        with path.open("w") as file:
            file.writelines(f"player-{k % (count - count // 10)}\n" for k in range(count))
        tracemalloc.start()
        with take_census(path) as census:
            assert (census.lines, census.unique) == (count, count - count // 10)
            used = sum(1 for _ in census.items())
        assert used == census.unique
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(1000)  # what is imported by the way is no part of it
    small, large = peak(10_000), peak(30_000)
    print(f"{small} and {large} bytes")
    assert large - small < 20 * 20_000  # the records alone would be 24 bytes a line
