"""Texts in a window that are cut off where nothing tells the rest: in widgets, tables, painted ones.

What is elided counts as cut unless its whole text is in a tooltip where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QFontMetricsF, QHelpEvent, QPainter, QPixmap, QRegion
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QToolTip,
    QTreeView,
    QWidget,
)
from shiboken6 import isValid

from console.widgets.elided_label import ElidedLabel

ROUNDING: Final = 1
"""Pixels: a width that Qt rounded down by itself."""


def cut_texts(root: QWidget) -> list[str]:
    """Return the texts below `root` that a person sees cut, and cannot read whole anywhere."""
    found: list[str] = []
    for widget in [root, *root.findChildren(QWidget)]:
        # Tooltips come and go while their texts are asked for.
        if not isValid(widget) or widget.inherits("QTipLabel"):
            continue
        if widget.isVisible() and widget.width() > 0 and widget.height() > 0:
            found += (f"{type(widget).__name__}: {text!r}" for text in _cut_in(widget))
    return found


def _cut_in(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, ElidedLabel):
        return  # shows the whole itself where it is cut
    if _paints_itself(widget):
        yield from _cut_paintings(widget)
    elif isinstance(widget, QLabel):
        yield from _cut_label(widget)
    elif isinstance(widget, QComboBox):
        yield from _cut_choice(widget)
    elif isinstance(widget, QAbstractButton):
        if widget.text() and widget.width() + ROUNDING < widget.minimumSizeHint().width():
            yield from _untold(widget, widget.text())
    elif isinstance(widget, QAbstractSpinBox):
        if widget.width() + ROUNDING < widget.minimumSizeHint().width():
            yield widget.text()
    elif isinstance(widget, QLineEdit):
        yield from _cut_placeholder(widget)
    elif isinstance(widget, QTabBar):
        for index in range(widget.count()):
            room = widget.tabRect(index)
            if widget.tabText(index) and not widget.rect().contains(room):
                yield widget.tabText(index)
    elif isinstance(widget, QHeaderView):
        yield from _cut_headers(widget)
    elif isinstance(widget, QAbstractItemView):
        yield from _cut_cells(widget)


# ---------------------------------------------------------------------- widgets of Qt
def _untold(widget: QWidget, text: str) -> Iterator[str]:
    """Give a text that is cut, unless a tooltip has it."""
    if _plain(text) not in _plain(widget.toolTip()):
        yield text


def _plain(text: str) -> str:
    """Return the words alone; figures may have gone on meanwhile, and lines be broken elsewhere."""
    words = unescape(re.sub(r"<[^>]*>", " ", text)).replace("&", "").replace("·", " ")
    return re.sub(r"\d", "0", " ".join(words.split()))


def _cut_label(label: QLabel) -> Iterator[str]:
    if not label.text():
        return
    if label.wordWrap():
        is_cut = label.height() + ROUNDING < label.heightForWidth(label.width())
    else:
        needed = label.minimumSizeHint()
        is_cut = label.width() + ROUNDING < needed.width() or label.height() < needed.height() - 2
    if is_cut:
        yield from _untold(label, label.text())


def _cut_choice(box: QComboBox) -> Iterator[str]:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    room = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
    )
    metrics = box.fontMetrics()
    if box.isEditable():
        return
    if metrics.horizontalAdvance(box.currentText()) > room.width() + ROUNDING:
        yield from _untold(box, box.currentText())


def _cut_placeholder(line: QLineEdit) -> Iterator[str]:
    text = line.placeholderText()
    if text and not line.text():
        room = line.contentsRect().width() - line.textMargins().left() - 4
        if line.fontMetrics().horizontalAdvance(text) > room:
            yield from _untold(line, text)


def _cut_headers(header: QHeaderView) -> Iterator[str]:
    model = header.model()
    if header.orientation() is not Qt.Orientation.Horizontal or model is None:
        return
    for section in range(header.count()):
        text = str(model.headerData(section, Qt.Orientation.Horizontal) or "")
        if header.isSectionHidden(section) or not text:
            continue
        if header.sectionSize(section) + ROUNDING < header.sectionSizeFromContents(section).width():
            tip = model.headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
            if _plain(text) not in _plain(str(tip or "")):
                yield text


def _cut_cells(view: QAbstractItemView) -> Iterator[str]:
    model = view.model()
    if view.textElideMode() is Qt.TextElideMode.ElideNone:
        return
    for row in range(model.rowCount(view.rootIndex())):
        # Of models of lists Qt hides the number of columns.
        columns = 1 if isinstance(view, QListView) else model.columnCount(view.rootIndex())
        for column in range(columns):
            index = model.index(row, column, view.rootIndex())
            room = view.visualRect(index)
            if room.isEmpty() or not view.viewport().rect().intersects(room):
                continue
            if isinstance(view, QTreeView) and view.isColumnHidden(column):
                continue
            if isinstance(view, QListView):  # its rows are as wide as they like, and scroll
                room = room.intersected(view.viewport().rect())
            text = str(index.data() or "")
            needed = view.sizeHintForIndex(index).width()
            if isinstance(view, QListWidget) and view.wordWrap():
                continue
            if text and needed > room.width() + ROUNDING:
                tip = str(index.data(Qt.ItemDataRole.ToolTipRole) or "")
                if _plain(text) not in _plain(tip):
                    yield text


# ---------------------------------------------------------------------- what paints itself
@dataclass
class _Paintings:
    """What was drawn: text, where (in the widget), room; and what was elided to what."""

    drawn: list[tuple[str, QRectF, QRectF]] = field(default_factory=list)
    elided: dict[str, str] = field(default_factory=dict)


def _paints_itself(widget: QWidget) -> bool:
    kinds = type(widget).__mro__
    painter = next(kind for kind in kinds if "paintEvent" in vars(kind))
    return painter.__module__.startswith("console.") and not isinstance(widget, QAbstractScrollArea)


@contextmanager
def _watched() -> Iterator[_Paintings]:
    """Take down what Python code draws."""
    seen = _Paintings()
    painter_kind: Any = QPainter
    draw, elide, elide_f = QPainter.drawText, QFontMetrics.elidedText, QFontMetricsF.elidedText

    def drawn(painter: QPainter, *given: Any) -> Any:
        text = next(each for each in given if isinstance(each, str))
        place = given[0]
        if isinstance(place, QRect | QRectF):
            flags = given[1] if not isinstance(given[1], str) else Qt.AlignmentFlag.AlignLeft
            room = QRectF(place)
            needed = painter.boundingRect(room, int(flags), text)
        else:
            at = (
                QPointF(place)
                if isinstance(place, QPoint | QPointF)
                else QPointF(float(given[0]), float(given[1]))
            )
            metrics = QFontMetricsF(painter.font())
            needed = metrics.boundingRect(text).translated(at)
            needed.setWidth(metrics.horizontalAdvance(text))
            room = QRectF()
        to_widget = painter.transform()
        seen.drawn.append((text, to_widget.mapRect(needed), to_widget.mapRect(room)))
        return draw(painter, *given)

    def shortened(how: Any) -> Any:
        def short(metrics: Any, text: str, *given: Any) -> str:
            made: str = how(metrics, text, *given)
            if made != text:
                seen.elided[made] = text
            return made

        return short

    try:
        painter_kind.drawText = drawn
        for kind, how in ((QFontMetrics, elide), (QFontMetricsF, elide_f)):
            changed: Any = kind
            changed.elidedText = shortened(how)
        yield seen
    finally:
        painter_kind.drawText = draw
        for kind, how in ((QFontMetrics, elide), (QFontMetricsF, elide_f)):
            changed = kind
            changed.elidedText = how


def _cut_paintings(widget: QWidget) -> Iterator[str]:
    picture = QPixmap(widget.size())
    with _watched() as seen:
        widget.render(picture, QPoint(), QRegion(), QWidget.RenderFlag(0))
    inside = QRectF(widget.rect()).adjusted(-ROUNDING, -2, ROUNDING, 2)
    for text, needed, room in seen.drawn:
        whole = seen.elided.get(text, text)
        overflows = not inside.contains(needed) or (
            room.isValid() and needed.width() > room.width() + ROUNDING
        )
        if not text.strip() or (whole == text and not overflows):
            continue
        if _plain(whole) not in _plain(_hint(widget, needed.center().toPoint())):
            yield whole


def _hint(widget: QWidget, spot: QPoint) -> str:
    """Return the tooltip that comes at a spot."""
    QToolTip.hideText()
    event = QHelpEvent(QEvent.Type.ToolTip, spot, widget.mapToGlobal(spot))
    QApplication.sendEvent(widget, event)
    text = QToolTip.text()
    QToolTip.hideText()
    return text or widget.toolTip()
