"""The options of walks, declared once, and from them a walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from ganrt.cli.options import ClassName, ControlOptions
from ganrt.cli.requests import Looks, Request, as_looks, parse_codes, refuse_beside_looks
from ganrt.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ganrt.runtime.bulk.identity_files import Row
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.sampling import Truncation
    from ganrt.runtime.settings import Settings
    from ganrt.runtime.walk_path import Walk


@dataclass(frozen=True)
class KeyframeOptions:
    """Where the keyframes come from: at most one of seeds, names, identities and latents."""

    panel: ClassVar[str] = "Keyframes"
    seeds: Annotated[
        str | None, typer.Option("--seeds", help="The keyframes: the first image of each seed. Default: 0-3.")
    ] = None
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="<player>", help="A keyframe: a player's avatar; several times, in this order."),
    ] = None
    identities: Annotated[
        Path | None,
        typer.Option("--identities", help="The keyframes: avatars; a file as `generate` reads it, or - for lines."),
    ] = None
    latents: Annotated[
        Path | None,
        typer.Option(
            "--latents", help="The keyframes: an .npy, .npz (one array, or z) or .csv file, float32 [keyframes, dim]."
        ),
    ] = None
    looks: Annotated[
        Path | None,
        typer.Option(
            "--looks", help="The keyframes: a file of look codes, one a line, after those given as arguments."
        ),
    ] = None

    def __post_init__(self) -> None:
        given = self._given()
        if sum(given.values()) > 1:
            *names, last = given
            raise UsageError(f"{', '.join(names)} and {last} exclude each other: expected one of them")

    def _given(self) -> dict[str, bool]:
        """Which of those that exclude each other were given."""
        return {
            "--seeds": self.seeds is not None,
            "--name": bool(self.name),
            "--identities": self.identities is not None,
            "--latents": self.latents is not None,
            "--looks": self.looks is not None,
        }

    def seed_list(self, default: str = "0-3") -> list[int]:
        """The seeds; none where the keyframes are others."""
        from ganrt.runtime.seeds import parse_seeds

        given = self._given()
        others = any(value for name, value in given.items() if name != "--seeds")
        return [] if others else parse_seeds(self.seeds or default)

    def identity_list(self) -> list[str]:
        """Whose avatars the keyframes are; none where they are others."""
        return list(self.name or ()) if self.rows is None else [row.identity for row in self.rows]

    @cached_property
    def rows(self) -> list[Row] | None:
        from ganrt.cli.requests import read_rows

        return None if self.identities is None else read_rows(self.identities)

    @property
    def is_designed(self) -> bool:
        """Whether rows of the file of identities set something: each is a look then."""
        return any(row.is_designed for row in self.rows or ())

    def coded(self, codes: Sequence[str] | None, truncation: Truncation) -> Looks | None:
        """The look codes that are the keyframes, if there are such.

        Raises:
            UsageError: options beside them that they say themselves. --set and --set-z are the walk's own.
        """
        given = parse_codes(codes, self.looks)
        if not given:
            return None
        if self != type(self)(looks=self.looks):
            raise UsageError("look codes are the keyframes: expected no other keyframes and no classes beside them")
        refuse_beside_looks(ControlOptions().design(truncation))
        return Looks(tuple(given))

    def of_rows(
        self, generator: Generator, truncation: Truncation, class_name: str | None, fixed: ControlOptions
    ) -> Looks:
        """The keyframes of a file of identities in which rows set something."""
        design = replace(fixed.design(truncation, class_name).settled(generator), pinned="")
        return as_looks(generator, Request(0, [], rows=self.rows), self.identities, design)


@dataclass(frozen=True)
class FilmedOptions(KeyframeOptions):
    """The same of films, whose keyframes may be pictures, and classes go along."""

    seeds: Annotated[
        str | None,
        typer.Option("--seeds", help="The keyframes: the first image of each seed. Default: 0-3; with --classes 0."),
    ] = None
    picture: Annotated[
        list[Path] | None,
        typer.Option(
            "--picture",
            metavar="<path>",
            help="A keyframe: a picture, through --encoder; several times, in this order.",
        ),
    ] = None
    encoder: Annotated[
        str | None, typer.Option("--encoder", help="The generator's encoder, for --picture: an .onnx file.")
    ] = None
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--classes",
            metavar="<str>",
            help="Walk from class to class: names or numbers with commas between (or one each time, if given several "
            "times). One seed is held; else as many seeds as classes.",
        ),
    ] = None
    class_name: ClassName = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.picture) != (self.encoder is not None):
            raise UsageError("--picture and --encoder: expected both; the encoder makes latents of the pictures")
        self.names()

    def _given(self) -> dict[str, bool]:
        return {**super()._given(), "--picture": bool(self.picture)}

    def names(self) -> list[str]:
        """The classes of the keyframes; none where none are named."""
        return parse_classes(self.classes, self.class_name)

    def origin(self) -> dict[str, object]:
        return {
            "seeds": self.seeds,
            **({"names": self.name} if self.name else {}),
            "identities": str(self.identities) if self.identities else None,
            "latents": str(self.latents) if self.latents else None,
            "pictures": [str(path) for path in self.picture or ()],
            "encoder": self.encoder,
            "looks": str(self.looks) if self.looks else None,
            "classes": self.names(),
        }


@dataclass(frozen=True)
class PathOptions:
    """How a walk goes from keyframe to keyframe."""

    panel: ClassVar[str] = "The way between them"
    duration: Annotated[
        float | None, typer.Option("--duration", help="Seconds. Default: 4, or what --bpm asks for.")
    ] = None
    loop: Annotated[bool, typer.Option("--loop/--no-loop", help="Lead back to the first keyframe.")] = False
    method: Annotated[
        str, typer.Option("--method", help="slerp, lerp, cubic, or drift: on and on from one seed, without keyframes.")
    ] = "slerp"
    ease: Annotated[
        str,
        typer.Option("--ease", help="From keyframe to keyframe: linear, smooth, in-out, or hold, which rests on each."),
    ] = "linear"
    pace: Annotated[
        str,
        typer.Option(
            "--pace", help="latents: evenly in time; pictures: so that the picture changes at a constant speed."
        ),
    ] = "latents"
    bpm: Annotated[float | None, typer.Option("--bpm", help="Beats a minute: keyframes fall on beats.")] = None
    beats: Annotated[float, typer.Option("--beats", help="Beats from keyframe to keyframe, with --bpm.")] = 1.0
    speed: Annotated[float, typer.Option("--speed", help="Of a drift: new random points a second.")] = 0.5
    space: Annotated[
        str | None,
        typer.Option("--space", help="z, or w: between styles, of a StyleGAN in two files, whose default it is."),
    ] = None
    truncations: Annotated[
        str | None,
        typer.Option("--truncations", help="A truncation factor for each keyframe, such as 0.3,1: it goes along."),
    ] = None

    def __post_init__(self) -> None:
        if self.pace not in ("latents", "pictures"):
            raise UsageError(f"--pace {self.pace}: expected latents or pictures")

    def psis(self, truncation: Truncation) -> list[Truncation]:
        """One truncation, or one a keyframe."""
        if self.truncations is None:
            return [truncation]
        if truncation.psi is not None:
            raise UsageError("--truncation and --truncations: expected one of them")
        try:
            return [replace(truncation, psi=float(text)) for text in self.truncations.split(",")]
        except ValueError:
            raise UsageError(f"--truncations {self.truncations}: expected numbers, such as 0.3,1") from None

    def origin(self, truncation: Truncation, fixed: ControlOptions, controls: Settings) -> dict[str, object]:
        """What a file says of it; `controls` in their canonical form."""
        return {
            "method": self.method,
            "loop": self.loop,
            "ease": self.ease,
            "pace": self.pace,
            **({"space": self.space} if self.space else {}),
            "bpm": self.bpm,
            **({"controls": dict(controls)} if controls else {}),
            "set_z": list(fixed.set_z or ()),
            "psi": truncation.psi if self.truncations is None else self.truncations,
            "truncation_mode": truncation.mode,
            "threshold": truncation.threshold,
            "statistics_truncation": truncation.statistics,
        }


def make_walk(
    keyframes: FilmedOptions,
    path: PathOptions,
    truncation: Truncation,
    fixed: ControlOptions,
    encoded: NDArray[np.float32] | None = None,
    looks: Looks | None = None,
) -> Walk:
    """The walk that the options ask for.

    Args:
        encoded: latents of the pictures, float32 [k, dim], where those are the keyframes.
        looks: the keyframes, where they are such. What --set sets holds in every frame, but for what rows of a file set
            themselves.
    """
    from ganrt.runtime.walk import walk

    if looks and (path.truncations is not None or path.method == "drift"):
        raise UsageError("looks are the keyframes: expected no --truncations and no drift with them")
    names = [] if looks else keyframes.names()
    return walk(
        [] if looks else keyframes.seed_list("0" if names or path.method == "drift" else "0-3"),
        path.duration,
        path.loop,
        path.method,
        [None] if looks else path.psis(truncation),
        fixed.pins,
        names,
        identities=[] if looks else keyframes.identity_list(),
        latents=keyframes.latents if encoded is None else encoded,
        looks=looks.path if looks else (),
        space=path.space,
        ease=path.ease,
        beats_per_minute=path.bpm,
        beats=path.beats,
        speed=path.speed,
        controls=held_settings(looks, fixed) if looks else fixed.settings,
    )


def held_settings(looks: Looks, fixed: ControlOptions) -> Settings:
    """What --set sets in every frame: all but what rows of a file set themselves."""
    own = {name for row, _ in looks.rows for name, _ in row.controls}
    return tuple((name, value) for name, value in fixed.settings if name not in own)


def encode_pictures(generator: Generator, encoder: Generator, keyframes: FilmedOptions) -> NDArray[np.float32]:
    """Latents of the pictures, resized to what the encoder takes: float32 [k, dim]."""
    import numpy as np

    from ganrt.runtime.batches import photo_batches
    from ganrt.runtime.fitting import Fit
    from ganrt.runtime.photos import read_photo
    from ganrt.runtime.reconstruction import check_pair, require_labels

    check_pair(generator.spec, encoder.spec)
    names = keyframes.names()
    require_labels(generator.spec, names[0] if names else None)
    batches = photo_batches(encoder.spec, (read_photo(path) for path in keyframes.picture or ()), Fit())
    return np.concatenate([encoder.encode(np.stack([photo.fitted.source for photo in batch])) for batch in batches])


def parse_classes(classes: list[str] | None, class_name: str | None) -> list[str]:
    """The keyframes that --classes or --class name; none without either. Names may hold commas, if given one by one."""
    if classes is None:
        return [] if class_name is None else [class_name]
    if class_name is not None:
        raise UsageError("--class and --classes: expected one of them")
    names = [name.strip() for name in (classes if len(classes) > 1 else classes[0].split(","))]
    if "" in names:
        raise UsageError(f"--classes '{','.join(classes)}': expected names or numbers with commas between")
    return names
