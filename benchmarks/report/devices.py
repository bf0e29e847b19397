"""Reports of machines with a GPU, as `make gpu-report` leaves them, and the table that the docs make of them."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ganrt.benchmarks.document import MAX_BYTES, Document, from_json, read_document
from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.leaderboard import Board, Standing
from ganrt.benchmarks.report.markdown import insert, markdown_table
from ganrt.benchmarks.report.words import NONE, date, number, pictures
from ganrt.errors import BadInputFile

BEGIN, END = "<!-- devices: begin -->", "<!-- devices: end -->"
NOBODY = "Nobody has sent a report yet, so there is no table of devices here."
_HEAD = ("machine", "model", "runner", "precision", "p50 ms", "images/s", "at batch", "pictures", "ganrt", "measured")
_NUMERIC = (False, False, False, False, True, True, True, False, False, False)
_ARCHIVE = ".tar.gz"
_CHUNK = 2**20
_BENCH = "bench-*.json"  # the documents in a report


def documents_in(path: Path) -> list[tuple[str, Document]]:
    """(name, document) of a bench document, or of those in a report: its folder, or its archive.

    Raises:
        BadInputFile: it cannot be read, or holds no sound document.
    """
    if path.is_dir():
        found = [(str(file), read_document(file)) for file in sorted(path.glob(_BENCH))]
    elif path.name.endswith(_ARCHIVE):
        found = list(_unpacked(path))
    else:
        return [(str(path), read_document(path))]
    if not found:
        raise BadInputFile(f"{path} holds no {_BENCH}: its step 'bench' did not end; report.md in it says why")
    return found


def devices_section(boards: Sequence[Board]) -> str:
    """What stands between the markers: a row for each machine, runner and precision on a GPU, the fastest first."""
    rows = [
        _row(board, standing)
        for board in boards
        if board.scenario == "single_stream"
        for standing in board.standings
        if standing.place.device not in (None, "cpu")
    ]
    return "\n".join(markdown_table(Table(_HEAD, tuple(rows), _NUMERIC))) if rows else NOBODY


def with_devices(page: str, boards: Sequence[Board], name: str = "the page") -> str:
    """The page with a table of `boards` between its markers.

    Raises:
        BadInputFile: it does not have both markers.
    """
    return insert(page, devices_section(boards), BEGIN, END, name)


def _unpacked(archive: Path) -> Iterator[tuple[str, Document]]:
    """Read in memory: nothing of a stranger's archive is written anywhere."""
    try:
        with tarfile.open(archive, "r:gz") as packed:
            for member in packed:
                name = Path(member.name)
                if not member.isreg() or not name.match(_BENCH):
                    continue
                if member.size > MAX_BYTES:
                    raise BadInputFile(f"{archive}: {name.name} has more than {MAX_BYTES >> 20} MiB")
                file = packed.extractfile(member)
                assert file is not None  # a regular file
                yield f"{archive}: {name.name}", from_json(file.read(), f"{archive}: {name.name}")
            while packed.fileobj is not None and packed.fileobj.read(_CHUNK):
                pass  # the checksum is behind all that tarfile reads
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise BadInputFile(f"{archive} is no report, or it is damaged: {error}; expected {_ARCHIVE}") from error


def _row(board: Board, standing: Standing) -> tuple[str, ...]:
    place, quick, busy = standing.place, standing.quickest, standing.busiest
    return (
        place.machine,
        board.model.name,
        place.runner + (" (unstable)" if standing.doubtful else ""),
        place.precision or NONE,
        number(quick.latency_ms.p50 if quick.latency_ms else None),
        number(busy.images_per_second if busy else None),
        str(busy.batch_size) if busy else NONE,
        pictures(quick),
        place.ganrt,
        date(standing.created).split()[0],
    )
