"""The choice that `ganrt tune` made for a model on this machine: which backend, form, precision and batch sizes.

It holds for this model, processor, number of cores, GPU, number of threads asked for and these versions; when one of
them changes, it is as if nothing had been chosen, until somebody tunes again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ganrt.engines.cache import cache_folder, drop, find, store
from ganrt.engines.forms import PLAIN
from ganrt.engines.machine import gpu_name, package_version, processor

KINDS = _KIND, _GRAPHS = "choices", "graphs"  # the cache's folders that hold choices
_PACKAGES = ("ganrt", "onnxruntime", "onnxruntime-gpu", "openvino")


@dataclass(frozen=True)
class Choice:
    """What won.

    Attributes:
        precision: in which it computes, such as "bf16" where "fastest" was asked for.
        graph: SHA-256 of the derived graph in the cache; "" for the model's own.
        batches: the batch sizes that gave the same bytes; None where the backend takes any.
        psnr: in dB, of the worst picture against the portable FP32 form; None where all were identical.
        samples: latents or pictures that this was judged on.
        why: one sentence for people.
    """

    backend: str
    precision: str
    form: str = PLAIN
    graph: str = ""
    batches: tuple[int, ...] | None = None
    psnr: float | None = None
    samples: int = 0
    why: str = ""


def has_choices() -> bool:
    """Whether any model was tuned on this machine."""
    return any((cache_folder() / _KIND).glob("*.json"))


def remembered(model_sha256: str, precision: str, device: str = "auto", threads: int | None = None) -> Choice | None:
    """The choice for a model where `precision`, `device` and `threads` are asked for; None if there is none that holds
    here and now."""
    data = find(_KIND, _key(model_sha256, precision, device, threads), ".json")
    if data is None:
        return None
    try:
        values = json.loads(data)
        batches = values.pop("batches")
        choice = Choice(**values, batches=None if batches is None else tuple(batches))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # of another version of ganrt
        return None
    return choice if _is_sound(choice) else None


def remember(
    model_sha256: str,
    precision: str,
    choice: Choice,
    graph: bytes | None = None,
    device: str = "auto",
    threads: int | None = None,
) -> None:
    """Keeps a choice, and its derived graph. One made among the backends of one device holds for that device alone,
    one made for a number of threads for that number (None: all that the process may use).

    Raises:
        OutputFailed: the cache cannot be written.
    """
    if graph is not None:
        store(_GRAPHS, {"sha256": choice.graph}, ".onnx", graph)
    store(_KIND, _key(model_sha256, precision, device, threads), ".json", json.dumps(asdict(choice)).encode())


def forget(model_sha256: str, precision: str, device: str = "auto", threads: int | None = None) -> bool:
    """Drops the choice that holds here and now; False if there is none."""
    return drop(_KIND, _key(model_sha256, precision, device, threads), ".json")


def chosen_graph(choice: Choice) -> bytes | None:
    """The derived graph of a choice; None if it is not in the cache any more."""
    return find(_GRAPHS, {"sha256": choice.graph}, ".onnx")


def _is_sound(choice: Choice) -> bool:
    """Whether the fields that decide what runs are of their types."""
    texts = (choice.backend, choice.precision, choice.form, choice.graph)
    sizes = () if choice.batches is None else choice.batches
    return all(type(one) is str for one in texts) and all(type(one) is int and 0 < one <= 4096 for one in sizes)


def _key(model_sha256: str, precision: str, device: str = "auto", threads: int | None = None) -> dict[str, object]:
    versions = {name: package_version(name) for name in _PACKAGES}
    on_gpu = device != "cpu" and versions["onnxruntime-gpu"] is not None  # else no choice could be a GPU's
    return {
        "model": model_sha256,
        "precision": precision,
        "device": device,
        "gpu": gpu_name() if on_gpu else None,
        "threads": threads,
        "processor": processor(),
        "versions": versions,
    }
