"""Hugging Face's layout: weights, and beside them a config.json that says what the weights do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ganrt.errors import BadInputFile
from ganrt.exporter.source import Source

WEIGHTS = ("model.safetensors", "pytorch_model.bin")  # in this order where both are there
CONFIG = "config.json"
_MAX_CONFIG = 2**20
_SHOWN = 80


def weights_in(path: Path) -> Path:
    """The weights' file in a folder of Hugging Face's layout; `path` itself where it is something else."""
    found = [path / name for name in WEIGHTS if (path / name).is_file()] if path.is_dir() else []
    return found[0] if found else path


def config_beside(weights: Path) -> Path | None:
    """The config.json beside the weights; it is read when a family asks for it."""
    config = weights.with_name(CONFIG)
    return config if config.is_file() else None


def config_of(source: Source) -> dict[str, Any] | None:
    """What the config.json beside the weights says; None without one.

    Raises:
        BadInputFile: it is no JSON object, or larger than 1 MiB.
    """
    if source.config is None:
        return None
    with source.config.open("rb") as file:
        data = file.read(_MAX_CONFIG + 1)
    if len(data) > _MAX_CONFIG:
        raise BadInputFile(f"{CONFIG} has more than {_MAX_CONFIG} bytes\nexpected the one saved with the weights")
    try:
        config = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInputFile(
            f"{CONFIG} is damaged: {str(error)[:_SHOWN]}\nexpected the one saved with the weights"
        ) from error
    if not isinstance(config, dict):
        raise BadInputFile(f"{CONFIG} holds a {type(config).__name__}\nexpected an object")
    return config
