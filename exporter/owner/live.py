"""An owner's module with its weights: from a class and a file, or as it lives in Python."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from pathlib import Path

from torch import nn

from ganrt.errors import UsageError
from ganrt.exporter.foreign.kinds import foreign_kind
from ganrt.exporter.options import Settings
from ganrt.exporter.owner.candidate import owners_candidate
from ganrt.exporter.owner.code import build
from ganrt.exporter.owner.reference import Code
from ganrt.exporter.owner.weights import load_weights
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import Recognised
from ganrt.exporter.source import Source


def read_by_code(code: Code, checkpoint: Path, settings: Settings) -> Recognised:
    """Builds the class and loads the network of `checkpoint` that fits it. Runs the owner's code.

    Raises:
        BadInputFile: the code fails, or no network fits. UsageError: an option that makes no sense.
    """
    kind = foreign_kind(checkpoint)
    if kind is not None:
        raise UsageError(f"{checkpoint} is a whole network ({kind}): it needs no class\nleave --code away")
    file = read_file(checkpoint)  # before the code runs, which may change the working folder
    module, numbers = build(code, file.said)
    what = f"{code.name or type(module).__name__} of {Path(code.place).name}"
    source = load_weights(module, file, settings.network, what)
    return Recognised(source, owners_candidate(module, numbers, settings, what))


def read_module(module: nn.Module, settings: Settings, numbers: Mapping[str, int] | None = None) -> Recognised:
    """A copy of a module that lives, in eval mode on the CPU.

    Raises:
        UsageError: it is no module, or cannot be copied. BadInputFile: see `owners_candidate`.
    """
    if not isinstance(module, nn.Module):
        raise UsageError(f"expected a torch.nn.Module or the path of a checkpoint, not {type(module).__name__}")
    try:
        copied = copy.deepcopy(module)
    except Exception as error:  # whatever a module's attributes raise
        raise UsageError(
            f"{type(module).__name__} cannot be copied: {error}\nexport it before it is trained on"
        ) from error
    copied = copied.float().cpu().eval().requires_grad_(False)
    what = f"{type(module).__name__}, a live module"
    digest = hashlib.sha256()
    state = copied.state_dict()
    for key, tensor in state.items():
        digest.update(key.encode() + tensor.contiguous().numpy().tobytes())
    size = sum(tensor.nbytes for tensor in state.values())
    source = Source(Path(type(module).__name__), "module", size, digest.hexdigest(), state)
    return Recognised(source, owners_candidate(copied, numbers or {}, settings, what))
