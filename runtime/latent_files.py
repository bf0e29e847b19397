"""Latents from a file, in place of sampled ones."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.files import read_file
from ganrt.runtime.interpolate import finite
from ganrt.spec import Latent

F32: TypeAlias = NDArray[np.float32]

_MAX_BYTES = 2**30
_EXPECTED = (
    "expected float32 [n, dim]: an .npy file, an .npz with one array or one named z or w, or a .csv with a row of "
    "numbers for each latent"
)


@dataclass(frozen=True, eq=False)
class LatentFile:
    """What a file held, `z` float32 [n, dim] or styles [n, count, dim]; its name without folders and its SHA-256 say
    which one it was."""

    name: str
    sha256: str
    z: F32

    def check(self, latent: Latent | None) -> None:
        """Raises BadInputFile if the generator's latents have another length; styles are checked when drawn."""
        if self.z.ndim == 3:
            return
        dim = latent.dim if latent else 0
        if self.z.shape[1] != dim:
            raise BadInputFile(f"{self.name}: latents of {self.z.shape[1]} numbers: this generator's have {dim}")

    def origin(self, row: int | None = None) -> dict[str, object]:
        """What a picture says of its latent, or of all of them."""
        return {"file": self.name, "sha256": self.sha256} | ({} if row is None else {"row": row})


def read_latent_file(path: Path) -> LatentFile:
    """The latents of an .npy, .npz or .csv file.

    Raises:
        BadInputFile: not there, larger than 1 GiB, or not rows of finite numbers that float32 holds.
    """
    data = read_file(path, _MAX_BYTES, "a file of latents")
    try:
        array = _from_csv(data) if path.suffix.lower() == ".csv" else _from_numpy(data)
    except (ValueError, EOFError, MemoryError, KeyError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise BadInputFile(f"{path} holds no latents: {str(error).splitlines()[0][:200]}\n{_EXPECTED}") from error
    try:
        return LatentFile(path.name, hashlib.sha256(data).hexdigest(), as_latents(array, styles=True))
    except UsageError as error:
        raise BadInputFile(f"{path}: {error}") from error


def as_latents(given: ArrayLike, *, styles: bool = False) -> F32:
    """Checked: float32 [k, dim]; with `styles` also [k, count, dim].

    Raises:
        UsageError: another shape, nothing in it, or a number that is not finite in float32.
    """
    values = finite("latents", given)
    if values.ndim not in ((2, 3) if styles else (2,)) or 0 in values.shape:
        raise UsageError(f"latents of shape {list(values.shape)}: expected [k, dim], one row for each latent")
    return values.astype(np.float32)


def _from_numpy(data: bytes) -> NDArray[np.generic]:
    if not data.startswith(b"PK"):
        return np.asarray(np.lib.format.read_array(io.BytesIO(data), allow_pickle=False))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
            raise ValueError(f"it unpacks to more than {_MAX_BYTES} bytes")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        names = list(arrays)
        named = [name for name in ("z", "w") if name in names]
        if len(names) != 1 and not named:
            raise ValueError(f"arrays {', '.join(names) or 'none'}, and none of them is z or w")
        return np.asarray(arrays[(named or names)[0]])


def _from_csv(data: bytes) -> NDArray[np.float64]:
    rows = [line.split(",") for line in data.decode("utf-8-sig").splitlines() if line.strip()]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows of different lengths")
    return np.array([[float(number) for number in row] for row in rows], np.float64)
