"""The asynchronous iterator: frames are waited for in a thread, so that the event loop goes on and the pace is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from ganrt.runtime.streaming.schedule import Images


class AsyncFrames:
    """`async for frame in stream`; leaving `async with stream` ends it at once, also after a cancellation."""

    def __init__(self, stream: Iterator[Images]) -> None:
        self._stream = stream
        self._thread = ThreadPoolExecutor(1, "ganrt-async")

    def __aiter__(self) -> AsyncFrames:
        return self

    async def __anext__(self) -> Images:
        frame = await asyncio.get_running_loop().run_in_executor(self._thread, self._next)
        if frame is None:
            self._thread.shutdown(wait=False)
            raise StopAsyncIteration
        return frame

    def _next(self) -> Images | None:
        return next(self._stream, None)  # StopIteration cannot pass through a future
