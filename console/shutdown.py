"""Ending the program in order: ask, stop the workers, close the session, leave."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QMessageBox, QProgressDialog, QWidget

from console.controller import STOP_TIMEOUT_S, PipelineController
from console.supervision.session_thread import SessionState
from console.supervision.wording import worker_title
from console.widgets.dialog_buttons import MessageBox
from pipeline.states import WorkerName


class Shutdown(QObject):
    """Leads from the wish to quit to the end.

    Attributes:
        finished: everything is stopped and closed, or the user does not want to wait for it.
        tray_wanted: the window is to be closed, and the workers to go on.
        remembered: the answer is to hold from now on: ``quit`` or ``tray``.
        has_tray: whether there is a tray to stay in; without one it is not offered.
    """

    finished = Signal()
    tray_wanted = Signal()
    remembered = Signal(str)

    def __init__(self, controller: PipelineController, window: QWidget) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self.has_tray = False
        self._begun = False
        self._question: QMessageBox | None = None
        self._progress: QProgressDialog | None = None

    @property
    def begun(self) -> bool:
        """Whether the program is on its way out."""
        return self._begun

    def ask(self) -> None:
        """Quit or stay in the tray, as the settings say; by default asks if workers are running."""
        if self._begun:
            return
        wanted = self._controller.settings.console.on_close
        if not self._controller.running or wanted == "quit":
            self.begin()
            return
        if wanted == "tray" and self.has_tray:
            self.tray_wanted.emit()
            return
        self.ask_to_quit()

    @Slot()
    def ask_to_quit(self) -> None:
        """Ask what to do about workers that run; quit at once if there are none."""
        if self._begun:
            return
        if not self._controller.running:
            self.begin()
            return
        if self._question is not None:
            self._question.raise_()
            return
        box = MessageBox(
            QMessageBox.Icon.Question,
            self.tr("Quit Signalbox?"),
            self.tr("Quit while workers are running?"),
            QMessageBox.StandardButton.Cancel,
            self._window,
        )
        box.setInformativeText(
            self.tr("They finish what is under way and stop; nothing that was accepted is lost.")
        )
        stop = box.addButton(self.tr("Stop and quit"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(stop)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        always = QCheckBox(self.tr("Do this from now on; Settings can change it"))
        box.setCheckBox(always)
        stop.clicked.connect(lambda: self._on_choice("quit", always=always.isChecked()))
        if self.has_tray:
            tray = box.addButton(self.tr("Keep in tray"), QMessageBox.ButtonRole.ActionRole)
            tray.clicked.connect(lambda: self._on_choice("tray", always=always.isChecked()))
        box.finished.connect(self._on_answered)
        self._question = box
        box.open()

    @Slot()
    def _on_answered(self) -> None:
        self._question = None

    def _on_choice(self, choice: str, *, always: bool) -> None:
        if always:
            self.remembered.emit(choice)
        if choice == "tray":
            self.tray_wanted.emit()
        else:
            self.begin()

    @Slot()
    def begin(self, *, hurry: bool = False) -> None:
        """Stop everything and leave; with `hurry` without reading what is still in the topics."""
        if not self._begun:
            self._begun = True
            self._controller.session_changed.connect(self._on_session)
            self._controller.stuck.connect(self._on_stuck)
            self._show_progress()
            self._controller.close()
        if hurry:
            self._controller.hurry()

    def _show_progress(self) -> None:
        if not self._controller.running:
            return
        progress = QProgressDialog(
            self.tr("Stopping the workers; they finish what is under way…"),
            self.tr("Stop now"),
            0,
            0,
            self._window,
        )
        progress.setWindowTitle(self.tr("Stopping"))
        progress.setWindowModality(Qt.WindowModality.WindowModal)
        progress.setMinimumDuration(500)
        progress.setAutoClose(False)
        progress.setAutoReset(False)
        progress.canceled.connect(self._controller.hurry)
        self._progress = progress

    @Slot(object)
    def _on_session(self, state: SessionState) -> None:
        if state is SessionState.CLOSED:
            self._end()

    @Slot(object)
    def _on_stuck(self, name: WorkerName) -> None:
        """Name the worker, and let the user leave without it."""
        if self._progress is not None:
            self._progress.close()
        box = MessageBox(
            QMessageBox.Icon.Warning,
            self.tr("{0} does not stop").format(worker_title(name)),
            self.tr("{0} has not stopped within {1} seconds.").format(
                worker_title(name), f"{STOP_TIMEOUT_S:.0f}"
            ),
            QMessageBox.StandardButton.NoButton,
            self._window,
        )
        box.setInformativeText(
            self.tr("What it holds stays in Kafka and is read again at the next start.")
        )
        box.addButton(self.tr("Wait"), QMessageBox.ButtonRole.RejectRole)
        leave = box.addButton(self.tr("Quit without it"), QMessageBox.ButtonRole.DestructiveRole)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        leave.clicked.connect(self._end)
        self._controller.all_stopped.connect(box.close)
        box.open()

    @Slot()
    def _end(self) -> None:
        if self._progress is not None:
            self._progress.close()
            self._progress = None
        self.finished.emit()
