"""`ganrt verify`: is what this backend draws what the portable graph draws?"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Progress, command, in_use, print_json, say
from ganrt.errors import NegativeResult, UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator


@command(
    "verify",
    """
    ganrt verify -m avatars
    ganrt verify -m avatars --samples 256 --json
    """,
)
def verify(
    model: options.Model = DEFAULT_MODEL,
    *,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="The reference, on the CPU; by default the same file in FP32, of what was made from a bundled model "
            "that model.",
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", "-n", min=1, help="How many latents (of a translator or encoder: pictures).")
    ] = 64,
    seed: Annotated[int, typer.Option("--seed", help="Whose images 0, 1, 2 ... are compared.")] = 0,
    max_error: Annotated[
        int | None,
        typer.Option(
            "--max-error",
            help="Largest accepted difference, in 8-bit steps (of an encoder: in 255ths of the largest |z|); "
            "FP32: 1 (RGBA, premultiplied: 2), else any.",
        ),
    ] = None,
    min_psnr: Annotated[
        float | None,
        typer.Option(
            "--min-psnr", help="Smallest accepted PSNR of any picture, in dB; FP32: 48, FP16: 45, BF16: 40, INT8: 35."
        ),
    ] = None,
    engine: options.EngineOptions,
    json: options.Json = False,
) -> None:
    """Compares pictures with the reference's and the model's canary; exit code 1 if the worst is out of tolerance."""
    from ganrt.runtime.canary import canary_error
    from ganrt.runtime.compare import compare
    from ganrt.runtime.models import bundled_model

    with ExitStack() as opened:
        generator = opened.enter_context(engine.open(model))
        against = against or bundled_model(generator.model_sha256) or model
        reference = opened.enter_context(
            options.EngineOptions(engine.threads, "cpu", "onnxruntime", "auto").load(against)
        )
        _check_reference(against, reference)
        most, least = _tolerance(generator, max_error, min_psnr)
        canary = canary_error(generator)
        with Progress(samples, "samples") as progress:
            result = compare(generator, reference, samples, seed, progress)
        passed = result.within(most, least) and (canary is None or canary <= most)
        worst = "identical" if result.worst_psnr is None else f"{result.worst_psnr:.1f} dB"
        likeness = "" if result.worst_ssim is None else f", SSIM {result.worst_ssim:.6f}"
        summary = (
            f"worst of {result.samples}: error {result.max_error:.4g}, PSNR {worst}{likeness} "
            f"(index {result.worst_index}); canary error {'none' if canary is None else f'{canary:.4g}'}"
        )
        if json:
            print_json({**in_use(generator), **asdict(result), "canary_error": canary, "passed": passed})
        else:
            say(summary)
        if not passed:
            raise NegativeResult(
                f"out of tolerance: {summary}\naccepted: error at most {most}, PSNR at least {least:g} dB"
            )


def _check_reference(name: str, reference: Generator) -> None:
    """Raises UsageError for what was itself made from the portable graph."""
    if reference.precision != "fp32" or reference.form != "plain":
        what = f"in {reference.precision}" if reference.precision != "fp32" else "a form of another graph"
        raise UsageError(
            f"{name} is {what}: there is nothing to verify it against\ngive the portable FP32 model: --against MODEL"
        )


def _tolerance(generator: Generator, max_error: int | None, min_psnr: float | None) -> tuple[int, float]:
    """What was asked for, else what the precision that is really in use can keep."""
    from ganrt.pixels import one_level
    from ganrt.tolerances import GATES

    output, precision = generator.spec.output, generator.precision
    most = one_level(output.channels if output else 1) if precision == "fp32" else 255
    return most if max_error is None else max_error, GATES[precision] if min_psnr is None else min_psnr
