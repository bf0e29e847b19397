"""Known vulnerabilities of what is installed beside this Python, by pip-audit.

    python tools/audit.py [--allow-unchecked]

Asks the index's service about every package but ganrt itself; a local version such as 2.13.0+cpu is asked about as
2.13.0. Exit code 1: a vulnerability is known; 3: some packages, or all, could not be checked, since the service does
not know them or does not answer. `--allow-unchecked` says the latter and exits with 0, for machines without the
service.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any


def installed() -> list[str]:
    """NAME==VERSION of each distribution, without local versions."""
    found = {one.metadata["Name"]: one.version.partition("+")[0] for one in metadata.distributions()}
    return sorted(f"{name}=={version}" for name, version in found.items() if name and name != "ganrt")


def asked(packages: list[str]) -> list[dict[str, Any]]:
    """pip-audit's answer, one entry a package; empty where it did not come to one."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, answer = Path(folder, "wanted.txt"), Path(folder, "answer.json")
        wanted.write_text("\n".join(packages), "utf-8")
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
        subprocess.run([*command, "-r", wanted, "-f", "json", "-o", answer], stderr=subprocess.DEVNULL, check=False)
        if not answer.exists():
            return []
        dependencies: list[dict[str, Any]] = json.loads(answer.read_text("utf-8"))["dependencies"]
        return dependencies


def verdict(packages: list[str], answers: list[dict[str, Any]]) -> tuple[int, str]:
    """The exit code, and what to say."""
    lines = [
        f"{one['name']} {one['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version'}"
        for one in answers
        for found in one.get("vulns", [])
    ]
    checked = sum("vulns" in one for one in answers)
    if lines:
        return 1, "\n".join([*lines, f"{len(lines)} known vulnerabilities in {checked} packages"])
    if checked < len(packages):
        silent = "" if answers else "; the service does not answer"
        return 3, f"{len(packages) - checked} of {len(packages)} packages could not be checked{silent}"
    return 0, f"no known vulnerability in {checked} packages"


def main() -> int:
    """Prints the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allow-unchecked", action="store_true")
    given = parser.parse_args()
    packages = installed()
    code, words = verdict(packages, asked(packages))
    print(f"audit: {words}")
    return 0 if code == 3 and given.allow_unchecked else code


if __name__ == "__main__":
    sys.exit(main())
