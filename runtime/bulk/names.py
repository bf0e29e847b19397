"""The names that runs give to their files: by these alone, and their place, a run's files are told from others'."""

from __future__ import annotations

import re

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
