"""What ganrt's development environment holds, as a CycloneDX list of parts: `make wheel` runs it.

    python tools/make_sbom.py dist/ganrt.cdx.json

ganrt itself is the list's subject and no part of it: an editable installation is named with a path of this machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def without_itself(document: dict[str, Any]) -> dict[str, Any]:
    """The list with its subject in one place: what the part named as it depended on, the subject depends on."""
    subject = document["metadata"]["component"]
    own = {part["bom-ref"] for part in document["components"] if part["name"] == subject["name"]}
    document["components"] = [part for part in document["components"] if part["bom-ref"] not in own]
    needs = {one["ref"]: one.get("dependsOn", []) for one in document.get("dependencies", [])}
    inner = [ref for name in own for ref in needs.pop(name, [])]
    needs[subject["bom-ref"]] = sorted({*needs.get(subject["bom-ref"], []), *inner} - own)
    document["dependencies"] = [{"ref": ref, "dependsOn": sorted(parts)} for ref, parts in sorted(needs.items())]
    return document


def main() -> None:
    """Writes the list, the same for the same packages."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", ROOT / "pyproject.toml"]
    options = ["--output-reproducible", "--of", "JSON", "-o", "-", sys.executable]
    made = subprocess.run([*command, *options], stdout=subprocess.PIPE, check=True)
    text = json.dumps(without_itself(json.loads(made.stdout)), indent=1, sort_keys=True)
    Path(sys.argv[1]).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
