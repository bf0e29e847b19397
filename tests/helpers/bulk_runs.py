"""Running bulk generation in tests: in this process, or in one of its own that may be killed."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from ganrt.runtime.bulk.describe import describe, describe_drawing
from ganrt.runtime.bulk.pipeline import Drawer
from ganrt.runtime.bulk.plan import Plan, make_layout
from ganrt.runtime.bulk.records import SEAL, canonical, sealed
from ganrt.runtime.generator import load

ROOT = Path(__file__).parents[2]


def make_plan(generator, count=50, format="webdataset", size=16, seed=3, start=7, **layout):
    """A plan of a range of indices."""
    made = make_layout(format, size=size, **layout)
    drawing = describe_drawing(generator)
    return Plan(count, seed, start, None, None, describe(generator, made), drawing, made)


def make_drawer(generator, **options):
    """A drawer without options."""
    return Drawer(generator, **options)


def open_tiny(path):
    """The tiny model, in ONNX Runtime."""
    return load(path, backend="onnxruntime", threads=1)


def contents(folder):
    """Every file in a folder: name -> bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def without_place(files):
    """Such contents but for where the model's file lies, which folders and stores say differently."""
    told = {name: json.loads(data) for name, data in files.items() if name.startswith("manifest.")}
    bare = {
        name: {k: v for k, v in document.items() if k not in ("model_file", SEAL)} for name, document in told.items()
    }
    return {**files, **bare}


def rewrite(path, change, seal=True):
    """Changes what a JSON file of a run says: change(document). It gets a new seal, or none, as 0.1.0 wrote it."""
    document = json.loads(path.read_bytes())
    for name in (SEAL, *(() if seal else ("model_file",))):
        document.pop(name, None)
    change(document)
    if not seal:
        document.pop("format_version", None)
        if path.name == "manifest.json":
            document["format_version"] = "1.0"
    path.write_bytes(sealed(document) if seal else canonical(document))


def as_0_1_0(folder):
    """Makes a run what ganrt 0.1.0 would have left of it: nothing has a seal."""
    hashes = {}
    for path in folder.glob("*_stats.json"):
        rewrite(path, lambda _: None, seal=False)
        hashes[path.name.partition("_")[0]] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.plan.json").unlink()

    def relist(document):
        for entry in document.get("shards", ()):
            entry["stats_sha256"] = hashes[entry["name"]]

    rewrite(folder / "manifest.json", relist, seal=False)


def start(*arguments, cwd, program=None, stdin=None, stderr=subprocess.PIPE):
    """`ganrt ARGUMENTS` in a process of its own, running."""
    command = [sys.executable, *(("-c", program) if program else ("-m", "ganrt")), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=cwd, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, text=True
    )
