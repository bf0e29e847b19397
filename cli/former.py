"""Command lines of 0.1.0 whose command has another name by now; they work in this release, and say the new name."""

from __future__ import annotations

from itertools import pairwise

from ganrt.cli.app import say
from ganrt.errors import UsageError

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
