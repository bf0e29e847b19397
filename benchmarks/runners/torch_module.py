"""Peers that run a torch module: `torch-eager`, `torch-compile` and `torch-tensorrt`.

The module is made from a checkpoint, or for the bundled DCGAN from the ONNX file's weights.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from ganrt.benchmarks.runners.protocol import Images, Request, Runner
from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.protocol import Arrays
from ganrt.errors import BackendUnavailable, UsageError
from ganrt.interrupts import require
from ganrt.runtime.sample_inputs import make_inputs

_TENSORRT = "torch-tensorrt"
TYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Plan:
    """Where and in which type a torch peer runs.

    Attributes:
        channels_last: weights, and with them the activations, as NHWC in memory: what torch's guide says for
            convolutions.
        autocast: weights stay in float32; torch chooses the operators that run in `dtype`.
    """

    device: torch.device
    dtype: torch.dtype
    channels_last: bool = False
    autocast: bool = False

    def about(self) -> dict[str, Any]:
        """What differs from torch as it comes."""
        return {"channels_last": self.channels_last, "autocast": self.autocast}


def plan(name: str, request: Request, devices: Sequence[str] = ("cpu", "cuda")) -> Plan:
    """Checks precision and device; `auto` is CUDA where torch has it. The name's endings are the variants.

    Raises:
        BackendUnavailable: CUDA was asked for and is not there.
    """
    autocast = name.endswith("-autocast")
    request.only(name, ("fp16", "bf16") if autocast else tuple(TYPES), devices)
    found = torch.cuda.is_available()
    if request.device == "cuda" and not found:
        raise BackendUnavailable(f"{name}: torch {torch.__version__} finds no CUDA device")
    device = "cuda" if found and request.device != "cpu" else "cpu"
    if device not in devices:
        raise BackendUnavailable(f"{name}: torch {torch.__version__} finds no CUDA device, and it runs on nothing else")
    if request.threads is not None:
        torch.set_num_threads(request.threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    channels_last = name.endswith(("-channels-last", "-autocast"))
    return Plan(torch.device(device), TYPES[request.precision], channels_last, autocast)


def open_peer(request: Request, name: str) -> Runner:
    """The module as it is, under inference mode, or compiled for one fixed batch size; also in channels last, and with
    autocast.

    Raises:
        BackendUnavailable: torch's compiler, Torch-TensorRT or a CUDA device is missing.
    """
    if name == _TENSORRT:
        return _with_tensorrt(request)
    chosen = plan(name, request)
    if name.startswith("torch-eager"):
        return TorchRunner(build(request, chosen), chosen, request, {})
    _keep_headers()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's compiler uses what torch has deprecated
        # With CUDA graphs, which torch has for this mode: at a batch of one the launches take longer than the work.
        mode = "reduce-overhead" if chosen.device.type == "cuda" else "default"
        module = torch.compile(build(request, chosen), dynamic=False, mode=mode)
        runner = TorchRunner(module, chosen, request, {"mode": mode})
        runner.run(make_inputs(request.spec, 0, 0, request.batch_size))
    return runner


def _keep_headers() -> None:
    """Has torch keep the headers that it precompiles in its cache: it has no option for them, and by itself leaves them
    in the temporary folder."""
    from torch._inductor import codecache
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    folder = Path(cache_dir()) / "precompiled_headers"
    for name, place in (("_HEADER_DIR", folder), ("_HEADER_LOCK_DIR", folder / "locks")):
        if hasattr(codecache, name):
            setattr(codecache, name, str(place))


def _with_tensorrt(request: Request) -> Runner:
    torch_tensorrt = require("torch_tensorrt", "pip install torch-tensorrt")
    chosen = plan(_TENSORRT, request, devices=("cuda",))
    examples = make_inputs(request.spec, 0, 0, request.batch_size)
    given = [torch.from_numpy(values).to(chosen.device) for values in examples.values()]
    module = torch_tensorrt.compile(
        build(request, chosen), ir="dynamo", inputs=given, enabled_precisions={chosen.dtype}
    )
    return TorchRunner(module, chosen, request, {"torch_tensorrt": torch_tensorrt.__version__})


class WithTail(nn.Module):
    """(inputs as the graph takes them) -> uint8 [n, h, w, c]: what torch users write around a generator.

    Floats go to `dtype` before the generator and back to float32 behind it; with `autocast` torch does it by operator.
    """

    def __init__(self, generator: nn.Module, value_range: str, dtype: torch.dtype, autocast: bool = False) -> None:
        super().__init__()
        self.autocast = dtype if autocast else None
        self.value_range, self.dtype = value_range, torch.float32 if autocast else dtype
        self.generator = generator.to(self.dtype)

    def forward(self, *inputs: Tensor) -> Tensor:
        given = [self._native(value) for value in inputs]
        if self.autocast is None:
            native = self.generator(*given).float()
        else:
            with torch.autocast(given[0].device.type, self.autocast):
                native = self.generator(*given).float()
        levels = (native + 1) * 127.5 if self.value_range == "tanh" else native * 255
        return cast(Tensor, levels.clamp(0, 255).round().permute(0, 2, 3, 1).to(torch.uint8))

    def _native(self, value: Tensor) -> Tensor:
        if not value.is_floating_point():
            value = value.float().permute(0, 3, 1, 2) / 127.5 - 1
        return value.to(self.dtype)


class FoldedDCGAN(nn.Module):
    """z [n, dim] -> [n, c, h, w]: transposed convolutions and ReLU, batch norm already folded into them."""

    def __init__(self, layers: Sequence[nn.ConvTranspose2d]) -> None:
        super().__init__()
        steps = [step for layer in layers for step in (layer, nn.ReLU())]
        self.main = nn.Sequential(*steps[:-1], nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        return cast(Tensor, self.main(z[:, :, None, None]))


def build(request: Request, chosen: Plan) -> WithTail:
    """The generator with its tail, in eval mode, on its device.

    Raises:
        BackendUnavailable: there is no way to a torch module.
        UsageError: the checkpoint is of another generator.
    """
    if request.literal:
        return _placed(literal_with_tail(request, chosen.dtype, chosen.autocast), chosen)
    if request.checkpoint is not None:
        generator, value_range = _from_checkpoint(request)
    else:
        generator, value_range = _from_dcgan_file(request), "tanh"
    return _placed(WithTail(generator, value_range, chosen.dtype, chosen.autocast), chosen)


def _placed(module: WithTail, chosen: Plan) -> WithTail:
    if chosen.channels_last:
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    return module.eval().requires_grad_(False).to(chosen.device)


def literal_with_tail(request: Request, dtype: torch.dtype, autocast: bool = False) -> WithTail:
    """The reference module of the request's checkpoint with its tail, in eval mode, on the CPU.

    Raises:
        BackendUnavailable: there is none.
    """
    from ganrt.benchmarks.runners.reference import reference_module

    return WithTail(reference_module(request), "tanh", dtype, autocast).eval().requires_grad_(False)


def _from_checkpoint(request: Request) -> tuple[nn.Module, str]:
    from ganrt.exporter.options import Settings
    from ganrt.exporter.readers.files import read_file
    from ganrt.exporter.recognise import recognise

    assert request.checkpoint is not None
    built = recognise(read_file(request.checkpoint), None, Settings()).candidate
    found, wanted = built.spec, request.spec
    if (found.family, found.task, found.labels is None) != (wanted.family, wanted.task, wanted.labels is None):
        raise UsageError(
            f"--checkpoint {request.checkpoint} holds a {found.family} for '{found.task}'; "
            f"{request.model} is a {wanted.family} for '{wanted.task}'"
        )
    return built.module, built.value_range


def _from_dcgan_file(request: Request) -> nn.Module:
    """The initialisers are named after the checkpoint's keys; `main.{3i}` are the transposed convolutions."""
    weights = {weight.name: weight for weight in read_onnx(request.model).weights}
    layers: list[nn.ConvTranspose2d] = []
    while f"main.{3 * len(layers)}.weight" in weights:
        key = f"main.{3 * len(layers)}"
        stride, padding = (2, 1) if layers else (1, 0)
        weight, bias = _tensor(weights[f"{key}.weight"]), weights.get(f"{key}.bias")
        layer = nn.ConvTranspose2d(
            weight.shape[0], weight.shape[1], weight.shape[2], stride, padding, bias=bias is not None
        )
        layer.weight = nn.Parameter(weight)
        if bias is not None:
            layer.bias = nn.Parameter(_tensor(bias))
        layers.append(layer)
    if not layers:
        raise BackendUnavailable(f"{request.model} does not name its weights as a DCGAN's: give --checkpoint FILE")
    return FoldedDCGAN(layers)


def _tensor(weight: Any) -> Tensor:
    return torch.from_numpy(np.array(weight.values, np.float32).reshape(weight.shape))


class TorchRunner(Runner):
    """A module that is called with numpy arrays and gives numpy arrays."""

    def __init__(self, module: Any, chosen: Plan, request: Request, about: dict[str, Any]) -> None:
        self._module, self._plan = module, chosen
        self._names = list(request.spec.inputs)
        self.device, self.precision = chosen.device.type, request.precision
        self.about = {"version": f"torch {torch.__version__}", "threads": torch.get_num_threads(), **about}
        self.about |= chosen.about()

    def run(self, inputs: Arrays) -> Images:
        with torch.inference_mode():
            given = [torch.from_numpy(inputs[name]).to(self._plan.device) for name in self._names]
            return np.asarray(self._module(*given).cpu().numpy())
