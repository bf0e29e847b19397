"""Licences: of what ganrt's extras bring along, each one is known and allowed."""

from __future__ import annotations

import re
from importlib import metadata

import pytest
from packaging.requirements import Requirement

# As packages write them: SPDX names, and the older names of classifiers.
ALLOWED = re.compile(
    r"(the )?(0BSD|Apache[ -](2\.0|Software License)( WITH LLVM-exception)?|(3-Clause )?BSD( License|-[23]-Clause)?"
    r"|BSL-1\.0|CC0-1\.0|ISC License \(ISCL\)|MIT( License|-CMU)?|MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)"
    r"|PSF-2\.0|Python Software Foundation License|Zlib)"
)
# NVIDIA's own terms, which whoever installs the extra accepts; nothing of it is in the wheel of ganrt.
PROPRIETARY = re.compile(r"tensorrt.*|onnxruntime-ep-nv-tensorrt-rtx|nvidia-.*")

# Public domain but for single files that nothing here loads (an Emacs mode under the GPL); it builds the site.
MIXED = {"docutils"}


def brought_along(extra: str) -> set[str]:
    """The names of what an extra installs, as far as it is installed here."""
    found: set[str] = set()
    waiting = [("ganrt", extra)]
    while waiting:
        name, extras = waiting.pop()
        try:
            required = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        for text in required:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extras}):
                each = [(requirement.name, part) for part in (requirement.extras or {""})]
                waiting += [pair for pair in each if pair[0] not in found or pair[0] == "ganrt"]
                found.add(requirement.name)
    return found - {"ganrt"}


def licences(name: str) -> list[str]:
    about = metadata.metadata(name)
    classifiers = [each for each in about.get_all("Classifier", []) if each.startswith("License :: ")]
    said = about.get("License-Expression") or "; ".join(each.split(" :: ")[-1] for each in classifiers)
    said = said or (about.get("License") or "").partition("\n")[0]
    return [part.strip(" ()") if "(" not in part[1:] else part for part in re.split(r" AND | OR |; ", said)]


@pytest.mark.parametrize("extra", ["", *(metadata.metadata("ganrt").get_all("Provides-Extra") or [])])
def test_every_licence_is_allowed(extra: str) -> None:
    for name in sorted(brought_along(extra)):
        try:
            found = licences(name)
        except metadata.PackageNotFoundError:
            continue
        if name not in MIXED and not PROPRIETARY.fullmatch(name.lower().replace("_", "-")):
            assert found, f"{name} says no licence"
            assert all(ALLOWED.fullmatch(each) for each in found), f"{name}: {found}"


def test_a_licence_that_is_not_on_the_list_is_noticed() -> None:
    assert brought_along("export") >= {"torch", "onnx", "numpy"}
    assert not ALLOWED.fullmatch("GPL-3.0-only")
    assert not ALLOWED.fullmatch("")
