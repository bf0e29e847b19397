"""Where ganrt keeps what it may make again: `GANRT_HOME`, else the platform's cache folder."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Where derived files lie; it need not exist."""
    home = os.environ.get("GANRT_HOME")
    if home:
        return Path(home)
    from platformdirs import user_cache_path

    return user_cache_path("ganrt", appauthor=False)


def keep_torch_here() -> None:
    """Has torch keep there what it compiles, unless the user has named a place; to be called before torch is imported.

    By itself it leaves folders in the temporary and in the home folder, also where it compiles nothing.
    """
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_folder() / "torch"))
    os.environ.setdefault("TRITON_CACHE_DIR", str(cache_folder() / "triton"))
