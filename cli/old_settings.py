"""`--set key=value` of `ganrt export` and `inspect` as it was in 0.1.0: each key is an option of its own now."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from ganrt.cli.app import say
from ganrt.errors import UsageError
from ganrt.exporter.options import Settings, spelled

OldSettings = Annotated[list[str] | None, typer.Option("--set", metavar="<str>", hidden=True)]
_RENAMED = {
    "bn_eps": "norm_eps",
    "eps": "norm_eps",
    "norm_eps": "norm_eps",
    "output_bn_eps": "output_norm_eps",
    "sn_eps": "sn_eps",
    "part": "network",
    "preset": "preset",
    "range": "range",
    "prior": "prior",
    "threshold": "threshold",
    "latent": "latent",
    "labels": "labels",
    "layout": "layout",
    "z_shape": "z_shape",
    "output": "image_output",
    "upsample": "upsample",
    "gain": "gain",
    "statistics_rule": "statistics_rule",
    "trust": "trust",
    "dynamic": "dynamic",
    "accumulated": "accumulated",
}
_SWITCHES = {"true": True, "false": False}
_SIDE = "256"  # of a picture whose other side alone was given


def with_old_settings(settings: Settings, given: list[str] | None) -> Settings:
    """What options and old settings say together; each old one is said in its new spelling, once.

    Raises:
        UsageError: no such key, a key twice, a value that makes no sense, or one said both ways.
        BadInputFile: as of `Settings.read`.
    """
    old = _parsed(given or [])
    texts = _sizes(old) | {name: text for key, value in old.items() for name, text in _renamed(key, value).items()}
    values = Settings.read(texts)
    for name in texts:
        if getattr(settings, name) is not None:
            raise UsageError(f"--set and {spelled(name)} say the same: expected {spelled(name)} alone")
    for key in old:
        say(f"note: --set {key}={old[key]} is now {_new(key, texts)}; the old spelling works in this release only")
    said: dict[str, Any] = {name: getattr(values, name) for name in values.given()}
    return replace(settings, **said)


def _parsed(given: list[str]) -> dict[str, str]:
    old: dict[str, str] = {}
    for item in given:
        key, equals, value = item.partition("=")
        if not equals or not key or key in old:
            raise UsageError(f"--set {item}: expected key=value, each key once")
        if key not in (*_RENAMED, "height", "width", "side", "truncation"):
            raise UsageError(f"--set {item}: there is no such setting\noptions have taken their place: see --help")
        old[key] = value
    return old


def _sizes(old: dict[str, str]) -> dict[str, str | bool | None]:
    if "side" in old:
        return {"size": f"{old['side']}x{old['side']}"}
    if {"height", "width"} & old.keys():
        return {"size": f"{old.get('height', _SIDE)}x{old.get('width', _SIDE)}"}
    return {}


def _renamed(key: str, value: str) -> dict[str, str | bool | None]:
    """The new fields of one old key; none for those that make up the size."""
    if key == "truncation":
        return {"freeze": f"truncation={value}"}
    if key == "labels" and value in ("class", "code"):
        return {"label_meaning": value}
    if key in ("trust", "dynamic", "accumulated"):
        if value not in _SWITCHES:
            raise UsageError(f"--set {key}={value}: expected true or false")
        return {key: _SWITCHES[value] or (False if key == "accumulated" else None)}
    return {_RENAMED[key]: value} if key in _RENAMED else {}


def _new(key: str, texts: dict[str, str | bool | None]) -> str:
    """The new spelling of what was said as `key`."""
    if key in ("height", "width", "side"):
        return f"--size {texts['size']}"
    name = {"truncation": "freeze"}.get(key, _RENAMED.get(key, key))
    if key == "labels" and "label_meaning" in texts:
        name = "label_meaning"
    value = texts[name]
    if value is None:
        return "left away"
    return spelled(name) if value is True else f"--no-{name}" if value is False else f"{spelled(name)} {value}"
