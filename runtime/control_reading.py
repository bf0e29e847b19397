"""Which options a drawn latent has chosen, such as `hair: afro`, so that pictures can be found by their controls.

A control says what it sets, not where a network's own boundaries are. So the options are ranked by how near they are,
and of a network that chooses the ranking is checked: with an option that the latent has already, setting it changes no
byte of the picture. Where a control blends (its options are points on a way), the nearest option is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganrt.controls import Control
from ganrt.runtime.look_drawing import rows_of
from ganrt.runtime.looks import Look
from ganrt.runtime.settings import number_text
from ganrt.spec import psi_input

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Images = NDArray[np.uint8]
Draw = Callable[[F32, NDArray[np.intp]], Images]  # latents float32 [n, dim], of which pictures they are variants

_PROBES = 8  # pictures on which it is found out which controls choose
_TRIED = 3  # other options of a control that are tried for a picture
_STEPS = 256  # of a scalar's way
_BINS = 5


class ControlReader:
    """Reads latents of one model, batch by batch."""

    def __init__(self, controls: Sequence[Control]) -> None:
        self._controls = [_Reading(one) for one in controls if one.kind != "color"]
        self._choosing: list[_Reading] | None = None
        self._batches = 0

    def read(self, z: F32, pictures: Images, draw: Draw) -> list[dict[str, str]]:
        """Control -> option of each picture; of a scalar the range that it is in, "0.2 to 0.4".

        A choice that could be told for certain of other pictures, but not of this one, is left out.

        Args:
            z: float32 [n, dim], as the pictures uint8 [n, h, w, c] were drawn.
            draw: draws variants.
        """
        ranked = {reading.name: reading.ranked(z) for reading in self._controls}
        found = [{name: rows[k][0] for name, rows in ranked.items()} for k in range(len(z))]
        choosing = self._choosing_ones(z, pictures, draw, ranked)
        if not choosing:
            return found
        for reading in choosing:
            reading.count(row[0] for row in ranked[reading.name])
        believed = z.copy()
        for reading in choosing:
            believed = _set(believed, reading, [row[0] for row in ranked[reading.name]])
        left = np.flatnonzero(_differ(draw(believed, np.arange(len(z))), pictures))
        often = [reading for reading in choosing if reading.mistaken or not self._batches]
        self._batches += 1
        for reading in sorted(often, key=lambda one: -one.mistaken):
            left = _correct(reading, believed, pictures, draw, ranked[reading.name], left, found)
        for reading in choosing if len(left) else ():
            drawn = draw(_set(z[left], reading, [found[k][reading.name] for k in left]), left)
            for k in left[_differ(drawn, pictures[left])]:
                found[k].pop(reading.name)
        return found

    def _choosing_ones(
        self, z: F32, pictures: Images, draw: Draw, ranked: dict[str, list[list[str]]]
    ) -> list[_Reading]:
        """The controls of which the nearest option is what most pictures have: the network chooses."""
        if self._choosing is None:
            n = min(_PROBES, len(z))
            choices = [reading for reading in self._controls if reading.is_choice]
            self._choosing = []
            for reading in choices:
                same = ~_differ(
                    draw(_set(z[:n], reading, [row[0] for row in ranked[reading.name][:n]]), np.arange(n)), pictures[:n]
                )
                if same.mean() >= 0.5:
                    self._choosing.append(reading)
        return self._choosing


def _correct(
    reading: _Reading,
    believed: F32,
    pictures: Images,
    draw: Draw,
    ranked: list[list[str]],
    left: NDArray[np.intp],
    found: list[dict[str, str]],
) -> NDArray[np.intp]:
    """Tries other options of one control where all that is believed gives another picture; where that still is so."""
    for place in range(_TRIED):
        if not len(left):
            return left
        options = [reading.candidates(ranked[k])[place] for k in left]
        right = ~_differ(draw(_set(believed[left], reading, options), left), pictures[left])
        for k, option in zip(left[right], (o for o, yes in zip(options, right, strict=True) if yes), strict=True):
            found[k][reading.name] = option
            reading.mistaken += 1
        left = left[~right]
    return left


class LookReader:
    """Reads the controls of the looks of one generator."""

    def __init__(self, generator: Generator) -> None:
        self._generator, self._reader = generator, ControlReader(generator.controls.controls)

    def read(self, looks: Sequence[Look], pictures: Sequence[Images]) -> list[dict[str, str]]:
        """Control -> option of each look, see `ControlReader.read`; what looks set themselves is certain.

        Args:
            pictures: of the looks, uint8 [h, w, c] each.
        """
        z, weights, psi = zip(*rows_of(self._generator, looks), strict=True)
        labels = None if weights[0] is None else np.stack(weights)
        psis = np.array(psi, np.float32)
        takes_psi = psi_input(self._generator.spec) is not None

        def draw(variants: F32, which: NDArray[np.intp]) -> Images:
            own = None if labels is None else labels[which]
            return self._generator.synthesize(variants, own, psis[which] if takes_psi else None)

        found = self._reader.read(np.stack(z), np.stack(pictures), draw)
        kinds = {one.name: one.kind for one in self._generator.controls.controls}
        for look, told in zip(looks, found, strict=True):
            told |= {name: value for name, value in look.controls if kinds[name] == "choice"}
        return found


class _Reading:
    """One control, by the nearest of its options or ranges."""

    def __init__(self, control: Control) -> None:
        self.name, self.is_choice = control.name, control.kind == "choice"
        self.positions = list(control.positions)
        self.mistaken = 0
        self._control = control
        self._counts = Counter[str]()

    def count(self, options: Iterable[str]) -> None:
        """Counts options that were found, to know the most frequent one."""
        self._counts.update(options)

    def candidates(self, ranked: Sequence[str]) -> list[str]:
        """What else a picture may have: the most frequent option, then those next in rank."""
        most = self._counts.most_common(1)[0][0]
        return list(dict.fromkeys([most, *ranked[1:], ranked[0], most]))[:_TRIED] + [most] * _TRIED

    @cached_property
    def values(self) -> dict[str, F32]:
        """What each option sets, float32 [positions]; of a scalar what the middles of its ranges do."""
        control = self._control
        if self.is_choice:
            return {option.name: control.values(option.name) for option in control.options}
        assert control.low is not None
        assert control.high is not None
        edges = np.linspace(control.low, control.high, _BINS + 1)
        names = [f"{edges[k]:.3g} to {edges[k + 1]:.3g}" for k in range(_BINS)]
        middles = [number_text(float((edges[k] + edges[k + 1]) / 2)) for k in range(_BINS)]
        return {name: control.values(middle) for name, middle in zip(names, middles, strict=True)}

    def ranked(self, z: F32) -> list[list[str]]:
        """The names of each row, the nearest first; options near to the chosen one alone, of a scalar one.

        Nearness is counted in the normal distribution's quantiles: bins of equal probability are equally wide there.
        """
        names = list(self.values)
        rows = _normal(np.asarray(z[:, self.positions], np.float64))
        if not self.is_choice:
            return [[names[k]] for k in self._ranges(rows)]
        knots = _normal(np.stack(list(self.values.values())).astype(np.float64))
        gaps = np.square(rows[:, None, :] - knots[None]).sum(2)
        order = np.argsort(gaps, axis=1, kind="stable")[:, : _TRIED + 1]
        return [[names[k] for k in row] for row in order]

    def _ranges(self, rows: F64) -> NDArray[np.intp]:
        control = self._control
        assert control.low is not None
        assert control.high is not None
        way = np.linspace(control.low, control.high, _STEPS)
        knots = _normal(np.stack([control.values(number_text(float(x))) for x in way]).astype(np.float64))
        nearest = np.square(rows[:, None, :] - knots[None]).sum(2).argmin(1)
        return np.asarray(np.minimum(nearest * _BINS // _STEPS, _BINS - 1), np.intp)


def _set(z: F32, reading: _Reading, options: Sequence[str]) -> F32:
    changed = np.array(z, np.float32)
    for k, option in enumerate(options):
        changed[k, reading.positions] = reading.values[option]
    return changed


def _normal(values: F64) -> F64:
    """The logistic approximation of the normal distribution function, which is near enough to rank."""
    return np.asarray(1 / (1 + np.exp(-1.702 * values)), np.float64)


def _differ(some: Images, others: Images) -> NDArray[np.bool_]:
    flat = (some != others).reshape(len(some), -1)
    return np.asarray(flat.any(1), np.bool_)
