"""Compiled engines for the doubles: the file, its sidecar, and the doubles in place of the real modules."""

from __future__ import annotations

import base64
import dataclasses
import hashlib

import cv2
import numpy as np
from cuda_double import CudaDouble
from tiny_onnx import save_tiny, tiny_spec
from vendor_double import VendorDouble, plan

import ganrt
from ganrt.engines.cuda import opening
from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.tensorrt.sidecar import Gate, Profile, Sidecar, Tensor, sidecar_path
from ganrt.spec import Canary

PROFILES = ((1, 4, 16),)


def save_engine(folder, profiles=PROFILES, *, canary=True, backend="tensorrt", spec=None, holds=None, **changes):
    """Writes tiny.onnx, tiny.engine and its sidecar; returns the engine's path.

    `holds`: the graph that the engine computes, of an engine that went wrong; else tiny.onnx.
    """
    spec = spec or tiny_spec()
    onnx_path = save_tiny(folder / "tiny.onnx", spec)
    if canary:
        spec = dataclasses.replace(spec, canary=_canary(onnx_path))
    data, path = plan(holds or onnx_path, rtx=backend == "tensorrt-rtx"), folder / "tiny.engine"
    path.write_bytes(data)
    sha256 = read_onnx(onnx_path).sha256
    output = spec.output
    values = {
        "format": 1,
        "backend": backend,
        "backend_version": "10.16.1.11",
        "targets": ("sm86",),
        "precision": "fp16",
        "form": "plain",
        "profiles": tuple(Profile(minimum=a, optimum=b, maximum=c) for a, b, c in profiles),
        "engine_sha256": hashlib.sha256(data).hexdigest(),
        "engine_bytes": len(data),
        "onnx_sha256": sha256,
        "model_sha256": sha256,
        "spec": spec,
        "gate": Gate(psnr=60.0, samples=4),
        "tensors": (
            Tensor(name="z", dtype="float32", shape=(-1, spec.latent.dim), mode="input"),
            Tensor(
                name="image", dtype="uint8", shape=(-1, output.height, output.width, output.channels), mode="output"
            ),
        ),
    }
    sidecar_path(path).write_text(Sidecar(**{**values, **changes}).to_json())
    return path


def use_doubles(monkeypatch, profiles=PROFILES, *, cuda=None, **options) -> VendorDouble:
    """Puts the doubles where the real modules would be found."""
    cuda = cuda or CudaDouble()
    vendor = VendorDouble(cuda, profiles, **options)
    monkeypatch.setattr(opening, "import_vendor", lambda backend: vendor)
    monkeypatch.setattr(opening, "import_cudart", lambda extra: cuda)
    monkeypatch.setattr("ganrt.engines.cuda.probe.import_cudart", lambda extra: cuda)
    return vendor


def _canary(onnx_path) -> Canary:
    with ganrt.load(onnx_path, backend="onnxruntime") as generator:
        picture = generator.sample(1, seed=0, start=0)[0]
    done, png = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    assert done
    encoded = base64.b64encode(png.tobytes()).decode()
    return Canary(seed=0, index=0, sha256=hashlib.sha256(picture.tobytes()).hexdigest(), png=encoded)
