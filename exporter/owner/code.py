"""The owner's class: the file that `--code` names is run, and what it holds is built.

Running somebody's file is what the option is for; nothing else runs code without `--trust`. It happens in a process of
its own (see `ganrt.exporter.owner.process`).
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

from ganrt.errors import BadInputFile, GanrtError, UsageError
from ganrt.exporter.owner.reference import EXPECTED, Code

_DRAWS = re.compile(r"(encode|decode|generate|sample|synthesi[sz]e|translate|transfer|stylize|infer(ence)?|draw)(_|$)")
_OWN = Path(__file__).resolve().parents[1]
_SHOWN = 2
_LONGEST = 1500
NOTHING: Mapping[str, Any] = {}
# What a package is installed by, where its import has another name.
_PACKAGES = {
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "pyyaml",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
}


class Options(dict[str, Any]):
    """A JSON object as an argument: constructors take dictionaries and namespaces, and this is read as both."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def build(code: Code, said: Mapping[str, Any] = NOTHING) -> tuple[nn.Module, dict[str, int]]:
    """Runs the file and builds the module, on the CPU and in eval mode.

    Args:
        said: what the checkpoint says about its training, by dotted names, for a message about arguments that lack.

    Returns:
        The module, and the whole numbers that its owner gave names to: arguments of the constructor with their
        defaults, attributes, settings of the file. They tell a label from a latent.

    Raises:
        UsageError: no such class, or arguments that it does not take. BadInputFile: the code fails.
    """
    file = _run(code)
    made = _find(file, code)
    bound: dict[str, Any] = {}
    if not isinstance(made, nn.Module):
        bound = _bind(made, code, said)
        with owners_errors(f"building {code.name or made.__name__}"):
            made = made(*_plain(list(code.positional)), **{name: _plain(value) for name, value in code.named})
    if not isinstance(made, nn.Module):
        raise UsageError(f"--code: {code.name} gives a {type(made).__name__}; expected a torch.nn.Module")
    return prepared(made), _numbers(vars(file), bound, made)


def prepared(module: nn.Module) -> nn.Module:
    """It in eval mode, float32, on the CPU, without gradients.

    Raises:
        UsageError: it has lazy layers that nothing has called yet.
    """
    lazy = next((key for key, p in module.named_parameters() if isinstance(p, UninitializedParameter)), None)
    if lazy is not None:
        raise UsageError(
            f"{type(module).__name__} has lazy layers ({lazy}), whose sizes the first call settles\n"
            "give a class around it that calls it once where it is built: --code mine.py:Mine"
        )
    return module.float().cpu().eval().requires_grad_(False)


def prepare_process(code: Code) -> None:
    """`.cuda()` in somebody's forward is no reason to fail where there is no CUDA; a file that parses its command line
    is to see none."""
    sys.argv = [code.place]
    kinds: tuple[Any, ...] = (torch.Tensor, nn.Module)
    for kind in kinds:
        kind.cuda = lambda self, *_, **__: self


def _run(code: Code) -> ModuleType:
    with owners_errors(f"running {code.place}"):
        if not code.place.endswith(".py"):
            return importlib.import_module(code.place)
        path = Path(code.place)
        package = [path.stem]
        folder = path.parent
        while (folder / "__init__.py").is_file():  # for relative imports
            package.insert(0, folder.name)
            folder = folder.parent
        sys.path[:0] = list(dict.fromkeys([str(path.parent), str(folder)]))
        if len(package) > 1:
            return importlib.import_module(".".join(package))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        return module


def _find(file: ModuleType, code: Code) -> Any:
    classes = {
        name: value
        for name, value in vars(file).items()
        if inspect.isclass(value) and issubclass(value, nn.Module) and value.__module__ == file.__name__
    }
    if not code.name and len(classes) == 1:
        return next(iter(classes.values()))
    found: Any = file
    for part in code.name.split("."):
        found = getattr(found, part, None) if part else None
    if isinstance(found, nn.Module) or callable(found):
        return found
    known = ", ".join(classes)[:300] or "no module"
    raise UsageError(f"--code: {code.place} has no {code.name or 'single class'}; it has {known}\n{EXPECTED}")


def _bind(made: Any, code: Code, said: Mapping[str, Any]) -> dict[str, Any]:
    """The constructor's arguments by name."""
    try:
        signature = inspect.signature(made)
    except (TypeError, ValueError):
        return {}
    try:
        bound = signature.bind(*code.positional, **dict(code.named))
    except TypeError as error:
        name = code.name or made.__name__
        raise UsageError(
            f"--args does not fit {name}{signature}: {error}\ngive what training gave, {_suggested(signature, said)}"
        ) from error
    bound.apply_defaults()
    return dict(bound.arguments)


def _suggested(signature: inspect.Signature, said: Mapping[str, Any]) -> str:
    """The arguments that have no default as the checkpoint has them, of the same names."""
    found: dict[str, Any] = {}
    for p in signature.parameters.values():
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
            for key, value in said.items():
                _, inside, rest = f".{key}.".partition(f".{p.name}.")
                if inside:
                    _put(found, [p.name, *filter(None, rest.split("."))], value)
    text = json.dumps(found)
    usual = """such as --args '{"ngf": 64}'"""
    return f"as the checkpoint says: --args '{text}'" if found and len(text) <= _LONGEST else usual


def _put(found: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        found = found.setdefault(part, {})
        if not isinstance(found, dict):
            return
    found[path[-1]] = value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return Options({key: _plain(item) for key, item in value.items()})
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _numbers(*places: Any) -> dict[str, int]:
    """Whole numbers from 2 on by name; those of settings inside (argparse's namespaces, dictionaries) too."""
    found: dict[str, int] = {}
    for place in places:
        for name, value in _entries(place):
            if type(value) is int and 2 <= value <= 65536:
                found.setdefault(name, value)
    return found


def numbers_of(module: nn.Module) -> dict[str, int]:
    """The whole numbers among a module's attributes, by name."""
    return _numbers(module)


def drawing_methods(module: nn.Module) -> list[str]:
    """The methods of the owner's class, beside `forward`, whose names say that they draw or encode too."""
    own = [cls for cls in type(module).__mro__ if not cls.__module__.startswith("torch.")]
    names = [name for cls in own for name, value in vars(cls).items() if inspect.isfunction(value)]
    return [name for name in dict.fromkeys(names) if _DRAWS.match(name)]


def _entries(place: Any) -> Iterator[tuple[str, Any]]:
    items = place if isinstance(place, dict) else vars(place)
    for name, value in list(items.items()):
        if not isinstance(name, str) or name.startswith("_"):
            continue
        yield name, value
        inner = value if isinstance(value, dict) else getattr(value, "__dict__", {})
        if isinstance(value, dict) or type(value).__name__ == "Namespace":
            yield from ((key, item) for key, item in inner.items() if isinstance(key, str))
        elif isinstance(value, (list, tuple)):
            yield from ((name, item) for item in value)


class owners_errors:  # used as a function
    """What the owner's code raises becomes BadInputFile, in three lines, the user's own ones."""

    def __init__(self, doing: str) -> None:
        self.doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> None:
        if isinstance(error, GanrtError):
            return
        if isinstance(error, ModuleNotFoundError) and error.name:
            top = error.name.partition(".")[0]
            package = _PACKAGES.get(top, top)
            raise BadInputFile(
                f"{self.doing} needs the package {top!r}, which is not installed{where(error)}\n"
                f"install it here with: pip install {package}"
            ) from error
        if isinstance(error, (Exception, SystemExit)):
            raise BadInputFile(f"{self.doing} failed: {reason(error)}{where(error)}") from error


def reason(error: BaseException) -> str:
    """Such as "ValueError: no such norm"."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}"[:300] if lines else type(error).__name__


def where(error: BaseException) -> str:
    """The lines of the owner's code that an error came through, the last ones; "" if there are none."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_owners(frame.filename)]
    lines = [f"{Path(frame.filename).name}, line {frame.lineno}, in {frame.name}: {frame.line}" for frame in frames]
    return "".join(f"\n{line[:200]}" for line in lines[-_SHOWN:])


def _is_owners(filename: str) -> bool:
    path = Path(filename)
    return path.is_file() and _OWN not in path.resolve().parents and not {"torch", "importlib"} & set(path.parts)
