"""The known answers that every language is tested with, and the worked example of the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ganrt.errors import UsageError
from ganrt.runtime.edits import Edit
from ganrt.runtime.looks import Look
from ganrt.runtime.sampling import Truncation

ANSWERS = json.loads(Path(__file__).with_name("known-answers.json").read_text("utf-8"))
_PAGE = Path(__file__).parents[2] / "docs" / "look-codes.md"


@pytest.mark.parametrize("answer", ANSWERS["valid"], ids=lambda answer: answer["code"][6:60])
def test_a_code_says_what_it_said_before(answer: dict[str, object]) -> None:
    values: dict[str, object] = dict(answer)
    classes, controls, edits = values["classes"], values["controls"], values["edits"]
    assert isinstance(controls, list)
    assert isinstance(edits, list)
    look = Look(
        model=str(values["model"]),
        seed=int(str(values["seed"])),
        index=int(str(values["index"])),
        truncation=Truncation(*(values[name] for name in ("psi", "mode", "threshold", "statistics"))),  # type: ignore[arg-type]
        classes=tuple((number, weight) for number, weight in classes) if isinstance(classes, list) else None,
        controls=tuple((name, value) for name, value in controls),
        edits=tuple(Edit(start, stop, value) for start, stop, value in edits),
    )
    assert Look.parse(str(answer["code"])) == look
    assert look.code == answer["code"]


@pytest.mark.parametrize(("text", "code"), ANSWERS["spellings"])
def test_other_spellings_are_the_same_look(text: str, code: str) -> None:
    assert Look.parse(text).code == code


@pytest.mark.parametrize("text", ANSWERS["invalid"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Look.parse(text)


@pytest.mark.parametrize("text", ANSWERS["newer"])
def test_a_newer_code_is_called_so(text: str) -> None:
    with pytest.raises(UsageError, match="newer ganrt"):
        Look.parse(text)


def test_the_page_shows_real_codes() -> None:
    lines = [line.strip() for line in _PAGE.read_text("utf-8").splitlines() if line.startswith("    ganrt:")]
    assert len(lines) >= 5
    assert [Look.parse(line.split()[0]).code for line in lines] == [line.split()[0] for line in lines]
