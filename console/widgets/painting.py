"""Small helpers of widgets that paint themselves or change their style."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractSpinBox, QFrame, QLineEdit, QWidget

from console.theme.tokens import Space

FOCUS_WIDTH = 1.5


def set_property(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the stylesheet looks at, and have the widget look at it again."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def with_role(widget: QWidget, role: str, level: str = "") -> None:
    """Say what `widget` is, for the stylesheet."""
    widget.setProperty("role", role)
    if level:
        widget.setProperty("level", level)
    # Plain QWidgets have no background of the stylesheet's without this.
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


def indent_text(box: QAbstractSpinBox) -> None:
    """Have the text of a box with arrows begin where that of other fields does.

    The stylesheet's padding does not reach it.
    """
    for field in box.findChildren(QLineEdit):
        field.setTextMargins(Space.S - 2, 0, 0, 0)


def line(*, vertical: bool = False) -> QFrame:
    """Return a hairline between two surfaces."""
    frame = QFrame()
    frame.setProperty("role", "line")
    if vertical:
        frame.setFixedWidth(1)
    else:
        frame.setFixedHeight(1)
    return frame


def balanced_width(widest: int, height_for_width: Callable[[int], float]) -> int:
    """Return the least width at which a text is no higher than at the widest, pixels.

    Its lines are about equally long then, and no single word is left for the last one.
    """
    height = height_for_width(widest)
    low, high = widest // 2, widest
    while low < high:
        middle = (low + high) // 2
        if height_for_width(middle) <= height:
            high = middle
        else:
            low = middle + 1
    return max(1, high)


def at_separators(text: str, fits: Callable[[str], bool]) -> str:
    """Return `text` with a line of its own for each part of a line that does not fit.

    Parts are those between ``·``; left to Qt, the dot would hang at the end of a line.
    """
    return "\n".join(line if fits(line) else line.replace(" · ", "\n") for line in text.split("\n"))


def paint_focus(painter: QPainter, rect: QRectF, color: QColor, radius: float) -> None:
    """Paint the ring around what the keyboard acts upon."""
    inset = FOCUS_WIDTH / 2
    painter.setPen(QPen(color, FOCUS_WIDTH))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius, radius)


def paint_dot(painter: QPainter, center: QPointF, radius: float, color: QColor) -> None:
    """Paint a lamp."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(center, radius, radius)


def break_name(name: str, metrics: QFontMetrics, width: int) -> list[str]:
    """Return a hyphenated name on one line, or on two where one is too narrow; elided at last.

    Args:
        name: such as a topic.
        metrics: of the font it is painted in.
        width: pixels there are.
    """
    if metrics.horizontalAdvance(name) <= width:
        return [name]
    parts = name.split("-")
    for taken in range(len(parts) - 1, 0, -1):
        first = "-".join(parts[:taken]) + "-"
        if metrics.horizontalAdvance(first) <= width:
            rest = "-".join(parts[taken:])
            return [first, metrics.elidedText(rest, Qt.TextElideMode.ElideMiddle, width)]
    return [metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, width)]
