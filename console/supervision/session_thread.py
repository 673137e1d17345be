"""Opening and closing the pipeline session away from the GUI thread.

Opening imports confluent-kafka and starts the embedded broker; closing ends its connections. Both
take long enough to be seen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from loguru import logger
from PySide6.QtCore import QObject, QThread

from pipeline.settings import Settings
from pipeline.telemetry import TelemetryHub
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


class OpenThread(QThread):
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
        self.error = ""
        self._settings = settings
        self._hub = hub

    def run(self) -> None:
        try:
            from pipeline.session import PipelineSession

            self.session = PipelineSession(self._settings, self._hub)
        except WorkerError as error:
            self.error = f"{error} {error.next_step}".strip()
            logger.error("the pipeline could not be opened: {}", self.error)
        except Exception as error:  # noqa: BLE001 - shown to people; the log has the traceback
            self.error = str(error) or type(error).__name__
            logger.opt(exception=True).error("the pipeline could not be opened: {}", self.error)


class CloseThread(QThread):
    """Closes a session whose workers have all stopped."""

    def __init__(self, session: PipelineSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("close-session")
        self._session = session

    def run(self) -> None:
        self._session.close()
