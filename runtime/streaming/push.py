"""Push style: frames come to a callback."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Thread, current_thread

from ganrt.runtime.streaming.ring import Images


class Pusher:
    """A thread that hands the frames of a stream to a callback until the stream ends or is closed; then it calls
    `close`."""

    def __init__(
        self, stream: Iterable[Images], callback: Callable[[Images], object], close: Callable[[], None]
    ) -> None:
        self._stream, self._callback, self._close = stream, callback, close
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="ganrt-push", daemon=True)
        self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for the end, at most `timeout` seconds: whether it has come.

        Raises:
            what the callback or the stream raised.
        """
        if self._thread is not current_thread():
            self._thread.join(timeout)
        if self._error is not None:
            raise self._error
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for frame in self._stream:
                self._callback(frame)
        except BaseException as error:  # it is raised where somebody waits
            self._error = error
        finally:
            self._close()
