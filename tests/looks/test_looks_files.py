"""Looks in files: columns of identities that set something, `--looks`, and looks in walks, sweeps and bulk runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from bulk_runs import contents
from cli_files import names, read
from controlled_models import save_controlled
from hypothesis import given
from hypothesis import strategies as st

import ganrt
from ganrt.errors import BadInputFile
from ganrt.runtime.bulk.census import take_census
from ganrt.runtime.bulk.identity_files import make_row
from ganrt.runtime.identity import identity_index

TEXT = "ganrt:avatars-2:0:1"


@pytest.fixture(scope="module")
def dolls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_controlled(tmp_path_factory.mktemp("dolls") / "dolls.onnx")


@pytest.fixture(scope="module")
def look(dolls: Path) -> ganrt.Look:
    with ganrt.load(dolls, backend="onnxruntime") as generator:
        return generator.look(7, 3, controls={"hair": "bald"}, truncation=0.5, pinned="9=2")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def players(work: Path, look: ganrt.Look) -> Path:
    """Four players: plain, with controls, rerolled, with a look."""
    path = work / "players.csv"
    path.parent.mkdir(exist_ok=True)
    rows = [
        "identity,team,control:hair,control:skin,reroll,look",
        "Ann,red,,,,",
        "Bob,red,bald,0.25,,",
        "Cid,blue,,,2,",
        f'Dee,blue,,,,"{look.code}"',
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def without_looks(players: Path) -> None:
    players.write_text("".join(players.read_text().splitlines(True)[:4]))


def drawn(dolls: Path, look: ganrt.Look) -> list[np.ndarray]:
    """What the file's players look like, by the library's plainest calls."""
    with ganrt.load(dolls, backend="onnxruntime") as generator:
        return [
            generator.avatar("Ann"),
            generator.avatar("Bob", controls={"hair": "bald", "skin": 0.25}),
            generator.avatar("Cid", reroll=2),
            generator.draw(look),
        ]


def test_rows_set_controls_rerolls_and_looks(run, dolls, work, players, look):
    code, _, err = run("generate", "-m", dolls, "--identities", "players.csv", "--grid", "4x1", "-o", "out")
    assert code == 0, err
    with (work / "out" / "identities.csv").open() as file:
        listed = list(csv.DictReader(file))
    assert [row["identity"] for row in listed] == ["Ann", "Bob", "Cid", "Dee"]
    assert (listed[3]["look"], listed[3]["index"]) == (look.code, "3")
    for row, picture in zip(listed, drawn(dolls, look), strict=True):
        assert np.array_equal(read(work / "out" / row["file"]), picture), row
        assert np.array_equal(ganrt.draw(row["look"], dolls), picture)


def test_the_row_wins_over_the_option(run, dolls, work, players):
    without_looks(players)
    options = ("--set", "hair=afro", "--set", "shirt=3366cc", "--truncation", "0.7")
    assert run("generate", "-m", dolls, "--identities", "players.csv", *options, "-o", "out")[0] == 0
    with (work / "out" / "identities.csv").open() as file:
        bob = list(csv.DictReader(file))[1]
    with ganrt.load(dolls, backend="onnxruntime") as generator:
        wanted = {"hair": "bald", "skin": 0.25, "shirt": "3366cc"}
        assert np.array_equal(
            read(work / "out" / bob["file"]), generator.avatar("Bob", controls=wanted, truncation=0.7)
        )
    code, _, err = run(
        "bulk", "run", "-m", dolls, "--identities", "players.csv", *options, "-o", "s", "--format", "npy"
    )
    assert code == 0, err
    assert np.array_equal(np.load(work / "s" / "00000.npy")[1], read(work / "out" / bob["file"]))


@pytest.mark.parametrize("format", ["files", "parquet", "webdataset"])
def test_a_bulk_run_holds_its_looks_goes_on_and_is_audited(run, dolls, work, players, look, format):
    command = ("bulk", "run", "-m", dolls, "--identities", "players.csv", "--format", format, "--shard-size", 3)
    code, _, err = run(*command, "-o", "s")
    assert code == 0, err
    whole = contents(work / "s")
    plan = json.loads(whole["manifest.json"])["plan"]
    assert (plan["identities"]["designed"], plan["identities"]["looks"]) == ("3", "1")
    mapped = list(csv.DictReader((whole["identities/00000.csv"] + whole["identities/00001.csv"]).decode().splitlines()))
    assert mapped[1]["controls"] == "hair=bald skin=0.25"
    assert whole["identities/00001.csv"].decode().splitlines()[1].endswith(f'"{look.code}"')
    assert run("bulk", "audit", "s", "--all")[0] == 0
    for name in [name for name in whole if name.startswith("00001")]:
        (work / "s" / name).unlink()
    code, _, err = run(*command, "-o", "s")
    assert code == 0, err
    assert contents(work / "s") == whole
    players.write_text(players.read_text().replace("Bob,red,bald", "Bob,red,afro"))
    assert run(*command, "-o", "s")[0] == 5


def test_bulk_pictures_are_those_of_the_library(run, dolls, work, players, look):
    code, _, err = run("bulk", "run", "-m", dolls, "--identities", "players.csv", "--format", "npy", "-o", "s")
    assert code == 0, err
    assert np.array_equal(np.load(work / "s" / "00000.npy"), np.stack(drawn(dolls, look)))


def test_a_file_of_looks_and_codes_draw_loose_and_in_shards(run, dolls, work, look):
    with ganrt.load(dolls, backend="onnxruntime") as generator:
        plain = generator.look(0, 5)
    work.mkdir(exist_ok=True)
    (work / "looks.txt").write_text(f"{look.code}\n\n{plain.body.upper()}\n{look.code}\n")
    code, out, err = run("generate", "-m", dolls, "--looks", "looks.txt", "-o", "out", "--json")
    assert code == 0, err
    assert json.loads(out)["looks"] == [look.code, plain.code]
    for arguments in (("--looks", "looks.txt"), (look.code, plain.code)):
        code, _, err = run(
            "bulk", "run", "-m", dolls, *arguments, "--format", "npy", "-o", "s", "--no-resume", "--force"
        )
        assert code == 0, err
        made = np.load(work / "s" / "00000.npy")
        assert np.array_equal(made, np.stack([ganrt.draw(one, dolls) for one in (look, plain)]))
        assert run("bulk", "audit", "s", "--all")[0] == 0


def test_lines_of_text_stay_names(run, dolls, work):
    work.mkdir(exist_ok=True)
    (work / "players.txt").write_text(f"{TEXT}\n")
    code, _, err = run("generate", "-m", dolls, "--identities", "players.txt", "-o", "out")
    assert code == 0, err
    assert f"seed0-index{identity_index(TEXT):08d}.png" in names(work / "out")


def test_walks_pass_through_looks(run, dolls, work, players, look):
    with ganrt.load(dolls, backend="onnxruntime") as generator:
        plain = generator.look(0, 5)
    walk = ("--no-loop", "--duration", 1, "--fps", 4)
    code, _, err = run("interpolate", look.code, plain.code, "-m", dolls, *walk, "-o", "frames")
    assert code == 0, err
    frames = [read(path) for path in sorted((work / "frames").iterdir())]
    for picture, code in ((frames[0], look), (frames[-1], plain)):
        assert np.array_equal(picture, ganrt.draw(code, dolls))
    code, _, err = run(
        "interpolate", "--identities", "players.csv", "-m", dolls, "--duration", 3, "--fps", 1, "-o", "f"
    )
    assert code == 0, err
    frames = [read(path) for path in sorted((work / "f").iterdir())]
    assert len(frames) == 4
    assert all(np.array_equal(a, b) for a, b in zip(frames, drawn(dolls, look), strict=True))
    assert run("play", look.code, "-m", dolls, "--headless", "--duration", 0.2, "--fps", 20)[0] == 0


def test_a_sweep_shows_looks_at_each_factor(run, dolls, work, look):
    from ganrt.runtime.sweep import sweep

    with ganrt.load(dolls, backend="onnxruntime") as generator:
        rows = sweep(generator, [0.5, 1.0], looks=[look], diversity_samples=8)
        assert rows[0].images.shape[0] == 1
        assert np.array_equal(rows[0].images[0], generator.draw(look))
        assert not np.array_equal(rows[1].images[0], rows[0].images[0])
    code, _, err = run("sweep", look.code, "-m", dolls, "--factors", "0.5,1", "--diversity-samples", 8, "-o", "s.png")
    assert code == 0, err


NONSENSE = [
    ("Bob,afros,,", "line 3: hair=afros: expected one of afro, bald, flat-top; nearest: afro"),
    ("Bob,,,ganrt:avatars-2:0:1", "drawn by avatars-2"),
    ("Ann,bald,,", "line 3: 'Ann' stands there again, with other settings"),
    ("Bob,,-1,", "line 3: reroll '-1': expected an integer from 0"),
    ("Bob,,1.5,", "line 3: reroll '1.5': expected an integer"),
    ("Bob,bald,,ganrt:avatars-2:0:1", "line 3: 'control:hair' beside a look"),
    ("Bob,,,ganrt:avatars-2:0:1:AA", "line 3: look code 'ganrt:avatars-2:0:1:AA': a typo"),
    ("Bob,,,Bob", "expected one such as"),
]


@pytest.mark.parametrize(
    ("command", "row", "told"),
    [
        *((("generate",), *case) for case in NONSENSE),
        *((command, *case) for command in (("bulk", "run"), ("interpolate",)) for case in NONSENSE[:3]),
    ],
)
def test_a_row_that_makes_no_sense_is_named_before_anything_is_drawn(run, dolls, work, command, row, told):
    work.mkdir(exist_ok=True)
    (work / "p.csv").write_text(f"identity,control:hair,reroll,look\nAnn,,,\n{row}\n")
    code, _, err = run(*command, "-m", dolls, "--identities", "p.csv", "-o", "out")
    assert (code, told in err) == (4, True), err
    assert names(work) == ["p.csv"]


@pytest.mark.parametrize(
    ("lines", "arguments", "code", "told"),
    [
        ("", (), 4, "no look code in it"),
        ("Ann\n", (), 4, "line 1: look code"),
        (f"{TEXT}\n", ("--set", "hair=afro"), 2, "the code says it all"),
        (f"{TEXT}\n", ("--count", 3), 2, "expected"),
        (f"{TEXT}\n", ("-m", "dolls.onnx"), 2, "drawn by avatars-2"),
    ],
)
@pytest.mark.parametrize("command", [("generate",), ("bulk", "run")])
def test_a_file_of_looks_that_makes_no_sense_is_refused(run, dolls, work, command, lines, arguments, code, told):
    work.mkdir(exist_ok=True)
    (work / "dolls.onnx").write_bytes(dolls.read_bytes())
    (work / "looks.txt").write_text(lines)
    got, _, err = run(*command, "--looks", "looks.txt", *arguments, "-o", "out")
    assert (got in (code, 4), told in err) == (True, True), (got, err)
    assert names(work) == ["dolls.onnx", "looks.txt"]


def test_json_lines_and_parquet_set_things_too(run, dolls, work, tmp_path, look):
    import pyarrow
    import pyarrow.parquet

    rows = [
        {"identity": "Ann"},
        {"identity": "Bob", "control:hair": "bald", "control:skin": 0.25},
        {"identity": "Cid", "reroll": 2},
        {"identity": "Dee", "look": look.code},
    ]
    work.mkdir(exist_ok=True)
    (work / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    keys = ["identity", "control:hair", "control:skin", "reroll", "look"]
    table = pyarrow.Table.from_pylist([{key: row.get(key) for key in keys} for row in rows])
    pyarrow.parquet.write_table(table, work / "p.parquet")
    wanted = np.stack(drawn(dolls, look))
    for name in ("p.jsonl", "p.parquet"):
        code, _, err = run("bulk", "run", "-m", dolls, "--identities", name, "--format", "npy", "-o", name[2:])
        assert code == 0, err
        assert np.array_equal(np.load(work / name[2:] / "00000.npy"), wanted)


def test_repetitions_and_contradictions(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("identity,reroll\nAnn,1\nBob,\nAnn,1\n")
    with take_census(path) as census:
        assert (census.unique, census.designed) == (2, 2)
        assert len({item.key for item in census.items()}) == 2
    path.write_text("identity,reroll\nAnn,1\nBob,\nAnn,\n")
    with pytest.raises(BadInputFile, match="line 4: 'Ann' stands there again"), take_census(path):
        pass


@given(
    st.dictionaries(
        st.sampled_from(["look", "reroll", "control:hair", "control:"]), st.none() | st.text() | st.integers()
    )
)
def test_cells_are_read_or_refused(cells):
    from ganrt.errors import UsageError

    try:
        row = make_row(1, "Ann", cells)
    except UsageError:
        return
    wanted = {name: value for name, value in cells.items() if value is not None and value != ""}
    assert (row.look != "") == ("look" in wanted)
    assert row.reroll == int(wanted.get("reroll", 0))
    assert [name for name, _ in row.controls] == [name[8:] for name in wanted if name.startswith("control:")]
