"""Opening and closing the pipeline session away from the GUI thread.

Opening imports confluent-kafka and starts the embedded broker; closing ends its connections. Both
take long enough to be seen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from loguru import logger
from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from pipeline.settings import Settings
from pipeline.telemetry import TelemetryHub
from pipeline.texts import NOTHING, Text, words_of
from pipeline.worker import WorkerError

if TYPE_CHECKING:
    from pipeline.session import PipelineSession


class SessionState(StrEnum):
    """What the window has of a pipeline."""

    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    FAILED = "failed"


class _OpenThread(QThread):
    """Opens a session; look at the attributes when it has finished.

    Attributes:
        session: what was opened; None when it failed.
        error: the cause and the next step, for people; empty when it did not fail.
    """

    def __init__(
        self, settings: Settings, hub: TelemetryHub, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("open-session")
        self.session: PipelineSession | None = None
        self.error: Text = NOTHING
        self._settings = settings
        self._hub = hub

    def run(self) -> None:
        try:
            from pipeline.session import PipelineSession

            self.session = PipelineSession(self._settings, self._hub)
        except WorkerError as error:
            self.error = error.explained
            logger.error("the pipeline could not be opened: {}", self.error)
        except Exception as error:  # noqa: BLE001 - shown to people; the log has the traceback
            self.error = words_of(error)
            logger.opt(exception=True).error("the pipeline could not be opened: {}", self.error)


class _CloseThread(QThread):
    """Closes a session whose workers have all stopped."""

    def __init__(self, session: PipelineSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("close-session")
        self._session = session

    def run(self) -> None:
        self._session.close()


class SessionKeeper(QObject):
    """Has at most one session, opened and closed in threads; every call returns at once.

    Attributes:
        changed: carries the new `SessionState`.
        session: the open one; None while there is none.
        error: why it could not be opened, with the next step; empty otherwise.
    """

    changed = Signal(object)

    def __init__(self, hub: TelemetryHub, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session: PipelineSession | None = None
        self.error: Text = NOTHING
        self._hub = hub
        self._state = SessionState.CLOSED
        self._thread: _OpenThread | _CloseThread | None = None

    @property
    def state(self) -> SessionState:
        """Where opening or closing stands."""
        return self._state

    def open(self, settings: Settings) -> None:
        """Open a session, unless there is one or it is under way."""
        if self._state in {SessionState.CLOSED, SessionState.FAILED}:
            self.error = NOTHING
            self._run(_OpenThread(settings, self._hub, self), SessionState.OPENING)

    def close(self) -> bool:
        """Close the session; its workers must have stopped. False: ask again, it is opening."""
        if self._thread is not None:
            return False
        session, self.session = self.session, None
        if session is None:
            self._move(SessionState.CLOSED)
        else:
            self._run(_CloseThread(session, self), SessionState.CLOSING)
        return True

    def wait(self) -> None:
        """Wait for what is under way: the last thing before the process ends."""
        thread = self._thread
        if thread is not None:
            thread.wait()
            if isinstance(thread, _OpenThread):
                self.session = thread.session

    def _run(self, thread: _OpenThread | _CloseThread, state: SessionState) -> None:
        self._thread = thread
        thread.finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)
        self._move(state)
        thread.start()

    def _move(self, state: SessionState) -> None:
        self._state = state
        self.changed.emit(state)

    @Slot()
    def _on_finished(self) -> None:
        thread = self._thread
        if thread is None:
            return
        thread.wait()
        thread.deleteLater()
        self._thread = None
        if isinstance(thread, _OpenThread):
            self.session, self.error = thread.session, thread.error
            self._move(SessionState.OPEN if self.session is not None else SessionState.FAILED)
        else:
            self._move(SessionState.CLOSED)
