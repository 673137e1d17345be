"""What screen readers are told of widgets that paint themselves: their role, and what they show.

Qt knows nothing of a widget's own painting. A widget that shows something beyond its name has a
method ``accessible_value() -> str``; it is called when a screen reader asks, never before.
"""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface, QAccessibleValueChangeEvent
from PySide6.QtWidgets import QAccessibleWidget, QWidget

_Role = QAccessible.Role

ROLES: Final[dict[str, QAccessible.Role]] = {
    "AlarmCard": _Role.ListItem,
    "CameraTile": _Role.Graphic,
    "ElidedLabel": _Role.StaticText,
    "EvidenceView": _Role.Graphic,
    "FigureGrid": _Role.StaticText,
    "LagChart": _Role.Chart,
    "LatencyHistogram": _Role.Chart,
    "LogPane": _Role.List,
    "StatusLamp": _Role.Indicator,
    "Thumbnail": _Role.Graphic,
    "TrackStrip": _Role.Graphic,
    "WorkerCard": _Role.Grouping,
}
"""By the name of the class; classes that inherit from a widget Qt knows keep its role."""


@runtime_checkable
class HasValue(Protocol):
    """A widget that shows more than its name says."""

    def accessible_value(self) -> str:
        """Return what it shows now, in words."""


class _Painted(QAccessibleWidget):
    """A widget of ours, for screen readers."""

    def text(self, kind: QAccessible.Text) -> str:
        widget = self.object()
        if kind is QAccessible.Text.Value and isinstance(widget, HasValue):
            return widget.accessible_value()
        return super().text(kind)


def _make(name: str, thing: QObject | None) -> QAccessibleInterface | None:
    role = ROLES.get(name)
    return _Painted(thing, role) if role is not None and isinstance(thing, QWidget) else None


_installed: list[bool] = []


def install() -> None:
    """Have Qt ask for our widgets from now on; once a process, whatever windows it makes."""
    if not _installed:
        QAccessible.installFactory(_make)
        _installed.append(True)


def announce(widget: QWidget, value: str) -> None:
    """Tell a screen reader, if there is one, that the value of `widget` is another."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleValueChangeEvent(widget, value))
