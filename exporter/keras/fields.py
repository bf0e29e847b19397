"""One layer's JSON, read field by field with its type and limits checked: the file may be hostile."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ganrt.errors import BadInputFile

MAX_JSON = 16 * 2**20
MAX_DEPTH = 100  # Keras' own files have some ten
MAX_SIZE = 2**20  # of one dimension: far above any generator, low enough that products stay exact
_LARGEST = 3.4028234663852886e38  # of float32, in which everything is computed
_SHOWN = 80
AS_ONNX = "Keras 3 writes any layers as ONNX, which can be exported: model.export('net.onnx', format='onnx')"


def parse_json(data: bytes | str, what: str) -> Any:
    """JSON with Keras' tuples ({"class_name": "__tuple__", "items": [...]}) as lists.

    Raises:
        BadInputFile: it is none, is larger than 16 MiB or nested too deeply.
    """
    if len(data) > MAX_JSON:
        raise BadInputFile(f"{what} has {len(data)} bytes\nexpected at most {MAX_JSON}")
    try:
        value = json.loads(data, object_hook=_without_tuples)
        _check_depth(value)
        return value
    except (ValueError, RecursionError) as error:
        raise BadInputFile(f"{what} is damaged: {str(error)[:_SHOWN]}\nexpected the JSON that Keras writes") from error


def _check_depth(value: Any, left: int = MAX_DEPTH) -> None:
    """Raises ValueError for what is nested so deeply that who walks through it would run out of stack."""
    if left < 0:
        raise ValueError(f"nested more than {MAX_DEPTH} deep")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        if isinstance(item, (dict, list)):
            _check_depth(item, left - 1)


def _without_tuples(value: dict[str, Any]) -> Any:
    if value.get("type") == "ndarray" and "value" in value:  # a number as Keras 2 wrote NumPy's
        return value["value"]
    return value["items"] if value.get("class_name") == "__tuple__" and "items" in value else value


# The nested models that a layer lies in, the outermost first: their class as Keras counts it, and their name.
Within = tuple[tuple[str, str], ...]


class Fields:
    """The `config` of one layer; every error names the layer and its class."""

    def __init__(self, name: str, class_name: str, values: Mapping[str, Any], within: Within = ()) -> None:
        self.name = name
        self.class_name = class_name
        self.values = values
        self.within = within

    def fail(self, problem: str, expected: str) -> BadInputFile:
        """The error to raise: `problem` with this layer, and what was expected."""
        return BadInputFile(f"layer {self.name[:_SHOWN]!r} ({self.class_name[:_SHOWN]}) {problem}\nexpected {expected}")

    def wrong(self, key: str, expected: str) -> BadInputFile:
        """The error for a field whose value does not do."""
        return self.fail(f"has {key} = {str(self.values.get(key))[:_SHOWN]}", expected)

    def placed(self, place: tuple[str, str]) -> Fields:
        """The same layer, a model further in."""
        return Fields(self.name, self.class_name, self.values, (place, *self.within))

    def integer(self, key: str) -> int:
        value: Any = self.values.get(key)
        if not _is_size(value, 1):
            raise self.wrong(key, f"an integer from 1 to {MAX_SIZE}")
        return int(value)

    def pair(self, key: str, default: int | None = None) -> tuple[int, int]:
        """(height, width), from one integer or two."""
        value = self.values.get(key, default)
        pair = [value, value] if _is_size(value, 1) else value
        if not isinstance(pair, list) or len(pair) != 2 or not all(_is_size(item, 1) for item in pair):
            raise self.wrong(key, f"one or two integers from 1 to {MAX_SIZE}")
        return pair[0], pair[1]

    def margins(self, key: str) -> tuple[int, int, int, int]:
        """(top, bottom, left, right), from p, (vertical, horizontal) or ((top, bottom), (left, right))."""
        value = self.values.get(key)
        sides = [value, value] if _is_size(value, 0) else value
        if isinstance(sides, list) and len(sides) == 2:
            top, left = ([side, side] if _is_size(side, 0) else side for side in sides)
            if all(isinstance(s, list) and len(s) == 2 and all(_is_size(v, 0) for v in s) for s in (top, left)):
                return top[0], top[1], left[0], left[1]
        raise self.wrong(key, "((top, bottom), (left, right)) in pixels")

    def flag(self, key: str, default: bool) -> bool:
        # Any truthy number does in Keras: published models pass scale=0.02.
        value = self.values.get(key, default)
        if not isinstance(value, (bool, int, float)):
            raise self.wrong(key, "true or false")
        return bool(value)

    def number(self, key: str, default: float) -> float:
        value = self.values.get(key, default)
        # As integers compare with floats: a huge one does not become infinite on the way.
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _LARGEST:
            raise self.wrong(key, "a number that float32 holds")
        return float(value)

    def text(self, key: str, default: str) -> str:
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def policy(self) -> str:
        """The layer's dtype policy, such as float32 or mixed_float16."""
        value = self.values.get("dtype")
        if isinstance(value, Mapping) and isinstance(value.get("config"), Mapping):
            value = value["config"].get("name")
        if not isinstance(value, (str, type(None))):
            raise self.wrong("dtype", "the name of a dtype policy")
        return value or "float32"

    def require(self, key: str, *accepted: Any) -> None:
        """Refuses any value of `key` but `accepted` and a missing one."""
        if key in self.values and self.values[key] not in accepted:
            raise self.wrong(key, " or ".join(str(value) for value in accepted))


def _is_size(value: Any, low: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= MAX_SIZE


def snake_case(class_name: str) -> str:
    """Keras' own rule: Conv2DTranspose -> conv2d_transpose, LeakyReLU -> leaky_re_lu."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def class_names(classes: Sequence[str]) -> list[str]:
    """conv2d, dense, conv2d_1, ...: how Keras' `.weights.h5` calls layers of these classes."""
    counts: Counter[str] = Counter()
    names = []
    for name in map(snake_case, classes):
        names.append(f"{name}_{counts[name]}" if counts[name] else name)
        counts[name] += 1
    return names
