"""Pages of the site that are made: the contents, the command line, the Python reference, the notebooks."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONTENTS = {
    "Start": ["docs/quickstart", "docs/install"],
    "Tutorials": [
        "docs/notebooks/avatars",
        "docs/tutorial-game",
        "docs/bring-your-own-generator",
        "docs/notebooks/own-generator",
        "docs/tutorial-film",
        "docs/jetson",
        "docs/tutorial-million",
        "docs/tutorial-mushrooms",
        "docs/tutorial-latents",
    ],
    "How-to": [
        "docs/tour",
        "docs/controls",
        "docs/gallery",
        "docs/walks",
        "docs/streaming",
        "docs/transparency",
        "docs/bulk",
        "docs/scale",
        "docs/serve",
        "docs/game-client",
        "docs/stylegan",
        "docs/translate",
        "docs/reconstruct",
        "docs/studies",
        "docs/portrait",
        "docs/evaluate",
        "docs/tune",
        "docs/precisions",
        "docs/engines",
        "docs/engines-running",
        "docs/containers",
        "docs/bench",
    ],
    "Reference": ["docs/command-line", "docs/options", "docs/python", "docs/families"],
    "Formats and specs": [
        "docs/latent-spec",
        "docs/look-codes",
        "docs/model-format",
        "docs/drawer-format",
        "docs/bench-format",
    ],
    "Explanation": ["docs/forms", "docs/performance"],
    "Examples": [
        "examples/avatars-2/README",
        "examples/avatars/README",
        "examples/stylegan2/README",
        "examples/game/README",
        "examples/web/README",
    ],
    "Game engines and clients": [
        "clients/README",
        "clients/unity/com.ganrt.avatars/README",
        "clients/unreal/README",
        "clients/godot4/README",
        "clients/godot3/README",
        "clients/js/README",
    ],
    "Project": ["CHANGELOG", "CONTRIBUTING", "SECURITY"],
}


def on_source(app: Any, page: str, source: list[str]) -> None:
    """Completes a page when Sphinx reads it."""
    if app.env.doc2path(page, base=False).suffix == ".ipynb":
        source[0] = notebook(json.loads(source[0]))
    elif page == "README":
        source[0] += contents(app.env.found_docs)
    elif page in _MADE:
        source[0] = _ELSEWHERE.sub("", source[0]) + _MADE[page]()


_ELSEWHERE = re.compile(r"\s*The\s+documentation\s+site\s+has[^.]*\.")  # what a page says where it is not the site's


def on_finish(app: Any, failure: Exception | None) -> None:
    """The first page has a second name, which servers look for."""
    first = Path(app.outdir) / "README.html"
    if failure is None and first.exists():
        shutil.copyfile(first, first.with_name("index.html"))


def contents(found: set[str]) -> str:
    """The menu; what is in none of its parts goes to the end of How-to."""
    listed = {page for pages in CONTENTS.values() for page in pages}
    rest = sorted(page for page in found if page.startswith("docs/") and page not in listed)
    parts = {**CONTENTS, "How-to": [*CONTENTS["How-to"], *rest]}
    trees = [
        f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```"
        for caption, pages in parts.items()
    ]
    return "\n\n" + "\n\n".join(trees) + "\n"


def notebook(document: dict[str, Any]) -> str:
    """A notebook as Markdown: text, code, and what the code printed and drew when the notebook was written."""
    return "\n\n".join(part for cell in document["cells"] for part in _cell(cell)) + "\n"


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield text
        return
    yield f"```python\n{text}\n```"
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "image/png" in data:
            yield f'<img alt="what the cell draws" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
        elif said := "".join(output.get("text", data.get("text/plain", ""))):
            yield f"```text\n{said.rstrip()}\n```"


def command_line() -> Iterator[str]:
    """Every command: its usage, examples and options, as `--help` has them."""
    import typer.main

    from ganrt.cli.main import app

    yield from _commands(typer.main.get_command(app), "ganrt")


def _commands(command: Any, name: str) -> Iterator[str]:
    below = getattr(command, "commands", {})
    if not below or any(p.name != "help" for p in command.params):  # a bare `ganrt bench` measures
        yield from _one_command(command, name)
    for child_name, child in sorted(below.items()):
        if not child.hidden:
            yield from _commands(child, f"{name} {child_name}")


def _one_command(command: Any, name: str) -> Iterator[str]:
    examples = [line.strip() for line in (command.epilog or "").splitlines() if line.strip().startswith("ganrt ")]
    yield f"\n## {name}\n"
    arguments = " ".join(_argument(p) for p in command.params if p.param_type_name == "argument")
    yield f"```text\n{name} [OPTIONS] {arguments}".rstrip() + "\n```\n"
    yield " ".join((command.help or "").split()) + "\n"
    if examples:
        yield "```sh\n" + "\n".join(examples) + "\n```\n"
    yield "| Option | Meaning |\n|---|---|"
    for parameter in command.params:
        if not getattr(parameter, "hidden", False):
            yield f"| {_spelling(parameter)} | {_cell_text(parameter)} |"


def _argument(parameter: Any) -> str:
    word = parameter.metavar or parameter.name.upper()
    word = word + "..." if parameter.nargs == -1 else word
    return word if parameter.required else f"[{word}]"


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_argument(parameter)}`"
    spellings = sorted([*parameter.opts, *parameter.secondary_opts], key=lambda s: not s.startswith("--"))
    return ", ".join(f"`{spelling}`" for spelling in spellings)


def _cell_text(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split()).replace("|", r"\|").replace("*", r"\*").replace("<", r"\<")
    text = text if not text or text.endswith(".") else f"{text}."
    default = parameter.default
    shown = parameter.show_default and default not in (None, "", False, True, []) and not callable(default)
    return f"{text} Default: `{default}`." if shown else text


_PYTHON = {
    "Drawing": ["load", "Generator", "draw", "Look", "Truncation", "portrait"],
    "Latents and walks": ["latents", "identity_index", "walk", "Walk", "even_pace"],
    "Models": ["export", "GeneratorSpec"],
    "Errors": [
        "GanrtError",
        "UsageError",
        "BackendUnavailable",
        "BadInputFile",
        "SpecError",
        "NegativeResult",
        "OutputFailed",
    ],
}


def python_reference() -> str:
    """All that `ganrt` offers, by subject; a name that no subject has is an error."""
    import ganrt

    named = {name for names in _PYTHON.values() for name in names}
    if missing := set(ganrt.__all__) - named - {"__version__"}:
        raise ValueError(f"docs/site_pages.py gives no subject to {', '.join(sorted(missing))}")
    parts = []
    for subject, names in _PYTHON.items():
        parts.append(f"\n## {subject}\n")
        parts += [_autodoc(name, getattr(ganrt, name)) for name in names]
    return "\n".join(parts)


def _autodoc(name: str, value: Any) -> str:
    kind = "autofunction" if not isinstance(value, type) else "autoclass"
    kind = "autoexception" if isinstance(value, type) and issubclass(value, Exception) else kind
    members = "\n   :members:" if kind == "autoclass" else ""
    return f"```{{eval-rst}}\n.. {kind}:: ganrt.{name}{members}\n```\n"


_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):$")


def on_docstring(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Our docstrings are plain text: sections become bold, and their indented lines lists."""
    made: list[str] = []
    for line in lines:
        if found := _SECTION.match(line.strip()):
            made += ["", f"**{found[1]}**", ""]
            continue
        if re.match(r"^ {4}\S", line):
            made.append(f"- {_escaped(line.strip())}")
        elif re.match(r"^ {8,}\S", line):
            made.append(f"  {_escaped(line.strip())}")
        else:
            made.append(_escaped(line))
    lines[:] = made


def _escaped(line: str) -> str:
    return line.replace("*", r"\*").replace("|", r"\|")


_MADE = {"docs/command-line": lambda: "\n".join(command_line()), "docs/python": python_reference}
