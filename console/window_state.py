"""What the window remembers: its size, the page, what is folded; an INI file beside the settings."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from pipeline.paths import settings_file


def window_file() -> Path:
    """Return where it is kept."""
    return settings_file().with_name("window.ini")


class WindowState:
    """Reads and writes it; what cannot be read is as if it had never been written."""

    def __init__(self, path: Path | None = None) -> None:
        self._store = QSettings(str(path or window_file()), QSettings.Format.IniFormat)

    def geometry(self) -> QByteArray:
        """Return the window's geometry; empty when there is none."""
        value = self._store.value("window/geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    def page(self) -> str:
        """Return the key of the page that was in front; empty when there is none."""
        return str(self._store.value("window/page", ""))

    def folded(self) -> bool:
        """Whether the track diagram was folded."""
        return str(self._store.value("window/folded", "false")) == "true"

    def save(self, geometry: QByteArray, page: str, *, folded: bool) -> None:
        """Remember."""
        self._store.setValue("window/geometry", geometry)
        self._store.setValue("window/page", page)
        self._store.setValue("window/folded", "true" if folded else "false")
        self._store.sync()
