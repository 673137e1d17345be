"""The page of logs: all workers and librdkafka in one view."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from console.context import ConsoleContext
from console.widgets.log_tail import LogTail
from pipeline.support_selection import LogSelection


class LogsPage(QWidget):
    """The whole log ring, with every filter."""

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tail = LogTail(context, self.tr("Logs"), full=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tail)

    def focus_filter(self) -> None:
        """Put the cursor into the filter's text."""
        self._tail.focus_filter()

    def selection(self) -> LogSelection:
        """Return which lines are shown, for an export."""
        return self._tail.selection()

    def kept(self) -> Any:
        """Return what the filter is set to."""
        return self._tail.kept()

    def restore(self, kept: Any) -> None:
        """Take over a filter."""
        self._tail.restore(kept)

    def show_worker(self, worker: str) -> None:
        """Show only lines of `worker`."""
        self._tail.show_worker(worker)

    def show_moment(self, moment: datetime) -> None:
        """Show what was logged from a moment on."""
        self._tail.show_moment(moment)
