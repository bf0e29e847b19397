"""A folder of ganrt's cache in which a library keeps what it compiled: native code, loaded only as it was left.

Libraries do not check such files themselves, or not against the weights: ONNX Runtime's TensorRT provider names its
engines after the graph's structure, so that two models of one architecture would share one (its issue 6455). Hence one
folder for each key, and a list of SHA-256 beside the files; a folder that differs from its list is emptied.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from ganrt.engines.cache import Key, cache_folder, folder_for
from ganrt.errors import OutputFailed
from ganrt.files import make_folder, write_file

_SEAL = "seal.json"


class SealedFolder:
    """The folder for one key.

    Args:
        kind: the folder above it, such as `onnxruntime-tensorrt`.
        key: all that changes what is compiled: JSON-able values.
    """

    def __init__(self, kind: str, key: Key) -> None:
        self.path = folder_for(kind, key)

    def open(self) -> Path:
        """The folder, made if need be; with its files if they are those that were sealed, else empty.

        Raises:
            OutputFailed: the cache cannot be written.
        """
        make_folder(self.path, within=cache_folder())
        try:
            if self._sealed() != self._found():
                for path in self._files():
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputFailed(f"folder {self.path} cannot be emptied: {error.strerror}") from error
        return self.path

    def seal(self) -> None:
        """Writes down what is there now; a cache that cannot be written costs only the next start."""
        with suppress(OutputFailed, OSError):
            found = self._found()
            if found != self._sealed():
                write_file(self.path / _SEAL, json.dumps(found, sort_keys=True).encode(), force=True, within=self.path)

    def _files(self) -> list[Path]:
        return sorted(path for path in self.path.iterdir() if path.is_file())

    def _found(self) -> dict[str, str]:
        files = (path for path in self._files() if path.name != _SEAL)
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def _sealed(self) -> object:
        try:
            return json.loads((self.path / _SEAL).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
