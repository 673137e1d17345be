"""The drawer at the right: everything about the worker whose card was clicked, beside the page."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from console.context import ConsoleContext
from console.supervision.wording import worker_title
from console.theme.tokens import Space
from console.widgets.painting import with_role
from console.widgets.worker_details import WorkerDetails
from pipeline.states import WorkerName

WIDTH = 400


class WorkerDrawer(QFrame):
    """Shows one worker at a time; hidden while none is wanted.

    Attributes:
        log_asked: carries the `WorkerName` whose log is wanted.
        page_asked: carries the `WorkerName` to be shown on the Pipeline page.
    """

    log_asked = Signal(object)
    page_asked = Signal(object)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._details: WorkerDetails | None = None
        self._name: WorkerName | None = None
        with_role(self, "panel")
        self.setFixedWidth(WIDTH)
        self._title = QLabel()
        self._title.setProperty("role", "title")
        page = QPushButton(self.tr("Open the page"))
        page.setToolTip(self.tr("Show this worker on the Pipeline page"))
        page.clicked.connect(self._on_page)
        self._close = QToolButton()
        self._close.setToolTip(self.tr("Close (Esc)"))
        self._close.setAccessibleName(self.tr("Close"))
        self._close.clicked.connect(self.close_up)
        context.theme.icons.set_on(self._close, "x")
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self._title, 1)
        head.addWidget(page)
        head.addWidget(self._close)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.M, Space.S, Space.S, Space.S)
        column.setSpacing(Space.S)
        column.addLayout(head)
        column.addWidget(self._scroll, 1)
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        leave.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        leave.activated.connect(self.close_up)
        context.figures.updated.connect(self.refresh)
        context.controller.state_changed.connect(self.refresh)
        self.hide()

    @property
    def worker(self) -> WorkerName | None:
        """The worker that is shown; None while the drawer is closed."""
        return self._name if not self.isHidden() else None

    def minimumSizeHint(self) -> QSize:
        return QSize(WIDTH, 160)

    @Slot(object)
    def toggle(self, name: WorkerName) -> None:
        """Show a worker, or close up when it is the one that is shown."""
        if self.worker is name:
            self.close_up()
            return
        self._name = name
        self._title.setText(worker_title(name))
        self.setAccessibleName(worker_title(name))
        self._details = WorkerDetails(name, self._context, narrow=True)
        self._details.log_asked.connect(self.log_asked)
        self._scroll.setWidget(self._details)
        self.show()
        self.refresh()
        self._close.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def close_up(self) -> None:
        """Close; what was shown is gone."""
        self.hide()
        self._details = None
        held = self._scroll.takeWidget()
        if held is not None:
            held.deleteLater()

    @Slot()
    def refresh(self) -> None:
        """Show what is newest, if anybody looks."""
        if self._details is not None and self.isVisible():
            self._details.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    @Slot()
    def _on_page(self) -> None:
        if self._name is not None:
            self.page_asked.emit(self._name)
            self.close_up()
