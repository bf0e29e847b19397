"""Every name that the runner and the builder ask of CUDA's and the vendors' modules, looked up in the real ones."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from vendor_bindings import download, names_of
from vendor_names import BUILDER, BUILDER_RTX, BUILDER_TENSORRT, CONSTANTS, GUARDED, RUNNER, RUNNER_RTX

from ganrt.engines.cuda import vendor
from ganrt.engines.cuda.calls import FUNCTIONS
from ganrt.engines.tensorrt import vendor as building
from ganrt.engines.tensorrt.build import Recipe, configure
from ganrt.engines.tensorrt.profiles import parse_profile
from ganrt.errors import UsageError

BINDINGS = {
    "10.3": ("tensorrt-cu12-bindings", "10.3.0"),
    "10.16": ("tensorrt-cu13-bindings", "10.16.1.11"),
    "11.4": ("tensorrt-cu13-bindings", "11.4.0.106"),
}
# How the runner calls: the arguments that each method must take, as its docstring says.
CALLS = {
    "Runtime.deserialize_cuda_engine": ("serialized_engine",),
    "ICudaEngine.get_tensor_name": ("index",),
    "ICudaEngine.get_tensor_mode": ("name",),
    "ICudaEngine.get_tensor_dtype": ("name",),
    "ICudaEngine.get_tensor_shape": ("name",),
    "ICudaEngine.get_tensor_profile_shape": ("name", "profile_index"),
    "ICudaEngine.create_execution_context": ("strategy",),
    "IExecutionContext.set_optimization_profile_async": ("profile_index", "stream_handle"),
    "IExecutionContext.set_input_shape": ("name", "shape"),
    "IExecutionContext.infer_shapes": (),
    "IExecutionContext.update_device_memory_size_for_shapes": (),
    "IExecutionContext.set_device_memory": ("memory", "size"),
    "IExecutionContext.set_tensor_address": ("name", "memory"),
    "IExecutionContext.execute_async_v3": ("stream_handle",),
}
# How the builder calls.
BUILDING = {
    "Builder.create_network": ("flags",),
    "Builder.build_serialized_network": ("network", "config"),
    "OnnxParser.parse": ("model",),
    "OnnxParser.get_error": ("index",),
    "INetworkDefinition.get_input": ("index",),
    "INetworkDefinition.get_output": ("index",),
    "IBuilderConfig.set_memory_pool_limit": ("pool", "pool_size"),
    "IBuilderConfig.get_memory_pool_limit": ("pool",),
    "IBuilderConfig.add_optimization_profile": ("profile",),
    "IOptimizationProfile.set_shape": ("input", "min", "opt", "max"),
    "ILogger.log": ("severity", "msg"),
}
BUILDING_TENSORRT = {
    "IBuilderConfig.create_timing_cache": ("serialized_timing_cache",),
    "IBuilderConfig.set_timing_cache": ("cache", "ignore_mismatch"),
    "IBuilderConfig.set_flag": ("flag",),
}
BUILDING_RTX = {
    "IBuilderConfig.set_compute_capability": ("index",),
    "IRuntimeConfig.set_runtime_cache": ("cache",),
    "IRuntimeCache.deserialize": ("blob",),
}
# What a version does not have of what is guarded.
LACKING = {"10.3": ["HardwareCompatibilityLevel.SAME_COMPUTE_CAPABILITY"], "10.16": [], "11.4": []}
DUMP_CUDA = """
import inspect, json, sys
sys.path.insert(0, sys.argv[1])
from cuda.bindings import runtime
import cuda.bindings
assert cuda.bindings.__file__.startswith(sys.argv[1]), cuda.bindings.__file__
functions, constants = json.loads(sys.argv[2])
for name, arguments in functions.items():
    inspect.signature(getattr(runtime, name)).bind(*arguments)
for name in constants:
    value = runtime
    for part in name.split("."):
        value = getattr(value, part)
    int(value)
error, count = runtime.cudaGetDeviceCount()
assert bool(runtime.cudaError_t.cudaSuccess) is False
assert bool(error) or count
"""


def missing(names, found):
    """Those of the dotted names that are not there."""
    return [name for name in names if name.partition(".")[2] not in found.get(name.partition(".")[0], {})]


def assert_calls_fit(found, calls):
    for call, arguments in calls.items():
        name, _, member = call.partition(".")
        assert any(
            all(f"{argument}:" in line for argument in arguments) and line.count(": ") >= 1 + len(arguments)
            for line in found[name][member].splitlines()
            if line.strip().lstrip("123456789. ").startswith(f"{member}(self")
        ), f"{call}{arguments}: {found[name][member][:500]}"


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize("release", BINDINGS)
def test_tensorrt_has_every_name_that_the_runner_uses(release, tmp_path):
    package, version = BINDINGS[release]
    unpacked = download(package, version, tmp_path)
    found = names_of(unpacked, "tensorrt_bindings.tensorrt", int(version.split(".")[0]), tmp_path)
    assert not missing((*RUNNER, *BUILDER, *BUILDER_TENSORRT), found)
    assert_calls_fit(found, CALLS | BUILDING | BUILDING_TENSORRT)
    assert_guards_hold(release, found)
    # What the guards stand for: these are TensorRT-RTX's alone.
    assert missing(("DynamicShapesKernelSpecializationStrategy.EAGER", "Runtime.get_engine_validity"), found)
    assert "is_stream_capturable" not in found["IExecutionContext"]


def assert_guards_hold(release, found):
    """What a version lacks is refused in words, what it has is set: a module with just its names shows it."""
    lacking = missing(GUARDED, found)
    assert lacking == LACKING[release]
    kinds = {}
    for name in set(GUARDED) - set(lacking):
        kind, _, member = name.partition(".")
        kinds.setdefault(kind, {})[member] = name
    module = SimpleNamespace(
        __name__="tensorrt", __version__=release, **{kind: SimpleNamespace(**names) for kind, names in kinds.items()}
    )
    flags = []
    kinds.setdefault("BuilderFlag", {})["TF32"] = "BuilderFlag.TF32"
    module.BuilderFlag = SimpleNamespace(**kinds["BuilderFlag"])
    cleared = []
    config = SimpleNamespace(set_flag=flags.append, clear_flag=cleared.append)
    builder = SimpleNamespace(create_builder_config=lambda: config)
    for hardware in ("ampere_plus", "same_compute_capability"):
        name = f"HardwareCompatibilityLevel.{hardware.upper()}"
        wanted = Recipe("tensorrt", ("sm86",), (parse_profile("1"),), version_compatible=True, hardware=hardware)
        if name in lacking:
            with pytest.raises(UsageError, match=f"--hardware {hardware}: TensorRT {release} does not have it"):
                configure(module, builder, wanted)
        else:
            assert configure(module, builder, wanted).hardware_compatibility_level == name
    assert set(flags) == {"BuilderFlag.VERSION_COMPATIBLE", "BuilderFlag.EXCLUDE_LEAN_RUNTIME"}
    assert set(cleared) == {"BuilderFlag.TF32"}


def test_tensorrt_rtx_has_them_and_its_own():
    trt = pytest.importorskip("tensorrt_rtx", reason="tensorrt-rtx is not installed")
    found = {
        name: {key: getattr(value, key).__doc__ or "" for key in dir(value)}
        for name, value in vars(trt).items()
        if inspect.isclass(value)
    }
    assert not missing((*RUNNER, *RUNNER_RTX, *BUILDER, *BUILDER_RTX), found)
    assert_calls_fit(found, CALLS | BUILDING | BUILDING_RTX)


def test_every_vendor_name_in_the_code_is_in_the_list():
    """What is asked of the vendor's objects, by attribute: nothing that the lists leave out."""
    folder = Path(vendor.__file__).parent
    text = "".join((folder / name).read_text() for name in ("workspace.py", "runner.py", "probe.py", "opening.py"))
    vendors = "".join((folder / name).read_text() for name in ("vendor.py", "workspace.py"))
    used = set(re.findall(r"\b(?:engine|_context|runtime|config)\.([a-z_0-9]+)\b", vendors))
    used |= set(
        re.findall(
            r"\b(?:config|cache)\.([a-z_0-9]+)\b", (Path(building.__file__).parent / "kernel_cache.py").read_text()
        )
    )
    used |= set(re.findall(r'_checked\("([a-z_0-9]+)"', text))
    used |= set(re.findall(r'getattr\([\w.]+, "([A-Za-z_]+)"', vendors))
    listed = {part for name in (*RUNNER, *RUNNER_RTX) for part in name.split(".")}
    assert used - listed == set()
    assert set(re.findall(r'calls\(\s*"(cuda\w+)"', text.replace("self._stack.callback(", "calls("))) <= set(FUNCTIONS)


def test_every_name_in_the_builders_code_is_in_the_list():
    folder = Path(building.__file__).parent
    text = "".join((folder / name).read_text() for name in ("build.py", "network.py", "vendor.py"))
    used = set(re.findall(r"\b(?:builder|config|definition|parser|profile|first|trt\.\w+)\.([A-Za-z_]\w*)", text))
    used |= set(re.findall(r'_option\(trt, "\w+", "(\w+)"', text)) | set(re.findall(r"def (phase_\w+|step_\w+)", text))
    every = (BUILDER, BUILDER_TENSORRT, BUILDER_RTX, GUARDED)
    listed = {part for names in every for name in names for part in name.split(".")}
    ours = {"parse_profile"}
    assert {"set_shape", "phase_start", "EXCLUDE_LEAN_RUNTIME", "num_compute_capabilities"} <= used
    assert used - listed - ours == set()


def test_the_guards_ask_only_where_the_name_is():
    """Full TensorRT, which has neither kernel strategies nor the question of capture, and TensorRT-RTX, which has."""
    module = SimpleNamespace(ExecutionContextAllocationStrategy=SimpleNamespace(USER_MANAGED="ours"))
    plain = SimpleNamespace(create_execution_context=lambda strategy: ("context", strategy))
    assert vendor.new_context(vendor.Loaded(module, None, plain, 0)) == ("context", "ours")
    assert vendor.capturable(SimpleNamespace(), 1)
    said = {}
    config = SimpleNamespace(set_execution_context_allocation_strategy=lambda strategy: said.update(memory=strategy))
    rtx = SimpleNamespace(create_runtime_config=lambda: config, create_execution_context=lambda given: given)
    module.DynamicShapesKernelSpecializationStrategy = SimpleNamespace(EAGER="at once")
    assert vendor.new_context(vendor.Loaded(module, None, rtx, 0)) is config
    assert (said, config.dynamic_shapes_kernel_specialization_strategy) == ({"memory": "ours"}, "at once")
    assert not vendor.capturable(SimpleNamespace(is_stream_capturable=lambda stream: False), 1)


def test_the_installed_cuda_bindings_take_our_calls():
    from cuda.bindings import runtime

    for name, arguments in FUNCTIONS.items():
        inspect.signature(getattr(runtime, name)).bind(*arguments)
    assert not bool(runtime.cudaError_t.cudaSuccess)


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize("version", ["12.9.2", "13.0.1"])
def test_older_cuda_bindings_take_our_calls(version, tmp_path):
    target = tmp_path / "site"
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "-q",
        "--target",
        target,
        f"cuda-bindings=={version}",
    ]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        pytest.skip("the package index does not answer")
    if result.returncode:
        pytest.skip(f"cuda-bindings {version} cannot be had: {result.stderr.strip().splitlines()[-1]}")
    names = json.dumps([FUNCTIONS, CONSTANTS])
    ran = subprocess.run([sys.executable, "-c", DUMP_CUDA, target, names], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
