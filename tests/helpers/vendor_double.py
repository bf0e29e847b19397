"""A double of `tensorrt` or `tensorrt_rtx` on a `CudaDouble`: same names, same silent refusals, real pictures.

Its "engine" is an ONNX file, run by ONNX Runtime when the queued work happens. Rules of the real one that it keeps:
None, False and 0 for failures, with the reason in the log alone, for its CUDA runtime is its own; `Runtime` raises a
TypeError; shapes within the profile; aligned and registered addresses; a run after every change of shape before a
capture; a graph dies with any change of its context, and must be destroyed before it; activations that do not grow
in step with the batch.
"""

from __future__ import annotations

import enum
import struct
import weakref

import numpy as np
import onnx
import onnxruntime
from cuda.bindings import runtime as real
from cuda_double import CudaDouble, Misuse
from onnx import helper, numpy_helper

MAGIC = b"ftrt double "
_ACTIVATIONS = 1024  # bytes an image
_Mode = enum.Enum("TensorIOMode", "NONE INPUT OUTPUT")
_Strategy = enum.Enum("ExecutionContextAllocationStrategy", "STATIC ON_PROFILE_CHANGE USER_MANAGED")
_Type = enum.Enum("DataType", "FLOAT HALF UINT8")
_Kernels = enum.Enum("DynamicShapesKernelSpecializationStrategy", "LAZY EAGER NONE")
_TYPES = {"tensor(float)": _Type.FLOAT, "tensor(uint8)": _Type.UINT8, "tensor(float16)": _Type.HALF}
_NUMPY = {_Type.FLOAT: np.float32, _Type.HALF: np.float16, _Type.UINT8: np.uint8}


class VendorDouble:
    """The module. `profiles`: (min, opt, max) each; `picture`: what to do to outputs, for engines that draw wrong ones;
    `room`: the largest batch that executes before memory runs out; `compute`: False leaves the outputs as they are;
    `capture`: "no" where it says that it cannot be captured, "fails" where it says that it can and cannot;
    `activations`: False where the engine works without; `during`: called within a capture."""

    def __init__(
        self,
        cuda: CudaDouble,
        profiles,
        *,
        rtx=False,
        picture=None,
        room=None,
        compute=True,
        capture="yes",
        activations=True,
    ):
        self.cuda, self.profiles, self.rtx = cuda, tuple(profiles), rtx
        self.activations = _activations if activations else lambda batch: 0
        self.during = None
        self.picture, self.room, self.compute, self.capture = picture, room, compute, capture
        self.logger = None
        self.__version__ = "1.7.1.116" if rtx else "10.16.1.11"
        self.alive = weakref.WeakSet()
        self.executed: list[int] = []
        self.contexts = 0
        self.compiled: list[int] = []  # the batches that kernels were made for
        self.ILogger = type("ILogger", (), {"ERROR": 1})
        self.TensorIOMode, self.ExecutionContextAllocationStrategy, self.DataType = _Mode, _Strategy, _Type
        self.Runtime = self._runtime
        if rtx:
            self.DynamicShapesKernelSpecializationStrategy = _Kernels

    def _runtime(self, logger):
        self.logger = logger
        made = self.made(_Runtime, "Runtime")
        if made is None:
            raise TypeError("pybind11::init(): factory function returned nullptr")
        return made

    def fails(self, name):
        """Whether a call is to fail; then the log says why, and nothing else does."""
        if not self.cuda.faults.fails(name):
            return False
        words = str(real.cudaGetErrorString(self.cuda.faults.code)[1].decode())
        self.say(f"[{name}.cpp::{name}::99] Error Code 1: Cuda Runtime (In {name} at {name}.cpp:99: {words})")
        return True

    def say(self, words):
        self.logger.log(self.ILogger.ERROR, words)

    def made(self, kind, name, *arguments):
        """An object of the vendor's, or None."""
        if self.fails(name):
            return None
        thing = kind(self, *arguments)
        self.alive.add(thing)
        return thing


class _Runtime:
    engine_host_code_allowed = True  # must be switched off

    def __init__(self, module):
        self._module = module
        if module.rtx:
            self.get_engine_validity = lambda data: ("EngineValidity.INVALID", "MALFORMED")

    def deserialize_cuda_engine(self, data):
        if self.engine_host_code_allowed:
            raise Misuse("host code was not forbidden")
        _, magic, graph = bytes(data).partition(MAGIC)
        return self._module.made(_Engine, "deserialize_cuda_engine", graph, self) if magic else None


class _Engine:
    def __init__(self, module, data, runtime):
        self.module, self._runtime = module, runtime
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
        self._inputs = {tensor.name: tensor for tensor in self.session.get_inputs()}
        self.tensors = {**self._inputs, **{tensor.name: tensor for tensor in self.session.get_outputs()}}
        self.num_io_tensors, self.num_optimization_profiles = len(self.tensors), len(module.profiles)
        self.device_memory_size_v2 = max(module.activations(profile[2]) for profile in module.profiles)
        if module.rtx:
            self.create_runtime_config = lambda: _Config(module)

    def get_tensor_name(self, index):
        return list(self.tensors)[index]

    def get_tensor_mode(self, name):
        return _Mode.INPUT if name in self._inputs else _Mode.OUTPUT

    def get_tensor_dtype(self, name):
        return _TYPES[self.tensors[name].type]

    def get_tensor_shape(self, name):
        return [side if isinstance(side, int) else -1 for side in self.tensors[name].shape]

    def get_tensor_profile_shape(self, name, profile):
        if name not in self._inputs:
            raise Misuse(f"{name} is an output and has no profile")
        return [(batch, *self.get_tensor_shape(name)[1:]) for batch in self.module.profiles[profile]]

    def create_execution_context(self, strategy):
        cache = None
        if isinstance(strategy, _Config):
            cache = strategy.cache
            strategy = strategy.strategy if strategy.dynamic_shapes_kernel_specialization_strategy else None
        if strategy is not _Strategy.USER_MANAGED:
            raise Misuse("the runner gives the activations their memory")
        return self.module.made(_Context, "create_execution_context", self, cache)


class _Cache:
    """Shapes that kernels were made for, as text; another version's are refused."""

    def __init__(self, module):
        self._module, self.shapes = module, set()

    def deserialize(self, data):
        if self._module.fails("deserialize") or not data.startswith(b"kernels "):
            return False
        self.shapes = {int(word) for word in data.split()[1:]}
        return True

    def serialize(self):
        if self._module.fails("serialize"):
            return None
        return b"kernels " + b" ".join(b"%d" % shape for shape in sorted(self.shapes))


class _Config:
    dynamic_shapes_kernel_specialization_strategy = None
    strategy = cache = None

    def __init__(self, module):
        self._module = module

    def create_runtime_cache(self):
        return self._module.made(_Cache, "create_runtime_cache")

    def set_runtime_cache(self, cache):
        if self._module.fails("set_runtime_cache"):
            return False
        self.cache = cache
        return True

    def set_execution_context_allocation_strategy(self, strategy):
        self.strategy = strategy


class _Context:
    def __init__(self, module, engine, cache):
        module.contexts += 1
        self._module, self._engine, self._cuda, self._cache = module, engine, module.cuda, cache
        self._profile, self._shapes, self._addresses = None, {}, {}
        self._memory = (0, 0)
        self._version, self._warm = 0, False
        if module.rtx:
            self.is_stream_capturable = lambda stream: bool(self._cuda.stream(stream)) and module.capture != "no"
        weakref.finalize(self, _check_graphs, module.cuda, id(self))

    def set_optimization_profile_async(self, index, stream):
        self._cuda.stream(stream)
        if self._refuses("set_optimization_profile_async") or not 0 <= index < len(self._module.profiles):
            return False
        self._profile, self._shapes = index, {}
        return self._changed()

    def set_input_shape(self, name, shape):
        if self._profile is None:
            raise Misuse("a shape before the profile")
        smallest, _, largest = (tuple(s) for s in self._engine.get_tensor_profile_shape(name, self._profile))
        if self._refuses("set_input_shape") or len(shape) != len(smallest):
            return False
        if not all(a <= side <= b for a, side, b in zip(smallest, shape, largest, strict=True)):
            return False
        self._shapes[name] = tuple(shape)
        return self._changed()

    def infer_shapes(self):
        if self._refuses("infer_shapes"):
            raise RuntimeError("Shape inference failed")
        return self._missing()

    def _missing(self):
        return [name for name in self._engine._inputs if name not in self._shapes]

    def update_device_memory_size_for_shapes(self):
        if self._missing() or self._refuses("update_device_memory_size_for_shapes"):
            return 0
        return self._module.activations(self._batch())

    def set_device_memory(self, address, size):
        self._cuda.find(address, size, "device")
        if size < self._module.activations(self._batch()):
            raise Misuse("too little memory for the activations")
        self._memory = (address, size)
        self._changed()

    def set_tensor_address(self, name, address):
        if name not in self._engine.tensors or address % 256:
            return False
        if self._refuses("set_tensor_address"):
            return False
        self._addresses[name] = address
        return self._changed()

    def execute_async_v3(self, stream):
        stream = self._cuda.stream(stream)
        if self._refuses("execute_async_v3") or self._missing() or set(self._addresses) != set(self._engine.tensors):
            stream.invalid = stream.capture is not None
            return False
        if self._module.room is not None and self._batch() > self._module.room:
            self._module.say("[defaultAllocator.cpp::allocate::57] Error Code 1: Cuda Runtime (out of memory)")
            return False
        if stream.capture is not None and self._module.capture != "yes":
            stream.invalid = True
            self._module.say("Error Code 1: Cuda Runtime (operation not permitted when stream is capturing)")
            return False
        if stream.capture is not None and not self._warm:
            raise Misuse("capture before a run with these shapes")
        if stream.capture is not None and self._module.during:
            self._module.during()
        for name in self._addresses:
            self._bytes(name)
        self._compile_kernels()
        self._warm = True
        itself, version = weakref.ref(self), self._version
        self._cuda.enqueue(stream, lambda: _run(itself, version), owner=id(self))
        return True

    def _compile_kernels(self):
        known = set() if self._cache is None else self._cache.shapes
        if not self._warm and self._batch() not in known:
            known.add(self._batch())
            self._module.compiled.append(self._batch())

    def _refuses(self, name):
        return self._module.fails(name)

    def _changed(self):
        self._version, self._warm = self._version + 1, False
        return True

    def _batch(self):
        return next(iter(self._shapes.values()))[0]

    def _bytes(self, name):
        kind = np.dtype(_NUMPY[self._engine.get_tensor_dtype(name)])
        shape = (self._batch(), *self._engine.get_tensor_shape(name)[1:])
        size = int(np.prod(shape)) * kind.itemsize
        return self._cuda.find(self._addresses[name], size, "device").view(kind).reshape(shape)

    def compute(self):
        self._cuda.find(*self._memory, "device")[:] = 0xEE
        self._module.executed.append(self._batch())
        if not self._module.compute:
            return
        names = [name for name in self._engine.tensors if name not in self._engine._inputs]
        results = self._engine.session.run(names, {name: self._bytes(name).copy() for name in self._engine._inputs})
        for name, values in zip(names, results, strict=True):
            self._bytes(name)[...] = self._module.picture(values) if self._module.picture else values


def _activations(batch):
    """Bytes for a batch: in steps, as tactics differ between sizes."""
    return _ACTIVATIONS * max(3, batch if batch % 2 else batch // 2)


def _check_graphs(cuda, owner):
    if any(owner in handle.owners and not handle.freed for handle in cuda.handles.values()):
        cuda.misuses.append("a context went before the graph that holds its work")


def _run(reference, version):
    context = reference()
    if context is None:
        raise Misuse("work runs after its context is gone")
    if context._version != version:
        raise Misuse("a graph runs after its context was changed")
    context.compute()


def save_rounded(source, target, kind):
    """A graph that rounds as a GPU's arithmetic does: to 11 bits, as FP16 and TF32 both have.

    `fp16`: every result; `tf32`: what goes into products. x * (2^13 + 1) less itself less x leaves the upper 11 of 24
    bits (Dekker 1971, "A floating-point technique for extending the available precision"). Ranges stay FP32's.
    """
    model = onnx.load(source)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    factor = numpy_helper.from_array(np.float32(2**13 + 1), "split")
    model.graph.initializer.append(factor)

    def rounding(name, rounded):
        made = [f"{rounded}_{number}" for number in (1, 2)]
        return [
            helper.make_node("Mul", [name, "split"], [made[0]]),
            helper.make_node("Sub", [made[0], name], [made[1]]),
            helper.make_node("Sub", made, [rounded]),
        ]

    for number, node in enumerate(nodes):
        if kind == "tf32" and node.op_type in ("MatMul", "Gemm", "Conv", "ConvTranspose"):
            for place in (0, 1):
                model.graph.node.extend(rounding(node.input[place], f"rounded_{number}_{place}"))
                node.input[place] = f"rounded_{number}_{place}"
        after = []
        if kind == "fp16" and node.op_type in ("MatMul", "Gemm", "Conv", "ConvTranspose", "Add", "Mul", "Tanh"):
            name, node.output[0] = node.output[0], f"{node.output[0]}_exact"
            after = rounding(node.output[0], name)
        model.graph.node.extend([node, *after])
    onnx.save(model, target)
    return target


def plan(onnx_path, *, rtx=False) -> bytes:
    """An "engine file" of this vendor; TensorRT-RTX's has its header, without which nobody would read on."""
    data = MAGIC + onnx_path.read_bytes()
    return struct.pack("<4s4xQQ4B4sI", b"vtrt", 2, len(data) + 36, 1, 7, 1, 116, b"vtrt", 4) + data if rtx else data


__all__ = ["MAGIC", "Misuse", "VendorDouble", "plan", "save_rounded"]
