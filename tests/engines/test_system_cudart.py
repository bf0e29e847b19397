"""The system's CUDA runtime by ctypes: a library of the same prototypes in C, and NVIDIA's own without a driver."""

import ctypes
import shutil
import subprocess
import sys

import pytest
from vendor_names import CONSTANTS

from ganrt.engines.cuda import calls, system_cudart
from ganrt.engines.cuda.calls import FUNCTIONS, Calls, import_cudart
from ganrt.engines.cuda.probe import device_of
from ganrt.engines.cuda.system_cudart import SystemCudart
from ganrt.errors import BackendUnavailable, OutOfDeviceMemory

# Memory of the host stands for that of the device; handles are numbers that are checked when they come back.
LIBRARY = r"""
#include <stdlib.h>
#include <string.h>
typedef void *H;
#define S ((H)0x7f0000000111ull)
#define E ((H)0x7f0000000222ull)
#define G ((H)0x7f0000000333ull)
#define X ((H)0x7f0000000444ull)
#define NEED(c) return (c) ? 0 : 1
int cudaGetDeviceCount(int *n) { *n = 1; return 0; }
int cudaDriverGetVersion(int *v) { *v = 12060; return 0; }
const char *cudaGetErrorName(int e) { return e == 2 ? "cudaErrorMemoryAllocation" : "cudaErrorInvalidValue"; }
const char *cudaGetErrorString(int e) { return e == 2 ? "out of memory" : "invalid argument"; }
int cudaSetDevice(int d) { NEED(d == 0); }
int cudaDeviceGetAttribute(int *v, int a, int d) { *v = a == 75 ? 8 : a == 76 ? 7 : a == 18 || a == 19; NEED(d == 0); }
int cudaGetDeviceProperties_v2(char *p, int d) { strcpy(p, "Orin"); NEED(d == 0); }
int cudaMemGetInfo(size_t *f, size_t *t) { *f = 5ull << 32; *t = 8ull << 32; return 0; }
int cudaDeviceGetStreamPriorityRange(int *l, int *g) { *l = 0; *g = -5; return 0; }
int cudaStreamCreateWithPriority(H *s, unsigned f, int p) { *s = S; NEED(f == 1 && p == -5); }
int cudaStreamDestroy(H s) { NEED(s == S); }
int cudaStreamSynchronize(H s) { NEED(s == S); }
int cudaStreamWaitEvent(H s, H e, unsigned f) { NEED(s == S && e == E && f == 0); }
int cudaStreamBeginCapture(H s, int m) { NEED(s == S && m == 1); }
int cudaStreamEndCapture(H s, H *g) { *g = G; NEED(s == S); }
int cudaGraphInstantiate(H *x, H g, unsigned long long f) { *x = X; NEED(g == G && f == 0); }
int cudaGraphLaunch(H x, H s) { NEED(x == X && s == S); }
int cudaGraphDestroy(H g) { NEED(g == G); }
int cudaGraphExecDestroy(H x) { NEED(x == X); }
int cudaEventCreate(H *e) { *e = E; return 0; }
int cudaEventDestroy(H e) { NEED(e == E); }
int cudaEventRecord(H e, H s) { NEED(e == E && s == S); }
int cudaEventSynchronize(H e) { NEED(e == E); }
int cudaEventElapsedTime(float *t, H a, H b) { *t = 0.25f; NEED(a == E && b == E); }
int cudaMalloc(H *p, size_t n) { if (n > 1ull << 33) return 2; *p = malloc(n); return 0; }
int cudaFree(H p) { free(p); return 0; }
int cudaHostAlloc(H *p, size_t n, unsigned f) { *p = malloc(n); NEED(f == 0); }
int cudaHostGetDevicePointer(H *d, H p, unsigned f) { *d = (char *)p + 256; NEED(f == 0); }
int cudaFreeHost(H p) { free(p); return 0; }
int cudaMemcpyAsync(H to, H of, size_t n, int k, H s) { memcpy(to, of, n); NEED((k == 1 || k == 2) && s == S); }
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler: apt-get install gcc")
    folder = tmp_path_factory.mktemp("cudart")
    (folder / "cudart.c").write_text(LIBRARY)
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-w", "-o", folder / "libcudart.so.12", folder / "cudart.c"], check=True
    )
    return ctypes.CDLL(str(folder / "libcudart.so.12"))


def test_every_function_and_constant_of_the_runner_is_there(library):
    cudart = SystemCudart(library)
    assert all(callable(getattr(cudart, name)) for name in FUNCTIONS)
    for name in CONSTANTS:
        value = cudart
        for part in name.split("."):
            value = getattr(value, part)
        from cuda.bindings import runtime

        for part in name.split("."):
            runtime = getattr(runtime, part)
        assert int(value) == int(runtime), name


def test_arguments_and_results_go_through_whole(library):
    call = Calls(SystemCudart(library))
    device = device_of(call)
    assert (device.target, device.driver, device.free, device.total) == ("sm87", "12.6", 5 << 32, 8 << 32)
    assert device.integrated
    assert call("cudaGetDeviceProperties", 0).name == b"Orin"
    assert call("cudaDeviceGetStreamPriorityRange") == (0, -5)
    stream = call("cudaStreamCreateWithPriority", call.cudart.cudaStreamNonBlocking, -5)
    event = call("cudaEventCreate")
    call("cudaEventRecord", event, stream)
    call("cudaStreamWaitEvent", stream, event, 0)
    assert call("cudaEventElapsedTime", event, event) == 0.25
    call("cudaStreamBeginCapture", stream, call.cudart.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal)
    graph = call("cudaStreamEndCapture", stream)
    executable = call("cudaGraphInstantiate", graph, 0)
    for name, arguments in {
        "cudaGraphLaunch": (executable, stream), "cudaGraphDestroy": (graph,), "cudaGraphExecDestroy": (executable,),
        "cudaEventSynchronize": (event,), "cudaEventDestroy": (event,), "cudaStreamSynchronize": (stream,),
        "cudaStreamDestroy": (stream,),
    }.items():  # fmt: skip
        call(name, *arguments)
    with pytest.raises(BackendUnavailable, match="cudaStreamDestroy failed, cudaErrorInvalidValue: invalid argument"):
        call("cudaStreamDestroy", event)


def test_memory_is_copied_there_and_back(library):
    call = Calls(SystemCudart(library))
    kinds, stream = call.cudart.cudaMemcpyKind, call("cudaStreamCreateWithPriority", 1, -5)
    pinned, device = call("cudaHostAlloc", 5, call.cudart.cudaHostAllocDefault), call("cudaMalloc", 5)
    ctypes.memmove(pinned, b"ganrt", 5)
    call("cudaMemcpyAsync", device, pinned, 5, kinds.cudaMemcpyHostToDevice, stream)
    ctypes.memset(pinned, 0, 5)
    call("cudaMemcpyAsync", pinned, device, 5, kinds.cudaMemcpyDeviceToHost, stream)
    assert ctypes.string_at(pinned, 5) == b"ganrt"
    assert call("cudaHostGetDevicePointer", pinned, 0) == pinned + 256
    call("cudaFree", device), call("cudaFreeHost", pinned)
    with pytest.raises(OutOfDeviceMemory, match="out of memory"):
        call("cudaMalloc", 2**40)


def test_it_is_taken_on_a_jetson_with_too_old_a_driver_and_nowhere_else(library, tmp_path, monkeypatch):
    from cuda.bindings import runtime

    error = runtime.cudaError_t.cudaErrorInsufficientDriver
    monkeypatch.setattr(runtime, "cudaGetDeviceCount", lambda: (error, None))
    monkeypatch.setattr(system_cudart, "LIBRARY", library._name)
    assert import_cudart("tensorrt") is runtime  # no Jetson
    (tmp_path / "nv_tegra_release").write_text("# R36 (release), REVISION: 4.3")
    monkeypatch.setattr(system_cudart, "_TEGRA", tmp_path / "nv_tegra_release")
    assert device_of(Calls(import_cudart("tensorrt"))).driver == "12.6"
    monkeypatch.setattr(system_cudart, "LIBRARY", "libcudart.so.none")
    assert import_cudart("tensorrt") is runtime
    assert calls.system_cudart() is None


@pytest.mark.slow
@pytest.mark.network
def test_nvidias_library_has_the_same_functions(tmp_path):
    """The real CUDA 12.6 runtime: every symbol is there, and without a driver it says so."""
    package = "nvidia-cuda-runtime-cu12==12.6.77"
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--target", tmp_path, package]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("the package index does not answer")
    if result.returncode:
        pytest.skip(f"{package.replace('==', ' ')} cannot be had: {result.stderr.strip().splitlines()[-1]}")
    cudart = SystemCudart(ctypes.CDLL(str(next(tmp_path.glob("nvidia/cuda_runtime/lib/libcudart.so.12")))))
    assert cudart.cudaGetErrorName(2) == (0, b"cudaErrorMemoryAllocation")
    assert cudart.cudaGetErrorName(35) == (0, b"cudaErrorInsufficientDriver")
    error, count = cudart.cudaGetDeviceCount()
    assert error or count
