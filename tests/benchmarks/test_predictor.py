"""The table of devices agrees with itself and with known ceilings; ceilings are never called measurements."""

import json
from pathlib import Path

import pytest

from ganrt.benchmarks import predictor
from ganrt.benchmarks.predictor import devices, find_devices, predict
from ganrt.engines.cost import LayerCost, layer_costs
from ganrt.errors import UsageError
from ganrt.runtime.models import resolve_model

TABLE = json.loads((Path(predictor.__file__).parent / "data" / "devices.json").read_text())
# Computed apart from this table, for FP16 with FP32 accumulation, by multiplications alone: images a second.
KNOWN = {
    "rtx4090": (789_000, 1667),
    "rtx3060": (122_000, 257),
    "agx-orin": (203_000, 429),
    "orin-nano-super": (80_000, 169),
}
CYCLEGAN_9 = [LayerCost("all", "Conv", 49_600_000_000, 11_000_000, 10_000_000, 10_000_000)]


@pytest.mark.parametrize("entry", TABLE["devices"], ids=lambda entry: entry["key"])
def test_published_rates_are_units_times_clock(entry):
    rates = TABLE["fma_per_sm_and_clock"][entry["architecture"]]
    for name, published in (
        ("fp32", entry["fp32_tflops"]),
        ("fp16", entry["fp16_tflops"]),
        ("int8", entry["int8_tops"]),
    ):
        computed = 2 * entry["sms"] * entry["boost_mhz"] * rates[name] / 1e6
        assert published == pytest.approx(computed, rel=0.03), name
    assert "NVIDIA" in entry["source"]
    assert "(20" in entry["source"]


def test_the_devices_that_were_promised():
    keys = set(devices())
    assert {f"rtx{n}" for n in (3060, 3070, 3080, 3090, 4060, 4070, 4080, 4090, 5070, 5080, 5090)} <= keys
    assert {"orin-nano", "orin-nx", "agx-orin", "thor", "t4", "l4", "a10"} <= keys
    assert len(keys) == len(TABLE["devices"])


@pytest.mark.parametrize("key", KNOWN)
def test_known_ceilings(key):
    dcgan, cyclegan = KNOWN[key]
    (device,) = find_devices([key])
    avatars = predict(layer_costs(resolve_model("avatars")), device, "fp16", 4096).roof
    assert avatars.compute_images_per_second == pytest.approx(dcgan, rel=0.01)
    # Its first and last layer are bound by memory: up to 13 % below.
    assert 0.87 * dcgan < avatars.images_per_second < dcgan
    assert predict(CYCLEGAN_9, device).roof.images_per_second == pytest.approx(cyclegan, rel=0.02)


def test_weights_weigh_more_at_batch_one():
    costs, (device,) = layer_costs(resolve_model("avatars")), find_devices(["RTX4090"])
    assert predict(costs, device, batch_size=1).roof.images_per_second < predict(costs, device).roof.images_per_second


def test_a_ceiling_says_what_it_is():
    (device,) = find_devices(["thor"])
    written = predict(CYCLEGAN_9, device, "int8", 1).as_json()
    assert written["kind"] == "ceiling"
    assert not [name for name in written if name in ("images_per_second", "latency_ms")]
    assert "published" in predict(CYCLEGAN_9, device).roof.limit.source


def test_unknown_devices_and_precisions():
    with pytest.raises(UsageError, match=r"device 'rtx9090': expected one of rtx3060, .*thor"):
        find_devices(["rtx4090", "rtx9090"])
    (turing,) = find_devices(["t4"])
    with pytest.raises(UsageError, match="T4: precision 'bf16': expected one of fp16, fp32, int8"):
        predict(CYCLEGAN_9, turing, "bf16")
    with pytest.raises(UsageError, match="precision 'fp64'"):
        predict(CYCLEGAN_9, turing, "fp64")
    assert len(find_devices([])) == len(devices())
