"""NVML: the names of the real package, driver generations, devices that lack readings or disappear."""

import sys

import nvml_double
import pytest
from nvml_double import NEW, OLD, Nvml

from ganrt.benchmarks.machine import describe_gpus
from ganrt.benchmarks.telemetry import nvidia
from ganrt.benchmarks.telemetry.nvidia import NvidiaSource, visible_device
from ganrt.benchmarks.telemetry.sampler import Sampler
from ganrt.benchmarks.telemetry.source import SourceAbsent

ALL = {"power_w", "energy_j", "sm_mhz", "memory_mhz", "temperature_c", "memory_used_bytes", "load_percent"}


@pytest.fixture
def install(monkeypatch):
    def put(**settings):
        double = Nvml(**settings)
        monkeypatch.setitem(sys.modules, "pynvml", double)
        return double

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return put


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"missing": NEW},
        {"absent": NEW},
        {"absent": OLD},
    ],
    ids=["new", "old driver", "old package", "package without the old names"],
)
def test_every_generation_gives_the_same_readings(install, settings):
    double = install(**settings)
    source = NvidiaSource()
    source.open()
    values = source.read()
    reasons = {name for name in values if name.startswith("throttle.")}
    assert set(values) - reasons == ALL
    assert (values["power_w"], values["temperature_c"], values["sm_mhz"]) == (170, 71, 1777)
    assert values["memory_used_bytes"] == 3 * 2**30
    assert {name for name in reasons if values[name]} == {"throttle.sw_power_cap", "throttle.sw_thermal"}
    assert source.about()["device"] == "NVIDIA GeForce RTX 3060"
    source.close()
    assert double.open == 0


def test_the_bits_are_those_of_the_package():
    real = nvml_double.real
    names = {
        "sw_power_cap": "SwPowerCap",
        "hw_slowdown": "HwSlowdown",
        "sync_boost": "SyncBoost",
        "sw_thermal": "SwThermalSlowdown",
        "hw_thermal": "HwThermalSlowdown",
        "hw_power_brake": "HwPowerBrakeSlowdown",
        "board_limit": "BoardLimit",
        "reliability": "Reliability",
    }
    assert set(names) == set(nvidia.THROTTLE_REASONS)
    for name, theirs in names.items():
        assert getattr(real, f"nvmlClocksThrottleReason{theirs}") == nvidia.THROTTLE_REASONS[name]


def test_energy_and_throttling_of_a_run(install):
    install()
    with Sampler([NvidiaSource()], interval_s=60) as sampler:
        sampler.begin("a")
        sampler.end("a")
    seen = sampler.telemetry("a")
    energy = seen.summary(images=10)["energy"]["nvidia"]
    assert (energy["joules"], energy["joules_per_image"], energy["by"]) == (17.0, 1.7, "counter")
    assert seen.throttled == {"nvidia.sw_power_cap": 1.0, "nvidia.sw_thermal": 1.0}
    assert "nvidia.energy_j" not in seen.statistics


def test_without_a_counter_power_is_integrated(install):
    install(unsupported=["nvmlDeviceGetTotalEnergyConsumption"])
    times = iter([0.0, 1.0, 1.0, 3.0, 3.0])
    with Sampler([NvidiaSource()], interval_s=60, clock=lambda: next(times)) as sampler:
        sampler.begin("a")
        sampler.end("a")
    energy = sampler.telemetry("a").summary(images=34)["energy"]["nvidia"]
    assert (energy["joules"], energy["joules_per_image"]) == (340.0, 10.0)
    assert energy["by"] == "integral of power"


def test_a_gpu_that_disappears_ends_its_telemetry_with_a_note(install):
    double = install()
    with Sampler([NvidiaSource()], interval_s=60) as sampler:
        sampler.begin("a")
        double.lost = True
        sampler.end("a")
        sampler.begin("a")
        sampler.end("a")
    seen = sampler.telemetry("a")
    assert len(seen.notes) == 1
    assert "nvidia: lost after" in seen.notes[0]
    assert seen.notes[0].endswith(str(nvml_double.real.NVMLError(nvml_double.real.NVML_ERROR_GPU_IS_LOST)))
    assert "joules_per_image" not in str(seen.summary(images=5))


def test_what_a_device_does_not_support_is_left_out(install):
    install(unsupported=["nvmlDeviceGetPowerUsage", "nvmlDeviceGetTotalEnergyConsumption", *NEW, *OLD])
    source = NvidiaSource()
    source.open()
    assert set(source.read()) == ALL - {"power_w", "energy_j", "temperature_c"}
    assert source.energy is None
    assert source.about()["not supported"] == "energy_j, power_w, temperature_c"
    source.close()


def test_jetson_orin_answers_but_supports_nothing(install):
    everything = [name for name in nvml_double._ANSWERS if name.startswith("nvmlDeviceGet") and "Handle" not in name]
    install(unsupported=[*everything, "nvmlDeviceGetTotalEnergyConsumption"])
    with Sampler([NvidiaSource()]) as sampler:
        sampler.begin("a")
        sampler.end("a")
    assert "supports no reading" in sampler.telemetry("a").notes[0]


def test_no_package_no_driver_no_device(install, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", nvml_double.real)
    try:
        nvml_double.real.nvmlInit()
    except nvml_double.real.NVMLError:
        with pytest.raises(SourceAbsent, match="NVML: "):
            NvidiaSource().open()
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(SourceAbsent, match=r'pip install "ganrt\[bench\]"'):
        NvidiaSource().open()
    install()
    source = NvidiaSource("3")
    with pytest.raises(SourceAbsent, match="GPU '3'"):
        source.open()
    source.close()


def test_the_device_is_that_of_cuda():
    assert visible_device({}) == "0"
    assert visible_device({"CUDA_VISIBLE_DEVICES": "2,0"}) == "2"
    assert visible_device({"CUDA_VISIBLE_DEVICES": "GPU-1234"}) == "GPU-1234"


def test_gpus_are_described_without_anything_personal(install):
    install(unsupported=["nvmlDeviceGetPersistenceMode"])
    notes = []
    (gpu,) = describe_gpus(notes)
    assert gpu["name"] == "NVIDIA GeForce RTX 3060"
    assert (gpu["driver"], gpu["compute_capability"], gpu["memory_bytes"]) == ("580.82.07", "8.6", 12 * 2**30)
    assert gpu["persistence_mode"] is None
    assert not {"uuid", "serial", "pci"} & set(gpu)
    assert notes == []
