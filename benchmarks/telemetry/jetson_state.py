"""What a Jetson is set to: model, release, power mode (nvpmodel), pinned clocks (jetson_clocks). Nothing is changed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

_MODEL = Path("/proc/device-tree/model")
_RELEASE = Path("/etc/nv_tegra_release")
_TIMEOUT_S = 5.0


def jetson_model(path: Path = _MODEL) -> str | None:
    """The board's name from the device tree, such as "NVIDIA Jetson AGX Thor Developer Kit"; None on other machines."""
    try:
        name = path.read_bytes().rstrip(b"\0").decode(errors="replace").strip()
    except OSError:
        return None
    return name if re.search(r"jetson|tegra|orin|thor|xavier", name, re.IGNORECASE) else None


def jetson_release(path: Path = _RELEASE) -> str | None:
    """Jetson Linux's release, such as "R38.4.0"; None where there is none."""
    try:
        found = re.match(r"# R(\d+) \(release\), REVISION: ([\d.]+)", path.read_text(errors="replace"))
    except OSError:
        return None
    return f"R{found[1]}.{found[2]}" if found else None


def parse_nvpmodel(text: str) -> str | None:
    """`nvpmodel -q` -> the mode's name, such as "MAXN_SUPER" (on old releases preceded by "NV Fan Mode")."""
    found = re.search(r"NV Power Mode: *(\S+)", text)
    return found[1] if found else None


def parse_jetson_clocks(text: str) -> str | None:
    """`jetson_clocks --show` -> "pinned", "not pinned" (the GPU's clock can move), or None (not said)."""
    found = re.search(r"^GPU\b.*?MinFreq=(\d+) MaxFreq=(\d+)", text, re.MULTILINE)
    return None if not found else "pinned" if found[1] == found[2] else "not pinned"


def ask(*command: str) -> str:
    """What a program prints; empty where it is missing, fails or hangs. No elevated rights are asked for."""
    path = shutil.which(command[0])
    if path is None:
        return ""
    try:
        done = subprocess.run([path, *command[1:]], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def jetson_state() -> dict[str, str]:
    """Model, release, power mode and clocks in words; empty on other machines."""
    model = jetson_model()
    if model is None:
        return {}
    return {
        "model": model,
        "release": jetson_release() or "unknown",
        "power mode": parse_nvpmodel(ask("nvpmodel", "-q")) or "unknown",
        "clocks": parse_jetson_clocks(ask("jetson_clocks", "--show")) or "unknown (jetson_clocks --show needs root)",
    }
