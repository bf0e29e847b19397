"""The Typer application and what every command shares: errors to exit codes, output, progress."""

from __future__ import annotations

import functools
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import typer

from ganrt.cli.option_blocks import Command, Group, expanded
from ganrt.errors import ExitCode, GanrtError, printable, refusal
from ganrt.interrupts import ignore_interrupts

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
_DEBUG = "--debug"
_SHOWN = 10  # names of a list
LINE_EVERY_S = 30  # of the progress of long runs, where it goes to a log

app = typer.Typer(
    name="ganrt",
    help="From a trained GAN generator to images: checkpoint, ONNX, engine, pictures.",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich would take a third of the time that --help may take
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 success, 1 negative result, 2 usage, 3 backend or device unavailable, 4 bad input file, "
    "5 input or output failed, 70 internal error, 130 interrupted.",
)


def command(name: str, examples: str, parent: typer.Typer = app) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Registers a command; `examples` end its --help and are run by the tests, one a line.

    Its parameters may be blocks of options (`ganrt.cli.option_blocks`).

    Args:
        parent: a group made by `group`; by default the application itself.
    """

    def register(function: Callable[P, R]) -> Callable[P, R]:
        parent.command(name, epilog=_epilog(examples), cls=Command)(_with_exit_codes(expanded(function, say)))
        return function

    return register


def group(name: str, examples: str) -> Callable[[Callable[P, R]], typer.Typer]:
    """Registers a command that has others below it; the function runs where none of them is named.

    Its first parameter is the `typer.Context`, by which it tells: `context.invoked_subcommand`.
    """

    def register(function: Callable[P, R]) -> typer.Typer:
        below = typer.Typer(rich_markup_mode=None, cls=Group)
        below.callback(invoke_without_command=True, epilog=_epilog(examples))(_with_exit_codes(expanded(function, say)))
        app.add_typer(below, name=name, epilog=_epilog(examples))
        return below

    return register


def _epilog(examples: str) -> str:
    return "Examples:\n\n" + "\n\n".join(line.strip() for line in examples.strip().splitlines())


def _with_exit_codes(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except GanrtError as error:
            _fail(str(error), error.exit_code)
        except KeyboardInterrupt:
            ignore_interrupts()
            say("error: interrupted; every file that was written is whole")
            raise SystemExit(int(ExitCode.INTERRUPTED)) from None
        except MemoryError:
            _fail("out of memory: ask for less at once", ExitCode.OUTPUT)
        except BrokenPipeError:
            sys.stderr.close()  # nobody reads any more: no message, not even Python's own
            raise typer.Exit(ExitCode.OUTPUT) from None
        except OSError as error:
            _fail(f"{error.filename or 'input or output'}: {error.strerror or error}", ExitCode.OUTPUT)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if type(error).__module__.startswith(("typer", "click")):
                raise
            _fail(f"internal error: {type(error).__name__}: {error}\nrun again with --debug", ExitCode.INTERNAL)
        raise AssertionError("unreachable")

    return wrapped


def _fail(message: str, code: ExitCode) -> None:
    if debug_wanted():
        traceback.print_exc()
    typer.echo(refusal(message), err=True)
    raise typer.Exit(int(code))


def debug_wanted() -> bool:
    """Whether --debug stands anywhere on the command line."""
    return _debug


_debug = False


def strip_debug(arguments: list[str]) -> list[str]:
    """Takes --debug out of the arguments, wherever it stands, and remembers it."""
    global _debug
    _debug = _DEBUG in arguments
    return [argument for argument in arguments if argument != _DEBUG]


def say(message: str) -> None:
    """One line for people, on standard error."""
    typer.echo(printable(message), err=True)


def tell(line: str) -> None:
    """One line of the result, on standard output."""
    typer.echo(printable(line))


def note_foreign(names: Sequence[str], of: str) -> None:
    """Says that files are not of a bundle or run (`of`), if there are any: nobody's fault, and left alone."""
    if names:
        shown = [*names[:_SHOWN], *(["..."] if len(names) > _SHOWN else [])]
        say(f"note: {len(names)} not of the {of}, left alone: {', '.join(shown)}")


def print_json(values: object) -> None:
    """The result for machines, on standard output."""
    typer.echo(json.dumps(values, indent=2, sort_keys=True))


def announce(generator: Generator) -> None:
    """Names what is really in use, on standard error."""
    say(
        f"{generator.spec.name}: backend {generator.backend}, device {generator.device}, "
        f"precision {generator.precision}" + (f", form {generator.form}" if generator.form != "plain" else "")
    )


def in_use(generator: Generator) -> dict[str, str]:
    from ganrt.runtime.design import in_use as told

    return told(generator)


class Progress:
    """A bar on standard error for anything longer than a second.

    Where that is no terminal (a log of cron's, Slurm's or a container's), nothing; or, of what may last for hours, a
    line every `line_every_s` seconds.
    """

    def __init__(self, total: int, unit: str, line_every_s: float | None = None) -> None:
        self._total, self._unit, self._line_every_s = total, unit, line_every_s
        self._started = self._drawn = time.monotonic()
        self._first: tuple[float, int] | None = None
        self._visible = False

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        since, before = self._first = self._first or (now, done)  # a run that goes on begins with much done
        bar = sys.stderr.isatty()
        wait = 0.1 if bar else self._line_every_s
        if wait is None or now - self._drawn < wait or (bar and now - self._started < 1):
            return
        self._drawn, self._visible = now, bar
        left = f", {(now - since) * max(0, self._total - done) / (done - before):.0f} s left" if done > before else ""
        line = f"{done}/{self._total} {self._unit}{left}" if self._total else f"{done} {self._unit}"
        if bar:
            full = min(30, round(30 * done / self._total)) if self._total else 0
            sys.stderr.write(f"\r[{('#' * full).ljust(30, '.')}] {line} ")
            sys.stderr.flush()
        else:
            say(line)

    def follow(self, items: Iterable[T], before: int = 0) -> Iterator[T]:
        """Passes items through and counts them, on from `before`."""
        for done, item in enumerate(items, before + 1):
            yield item
            self(done)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._visible:
            sys.stderr.write("\r" + " " * 78 + "\r")


class Status:
    """One line on standard error that says what is being done and how far it is; none where that is not a terminal."""

    def __init__(self) -> None:
        self._shown = 0

    @property
    def visible(self) -> bool:
        return sys.stderr.isatty()

    def show(self, what: str, percent: int) -> None:
        if self.visible:
            line = f"{what} {percent} %"[:78]
            sys.stderr.write("\r" + line.ljust(self._shown))
            sys.stderr.flush()
            self._shown = len(line)

    def clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r" + " " * self._shown + "\r")
            self._shown = 0

    def __enter__(self) -> Status:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()
