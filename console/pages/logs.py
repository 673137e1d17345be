"""The page of logs: the lines of all workers and librdkafka, and the timeline that leads to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from console.context import ConsoleContext
from console.theme.tokens import Space
from console.widgets.log_tail import LogTail
from console.widgets.minute_dialog import MinuteDialog
from console.widgets.painting import with_role
from console.widgets.timeline_view import TimelineView
from pipeline.support_selection import LogSelection

LINES, TIMELINE = range(2)


class LogsPage(QWidget):
    """The whole log ring, with every filter; behind it, the timeline.

    Attributes:
        alarm_opened: an alarm of the timeline is wanted; carries its id.
    """

    alarm_opened = Signal(str)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._tail = LogTail(context, self.tr("Logs"), full=True)
        self._timeline = TimelineView(context)
        self._timeline.moment_asked.connect(self.show_moment)
        self._timeline.alarm_asked.connect(self.alarm_opened)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._tail)
        self._stack.addWidget(self._timeline)
        self._parts = QTabBar()
        self._parts.setAccessibleName(self.tr("Lines or timeline"))
        self._parts.setDrawBase(False)
        self._parts.setExpanding(False)
        for text, tip in (
            (self.tr("Lines"), self.tr("What the workers wrote")),
            (self.tr("Timeline"), self.tr("What happened, and when")),
        ):
            self._parts.setTabToolTip(self._parts.addTab(text), tip)
        self._parts.currentChanged.connect(self._stack.setCurrentIndex)
        bar = QWidget()
        with_role(bar, "panel")
        row = QHBoxLayout(bar)
        row.setContentsMargins(Space.L, Space.S, Space.M, 0)
        row.addWidget(self._parts)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._stack, 1)

    def show_timeline(self) -> None:
        """Show the timeline."""
        self._parts.setCurrentIndex(TIMELINE)

    def enter(self) -> None:
        """Put the focus into the lines, or into the filter of the timeline."""
        if self._stack.currentIndex() == TIMELINE:
            self._timeline.focus_filter()
        else:
            self._tail.pane.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_filter(self) -> None:
        """Put the cursor into the filter of what is in front."""
        if self._stack.currentIndex() == TIMELINE:
            self._timeline.focus_filter()
        else:
            self._tail.focus_filter()

    def selection(self) -> LogSelection:
        """Return which lines are shown, for an export."""
        return self._tail.selection()

    def kept(self) -> Any:
        """Return what the filters are set to, and which part is in front."""
        return self._tail.kept(), self._timeline.kept(), self._stack.currentIndex()

    def restore(self, kept: Any) -> None:
        """Take over what another page kept."""
        lines, timeline, part = kept
        self._tail.restore(lines)
        self._timeline.restore(timeline)
        self._parts.setCurrentIndex(part)

    def show_worker(self, worker: str) -> None:
        """Show only lines of `worker`."""
        self._parts.setCurrentIndex(LINES)
        self._tail.show_worker(worker)

    @Slot(object)
    def show_moment(self, moment: datetime) -> None:
        """Show what was logged from a moment on; from the files, where that is long ago."""
        ring = self._context.log_ring
        oldest = ring.line(ring.first_sequence)
        if oldest is None or moment < oldest.time:
            MinuteDialog(moment, self).open()
            return
        self._parts.setCurrentIndex(LINES)
        self._tail.show_moment(moment)
