"""A disk without room, by /dev/full, which takes no byte."""

from __future__ import annotations

import os

import pytest

from ganrt.files import Folder


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in folders of outputs are made, and take no byte."""
    opened = Folder.open

    def without_room(self: Folder, name: str, flags: int) -> int:
        descriptor = opened(self, name, flags)
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, descriptor)
        os.close(full)
        return descriptor

    monkeypatch.setattr(Folder, "open", without_room)
