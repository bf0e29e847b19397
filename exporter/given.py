"""What an owner says of a spec that the file does not: z's distribution, classes' names, an encoder's generator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ganrt.errors import BadInputFile, SpecError, UsageError
from ganrt.exporter.candidate import Facts
from ganrt.graphs.reader import DAMAGED, read_contents
from ganrt.prior import parse_prior
from ganrt.spec import METADATA_KEY, GeneratorSpec, Latent

DEFAULT_THRESHOLD = 2.0


def given_latent(latent: Latent, facts: Facts) -> Latent:
    """`latent` with the prior and threshold that were given.

    Raises:
        UsageError: a prior that makes no sense, or not for as many values.
    """
    text, threshold = facts.settings.prior, facts.settings.threshold
    if text is None:
        if threshold is not None and latent.prior != "truncated_normal":
            raise UsageError(
                f"--threshold {threshold:g}: expected --prior truncated_normal with it, not the {latent.prior} prior"
            )
        return replace(latent, threshold=threshold) if threshold is not None else latent
    prior, dim = parse_prior(text)
    if dim not in (None, latent.dim):
        raise UsageError(f"--prior {text}: {dim} values in all; expected {latent.dim}, as the network takes")
    if threshold is not None and "truncated_normal" not in prior:
        raise UsageError(f"--threshold {threshold:g}: expected --prior truncated_normal with it, not {prior}")
    truncated = "truncated_normal" in prior
    try:
        return Latent(
            dim=latent.dim,
            prior=prior,
            threshold=(threshold or DEFAULT_THRESHOLD) if truncated else None,
            psi_mode="style" if latent.psi_mode == "style" else "resample" if prior == "normal" else "scale",
        )
    except SpecError as error:
        raise UsageError(f"--prior {text}: {error}") from error


def with_prior(spec: GeneratorSpec, facts: Facts, *, open_prior: bool) -> GeneratorSpec:
    """The spec with the prior that was given; where nothing says it (`open_prior`), the spec's is an assumption."""
    if spec.task != "generate" or spec.latent is None:
        return spec
    if facts.settings.prior is not None or open_prior:
        facts.assume("prior", spec.latent.prior)
    return replace(spec, latent=given_latent(spec.latent, facts))


def with_class_names(spec: GeneratorSpec, names: tuple[str, ...] | None) -> GeneratorSpec:
    """The spec with these names of its classes, in their order; None leaves it as it is.

    Raises:
        UsageError: it has no classes, or not as many, or a name does not do.
    """
    if names is None:
        return spec
    if spec.labels is None:
        raise UsageError("--class-names: this generator has no classes\nleave the option away, or give --labels COUNT")
    if len(names) != spec.labels.count:
        raise UsageError(f"--class-names: {len(names)} names in the file; expected {spec.labels.count}, one a class")
    try:
        return replace(spec, labels=replace(spec.labels, names=names))
    except SpecError as error:
        raise UsageError(f"--class-names: {error}") from error


NOTE = "the file holds no generator beside this encoder: say which one it belongs to with --pair GENERATOR.onnx"


def read_pair(path: Path, encoder: GeneratorSpec) -> str:
    """The SHA-256 of the checkpoint that the generator in `path` was exported from.

    Raises:
        UsageError: `encoder` is none, `path` holds no generator, or one of other latents or pictures.
        BadInputFile: `path` was not written by `ganrt export`, or does not say what it was exported from.
    """
    if encoder.task != "encode":
        raise UsageError(f"--pair {path}: only encoders have a pair; '{encoder.family}' has the task '{encoder.task}'")
    generator = _read_spec(path)
    if generator.task != "generate" or generator.latent is None or generator.output is None:
        raise UsageError(f"--pair {path}: '{generator.name}' has the task '{generator.task}'\nexpected a generator")
    if generator.source is None:
        raise BadInputFile(f"--pair {path}: '{generator.name}' does not say what it was exported from\nexport it again")
    assert encoder.latent is not None
    assert encoder.image is not None
    drawn, taken = (
        f"{picture.width} x {picture.height} x {picture.channels}" for picture in (generator.output, encoder.image)
    )
    if drawn != taken or generator.latent.dim != encoder.latent.dim:
        raise UsageError(
            f"--pair {path}: '{generator.name}' draws {drawn} from {generator.latent.dim} values; "
            f"the encoder takes {taken} and gives {encoder.latent.dim}\n"
            "expected a generator and an encoder of one size; a side that is not in the file: --size"
        )
    return generator.source.sha256


def _read_spec(path: Path) -> GeneratorSpec:
    try:
        metadata = read_contents(path.read_bytes()).metadata
    except FileNotFoundError as error:
        raise BadInputFile(f"--pair {path} does not exist; expected a generator's .onnx file") from error
    except OSError as error:
        what = error.strerror or "it cannot be read"
        raise BadInputFile(f"--pair {path}: {what}; expected a generator's .onnx file") from error
    except DAMAGED as error:
        raise BadInputFile(f"--pair {path} is not an ONNX file; expected a generator that ganrt exported") from error
    if METADATA_KEY not in metadata:
        raise BadInputFile(f"--pair {path} was not written by ganrt\nexport the generator: ganrt export CHECKPOINT")
    return GeneratorSpec.from_json(metadata[METADATA_KEY])
