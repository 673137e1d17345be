"""A line above alarms that says that newer ones cannot be written, and why; hidden otherwise."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel

from console import joining
from console.context import ConsoleContext
from console.formatting import count
from console.theme.tokens import Space
from console.window_texts import sentence
from pipeline.states import WorkerName

UNWRITTEN: Final = ("alarms cannot be written", "the disk is full since")
"""How the aggregator's reason begins while alarms wait in memory, or their verdicts in Kafka."""


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
        concerned = any(words in reason for words in UNWRITTEN)
        if concerned:
            figures = self._context.figures.snapshot(WorkerName.AGGREGATOR)
            waiting = int(figures.gauges.get("unsaved", 0))
            why = sentence(reason)
            alarms = int(figures.gauges.get("unsaved_alarms", 0))
            listed = len(figures.unsaved)
            if not alarms:
                text = self.tr("Newer alarms are not listed yet. {0}").format(why)
            elif listed < alarms:
                text = self.tr(
                    "{0} alarms are not saved yet; the newest {1} of them are listed. {2}",
                    "",
                    alarms,
                ).format(count(alarms), count(listed), why)
            else:
                text = self.tr("%Ln alarm(s) are not saved yet. {0}", "", alarms).format(why)
            if waiting:
                more = self.tr("Verdicts that wait in memory: {0}.").format(count(waiting))
                text = joining.one_after_another((text, more))
            if text != self.text():
                self.setText(text)
        self.setVisible(concerned)
