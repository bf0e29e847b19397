"""tools/audit.py: what pip-audit answers, and what is made of it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("audit", Path(__file__).parents[2] / "tools" / "audit.py")
assert _spec is not None
assert _spec.loader is not None
audit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(audit)

_SOUND = {"name": "a", "version": "1", "vulns": []}
_HURT = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3", "4"]}]}
_UNKNOWN = {"name": "c", "skip_reason": "not found"}


def test_packages_are_asked_for_without_local_versions_and_without_ganrt() -> None:
    names = [line.partition("==")[0].lower() for line in audit.installed()]
    assert {"numpy", "torch"} <= set(names)
    assert "ganrt" not in names
    assert not [line for line in audit.installed() if "+" in line]


def test_the_verdict() -> None:
    assert audit.verdict(["a==1"], [_SOUND]) == (0, "no known vulnerability in 1 packages")
    code, said = audit.verdict(["a==1", "b==2", "c==3"], [_SOUND, _HURT, _UNKNOWN])
    assert (code, said.splitlines()[0]) == (1, "b 2: CVE-1, mended in 3, 4")
    assert audit.verdict(["a==1", "c==3"], [_SOUND, _UNKNOWN]) == (3, "1 of 2 packages could not be checked")
    assert audit.verdict(["a==1"], []) == (3, "1 of 1 packages could not be checked; the service does not answer")
