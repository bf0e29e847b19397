"""`ganrt classes`: the classes of a generator, and which of them are near or far."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, print_json, say, tell
from ganrt.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ganrt.engines.onnx_file import OnnxFile
    from ganrt.runtime.class_map import Pair


@command(
    "classes",
    """
    ganrt classes flowers.onnx
    ganrt classes flowers.onnx --near daisy --top 3
    ganrt classes flowers.onnx --pairs 4 --metric euclidean --json
    ganrt classes flowers.onnx --picture map.png
    """,
)
def classes(
    model: Annotated[str, typer.Argument(help="A conditional generator, an .onnx file.")],
    near: Annotated[
        str | None, typer.Option("--near", help="The classes nearest to this one (name or number), and the farthest.")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many of each --near shows.")] = 10,
    pairs: Annotated[
        int | None, typer.Option("--pairs", min=1, max=10_000, help="So many closest pairs, and farthest.")
    ] = None,
    metric: Annotated[str, typer.Option("--metric", help="cosine or euclidean, between class embeddings.")] = "cosine",
    picture: Annotated[
        Path | None,
        typer.Option("--picture", help='A map of the classes, .png: t-SNE and PCA; needs pip install "ganrt[study]".'),
    ] = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Lists the classes of a generator; finds good pairs to interpolate between, by their embeddings."""
    from ganrt.engines.embeddings import class_embeddings
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.runtime.arguments import one_of
    from ganrt.runtime.class_map import METRICS
    from ganrt.runtime.labels import class_number
    from ganrt.runtime.models import resolve_model

    one_of("--metric", metric, METRICS)
    if picture:
        _check_picture(picture, force)
    path = resolve_model(model)
    onnx_file = read_onnx(path)
    spec = onnx_file.spec()
    if spec.labels is None:
        raise UsageError(f"{model}: generator '{spec.name}' has no classes")
    names = list(spec.labels.names or map(str, range(spec.labels.count)))
    number = None if near is None else class_number(spec.labels, near)
    found: dict[str, list[Pair]] = {}
    if near is not None or pairs is not None or picture:
        embeddings = class_embeddings(onnx_file)
        found = _find(embeddings, number, top, pairs, metric)
        if picture:
            _write_map(onnx_file, embeddings, names, metric, picture, force)
    listed = names if not found and not picture else []
    if json:
        head = {"model": spec.name, "model_sha256": onnx_file.sha256, "count": len(names)}
        print_json({**head, **_as_json(listed, found, names, metric, picture)})
    else:
        for i, name in enumerate(listed):
            tell(f"{i:>5}  {name}")
        _print(found, names, metric)


def _check_picture(picture: Path, force: bool) -> None:
    from ganrt.files import ensure_absent
    from ganrt.runtime.class_map import PACKAGES
    from ganrt.runtime.figures import require_study

    if picture.suffix.lower() != ".png":
        raise UsageError(f"--picture {picture}: expected a name that ends in .png")
    ensure_absent(picture, force)
    require_study("--picture", *PACKAGES)


def _find(
    embeddings: NDArray[np.float64], number: int | None, top: int, count: int | None, metric: str
) -> dict[str, list[Pair]]:
    """The neighbours of class `number` and the `count` most extreme pairs, as far as they were asked for."""
    from ganrt.runtime.class_map import closest_and_farthest, ranked

    found: dict[str, list[Pair]] = {}
    if number is not None:
        others = ranked(embeddings, number, metric)
        found |= {"nearest": others[:top], "farthest": others[::-1][:top]}
    if count is not None:
        found["closest_pairs"], found["farthest_pairs"] = closest_and_farthest(embeddings, count, metric)
    return found


def _write_map(
    onnx_file: OnnxFile,
    embeddings: NDArray[np.float64],
    names: Sequence[str],
    metric: str,
    picture: Path,
    force: bool,
) -> None:
    from ganrt.files import write_file
    from ganrt.runtime.class_map import class_map
    from ganrt.runtime.pictures import encode_png

    title = f"{onnx_file.spec().name}: {len(names)} classes by their embeddings"
    origin = {"model": onnx_file.spec().name, "model_sha256": onnx_file.sha256, "map": "t-SNE, PCA", "metric": metric}
    write_file(picture, encode_png(class_map(embeddings, names, title, metric), origin), force=force)
    say(f"map: {picture}")


def _as_json(
    listed: Sequence[str], found: dict[str, list[Pair]], names: Sequence[str], metric: str, picture: Path | None
) -> dict[str, object]:
    if listed:
        return {"classes": [{"number": i, "name": name} for i, name in enumerate(listed)]}
    lists = {kind: [_entry(pair, names) for pair in pairs] for kind, pairs in found.items()}
    return {"metric": metric, **lists, **({"picture": str(picture)} if picture else {})}


def _entry(pair: Pair, names: Sequence[str]) -> dict[str, object]:
    return {
        "classes": [pair.first, pair.second],
        "names": [names[pair.first], names[pair.second]],
        "distance": float(f"{pair.distance:.6g}"),
    }


def _print(found: dict[str, list[Pair]], names: Sequence[str], metric: str) -> None:
    for kind, pairs in found.items():
        tell(f"{kind.replace('_', ' ')} ({metric} distance):")
        for pair in pairs:
            tell(f"  {pair.distance:.4f}  {pair.first} {names[pair.first]} - {pair.second} {names[pair.second]}")
