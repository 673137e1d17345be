"""A line above alarms that says that newer ones cannot be written, and why; hidden otherwise."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel

from console.context import ConsoleContext
from console.theme.tokens import Space
from console.window_texts import sentence
from pipeline.states import WorkerName

UNWRITTEN: Final = "alarms cannot be written"
"""How the aggregator's reason begins while its alarms wait in memory."""


class UnwrittenAlarms(QLabel):
    """Watches the aggregator."""

    def __init__(self, context: ConsoleContext, margin: int = 0) -> None:
        super().__init__()
        self._context = context
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "status")
        self.setProperty("level", "warning")
        self.setContentsMargins(margin, Space.S if margin else 0, margin, Space.S if margin else 0)
        context.figures.updated.connect(self._look)
        self._look()

    @Slot()
    def _look(self) -> None:
        reason = self._context.figures.reason(WorkerName.AGGREGATOR)
        concerned = UNWRITTEN in reason
        if concerned:
            figures = self._context.figures.snapshot(WorkerName.AGGREGATOR)
            waiting = int(figures.gauges.get("unsaved", 0))
            why = sentence(reason)
            text = self.tr("Newer alarms are not listed yet. {0}").format(why)
            if waiting:
                text += ("" if text.endswith("。") else " ") + self.tr(
                    "Verdicts that wait in memory: {0}."
                ).format(waiting)
            if text != self.text():
                self.setText(text)
        self.setVisible(concerned)
