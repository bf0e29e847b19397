"""The table of devices: from the archives of `make gpu-report` to the docs."""

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from bench_documents import MACHINE, document, result, save

from ganrt.benchmarks.document import to_json
from ganrt.benchmarks.report.devices import BEGIN, END, NOBODY, devices_section, documents_in, with_devices
from ganrt.benchmarks.report.leaderboard import leaderboard
from ganrt.cli.main import main
from ganrt.errors import BadInputFile

ROOT = Path(__file__).parents[2]
ORIN = {**MACHINE, "cpu": "Cortex", "jetson": {"model": "Jetson AGX Orin", "power mode": "MAXN"}}


def on_gpu(median_ms=2.0):
    return document(
        [
            replace(result("ganrt/tensorrt", median_ms), device="cuda", precision="fp16", psnr_db=51.2, ssim=0.9991),
            result("ganrt/onnxruntime", 9.0),
        ],
        machine=ORIN,
    )


def packed(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def test_the_page_agrees_with_the_reports_that_were_sent():
    page = (ROOT / "docs" / "engines-running.md").read_text("utf-8")
    sent = sorted((ROOT / "benchmarks" / "results" / "devices").glob("*"))
    named = [one for path in sent for one in documents_in(path)]
    boards = leaderboard([document for _, document in named], [name for name, _ in named]) if named else []
    assert page == with_devices(page, boards), "run: ganrt bench merge, as the page says"


def test_archives_become_rows_of_what_ran_on_a_gpu(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    packed("one.tar.gz", {"one/bench-fp16.json": to_json(on_gpu()).encode(), "one/report.md": b"x", "one/a.json": b"{"})
    save(tmp_path / "two.json", replace(on_gpu(1.0), machine=MACHINE))
    Path("page.md").write_text(f"a\n{BEGIN}\n{NOBODY}\n{END}\nb\n")
    with pytest.raises(SystemExit) as ended:
        main(["bench", "merge", "one.tar.gz", "two.json", "-o", "board.html", "--table", "page.md"])
    assert not ended.value.code
    rows = [line.split(" | ") for line in Path("page.md").read_text().splitlines() if line.startswith("| ")][1:]
    assert [(row[0].strip("| "), row[2], row[3], row[7]) for row in rows] == [
        ("Test CPU, 4 cores", "ganrt/tensorrt", "fp16", "51.2 dB, SSIM 0.9991"),
        ("Jetson AGX Orin MAXN", "ganrt/tensorrt", "fp16", "51.2 dB, SSIM 0.9991"),
    ]
    assert NOBODY not in Path("page.md").read_text()


def test_without_a_gpus_figures_the_table_says_that_nobody_sent_any():
    assert devices_section(leaderboard([document([result()])], ["a"])) == NOBODY


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "holds no bench-\\*.json: its step 'bench' did not end"),
        ({"a/bench-fp16.json": b"{"}, "bench-fp16.json is not JSON"),
        (None, "is no report, or it is damaged"),
    ],
)
def test_archives_that_are_none_are_refused(tmp_path, members, words):
    path = tmp_path / "report.tar.gz"
    path.write_bytes(b"\x1f\x8bxx") if members is None else packed(path, members)
    with pytest.raises(BadInputFile, match=words):
        documents_in(path)


def test_an_archive_with_a_flipped_bit_is_refused(tmp_path):
    path = packed(tmp_path / "report.tar.gz", {"a/bench-fp16.json": to_json(on_gpu()).encode()})
    whole = path.read_bytes()
    for position in range(30, len(whole), 500):
        flipped = bytearray(whole)
        flipped[position] ^= 16
        path.write_bytes(flipped)
        with pytest.raises(BadInputFile, match=r"report\.tar\.gz"):
            documents_in(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"no markers", "page.md: expected <!-- devices: begin"), (b"\xff", "page.md: byte 1 is not UTF-8")],
)
def test_a_page_that_cannot_take_the_table_is_named(tmp_path, monkeypatch, capsys, data, words):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "one.json", on_gpu())
    Path("page.md").write_bytes(data)
    with pytest.raises(SystemExit) as ended:
        main(["bench", "merge", "one.json", "-o", "board.html", "--table", "page.md"])
    assert ended.value.code == 4
    assert words in capsys.readouterr().err
    assert not Path("board.html").exists()


@pytest.mark.parametrize("page", ["nothing", BEGIN, END + BEGIN, f"{BEGIN}{END}{BEGIN}"])
def test_the_markers_must_be_there(page):
    with pytest.raises(BadInputFile, match="expected <!-- devices: begin"):
        with_devices(page, [])
