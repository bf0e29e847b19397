"""Writes docs/families.md from the table of families and the settings of whole networks.

python tools/make_family_docs.py
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ganrt.exporter.families import FAMILIES, load_family
from ganrt.exporter.families.page import keys_of, page_of
from ganrt.exporter.families.protocol import KeyCondition
from ganrt.exporter.foreign.reading import SETTINGS
from ganrt.exporter.options import spelled

PAGE = Path(__file__).parents[1] / "docs" / "families.md"
HEAD = """# Generator families

Made by `python tools/make_family_docs.py`; edit the families, not this page.

`ganrt export FILE -o model.onnx` recognises a family by the keys of its weights, reads sizes from their shapes, loads
strictly (every missing or unexpected key is named) and verifies the ONNX graph against the network. `ganrt inspect
FILE` says what it sees. `--family NAME` skips the recognition; options such as `--norm-eps 0.001` say what a file does
not hold.

A BigGAN's truncation also selects its batch-norm statistics. The graph takes it as an input; `--freeze truncation=0.4`
folds the statistics of that one value into the weights, and the graph has no such input. Freezing does not scale the
noise: give `--truncation 0.4` when drawing too, for the pictures that it gave before.

A game that needs one class ships one: `--class mushroom` (or a mixture, `--class 947:0.5,992:0.5`) computes what
depends on the class alone once, and the graph has no input `labels`. (Latent, class) times a matrix becomes the latent
times a part of it, so BigGAN-deep-128 shrinks from 210 to 171 MB; norms that depend on nothing but the class become
constant. It draws what the whole generator draws of that class, and is verified against the checkpoint as any export.

## Several networks in one checkpoint

A generator is found by what it is, under any name and prefix, in dictionaries of dictionaries, beside discriminators,
optimizers and configurations. Averaged weights (EMA) go before the plain ones. What was taken and what was left is
said; several networks that fit equally well are refused, and `--network NAME` says which. Half precision and bfloat16
weights become float32. Keras' files hold one model.

## What a file does not say

A property is read from the file, given by an option, or assumed: `ganrt inspect` and `ganrt export` list what was
assumed, with the option that says otherwise, and so does the exported file (`assumptions` in its spec). Only where
nothing was assumed is a recognition called certain. Every generator takes `--prior` (and `--threshold`): what z is
drawn from.

"""
WHOLE = """## Whole networks of no listed family

`ganrt export` also takes a TorchScript archive (`torch.jit.save`), an exported program (`torch.export.save`, `.pt2`)
and a foreign ONNX file, with what its exporter left beside it: vectors and classes in, or a picture; one picture out.
What it takes is found by calling it, and the result is verified against the file itself, in torch or in ONNX Runtime.

    ganrt export theirs.onnx -o mine.onnx --prior uniform
    ganrt export scripted.pt -o mine.onnx --trust

- **TorchScript and `.pt2` files are code.** Exporting one runs it: TorchScript operators reach files, and a `.pt2` may
  hold pickles. That needs `--trust`. An ONNX file is data and needs none.
- Classes may be rows of weights or whole numbers; how many there are is found by trying. In the exported graph they are
  rows, so that mixtures of classes work. Of several inputs whose names say nothing, `--labels 10` or
  `--prior normal:62,onehot:10` says what they are.
- ONNX files are converted to opset 18. Refused by name: operators outside `ai.onnx`, random operators and training
  mode, weights in other places than beside the file, pictures that depend on others of their batch. A fixed batch is
  made free and verified to draw the same, picture by picture. Half precision becomes float32, and is named.
- A wrong `--layout` or `--range` is refused where the drawn pictures show it (values outside the range, no axis of 1,
  3 or 4 channels), and said where they only hint at it. Two mistakes cannot be seen: a wrong `--prior`, and pictures
  whose red and blue are swapped. Look at a few.

"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD + WHOLE + _settings(SETTINGS), *(_family(name) for name in FAMILIES)])


def _family(name: str) -> str:
    family = load_family(name)
    about = page_of(name, family)
    facts = {
        "From": about.origin,
        "Files": about.formats,
        "Gives": about.gives,
        "Recognised by": "; or ".join(_condition(keys) for keys in keys_of(family)) or about.recognised,
    }
    lines = [f"## `{name}`: {about.title}", "", *(f"- {key}: {text}" for key, text in facts.items() if text)]
    traps = ["", "Handled:", "", *(f"- {trap}" for trap in about.traps)] if about.traps else []
    return "\n".join([*lines, *traps, "", _settings(family.settings)])


def _condition(keys: KeyCondition) -> str:
    return _code(keys.all_of) + (f", never with {_code(keys.none_of)}" if keys.none_of else "")


def _settings(settings: Mapping[str, str]) -> str:
    if not settings:
        return "No options.\n"
    rows = [f"| `{spelled(key)}` | {meaning.replace('|', chr(92) + '|')} |" for key, meaning in settings.items()]
    return "\n".join(["| Option | Meaning |", "|---|---|", *rows]) + "\n"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE)
