"""Lists of seeds as the command line takes them: `0,1,4-6`."""

from __future__ import annotations

import re

from ganrt.errors import UsageError
from ganrt.runtime.arguments import UINT64_LIMIT, shown

MAX_SEEDS = 10_000_000

# [0-9], not \d, which takes digits of other scripts; 20 digits hold every seed.
_TOKEN = re.compile(r"([0-9]{1,20})(?:-([0-9]{1,20}))?")


def parse_seeds(text: str) -> list[int]:
    """The seeds of a comma-separated list of numbers and inclusive ranges, in the order given.

    text: such as "0,1,4-6", which gives [0, 1, 4, 5, 6]; spaces around a part are ignored, repeats are kept.
    Each seed is in [0, 2^64), and there are at most ten million. Raises UsageError naming the faulty part.
    """
    if not isinstance(text, str):
        raise UsageError(f"seeds: given {shown(text)}, accepted is text such as 0,1,4-6")
    seeds: list[int] = []
    for token in text.split(","):
        first, last = _parse_token(token.strip(" "))
        total = len(seeds) + last - first + 1
        if total > MAX_SEEDS:
            raise UsageError(f"seeds: given {total} or more by {shown(token)}, accepted are at most {MAX_SEEDS}")
        seeds.extend(range(first, last + 1))
    return seeds


def _parse_token(token: str) -> tuple[int, int]:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise UsageError(f"seeds: given {shown(token)}, accepted are numbers and ranges, such as 0,1,4-6")
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    if max(first, last) >= UINT64_LIMIT:
        raise UsageError(f"seeds: given {shown(token)}, accepted are numbers from 0 to {UINT64_LIMIT - 1}")
    if last < first:
        raise UsageError(f"seeds: given {shown(token)}, accepted are ranges that go up, such as {last}-{first}")
    return first, last
