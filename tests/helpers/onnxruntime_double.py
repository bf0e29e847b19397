"""A double of onnxruntime on a machine with a GPU: real sessions on the CPU that say they run on another provider.

It keeps the rules of the real one: unknown options and a plugin registered twice are errors, a fallback is silent.
"""

from __future__ import annotations

import ctypes
import enum
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnxruntime

CUDA, TENSORRT, RTX = "CUDAExecutionProvider", "TensorrtExecutionProvider", "NvTensorRTRTXExecutionProvider"
_OPTIONS = {
    CUDA: {"cudnn_conv_algo_search", "use_tf32"},
    TENSORRT: {
        "device_id", "trt_profile_min_shapes", "trt_profile_opt_shapes", "trt_profile_max_shapes",
        "trt_engine_cache_enable", "trt_engine_cache_path", "trt_timing_cache_enable", "trt_timing_cache_path",
    },
    RTX: {"nv_profile_min_shapes", "nv_profile_opt_shapes", "nv_profile_max_shapes", "nv_runtime_cache_path"},
}  # fmt: skip


class OnnxRuntimeDouble:
    """The module. `falls_back`: it starts on the CPU and says nothing; `assigned`: provider -> operators, as recorded;
    `picture`: what to do to outputs; `compiled`: what the provider writes into its cache folder."""

    __version__ = "1.31.1"

    def __init__(self, *, falls_back=False, assigned=None, picture=None, compiled=b"native code", pinned=True):
        self.falls_back, self.assigned, self.picture, self.compiled = falls_back, assigned, picture, compiled
        self.registered: dict[str, str] = {}
        self.sessions: list[_Session] = []
        self.allocated: list[np.ndarray] = []
        self.built = 0
        self.SessionOptions = _Options
        if pinned:
            self.OrtDeviceMemoryType = enum.Enum("OrtDeviceMemoryType", "DEFAULT HOST_ACCESSIBLE")
        self.OrtValue = SimpleNamespace(ortvalue_from_shape_and_type=self._value)

    def get_available_providers(self):
        return [TENSORRT, CUDA, "CPUExecutionProvider"]

    def register_execution_provider_library(self, name, library):
        if name in self.registered:
            raise RuntimeError(f"{name} is registered already")
        self.registered[name] = library

    def get_ep_devices(self):
        return [SimpleNamespace(ep_name=name, memory_info=lambda kind: kind) for name in (*self.registered, CUDA)]

    def InferenceSession(self, data, settings, providers=None, *, enable_fallback=True):
        assert not enable_fallback, "it would print and go on"
        session = _Session(self, data, settings, providers)
        self.sessions.append(session)
        return session

    def _value(self, shape, kind, *, memory_info):
        assert memory_info is self.OrtDeviceMemoryType.HOST_ACCESSIBLE
        memory = np.zeros(shape, kind)
        self.allocated.append(memory)
        return SimpleNamespace(data_ptr=lambda: memory.ctypes.data, memory=memory)


class _Options(onnxruntime.SessionOptions):
    """Real session options that remember the plugin's device."""

    plugin = None

    def add_provider_for_devices(self, devices, options):
        (device,) = devices
        self.plugin = (device.ep_name, options)


class _Session:
    def __init__(self, module, data, settings, providers):
        self._module = module
        self.providers = providers or [settings.plugin]
        name, options = self.providers[0]
        unknown = set(options) - _OPTIONS[name]
        if unknown or not all(isinstance(value, str) for value in options.values()):
            raise ValueError(f"{name}: options {unknown or options}")
        self.options = options
        self._real = onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
        self.record = settings.get_session_config_entry("session.record_ep_graph_assignment_info") == "1"
        self._name = "CPUExecutionProvider" if module.falls_back else name
        self._keep(options)

    def _keep(self, options):
        folder = options.get("trt_engine_cache_path") or options.get("nv_runtime_cache_path")
        if folder is None:
            return
        file = Path(folder) / "graph.engine"
        if not file.exists():
            self._module.built += 1
            file.write_bytes(self._module.compiled)
        elif file.read_bytes() != self._module.compiled:
            raise AssertionError("damaged native code was loaded")

    def get_providers(self):
        return [self._name, "CPUExecutionProvider"]

    def get_inputs(self):
        return self._real.get_inputs()

    def get_outputs(self):
        return self._real.get_outputs()

    def run(self, names, inputs):
        return self._real.run(names, inputs)

    def get_provider_graph_assignment_info(self):
        assert self.record, "nothing was recorded"
        operators = {self._name: ["MatMul", "Tanh"]} if self._module.assigned is None else self._module.assigned
        return [
            SimpleNamespace(ep_name=name, get_nodes=lambda kinds=kinds: [SimpleNamespace(op_type=k) for k in kinds])
            for name, kinds in operators.items()
        ]

    def io_binding(self):
        self.binding = _Binding(self._real)
        return self.binding

    def run_with_iobinding(self, binding):
        assert binding.synchronised, "the inputs may not be there yet"
        self._real.run_with_iobinding(binding.real)
        if self._module.picture:
            for values in binding.outputs.values():
                values[...] = self._module.picture(values)


class _Binding:
    """A real binding, which also finds the output arrays by their address."""

    def __init__(self, session):
        self.real, self.synchronised, self.outputs, self.bound = session.io_binding(), False, {}, 0

    def bind_input(self, *arguments):
        self.bound += 1
        self.real.bind_input(*arguments)

    def bind_output(self, name, device, number, kind, shape, address):
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        flat = np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(address))
        self.outputs[name] = flat.view(kind).reshape(shape)
        self.real.bind_output(name, device, number, kind, shape, address)

    def synchronize_inputs(self):
        self.synchronised = True

    def synchronize_outputs(self):
        self.synchronised = False
