"""Checkpoints that no script writes: pickles with changed opcodes, and state dicts whose layers almost fit.

Run by hand for longer: python tests/helpers/checkpoint_fuzz.py SECONDS [SEED]
"""

from __future__ import annotations

import collections
import pickle
import pickletools
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise

MARK = "ran"  # the file that a pickle makes if any of it is run
_HOSTILE = (
    b"cposix\nsystem\n(X\x09\x00\x00\x00touch rantR",
    b"cbuiltins\nopen\n(X\x03\x00\x00\x00ranX\x01\x00\x00\x00wtR",
    b"ctorch.storage\n_load_from_bytes\n(C\x10cposix\nsystem\n(X.tR",
    b"cbuiltins\ngetattr\n(cposix\nsystem\nX\x08\x00\x00\x00__call__tR",
    b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00tC\x01btR",
)
_NAMES = ("main", "net.model", "l1", "conv_blocks", "up1", "bn1", "label_emb", "deconv", "block2.c1", "attn.query_conv")


def pickles(chance: random.Random) -> Iterator[bytes]:
    """Without end."""
    seeds = [pickle.dumps(value, protocol) for value in _values() for protocol in (2, 4, 5)]
    while True:
        data = chance.choice(seeds)
        for _ in range(chance.randint(1, 4)):
            data = _changed(data, seeds, chance)
        yield data


def _values() -> list[object]:
    weights = collections.OrderedDict((f"main.{i}.weight", np.ones((3, 3), np.float32)) for i in range(3))
    network = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 192))
    return [{"netG": weights, "epoch": 3}, {"G_ema": network, "opt": [1, (2, "x")]}, [weights, {1: weights}, {2.5}]]


def _changed(data: bytes, seeds: list[bytes], chance: random.Random) -> bytes:
    kind, cut = chance.randrange(6), sorted(_places(data, chance) for _ in range(2))
    if kind == 0:  # bits
        changed = bytearray(data)
        for _ in range(chance.randint(1, 5)):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        return bytes(changed)
    if kind == 1:  # opcodes twice
        return data[: cut[1]] + data[cut[0] :]
    if kind == 2:  # opcodes left out
        return data[: cut[0]] + data[cut[1] :]
    if kind == 3:  # the rest of another
        other = chance.choice(seeds)
        return data[: cut[0]] + other[_places(other, chance) :]
    if kind == 4:  # calls
        return data[: cut[0]] + chance.choice(_HOSTILE) + data[cut[0] :]
    return data[: cut[1]]


def _places(data: bytes, chance: random.Random) -> int:
    """Where an opcode begins; anywhere in what is no pickle any more."""
    try:
        places = [place for _, _, place in pickletools.genops(data) if place is not None]
    except Exception:
        places = list(range(len(data)))
    return chance.choice(places or [0])


def states(chance: random.Random) -> Iterator[dict[str, Tensor]]:
    """Without end: layers whose channels follow on each other, most of the time."""
    while True:
        state: dict[str, Tensor] = {}
        width, flat = chance.choice((4, 10, 64)), True
        name = chance.choice(_NAMES)
        for number in range(chance.randint(1, 9)):
            name = name if chance.random() < 0.8 else chance.choice(_NAMES)
            key = f"{name}.{number * chance.choice((1, 1, 2, 3))}"
            width, flat = _layer(state, key, width, flat, chance)
        if chance.random() < 0.3:
            key = chance.choice(list(state))
            state[key] = chance.choice(
                (torch.ones(3), torch.ones(0, 4), torch.ones(2, 2, 2, 2, 2), torch.ones(1).long())
            )
        yield state


def _layer(state: dict[str, Tensor], key: str, width: int, flat: bool, chance: random.Random) -> tuple[int, bool]:
    made = chance.choice((1, 3, 4, 8, 16, 64, 784))
    kind = chance.randrange(6)
    kernel = chance.choice((1, 3, 4, 4, 5, 7))
    if kind == 0 and flat:
        state[f"{key}.weight"] = torch.randn(made, width)
    elif kind in (0, 1, 2):
        state[f"{key}.weight"] = torch.randn(width, made, kernel, kernel)
    elif kind == 3:
        state[f"{key}.weight"] = torch.randn(made, width, kernel, kernel)
    elif kind == 4:
        for part in ("weight", "bias", "running_mean", "running_var"):
            state[f"{key}.{part}"] = torch.rand(width)
        return width, flat
    else:
        orig = torch.randn(width, made, kernel, kernel)
        state |= {f"{key}.weight_orig": orig, f"{key}.weight_u": torch.randn(chance.choice((made, width)))}
        state[f"{key}.weight_v"] = torch.randn(orig.numel() // chance.choice((made, width)))
    if chance.random() < 0.5:
        state[f"{key}.bias"] = torch.randn(made)
    return made, flat and kind == 0


def tried(path: Path) -> str:
    """What comes of a file: "read", or "refused"; anything else is raised."""
    try:
        candidate = recognise(read_file(path), None, Settings()).candidate
    except (BadInputFile, UsageError) as error:
        assert len(str(error).splitlines()) <= 3, error
        return "refused"
    assert candidate.spec.output is not None
    return "read"


def main(seconds: float, seed: int) -> None:
    chance, counts, slowest = random.Random(seed), collections.Counter[str](), 0.0
    files, networks = pickles(chance), states(chance)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pth"
        while time.monotonic() - began < seconds:
            torch_made = chance.random() < 0.5
            if torch_made:
                torch.save(next(networks), path)
            else:
                path.write_bytes(next(files))
            start = time.process_time()
            try:
                counts[f"{'state dict' if torch_made else 'pickle'} {tried(path)}"] += 1
            except BaseException:
                traceback.print_exc()
                counts["FAILED"] += 1
                kept = Path(f"fuzz-{seed}-{sum(counts.values())}.pth")
                kept.write_bytes(path.read_bytes())
            slowest = max(slowest, time.process_time() - start)
            if Path(MARK).exists():
                raise SystemExit(f"code was run: {path.read_bytes()!r}")
    print(dict(counts), f"slowest {slowest:.2f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
