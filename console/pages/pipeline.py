"""The Pipeline page: each worker in detail."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QScrollArea, QTabWidget, QVBoxLayout, QWidget

from console.context import ConsoleContext
from console.supervision.wording import worker_title
from console.theme.tokens import Space
from console.widgets.painting import with_role
from console.widgets.worker_details import WorkerDetails
from pipeline.states import WorkerName


class PipelinePage(QWidget):
    """One tab a worker.

    Attributes:
        log_asked: carries the `WorkerName` whose log is wanted.
    """

    icon_name = "flow-arrow"
    log_asked = Signal(object)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Pipeline")
        with_role(self, "page")
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setAccessibleName(self.tr("Workers"))
        self._tabs.tabBar().setDrawBase(False)
        self._details: dict[WorkerName, WorkerDetails] = {}
        for name in WorkerName:
            details = WorkerDetails(name, context)
            details.log_asked.connect(self.log_asked)
            self._details[name] = details
            self._tabs.addTab(_Scrolled(details), worker_title(name))
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.S, 0, Space.L)
        column.addWidget(self._tabs)
        self._tabs.currentChanged.connect(self.refresh)
        context.figures.updated.connect(self._on_figures)
        context.controller.state_changed.connect(self._on_figures)

    def show_worker(self, name: WorkerName) -> None:
        """Bring a worker's tab to the front."""
        self._tabs.setCurrentIndex(list(WorkerName).index(name))

    def enter(self) -> None:
        """Put the focus on the tabs."""
        self._tabs.tabBar().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def kept(self) -> Any:
        """Return the tab in front."""
        return self._tabs.currentIndex()

    def restore(self, kept: Any) -> None:
        """Bring a tab to the front."""
        self._tabs.setCurrentIndex(kept)

    @Slot()
    def _on_figures(self) -> None:
        if self.isVisible():
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what is newest of the worker in front."""
        self._details[list(WorkerName)[self._tabs.currentIndex()]].refresh()

    def showEvent(self, event: QShowEvent) -> None:
        self.refresh()
        super().showEvent(event)


class _Scrolled(QScrollArea):
    """Details in an area that scrolls where the window is too low for them.

    The bar comes and goes in the page's margin, so that the cards end where those of the track
    diagram do.
    """

    def __init__(self, details: WorkerDetails) -> None:
        super().__init__()
        holder = QWidget()
        with_role(holder, "page")
        self._column = QVBoxLayout(holder)
        self._column.addWidget(details)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(holder)
        self.verticalScrollBar().rangeChanged.connect(self._leave_margin)
        self._leave_margin()

    @Slot()
    def _leave_margin(self) -> None:
        bar = self.verticalScrollBar()
        taken = bar.sizeHint().width() if bar.maximum() > 0 else 0
        self._column.setContentsMargins(0, Space.M, max(0, Space.L - taken), 0)
