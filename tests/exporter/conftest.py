"""Settings of the exporter's tests."""

from __future__ import annotations

import pytest

from ganrt.exporter import evidence


@pytest.fixture(autouse=True)
def few_latents_as_evidence(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than where it is tested, drawing them takes most of the time that reading a network does."""
    if request.path.name != "test_evidence.py":
        monkeypatch.setattr(evidence, "MOST", 32)
