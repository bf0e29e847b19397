"""What a bulk run draws and how it is stored: all that decides a byte of its output, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cached_property

from ganrt.errors import BadInputFile, SpecError, UsageError
from ganrt.runtime.bulk.records import LARGEST_SHARD, LARGEST_SHARDS, PLAN, Json, canonical, digest
from ganrt.runtime.picture_style import ENCODINGS, QUALITY, PictureStyle

NAME = "manifest.json"
COPY = "manifest.plan.json"  # of what it says about the plan
PART = ".part-"  # begins the names of what is not finished
UNFINISHED = re.compile(re.escape(PART) + r"[0-9a-f]{12}")
STATS = re.compile(r"([0-9]{5,})_stats\.json")
_FILES = re.compile(
    r"manifest(\.plan)?\.json|[0-9]{5,}(_stats\.json|_signatures\.npy|\.tar|\.parquet|\.npy)|identities/[0-9]{5,}\.csv"
)
# Of the formats `files` and `atlas`.
_PIECES = re.compile(
    r"[0-9]{5,}/(seed[0-9]+-index[0-9]{8,}(-[0-9a-f]{16})?\.(png|webp|jpg)|[0-9]{4,}\.(png|webp|jpg|json))"
)


def is_a_runs(name: str) -> bool:
    """Whether a run of any plan could have given a file this name."""
    return bool(_FILES.fullmatch(name)) or is_piece(name) or is_unfinished(name)


def is_piece(name: str) -> bool:
    """Whether a file lies in a shard's folder and is called like one of a shard's."""
    return bool(_PIECES.fullmatch(name))


def is_unfinished(name: str) -> bool:
    """Whether it is what a run was about to write, or a file of it."""
    return bool(UNFINISHED.fullmatch(name.removeprefix("identities/").partition("/")[0]))


FORMATS = ("files", "webdataset", "parquet", "atlas", "npy")
FOLDERS = ("files", "atlas")  # formats of which a shard is a folder
_ENDINGS = {"webdataset": ".tar", "parquet": ".parquet", "npy": ".npy"}
LARGEST_FOLDER = 10_000  # pictures of one folder
_DEFAULT_SHARD = 10_000
_LARGEST_SHEET = 64
_DEFAULT_SHEET = 16
_LATER = ("background", "zoom", "size", "mask")  # parts of a layout that 0.1.0 did not have


@dataclass(frozen=True, slots=True)
class Item:
    """One picture of a run. `key` is unique in the run and holds no dot.

    Attributes:
        controls: what it alone sets.
        look: its look code, where that says everything; "": the plan does.
    """

    seed: int
    index: int
    key: str
    identity: str | None = None
    controls: tuple[tuple[str, str], ...] = ()
    look: str = ""


@dataclass(frozen=True)
class Layout:
    """How pictures are stored.

    Attributes:
        picture: how one picture (of `atlas` one sheet) is encoded; "" for `npy`, which stores pixels.
        quality: of jpeg 1 to 100, of webp 1 to 100, or 101 for lossless; None for the others.
        sheet: pictures a side of an atlas's sheets; None for other formats.
        signatures: whether each shard has a file of what its pictures look like, to find those that look alike.
        background, zoom, size, mask: as of `PictureStyle`.
    """

    format: str
    picture: str = "png"
    quality: int | None = None
    shard_size: int = _DEFAULT_SHARD
    sheet: int | None = None
    signatures: bool = False
    background: str | None = None
    zoom: int = 1
    size: int | None = None
    mask: str = "none"

    @property
    def style(self) -> PictureStyle:
        """How each picture is written; `npy` has no encoding, and stores what PNG would.

        Raises:
            UsageError: it makes no sense.
        """
        return PictureStyle(self.picture or "png", self.quality, self.zoom, self.size, self.background, self.mask)

    def document(self) -> Json:
        """As JSON, as 0.1.0 wrote it; what it did not know is there where it is not as it was."""
        later = {item.name: item.default for item in fields(self) if item.name in _LATER}
        return {name: value for name, value in asdict(self).items() if name not in later or value != later[name]}


@dataclass(frozen=True)
class Shard:
    """The unit of work: pictures `first` to `first + count - 1` of the run."""

    number: int
    name: str
    first: int
    count: int

    @property
    def stats(self) -> str:
        """The name of the file that says that the shard is finished, and what is in it."""
        return f"{self.name}_stats.json"

    @property
    def signatures(self) -> str:
        """The name of the file of its pictures' signatures, if the run has such."""
        return f"{self.name}_signatures.npy"

    @property
    def identities(self) -> str:
        """The name of its part of the mapping from identities to pictures."""
        return f"identities/{self.name}.csv"


@dataclass(frozen=True)
class Plan:
    """A run.

    Attributes:
        count: pictures in all.
        seed, start: the range of indices; both 0 with seeds or identities.
        seeds: of which the first picture is drawn, or None.
        identities: what is known of the file of identities (`Census.facts`), or None.
        generator: model, spec, backend, precision, machine type and versions (`describe`).
        drawing: the distribution of the latents, statistics truncation, class, controls and edits.
    """

    count: int
    seed: int
    start: int
    seeds: tuple[int, ...] | None
    identities: Json | None
    generator: Json
    drawing: Json
    layout: Layout

    def __post_init__(self) -> None:
        if self.shard_count > LARGEST_SHARDS:
            raise UsageError(
                f"--shard-size {self.layout.shard_size}: {self.count} pictures would be {self.shard_count} shards; "
                f"expected at most {LARGEST_SHARDS}: give a larger one"
            )

    @cached_property
    def _digits(self) -> int:
        return max(5, len(str(self.shard_count - 1)))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the plan as JSON: stats name it, so that shards are known even where the manifest is lost."""
        return digest(canonical(self.document()))

    @property
    def shard_count(self) -> int:
        return -(-self.count // self.layout.shard_size)

    def shard(self, number: int) -> Shard:
        """Shard `number`, from 0."""
        first = number * self.layout.shard_size
        name = f"{number:0{self._digits}d}"
        return Shard(number, name, first, min(self.layout.shard_size, self.count - first))

    def shards(self) -> Iterator[Shard]:
        return map(self.shard, range(self.shard_count))

    def items(self, shard: Shard) -> Iterator[Item]:
        """The pictures of a shard, in order; of a run by identities they are in the shard's part of the mapping."""
        for position in range(shard.first, shard.first + shard.count):
            if self.seeds is not None:
                yield item(self.seeds[position], 0)
            else:
                yield item(self.seed, self.start + position)

    def document(self) -> Json:
        """As JSON: 64-bit integers are strings, seeds are written as ranges."""
        return {
            "pictures": {
                "count": str(self.count),
                "seed": str(self.seed),
                "start": str(self.start),
                "seeds": None if self.seeds is None else as_ranges(self.seeds),
            },
            "identities": self.identities,
            "generator": self.generator,
            "drawing": self.drawing,
            "layout": self.layout.document(),
        }

    @classmethod
    def from_document(cls, document: Json) -> Plan:
        """The inverse of `document`.

        Raises:
            BadInputFile: not such a document.
        """
        from ganrt.runtime.seeds import parse_seeds

        try:
            PLAN(document, "plan")
            pictures, layout = document["pictures"], checked(Layout(**document["layout"]))
            count, seed, start = (int(pictures[name]) for name in ("count", "seed", "start"))
            seeds = None if pictures["seeds"] is None else tuple(parse_seeds(pictures["seeds"]))
            who, generator, drawing = document["identities"], document["generator"], document["drawing"]
            plan = cls(count, seed, start, seeds, who, generator, drawing, layout)
        except (SpecError, UsageError) as error:
            raise BadInputFile(f"manifest.json is no manifest of a bulk run: {error}") from error
        numbers = {count, *([] if seeds is None else [len(seeds)]), *([int(who["unique"])] if who else [])}
        if len(numbers) > 1 or start + count > 2**64 or plan.document() != document:
            raise BadInputFile("manifest.json is no manifest of a bulk run: its pictures contradict each other")
        return plan


def shard_file(plan: Plan, shard: Shard) -> str:
    """What a shard leaves beside its stats: its file or folder, without asking for the format's package."""
    return shard.name + _ENDINGS.get(plan.layout.format, "")


def item(seed: int, index: int, identity: str | None = None) -> Item:
    """A picture under its usual key, which says seed and index and does not depend on the range asked for."""
    return Item(seed, index, f"seed{seed}-index{index:08d}", identity)


def make_layout(
    format: str,
    picture: str | None = None,
    quality: int | None = None,
    size: int | None = None,
    sheet: int | None = None,
    signatures: bool = False,
    background: str | None = None,
    zoom: int = 1,
    picture_size: int | None = None,
    mask: str = "none",
) -> Layout:
    """Settles and checks the options; None means the default. `size` is that of a shard.

    Raises:
        UsageError: an unknown name, a number out of range, or options that do not go together.
    """
    if format != "atlas" and sheet is not None:
        raise UsageError(f"--sheet {sheet}: only --format atlas has sheets")
    if format == "npy" and (picture or quality):
        raise UsageError("--format npy stores pixels: --encode and --quality do not apply")
    side = (sheet if sheet is not None else _DEFAULT_SHEET) if format == "atlas" else None
    encoding = "" if format == "npy" else picture or "png"
    if quality is None:
        quality = QUALITY.get(encoding)
    if size is None:
        size = _DEFAULT_SHARD if not side else max(1, _DEFAULT_SHARD // side**2) * side**2
    return checked(Layout(format, encoding, quality, size, side, signatures, background, zoom, picture_size, mask))


def checked(layout: Layout) -> Layout:
    """The layout, if it makes sense.

    Raises:
        UsageError: it does not.
    """
    if layout.format not in FORMATS:
        raise UsageError(f"format '{layout.format}': expected {', '.join(FORMATS)}")
    if layout.picture not in (("",) if layout.format == "npy" else ENCODINGS):
        raise UsageError(f"--encode {layout.picture}: expected {', '.join(ENCODINGS)}")
    _ = layout.style
    if layout.picture in QUALITY and layout.quality is None:
        raise UsageError(f"--encode {layout.picture}: expected a quality")
    if layout.sheet is not None and not 1 <= layout.sheet <= _LARGEST_SHEET:
        raise UsageError(f"--sheet {layout.sheet}: expected 1 to {_LARGEST_SHEET} pictures a side")
    largest = LARGEST_FOLDER if layout.format == "files" else LARGEST_SHARD
    if not 1 <= layout.shard_size <= largest:
        raise UsageError(f"--shard-size {layout.shard_size}: expected 1 to {largest} for --format {layout.format}")
    if layout.sheet and layout.shard_size % layout.sheet**2:
        raise UsageError(f"--shard-size {layout.shard_size}: expected whole sheets, a multiple of {layout.sheet**2}")
    return layout


def as_ranges(seeds: tuple[int, ...]) -> str:
    """(0, 1, 4, 5, 6) -> "0-1,4-6"."""
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
