"""Writes the keys and the options of every family into docs/families.md; all else on that page is written by hand.

python tools/make_family_docs.py
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ganrt.exporter.families import FAMILIES, load_family
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.foreign.reading import SETTINGS
from ganrt.exporter.options import spelled

PAGE = Path(__file__).parents[1] / "docs" / "families.md"
_NAMED = re.compile(r"## `(.+?)`: ")
_KEYS = re.compile(r"^- Recognised by: `.*\n", re.M)
_OPTIONS = re.compile(r"^(?:\| .*\n\|---\|---\|\n(?:\| .*\n)+|No options\.\n)", re.M)
_WHOLE = "## Whole networks of no listed family\n"


def page(text: str) -> str:
    """The page as it is to be; a family without a section gets a bare one.

    Raises:
        KeyError: a section of a family that does not exist, by its name.
    """
    head, *sections = re.split(r"^(?=## )", text, flags=re.M)
    families = {match[1]: section for section in sections if (match := _NAMED.match(section))}
    if strange := families.keys() - FAMILIES.keys():
        raise KeyError(f"docs/families.md describes {', '.join(sorted(strange))}")
    others = [section for section in sections if not _NAMED.match(section)]
    others = [_filled(section, SETTINGS) if section.startswith(_WHOLE) else section for section in others]
    made = [_family(families.get(name, f"## `{name}`: {name}\n\n"), load_family(name)) for name in FAMILIES]
    return "\n".join(section.rstrip("\n") + "\n" for section in (head, *others, *made))


def _family(section: str, family: Family) -> str:
    if conditions := family.conditions():
        keys = f"- Recognised by: {'; or '.join(map(_condition, conditions))}\n"
        section = _KEYS.sub(lambda _: keys, section)
        section = section if keys in section else section.rstrip("\n") + f"\n\n{keys}\n"
    return _filled(section, family.settings)


def _filled(section: str, settings: Mapping[str, str]) -> str:
    """With these options in place of those that it has, else at its end."""
    rows = [f"| `{spelled(key)}` | {meaning.replace('|', chr(92) + '|')} |" for key, meaning in settings.items()]
    table = "\n".join(["| Option | Meaning |", "|---|---|", *rows]) + "\n" if settings else "No options.\n"
    return _OPTIONS.sub(lambda _: table, section) if _OPTIONS.search(section) else section + table


def _condition(keys: KeyCondition) -> str:
    return _code(keys.all_of) + (f", never with {_code(keys.none_of)}" if keys.none_of else "")


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    print(PAGE)
