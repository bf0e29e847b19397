"""What a checkpoint is: the part of `ganrt inspect` that needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ganrt.exporter.options import NO_SETTINGS, Settings
from ganrt.exporter.requirements import READING, require


@dataclass(frozen=True)
class CheckpointReport:
    """What a checkpoint holds.

    Attributes:
        format: such as "torch", "keras"; `container` the dotted keys the weights lie under, "" if at the top.
        certainty: how sure the recognition is; `notes` what was chosen.
        assumptions: what the file does not say, one sentence each. facts: each property with its value and whether it
            was read, given or assumed.
        latent_dim: None for networks that take pictures. `labels`: classes, None if there are none.
        task: "generate"; "translate" for networks that turn one picture into another; "encode" for those that turn
            a picture into a latent.
        input_channels: of the pictures that a translator or encoder takes, None for generators; a translator's have
            the output's size.
        height, width, channels: of the pictures it draws (an encoder: takes).
        parameters: trained values. macs: multiply-accumulates per picture.
        dtype: of the weights in the file.
        size: of the file in bytes.
        sha256: None unless the file was read whole.
    """

    path: Path
    format: str
    container: str
    family: str
    task: str
    certainty: str
    notes: tuple[str, ...]
    assumptions: tuple[str, ...]
    facts: dict[str, str]
    latent_dim: int | None
    labels: int | None
    input_channels: int | None
    height: int
    width: int
    channels: int
    tensors: int
    parameters: int
    macs: int
    dtype: str
    size: int
    sha256: str | None


def describe(
    path: Path, *, family: str | None = None, settings: Settings = NO_SETTINGS, whole: bool = False
) -> CheckpointReport:
    """Recognises a checkpoint; exports nothing.

    Args:
        settings: as of `export`.
        whole: also read every value: SHA-256, and whether all are finite. Else only what is needed.

    Raises:
        BadInputFile: it cannot be read or is of no known family.
        UsageError: `family` does not exist, or a setting is missing or makes no sense.
        BackendUnavailable: torch or safetensors is missing.
    """
    require(*READING)
    from ganrt.exporter.cost import count_macs, count_parameters
    from ganrt.exporter.given import with_class_names
    from ganrt.exporter.readers.files import read_file
    from ganrt.exporter.recognise import recognise

    found = recognise(read_file(path, whole=whole), family, settings.without("class_names"))
    read, candidate = found.source, found.candidate
    spec = with_class_names(candidate.spec, settings.class_names)
    picture = spec.output or spec.image
    assert picture is not None
    return CheckpointReport(
        path=path,
        format=read.format,
        container=read.container,
        family=spec.family,
        task=spec.task,
        certainty=candidate.certainty,
        notes=(*read.notes, *candidate.notes),
        assumptions=tuple(fact.sentence() for fact in candidate.assumptions),
        facts={fact.name: f"{fact.value} ({fact.origin})" for fact in candidate.facts},
        latent_dim=spec.latent.dim if spec.latent else None,
        labels=spec.labels.count if spec.labels else None,
        input_channels=spec.image.channels if spec.image else None,
        height=picture.height,
        width=picture.width,
        channels=picture.channels,
        tensors=len(read.tensors),
        parameters=count_parameters(candidate.module),
        macs=count_macs(candidate.module, spec),
        dtype=read.dtype,
        size=read.size,
        sha256=read.sha256 or None,
    )
