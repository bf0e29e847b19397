"""Command lines of 0.1.0 whose command or option has another name by now; they work in this release, and say it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Any

import typer

from ganrt.cli.app import say
from ganrt.errors import UsageError
from ganrt.exporter.options import Settings, spelled

_OF_SHARDS = (
    *("--picture", "--shard-size", "--sheet", "--resume", "--no-resume", "--unique", "--encoders"),
    *("--executor", "--address", "--part"),
)


def renamed(arguments: list[str]) -> list[str]:
    """The arguments in today's words; a note says so, where they differ.

    `ganrt audit` is `ganrt bulk audit`; `ganrt generate --format FORMAT` is `ganrt bulk run --format FORMAT`, and
    `--picture` is `--encode` there. `--format png` is what `generate` does anyway.

    Raises:
        UsageError: options of shards without `--format`, which never drew any.
    """
    if arguments[:1] == ["audit"]:
        say("note: ganrt audit is now ganrt bulk audit; the old name works in this release only")
        return ["bulk", *arguments]
    if arguments[:1] != ["generate"]:
        return arguments
    given = [part for argument in arguments[1:] for part in _split(argument)]
    if "--format" not in given:
        if names := [name for name in dict.fromkeys(given) if name in _OF_SHARDS]:
            raise UsageError(f"{', '.join(names)}: only for shards, which ganrt bulk run draws")
        return arguments
    if _value(given, "--format") == "png":
        say("note: ganrt generate draws loose PNG files anyway; --format png works in this release only")
        place = given.index("--format")
        return ["generate", *given[:place], *given[place + 2 :]]
    also = ", and --picture is --encode there" if "--picture" in given else ""
    say(f"note: shards are now drawn by ganrt bulk run{also}; the old spelling works in this release only")
    return ["bulk", "run", *("--encode" if part == "--picture" else part for part in given)]


def _split(argument: str) -> list[str]:
    """An option that was given with = as two arguments, where it is one of ours."""
    name, equals, value = argument.partition("=")
    return [name, value] if equals and name in ("--format", "--picture") else [argument]


def _value(given: list[str], name: str) -> str | None:
    return dict(pairwise(given)).get(name)


OldSettings = Annotated[list[str] | None, typer.Option("--set", metavar="<str>", hidden=True)]
_KEPT = (
    *("norm_eps", "sn_eps", "preset", "range", "prior", "threshold", "latent", "labels", "layout", "z_shape"),
    *("upsample", "gain", "statistics_rule", "trust", "dynamic", "accumulated"),
)
_RENAMED = {name: name for name in _KEPT} | {
    "bn_eps": "norm_eps",
    "eps": "norm_eps",
    "output_bn_eps": "output_norm_eps",
    "part": "network",
    "output": "image_output",
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
