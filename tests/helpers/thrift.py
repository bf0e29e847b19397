"""What takes the most time in tests, and shows nothing.

- torch.onnx.export makes the same tables of operators anew in every call, which takes longer than all the rest. In the
  process of the tests they are kept; the programs that tests start make them as they always do.
- After an export, onnxscript tries each of its patterns on each node, and finds only then that the node's operator is
  another. In the process of the tests that is asked first.
- The garbage collector goes through all objects of torch's modules, and through all that earlier tests left, again and
  again, unless it is told that they stay. A test that collects garbage to see what is freed takes a second each time.
- Threads of ONNX Runtime spin while they wait for work: quick on an idle machine, half of the time on a busy one.
"""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SPINNING = "session.intra_op.allow_spinning"


def spare(path: Path) -> None:
    """Before each test, of the file at `path`: what is loaded by now. The first export of a process is as any other."""
    _keep_tables()
    _keep("onnxscript.rewriter._matcher", "SimplePatternMatcher.match", _of_its_operator)
    _keep_what_is_there(path)
    _let_threads_sleep()


_file: Path | None = None


def _keep_what_is_there(path: Path) -> None:
    """Between two files: nothing of a test is there then, but what stays until the end."""
    global _file
    if path != _file:
        gc.collect()
        gc.freeze()
        gc.set_threshold(5_000, 10, 10)  # 700 otherwise
        _file = path


def _let_threads_sleep() -> None:
    module: Any = sys.modules.get("onnxruntime")
    if module is None or not isinstance(getattr(module, "InferenceSession", None), type):
        return  # not loaded, or a double
    if module.InferenceSession.__module__ != "onnxruntime.capi.onnxruntime_inference_collection":
        return

    class InferenceSession(module.InferenceSession):  # type: ignore[misc, name-defined]
        def __init__(self, model: Any, sess_options: Any = None, *arguments: Any, **options: Any) -> None:
            sess_options = sess_options or module.SessionOptions()
            try:
                sess_options.get_session_config_entry(_SPINNING)
            except RuntimeError:  # not said yet
                sess_options.add_session_config_entry(_SPINNING, "0")
            super().__init__(model, sess_options, *arguments, **options)

    module.InferenceSession = InferenceSession


def _keep_tables() -> None:
    """A torch whose private functions have other names just takes its time."""
    _keep("torch.onnx._internal.exporter._registration", "ONNXRegistry.from_torchlib", lambda f: staticmethod(_kept(f)))
    _keep("torch.onnx._internal.exporter._decomp", "create_onnx_friendly_decomposition_table", _copied)
    _keep("torch._export.utils", "_materialize_cpp_cia_ops", _kept)  # nobody here adds operators to torch


def _keep(module: str, name: str, kept: Callable[[Any], Any]) -> None:
    owner: Any = sys.modules.get(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part, None)
    function = getattr(owner, last, None)
    if function is not None and not hasattr(function, "__wrapped__"):
        found = kept(function)
        setattr(owner, last, found)


def _kept(function: Callable[..., Any]) -> Any:
    return functools.wraps(function)(functools.cache(function))


def _copied(function: Callable[[set[Any]], dict[Any, Any]]) -> Any:
    """Its table is written to by who asked for it."""
    kept = functools.cache(lambda operators: function(set(operators)))
    return functools.wraps(function)(lambda operators: dict(kept(frozenset(operators))))


def _of_its_operator(match: Callable[..., Any]) -> Callable[..., Any]:
    """The first thing that matching a node compares, before all that it prepares for the rest."""
    basics: Any = sys.modules["onnxscript.rewriter._basics"]

    @functools.wraps(match)
    def quick(self: Any, model: Any, graph: Any, node: Any, **options: Any) -> Any:
        if not self.pattern.output_nodes[0].op.matches(node.op_type):
            return basics.MatchResult().fail("another operator")
        return match(self, model, graph, node, **options)

    return quick
