"""Draws tests/fixtures/right-drawings.webp: the right drawing of each picture of avatars-2 that documents show.

    pip install -e ".[avatars]"
    python tools/make_right_drawings.py

The drawings come from the layers that examples/avatars-2 was trained on, not from its network. They stand in rows of
eight, in the order of `SHOWN`, straight RGBA without loss. tests/package/test_images.py compares the network with them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

import ganrt
from ganrt.runtime.identity import identity_index

ROOT = Path(__file__).parents[1]
DRAWINGS = ROOT / "tests" / "fixtures" / "right-drawings.webp"
COLUMNS = 8
# (seed, index): the player of the examples, 0:8841, the README's pictures and walk, and what the page first shows.
SHOWN = [
    (0, identity_index("player-8841")),
    (0, 8841),
    *((0, index) for index in range(16)),
    *((1, index) for index in range(16)),
    *((seed, 0) for seed in (2, 3, 4, 5, 6, 7)),
]


def main() -> None:
    sys.path.insert(0, str(ROOT / "examples" / "avatars-2"))
    from drawings import Painter

    z = np.concatenate([ganrt.latents(1, 19, seed=seed, start=index) for seed, index in SHOWN])
    drawn = Painter(ROOT / "out" / "avatars-2").paint(z).permute(0, 2, 3, 1).numpy()
    alpha = drawn[..., 3:]
    colour = np.divide(drawn[..., :3], alpha, out=np.zeros_like(drawn[..., :3]), where=alpha > 0)
    straight = np.concatenate([colour, alpha], axis=3).clip(0, 1)
    pictures = (straight * 255).round().astype(np.uint8)
    page = pictures.reshape(-1, COLUMNS, *pictures.shape[1:]).swapaxes(1, 2)
    page = page.reshape(-1, COLUMNS * pictures.shape[2], 4)
    done, data = cv2.imencode(".webp", cv2.cvtColor(page, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_WEBP_QUALITY, 101])
    assert done
    DRAWINGS.write_bytes(data.tobytes())
    print(DRAWINGS)


if __name__ == "__main__":
    main()
