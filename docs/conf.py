"""The site: make docs. Sphinx reads the repository's own Markdown where it lies, so links work here and there alike.

What is made from the code (command line, Python) is appended to its page while it is read, and notebooks are turned
into Markdown. Every warning is an error.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import site_pages

project = "ganrt"
author = "the authors of ganrt"
copyright = "the authors of ganrt"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "README"
source_suffix = {".md": "markdown", ".ipynb": "markdown"}
include_patterns = ["*.md", "docs/*.md", "docs/notebooks/*.ipynb", "examples/*/README.md", "clients/**README.md"]
exclude_patterns = [
    ".*",
    "build",
    "out",
    "dist",
    "src",
    "**/node_modules",
    "tests",
    "benchmarks",
    "exporter",
    "engines",
]

html_theme = "furo"
html_title = "ganrt"
html_copy_source = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]
highlight_language = "sh"  # of indented blocks
myst_heading_anchors = 4
default_role = "code"  # of docstrings
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
suppress_warnings = ["myst.header"]  # a page that is made of two begins its second half at a deeper level


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.connect("source-read", site_pages.on_source)
    app.connect("autodoc-process-docstring", site_pages.on_docstring)
    app.connect("build-finished", site_pages.on_finish)
