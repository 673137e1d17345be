"""What is wrong and stays wrong until somebody acts, told in lines below the top bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from shiboken6 import isValid

from console import joining
from console.controller import STOP_TIMEOUT_S, PipelineController
from console.crash import thread_stacks
from console.supervision.session_thread import SessionState
from console.supervision.wording import worker_title
from console.widgets.notice_bar import NoticeBar
from console.window_texts import shown
from pipeline.states import ENDED, WorkerName, WorkerState

if TYPE_CHECKING:
    from pipeline.supervisor import StateChange


class Troubles(QObject):
    """Tells of failed and stuck workers, and of a session that could not be opened."""

    def __init__(
        self,
        controller: PipelineController,
        tell: Callable[[str, str], NoticeBar],
        is_leaving: Callable[[], bool],
        parent: QObject,
    ) -> None:
        """Follow a controller.

        Args:
            controller: whose workers and session are followed.
            tell: shows a text, and the details that can be copied.
            is_leaving: whether the way out has begun, which names stuck workers itself.
            parent: lives as long as this.
        """
        super().__init__(parent)
        self._controller = controller
        self._tell = tell
        self._is_leaving = is_leaving
        self._notices: dict[object, NoticeBar] = {}
        self._failed: dict[WorkerName, str] = {}
        controller.stuck.connect(self._on_stuck)
        controller.state_changed.connect(self._on_state)
        controller.session_changed.connect(self._on_session)

    def tell_again(self) -> None:
        """Say in the language of now what is still wrong and was not dismissed."""
        for of in [of for of, notice in self._notices.items() if isValid(notice)]:
            match of:
                case ("failed", str(reason)):
                    self._show_failed(reason)
                case ("stuck", WorkerName() as name):
                    self._on_stuck(name)
                case _:
                    self._on_session(self._controller.session_state)

    def _show(self, of: object, text: str, details: str = "") -> None:
        """Show what is wrong with something, in place of what was wrong with it before."""
        before = self._notices.pop(of, None)
        if before is not None and isValid(before):
            before.deleteLater()
        if text:
            self._notices[of] = self._tell(text, details or text)

    @Slot(object)
    def _on_state(self, change: StateChange) -> None:
        """Tell of a worker that stays stopped, until it is started again."""
        if change.new is WorkerState.FAILED:
            before = self._failed.get(change.worker, change.reason)
            self._failed[change.worker] = change.reason
            for reason in {before, change.reason}:
                self._show_failed(reason)
        elif change.new is WorkerState.STARTING and change.worker in self._failed:
            self._show_failed(self._failed.pop(change.worker))
        if change.new in ENDED:
            self._show(("stuck", change.worker), "")

    def _show_failed(self, reason: str) -> None:
        """Tell once of a reason, whoever stays stopped for it."""
        names = [worker_title(name) for name in WorkerName if self._failed.get(name) == reason]
        text = self.tr("{0} stays stopped. {1}") if len(names) == 1 else ""
        text = text or self.tr("{0} stay stopped. {1}")
        words = (
            joining.closed_up(text.format(joining.enumerated(names), shown(reason)))
            if names
            else ""
        )
        self._show(("failed", reason), words)

    @Slot(object)
    def _on_stuck(self, name: WorkerName) -> None:
        """Name a worker that does not stop, and say what to do."""
        if self._is_leaving():
            return
        text = self.tr(
            "{0} has not stopped within {1} seconds. What it holds stays in Kafka and is read again "
            "at its next start. Wait for it, or quit and start Signalbox again; the details are for "
            "support."
        ).format(worker_title(name), f"{STOP_TIMEOUT_S:.0f}")
        self._show(("stuck", name), text, thread_stacks())

    @Slot(object)
    def _on_session(self, state: SessionState) -> None:
        failed = state is SessionState.FAILED
        text = self.tr("The pipeline could not be opened. {0}")
        error = self._controller.session_error
        self._show(SessionState, text.format(shown(error)) if failed else "")
