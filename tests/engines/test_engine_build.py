"""Real builds of TensorRT-RTX, on the CPU: every family in FP16, the same bytes twice, and what is refused."""

import re
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper
from precision_models import FAMILIES, OTHERS, SIZE, by_hand, exported, few, in_bf16

from ganrt.engines.onnx_file import derived, read_onnx
from ganrt.engines.precisions import lower_precision
from ganrt.engines.tensorrt.build import Recipe, build, configure
from ganrt.engines.tensorrt.compile import compile_engine
from ganrt.engines.tensorrt.network import strongly_typed
from ganrt.engines.tensorrt.profiles import ladder, parse_profile, profiles
from ganrt.engines.tensorrt.sidecar import HEADER_BYTES, read_header, read_trusted
from ganrt.engines.tensorrt.targets import ALL, NAMES, RTX_TARGETS, rtx_targets
from ganrt.engines.tensorrt.vendor import logger_of
from ganrt.errors import BackendUnavailable, BadInputFile, OutputFailed, UsageError
from ganrt.runtime.models import resolve_model

AMPERE_ON = ("sm80", "sm86", "sm89", "sm120")


@pytest.fixture
def rtx():
    return pytest.importorskip("tensorrt_rtx", reason='tensorrt_rtx is not installed: pip install "ganrt[rtx]"')


def recipe(*targets, batch="1:2:4", **options):
    return Recipe("tensorrt-rtx", targets or ALL, (parse_profile(batch),), **options)


def quiet(what, percent):
    assert isinstance(what, str)
    assert 0 <= percent <= 100


def half(model):
    made = lower_precision(model, "fp16", few(model), gate=0, budget_s=1)
    return derived(model, made.data, made.form)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_builds_in_fp16_for_all_targets(rtx, tmp_path, family):
    graph = half(exported(tmp_path, family))
    done = compile_engine(graph, recipe(), tmp_path / "out", quiet)
    data, sidecar = read_trusted(done.path)
    header = read_header(done.path, data[:HEADER_BYTES])
    assert (header.bytes, header.version) == (len(data), rtx.__version__)
    assert (sidecar.precision, sidecar.targets, sidecar.form) == ("fp16", ALL, graph.form)
    assert (sidecar.onnx_sha256, sidecar.model_sha256) == (graph.sha256, graph.derived_from)
    assert tensors(sidecar) == promised(sidecar.spec)


# Their attention's scores are so large that FP16 would lose the picture: a product stays in FP32.
WITH_FALLBACK = ("biggan-deep-ajbrock", "biggan-ivclab", "bigbigan", "infogan")


@pytest.mark.slow
@pytest.mark.parametrize("family", OTHERS)
def test_all_other_families_build_in_fp32_and_fp16(rtx, tmp_path, family):
    model = exported(tmp_path, family)
    lowered = half(model)
    targets = ("sm86",) if family in WITH_FALLBACK else ("sm75", "sm86")
    for graph, chosen in ((model, ("sm86",)), (lowered, targets)):
        done = compile_engine(graph, recipe(*chosen, batch="2"), tmp_path, quiet)
        sidecar = read_trusted(done.path)[1]
        assert sidecar == done.sidecar
        assert (sidecar.precision, sidecar.onnx_sha256, sidecar.targets) == (graph.precision, graph.sha256, chosen)
        assert tensors(sidecar) == promised(sidecar.spec)
    if family in WITH_FALLBACK:
        refused(rtx, lowered, "FP32 GEMM is not supported", "--target sm80,sm86,sm89,sm120", targets=("sm75",))


def tensors(sidecar):
    return {(tensor.mode, tensor.name): (tensor.dtype, tensor.shape) for tensor in sidecar.tensors}


def promised(spec):
    """Inputs and outputs as the contract of exported graphs has them."""
    found = {}
    if spec.latent:
        found["output" if spec.task == "encode" else "input", "z"] = ("float32", (-1, spec.latent.dim))
    if spec.image:
        found["input", "source"] = ("uint8", (-1, spec.image.height, spec.image.width, spec.image.channels))
    if spec.output:
        found["output", "image"] = ("uint8", (-1, spec.output.height, spec.output.width, spec.output.channels))
    if spec.labels:
        found["input", "labels"] = ("float32", (-1, spec.labels.count))
    if spec.statistics.mode == "input" or spec.style:
        found["input", "truncation"] = ("float32", (-1,))
    return found


def test_bf16_is_for_some_layers_and_devices_only(rtx, tmp_path):
    """Why engines are made in FP16: see docs/engines.md."""
    graphs = {}
    for family in ("csc413-A", "dcgan"):
        model = exported(tmp_path, family)
        made = lower_precision(model, "fp16", few(model), form="plain", gate=0, budget_s=1)
        graphs[family] = derived(model, in_bf16(made.data), made.form)
    build(rtx, graphs["csc413-A"], recipe(*AMPERE_ON, batch="2"), quiet)
    refused(rtx, graphs["csc413-A"], "HW-specific datatypes: b16", "--precision fp16", targets=("sm75",))
    refused(rtx, graphs["dcgan"], "deconv", "--precision fp16")


def test_the_bundled_model_in_its_size(rtx, tmp_path):
    model = read_onnx(resolve_model("avatars"))
    graph = half(model)
    done = compile_engine(graph, recipe(batch="1:8:64"), tmp_path, quiet)
    weights = sum(2 * int(np.prod(weight.shape)) for weight in graph.weights)
    assert done.sidecar.engine_bytes <= 1.1 * weights + 1e6
    assert done.path.name == "avatars-1.tensorrt-rtx.sm75+sm80+sm86+sm89+sm120.fp16.b1-8-64.engine"


@pytest.mark.slow
@pytest.mark.parametrize(("family", "batch"), [("dcgan", "ladder"), ("csc413-A", "4")])
def test_static_batches_give_the_same_bytes_twice(rtx, tmp_path, family, batch):
    model = exported(tmp_path, family)
    chosen = ladder("1,2,4") if batch == "ladder" else (parse_profile(batch),)
    for graph, targets in ((model, AMPERE_ON), (half(model), ALL)):
        plan = Recipe("tensorrt-rtx", targets, chosen)
        first, second = (build(rtx, graph, plan, quiet).data for _ in range(2))
        assert first == second


def test_an_open_batch_gives_the_same_bytes_but_for_numbers_in_names(rtx, tmp_path):
    graph = half(exported(tmp_path, "dcgan"))
    first, second = (without_numbers(build(rtx, graph, recipe(), quiet).data) for _ in range(2))
    assert first == second
    assert without_numbers(build(rtx, graph, recipe(batch="1:2:5"), quiet).data) != first


def without_numbers(data):
    """With an open batch the vendor numbers some names within the engine by chance."""
    return re.sub(rb"__mye[0-9]+", b"", data)


def test_a_sound_engine_is_kept_and_another_is_not_overwritten(rtx, tmp_path):
    graph = exported(tmp_path, "dcgan")
    assert compile_engine(graph, recipe("sm86"), tmp_path, quiet).made
    again = compile_engine(graph, recipe("sm86"), tmp_path, quiet)
    assert not again.made
    assert compile_engine(graph, recipe("sm86"), tmp_path, quiet, force=True).made
    again.path.write_bytes(b"vtrt")
    with pytest.raises(OutputFailed, match="--force"):
        compile_engine(graph, recipe("sm86"), tmp_path, quiet)


def test_several_profiles_level_and_workspace(rtx, tmp_path):
    graph = exported(tmp_path, "csc413-A")
    plan = Recipe("tensorrt-rtx", ("sm86",), ladder("1,2,4"), workspace=2**26, level=1)
    done = compile_engine(graph, plan, tmp_path, quiet)
    assert done.path.name.endswith(".b1-1-1+2-2-2+4-4-4.engine")
    assert [str(profile) for profile in done.sidecar.profiles] == ["1:1:1", "2:2:2", "4:4:4"]
    with pytest.raises(UsageError, match="--level 6: expected 0 to 5"):
        build(rtx, graph, recipe("sm86", level=6), quiet)


@pytest.mark.slow
def test_the_bundled_model_builds_in_int8(rtx, tmp_path):
    model = read_onnx(resolve_model("avatars"))
    made = lower_precision(model, "int8", few(model), gate=20, budget_s=1)
    graph = derived(model, made.data, made.form)
    done = compile_engine(graph, recipe(*AMPERE_ON, batch="1:8:64"), tmp_path, quiet)
    assert (done.sidecar.precision, done.sidecar.spec.name) == ("int8", "avatars-1")
    assert {tensor.name: tensor.dtype for tensor in done.sidecar.tensors} == {"z": "float32", "image": "uint8"}
    assert read_trusted(done.path)[1] == done.sidecar


def test_progress_is_told_and_an_interrupt_ends_the_build(rtx, tmp_path):
    graph, told = exported(tmp_path, "dcgan"), []
    build(rtx, graph, recipe("sm86"), lambda what, percent: told.append((what, percent)))
    assert told
    assert max(percent for _, percent in told) <= 100

    def interrupt(what, percent):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(rtx, graph, recipe("sm86"), interrupt)
    build(rtx, graph, recipe("sm86"), quiet)  # nothing of it is left


def refused(rtx, graph, *words, targets=("sm86",)):
    with pytest.raises(BadInputFile) as caught:
        build(rtx, graph, recipe(*targets), quiet)
    for word in words:
        assert word in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


def test_an_operator_that_is_refused_is_named_with_its_mend(rtx, tmp_path):
    nodes = [helper.make_node("Multinomial", ["x"], ["chosen"], name="dice", sample_size=SIZE),
             helper.make_node("Cast", ["chosen"], ["y"], to=TensorProto.FLOAT)]  # fmt: skip
    refused(rtx, by_hand(tmp_path, nodes), "node 'dice' (Multinomial)", "draw outside of the graph")


def test_turing_takes_no_matrix_product_in_fp32(rtx, tmp_path):
    nodes = [helper.make_node("MatMul", ["x", "square"], ["y"], name="product")]
    graph = by_hand(tmp_path, nodes, {"square": np.eye(SIZE)})
    refused(rtx, graph, "FP32 GEMM is not supported", "--target sm80,sm86,sm89,sm120", targets=("sm75",))
    build(rtx, graph, recipe(*AMPERE_ON), quiet)


def test_what_is_not_onnx_does_not_reach_the_parser(tmp_path):
    graph = by_hand(tmp_path, [helper.make_node("Tanh", ["x"], ["y"])])
    import onnx

    model = onnx.load_model_from_string(graph.data)
    model.graph.node[1].domain = "com.microsoft"
    with pytest.raises(BadInputFile, match=r"com.microsoft.Tanh is not an operator of ONNX.*\n.*ganrt export"):
        derived(graph, model.SerializeToString(), "plain")
    model.graph.node[1].domain = ""
    model.graph.node[1].input[0] = "nowhere"
    broken = derived(graph, model.SerializeToString(), "plain")
    with pytest.raises(BadInputFile, match="breaks ONNX's rules"):
        build(None, broken, recipe("sm86"), quiet)


def test_targets():
    assert rtx_targets("all") == ALL
    assert rtx_targets("RTX4090, sm75,l4") == ("sm75", "sm89")
    assert rtx_targets("sm120,rtx3060") == ("sm86", "sm120")
    assert set(NAMES.values()) == set(RTX_TARGETS)
    for text in ("sm87", "rtx3061", "", "all,", "sm"):
        with pytest.raises(UsageError, match=r"compiles for sm75, .*\n.*rtx3060"):
            rtx_targets(text)


def test_the_vendor_has_all_targets(rtx):
    assert all(hasattr(rtx.ComputeCapability, target.upper()) for target in RTX_TARGETS)


@pytest.mark.parametrize("text", ["0:1:1", "2:1:4", "1:4:2", "1:2", "", "a", "-1", "1:2:70000", "1:2:3:4", "1:2:3\n"])
def test_profiles_that_make_no_sense(text):
    with pytest.raises(UsageError, match="--batch"):
        parse_profile(text)


@given(st.integers(-5, 70000), st.integers(-5, 70000), st.integers(-5, 70000))
def test_profiles_are_ordered_or_refused(low, best, high):
    text = f"{low}:{best}:{high}"
    if 1 <= low <= best <= high <= 65536:
        assert str(parse_profile(text)) == text
    else:
        with pytest.raises(UsageError):
            parse_profile(text)


def test_ladders():
    assert [str(profile) for profile in ladder("1,8")] == ["1:1:1", "8:8:8"]
    for text in ("8,1", "1,1", "1,", "0,1", "a"):
        with pytest.raises(UsageError):
            ladder(text)
    with pytest.raises(UsageError, match="1 to 16 different"):
        profiles(["1:2:3", "1:2:3"])


class Config(SimpleNamespace):
    """A builder's configuration that keeps what it is told."""

    def set_flag(self, flag):
        self.flags = [*getattr(self, "flags", []), flag]

    def clear_flag(self, flag):
        self.cleared = flag


def tensorrt(version, **kinds):
    return SimpleNamespace(__name__="tensorrt", __version__=version, **kinds)


FLAGS = SimpleNamespace(VERSION_COMPATIBLE=11, EXCLUDE_LEAN_RUNTIME=12, TF32=7)
BUILDER = SimpleNamespace(create_builder_config=Config)


def test_options_that_a_version_does_not_have_are_refused():
    profile = (parse_profile("1"),)
    old = tensorrt("10.3.0", BuilderFlag=FLAGS, HardwareCompatibilityLevel=SimpleNamespace(AMPERE_PLUS=1))
    new = tensorrt("10.16.1", BuilderFlag=FLAGS,
                   HardwareCompatibilityLevel=SimpleNamespace(AMPERE_PLUS=1, SAME_COMPUTE_CAPABILITY=2))  # fmt: skip
    same = Recipe("tensorrt", ("sm86",), profile, version_compatible=True, hardware="same_compute_capability")
    made = configure(new, BUILDER, same)
    assert (made.flags, made.cleared, made.hardware_compatibility_level) == ([11, 12], 7, 2)
    with pytest.raises(UsageError, match=r"--hardware same_compute_capability: TensorRT 10.3.0 does not have it"):
        configure(old, BUILDER, same)
    with pytest.raises(UsageError, match="--version-compatible"):
        configure(tensorrt("12", BuilderFlag=SimpleNamespace(TF32=7)), BUILDER, same)
    with pytest.raises(UsageError, match="are for --backend tensorrt\n"):
        configure(old, BUILDER, recipe("sm86", version_compatible=True))


def test_rtx_engines_are_exact_in_fp32_and_can_be_held_by_a_graph(rtx):
    config = configure(rtx, rtx.Builder(logger_of(rtx)), recipe("sm86"))
    assert not config.get_flag(rtx.BuilderFlag.TF32)
    assert config.get_flag(rtx.BuilderFlag.REQUIRE_USER_ALLOCATION)


def test_the_flag_of_strong_types_is_never_a_literal():
    for number in (0, 1):  # TensorRT 11 and 10
        trt = SimpleNamespace(NetworkDefinitionCreationFlag=SimpleNamespace(STRONGLY_TYPED=number))
        assert strongly_typed(trt) == 1 << number


def test_tensorrt_without_a_gpu_says_so(tmp_path):
    def builder(logger):
        raise TypeError("pybind11::init(): factory function returned nullptr")

    trt = ModuleType("tensorrt")
    trt.Builder, trt.ILogger = builder, type("ILogger", (), {})
    graph = by_hand(tmp_path, [helper.make_node("Tanh", ["x"], ["y"])])
    with pytest.raises(BackendUnavailable, match="--backend tensorrt-rtx"):
        build(trt, graph, Recipe("tensorrt", ("sm86",), (parse_profile("1"),)), quiet)
