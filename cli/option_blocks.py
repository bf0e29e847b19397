"""Frozen dataclasses as blocks of options: a command takes one as a parameter and gets it filled.

    @dataclass(frozen=True)
    class EngineOptions:
        panel: ClassVar[str] = "Backend and device"
        backend: Annotated[str, typer.Option("--backend", help="...")] = "auto"

    @command("draw", examples)
    def draw(model: Model = "avatars", engine: EngineOptions = EngineOptions()) -> None: ...

Each field becomes an option of the command, under the heading `panel` of its --help. A field annotated with `Was` keeps
its old spellings as hidden options, which say the new one. A block with a classmethod `read` is made by it, from the
values by field.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Annotated, Any, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import ParameterInfo

from ganrt.errors import UsageError

P = ParamSpec("P")
R = TypeVar("R")
_OPTIONS = "Options"


@dataclass(frozen=True)
class Was:
    """What an option was called; goes after the `typer.Option` of an `Annotated` type."""

    name: str


@dataclass(frozen=True)
class _Block:
    """A parameter of the function that is a dataclass of options."""

    kind: type[Any]
    names: tuple[str, ...]

    def take(self, values: dict[str, Any]) -> object:
        taken = {name: values.pop(name) for name in self.names}
        read: Callable[[dict[str, Any]], object] | None = getattr(self.kind, "read", None)
        return self.kind(**taken) if read is None else read(taken)


@dataclass(frozen=True)
class _Renamed:
    """A hidden parameter that stands for another one."""

    old: str
    new: str
    parameter: str


def expanded(function: Callable[P, R], note: Callable[[str], object]) -> Callable[..., R]:
    """The function with its blocks of options spread out, as Typer reads signatures.

    Args:
        note: told once for each old spelling that was used.
    """
    hints = get_type_hints(function, include_extras=True)
    blocks: dict[str, _Block] = {}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        spread = _spread(hints[name])
        if spread is None:
            parameters.append(_parameter(name, hints[name], parameter.default))
        else:
            blocks[name] = _Block(hints[name], tuple(one.name for one in spread))
            parameters += spread
    renamed = {old.name: meant for old, meant in _old_spellings(parameters)}
    parameters += [old for old, _ in _old_spellings(parameters)]
    _refuse_doubles(function, parameters)
    defaults = {parameter.name: parameter.default for parameter in parameters}

    @functools.wraps(function)
    def call(*args: Any, **values: Any) -> R:
        _take_renamed(values, renamed, defaults, note)
        filled = {name: block.take(values) for name, block in blocks.items()}
        everything: Any = {**values, **filled}
        return function(*args, **everything)

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


@functools.cache
def _spread(kind: Any) -> list[inspect.Parameter] | None:
    """The fields of a block; None for every other type."""
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return None
    hints = get_type_hints(kind, include_extras=True)
    panel = getattr(kind, "panel", None)
    found = []
    for item in fields(kind):
        annotation = hints[item.name]
        if "help" in item.metadata:
            annotation = _described(item.name, item.metadata)
        default = inspect.Parameter.empty if item.default is MISSING else item.default
        found.append(_parameter(item.name, _in_panel(annotation, panel), default))
    return found


def _described(name: str, metadata: Mapping[str, Any]) -> Any:
    """The type of a field that carries its help with it and reads its text itself (`ganrt.exporter.options`)."""
    spelled = "--" + name.replace("_", "-")
    if metadata["read"] is not None:
        option = typer.Option(spelled, help=metadata["help"], metavar=metadata["metavar"])
        return Annotated[str | None, option]
    pair = f"{spelled}/--no-{spelled[2:]}" if metadata.get("either_way") else spelled
    return Annotated[bool | None, typer.Option(pair, help=metadata["help"])]


def _in_panel(annotation: Any, panel: str | None) -> Any:
    if panel is None:
        return annotation
    base, *extras = get_args(annotation)
    for place, extra in enumerate(extras):
        if isinstance(extra, ParameterInfo) and extra.rich_help_panel is None:
            extras[place] = copy(extra)
            extras[place].rich_help_panel = panel
    annotated: Any = Annotated
    return annotated.__class_getitem__((base, *extras))  # Python 3.10 has no star in an index


def _old_spellings(parameters: list[inspect.Parameter]) -> Iterator[tuple[inspect.Parameter, _Renamed]]:
    """For each old spelling a hidden option of the same type, None unless it is given."""
    for parameter in parameters:
        if get_origin(parameter.annotation) is not Annotated:
            continue
        base, *extras = get_args(parameter.annotation)
        option = next((extra for extra in extras if isinstance(extra, ParameterInfo)), None)
        old_names = [extra.name for extra in extras if isinstance(extra, Was)]
        for old in old_names if option else ():
            hidden = copy(option)
            assert hidden is not None
            new = max(map(str, (hidden.default, *(hidden.param_decls or ()))), key=len)
            # In an `Annotated` type the first name stands where elsewhere the default does.
            hidden.default, hidden.param_decls, hidden.hidden, hidden.callback = old, (), True, None
            name = "was_" + old.lstrip("-").replace("-", "_")
            yield _parameter(name, Annotated[base | None, hidden], None), _Renamed(old, new, parameter.name)


def _refuse_doubles(function: Callable[..., Any], parameters: list[inspect.Parameter]) -> None:
    names = [parameter.name for parameter in parameters]
    if doubles := {name for name in names if names.count(name) > 1}:
        raise TypeError(f"{function.__name__}: options declared twice: {', '.join(sorted(doubles))}")


def _take_renamed(
    values: dict[str, Any], renamed: Mapping[str, _Renamed], defaults: Mapping[str, Any], note: Callable[[str], object]
) -> None:
    """Puts what was given under old spellings where it belongs, and says the new ones.

    Raises:
        UsageError: the same was given under its new spelling, too.
    """
    for name, meant in renamed.items():
        value = values.pop(name)
        if value is None:
            continue
        if values[meant.parameter] != defaults[meant.parameter]:
            raise UsageError(f"{meant.old} and {meant.new} are one option: expected {meant.new} alone")
        note(f"note: {meant.old} is now {meant.new}; the old spelling works in this release only")
        values[meant.parameter] = value


class Command(TyperCommand):
    """A command whose --help has a heading for each block of options."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes arguments and options, the command's own before the blocks."""
        _write_panels(self, ctx, formatter)


class Group(TyperGroup):
    """The same for a command that has others below it."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes options, and the commands below."""
        _write_panels(self, ctx, formatter)
        self.format_commands(ctx, formatter)


def _write_panels(command: TyperCommand | TyperGroup, ctx: Any, formatter: Any) -> None:
    panels: dict[str, list[tuple[str, str]]] = {"Arguments": [], _OPTIONS: []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None:
            kind = "Arguments" if parameter.param_type_name == "argument" else _OPTIONS
            name, text = record
            record = (name.replace("<list[str]>", "<str>..."), text)  # Python's words are no user's
            panels.setdefault(getattr(parameter, "rich_help_panel", None) or kind, []).append(record)
    for title, records in panels.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)
