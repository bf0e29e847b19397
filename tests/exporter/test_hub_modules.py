"""TensorFlow Hub's modules of BigGAN: bundles, tables of the graph, the network's weights, and what is refused."""

from __future__ import annotations

import importlib.util
import os
import random
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ajbrock_models import ivclab_state
from biggan_models import relative_error
from biggan_reference import ivclab
from numpy.typing import NDArray
from sources import source
from torch import Tensor

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.biggan_deep import BigGANDeep
from ganrt.exporter.keras.archive import Folder
from ganrt.exporter.keras.hub_module import read_module
from ganrt.exporter.keras.table import unpacked
from ganrt.exporter.keras.tensor_bundle import read_bundle
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise
from ganrt.exporter.source import File

ROOT = Path(__file__).parents[2]
TRUNCATIONS = torch.tensor([0.02, 0.4, 0.5, 1.0, 0.96])
Arrays = dict[str, NDArray[np.float32]]
Tables = list[NDArray[np.float32]]
Change = Callable[[Arrays, Tables], object]


@pytest.fixture(scope="module")
def tool() -> Any:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import make_random_hub_module

        return make_random_hub_module
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def config(tool: Any) -> Any:
    """biggan-deep-128 with 4 channels for 128."""
    return tool.config_of(128, 4, 6, 5)


@pytest.fixture(scope="module")
def parts(tool: Any, config: Any) -> tuple[Arrays, Tables]:
    made: tuple[Arrays, Tables] = tool.deep_module(tool.random_state(config, 3), config)
    return made


@pytest.fixture(scope="module")
def module(tool: Any, parts: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tool.write_module(tmp_path_factory.mktemp("hub") / "module", *parts, whole=True)
    return path


@pytest.fixture(scope="module")
def few(parts: tuple[Arrays, Tables]) -> tuple[Arrays, Tables]:
    """Some of its variables, and tables enough for numbers of two digits: read in a fifth of the time."""
    variables, tables = parts
    return dict(list(variables.items())[::8]), tables[:12]


@pytest.fixture(scope="module")
def small(tool: Any, few: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tool.write_module(tmp_path_factory.mktemp("small") / "module", *few, whole=True)
    return path


def built_from(path: Path) -> Candidate:
    return recognise(read_file(path), None, Settings()).candidate


def in_memory(variables: Arrays, tables: Tables) -> File:
    """What the reader makes of a module."""
    tensors = {name: torch.from_numpy(value.copy()) for name, value in variables.items()}
    tensors |= {f"statistics/{k}": torch.from_numpy(table.copy()) for k, table in enumerate(tables)}
    return File(Path("module"), (source(tensors),))


def examples(config: Any) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(1)
    labels = torch.eye(config.num_classes)
    labels[1] = torch.tensor([0.5, 0, 0.25, 0.25, 0])
    return torch.randn(len(TRUNCATIONS), config.z_dim, generator=draw), labels


def as_the_original_converter(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The checkpoint that the original library's converter makes of u0: v and u of one iteration."""
    made = dict(state)
    for key, u0 in state.items():
        if key.endswith("weight_u"):
            matrix = state[key.replace("weight_u", "weight_orig")].flatten(1)
            made[key.replace("weight_u", "weight_v")] = v = torch.nn.functional.normalize(
                matrix.T @ u0, dim=0, eps=1e-4
            )
            made[key] = torch.nn.functional.normalize(matrix @ v, dim=0, eps=1e-4)
    return made


def test_the_module_draws_what_the_checkpoint_draws(tool: Any, config: Any, module: Path) -> None:
    built = built_from(module)
    state = as_the_original_converter(tool.random_state(config, 3))
    expected = BigGANDeep().build(source(state), Settings())
    z, labels = examples(config)
    pictures = expected.module(z, labels, TRUNCATIONS)
    assert float(pictures.std()) > 0.05
    assert relative_error(built.module(z, labels, TRUNCATIONS), pictures) <= 1e-6
    assert (built.spec.family, built.spec.output) == ("biggan-deep-hub", expected.spec.output)
    assert (built.spec.latent, built.spec.statistics) == (expected.spec.latent, expected.spec.statistics)


@pytest.mark.parametrize("how", ["archive", "rows", "compressed", "two graphs", "as variables"])
def test_the_same_module_in_other_wrappings(tool: Any, few: Any, small: Path, tmp_path: Path, how: str) -> None:
    variables, tables = few
    path = tmp_path / "other"
    if how == "archive":
        path = tmp_path / "module.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            archive.add(small, ".")
    elif how == "two graphs":
        tool.write_module(path, variables, tables)
        others = tool.graph_of([table + 1 for table in tables], whole=True)
        graphs = [("train", others), ("", tool.graph_of(tables, whole=True))]
        (path / "saved_model.pb").write_bytes(tool.saved_model(graphs))
    elif how == "as variables":
        tool.write_module(path, variables | {f"table_{k}": table for k, table in enumerate(tables)}, [])
        nodes = [
            tool.node(f"t_{k}", "VarHandleOp", [], {"shared_name": tool.field(2, f"table_{k}".encode())})
            for k in range(len(tables))
        ]
        (path / "saved_model.pb").write_bytes(tool.saved_model([("", b"".join(reversed(nodes)))]))
    else:
        tool.write_module(path, variables, tables, compressed=how == "compressed", whole=how == "compressed")
    made, expected = (read_file(each).sources[0].tensors for each in (path, small))
    assert {name for name in made if not name.startswith("table_")} == set(expected)
    assert all(torch.equal(made[name], tensor) for name, tensor in expected.items())


@pytest.mark.slow
def test_the_module_draws_what_tensorflow_draws(config: Any, parts: Any, tmp_path: Path) -> None:
    """A graph of TensorFlow 1 that TensorFlow saves and runs. GANRT_TENSORFLOW: a Python that has it."""
    python = os.environ.get("GANRT_TENSORFLOW", sys.executable)
    if python == sys.executable and importlib.util.find_spec("tensorflow") is None:
        pytest.skip("tensorflow is not installed: name a Python that has it in GANRT_TENSORFLOW")
    variables, tables = parts
    z, labels = examples(config)
    given = {
        **variables, **{f"table{k}": table for k, table in enumerate(tables)}, "attention": np.array(config.attention),
        "layers": np.array([(layer.up, layer.inputs, layer.outputs) for layer in config.layers]), "z": z.numpy(),
        "y": labels.numpy(), "truncation": TRUNCATIONS.numpy(),
    }  # fmt: skip
    np.savez(tmp_path / "weights.npz", **given)
    script = Path(__file__).parents[1] / "helpers" / "tensorflow_module.py"
    files = [tmp_path / name for name in ("weights.npz", "module", "pictures.npz")]
    done = subprocess.run([python, script, *files], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    pictures = np.load(tmp_path / "pictures.npz")["pictures"].transpose(0, 3, 1, 2)
    error = relative_error(built_from(tmp_path / "module").module(z, labels, TRUNCATIONS), pictures)
    print(f"max error {error:.2g} of the largest value")
    assert error <= 1e-4


def test_bundles_of_several_shards_and_blocks(tool: Any, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    tensors = {f"layer_{k}/{'deep/' * (k % 7)}w": draw.normal(size=(k % 5, 3)).astype("f4") for k in range(150)}
    for compressed in (False, True):
        tool.write_bundle(tmp_path / "v", tensors, shards=3, compressed=compressed)
        read = read_bundle(Folder.on_disk(tmp_path, 2**30), "v")
        assert list(read) == sorted(tensors)
        assert all(np.array_equal(read[name].numpy(), tensor) for name, tensor in tensors.items())


def test_snappys_elements() -> None:
    """A literal, a literal with its length beside it, and copies with offsets of 1, 2 and 4 bytes, one overlapping."""
    long = bytes(range(70))
    block = bytes([8, *b"\x0cabcd", 0x05 - 4 + 0, 4])  # 4 bytes from 4 back
    assert unpacked(block, 100) == b"abcdabcd"
    assert unpacked(bytes([77]) + b"\xf0\x45" + long + b"\x1a\x45\0", 100) == long + long[1:8]
    assert unpacked(bytes([11]) + b"\x00x" + b"\x27\x01\0\0\0", 100) == b"x" * 11
    for damaged in (
        b"\x08\x0cabcd",
        b"\x09" + block[1:],
        bytes([8, *b"\x0cabcd", 1, 9]),
        b"\x64",
        bytes([8, *b"\xf0abcd"]),
    ):
        with pytest.raises(ValueError, match="block"):
            unpacked(damaged, 100)
    with pytest.raises(ValueError, match="of 8 bytes"):
        unpacked(block, 7)


def test_many_small_parts_are_read_in_linear_time(tool: Any) -> None:
    """Copies from far back in a compressed block, and a constant whose values come one by one."""
    size, copies, values = 2**21, 200_000, 120_000
    literal = b"\xf8" + (size - 1).to_bytes(3, "little") + bytes(size)
    block = tool.varint(size + copies) + literal + (b"\x03" + size.to_bytes(4, "little")) * copies
    shape = tool.field(2, tool.field(2, tool.number(1, 50)) + tool.field(2, tool.number(1, values // 50)))
    tensor = tool.number(1, 1) + shape + (b"\x2d" + np.float32(3).tobytes()) * values
    node = tool.node("stack_1", "Const", [], {"value": tool.field(8, tensor)})
    began = time.process_time()
    assert len(unpacked(block, 2**22)) == size + copies
    tables = read_module(tool.saved_model([("", node)]), {})
    assert time.process_time() - began < 5
    assert torch.equal(tables["statistics/0"], torch.full((50, values // 50), 3.0))


def _dropped(name: str) -> Change:
    return lambda variables, tables: variables.pop(name)


def _renamed(variables: Arrays, tables: Tables) -> None:
    for name in [name for name in variables if "GenZ" in name]:
        variables[name.replace("GenZ", "Z")] = variables.pop(name)


def _more(variables: Arrays, tables: Tables) -> None:
    variables["Generator/GBlock/conv9/w/ema_0.9999"] = np.ones((1, 1, 2, 2), np.float32)


def _negative(variables: Arrays, tables: Tables) -> None:
    tables[1] = -tables[1]


REFUSED: dict[str, tuple[Change, str]] = {
    "a table less": (lambda variables, tables: tables.pop(), "makes 81 tables of 50 or 51 rows\nexpected 82"),
    "no tables": (lambda variables, tables: tables.clear(), "makes 0 tables"),
    "tables in another order": (lambda variables, tables: tables.reverse(), "Generator/BatchNorm.variances"),
    "a negative variance": (_negative, "negative variances"),
    "no u0": (_dropped("Generator/GBlock_2/conv1/u0"), "missing: Generator/GBlock_2/conv1/u0"),
    "no bias": (_dropped("Generator/GBlock_2/conv1/b/ema_0.9999"), "missing: Generator/GBlock_2/conv1/b"),
    "something more": (_more, "unexpected: Generator/GBlock/conv9/w"),
    "another module": (_renamed, "no known family"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_whole_module(parts: Any, what: str) -> None:
    variables, tables = dict(parts[0]), [table.copy() for table in parts[1]]
    change, message = REFUSED[what]
    change(variables, tables)
    with pytest.raises(BadInputFile) as caught:
        recognise(in_memory(variables, tables), None, Settings())
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_graphs_that_would_fill_the_memory_or_never_end(tool: Any) -> None:
    """A constant of a few bytes that stands for 13 MB, packed again and again; nodes in a circle; nodes of nothing."""
    row = tool.field(2, tool.number(1, 65536))
    tensor = tool.number(1, 1) + tool.field(2, row) + tool.field(4, b"\0\0\x80?")
    nodes = tool.node("one", "Const", [], {"value": tool.field(8, tensor)})
    nodes += b"".join(tool.node(f"stack_{k}", "Pack", ["one"] * 51, {}) for k in range(30))
    with pytest.raises(BadInputFile, match="tables of more than"):
        read_module(tool.saved_model([("", nodes)]), {})
    circle = tool.node("a", "Identity", ["b"], {}) + tool.node("b", "Identity", ["a"], {})
    circle += tool.node("c", "Pack", ["a"] * 51, {}) + tool.node("d", "Pack", ["nothing"] * 51, {})
    circle += tool.graph_of([np.ones((7, 3), np.float32)], whole=True)  # rows of no known truncations
    assert read_module(tool.saved_model([("", circle)]), {}) == {}


def test_damaged_modules_are_refused_and_nothing_else(tool: Any, few: Any, small: Path, tmp_path: Path) -> None:
    graph, index = (small / "saved_model.pb").read_bytes(), (small / "variables" / "variables.index").read_bytes()
    draw, refused = random.Random(0), 0
    path = tool.write_module(tmp_path / "module", *few)
    for k in range(60):
        name, data = (("saved_model.pb", graph), ("variables/variables.index", index))[k % 2]
        broken = bytearray(data[: draw.randrange(len(data))] if k % 3 == 0 else data)
        for _ in range(draw.randrange(1, 4)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        (path / name).write_bytes(broken)
        try:
            read_file(path)
        except BadInputFile:
            refused += 1
        (path / name).write_bytes(data)
    assert refused > 30


def plain_module() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """A small BigGAN of 128 pixels in ivclab's layout (u and v of one iteration), and as a module: its tensors."""
    state, made = ivclab_state(), {}
    for key in [key for key in state if key.endswith("weight_u")]:
        weight = state[key.replace("weight_u", "weight_orig")]
        matrix = (weight.permute(0, 2, 3, 1) if weight.ndim == 4 else weight).flatten(1)
        made[key.replace("weight_u", "weight_u0")] = state[key][None].clone()
        v = torch.nn.functional.normalize(matrix.T @ state[key], dim=0)
        state[key.replace("weight_u", "weight_v")], state[key] = v, torch.nn.functional.normalize(matrix @ v, dim=0)
    for key, tensor in state.items():
        if not key.endswith(("weight_u", "weight_v", "num_batches_tracked", "running_mean", "running_var")):
            made[key] = tensor
    module, tables = {}, {}
    for key, tensor in made.items():
        name = re.sub(r"^gblock", "Generator/GBlock", key).replace(".hyperbn", ".HyperBN").replace("g_z.g_l", "G_Z.G_l")
        name = re.sub(r"^(attention|conv_2d|G_Z)", r"Generator/\1", name)
        name = name.replace("scaledcrossreplicabn.weight", "Generator/ScaledCrossReplicaBN/gamma")
        name = name.replace("scaledcrossreplicabn.bias", "Generator/ScaledCrossReplicaBN/beta")
        name = (
            re.sub(r"\.weight(_orig)?$", "/w", name)
            .replace(".weight_u0", "/u0")
            .replace(".bias", "/b")
            .replace(".", "/")
        )
        if key.endswith(("standing_means", "standing_vars")):
            tables[key] = tensor
        elif key.endswith("u0"):
            module[name] = tensor
        else:
            value = tensor.permute(2, 3, 1, 0) if tensor.ndim == 4 else tensor.T if tensor.ndim == 2 else tensor
            module[f"{name}/ema_b999900"] = tensor if key == "linear.weight" else value.contiguous()
    norms = [f"gblock{f'_{i}' if i else ''}.hyperbn{k}.crossreplicabn" for i in range(5) for k in ("", "_1")]
    parts = ("standing_means", "standing_vars")
    ordered = [tables[f"{norm}.{part}"] for norm in (*norms, "scaledcrossreplicabn") for part in parts]
    return state, module | {f"statistics/{k}": table for k, table in enumerate(ordered)}


def test_the_plain_generator() -> None:
    """Against the slow reference: 50 rows, and 51 of which the first is truncation 0."""
    state, module = plain_module()
    for rows in (50, 51):
        if rows == 51:
            first = {key: t[:1] * 0 + 1 for key, t in module.items() if key.startswith("statistics/")}
            module |= {key: torch.cat([row, module[key]]) for key, row in first.items()}
        built = recognise(File(Path("module"), (source(module),)), None, Settings()).candidate
        z, labels, values = (
            torch.randn(3, 18, generator=torch.Generator().manual_seed(0)),
            torch.eye(5)[:3],
            [1.0, 0.5, 0.33],
        )
        expected = ivclab(state, z, labels, values)
        assert relative_error(built.module(z, labels, torch.tensor(values)), expected) <= 1e-4
        assert built.spec.family == "biggan-hub"
        assert built.spec.statistics.low == (0.02 if rows == 50 else 0.0)


def test_the_plain_generator_without_tables() -> None:
    """Its accumulated statistics are those of truncation 1; they may be sums."""
    state, module = plain_module()
    norms = [f"Generator/GBlock{f'_{i}' if i else ''}/CrossReplicaBN{k}" for i in range(5) for k in ("", "_1")]
    for number, norm in enumerate([*norms, "Generator/ScaledCrossReplicaBNbn"]):
        times = 4.0 if number % 2 else 0.0
        for k, part in enumerate(("mean", "var")):
            table = module.pop(f"statistics/{2 * number + k}")
            module[f"{norm}/accumulated_{part}"] = table[-1] * (times or 1)
        module[f"{norm}/accumulation_counter"] = torch.tensor(times)
    built = recognise(File(Path("module"), (source(module),)), None, Settings()).candidate
    z, labels = torch.randn(2, 18, generator=torch.Generator().manual_seed(0)), torch.eye(5)[:2]
    assert relative_error(built.module(z, labels), ivclab(state, z, labels, [1.0, 1.0])) <= 1e-4
    assert (built.spec.statistics.mode, built.spec.statistics.value) == ("frozen", 1.0)
    with pytest.raises(UsageError, match="of truncation 1 alone"):
        recognise(File(Path("module"), (source(module),)), None, Settings(freeze=0.5))
    del module["Generator/GBlock_3/CrossReplicaBN/accumulated_var"]
    with pytest.raises(BadInputFile, match="missing: Generator/GBlock_3/CrossReplicaBN/accumulated_var"):
        recognise(File(Path("module"), (source(module),)), None, Settings())
