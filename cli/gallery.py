"""`ganrt gallery`: an HTML page of pictures to choose from, with look codes to copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import LINE_EVERY_S, Progress, command, in_use, print_json, say
from ganrt.cli.requests import (
    Looks,
    LooseSelectionOptions,
    Request,
    as_looks,
    read_codes,
    read_loose,
    refuse_beside_looks,
    require_drawable,
)
from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    from ganrt.runtime.design import Design
    from ganrt.runtime.gallery import Entry
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.looks import Look

_SHOWN = (10, 6)  # pictures, unless it is said how many
Named = tuple[str, "Look"]


@command(
    "gallery",
    """
    ganrt gallery -o gallery.html
    ganrt gallery --count 100 --set glasses=round -o round.html
    ganrt gallery --identities players.txt -o players.html
    """,
)
def gallery(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="A folder of pictures that ganrt drew, the folder of a bulk run, or look codes. Default: a model's.",
            show_default=False,
        ),
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    *,
    output: options.OutputFile = Path("gallery.html"),
    selection: LooseSelectionOptions,
    truncation: options.TruncationOptions,
    fixed: options.ControlOptions,
    class_name: options.ClassName = None,
    title: Annotated[str | None, typer.Option("--title", help="The page's heading.")] = None,
    page_size: Annotated[
        int, typer.Option("--page-size", min=1, max=5000, help="Pictures a page; more go to OUTPUT-2.html and so on.")
    ] = 1000,
    filters: Annotated[
        bool, typer.Option("--filters/--no-filters", help="Menus by control; finding the options takes some drawing.")
    ] = True,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Writes a page of pictures with look codes to copy: of a model, a folder of pictures, or a bulk run."""
    if output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--output {output}: expected a name that ends in .html")
    design = fixed.design(truncation.distribution(), class_name)
    chosen = options.chosen_model(model, context)
    with ExitStack() as stack:
        folder = _folder(sources)
        if folder is not None:
            if selection != LooseSelectionOptions() or design != type(design)():
                raise UsageError("a folder says which pictures: expected no options that do beside it")
            found = _of_folder(folder, chosen, engine, filters, stack)
        else:
            found = _of_model(sources, model, chosen, selection, design, engine, filters, stack)
        _write(found, output, title, page_size, force, json)


class _Found:
    """What goes on the pages; of a folder without a model there is no generator."""

    def __init__(
        self, entries: Iterable[Entry], count: int, title: str, generator: Generator | None, filters: bool
    ) -> None:
        self.entries, self.count, self.title, self.generator = entries, count, title, generator
        controls = generator.controls.controls if generator and filters else ()
        self.order = [one.name for one in controls if one.kind != "color"]


def _write(found: _Found, output: Path, title: str | None, page_size: int, force: bool, json: bool) -> None:
    from ganrt.runtime.gallery import write_gallery

    heading = title or found.title
    if found.order:
        say("finding what each picture shows draws some more; --no-filters leaves that out")
    with Progress(found.count, "pictures", line_every_s=LINE_EVERY_S) as progress:
        pages = write_gallery(found.entries, output, found.count, heading, found.order, page_size, force, progress)
    more = f", {len(pages)} pages" if len(pages) > 1 else ""
    say(f"{found.count} pictures: {output}{more}")
    if json:
        used = in_use(found.generator) if found.generator else {}
        print_json({**used, "pictures": found.count, "pages": [str(path) for path in pages]})


def _folder(sources: list[str] | None) -> Path | None:
    """The folder that was given, if one was.

    Raises:
        UsageError: something beside it.
    """
    from ganrt.runtime.looks import looks_like_code

    folders = [source for source in sources or () if not looks_like_code(source)]
    if not folders:
        return None
    if len(sources or ()) > 1:
        raise UsageError(f"{folders[0]} and more: expected one folder, or look codes")
    path = Path(folders[0])
    if not path.is_dir():
        raise BadInputFile(f"{path}: expected a folder of pictures, a bulk run's folder, or a look code")
    return path


def _of_model(
    codes: list[str] | None,
    model: str,
    chosen: str | None,
    selection: LooseSelectionOptions,
    design: Design,
    engine: options.EngineOptions,
    filters: bool,
    stack: ExitStack,
) -> _Found:
    from ganrt.runtime.gallery import drawn_entries
    from ganrt.runtime.look_drawing import model_for

    if selection.latents is not None:
        raise UsageError("--latents: latents of a file have no look codes; draw them with ganrt generate")
    request = read_codes(codes, selection) or read_loose(selection, _SHOWN)
    if isinstance(request, Looks):
        refuse_beside_looks(design)
        model = model_for(request.looks, chosen)
    generator = stack.enter_context(engine.open(model))
    design = design.settled(generator)
    if isinstance(request, Request) and request.rows is not None:
        request = as_looks(generator, request, selection.identities, design)
    if isinstance(request, Looks):
        require_drawable(generator, request)
    items = _named(generator, request, design)
    count = len(request) if isinstance(request, Request) else len(request.path)
    return _Found(drawn_entries(generator, items, filters), count, generator.spec.name, generator, filters)


def _named(generator: Generator, request: Request | Looks, design: Design) -> Iterator[Named]:
    if isinstance(request, Looks):
        names = request.identities or [f"seed {look.seed}, image {look.index}" for look in request.path]
        yield from zip(names, request.path, strict=True)
        return
    names_of = iter(request.identities or ())
    for seed, index in request:
        yield next(names_of, f"seed {seed}, image {index}"), design.look(generator, (seed, index))


def _of_folder(
    folder: Path, model: str | None, engine: options.EngineOptions, filters: bool, stack: ExitStack
) -> _Found:
    from ganrt.runtime.bulk.describe import find_model
    from ganrt.runtime.bulk.manifest import find_manifest
    from ganrt.runtime.bulk.storage import LocalStorage
    from ganrt.runtime.gallery import drawn_entries, looks_of_plan

    storage = LocalStorage(folder)
    try:
        manifest, _ = find_manifest(storage)
    except BadInputFile:  # somebody else's
        manifest = None
    if manifest is None:
        return _of_pictures(folder, model, engine, filters, stack)
    plan = manifest.plan
    if "latents_sha256" in plan.drawing:
        raise UsageError(f"{folder} was drawn from a file of latents, whose pictures have no look codes")
    generator = stack.enter_context(engine.open(model or find_model(storage, manifest)))
    if generator.model_sha256 != plan.generator["model_sha256"]:
        raise BadInputFile(f"{folder} was drawn by {plan.generator['model']}, and this is another model: -m MODEL")
    entries = drawn_entries(generator, looks_of_plan(generator, plan, storage), filters)
    return _Found(entries, plan.count, folder.name or str(folder), generator, filters)


def _of_pictures(
    folder: Path, model: str | None, engine: options.EngineOptions, filters: bool, stack: ExitStack
) -> _Found:
    """Pictures as they are, with the codes that they hold; their model tells their controls, where it is at hand."""
    from ganrt.runtime.gallery import coded_pictures, look_in, read_entries
    from ganrt.runtime.look_drawing import model_for

    coded, without = coded_pictures(folder)
    if without:
        say(f"note: {without} PNG pictures hold no look code, and are left out")
    generator, first = None, look_in(coded[0])
    assert first is not None
    try:
        generator = stack.enter_context(engine.load(model_for([first], model)))
    except UsageError as error:
        if model is not None:
            raise
        say(f"note: no menus by control: {str(error).splitlines()[0]}")
    entries = read_entries(coded, generator, filters)
    return _Found(entries, len(coded), folder.name or str(folder), generator, filters)
