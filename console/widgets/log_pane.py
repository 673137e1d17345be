"""Shows log lines: paints only what is in sight, so that the rate of lines does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QMenu

from console.accessibility import announce
from console.context import ConsoleContext
from console.models.log_filter import ERROR_LEVELS, LogFilter
from console.models.log_view import LogView, one_line
from console.theme.fonts import mono_font, ui_font
from console.theme.tokens import Space, TypeSize
from pipeline.log_ring import LogLine

BATCH_MS: Final = 100
FILTER_MS: Final = 5
"""Between two slices of a new filter: the rest of the window gets its turn, but not much more."""

COPY_LIMIT: Final = 20_000
"""More lines than this go into a file, not into the clipboard: the window would stand still."""

LINE_PADDING: Final = 4
COLUMNS: Final = (0, 14, 23, 35)
"""Where time, level, worker and message begin, in characters."""

LEVEL_TOKENS: Final = {
    "TRACE": "text_faint",
    "DEBUG": "text_faint",
    "INFO": "text",
    "SUCCESS": "ok",
    "WARNING": "warning",
    "ERROR": "danger",
    "CRITICAL": "danger",
}


class LogPane(QAbstractScrollArea):
    """A view of the log ring.

    Attributes:
        follow_changed: it follows the newest line, or has let go.
        counts_changed: shown and total lines changed.
        progressed: how much of a new filter is worked off, 0 to 1.
        told: something to say about what was just asked for; empty when it went well.
    """

    follow_changed = Signal(bool)
    counts_changed = Signal(int, int)
    progressed = Signal(float)
    told = Signal(str)

    def __init__(self, context: ConsoleContext) -> None:
        super().__init__()
        self._context = context
        self._view = LogView(context.log_ring)
        self._empty_text = ""
        self._follow = True
        self._widest = 0
        self._anchor: int | None = None
        self._cursor: int | None = None
        self._sought: datetime | None = None
        self._font = mono_font(TypeSize.BODY)
        metrics = QFontMetricsF(self._font)
        self._char = metrics.horizontalAdvance("0")
        self._ascent = metrics.ascent()
        self._height = round(metrics.height()) + LINE_PADDING
        self._colors: dict[str, QColor] = {}
        self._on_theme_changed()
        context.theme.changed.connect(self._on_theme_changed)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Log lines"))
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self._timer = QTimer(self)
        self._timer.setInterval(BATCH_MS)
        self._timer.timeout.connect(self._on_batch)

    @property
    def empty_text(self) -> str:
        """What stands in the place of lines where there are none."""
        return self._empty_text

    @empty_text.setter
    def empty_text(self, text: str) -> None:
        self._empty_text = text
        self.viewport().update()

    @property
    def follows(self) -> bool:
        """Whether the newest line is kept in sight."""
        return self._follow

    def sizeHint(self) -> QSize:
        return QSize(800, 8 * self._height)

    @property
    def row_count(self) -> int:
        """How many lines pass the filter."""
        return len(self._view.shown)

    def accessible_value(self) -> str:
        """Return the row of the keyboard, or the newest one."""
        row = self._cursor if self._cursor is not None else len(self._view.shown) - 1
        return self.row_text(row)

    def row_text(self, row: int) -> str:
        """Return a row as it is read out: time, level, worker, message; empty when it is gone."""
        line = self._view.line(row) if 0 <= row < len(self._view.shown) else None
        return "" if line is None else written(line)

    def shown_sequences(self) -> Sequence[int]:
        """Return which lines of the ring pass the filter; a copy."""
        return self._view.shown[:]

    def set_filter(self, wanted: LogFilter) -> None:
        """Show only lines that pass.

        Raises:
            LogFilterError: its pattern is no regular expression; the filter before stays.
        """
        self._view.set_filter(wanted)
        if self.isVisible():
            self._timer.start(FILTER_MS)
        self._anchor = self._cursor = None
        self._widest = 0
        self._refresh()

    def set_follow(self, *, follow: bool) -> None:
        """Keep the newest line in sight, or stay where the reader is."""
        if follow != self._follow:
            self._follow = follow
            self.follow_changed.emit(follow)
        if follow:
            self._scroll_to_end()

    def clear(self) -> None:
        """Empty the view; the files keep everything."""
        self._view.clear()
        self._anchor = self._cursor = None
        self._refresh()

    def jump_to_error(self, *, forward: bool = True) -> bool:
        """Go to the next error, or the one before; False when there is none."""
        start = self._cursor
        if start is None:
            start = -1 if forward else len(self._view.shown)
        row = self._view.next_error(start, forward=forward)
        if row is None:
            self.told.emit(
                self.tr("No error further down") if forward else self.tr("No error further up")
            )
            return False
        self.told.emit("")
        self._go_to(row)
        return True

    def go_to_time(self, moment: datetime) -> None:
        """Go to the first line from `moment` on, once all lines before now are looked through."""
        self._sought = moment
        self._on_batch()

    def _seek(self, moment: datetime) -> None:
        row = self._view.row_at_time(moment.timestamp())
        if row >= len(self._view.shown):
            self.told.emit(self.tr("No line since then"))
            return
        self.told.emit("")
        self._go_to(row)

    def _go_to(self, row: int) -> None:
        self.set_follow(follow=False)
        self._select(row, row)
        # In the middle, so that what led there is in sight.
        bar = self.verticalScrollBar()
        if not bar.value() <= row < bar.value() + self._rows_in_sight():
            bar.setValue(max(0, row - self._rows_in_sight() // 2))

    def selected_text(self) -> str:
        """Return the selected lines in full."""
        rows = self._selection()
        return "\n".join(written(line) for line in self._view.lines(rows.start, len(rows)))

    def copy(self) -> None:
        """Copy the selected lines, if the clipboard can take so many."""
        if len(self._selection()) > COPY_LIMIT:
            self.told.emit(self.tr("Too many lines to copy; save them to a file instead"))
            return
        text = self.selected_text()
        if not text:
            self.told.emit(self.tr("No line is selected"))
            return
        # Half a surrogate pair cannot be handed to other programs.
        QGuiApplication.clipboard().setText(text.encode("utf-8", "replace").decode("utf-8"))
        self.told.emit(self.tr("%Ln line(s) copied", "", len(self._selection())))

    def select_all(self) -> None:
        """Select every line shown."""
        if self._view.shown:
            self._select(0, len(self._view.shown) - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        with QPainter(self.viewport()) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setFont(self._font)
        painter.fillRect(self.viewport().rect(), self._colors["sunken"])
        if not self._view.shown:
            painter.setFont(ui_font(TypeSize.BODY))
            painter.setPen(self._colors["text_muted"])
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self._empty_text)
            return
        first = self.verticalScrollBar().value()
        left = Space.M - self.horizontalScrollBar().value()
        selected = self._selection()
        rows = self._view.lines(first, self._rows_in_sight() + 1)
        for number, line in enumerate(rows):
            self._paint_line(
                painter, line, left, number * self._height, selected=first + number in selected
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif key == Qt.Key.Key_F3:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.jump_to_error(forward=not shift)
        elif key == Qt.Key.Key_End:
            self.set_follow(follow=True)
        elif key == Qt.Key.Key_Home:
            self.verticalScrollBar().setValue(0)
        elif key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self._move_cursor(-1 if key == Qt.Key.Key_Up else 1, event)
        elif key in {Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}:
            step = self._rows_in_sight()
            self._move_cursor(-step if key == Qt.Key.Key_PageUp else step, event)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            row = self._row_at(event.position().toPoint())
            if row is not None:
                shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                self._select(self._anchor if shift and self._anchor is not None else row, row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None:
            row = self._row_at(event.position().toPoint())
            if row is not None:
                self._select(self._anchor, row)
                self._bring_into_sight(row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.addAction(self.tr("Copy"), QKeySequence.StandardKey.Copy, self.copy)
        menu.addAction(self.tr("Select all"), QKeySequence.StandardKey.SelectAll, self.select_all)
        menu.addSeparator()
        menu.addAction(self.tr("Next error"), QKeySequence("F3"), self.jump_to_error)
        menu.addAction(self.tr("Clear this view"), self.clear)
        menu.exec(event.globalPos())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start(FILTER_MS if self._view.is_filtering else BATCH_MS)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        # Nobody reads; what comes meanwhile is caught up when it is shown again.
        self._timer.stop()

    def _on_batch(self) -> None:
        changed = False
        if self._view.is_filtering:
            self._shift_rows(self._view.filter_slice())
            changed = True
            self.progressed.emit(self._view.progress)
        total = self._view.total
        shown, gone = self._view.pull()
        if gone:
            self._shift_rows(-gone)
        if changed or shown or gone:
            self._refresh()
        elif self._view.total != total:
            self.counts_changed.emit(len(self._view.shown), self._view.total)
        if self._sought is not None and not self._view.is_filtering:
            moment, self._sought = self._sought, None
            self._seek(moment)
        wanted_ms = FILTER_MS if self._view.is_filtering else BATCH_MS
        if self._timer.interval() != wanted_ms:
            self._timer.setInterval(wanted_ms)

    def _shift_rows(self, by: int) -> None:
        """Keep selection and place when rows came or went at the front."""
        if not by:
            return
        if self._anchor is not None and self._cursor is not None:
            self._anchor, self._cursor = max(0, self._anchor + by), max(0, self._cursor + by)
        if not self._follow:
            bar = self.verticalScrollBar()
            bar.blockSignals(True)
            bar.setMaximum(max(0, len(self._view.shown) - self._rows_in_sight()))
            bar.setValue(bar.value() + by)
            bar.blockSignals(False)

    def _refresh(self) -> None:
        rows = self._rows_in_sight()
        bar = self.verticalScrollBar()
        bar.blockSignals(True)
        bar.setRange(0, max(0, len(self._view.shown) - rows))
        bar.setPageStep(rows)
        if self._follow:
            bar.setValue(bar.maximum())
        bar.blockSignals(False)
        first = bar.value()
        longest = max((len(line.message) for line in self._view.lines(first, rows)), default=0)
        self._widest = max(self._widest, min(longest, 2_000))
        width = round((COLUMNS[-1] + self._widest) * self._char) + 2 * Space.M
        sideways = self.horizontalScrollBar()
        sideways.setRange(0, max(0, width - self.viewport().width()))
        sideways.setPageStep(self.viewport().width())
        self.counts_changed.emit(len(self._view.shown), self._view.total)
        self.viewport().update()

    def _on_scrolled(self, value: int) -> None:
        # Scrolling up lets go; coming back to the end follows again.
        self.set_follow(follow=value >= self.verticalScrollBar().maximum())
        self.viewport().update()

    def _scroll_to_end(self) -> None:
        bar = self.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _rows_in_sight(self) -> int:
        return max(1, self.viewport().height() // self._height)

    def _row_at(self, point: QPoint) -> int | None:
        row = self.verticalScrollBar().value() + max(0, point.y()) // self._height
        return min(row, len(self._view.shown) - 1) if self._view.shown else None

    def _select(self, anchor: int, cursor: int) -> None:
        self._anchor, self._cursor = anchor, cursor
        self.viewport().update()
        announce(self, self.row_text(cursor))

    def _selection(self) -> range:
        if self._anchor is None or self._cursor is None:
            return range(0)
        first, last = sorted((self._anchor, self._cursor))
        return range(first, last + 1)

    def _move_cursor(self, step: int, event: QKeyEvent) -> None:
        if not self._view.shown:
            return
        last = len(self._view.shown) - 1
        start = self._cursor
        if start is None:
            start = min(last, self.verticalScrollBar().value() + self._rows_in_sight())
        row = max(0, min(last, start + step))
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        self._select(self._anchor if shift and self._anchor is not None else row, row)
        self._bring_into_sight(row)

    def _bring_into_sight(self, row: int) -> None:
        bar = self.verticalScrollBar()
        if row < bar.value():
            bar.setValue(row)
        elif row >= bar.value() + self._rows_in_sight():
            bar.setValue(row - self._rows_in_sight() + 1)

    def _paint_line(
        self, painter: QPainter, line: LogLine, left: int, top: int, *, selected: bool
    ) -> None:
        if selected:
            painter.fillRect(
                0, top, self.viewport().width(), self._height, self._colors["selected"]
            )
        baseline = top + LINE_PADDING / 2 + self._ascent
        level = LEVEL_TOKENS.get(line.level, "text")
        clock = f"{line.time:%H:%M:%S}.{line.time.microsecond // 1000:03}"
        cells = (
            (clock, "text_faint"),
            (line.level, level),
            (line.worker, "text_muted"),
            (one_line(line.message), level if line.level in ERROR_LEVELS else "text"),
        )
        for column, (text, token) in zip(COLUMNS, cells, strict=True):
            painter.setPen(self._colors[token])
            painter.drawText(round(left + column * self._char), round(baseline), text)

    def _on_theme_changed(self) -> None:
        theme = self._context.theme
        tokens = {"sunken", "selected", "text_muted", *LEVEL_TOKENS.values()}
        self._colors = {token: theme.color(token) for token in tokens}
        self.viewport().update()


def written(line: LogLine) -> str:
    """Return a line in full, as it is copied and saved."""
    clock = f"{line.time:%Y-%m-%d %H:%M:%S}.{line.time.microsecond // 1000:03}"
    return f"{clock} {line.level} {line.worker} {line.message}"
