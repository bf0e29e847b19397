"""How far apart two pictures or latents of one input may be: one table for all that compares them.

PSNR is that of the worst picture, in dB of its 8-bit levels; an error of latents is relative to the largest |z|.
"""

from __future__ import annotations

# The exported graph against the network as loaded (`exporter/verify.py` says why): floats, and levels.
EXPORT_ERROR = 1e-4
EXPORT_LEVELS = 1
# What the first may grow to for a network that enlarges float32's own rounding: less than a level of [-1, 1].
EXPORT_LEVEL = 5e-3
# The same against a file that computes in half precision: 11 bits a value, summed over some ten layers.
EXPORT_HALF_ERROR = 2e-2

# An exactly equivalent form against the plain graph: what rounding may do. A value that lies between two levels falls
# to either side; a form that errs does far worse. Floats: relative to the largest.
FORM_LEVELS = 1.0
FORM_PSNR = 60.0
FORM_ERROR = 1e-4

# The least PSNR of each precision to the portable graph in FP32, on any backend. 48: one level in every value.
GATES = {"fp32": 48.0, "fp16": 45.0, "bf16": 40.0, "int8": 35.0}
# What tuning may choose: FP32 in exact forms alone, INT8 only where nobody sees the difference.
TUNED = GATES | {"fp32": FORM_PSNR, "int8": 40.0}
# Below it the harness reports no speed. It measures models with random weights too, hence less than `GATES`.
MEASURED = {"fp32": 48.0, "fp16": 36.0, "bf16": 36.0, "int8": 26.0, "fastest": 36.0}

# An encoder's canary, in 255ths of the largest |z|: what lower precisions round by, far less than a wrong layer.
CANARY_STEPS = 8
# The bundled model's canary in FP32, in levels: other processors may round the last bit of a sum otherwise.
CANARY_LEVELS = 1

# A frame of a written video, decoded again: a wrong, missing or shifted one lies far below.
VIDEO_PSNR = 25.0
