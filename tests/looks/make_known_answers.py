"""Writes known-answers.json, from which every language is tested: `python tests/looks/make_known_answers.py`."""

from __future__ import annotations

import json
from pathlib import Path

from ganrt.runtime.looks import Look, check_letters

_HEAD = "ganrt:avatars-1:0:8841"
_VALID = (
    _HEAD,
    "ganrt:avatars-2:0:8841",
    "ganrt:avatars-1:18446744073709551615:18446744073709551615",
    "ganrt:flowers-256~1a2b3c4d:5:0",
    f"{_HEAD}:hair=afro",
    f"{_HEAD}:glasses=round,hair=flat-top,shirt=3366cc,skin=0.8",
    f"{_HEAD}:.psi=0.7",
    f"{_HEAD}:.psi=0",
    f"{_HEAD}:.psi=0.30000000000000004,.mode=resample,.threshold=1.5,.statistics=0.06",
    f"{_HEAD}:.psi=16,.mode=scale,.threshold=8",
    f"{_HEAD}:.class=207",
    f"{_HEAD}:.class1=0.3,.class3=-0.7,.class1000=1000000",
    f"{_HEAD}:.class0=0",
    f"{_HEAD}:.z0-35=-1,.z40=0.1,.z63=0.000015",
    f"{_HEAD}:.z5=16777216,.z6=3.1415927,.z7=0.33333334",
    f"{_HEAD}:.psi=0.7,.class=3,hair=afro,skin=0.25,.z0=1",
)
_OTHER_SPELLINGS = {
    "GANRT:Avatars-1:0:8841": _HEAD,
    "ganrt:avatars-1:00:08841": _HEAD,
    " ganrt:avatars-1:0:8841\n": _HEAD,
    "ganrt:avatars-1:0:8841:skin=0.8,.psi=0.70,hair=afro,.z3=1.0": f"{_HEAD}:.psi=0.7,hair=afro,skin=0.8,.z3=1",
}
_INVALID = (
    "",
    "player-8841",
    "ganrt",
    "ganrt:avatars-1:0",
    "ganrt:avatars-1:0:8842:JR",
    "ganrt:avatars-1:0:8841:JR:JR",
    "ganrt:avatars-1:0:18446744073709551616",
    "ganrt:avatars-1:-1:0",
    "ganrt:avatars-1:0:",
    "ganrt::0:1",
    "ganrt:-a:0:1",
    "ganrt:a~1234567:0:1",
    "ganrt:avatars-1:0:8841:hair=afro",
    "ganrt:avatars-1:0:8841*",
)
_INVALID_BODIES = (
    ".psi=17",
    ".psi=-1",
    ".psi=1e0",
    ".psi=.5",
    ".psi=0.1234567890123456789",
    ".psi=1,.psi=1",
    ".mode=style",
    ".threshold=0",
    ".threshold=8.1",
    ".statistics=0",
    ".class=4294967296",
    ".class1=1,.class1=1",
    ".z3-3=1",
    ".z0-4=1,.z3=1",
    ".z2000000=1",
    ".z0=1000000000000000000",  # 19 digits
    ".z0=-",
    "hair=",
    "=afro",
    "hair=afro,hair=bun",
    "hair=afro,,skin=1",
)
_NEWER = ("ganrt2:avatars-1:0:8841", "ganrt:avatars-1:0:8841:.glow=1", "ganrt:avatars-1:0:8841:.psi3=1")


def known_answers() -> dict[str, object]:
    """What the file holds."""
    return {
        "valid": [_answer(body) for body in _VALID],
        "spellings": [
            [_checked(text) if "=" in text else text, Look.parse(_checked(body)).code]
            for text, body in _OTHER_SPELLINGS.items()
        ],
        "invalid": [*_INVALID, *(_checked(f"{_HEAD}:{fields}") for fields in _INVALID_BODIES)],
        "newer": [_checked(text) if "=" in text else text for text in _NEWER],
    }


def _answer(body: str) -> dict[str, object]:
    look = Look.parse(_checked(body))
    truncation = look.truncation
    return {
        "code": look.code,
        "model": look.model,
        "seed": str(look.seed),
        "index": str(look.index),
        "psi": truncation.psi,
        "mode": truncation.mode,
        "threshold": truncation.threshold,
        "statistics": truncation.statistics,
        "classes": None if look.classes is None else [list(pair) for pair in look.classes],
        "controls": [list(pair) for pair in look.controls],
        "edits": [[edit.start, edit.stop, edit.value] for edit in look.edits],
    }


def _checked(body: str) -> str:
    return f"{body}:{check_letters(body.strip().lower())}"


if __name__ == "__main__":
    path = Path(__file__).with_name("known-answers.json")
    path.write_text(json.dumps(known_answers(), indent=1) + "\n")
