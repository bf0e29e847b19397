"""The kernels that TensorRT-RTX compiled on this machine, kept beside their engine: the next start need not wait.

The vendor calls it the runtime cache (`IRuntimeCache`). A file holds the SHA-256 of its key and content, then the
content: what is damaged, or of another engine, device, driver or version, does not reach the vendor and is replaced.
Without the cache everything works, only the start takes longer: so nothing here fails a load.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ganrt.errors import OutputFailed
from ganrt.files import write_file

SUFFIX = ".kernels"
MAX_BYTES = 2**29
_MAGIC = b"ganrt kernels 1\n"
_DIGEST_BYTES = hashlib.sha256().digest_size
_log = logging.getLogger(__name__)


class KernelCache:
    """One cache for all execution contexts of an engine: `attach` to each configuration, `close` writes it.

    Args:
        engine: the engine's path.
        key: all that the kernels depend on: engine, device, driver and version.
    """

    def __init__(self, engine: Path, key: Mapping[str, str]) -> None:
        self._key = json.dumps(dict(key), sort_keys=True).encode()
        self.path = engine.with_suffix(f".{hashlib.sha256(self._key).hexdigest()[:16]}{SUFFIX}")
        self._cache: Any = None
        self._loaded = b""

    def attach(self, config: Any) -> None:
        """Lets the contexts that are made with `config` use the cache and fill it."""
        if self._cache is None:
            self._cache = self._opened(config)
        if self._cache is None or not config.set_runtime_cache(self._cache):
            _log.debug("%s: the vendor takes no cache of kernels", self.path)

    def forget(self) -> None:
        """After an error on the device: nothing of it is kept."""
        self._cache = None

    def close(self) -> None:
        """Writes what was compiled since, whole or not at all."""
        cache, self._cache = self._cache, None
        memory = None if cache is None else cache.serialize()
        content = b"" if memory is None else bytes(memoryview(memory))
        if content and content != self._loaded:
            with suppress(OutputFailed):  # a folder that nobody may write to
                write_file(self.path, _MAGIC + self._digest(content) + content, force=True, within=self.path.parent)

    def _opened(self, config: Any) -> Any:
        cache = config.create_runtime_cache()
        content = self._read()
        if cache is not None and content and cache.deserialize(content):
            self._loaded = content
        return cache

    def _read(self) -> bytes:
        """The content of a sound file; nothing where there is none."""
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_BYTES)
        except OSError:
            return b""
        start = len(_MAGIC) + _DIGEST_BYTES
        content = data[start:]
        if data[:start] == _MAGIC + self._digest(content):
            return content
        _log.debug("%s is damaged and is made again", self.path)
        return b""

    def _digest(self, content: bytes) -> bytes:
        return hashlib.sha256(self._key + content).digest()


def caches_of(engine: Path) -> list[Path]:
    """The files beside an engine that were made for it."""
    prefix = f"{engine.stem}."
    found = engine.parent.glob(f"*{SUFFIX}")
    return sorted(path for path in found if path.name.startswith(prefix) and "." not in path.stem[len(prefix) :])
