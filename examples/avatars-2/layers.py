"""Draws every option of every part alone, as layers that are then laid one over the other.

The drawings are the style "Open Peeps" of the package dicebear-styles (CC0 1.0). A layer holds its opacity and the
coverage of each of its colours, all premultiplied; the opacity that no colour covers is ink, which is black. A flat
drawing is linear in its colours, so every colouring and every combination of parts follows from these layers.

Many hairstyles are solid ink in the style and could not take a colour. Their mass, the ink further than a line's
width from its edge, becomes a coverage of its own here, and a dark line stays around it.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray
from parts import LAYERS, SIZE, Option, Part

F32 = NDArray[np.float32]
FINE = 4 * SIZE  # layers are drawn and eroded at this size, then averaged down
LINE = 15  # of those pixels: the line that stays around a mass of ink
CRUMB = 7  # radius of the largest piece of a mass that is left as ink
_STYLE = json.loads(files("dicebear_styles").joinpath("open-peeps.json").read_text("utf-8"))
VIEW = (-8, -42, 730)  # left, top and side of the picture in the style's units: the widest hair just fits
# Two drawings of a layer, in which red, green and blue stand for these colours of the style and black for the others.
_FIRST = {"skin": "#f00", "headContrast": "#0f0", "clothing": "#00f"}
_SECOND = {"white": "#f00", "#FF8181": "#0f0", "#FF6C6C": "#0f0"}
_MEANING = {
    "body": ("skin", "", "clothing", "", ""),
    "head": ("skin", "hair", "accent", "", ""),
    "expression": ("", "", "", "white", "tongue"),
    "facialHair": ("", "hair", "", "", ""),
    "accessories": ("", "", "", "glasses", ""),
}


def layer(part: Part, option: Option) -> F32:
    """[channels of the part, SIZE, SIZE] in [0, 1]: opacity, then its colours in the order of `LAYERS`."""
    names = LAYERS[part.component]
    stack = np.zeros((len(names), FINE, FINE), np.float32)
    if option.drawing:
        _fill(stack, names, part, option)
    return stack.reshape(len(names), SIZE, 4, SIZE, 4).mean(axis=(2, 4))


def _fill(stack: F32, names: tuple[str, ...], part: Part, option: Option) -> None:
    elements = _elements(part.component, option.drawing)
    first, second = _draw(elements, _FIRST), _draw(elements, _SECOND)
    stack[0] = first[..., 3]
    coverages = np.concatenate((first[..., :3], second[..., :2]), axis=2)
    for coverage, name in zip(coverages.transpose(2, 0, 1), _MEANING[part.component], strict=True):
        if name:
            stack[names.index(name)] += coverage
    if option.mass:
        stack[names.index(option.mass)] += _mass(stack[0] - stack[1:].sum(axis=0))
    if option.pattern:
        clothing, accent = names.index("clothing"), names.index("accent")
        stack[accent] = stack[clothing] * _pattern(option.pattern, stack[names.index("skin")])
        stack[clothing] -= stack[accent]


def _elements(component: str, drawing: str) -> str:
    """SVG of one option at its place, with the style's names of colours as fills."""
    if component == "body":
        return "".join(_svg(e) for e in _STYLE["canvas"]["elements"] if e["type"] == "element")
    place = next(e for e in _STYLE["canvas"]["elements"] if e["name"] == component)["attributes"]["transform"]
    inner = "".join(_svg(e) for e in _STYLE["components"][component]["variants"][drawing]["elements"])
    return f'<g transform="{place}">{inner}</g>'


def _svg(element: dict[str, Any]) -> str:
    attributes = {k: v["name"] if isinstance(v, dict) else v for k, v in element.get("attributes", {}).items()}
    inner = "".join(map(_svg, element.get("children", [])))
    listed = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{element['name']}{listed}>{inner}</{element['name']}>"


def _draw(elements: str, colours: dict[str, str]) -> F32:
    """Premultiplied RGBA [FINE, FINE, 4] in [0, 1]; every fill that `colours` does not name is black."""
    for name in {*_FIRST, *_SECOND, "ink", "black"}:
        elements = elements.replace(f'fill="{name}"', f'fill="{colours.get(name, "#000")}"')
    left, top, side = VIEW
    view = f"{left} {top} {side} {side}"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" fill="none">{elements}</svg>'
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=FINE, height=FINE, skip_system_fonts=True))
    rgba = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]].astype(np.float32) / 255
    rgba[..., :3] *= rgba[..., 3:]
    return rgba


def _mass(ink: F32) -> F32:
    """The part of the ink that is further than `LINE` from its edge; beyond the canvas the ink goes on."""
    inside = cv2.erode(np.ascontiguousarray(ink), _disc(LINE), borderType=cv2.BORDER_REPLICATE)
    return cv2.morphologyEx(inside, cv2.MORPH_OPEN, _disc(CRUMB), borderType=cv2.BORDER_REPLICATE)


def _disc(radius: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _pattern(name: str, skin: F32) -> F32:
    """[FINE, FINE] in {0, 1}: where clothing shows the accent colour."""
    left, top, side = VIEW
    y, x = np.mgrid[0:FINE, 0:FINE].astype(np.float32) * (side / FINE)
    x, y = x + left, y + top
    across, down = x - 382, y + 0.0012 * (x - 382) ** 2  # from the middle of the chest; stripes rise to the shoulders
    if name == "striped":
        chosen = down % 44 < 20
    elif name == "dotted":
        row = np.floor(y / 30)
        chosen = np.hypot((x + 19 * (row % 2)) % 38 - 19, y % 30 - 15) < 8
    elif name == "contrast-collar":
        chosen = cv2.dilate(skin, _disc(42)) > 0.5
    else:
        chosen = abs(across) > 158 - 0.7 * (y - 640)
    return chosen.astype(np.float32)
