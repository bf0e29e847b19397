"""A document's machine in words; the mapping is open, so nothing in it is taken for granted."""

from __future__ import annotations

from collections.abc import Mapping

from ganrt.benchmarks.document import Document, Json
from ganrt.benchmarks.report.words import date, number, plain

_GIB = 2**30
# What makes figures of two documents incomparable, or hard to compare.
COMPARED = ("cpu", "cores", "usable_cores", "memory_bytes", "os", "python", "packages", "gpus", "jetson", "power_plan")


def machine_name(machine: Json) -> str:
    """The accelerator or the processor, with its cores: what a row of a table has room for."""
    jetson, gpus = machine.get("jetson"), machine.get("gpus")
    if isinstance(jetson, Mapping) and jetson.get("model"):
        return " ".join(plain(jetson[key]) for key in ("model", "power mode") if jetson.get(key))
    cores = machine.get("usable_cores") or machine.get("cores")
    processor = plain(machine.get("cpu") or "unknown processor") + (f", {plain(cores)} cores" if cores else "")
    names = [plain(gpu.get("name")) for gpu in gpus if isinstance(gpu, Mapping)] if isinstance(gpus, list) else []
    return " + ".join([processor, *names])


def machine_facts(document: Document) -> list[tuple[str, str]]:
    """(what, value) of the machine and its versions, for a small table."""
    machine = document.machine
    memory = machine.get("memory_bytes")
    facts = {
        "processor": plain(machine.get("cpu")),
        "cores": f"{plain(machine.get('cores'))}, usable {plain(machine.get('usable_cores'))}",
        "memory": f"{number(memory / _GIB)} GiB" if isinstance(memory, (int, float)) else plain(memory),
        "GPUs": "; ".join(plain(gpu) for gpu in machine["gpus"]) if isinstance(machine.get("gpus"), list) else "",
        "Jetson": plain(machine.get("jetson") or ""),
        "system": plain(machine.get("os")),
        "power plan": plain(machine.get("power_plan") or "not told"),
        "virtual": "not told" if machine.get("virtualised") is None else plain(machine["virtualised"]),
        "Python": plain(machine.get("python")),
        "packages": plain(machine.get("packages")),
        "measured": f"{date(document.created)}, ganrt {document.ganrt}",
    }
    return [(name, value) for name, value in facts.items() if value]


def limit_lines(document: Document) -> list[str]:
    """The machine's measured limits, one line a rate."""
    rates = (document.limits or {}).get("rates")
    lines = []
    for rate in rates if isinstance(rates, list) else []:
        if isinstance(rate, Mapping) and isinstance(rate.get("median"), (int, float)):
            macs = rate.get("quantity") == "macs"
            what = f"{plain(rate.get('precision'))} matrix product" if macs else "copy"
            unit = "GMAC/s" if macs else "GB/s"
            lines.append(f"{what}: {number(rate['median'] / 1e9)} {unit} by {plain(rate.get('measured_by'))}")
    return lines


def options_line(document: Document) -> str:
    """The options in one line; what is None goes without saying."""
    return "; ".join(f"{name} {plain(value)}" for name, value in document.options.items() if value is not None)


def differences(one: Json, other: Json) -> list[str]:
    """What of the two machines is not the same, in words."""
    found = []
    for name in COMPARED:
        first, second = one.get(name), other.get(name)
        if isinstance(first, Mapping) and isinstance(second, Mapping):
            changed = [key for key in {**first, **second} if first.get(key) != second.get(key)]
            found += [f"{name}: {key} {plain(first.get(key))} and {plain(second.get(key))}" for key in changed]
        elif first != second:
            found.append(f"{name}: {plain(first)} and {plain(second)}")
    return found
