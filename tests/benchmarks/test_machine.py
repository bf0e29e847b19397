"""The description of the machine: right on real texts of other machines, and nothing personal in it."""

import getpass
import json
import platform
import sys

from ganrt.benchmarks.machine import (
    cpu_features,
    cpu_name,
    describe_machine,
    installed,
    power_plan,
    system_name,
    virtualised,
)

XEON = "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) Processor\nflags\t\t: fpu avx2 hypervisor avx512f amx_bf16\n"
DESKTOP = "processor\t: 0\nmodel name\t: AMD Ryzen 9 7950X 16-Core Processor\nflags\t\t: fpu avx2 avx512_bf16\n"
ORIN = "processor\t: 0\nmodel name\t: ARMv8 Processor rev 1 (v8l)\nFeatures\t: fp asimd asimdhp asimddp\n"


def test_this_machine():
    described = describe_machine()
    text = json.dumps(described, allow_nan=False)
    assert described["python"] == platform.python_version()
    assert described["cores"] >= 1
    assert described["memory_bytes"] > 2**28
    assert {"ganrt", "numpy"} <= set(described["packages"])
    for personal in (platform.node(), getpass.getuser()):
        assert len(personal) < 3 or f'"{personal}' not in text


def test_without_psutil_and_nvml(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    described = describe_machine()
    assert described["gpus"] == []
    assert sum("ganrt[bench]" in note for note in described["notes"]) == 2
    assert described["cores"] >= 1


def test_processors_of_others():
    assert cpu_name(XEON) == "Intel(R) Xeon(R) Processor"
    assert cpu_name(DESKTOP) == "AMD Ryzen 9 7950X 16-Core Processor"
    assert cpu_features(XEON) == ["avx2", "avx512f", "amx_bf16"]
    assert cpu_features(ORIN) == ["asimd", "asimdhp", "asimddp"]
    assert cpu_name("")
    assert isinstance(cpu_features(""), list)


def test_virtualised_only_where_it_can_be_told():
    assert virtualised(XEON) is True
    assert virtualised(DESKTOP) is False
    assert virtualised(ORIN) is None


def test_names_of_kernels_are_not_told():
    assert system_name("Linux", "6.8.0-45-annes-own") == "Linux 6.8.0"
    assert system_name("Linux", "5.15.153.1-microsoft-standard-WSL2") == "Linux 5.15.153.1 (WSL)"
    assert system_name("Windows", "11") == "Windows 11"
    assert system_name("Darwin", "") == "Darwin"


def test_versions_and_power_plan():
    assert set(installed(("numpy", "no-such-package"))) == {"numpy"}
    assert power_plan() is None or power_plan()
