"""The devices that engines are compiled for, by compute capability and by the names that people know."""

from __future__ import annotations

from ganrt.errors import BackendUnavailable, UsageError

# What TensorRT-RTX compiles for without such a device. Jetsons (sm87, sm110) have full TensorRT instead.
RTX_TARGETS = ("sm75", "sm80", "sm86", "sm89", "sm120", "sm121")
# "all": what gamers have; sm121 is one small workstation.
ALL = ("sm75", "sm80", "sm86", "sm89", "sm120")
HERE = "here"
_NAMES = {
    "sm75": "t4 rtx2060 rtx2070 rtx2080 gtx1650 gtx1660",
    "sm80": "a100 a30",
    "sm86": "rtx3050 rtx3060 rtx3070 rtx3080 rtx3090 a10 a40 a2000 a4000 a5000 a6000",
    "sm89": "rtx4050 rtx4060 rtx4070 rtx4080 rtx4090 l4 l40 l40s",
    "sm120": "rtx5050 rtx5060 rtx5070 rtx5080 rtx5090",
    "sm121": "gb10",
}
NAMES = {name: target for target, names in _NAMES.items() for name in names.split()}


def rtx_targets(text: str) -> tuple[str, ...]:
    """Targets of TensorRT-RTX, such as "sm86,rtx4090" or "all", in ascending order and each once.

    Raises:
        UsageError: one does not exist; the message lists those that do.
    """
    found: set[str] = set()
    for word in text.lower().replace(" ", "").split(","):
        name = word.removeprefix("nvidia-")
        if name == "all":
            found.update(ALL)
        elif name in RTX_TARGETS or name in NAMES:
            found.add(NAMES.get(name, name))
        else:
            raise UsageError(
                f"--target {word or repr(word)}: TensorRT-RTX compiles for {', '.join(RTX_TARGETS)}, all\n"
                f"or by name: {', '.join(sorted(NAMES))}"
            )
    return tuple(sorted(found, key=lambda target: int(target[2:])))


def check_rtx_device(target: str) -> None:
    """Raises BackendUnavailable where TensorRT-RTX has no engines for a device: data centres' and Jetsons."""
    if target not in RTX_TARGETS:
        raise BackendUnavailable(
            f"the device here, {target}, is not a target of TensorRT-RTX, which has {', '.join(RTX_TARGETS)}\n"
            "use full TensorRT, which compiles for the device that it runs on: --backend tensorrt"
        )
