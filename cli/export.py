"""`ganrt export`: a checkpoint becomes a verified ONNX file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, print_json, say
from ganrt.cli.former import OldSettings, with_old_settings
from ganrt.errors import NegativeResult
from ganrt.exporter.options import Settings

if TYPE_CHECKING:
    from ganrt.exporter.export import ExportResult
    from ganrt.exporter.owner.reference import Code
    from ganrt.runtime.export_pictures import Compared


@dataclass(frozen=True)
class OwnersClass:
    """The owner's class, and what it is built with."""

    code: Annotated[
        str | None,
        typer.Option(
            "--code",
            metavar="<FILE.py:CLASS>",
            help="The generator's own class: this file is run, in a process of its own.",
        ),
    ] = None
    arguments: Annotated[
        str | None,
        typer.Option(
            "--args",
            metavar="<JSON>",
            help="""What the class is built with: {"ngf": 64}, a list [100, 64], or both {"*": [100], "ngf": 64}.""",
        ),
    ] = None
    time_limit: Annotated[
        float,
        typer.Option("--time-limit", min=1, help="How many seconds the code of --code may be silent."),
    ] = 300

    def parsed(self) -> Code | None:
        from ganrt.exporter.owner.reference import read_code

        return read_code(self.code, self.arguments)


@dataclass(frozen=True)
class PictureOptions:
    """Pictures of the result to look at, and such to compare it with."""

    preview: Annotated[
        Path | None,
        typer.Option("--preview", help="Also draw sixteen pictures on a sheet, .png, to look at."),
    ] = None
    samples: Annotated[
        Path | None,
        typer.Option(
            "--samples",
            metavar="<folder>",
            help="Compare with pictures that the trained generator drew: their average and spread; or one by one, with "
            "their latents beside them in z.npy.",
        ),
    ] = None


@dataclass(frozen=True)
class CreditOptions:
    """What the file says of the model's origin."""

    name: Annotated[str | None, typer.Option("--name", help="The model's name; by default the output's.")] = None
    licence: Annotated[
        str | None, typer.Option("--license", "--licence", help="License of the weights, kept in the file.")
    ] = None
    attribution: Annotated[
        str | None,
        typer.Option("--attribution", help="Whom to credit, kept in the file."),
    ] = None


@command(
    "export",
    """
    ganrt export netG_epoch_24.pth -o mine.onnx
    ganrt export generator.safetensors -o mine.onnx --name mine --license CC0-1.0
    ganrt export biggan-deep-128 -o mushroom.onnx --class mushroom --freeze truncation=0.4
    ganrt export theirs.onnx -o mine.onnx --prior uniform --range tanh
    ganrt export netG_epoch_24.pth -o mine.onnx --preview sheet.png --force
    ganrt export scripted.pt -o mine.onnx --trust --latent 100
    ganrt export network-snapshot.pkl -o face.onnx --split
    ganrt export weights.pth --code models.py:Generator --args '{"ngf": 64}' -o mine.onnx
    """,
)
def export(
    checkpoint: Annotated[
        Path,
        typer.Argument(
            help="Weights (.safetensors, .pth, .pt, .keras, .h5, a SavedModel, a folder with config.json) or a whole "
            "network (.onnx, .pt, .pt2).",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .onnx file to write.")],
    family: Annotated[
        str | None,
        typer.Option("--family", help="The generator's family, where the keys do not tell, such as dcgan."),
    ] = None,
    *,
    owner: OwnersClass,
    settings: Settings,
    class_name: Annotated[
        str | None,
        typer.Option(
            "--class",
            help="Draw this class alone, or this mixture (947:0.5,992:0.5): no classes to choose, a smaller file.",
        ),
    ] = None,
    pair: Annotated[
        Path | None,
        typer.Option("--pair", help="The exported generator that an encoder from another checkpoint belongs to."),
    ] = None,
    pictures: PictureOptions,
    credit: CreditOptions,
    old_settings: OldSettings = None,
    split: Annotated[
        bool,
        typer.Option(
            "--split", help="Of a StyleGAN: NAME-mapping.onnx and NAME-synthesis.onnx, for walks and mixtures in w."
        ),
    ] = False,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Exports a checkpoint and verifies the result against it; writes nothing if that fails."""
    from ganrt.exporter.export import export as run_export
    from ganrt.runtime.export_pictures import check_before, draw_and_compare
    from ganrt.runtime.labels import one_label
    from ganrt.runtime.sampling import sampler

    check_before(pictures.preview, pictures.samples, force)
    result = run_export(
        checkpoint,
        output,
        sampler=sampler,
        family=family,
        settings=with_old_settings(settings, old_settings),
        choose_class=None if class_name is None else partial(one_label, given=class_name),
        pair=pair,
        name=credit.name,
        licence=credit.licence,
        attribution=credit.attribution,
        force=force,
        code=owner.parsed(),
        split=split,
        time_limit_s=owner.time_limit,
        progress=say,
    )
    say(_summary(result))
    assumed = len(_assumed(result))
    if assumed and owner.code is None:
        say(_on_trust(assumed))
    compared = draw_and_compare(result.path, pictures.preview, pictures.samples, force, say)
    if json:
        print_json(_report(result, compared))
    if compared is not None and compared.contradicts:
        raise NegativeResult(f"{result.path} draws something else than {pictures.samples}; it was written all the same")


def _assumed(result: ExportResult) -> list[str]:
    return [fact.sentence() for fact in result.facts if fact.origin == "assumed"]


def _report(result: ExportResult, compared: Compared | None) -> dict[str, object]:
    return {
        "file": str(result.path),
        "family": result.spec.family,
        "verification": {key: value for key, value in asdict(result.verification).items() if key != "extra"},
        "facts": {fact.name: {"value": fact.value, "origin": fact.origin} for fact in result.facts},
        "assumptions": _assumed(result),
        **({} if compared is None else {"samples": compared.figures}),
    }


def _summary(result: ExportResult) -> str:
    from ganrt.exporter.verify import PLANNED

    found = result.verification
    of_all = f" of {PLANNED} (large or slow)" if found.samples < PLANNED else ""
    summary = f"{result.path}: verified on {found.samples}{of_all} pictures; worst error {found.max_error:.2e} as float"
    if result.spec.output is None:
        return summary
    worst = "identical" if found.psnr is None else f"{found.psnr:.1f} dB"
    return f"{summary}, {found.max_error_uint8} in 8 bits, PSNR {worst}"


def _on_trust(count: int) -> str:
    """What "verified" does not say of a file that leaves something open."""
    said = "the assumption above is" if count == 1 else f"the {count} assumptions above are"
    return (
        f"note: if {said} wrong, yours draws other pictures: it was compared with the network as assumed\n"
        "look at --preview sheet.png, or compare with your own class: --code models.py:CLASS"
    )
