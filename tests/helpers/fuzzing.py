"""Fuzzers of everything that ganrt reads: changed files are read or refused in words, by each reader, and nothing else.

A fault is: an error that is none of ours (which the command line would call internal), more than three lines, a signal,
30 seconds of processor time, more than 1 GiB for an input below 10 MB, a file written or a program started outside, a
connection.

    python tests/helpers/fuzzing.py [--seconds 5] [--seed 0] [--jobs 2] [--only TARGET ...] [--table FILE]

Each target runs in a process of its own, for that many seconds of processor time; the corpus of what was found
(tests/fixtures/hostile) goes first. Inputs that show a fault are kept in fuzz-found/.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout, suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HELPERS = Path(__file__).parent
HOSTILE = HELPERS.parent / "fixtures" / "hostile"
_LONGEST_S = 30  # of processor time: other programs may hold up the clock's
_LONGEST_WAIT_S = 300  # of the clock, for what waits and does not work
_MOST_MEMORY = 2**30
_OWN_CHILDREN = ("ganrt.trial", "'uname', '-p'")  # the second: Python's platform module, when torch asks for it
_INTERESTING = (
    *(0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**400, 1.5, 1e308, -0.0, float("nan"), float("inf"), True, None),
    *("", "9" * 5000, "-1", "1e999", "a\x1b[31m\nb", "../../up", "/etc/passwd", "\ud800", [], {}, [[]] * 50, {"": {}}),
)
_WORDS = (
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x7f\xff\xff\xff",
    b"9" * 30,
    b"-1",
    b"[" * 2000,
    b"\xed\xa0\x80",
    b"\n",
    b"\0",
)


@dataclass(frozen=True)
class Target:
    """What is changed, how, and what reads it."""

    seeds: list[bytes]
    read: Callable[[bytes], object]
    change: Callable[[bytes, random.Random], bytes]
    corpus: tuple[str, ...] = ()


def bits(data: bytes, chance: random.Random) -> bytes:
    """A few flips, cuts, copies and words."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, kind = chance.randrange(len(made) + 1), chance.randrange(6)
        end = min(len(made), at + chance.choice((1, 4, 30, 300)))
        if kind <= 1 and at < len(made):
            made[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            del made[at:end]
        elif kind == 3:
            made[at:at] = made[at:end]
        elif kind == 4:
            word = chance.choice(_WORDS)
            made[at : at + len(word)] = word
        elif chance.random() < 0.3:
            del made[at:]
    return bytes(made)


def values_in(data: bytes, chance: random.Random) -> bytes:
    """JSON with one to three of its values, or names, replaced; sometimes its bytes."""
    if chance.random() < 0.15:
        return bits(data, chance)
    document = json.loads(data)
    for _ in range(chance.randint(1, 3)):
        places = list(_places(document))
        if not places:
            break
        holder, key = chance.choice(places)
        if chance.random() < 0.15 and isinstance(holder, dict):
            holder[chance.choice(("x", "", "a\nb", str(key) + "2"))] = holder.pop(key)
        elif chance.random() < 0.1:
            del holder[key]
        else:
            holder[key] = deepcopy(chance.choice((*_INTERESTING, chance.choice(places)[0])))
    return json.dumps(document).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)


def command(*arguments: object) -> None:
    """One of ganrt's commands; the errors that it prints are raised again."""
    from ganrt.cli.main import main
    from ganrt.errors import BadInputFile

    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
    if code == 130:
        raise KeyboardInterrupt
    if code == 70:
        raise RuntimeError(said.getvalue()[-600:])
    if "error: " in said.getvalue():
        raise BadInputFile(said.getvalue().partition("error: ")[2].rstrip())


def _in_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def reading(data: bytes) -> object:
        Path(name).write_bytes(data)
        return read(Path(name))

    return reading


def checkpoints() -> Target:
    import checkpoint_fuzz
    import safetensors.torch
    import torch

    seeds = []
    chance = random.Random(1)
    for state, _ in zip(checkpoint_fuzz.states(chance), range(12), strict=False):
        buffer = io.BytesIO()
        torch.save({"netG": state, "epoch": 3}, buffer)
        seeds.append(buffer.getvalue())
        seeds.append(safetensors.torch.save({key: value.contiguous() for key, value in state.items()}))
    return Target(seeds, _in_file("a.pth", checkpoint_fuzz.tried), bits)


def chains() -> Target:
    import checkpoint_fuzz
    import torch

    made = {"states": iter(())}

    def change(_: bytes, chance: random.Random) -> bytes:
        made["states"] = made["states"] if "chance" in made else checkpoint_fuzz.states(chance)
        made["chance"] = iter(())
        buffer = io.BytesIO()
        torch.save(next(made["states"]), buffer)
        return buffer.getvalue()

    return Target([b""], _in_file("a.pth", checkpoint_fuzz.tried), change)


def pickles() -> Target:
    import checkpoint_fuzz

    streams: dict[random.Random, Iterator[bytes]] = {}

    def change(_: bytes, chance: random.Random) -> bytes:
        return next(streams.setdefault(chance, checkpoint_fuzz.pickles(chance)))

    def read(path: Path) -> object:
        found = checkpoint_fuzz.tried(path)
        assert not Path(checkpoint_fuzz.MARK).exists(), "code was run"
        return found

    return Target([b""], _in_file("a.pth", read), change, (".pkl",))


def keras() -> Target:
    import checkpoint_fuzz
    from keras_fixtures import fixtures

    files = [path.read_bytes() for path in sorted(fixtures().iterdir()) if path.suffix in (".keras", ".h5")]

    def change(data: bytes, chance: random.Random) -> bytes:
        if not data.startswith(b"PK") or chance.random() < 0.1:
            return bits(data, chance)
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(made, "w") as archive:
            for entry in given.infolist():
                inner = given.read(entry)
                archive.writestr(entry.filename, values_in(inner, chance) if entry.filename == "config.json" else inner)
        return made.getvalue()

    archives = [data for data in files if data.startswith(b"PK")]
    others = [data for data in files if not data.startswith(b"PK")]
    seeds = archives * (1 + 8 * len(others) // max(1, len(archives))) + others  # each HDF5 file costs a process
    return Target(seeds, _in_file("a.keras", checkpoint_fuzz.tried), change, (".h5", ".keras"))


def onnx_files() -> Target:
    import onnx
    from tiny_onnx import tiny_model, tiny_spec, translator_model, translator_spec

    from ganrt.engines.backends import open_model
    from ganrt.engines.onnx_file import read_onnx

    models = [tiny_model(tiny_spec()), tiny_model(tiny_spec(labels=3)), translator_model(translator_spec())]
    turn = {"count": 0}

    def read(path: Path) -> None:
        read_onnx(path).spec()
        turn["count"] += 1
        if turn["count"] % 10 == 1:  # each costs a process
            open_model(path, ("onnxruntime", "openvino")[turn["count"] // 10 % 2]).close()

    def change(data: bytes, chance: random.Random) -> bytes:
        if chance.random() < 0.4:
            return bits(data, chance)
        model = onnx.load_from_string(data)
        for _ in range(chance.randint(1, 3)):
            _change_graph(model.graph, chance)
        return bytes(model.SerializeToString())

    return Target([model.SerializeToString() for model in models], _in_file("a.onnx", read), change)


def _change_graph(graph: Any, chance: random.Random) -> None:
    node, kind = chance.choice(graph.node), chance.randrange(5)
    names = [name for one in graph.node for name in (*one.input, *one.output)]
    if kind == 0 and node.input:
        node.input[chance.randrange(len(node.input))] = chance.choice(names)
    elif kind == 1:
        node.op_type = chance.choice(
            ("Expand", "Loop", "Reshape", "Conv", "Tile", "ConstantOfShape", "X\x1b", "Einsum")
        )
    elif kind == 2 and node.attribute:
        attribute = chance.choice(node.attribute)
        attribute.i = chance.choice((-1, 0, 2**40, 2**62))
        del attribute.ints[: chance.randint(0, 2)]
    elif kind == 3 and graph.initializer:
        tensor = chance.choice(graph.initializer)
        if tensor.dims:
            tensor.dims[chance.randrange(len(tensor.dims))] = chance.choice((-1, 0, 3, 2**31, 2**62))
        if tensor.data_type == 7 and len(tensor.raw_data) >= 8:
            tensor.raw_data = chance.choice((2**33, 0, 2**64 - 1)).to_bytes(8, "little") + tensor.raw_data[8:]
    else:
        del graph.node[chance.randrange(len(graph.node))]


def specs() -> Target:
    from tiny_onnx import tiny_spec, translator_spec

    from ganrt.spec import GeneratorSpec

    made = [tiny_spec(), tiny_spec(labels=3, statistics=True), translator_spec()]
    return Target([spec.to_json().encode() for spec in made], GeneratorSpec.from_json, values_in)


def sidecars() -> Target:
    from sealed_engines import engine_bytes, sealed, sidecar_of

    from ganrt.engines.tensorrt.sidecar import Sidecar

    def change(data: bytes, chance: random.Random) -> bytes:
        changed = values_in(data, chance)
        try:
            document = json.loads(changed)
            return sealed(document).encode() if isinstance(document, dict) and chance.random() < 0.9 else changed
        except (ValueError, RecursionError):
            return changed

    return Target([sidecar_of(engine_bytes()).to_json().encode()], Sidecar.from_json, change)


def _run_file(*names: str, corpus: str = "") -> Target:
    """A file of a finished run, changed and sealed anew; audited."""
    from bulk_runs import make_drawer, make_plan, open_tiny
    from tiny_onnx import save_tiny

    from ganrt.runtime.bulk.begin import Options
    from ganrt.runtime.bulk.records import sealed
    from ganrt.runtime.bulk.run import run

    with open_tiny(save_tiny(Path("tiny.onnx"))) as generator:
        run(make_plan(generator, 4, "npy", 2), Path("o"), make_drawer(generator, encoders=1), Options())
    first = Path("o", names[0]).read_bytes()

    def change(data: bytes, chance: random.Random) -> bytes:
        changed = values_in(data, chance)
        try:
            document = json.loads(changed)
            return sealed(document) if isinstance(document, dict) and chance.random() < 0.8 else changed
        except Exception:  # what cannot be sealed goes as it is
            return changed

    def read(data: bytes) -> None:
        for name in names:
            Path("o", name).write_bytes(data)
        command("bulk", "audit", "o", "-m", "tiny.onnx", "--json")

    return Target([first], read, change, (corpus,) if corpus else ())


def manifests() -> Target:
    return _run_file("manifest.json", "manifest.plan.json")


def stats() -> Target:
    return _run_file("00000_stats.json", corpus=".json")


def identities() -> Target:
    import pyarrow
    from pyarrow import parquet

    from ganrt.runtime.bulk.identity_files import kind_of, read_rows

    table = io.BytesIO()
    parquet.write_table(pyarrow.table({"identity": ["ann", "bob"], "control:hair": ["afro", "bald"]}), table)
    texts = (
        "ann\nbob\nZoë\n",
        "identity,reroll,control:hair\nann,1,afro\nbob,0,bald\n",
        '{"identity": "ann", "reroll": 1}\n{"identity": 7}\n',
    )
    names = ("a.parquet", "a.txt", "a.csv", "a.jsonl")
    seeds = [bytes([k]) + data for k, data in enumerate([table.getvalue(), *(text.encode() for text in texts)])]

    def read(data: bytes) -> None:
        path = Path(names[0] if data.startswith(b"PAR1") else names[data[0] % 4 if data else 0])
        path.write_bytes(data if data.startswith(b"PAR1") else data[1:])
        for _ in read_rows(path, kind_of(path)):
            pass

    return Target(seeds, read, bits, (".parquet",))


def look_codes() -> Target:
    from ganrt.runtime.looks import Look

    answers = json.loads((HELPERS.parent / "looks" / "known-answers.json").read_text("utf-8"))
    seeds = [one["code"].encode() for one in answers["valid"]] + [text.encode() for text in answers["invalid"]]
    return Target(seeds, lambda data: Look.parse(data.decode("utf-8", "surrogateescape")), bits)


def kits() -> Target:
    from layered_models import save_layered

    save_layered(Path("m.onnx"))
    command("bundle", "-m", "m.onnx", "-o", "kit")
    names = sorted(p for p in Path("kit").rglob("*") if p.is_file() and len(p.parts) <= 3 and p.suffix != ".onnx")
    whole = {name: name.read_bytes() for name in names}
    seeds = [bytes([k]) + whole[name] for k, name in enumerate(names)]

    def change(data: bytes, chance: random.Random) -> bytes:
        json_file = names[data[0]].suffix == ".json"
        return data[:1] + (values_in if json_file else bits)(data[1:], chance)

    def read(data: bytes) -> None:
        name = names[data[0]]
        name.write_bytes(data[1:])
        try:
            command("bundle", "--check", "kit")
        finally:
            name.write_bytes(whole[name])

    return Target(seeds, read, change)


def caches() -> Target:
    from tiny_onnx import save_tiny

    from ganrt.engines import cache, choice
    from ganrt.engines.backends import open_model
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.engines.protocol import EngineOptions

    path = save_tiny(Path("tiny.onnx"))
    model = read_onnx(path)
    made = choice.Choice("onnxruntime", "fp32", form="plain", graph="0" * 64, batches=(1, 4), why="x")
    choice.remember(model.sha256, "fastest", made, model.data)
    (kept,) = (cache.cache_folder() / "choices").glob("*.json")
    data = kept.read_bytes()
    kept.unlink()

    def read(data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()[:32]  # else it is seen to be damaged
        place = kept.with_name(f"{kept.name[:32]}-{digest}.json")
        place.write_bytes(data)
        try:
            open_model(path, options=EngineOptions(precision="fastest")).close()
        finally:
            place.unlink()

    return Target([data], read, values_in)


def pictures() -> Target:
    import numpy as np
    from odd_pictures import encoded

    from ganrt.errors import GanrtError
    from ganrt.runtime.film.origin import read_film_origin
    from ganrt.runtime.photos import read_photo
    from ganrt.runtime.pictures import encode_png, read_origin

    image = np.random.default_rng(1).integers(0, 255, (20, 24, 3)).astype(np.uint8)
    seeds = [encoded(suffix, image) for suffix in (".png", ".jpg", ".webp", ".bmp", ".tiff")]
    seeds += [encode_png(image, {"model": "x", "seed": 1})] * 2

    def read(path: Path) -> None:
        for reader in (read_origin, read_film_origin):
            with suppress(GanrtError):
                reader(path)
        read_photo(path)

    return Target(seeds, _in_file("a.png", read), bits)


TARGETS: dict[str, Callable[[], Target]] = {
    "checkpoints": checkpoints,
    "chains": chains,
    "pickles": pickles,
    "keras": keras,
    "onnx": onnx_files,
    "specs": specs,
    "sidecars": sidecars,
    "manifests": manifests,
    "stats": stats,
    "identities": identities,
    "look codes": look_codes,
    "kits": kits,
    "caches": caches,
    "pictures": pictures,
}


class Watch:
    """Audit events that no reading makes; places below the working folder and the temporary one are its own."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.on = False
        self._own = (str(Path.cwd()), os.path.realpath(tempfile.gettempdir()), "/dev/", "/proc/self/")
        sys.addaudithook(self._hear)

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "os.system", "os.exec", "pty.spawn"):
            self.seen.append(event)
        elif event == "subprocess.Popen" and not any(own in str(given[1]) for own in _OWN_CHILDREN):
            self.seen.append(f"{event} {given[1]}"[:200])
        elif event == "open" and isinstance(given[0], str) and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            inside = os.path.realpath(given[0]).startswith(self._own) or "__pycache__" in given[0]
            self.seen += [] if inside else [f"writes {given[0]}"[:200]]


class Hung(BaseException):
    """No Exception, and no OSError above all: readers make refusals of those."""


def _hung(*_: object) -> None:
    raise Hung(f"more than {_LONGEST_S} s of processor time, or {_LONGEST_WAIT_S} s in all")


def outcome_of(target: Target, data: bytes) -> str:
    """What comes of an input: `read`, `refused`, or `FAULT` and what it was."""
    from ganrt.errors import GanrtError

    try:
        if target.read(data) == "refused":  # by a reader that says so itself
            return "refused"
    except GanrtError as error:
        return "refused" if len(str(error).splitlines()) <= 3 else f"FAULT lines: {error!r}"[:300]
    except KeyboardInterrupt:
        raise
    except BaseException:
        return "FAULT " + traceback.format_exc()[-1500:]
    return "read"


def tried(target: Target, data: bytes, watch: Watch) -> str:
    """The same under the limits of time and memory, and watched."""
    from ganrt.trial import check_growth

    outcomes: list[str] = []

    def read() -> None:
        watch.seen, watch.on = [], True
        signal.setitimer(signal.ITIMER_PROF, _LONGEST_S)
        signal.alarm(_LONGEST_WAIT_S)
        outcomes.append(outcome_of(target, data))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        watch.on = False

    try:
        check_growth(read, 1, _before() + _MOST_MEMORY)
    except MemoryError:
        return "FAULT memory"
    return f"FAULT outside: {watch.seen}" if watch.seen else outcomes[0]


def _before() -> int:
    with Path("/proc/self/status").open(encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def work(name: str, seconds: float, seed: int, kept: Path) -> dict[str, Any]:
    """One target, in this process."""
    target, watch, counts = TARGETS[name](), Watch(), collections.Counter[str]()
    chance, slowest, faults = random.Random(seed), 0.0, {}
    for clock in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(clock, _hung)
    resource.setrlimit(resource.RLIMIT_DATA, (6 * 2**30, 6 * 2**30))
    waiting = [path.read_bytes() for path in sorted(HOSTILE.iterdir()) if path.suffix in target.corpus] + target.seeds
    began = _spent()
    while waiting or _spent() - began < seconds:
        data = waiting.pop() if waiting else target.change(chance.choice(target.seeds), chance)
        Path("current").write_bytes(data)
        start = _spent()
        outcome = tried(target, data, watch)
        slowest = max(slowest, _spent() - start)
        counts[outcome.split(" ")[0]] += 1
        if outcome.startswith("FAULT"):
            kind = outcome.strip().splitlines()[-1][:160]
            if kind not in faults:
                faults[kind] = outcome
                _keep(kept, name, data)
        if _spent() - began > seconds:
            break
    return {"counts": dict(counts), "slowest": slowest, "faults": faults, "spent": _spent() - began}


def _spent() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _keep(kept: Path, name: str, data: bytes) -> None:
    kept.mkdir(exist_ok=True)
    (kept / f"{name.replace(' ', '-')}-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)


def run_apart(name: str, seconds: float, seed: int, kept: Path) -> dict[str, Any]:
    """One target in a process of its own, which may crash."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GANRT_HOME": f"{folder}/home", "OMP_NUM_THREADS": "1", "TMPDIR": folder}
        command = [sys.executable, __file__, "--work", name, "--seconds", str(seconds), "--seed", str(seed)]
        done = subprocess.run(
            [*command, "--kept", str(kept)], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode == -signal.SIGINT:
            raise KeyboardInterrupt
        try:
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        except (ValueError, IndexError):
            found = {"counts": {"FAULT": 1}, "slowest": 0, "spent": 0}
            found["faults"] = {f"the process ended with {done.returncode}": done.stderr[-2000:]}
            if Path(folder, "current").exists():  # else it ended before the first input
                _keep(kept, name, Path(folder, "current").read_bytes())
        shutil.rmtree(Path(folder, "o"), ignore_errors=True)
    return found


def row(name: str, found: dict[str, Any]) -> str:
    """One line of the table."""
    counts = found["counts"]
    tries, faults = sum(counts.values()), counts.get("FAULT", 0)
    kinds = "; ".join(found["faults"]) or "none"
    spent, slowest = f"{found['spent']:.0f}", f"{found['slowest']:.2f}"
    return f"| {name} | {spent} | {tries} | {counts.get('read', 0)} | {faults} | {slowest} | {kinds} |"


HEAD = "| Target | s of processor time | tries | read | faults | slowest, s | kinds |\n|---|---|---|---|---|---|---|"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="of processor time, a target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time")
    parser.add_argument("--only", nargs="*", choices=list(TARGETS), default=list(TARGETS))
    parser.add_argument("--table", type=Path)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--kept", type=Path, default=Path("fuzz-found"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print(json.dumps(work(given.work, given.seconds, given.seed, given.kept)))
        return 0
    rows, bad = [HEAD], 0
    print(HEAD, flush=True)

    def run(name: str) -> dict[str, Any]:
        return run_apart(name, given.seconds, given.seed, given.kept.absolute())

    pool = ThreadPoolExecutor(given.jobs)  # whose threads only wait for processes
    for name, found in zip(given.only, pool.map(run, given.only), strict=True):
        rows.append(row(name, found))
        print(rows[-1], flush=True)
        for fault in found["faults"].values():
            print(fault, file=sys.stderr, flush=True)
        bad += bool(found["faults"])
    if given.table:
        given.table.write_text("\n".join(rows) + "\n", "utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.path.insert(0, str(HELPERS))
    start = time.monotonic()
    code = main()
    print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
    sys.exit(code)
