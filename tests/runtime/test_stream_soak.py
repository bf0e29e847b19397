"""Sixty frames a second for long, with changes all the time: memory stays. By hand: pytest -m soak -o
faulthandler_timeout=0.

GANRT_SOAK_SECONDS: how long, by default ten minutes.
"""

import os
import time

import pytest

import ganrt


@pytest.mark.soak
def test_memory_stays_constant():
    psutil = pytest.importorskip("psutil")
    process, sizes, number = psutil.Process(), [], 0
    seconds = float(os.environ.get("GANRT_SOAK_SECONDS", "600"))
    with ganrt.load("avatars") as generator, generator.stream(ganrt.walk([1, 2, 3]), 60, endless=True) as stream:
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            next(stream)
            number += 1
            if number % 30 == 0:
                stream.set(truncation=0.5 + number % 50 / 100, speed=0.5 + number % 7 / 4)
            if number % 300 == 0:
                sizes.append(process.memory_info().rss)
    print("MiB", [size >> 20 for size in sizes], stream.statistics())
    assert max(sizes[len(sizes) // 2 :]) - sizes[len(sizes) // 4] < 4 << 20
