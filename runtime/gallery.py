"""A gallery of pictures with their look codes: self-contained HTML pages, each written as soon as it is full.

A page holds everything in itself (thumbnails, style, script) and asks nothing of any network.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, OutputFailed, UsageError
from ganrt.runtime.bulk.census import read_mapping
from ganrt.runtime.bulk.describe import design_of
from ganrt.runtime.bulk.plan import Plan
from ganrt.runtime.bulk.storage import Storage
from ganrt.runtime.control_reading import LookReader
from ganrt.runtime.fitting import fitted
from ganrt.runtime.generator import Generator
from ganrt.runtime.look_drawing import model_of
from ganrt.runtime.looks import Look
from ganrt.runtime.photos import read_photo
from ganrt.runtime.pictures import as_rgb, read_origin, to_opencv
from ganrt.runtime.settings import overridden

Pixels = NDArray[np.uint8]
THUMBNAIL = 128  # pixels of the longer side
MOST_PAGES = 100_000
_QUALITY, _LOSSLESS = 80, 101  # of their WebP; lossy it lets the colour of clear pixels bleed into the others


@dataclass(frozen=True, eq=False)
class Entry:
    """One picture.

    Attributes:
        title: a name, or seed and index.
        code: its look code.
        picture: uint8 [h, w, c].
        controls: (control, option) pairs that it can be found by.
    """

    title: str
    code: str
    picture: Pixels
    controls: dict[str, str] = field(default_factory=dict)


def page_paths(output: Path, count: int, a_page: int) -> list[Path]:
    """gallery.html, gallery-2.html, ...: where `count` pictures go.

    Raises:
        UsageError: more pages than a folder should hold.
    """
    pages = max(1, -(-count // a_page))
    if pages > MOST_PAGES:
        raise UsageError(
            f"a gallery of {count} pictures would be {pages} pages: expected at most {MOST_PAGES}\n"
            "give a larger --page-size, or fewer pictures"
        )
    return [output, *(output.with_name(f"{output.stem}-{k}{output.suffix}") for k in range(2, pages + 1))]


def write_gallery(
    entries: Iterable[Entry],
    output: Path,
    count: int,
    title: str,
    order: Sequence[str] = (),
    a_page: int = 1000,
    force: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> list[Path]:
    """Writes the pages; of the pictures only those of one page are held.

    Args:
        count: how many entries there are, at most.
        order: the controls to filter by, in this order.

    Raises:
        OutputFailed: a page exists already, without `force`; before the first picture is asked for.
    """
    from ganrt.files import ensure_absent, write_file

    paths, left = page_paths(output, count, a_page), iter(entries)
    for path in paths:
        ensure_absent(path, force)
    done = 0
    for number, path in enumerate(paths, 1):
        made = []
        for entry in islice(left, a_page):
            made.append(_Shown.of(entry))
            progress(done + len(made))
        done += len(made)
        write_file(path, _page(made, title, order, paths, number, count).encode(), force=force)
    return paths


@dataclass(frozen=True)
class _Shown:
    """An entry as its page holds it."""

    title: str
    code: str
    image: str
    size: tuple[int, int]
    controls: dict[str, str]

    @classmethod
    def of(cls, entry: Entry) -> _Shown:
        small = entry.picture if max(entry.picture.shape[:2]) <= THUMBNAIL else fitted(entry.picture, THUMBNAIL)
        quality = _LOSSLESS if small.shape[2] == 4 else _QUALITY
        ok, data = cv2.imencode(".webp", to_opencv(small), [cv2.IMWRITE_WEBP_QUALITY, quality])
        if not ok:
            raise OutputFailed(f"the WebP encoder refused a thumbnail of shape {list(small.shape)}")
        image = base64.b64encode(data.tobytes()).decode()
        return cls(entry.title, entry.code, image, (small.shape[1], small.shape[0]), entry.controls)

    def lines(self) -> Iterator[str]:
        told = ", ".join(f"{name} {value}" for name, value in self.controls.items())
        name, code = html.escape(self.title), html.escape(self.code)
        about = html.escape(f"{self.title}: {told}" if told else self.title)
        controls = html.escape(json.dumps(self.controls, sort_keys=True))
        width, height = self.size
        yield (
            f'<li data-controls="{controls}"><button type="button" data-code="{code}" title="Copy the look code">'
            f'<img src="data:image/webp;base64,{self.image}" alt="{about}" width="{width}" height="{height}" '
            f'loading="lazy" decoding="async"><span class="name">{name}</span><code>{code}</code></button></li>'
        )


def _page(
    shown: Sequence[_Shown], title: str, order: Sequence[str], paths: Sequence[Path], number: int, count: int
) -> str:
    style, script = _data("gallery.css"), _data("gallery.js")
    policy = f"default-src 'none'; base-uri 'none'; img-src data:; {_hashed('style', style)}; "
    policy += f"{_hashed('script', script)}; form-action 'none'"
    pages = "\n".join(_navigation(paths, number)) if len(paths) > 1 else ""
    part = f", page {number} of {len(paths)}" if len(paths) > 1 else ""
    example = (
        f" Draw one again with <code>ganrt generate {html.escape(shown[0].code)} -o look.png</code>." if shown else ""
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            f"<title>{html.escape(title)}{part}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            f"<header><h1>{html.escape(title)}</h1>",
            f"<p>{count} pictures{part}. A click on a picture copies its look code.{example}</p></header>",
            "<main>",
            *_filters(shown, order),
            '<p id="count" role="status"></p>',
            pages,
            "<ul>",
            *(line for one in shown for line in one.lines()),
            "</ul>",
            pages,
            '<p id="told" role="status"></p>',
            "</main>",
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _filters(shown: Sequence[_Shown], order: Sequence[str]) -> Iterator[str]:
    """A menu a control, with the options that pictures of the page have; hidden without scripts."""
    yield '<form hidden aria-label="Filter">'
    for name in order:
        options = sorted({one.controls[name] for one in shown if name in one.controls})
        if len(options) < 2:
            continue
        label = html.escape(name.replace("-", " "))
        yield f'<label>{label} <select name="{html.escape(name)}"><option value="">all</option>'
        yield from (f"<option>{html.escape(option)}</option>" for option in options)
        yield "</select></label>"
    yield '<button type="reset" class="action">Show all</button></form>'


def _navigation(paths: Sequence[Path], number: int) -> Iterator[str]:
    steps = {"First": 1, "Previous": number - 1, "Next": number + 1, "Last": len(paths)}
    yield '<nav aria-label="Pages">'
    for name, to in steps.items():
        if 1 <= to <= len(paths) and to != number:
            yield f'<a href="{html.escape(paths[to - 1].name)}">{name}</a>'
    yield f"<span>Page {number} of {len(paths)}</span></nav>"


def _hashed(kind: str, text: str) -> str:
    return f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _data(name: str) -> str:
    return (files("ganrt.runtime") / "data" / name).read_text("utf-8")


_BATCH = 32  # of a small gallery too, progress is seen
Named = tuple[str, Look]


def drawn_entries(generator: Generator, items: Iterable[Named], filters: bool) -> Iterator[Entry]:
    """Draws looks, each with its title, and finds what they can be found by; in constant memory."""
    reader = LookReader(generator) if filters and generator.controls.controls else None
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        looks = [look for _, look in batch]
        pictures = [picture for _, made in generator.draw_looks(looks) for picture in made]
        told = reader.read(looks, pictures) if reader else [{} for _ in batch]
        for (name, look), picture, controls in zip(batch, pictures, told, strict=True):
            yield Entry(name, look.code, picture, controls)


def looks_of_plan(generator: Generator, plan: Plan, storage: Storage) -> Iterator[Named]:
    """The looks of a bulk run, to be drawn again: shards of any format have the same."""
    design = design_of(plan.drawing).settled(generator)
    for shard in plan.shards():
        for item in plan.items(shard) if plan.identities is None else read_mapping(storage, shard):
            name = item.identity or f"seed {item.seed}, image {item.index}"
            if item.look:
                yield name, Look.parse(item.look)
                continue
            controls = overridden(design.controls, generator.controls.canonical(item.controls))
            yield name, design.look(generator, (item.seed, item.index), controls)


def coded_pictures(folder: Path) -> tuple[list[Path], int]:
    """The PNG pictures of a folder that hold a look code, by name, and how many hold none.

    Raises:
        BadInputFile: none of them does.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png" and path.is_file())
    coded = [path for path in paths if look_in(path) is not None]
    if not coded:
        raise BadInputFile(
            f"{folder}: none of its {len(paths)} PNG pictures holds a look code; expected pictures that ganrt generate "
            "drew, or a bulk run"
        )
    return coded, len(paths) - len(coded)


def read_entries(paths: Sequence[Path], generator: Generator | None, filters: bool) -> Iterator[Entry]:
    """Pictures as they are; their generator, where it is at hand, tells what they can be found by."""
    reader = LookReader(generator) if generator and filters and generator.controls.controls else None
    own = model_of(generator) if generator else ""
    left = iter(paths)
    while batch := list(islice(left, _BATCH)):
        looks = [(path, look) for path in batch if (look := look_in(path)) is not None]
        mine = [look for _, look in looks if look.model == own]
        told: dict[Look, dict[str, str]] = {}
        if reader and generator and mine:
            drawn = [picture for _, made in generator.draw_looks(mine) for picture in made]
            told = dict(zip(mine, reader.read(mine, drawn), strict=True))
        for path, look in looks:
            photo = read_photo(path)
            picture = photo.colour if photo.alpha is None else np.dstack([as_rgb(photo.colour), photo.alpha])
            yield Entry(path.stem, look.code, picture, told.get(look, dict(look.controls)))


def look_in(path: Path) -> Look | None:
    """The look that a picture's file holds, if it does."""
    try:
        return Look.parse(str(read_origin(path).get("look")))
    except (BadInputFile, UsageError):
        return None
