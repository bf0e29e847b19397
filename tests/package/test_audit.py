"""tools/audit.py: what pip-audit answers, and what is made of it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert audit.verdict(["a==1"], [_SOUND]) == (0, "known vulnerabilities: none, among 1 packages")
    code, said = audit.verdict(["a==1", "b==2", "c==3"], [_SOUND, _HURT, _UNKNOWN])
    assert (code, said) == (1, "b 2: CVE-1, mended in 3, 4\nknown vulnerabilities: 1, among 2 packages")
    assert audit.verdict(["a==1", "c==3"], [_SOUND, _UNKNOWN]) == (3, "1 of 2 packages could not be checked")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Traceback\nrequests.exceptions.ConnectionError: Max retries exceeded", 0),
        ("ERROR: Could not connect\nERROR: Tip: your network may be blocking this service", 0),
        ("Traceback\nValueError: no such option", 3),
        (None, 3),
    ],
)
def test_what_ends_without_an_answer_says_why_and_only_a_lost_connection_is_allowed(
    said: str | None, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = subprocess.CompletedProcess([], 1, stderr=said)
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: ended)
    monkeypatch.setattr(audit.importlib.util, "find_spec", lambda _: None if said is None else audit.__spec__)
    monkeypatch.setattr(audit, "installed", lambda: ["a==1"])
    monkeypatch.setattr(sys, "argv", ["audit.py", "--allow-unchecked"])
    assert audit.main() == code
    last = "pip-audit is not installed" if said is None else said.splitlines()[-1]
    assert f"1 of 1 packages could not be checked: {last}" in capsys.readouterr().out
