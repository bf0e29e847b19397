"""What keys and sliders of the live window mean, apart from any window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ganrt.controls import Control
from ganrt.runtime.settings import Settings, number_text, overridden

if TYPE_CHECKING:
    from ganrt.runtime.latent_files import LatentFile
    from ganrt.runtime.settings import Settings

S = TypeVar("S", bound="WindowState")
HELP = (
    "space  pause, resume",
    "n, p   other seeds, those before",
    "s      save this frame",
    "l      low latency or smooth",
    "f      full screen",
    "h      this help",
    "q, Esc quit",
)


@dataclass(frozen=True, kw_only=True)
class WindowState:
    """What keys change in every live window; `saves`: how many frames were asked to be saved so far."""

    help: bool = False
    full_screen: bool = False
    quit: bool = False
    saves: int = 0
    actions: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "s": lambda state: replace(state, saves=state.saves + 1),
        "f": lambda state: replace(state, full_screen=not state.full_screen),
        "h": lambda state: replace(state, help=not state.help),
        "q": lambda state: replace(state, quit=True),
        "\x1b": lambda state: replace(state, quit=True),
    }


@dataclass(frozen=True)
class PlayState(WindowState):
    """All that can be changed while it plays.

    Attributes:
        seeds: the keyframes; `n` and `p` move all of them by their number.
        truncation: None: as the walk came.
        micro_batch: frames a batch; None: what the latency makes of it, until the slider is moved.
        pinned: edits of every latent, such as 0:4=1; "" for none.
        latents, identities: the keyframes in place of seeds.
        controls: what named controls are set to.
    """

    seeds: tuple[int, ...]  # none where identities or latents are given
    truncation: float | None = None
    speed: float = 1.0
    label: int = 0
    micro_batch: int | None = None
    latency: str = "low"
    pinned: str = ""
    controls: Settings = ()
    paused: bool = False
    latents: LatentFile | None = None
    identities: tuple[str, ...] = ()
    actions: ClassVar[dict[str, Callable[[Any], Any]]] = {
        **WindowState.actions,
        " ": lambda state: replace(state, paused=not state.paused),
        "n": lambda state: _other_seeds(state, 1),
        "p": lambda state: _other_seeds(state, -1),
        "l": lambda state: replace(state, latency="smooth" if state.latency == "low" else "low"),
    }


def _other_seeds(state: PlayState, way: int) -> PlayState:
    step = way * len(state.seeds)
    return replace(state, seeds=tuple((seed + step) % 2**64 for seed in state.seeds))


def pressed(state: S, key: int) -> S:
    """The state after a key, as OpenCV numbers them; negative: none was pressed."""
    action: Callable[[S], S] | None = state.actions.get(chr(key & 0xFF)) if key >= 0 else None
    return action(state) if action else state


STEPS = 100  # of a scalar
_LEVELS = 4  # of each of red, green and blue


def most(control: Control) -> int:
    """The last position of a control's slider."""
    if control.kind == "choice":
        return len(control.options)
    return STEPS + 1 if control.kind == "scalar" else _LEVELS**3


def value_at(control: Control, position: int) -> str:
    """What a position, 1 to `most`, sets: options in their order, a scalar from low to high, colours of four levels."""
    if control.kind == "choice":
        return control.options[position - 1].name
    if control.kind == "scalar":
        assert control.low is not None
        assert control.high is not None
        part = (position - 1) / STEPS
        return number_text(round(control.low + part * (control.high - control.low), 6))
    levels = [(position - 1) // _LEVELS**k % _LEVELS * 255 // (_LEVELS - 1) for k in (2, 1, 0)]
    return "".join(f"{level:02x}" for level in levels)


def position_of(control: Control, settings: Settings) -> int:
    """Where a slider stands for some settings: the nearest position; 0 where they do not set it."""
    value = dict(settings).get(control.name)
    if value is None:
        return 0
    return min(range(1, most(control) + 1), key=lambda position: _apart(control, value, value_at(control, position)))


def moved(settings: Settings, control: Control, position: int) -> Settings:
    if position == 0:
        return tuple((name, value) for name, value in settings if name != control.name)
    return overridden(settings, ((control.name, value_at(control, position)),))


def _apart(control: Control, one: str, two: str) -> float:
    if control.kind == "choice":
        return float(one != two)
    if control.kind == "scalar":
        return abs(float(one) - float(two))
    first, second = bytes.fromhex(one.removeprefix("#")), bytes.fromhex(two)
    return float(sum(abs(a - b) for a, b in zip(first, second, strict=True)))
