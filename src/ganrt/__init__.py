"""ganrt: from a trained GAN generator to images at real-time frame rates.

Importing this package is cheap; each name below is loaded when it is first used. It switches off the telemetry of ONNX
Runtime for this process, which must happen before anybody imports that.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ganrt.offline import keep_offline

if TYPE_CHECKING:
    from ganrt.errors import BackendUnavailable as BackendUnavailable
    from ganrt.errors import BadInputFile as BadInputFile
    from ganrt.errors import GanrtError as GanrtError
    from ganrt.errors import NegativeResult as NegativeResult
    from ganrt.errors import OutputFailed as OutputFailed
    from ganrt.errors import SpecError as SpecError
    from ganrt.errors import UsageError as UsageError
    from ganrt.exporting import export as export
    from ganrt.runtime.generator import Generator as Generator
    from ganrt.runtime.generator import draw as draw
    from ganrt.runtime.generator import load as load
    from ganrt.runtime.identity import identity_index as identity_index
    from ganrt.runtime.latents import latents as latents
    from ganrt.runtime.looks import Look as Look
    from ganrt.runtime.pace import even_pace as even_pace
    from ganrt.runtime.portrait import portrait as portrait
    from ganrt.runtime.sampling import Truncation as Truncation
    from ganrt.runtime.walk import walk as walk
    from ganrt.runtime.walk_path import Walk as Walk
    from ganrt.spec import GeneratorSpec as GeneratorSpec

__version__ = "0.2.0"

keep_offline()

_LAZY = {
    "BackendUnavailable": "ganrt.errors",
    "BadInputFile": "ganrt.errors",
    "GanrtError": "ganrt.errors",
    "Generator": "ganrt.runtime.generator",
    "GeneratorSpec": "ganrt.spec",
    "Look": "ganrt.runtime.looks",
    "NegativeResult": "ganrt.errors",
    "OutputFailed": "ganrt.errors",
    "SpecError": "ganrt.errors",
    "Truncation": "ganrt.runtime.sampling",
    "UsageError": "ganrt.errors",
    "Walk": "ganrt.runtime.walk_path",
    "draw": "ganrt.runtime.generator",
    "export": "ganrt.exporting",
    "even_pace": "ganrt.runtime.pace",
    "identity_index": "ganrt.runtime.identity",
    "latents": "ganrt.runtime.latents",
    "load": "ganrt.runtime.generator",
    "portrait": "ganrt.runtime.portrait",
    "walk": "ganrt.runtime.walk",
}
__all__ = ["__version__", *_LAZY]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'ganrt' has no attribute '{name}'")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
