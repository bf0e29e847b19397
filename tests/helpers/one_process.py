"""`--code` without a process of its own: in this one, which has loaded torch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ganrt.exporter.owner import process


def run_code_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what is exported; those of the process are in `test_owners_code.py`, one of them exports from the
    command line."""

    def run_apart(work: Any, given: dict[str, Any], say: Any, limit_s: float) -> Any:
        with monkeypatch.context() as here:
            here.setattr("ganrt.exporter.owner.code.prepare_process", lambda code: None)
            here.setattr(sys, "path", [*sys.path])  # the code's folder is put first
            here.setitem(sys.modules, Path(given["code"].place).stem, None)
            return work(**given, progress=say)

    monkeypatch.setattr(process, "run_apart", run_apart)
