"""The commands of README and docs/tour.md, which tests/package/test_documents.py runs."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TOUR = ROOT / "docs" / "tour.md"
PARTS = ("readme", "tour", "networks of the tour")


def blocks(page: Path, language: str) -> list[str]:
    """The page's programs in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def ganrt_commands(page: Path) -> list[str]:
    """Lines without what stands behind them."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    return [line.split(" #")[0].strip() for line in lines if line.startswith("ganrt ")]


def commands_in_order(part: str) -> list[str]:
    """The README's; the tour's up to its own networks, and from there on: none of them builds on another part."""
    tour = ganrt_commands(TOUR)
    networks = next(k for k, line in enumerate(tour) if "biggan-deep" in line)
    if part != "readme":
        return tour[:networks] if part == "tour" else tour[networks:]
    # What stands in both, and nothing else builds on, is run in the tour.
    alone = ("ganrt gallery", "ganrt interpolate", "ganrt bulk")
    return [line for line in ganrt_commands(README) if not (line in tour and line.startswith(alone))]
