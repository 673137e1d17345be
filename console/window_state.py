"""What the window remembers: its size, the page, what is folded.

Kept in an INI file beside the settings, on Windows too: a registry would survive the folder.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QCoreApplication, QSettings

from pipeline.paths import APP_NAME, settings_file


def keep_in_files() -> None:
    """Have every plain `QSettings()` kept below this user's configuration folder."""
    QCoreApplication.setOrganizationName(APP_NAME)
    QCoreApplication.setApplicationName("window")
    ini = QSettings.Format.IniFormat
    QSettings.setDefaultFormat(ini)
    QSettings.setPath(ini, QSettings.Scope.UserScope, str(settings_file().parent))


class WindowState:
    """Reads and writes it; what cannot be read is as if it had never been written."""

    def __init__(self) -> None:
        self._store = QSettings()

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
