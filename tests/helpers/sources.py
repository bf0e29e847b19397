"""Sources for the exporter's tests: from memory, and from files with the network chosen."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.readers.files import MAX_BYTES, read_file, source_of
from ganrt.exporter.readers.networks import find_networks
from ganrt.exporter.recognise import find_matches, refuse_ties
from ganrt.exporter.source import File, Source

PATH = Path("net.pth")


def source(state: dict[str, Tensor]) -> Source:
    """A state dict as the source that a torch file of it gives."""
    return Source(PATH, "torch", MAX_BYTES, "", state)


def in_memory(loaded: object) -> File:
    """What a torch file of `loaded` holds."""
    return find_networks(loaded, Source(PATH, "torch", MAX_BYTES, "", {}))


def find_family(state: dict[str, Tensor]) -> str:
    """The family that recognises a state dict."""
    matches = find_matches(in_memory(state))
    refuse_ties(PATH, matches)
    return matches[0].family


def read_checkpoint(path: Path, network: str | None = None, max_bytes: int = MAX_BYTES) -> Source:
    """The network of a file that would be exported, or the first one if none would."""
    file = read_file(path, max_bytes=max_bytes)
    try:
        matches = find_matches(file, network=network)
    except BadInputFile:
        return source_of(file.only())
    refuse_ties(path, matches)
    return source_of(matches[0].source)
