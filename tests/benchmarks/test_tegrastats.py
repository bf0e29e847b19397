"""The parser of tegrastats on recorded lines of Orin, Thor and older modules, and the child process around it."""

import json
import sys
import time
from pathlib import Path

import pytest

from ganrt.benchmarks.telemetry import jetson
from ganrt.benchmarks.telemetry.jetson import (
    JetsonSource,
    jetson_model,
    jetson_release,
    jetson_state,
    parse_jetson_clocks,
    parse_nvpmodel,
    parse_tegrastats,
    readings,
)
from ganrt.benchmarks.telemetry.sampler import Sampler
from ganrt.benchmarks.telemetry.source import SourceAbsent, SourceLost

LINES = json.loads((Path(__file__).parent / "tegrastats-lines.json").read_text())


@pytest.mark.parametrize("recorded", LINES, ids=lambda recorded: recorded["what"].split(":")[0])
def test_recorded_lines(recorded):
    sample = parse_tegrastats(recorded["line"])
    assert list(sample.ram_mb) == recorded["ram"]
    assert (list(sample.swap_mb) if sample.swap_mb else None) == recorded["swap"]
    assert len(sample.cores) == recorded["cores"]
    assert sample.cores.count(None) == recorded["off"]
    assert max(clock for core in sample.cores if core for clock in core[1:]) == recorded["cpu_mhz"]
    assert list(sample.emc) == recorded["emc"]
    assert list(sample.gpu) == recorded["gpu"]
    for name, degrees in recorded["temperatures"].items():
        assert sample.temperatures[name] == degrees
    assert not set(recorded["without"]) & set(sample.temperatures)
    assert (list(sample.total) if sample.total else None) == recorded["total"]


def test_the_first_value_of_a_rail_is_the_present_one():
    busy = next(recorded for recorded in LINES if "87426mW/43713mW" in recorded["line"])
    values = readings(parse_tegrastats(busy["line"]))
    assert values["power_w"] == 87.426
    assert values["vdd_gpu_w"] == 37.528
    assert values["memory_used_bytes"] == 36529 * 2**20
    assert values["cpu_load_percent"] == pytest.approx(5 / 14)
    assert "gpu_load_percent" not in values  # never an invented 0


def test_a_switched_off_rail_may_be_below_zero():
    sample = parse_tegrastats("RAM 26063/125772MB (lfb 35x4MB) VDD_GPU -392mW/-392mW VIN 15004mW/15096mW")
    assert sample.rails == {"VDD_GPU": -392, "VIN": 15004}


@pytest.mark.parametrize("line", ["", "tegrastats: command not found", "RAM 1/", "CPU usage 50%", "\x00" * 100])
def test_other_lines_say_nothing(line):
    assert parse_tegrastats(line) is None


def talker(tmp_path, lines, then="time.sleep(60)"):
    """A program that prints lines as tegrastats does, then waits or ends."""
    program = tmp_path / "talker.py"
    program.write_text(f"import time\nfor line in {lines!r}:\n    print(line, flush=True)\n{then}\n")
    return sys.executable, str(program)


@pytest.fixture
def patient(monkeypatch):
    """Python may take longer to start than tegrastats does."""
    monkeypatch.setattr(jetson, "_FIRST_LINE_S", 120.0)


def test_the_child_process_is_read_and_ended(tmp_path, patient):
    source = JetsonSource(talker(tmp_path, ["a heading", LINES[4]["line"]]))
    source.open()
    process = source._process
    assert source.read()["power_w"] == 5.704
    assert source.energy.of == "rails VDD_IN"
    assert source.about()["power_w is of"] == "rails VDD_IN"
    source.close()
    source.close()
    assert process.poll() is not None


def test_a_child_that_ends_is_lost_and_the_run_goes_on(tmp_path, patient):
    told = tmp_path / "told"
    wait = f"import pathlib\nwhile not pathlib.Path({str(told)!r}).exists(): time.sleep(0.01)"
    source = JetsonSource(talker(tmp_path, [LINES[6]["line"]], then=wait))
    with Sampler([source], interval_s=0.02) as sampler:
        sampler.begin("a")
        told.touch()
        deadline = time.monotonic() + 120
        while not sampler.telemetry("b").notes and time.monotonic() < deadline:
            time.sleep(0.02)
        sampler.end("a")
    seen = sampler.telemetry("a")
    assert "jetson: lost after" in seen.notes[0]
    assert "tegrastats ended" in seen.notes[0]
    assert seen.statistics["jetson.power_w"]["max"] == 87.426
    source = JetsonSource(talker(tmp_path, [], then=""))
    with pytest.raises(SourceAbsent, match="no line that is understood"):
        source.open()
    source.close()
    with pytest.raises(SourceLost):
        source.read()


def test_no_tegrastats_and_no_jtop(monkeypatch):
    monkeypatch.setattr(jetson.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "jtop", None)
    with pytest.raises(SourceAbsent, match="no tegrastats and no jtop"):
        JetsonSource().open()
    with pytest.raises(SourceAbsent, match="missing-program"):
        JetsonSource(("missing-program",)).open()


class Jtop:
    """jtop's client, as far as it is used: names and units of jetson-stats 4 (its page "jtop.jtop")."""

    def __init__(self):
        self.power = {"tot": {"volt": 5000, "curr": 1000, "power": 5010, "avg": 4800}, "rail": {}}
        self.memory = {"RAM": {"tot": 8000000, "used": 2000, "shared": 100}}
        self.temperature = {"cpu": {"temp": 50.5, "online": True}, "cv0": {"temp": -256, "online": False}}
        self.alive = True

    def start(self):
        pass

    def close(self):
        self.alive = False

    def ok(self):
        return self.alive


def test_jtop_where_it_is_installed(monkeypatch):
    module = type(sys)("jtop")
    module.jtop = Jtop
    monkeypatch.setattr(jetson.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "jtop", module)
    source = JetsonSource()
    source.open()
    assert source.read() == {"power_w": 5.01, "memory_used_bytes": 2000 * 1024, "cpu_c": 50.5}
    connection = source._jtop
    connection.alive = False
    with pytest.raises(SourceLost):
        source.read()
    source.close()


def test_power_mode_and_clocks():
    assert parse_nvpmodel("NV Power Mode: MAXN_SUPER\n2\n") == "MAXN_SUPER"
    assert parse_nvpmodel("NV Fan Mode:quiet\nNV Power Mode: MODE_15W_6CORE\n2\n") == "MODE_15W_6CORE"
    assert parse_nvpmodel("") is None
    # github.com/rbonghi/jetson_stats issue 381, and github.com/hordiales/jetson-tx1-dev
    orin = (
        "SOC family:tegra234  Machine:NVIDIA Orin Jetson-Small Developer Kit\nOnline CPUs: 0-11\n"
        "cpu0: Online=1 Governor=schedutil MinFreq=115200 MaxFreq=2201600 CurrentFreq=2112000 IdleStates: WFI=1 c7=1 \n"
        "GPU MinFreq=306000000 MaxFreq=1300500000 CurrentFreq=306000000\n"
    )
    pinned = "cpu0: Gonvernor=interactive MinFreq=1 MaxFreq=2\nGPU MinFreq=998400000 MaxFreq=998400000 CurrentFreq=1\n"
    assert parse_jetson_clocks(orin) == "not pinned"
    assert parse_jetson_clocks(pinned) == "pinned"
    assert parse_jetson_clocks("Error: Run this script as a root user") is None


def test_model_and_release(tmp_path):
    model, release = tmp_path / "model", tmp_path / "release"
    model.write_bytes(b"NVIDIA Jetson AGX Thor Developer Kit\0")
    release.write_text("# R38 (release), REVISION: 4.0, GCID: 43443517, BOARD: generic, EABI: aarch64\n")
    assert jetson_model(model) == "NVIDIA Jetson AGX Thor Developer Kit"
    assert jetson_release(release) == "R38.4.0"
    model.write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    assert jetson_model(model) is None
    assert jetson_release(tmp_path / "none") is None
    assert set(jetson_state()) <= {"model", "release", "power mode", "clocks"}
