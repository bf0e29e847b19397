"""The frame ring: preallocated blocks that batches are drawn into and frames are lent from."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]


class Block:
    """The pictures of one batch; it goes back to its ring when the last of its frames is released.

    Attributes:
        images: uint8 [frames * walks, h, w, c], for the engine to write.
        frames: the same memory for readers, who cannot write it: [frames, h, w, c] or [frames, walks, h, w, c].
    """

    def __init__(self, ring: Ring, images: Images, frames: Images) -> None:
        self._ring, self.images, self.frames = ring, images, frames
        self._held = 0

    def hold(self, frames: int) -> None:
        """As many releases will follow."""
        self._held = frames

    def release(self) -> None:
        """One of its frames is not needed any more."""
        self._held -= 1
        if not self._held:
            self._ring.give_back(self)


class Ring:
    """Blocks of `micro_batch` frames of the shape `frame`: [h, w, c], or [walks, h, w, c] for several walks.

    There are as many as can be in use: `ahead` frames that are ready, as many again that a change has made obsolete,
    all in blocks that may be partly used, two blocks being drawn, one being lent.
    """

    def __init__(self, micro_batch: int, ahead: int, frame: tuple[int, ...]) -> None:
        self.frame = frame
        self._free = deque(self._block(micro_batch, frame) for _ in range(2 * -(-ahead // micro_batch) + 5))

    def take(self) -> Block | None:
        """A free block; None while all are in use."""
        return self._free.popleft() if self._free else None

    def give_back(self, block: Block) -> None:
        """The block is free again."""
        self._free.append(block)

    def _block(self, micro_batch: int, frame: tuple[int, ...]) -> Block:
        images = np.zeros((micro_batch * (frame[0] if len(frame) == 4 else 1), *frame[-3:]), np.uint8)
        frames = images.reshape(micro_batch, *frame)
        frames.flags.writeable = False
        return Block(self, images, frames)
