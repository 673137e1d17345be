"""What is dragged over the window from other programs."""

from __future__ import annotations

from PySide6.QtCore import QMimeData


def addresses_in(data: QMimeData) -> list[str]:
    """Return the paths of files, and the addresses, that are dragged."""
    return [url.toLocalFile() if url.isLocalFile() else url.toString() for url in data.urls()]
