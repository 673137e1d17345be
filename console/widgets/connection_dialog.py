"""Tests the way to the Kafka cluster step by step, and makes the topics that are missing there."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from console import joining
from console.background import in_background
from console.formatting import milliseconds
from console.theme.theme import ThemeManager
from console.theme.tokens import Space
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.value_table import RIGHT, ValueTable, set_color
from console.window_texts import error_words, shown

if TYPE_CHECKING:
    from pipeline.kafka.access import KafkaAccess
    from pipeline.kafka.connection_steps import Step

WIDTH: Final = 860
HEIGHT: Final = 460
SHOW_MS: Final = 100
SHORTEST_MS: Final = 0.05
"""Shown as more than nothing."""


_TOKENS: Final = {"ok": "ok", "failed": "danger", "skipped": "text_muted"}
STATE_COLUMN: Final = 1
TIME_COLUMN: Final = 2


class ConnectionDialog(QDialog):
    """Shows each step as soon as it is done, and what to do about the first that failed."""

    def __init__(self, kafka: KafkaAccess, theme: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._kafka = kafka
        self._theme = theme
        self._steps: list[Step] = []
        self._shown = 0
        self._stop = threading.Event()
        self._is_busy = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Test connection"))
        self.resize(WIDTH, HEIGHT)
        where = QLabel(self.tr("Kafka cluster: {0}").format(kafka.bootstrap_servers))
        where.setTextFormat(Qt.TextFormat.PlainText)
        self._table = ValueTable(
            [self.tr("Step"), self.tr("Result"), self.tr("Time"), self.tr("What was found")],
            numbers_from=4,
            stretch=3,
        )
        self._table.headerItem().setTextAlignment(TIME_COLUMN, RIGHT)
        self._table.setAccessibleName(self.tr("Steps of the connection test"))
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(where)
        column.addWidget(self._table, 1)
        column.addWidget(self._words)
        column.addWidget(self._make_buttons())
        self._timer = QTimer(self)
        self._timer.setInterval(SHOW_MS)
        self._timer.timeout.connect(self._show_steps)
        theme.changed.connect(self._color_steps)
        self.test()

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self._make = QPushButton(self.tr("Make the missing topics"))
        self._make.clicked.connect(self._make_topics)
        self._make.hide()
        self._again = QPushButton(self.tr("Test again"))
        self._again.setShortcut(QKeySequence(Qt.Key.Key_F5))
        self._again.setToolTip(self.tr("Test again (F5)"))
        self._again.clicked.connect(self.test)
        for button in (self._make, self._again):
            button.setAutoDefault(False)
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        return buttons

    @Slot()
    def test(self) -> None:
        """Walk all steps from the beginning."""
        if self._is_busy:
            return
        self._steps = []
        self._shown = 0
        self._table.clear()
        self._set_busy(self.tr("Testing…"))
        kafka, steps, stop = self._kafka, self._steps, self._stop

        def work() -> None:
            from pipeline.kafka.connection_test import walk

            for step in walk(kafka):
                steps.append(step)
                if stop.is_set():
                    return

        in_background(self, work, self._on_tested, self._on_failed, own_thread=True)

    @Slot()
    def _show_steps(self) -> None:
        words = {
            "ok": self.tr("✓ works"),
            "failed": self.tr("✗ fails"),
            "skipped": self.tr("– left out"),
        }
        for step in self._steps[self._shown :]:
            item = self._table.make_item()
            # Some steps are answered by the one before, and what is left out takes none.
            is_timed = step.state.value != "skipped" and step.took_ms >= SHORTEST_MS
            took = milliseconds(step.took_ms) if is_timed else ""
            for index, text in enumerate(
                (shown(step.name.words), words[step.state.value], took, shown(step.detail))
            ):
                item.setText(index, text)
            item.setToolTip(3, shown(step.detail))
            item.setTextAlignment(TIME_COLUMN, RIGHT)
            self._table.addTopLevelItem(item)
            self._shown += 1
        self._color_steps()

    @Slot()
    def _color_steps(self) -> None:
        for place, step in enumerate(self._steps[: self._shown]):
            item = self._table.topLevelItem(place)
            assert item is not None
            set_color(item, STATE_COLUMN, self._theme.color(_TOKENS[step.state.value]))

    def _on_tested(self, _result: None) -> None:
        self._set_idle()
        self._show_steps()
        failed = next((step for step in self._steps if step.state.value == "failed"), None)
        missing = [topic for step in self._steps for topic in step.missing_topics]
        self._make.setVisible(bool(missing))
        if failed is not None:
            words = self.tr("{0} fails: {1}.\n{2}").format(
                shown(failed.name.words),
                shown(failed.detail).rstrip(".。"),
                shown(failed.next_step),
            )
            self._words.setText(joining.closed_up(words.strip()))
        elif missing:
            self._words.setText(
                self.tr("The cluster answers. Topics that are missing there: {0}.").format(
                    joining.enumerated(missing)
                )
            )
        else:
            self._words.setText(self.tr("All is well: the cluster can be used."))

    @Slot()
    def _make_topics(self) -> None:
        self._set_busy(self.tr("Making the topics…"))
        in_background(
            self, self._kafka.ensure_topics, self._on_made, self._on_failed, own_thread=True
        )

    def _on_made(self, _result: None) -> None:
        self._set_idle()
        self._make.hide()
        self.test()

    def _on_failed(self, error: Exception) -> None:
        self._set_idle()
        self._words.setText(error_words(error))

    def _set_busy(self, words: str) -> None:
        self._is_busy = True
        self._again.setEnabled(False)
        self._make.setEnabled(False)
        self._words.setText(words)
        self._timer.start()

    def _set_idle(self) -> None:
        self._is_busy = False
        self._timer.stop()
        self._again.setEnabled(True)
        self._make.setEnabled(True)

    def closeEvent(self, event: QCloseEvent) -> None:
        # The step under way has its own time limit; nothing follows it.
        self._stop.set()
        super().closeEvent(event)
