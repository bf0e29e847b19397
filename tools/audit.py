"""Known vulnerabilities of what is installed beside this Python, by pip-audit.

    python tools/audit.py [--allow-unchecked]

Asks the index's service about every package but ganrt itself; a local version such as 2.13.0+cpu is asked about as
2.13.0. Exit code 1: a vulnerability is known; 3: some packages, or all, could not be checked: the service does not know
them, it cannot be reached, pip-audit failed, or is not installed. `--allow-unchecked` makes 0 of the first two, and
says them, for machines without the service.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

_LONGEST_S = 600
# In the last line that pip-audit says.
_CONNECTION = re.compile(r"connect|timed out|network may be|\bHTTP|status code", re.IGNORECASE)


def installed() -> list[str]:
    """NAME==VERSION of each distribution, without local versions."""
    found = {one.metadata["Name"]: one.version.partition("+")[0] for one in metadata.distributions()}
    return sorted(f"{name}=={version}" for name, version in found.items() if name and name != "ganrt")


def asked(packages: list[str]) -> tuple[list[dict[str, Any]], str]:
    """pip-audit's answer, one entry a package; none where it did not come to one, and why."""
    if importlib.util.find_spec("pip_audit") is None:
        return [], "pip-audit is not installed beside this Python (pip install pip-audit)"
    with tempfile.TemporaryDirectory() as folder:
        wanted, answer = Path(folder, "wanted.txt"), Path(folder, "answer.json")
        wanted.write_text("\n".join(packages), "utf-8")
        command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
        command += ["-r", str(wanted), "-f", "json", "-o", str(answer)]
        try:
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=_LONGEST_S)
        except subprocess.TimeoutExpired:
            return [], f"timed out after {_LONGEST_S} s"
        if not answer.exists():
            return [], (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1][:300]
        dependencies: list[dict[str, Any]] = json.loads(answer.read_text("utf-8"))["dependencies"]
        return dependencies, ""


def excused(why: str) -> bool:
    """Whether `--allow-unchecked` covers it: the service alone is at fault."""
    return not why or _CONNECTION.search(why) is not None


def verdict(packages: list[str], answers: list[dict[str, Any]], why: str = "") -> tuple[int, str]:
    """The exit code, and what to say; `why` is why there are no answers."""
    lines = [
        f"{one['name']} {one['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version'}"
        for one in answers
        for found in one.get("vulns", [])
    ]
    checked = sum("vulns" in one for one in answers)
    if lines:
        return 1, "\n".join([*lines, f"known vulnerabilities: {len(lines)}, among {checked} packages"])
    if checked < len(packages):
        reason = f": {why}" if why else ""
        return 3, f"{len(packages) - checked} of {len(packages)} packages could not be checked{reason}"
    return 0, f"known vulnerabilities: none, among {checked} packages"


def main() -> int:
    """Prints the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allow-unchecked", action="store_true")
    given = parser.parse_args()
    packages = installed()
    answers, why = asked(packages)
    code, words = verdict(packages, answers, why)
    print(f"audit: {words}")
    return 0 if code == 3 and given.allow_unchecked and excused(why) else code


if __name__ == "__main__":
    sys.exit(main())
