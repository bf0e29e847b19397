"""How far a generator in FP16 is from FP32, and which layers stayed in FP32 for it: worst picture of a few.

    python tools/make_random_stylegan2.py -o random-256.safetensors
    ganrt export random-256.safetensors -o random-256.onnx
    python tools/measure_fp16.py random-256.onnx --pictures 8

`ganrt compile --precision fp16` finds the layers to keep the same way, on more pictures. Computed by ONNX Runtime on
the CPU, which rounds to half precision between layers and computes in float32 within most of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.precisions import Samples, lower_precision
from ganrt.runtime.sample_inputs import precision_samples


def main() -> None:
    """Prints the worst PSNR and the layers that stayed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--pictures", type=int, default=8)
    parser.add_argument("--gate", type=float, default=45.0, help="dB that the worst picture must reach")
    parser.add_argument("--form", help="the exact form to start from")
    given = parser.parse_args()
    model = read_onnx(given.model)
    every = precision_samples(model.spec())
    few = Samples(every.calibration, {name: rows[: given.pictures] for name, rows in every.judged.items()})
    made = lower_precision(model, "fp16", few, form=given.form, gate=given.gate, budget_s=1e6)
    psnr = "identical" if made.psnr is None else f"{made.psnr:.1f} dB"
    print(f"{given.model.name}: worst of {made.samples} pictures {psnr}, form {made.form}, {len(made.data)} bytes")
    for layer in made.fallback_layers:
        print(f"in FP32: {layer.name} ({layer.why})")
    for note in made.notes:
        print(f"note: {note}")


if __name__ == "__main__":
    main()
