"""Where a file is offered to be saved: never the folder that the program happens to run in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths


def save_place(name: str) -> str:
    """Return the path of `name` in this user's documents, or at home where there are none."""
    location = QStandardPaths.StandardLocation.DocumentsLocation
    documents = QStandardPaths.writableLocation(location)
    folder = Path(documents) if documents and Path(documents).is_dir() else Path.home()
    return str(folder / name)
