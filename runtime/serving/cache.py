"""Files of encoded pictures under their keys, at most so many bytes of them; the least recently used ones go first."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from pathlib import Path

from ganrt.errors import OutputFailed
from ganrt.files import make_folder, write_file

_NAME = re.compile(r"[0-9a-f]{32}")
_DIGEST = hashlib.sha256().digest_size


class DiskCache:
    """Each file holds the SHA-256 of its content first: a damaged one is drawn anew. May be used by many threads.

    Only files that are called like its own are counted and removed.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        make_folder(folder)
        self._folder, self._limit, self._lock = folder, limit, threading.Lock()
        found = sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=_age)
        self._sizes = OrderedDict((path.name, path.stat().st_size) for path in found)
        self.bytes = sum(self._sizes.values())
        self.hits = self.misses = 0
        with self._lock:
            self._evict()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            known = key in self._sizes
            if known:
                self._sizes.move_to_end(key)
        data = self._read(key) if known else None
        with self._lock:
            self.hits += data is not None
            self.misses += data is None
        return data

    def put(self, key: str, data: bytes) -> None:
        """Keeps it; what is larger than the limit is not kept, nor is anything on a disk that is full."""
        size = len(data) + _DIGEST
        if size > self._limit:
            return
        try:
            write_file(self._folder / key, hashlib.sha256(data).digest() + data, force=True, within=self._folder)
        except (OSError, OutputFailed):
            return
        with self._lock:
            self.bytes += size - self._sizes.pop(key, 0)
            self._sizes[key] = size
            self._evict()

    def _read(self, key: str) -> bytes | None:
        try:
            stored = (self._folder / key).read_bytes()
            (self._folder / key).touch()
        except OSError:
            stored = b""
        if hashlib.sha256(stored[_DIGEST:]).digest() == stored[:_DIGEST]:
            return stored[_DIGEST:]
        with self._lock:
            self._remove(key)
        return None

    def _evict(self) -> None:
        while self.bytes > self._limit:
            self._remove(next(iter(self._sizes)))

    def _remove(self, key: str) -> None:
        self.bytes -= self._sizes.pop(key, 0)
        (self._folder / key).unlink(missing_ok=True)


def _age(path: Path) -> float:
    return path.stat().st_mtime
