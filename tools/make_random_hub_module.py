"""Writes a BigGAN with random weights as DeepMind published them: a module of TensorFlow Hub, without TensorFlow.

python tools/make_random_hub_module.py 128 FOLDER [--width 128] [--z 128] [--classes 1000] [--seed 0]

The folder holds saved_model.pb, tfhub_module.pb and variables/, as biggan-deep-128, -256 and -512 do: averaged weights
beside those that were averaged, u0 of the spectral norms, statistics for 51 truncations as constants of the graph. The
graph holds nothing else: TensorFlow cannot draw with it. Real modules are 128 wide and have 1000 classes.
"""

from __future__ import annotations

import argparse
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from make_random_biggan import ATTENTION, EPS, ROWS, Config, Layer, random_state
from numpy.typing import NDArray
from torch import Tensor

from ganrt.exporter.families.biggan_deep import PUBLISHED
from ganrt.exporter.keras.table import crc32c, masked

AVERAGE = "ema_0.9999"
RESTART = 16  # entries of a block between two whole keys
BLOCK = 4096
_MAGIC = 0xDB4775248B80FB57
_FLOAT = 1
Arrays = Mapping[str, NDArray[np.float32]]
Tables = Sequence[NDArray[np.float32]]


def write_module(
    folder: Path, variables: Arrays, tables: Tables, *, compressed: bool = False, whole: bool = False
) -> Path:
    """A module of `variables` whose graph makes `tables`; see `index_of` and `graph_of` for its forms."""
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(saved_model([("", graph_of(tables, whole=whole))]))
    (folder / "tfhub_module.pb").write_bytes(number(1, 3))
    write_bundle(folder / "variables" / "variables", variables, compressed=compressed)
    return folder


def write_bundle(prefix: Path, tensors: Arrays, *, shards: int = 1, compressed: bool = False) -> None:
    """TensorFlow's checkpoint: prefix.index and prefix.data-00000-of-00001 (tensor_bundle.proto)."""
    data, entries = [bytearray() for _ in range(shards)], {b"": number(1, shards) + field(3, number(1, 1))}
    for k, (name, tensor) in enumerate(sorted(tensors.items())):
        shard, raw = data[k % shards], tensor.astype("<f4").tobytes()
        shape = b"".join(field(2, number(1, size)) for size in tensor.shape)
        place = number(3, k % shards) + number(4, len(shard)) + number(5, len(raw))
        checksum = b"\x35" + struct.pack("<I", masked(crc32c(raw)))
        entries[name.encode()] = number(1, _FLOAT) + field(2, shape) + place + checksum
        shard += raw
    prefix.with_name(f"{prefix.name}.index").write_bytes(index_of(entries, compressed=compressed))
    for k, shard in enumerate(data):
        prefix.with_name(f"{prefix.name}.data-{k:05d}-of-{shards:05d}").write_bytes(shard)


def index_of(entries: Mapping[bytes, bytes], *, compressed: bool = False) -> bytes:
    """LevelDB's table (doc/table_format.md), its blocks as snappy's literals if `compressed`."""
    made, handles = bytearray(), {}

    def add(block: bytes) -> bytes:
        offset, kind = len(made), b"\x01" if compressed else b"\x00"
        if compressed:
            pieces = [block[at : at + 60] for at in range(0, len(block), 60)]
            block = varint(len(block)) + b"".join(bytes([len(piece) - 1 << 2]) + piece for piece in pieces)
        made.extend(block + kind + struct.pack("<I", masked(crc32c(block + kind))))
        return varint(offset) + varint(len(block))

    pending: dict[bytes, bytes] = {}
    for key, value in sorted(entries.items()):
        pending[key] = value
        if sum(map(len, pending.values())) >= BLOCK:
            handles[key] = add(_block(pending))
            pending = {}
    if pending:
        handles[max(pending)] = add(_block(pending))
    footer = add(_block({})) + add(_block(handles))
    return bytes(made) + footer.ljust(40, b"\0") + struct.pack("<Q", _MAGIC)


def _block(entries: Mapping[bytes, bytes]) -> bytes:
    """Keys without what they share with the key before, but for every sixteenth."""
    made, restarts, before = bytearray(), [], b""
    for k, (key, value) in enumerate(entries.items()):
        if k % RESTART == 0:
            restarts.append(len(made))
            before = b""
        shared = next(
            (i for i, (a, b) in enumerate(zip(before, key, strict=False)) if a != b), min(len(before), len(key))
        )
        made += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    restarts = restarts or [0]
    return bytes(made) + b"".join(struct.pack("<I", at) for at in restarts) + struct.pack("<I", len(restarts))


def saved_model(graphs: Iterable[tuple[str, bytes]]) -> bytes:
    """saved_model.proto: (tag, graph.proto) of each meta graph."""
    made = number(1, 1)
    for tag, graph in graphs:
        made += field(2, field(1, field(4, tag.encode()) if tag else b"") + field(2, graph))
    return made


def graph_of(tables: Tables, *, whole: bool = False) -> bytes:
    """Nodes stack, stack_1, ...: the tables, each packed of its rows or as one constant, two names apart.

    The names between are those of other stacks, as in the modules.
    """
    made = b""
    for k, table in enumerate(tables):
        name = f"stack_{2 * k + 1}"
        other = "stack" if k == 0 else f"stack_{2 * k}"
        made += node(other, "Pack", ["unit", "unit"], {"axis": number(3, 0)})
        if whole:
            made += constant(name, table)
            continue
        rows = [f"{name}/row_{r}" for r in range(len(table))]
        made += b"".join(constant(row, value) for row, value in zip(rows, table, strict=True))
        made += node(name, "Pack", rows, {"N": number(3, len(rows)), "axis": number(3, 0)})
    return constant("unit", np.ones(1, np.float32)) + made


def constant(name: str, value: NDArray[np.float32]) -> bytes:
    """A node of op Const."""
    shape = b"".join(field(2, number(1, size)) for size in value.shape)
    tensor = number(1, _FLOAT) + field(2, shape) + field(4, value.astype("<f4").tobytes())
    return node(name, "Const", [], {"dtype": number(6, _FLOAT), "value": field(8, tensor)})


def node(name: str, op: str, inputs: Sequence[str], attributes: Mapping[str, bytes]) -> bytes:
    """A node of a graph."""
    made = field(1, name.encode()) + field(2, op.encode()) + b"".join(field(3, each.encode()) for each in inputs)
    made += b"".join(field(5, field(1, key.encode()) + field(2, value)) for key, value in attributes.items())
    return field(1, made)


def number(tag: int, value: int) -> bytes:
    """A field that holds a number."""
    return varint(tag << 3) + varint(value)


def field(tag: int, value: bytes) -> bytes:
    """A field that holds bytes or a message."""
    return varint(tag << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    """A number in protocol buffers' and LevelDB's encoding."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def deep_module(
    state: Mapping[str, Tensor], config: Config
) -> tuple[dict[str, NDArray[np.float32]], list[NDArray[np.float32]]]:
    """(variables, tables) of a BigGAN-deep in the layout of huggingface/pytorch-pretrained-BigGAN."""
    variables: dict[str, NDArray[np.float32]] = {}
    for key, tensor in state.items():
        name = _name(key, config)
        if name is not None:
            value = tensor.permute(2, 3, 1, 0) if tensor.ndim == 4 else tensor.T if tensor.ndim == 2 else tensor
            if name.endswith("/u0"):
                variables[name] = tensor[None].numpy()
                continue
            variables[f"{name}/{AVERAGE}"] = value.contiguous().numpy()
            variables[name] = 0.5 * variables[f"{name}/{AVERAGE}"]  # the weights that were averaged: not to be taken
    places = [int(match[1]) for key in state if (match := re.fullmatch(r"generator\.layers\.(\d+)\.conv_0\.bias", key))]
    norms = [f"generator.layers.{place}.bn_{k}" for place in places for k in range(4)]
    parts = ("running_means", "running_vars")
    return variables, [state[f"{norm}.{part}"].numpy() for norm in (*norms, "generator.bn") for part in parts]


def _name(key: str, config: Config) -> str | None:
    """TensorFlow's name of a variable; None of what is no variable there."""
    if key.endswith(("_v", "running_means", "running_vars")):
        return None
    renamed = key.replace(".weight_orig", "/w").replace(".weight_u", "/u0")
    if key.startswith("generator.layers."):
        index, part = (renamed.split(".", 3)[2], renamed.split(".", 3)[3])
        if int(index) == config.attention:
            return f"Generator/attention/{part.replace('snconv1x1_', '')}"
        block = int(index) - (config.attention is not None and int(index) > config.attention)
        part = re.sub(r"bn_(\d)\.", lambda m: f"BatchNorm{'' if m[1] == '0' else '_' + m[1]}/", part)
        part = re.sub(r"conv_(\d)", r"conv\1", part).replace(".bias", "/b")
        return f"Generator/GBlock{f'_{block}' if block else ''}/{part}"
    return {
        "embeddings.weight": "linear/w", "generator.gen_z/w": "Generator/GenZ/G_linear/w",
        "generator.gen_z/u0": "Generator/GenZ/G_linear/u0", "generator.gen_z.bias": "Generator/GenZ/G_linear/b",
        "generator.bn.weight": "Generator/BatchNorm/scale", "generator.bn.bias": "Generator/BatchNorm/offset",
        "generator.conv_to_rgb/w": "Generator/conv_to_rgb/w", "generator.conv_to_rgb/u0": "Generator/conv_to_rgb/u0",
        "generator.conv_to_rgb.bias": "Generator/conv_to_rgb/b",
    }[renamed]  # fmt: skip


def config_of(side: int, width: int, z_dim: int, classes: int) -> Config:
    """The published configuration of `side` pixels, with other sizes."""
    layers = tuple(Layer(i % 2 == 1, width * a, width * b) for i, (a, b) in enumerate(PUBLISHED[side]))
    return Config(z_dim, classes, width, ROWS, layers, ATTENTION, EPS)


def write_random(folder: Path, config: Config, seed: int = 0) -> Path:
    """A module of random weights in `folder`, which is made."""
    variables, tables = deep_module(random_state(config, seed), config)
    return write_module(folder, variables, tables)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes a BigGAN-deep with random weights as a TensorFlow Hub module.")
    parser.add_argument("side", type=int, choices=list(PUBLISHED))
    parser.add_argument("folder", type=Path)
    for option, default in {"width": 128, "z": 128, "classes": 1000, "seed": 0}.items():
        parser.add_argument(f"--{option}", type=int, default=default)
    arguments = parser.parse_args()
    config = config_of(arguments.side, arguments.width, arguments.z, arguments.classes)
    with torch.inference_mode():
        print(write_random(arguments.folder, config, arguments.seed))
