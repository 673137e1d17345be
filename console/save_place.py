"""Where a file is offered to be saved: never the folder that the program happens to run in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QWidget


def save_place(name: str) -> str:
    """Return the path of `name` in this user's documents, or at home where there are none."""
    location = QStandardPaths.StandardLocation.DocumentsLocation
    documents = QStandardPaths.writableLocation(location)
    folder = Path(documents) if documents and Path(documents).is_dir() else Path.home()
    return str(folder / name)


def save_dialog(parent: QWidget, title: str, name: str, kind: str) -> QFileDialog:
    """Return a dialog that asks where to save a file; to be opened, and gone when it closes.

    Args:
        parent: in front of whose window.
        title: of the dialog.
        name: offered; its ending is added to a name without one.
        kind: the filter of names, such as ``Table (*.csv)``.
    """
    dialog = QFileDialog(parent, title, save_place(name))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(kind)
    dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
    return dialog
