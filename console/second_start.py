"""A second start beside a run that does not answer: says so, and goes on as soon as it can."""

from __future__ import annotations

import enum
import sys

from PySide6.QtCore import QObject, Qt
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QMessageBox

from console import early, i18n
from console.instance import ANSWER
from console.widgets.dialog_buttons import MessageBox

ANSWER_TIMEOUT_MS = 8000
"""So long nothing is said: a window that is being made, or on a busy machine, takes its time."""


class Outcome(enum.IntEnum):
    """What became of the other run."""

    GIVEN_UP = 0
    """It does not answer, and nobody wants to wait any longer."""
    ANSWERED = 1
    """Its window is in front."""
    GONE = 2
    """It has ended."""


class SecondStart(QObject):
    """Waits for the run that was there first."""

    def __init__(self, language: str) -> None:
        """Speak `language`, where something has to be said."""
        super().__init__()
        self._language = language

    def wait_for(self, other: QLocalSocket, pid: int | None) -> Outcome:
        """Wait until the other run answers, ends, or its user gives up.

        Args:
            other: where it answers.
            pid: its process, where that is known.
        """
        other.waitForReadyRead(ANSWER_TIMEOUT_MS)
        if (at_once := _outcome(other)) is not None:
            return at_once
        i18n.install(self._language)
        early.end()
        sys.stderr.write("Signalbox is running already, but does not answer.\n")
        sys.stderr.flush()
        box = self._question(pid)

        def look() -> None:
            now = _outcome(other)
            if now is not None:
                box.done(now)

        other.readyRead.connect(look)
        other.disconnected.connect(look)
        box.exec()
        return _outcome(other) or Outcome.GIVEN_UP

    def _question(self, pid: int | None) -> MessageBox:
        box = MessageBox(
            QMessageBox.Icon.Warning,
            self.tr("Signalbox does not answer"),
            self.tr("Signalbox is running already, but its window does not answer."),
            QMessageBox.StandardButton.Close,
        )
        end = self.tr("end it, on Windows in the Task Manager")
        if pid is not None:
            end = self.tr("end process {0}, on Windows in the Task Manager").format(pid)
        box.setInformativeText(
            self.tr(
                "It may only be busy: once it answers, its window comes to the front. If it stays "
                "like this, {0}; this start then goes on by itself."
            ).format(end)
        )
        box.setTextFormat(Qt.TextFormat.PlainText)
        return box


def _outcome(other: QLocalSocket) -> Outcome | None:
    """Return what is known by now; None while it may still answer."""
    if other.canReadLine() and bytes(other.peek(len(ANSWER)).data()) == ANSWER:
        return Outcome.ANSWERED
    if other.state() is not QLocalSocket.LocalSocketState.ConnectedState:
        return Outcome.GONE
    return None
