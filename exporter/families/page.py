"""What a family says about itself: `docs/families.md` and the hint at the nearest family are made of it.

A family says it in `page: Page` and `keys: KeyCondition` (or a tuple of them, any of which is enough) beside
the members of the protocol; both may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ganrt.exporter.families.protocol import Family, KeyCondition


@dataclass(frozen=True)
class Page:
    """A family's entry in `docs/families.md`; every text is one line of Markdown.

    Attributes:
        title: such as "Reference PyTorch DCGAN".
        origin: where its checkpoints come from.
        formats: of the files that are read.
        gives: the task, sizes and latents.
        recognised: how, where it is not by keys.
        traps: what goes wrong elsewhere and is handled, one a line.
    """

    title: str
    origin: str = ""
    formats: str = "`.safetensors`, `.pth`, `.pt`, `.pkl` (weights only)"
    gives: str = ""
    recognised: str = ""
    traps: tuple[str, ...] = ()


def page_of(name: str, family: Family) -> Page:
    """The family's page, or one with its name alone."""
    page = getattr(family, "page", None)
    return page if isinstance(page, Page) else Page(title=name)


def keys_of(family: Family) -> tuple[KeyCondition, ...]:
    """The keys it is recognised by, each condition enough alone; none if it does not say."""
    keys = getattr(family, "keys", ())
    return (keys,) if isinstance(keys, KeyCondition) else tuple(keys)


def similarity(family: Family, keys: Iterable[str]) -> tuple[int, tuple[str, ...]]:
    """(how many of the family's keys are there, those that are not); numbers of layers count as equal.

    Where any of several conditions is enough, the one that lacks the least counts.
    """
    patterns = {_pattern(key) for key in keys}
    scores: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for condition in keys_of(family):
        missing = tuple(key for key in condition.all_of if _pattern(key) not in patterns)
        scores.append((len(condition.all_of) - len(missing), missing))
    return max(scores, key=closeness)


def closeness(score: tuple[int, tuple[str, ...]]) -> tuple[float, int]:
    """Orders what `similarity` gives: by the share of keys that are there, then by their number."""
    present, missing = score
    return present / (present + len(missing) or 1), present


def _pattern(key: str) -> str:
    return re.sub(r"\d+", "N", key)
