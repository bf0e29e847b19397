"""Batch profiles: which batch sizes an engine accepts, and for which it is made fast."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ganrt.engines.tensorrt.sidecar import MAX_BATCH, Profile
from ganrt.errors import UsageError

MOST = 16  # profiles of one engine: each has its own buffers


def parse_profile(text: str) -> Profile:
    """ "1:8:64" is MIN:OPT:MAX; "8" is the static batch 8:8:8.

    Raises:
        UsageError: not so written, a number outside 1 to 65536, or MIN <= OPT <= MAX does not hold.
    """
    if not re.fullmatch(r"[0-9]{1,9}(:[0-9]{1,9}:[0-9]{1,9})?", text):
        raise UsageError(f"--batch {text}: expected MIN:OPT:MAX such as 1:8:64, or one number")
    numbers = [int(number) for number in text.split(":")]
    low, best, high = numbers if len(numbers) == 3 else numbers * 3
    if not 1 <= low <= best <= high <= MAX_BATCH:
        raise UsageError(f"--batch {text}: expected 1 <= MIN <= OPT <= MAX <= {MAX_BATCH}")
    return Profile(minimum=low, optimum=best, maximum=high)


def ladder(text: str) -> tuple[Profile, ...]:
    """ "1,2,4,8" is a static profile each: shapes known when the engine is compiled can run faster.

    Raises:
        UsageError: not ascending positive numbers with commas between.
    """
    if not re.fullmatch(r"[0-9]{1,9}(,[0-9]{1,9})*", text):
        raise UsageError(f"--ladder {text}: expected batch sizes such as 1,2,4,8")
    sizes = [int(number) for number in text.split(",")]
    if sizes != sorted(set(sizes)):
        raise UsageError(f"--ladder {text}: expected batch sizes that ascend, such as 1,2,4,8")
    return profiles([str(size) for size in sizes])


def profiles(texts: Sequence[str]) -> tuple[Profile, ...]:
    """Several profiles, in the order given.

    Raises:
        UsageError: one is malformed or given twice, or there are more than 16.
    """
    found = tuple(parse_profile(text) for text in texts)
    if not 1 <= len(found) <= MOST or len(set(map(str, found))) < len(found):
        raise UsageError(
            f"{len(found)} batch profiles ({', '.join(map(str, found[:MOST]))}): expected 1 to {MOST} different ones"
        )
    return found
