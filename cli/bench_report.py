"""`ganrt bench report`, `ganrt bench compare` and `ganrt bench merge`: what reads the documents of `ganrt bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, print_json, say
from ganrt.cli.bench import Pages, bench
from ganrt.errors import BadInputFile, NegativeResult, UsageError

Files = Annotated[list[Path], typer.Argument(help="Documents that ganrt bench -o wrote.")]
Reports = Annotated[
    list[Path], typer.Argument(help="Documents that ganrt bench -o wrote, and archives of make gpu-report.")
]
_MOST_PAGE = 2**24


@command(
    "report",
    """
    ganrt bench report run-a.json --markdown run.md
    ganrt bench report run-a.json run-b.json --html runs.html
    """,
    bench,
)
def report(files: Files, *, pages: Pages, force: options.Force = False) -> None:
    """Prints documents that were measured before; several on one page are set side by side."""
    from ganrt.benchmarks.document import read_document
    from ganrt.benchmarks.report.html import html_page
    from ganrt.benchmarks.report.markdown import markdown_page
    from ganrt.benchmarks.report.terminal import text_table

    documents = [read_document(path) for path in files]
    _write(pages.html, html_page(documents, [path.name for path in files]), force)
    _write(pages.markdown, "\n".join(markdown_page(document) for document in documents), force)
    for path, document in zip(files, documents, strict=True):
        typer.echo(f"{path}:")
        for line in text_table(document.results):
            typer.echo(line)


@command(
    "compare",
    """
    ganrt bench compare run-a.json run-b.json
    ganrt bench compare run-a.json run-b.json --tolerance 0.1 --html change.html --json
    """,
    bench,
)
def compare(
    first: Annotated[Path, typer.Argument(help="The document of the run before.")],
    second: Annotated[Path, typer.Argument(help="The document of the run after.")],
    *,
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="How much slower the second may be: 0.05 is five per cent.")
    ] = 0.05,
    pages: Pages,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Says what became slower or faster; exit code 1 where a regression is beyond the tolerance for certain."""
    from ganrt.benchmarks.document import read_document
    from ganrt.benchmarks.report.compare import compare as compare_documents
    from ganrt.benchmarks.report.compare import comparison_lines, comparison_markdown, comparison_page

    documents = read_document(first), read_document(second)
    names = first.name, second.name
    comparison = compare_documents(*documents, tolerance)
    _write(pages.html, comparison_page(comparison, names, documents), force)
    _write(pages.markdown, comparison_markdown(comparison, names, documents), force)
    if json:
        print_json(comparison.as_json())
    else:
        for line in comparison_lines(comparison):
            typer.echo(line)
    if comparison.failing:
        worst = comparison.failing[0]
        more = f" and {len(comparison.failing) - 1} more" if len(comparison.failing) > 1 else ""
        raise NegativeResult(f"{second}: {worst.verdict}: {worst.place}, {worst.quantity}{more}")


@command(
    "merge",
    """
    ganrt bench merge run-a.json run-b.json -o leaderboard.html
    ganrt bench merge run-a.json run-b.json -o board.html --json
    ganrt bench merge gpu-report.tar.gz -o devices.html
    """,
    bench,
)
def merge(
    files: Reports,
    output: options.OutputFile,
    *,
    table: Annotated[
        Path | None,
        typer.Option("--table", help="A page: what ran on a GPU goes between its 'devices' markers."),
    ] = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Makes a leaderboard of many machines' documents and GPU reports: one page, sortable, measurements alone."""
    from ganrt.benchmarks.report.devices import documents_in, with_devices
    from ganrt.benchmarks.report.leaderboard import leaderboard, leaderboard_page
    from ganrt.files import ensure_absent

    if len({path.resolve() for path in files}) < len(files):
        raise UsageError("a file is named twice: expected each document once")
    ensure_absent(output, force)
    found = [named for path in files for named in documents_in(path)]
    boards = leaderboard([document for _, document in found], [name for name, _ in found])
    page = None if table is None else with_devices(_text(table), boards, str(table))
    _write(output, leaderboard_page(boards, len(files)), force)
    if page is not None:
        _write(table, page, True)
    if json:
        print_json([board.as_json() for board in boards])
    say(f"leaderboard: {output}")


def _text(page: Path) -> str:
    from ganrt.files import read_file

    try:
        return read_file(page, _MOST_PAGE, "a page").decode()
    except UnicodeDecodeError as error:
        raise BadInputFile(f"{page}: byte {error.start + 1} is not UTF-8; expected a page in UTF-8") from error


def _write(path: Path | None, page: str, force: bool) -> None:
    from ganrt.files import write_file

    if path is not None:
        write_file(path, page.encode(), force=force)
