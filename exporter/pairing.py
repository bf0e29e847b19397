"""Which generator an encoder belongs to: the one whose checkpoint (by SHA-256) its spec names in `pair`."""

from __future__ import annotations

from pathlib import Path

import onnx

from ganrt.errors import BadInputFile, UsageError
from ganrt.spec import METADATA_KEY, GeneratorSpec

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
        model = onnx.load(str(path), load_external_data=False)
        metadata = {entry.key: entry.value for entry in model.metadata_props}
    except FileNotFoundError as error:
        raise BadInputFile(f"--pair {path} does not exist; expected a generator's .onnx file") from error
    except Exception as error:  # onnx raises the protocol buffer library's own errors
        raise BadInputFile(f"--pair {path} is not an ONNX file; expected a generator that ganrt exported") from error
    if METADATA_KEY not in metadata:
        raise BadInputFile(f"--pair {path} was not written by ganrt\nexport the generator: ganrt export CHECKPOINT")
    return GeneratorSpec.from_json(metadata[METADATA_KEY])
