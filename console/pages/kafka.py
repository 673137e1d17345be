"""The Kafka page: lag of the topics, the connection to the broker, and its properties."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from console import settings_keeper
from console.context import ConsoleContext
from console.models.kafka_desk import KafkaDesk
from console.theme.tokens import Space
from console.widgets.connection_dialog import ConnectionDialog
from console.widgets.connection_form import ConnectionForm
from console.widgets.dead_letter_dialog import DeadLetterDialog
from console.widgets.lag_view import LagView
from console.widgets.painting import set_property, with_role
from console.widgets.properties_panel import PropertiesPanel
from console.widgets.section import page_heading

EMBEDDED_KEPT_MB: Final = 5
LAG_TAB: Final = 0
PROPERTIES_TAB: Final = 2
WORDS_WIDTH: Final = 600
"""Least width of what is said of the broker, so that it takes two lines at most."""


class KafkaPage(QWidget):
    """What is going on in Kafka, and everything that is set about it."""

    icon_name = "stack"

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Kafka")
        self._context = context
        self._news = ("", "")
        self._was_applying = False
        with_role(self, "page")
        self._desk = KafkaDesk(context, self)
        self._broker = QLabel()
        self._broker.setMinimumWidth(WORDS_WIDTH)
        self._lag = LagView(context)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setAccessibleName(self.tr("Views of Kafka"))
        self._tabs.tabBar().setDrawBase(False)
        self._tabs.addTab(_with_margin(self._lag), self.tr("Topics and lag"))
        self._tabs.addTab(_with_margin(ConnectionForm(self._desk)), self.tr("Connection"))
        self._properties = PropertiesPanel(self._desk, context.theme)
        self._tabs.addTab(_with_margin(self._properties), self.tr("Properties"))
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        column.setSpacing(Space.S)
        column.addWidget(page_heading(self.title, self._broker))
        column.addWidget(self._tabs, 1)
        column.addLayout(self._foot())
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self)
        shortcut.activated.connect(self._desk.apply)
        self._desk.changed.connect(self._on_changed)
        self._desk.examined.connect(self._show_foot)
        self._desk.told.connect(self._on_told)
        # What was told is about what was in sight.
        self._tabs.currentChanged.connect(self._on_changed)
        context.figures.updated.connect(self._on_figures)
        context.controller.session_changed.connect(self._on_figures)
        context.controller.state_changed.connect(self._on_state)
        self._show_foot()

    def _foot(self) -> QHBoxLayout:
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._words.setProperty("role", "status")
        self._test = QPushButton(self.tr("Test connection…"))
        self._test.setToolTip(
            self.tr(
                "Name, network, TLS, login, topics and rights, one by one, with what is typed here"
            )
        )
        self._test.clicked.connect(self._open_connection_test)
        self._revert = QPushButton(self.tr("Revert"))
        self._revert.setToolTip(self.tr("Show the settings in use again"))
        self._revert.clicked.connect(self._desk.revert)
        self._apply = QPushButton(self.tr("Apply"))
        self._apply.setProperty("role", "primary")
        self._apply.setToolTip(self.tr("Save and use these settings (Ctrl+S)"))
        self._apply.clicked.connect(self._desk.apply)
        self._letters = QPushButton(self.tr("Dead letters…"))
        self._letters.setToolTip(self.tr("Messages that could not be processed, and why"))
        self._letters.clicked.connect(self._open_letters)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self._words, 1)
        for button in (self._letters, self._test, self._revert, self._apply):
            row.addWidget(button)
        return row

    # ------------------------------------------------------------------ asked for from outside
    def enter(self) -> None:
        """Put the focus on the tabs."""
        self._tabs.tabBar().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_topic(self, topic: str) -> None:
        """Bring a topic's row to the reader's eye."""
        self._tabs.setCurrentIndex(LAG_TAB)
        self._lag.select_topic(topic)

    def open_properties(self, path: Path) -> None:
        """Show what becomes of the properties in a file."""
        self._tabs.setCurrentIndex(PROPERTIES_TAB)
        self._properties.open_java(path)

    def kept(self) -> Any:
        """Return what is typed and not in use yet, and the tab in sight."""
        return self._desk.draft if self._desk.is_changed else None, self._tabs.currentIndex()

    def restore(self, kept: Any) -> None:
        """Take over what was typed."""
        draft, tab = kept
        if draft is not None:
            self._desk.set_draft(draft)
        self._tabs.setCurrentIndex(tab)

    @Slot()
    def _open_connection_test(self) -> None:
        access = self._desk.access_to_test()
        if access is not None:
            ConnectionDialog(access, self._context.theme, self).open()

    @Slot()
    def _open_letters(self) -> None:
        session = self._context.session
        if session is not None:
            DeadLetterDialog(session.kafka, self).open()

    # ------------------------------------------------------------------ shown
    @Slot()
    def _on_figures(self) -> None:
        if self.isVisible():
            self.refresh()

    @Slot()
    def _on_state(self) -> None:
        if self.isVisible():
            self._lag.look_again()
            self._show_foot()

    def showEvent(self, event: QShowEvent) -> None:
        self._broker.setText(self._broker_words())
        self._lag.look_again()
        super().showEvent(event)

    @Slot()
    def refresh(self) -> None:
        """Show what is newest."""
        self._broker.setText(self._broker_words())
        self._lag.refresh()
        self._letters.setVisible(
            self._tabs.currentIndex() == LAG_TAB and self._context.session is not None
        )

    def _broker_words(self) -> str:
        session = self._context.session
        if self._context.settings.kafka.mode == "embedded":
            where = session.kafka.bootstrap_servers if session is not None else "127.0.0.1"
            return self.tr(
                "Embedded broker on {0}: a real Kafka protocol inside this program, for trying "
                "out. It lives in memory, keeps at most {1} MB of each partition, and nothing at "
                "all over a restart."
            ).format(where, EMBEDDED_KEPT_MB)
        return self.tr("Kafka cluster: {0}").format(self._context.settings.kafka.bootstrap_servers)

    @Slot()
    def _on_changed(self) -> None:
        self._news = ("", "")
        self._show_foot()

    @Slot(str, str)
    def _on_told(self, text: str, level: str) -> None:
        self._news = (text, level)
        self._show_foot()

    @Slot()
    def _show_foot(self) -> None:
        desk = self._desk
        text, level = self._news if self._news[0] else self._state_words()
        self._words.setText(text)
        set_property(self._words, "level", level)
        sees_lag = self._tabs.currentIndex() == LAG_TAB
        is_open = self._context.session is not None
        self._letters.setVisible(sees_lag and is_open)
        for button in (self._revert, self._apply):
            button.setVisible(not sees_lag or desk.is_changed)
        self._test.setVisible(not desk.draft.is_embedded)
        self._test.setEnabled(desk.settings() is not None)
        self._revert.setEnabled(desk.is_changed and not desk.is_applying)
        self._apply.setEnabled(desk.can_apply)
        if desk.is_applying:
            self._was_applying = True
        elif self._was_applying:
            # While it was out of use its focus went on to whatever comes next.
            self._was_applying = False
            (self._apply if desk.can_apply else self).setFocus(Qt.FocusReason.OtherFocusReason)

    def _state_words(self) -> tuple[str, str]:
        """Return what applying would do, or why it cannot be done."""
        desk = self._desk
        settings = desk.settings()
        if desk.is_applying:
            return self.tr("Being applied…"), "info"
        if settings is None:
            return self.tr("Mend what is marked red, then apply."), "danger"
        if desk.is_examined and desk.errors:
            text = self.tr(
                "%Ln error(s): no worker would start. Mend them, then apply.", "", desk.errors
            )
            return text, "danger"
        if not desk.is_changed:
            is_form = self._tabs.currentIndex() != LAG_TAB
            return settings_keeper.where_kept(self._context) if is_form else "", ""
        text = settings_keeper.consequence_words(
            self._context.settings, settings, self._context.controller.running
        )
        return text, "info"


def _with_margin(widget: QWidget) -> QWidget:
    """Return the widget with the distance that the contents of a tab have from its bar."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, Space.S, 0, 0)
    column.addWidget(widget)
    return holder
