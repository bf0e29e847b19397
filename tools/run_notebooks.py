"""Runs the notebooks of docs/notebooks anew and keeps what they print and draw.

python tools/run_notebooks.py
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "docs" / "notebooks").glob("*.ipynb"))


def run(path: Path) -> Any:
    """The notebook with its outputs; raises CellExecutionError where a cell fails."""
    document = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        NotebookClient(document, timeout=300, resources={"metadata": {"path": folder}}).execute()
    for cell in document.cells:
        cell.metadata.clear()  # when each cell ran
    return document


if __name__ == "__main__":
    for notebook in NOTEBOOKS:
        nbformat.write(run(notebook), notebook)
        print(notebook)
