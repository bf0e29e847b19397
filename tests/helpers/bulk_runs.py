"""Running bulk generation in tests: in this process, or in one of its own that may be killed."""

import os
import subprocess
import sys
from pathlib import Path

from ganrt.runtime.bulk.describe import describe, describe_drawing
from ganrt.runtime.bulk.pipeline import Drawer
from ganrt.runtime.bulk.plan import Plan, make_layout
from ganrt.runtime.generator import load
from ganrt.runtime.sampling import NO_TRUNCATION

ROOT = Path(__file__).parents[2]


def make_plan(generator, count=50, format="webdataset", size=16, seed=3, start=7, **layout):
    """A plan of a range of indices."""
    made = make_layout(format, size=size, **layout)
    drawing = describe_drawing(generator, NO_TRUNCATION, None)
    return Plan(count, seed, start, None, None, describe(generator, made), drawing, made)


def make_drawer(generator, **options):
    """A drawer without options."""
    return Drawer(generator, NO_TRUNCATION, None, **options)


def open_tiny(path):
    """The tiny model, in ONNX Runtime."""
    return load(path, backend="onnxruntime", threads=1)


def contents(folder):
    """Every file in a folder: name -> bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def start(*arguments, cwd, program=None):
    """`ganrt ARGUMENTS` in a process of its own, running."""
    command = [sys.executable, *(("-c", program) if program else ("-m", "ganrt")), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
