"""Drags files over a window and drops them, as Qt does: the first part below that takes them has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6 import __version_info__
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

COPY = Qt.DropAction.CopyAction
LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier


def drop_files(target: QWidget, files: Sequence[Path | str]) -> bool:
    """Drop files (or addresses) on the middle of a part; return whether anything took them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(f)) if isinstance(f, Path) else QUrl(f) for f in files])
    # As the usual programs for files do.
    data.setText("\n".join(url.toString() for url in data.urls()))
    return drop(target, data)


def drop(target: QWidget, data: QMimeData) -> bool:
    """Drop anything; return whether it was taken."""
    widget: QWidget | None = target
    where = target.mapToGlobal(target.rect().center())
    while widget is not None:
        if widget.acceptDrops() and widget.isEnabled() and _enter(widget, where, data):
            at = QPointF(widget.mapFromGlobal(where))
            event = QDropEvent(at, COPY, data, LEFT, PLAIN)
            QApplication.sendEvent(widget, event)
            return event.isAccepted()
        widget = None if widget.isWindow() else widget.parentWidget()
    return False


def _enter(widget: QWidget, where: QPoint, data: QMimeData) -> bool:
    at: Any = widget.mapFromGlobal(where)
    if __version_info__ >= (6, 12):  # whole pixels are deprecated since then, the others new
        at = QPointF(at)
    enter = QDragEnterEvent(at, COPY, data, LEFT, PLAIN)
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        QApplication.sendEvent(widget, QDragMoveEvent(at, COPY, data, LEFT, PLAIN))
    return enter.isAccepted()
