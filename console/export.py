"""Export logs: makes the support bundle in a thread, with progress, and offers its folder."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger
from PySide6.QtCore import QObject, Qt, QThread, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QProgressDialog, QWidget

from console.context import ConsoleContext
from console.save_place import save_dialog
from console.ui_gap import UiGap
from console.widgets.dialog_buttons import MessageBox
from console.widgets.export_dialog import ExportDialog
from console.window_texts import cause
from pipeline.paths import shown
from pipeline.states import WorkerName
from pipeline.support_selection import LogSelection

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from pipeline.support_bundle import LiveState


class ExportThread(QThread):
    """Writes one bundle; look at the attributes when it has finished.

    Attributes:
        progressed: carries the number of parts done and their total.
        output: where the bundle goes.
        error: why there is none; empty otherwise.
        cancelled: there is none because it was cancelled.
    """

    progressed = Signal(int, int)

    def __init__(
        self,
        output: Path,
        settings: Settings,
        live: LiveState,
        selection: LogSelection,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("export")
        self.output = output
        self.error = ""
        self.cancelled = False
        self._settings = settings
        self._live = live
        self._selection = selection
        self._cancel = threading.Event()

    def cancel(self) -> None:
        """Ask to give up; returns at once."""
        self._cancel.set()

    def run(self) -> None:
        from pipeline.support_bundle import ExportCancelledError, export

        try:
            export(
                self.output,
                settings=self._settings,
                live=self._live,
                selection=self._selection,
                # Not in bytes: a signal's number has 32 bits.
                progress=lambda done, total: self.progressed.emit(done * 1000 // total, 1000),
                cancelled=self._cancel.is_set,
            )
        except ExportCancelledError:
            self.cancelled = True
        except OSError as error:
            self.error = cause(error)
            logger.error("the export to {} failed: {}", shown(self.output), error)
        except Exception as error:  # noqa: BLE001 - shown to people; the log has the traceback
            self.error = cause(error)
            logger.opt(exception=True).error("the export failed: {}", error)
        else:
            logger.success("logs exported to {}", shown(self.output))


class Exporter(QObject):
    """Asks what and where to, exports, tells how it went; one at a time.

    Attributes:
        seen: gives the lines that the Logs page shows.
    """

    def __init__(self, context: ConsoleContext, ui_gap: UiGap, window: QWidget) -> None:
        super().__init__(window)
        self._context = context
        self._ui_gap = ui_gap
        self._window = window
        self.seen: Callable[[], LogSelection] = LogSelection
        self._thread: ExportThread | None = None
        self._progress: QProgressDialog | None = None

    @Slot()
    def ask(self) -> None:
        """Ask what to export and for a file, and export into it."""
        if self._thread is not None:
            return
        question = ExportDialog(self.seen(), self._window)
        question.chosen.connect(self._ask_where)
        question.open()

    @Slot(object)
    def _ask_where(self, selection: LogSelection) -> None:
        from pipeline.support_bundle import suggested_name

        title, kind = self.tr("Export logs"), self.tr("ZIP files (*.zip)")
        dialog = save_dialog(self._window, title, suggested_name(), kind)
        dialog.fileSelected.connect(lambda path: self.export(Path(path), selection))
        dialog.open()

    def export(self, output: Path, selection: LogSelection | None = None) -> None:
        """Export into `output`, by default everything; shows progress and can be cancelled."""
        wanted = selection if selection is not None else LogSelection()
        settings, live = self._context.settings, self._live_state()
        thread = ExportThread(output, settings, live, wanted, self)
        progress = QProgressDialog(
            self.tr("Exporting logs…"), self.tr("Cancel"), 0, 0, self._window
        )
        progress.setWindowModality(Qt.WindowModality.WindowModal)
        progress.setMinimumDuration(300)
        progress.setAutoClose(False)
        progress.setAutoReset(False)
        progress.canceled.connect(thread.cancel)
        thread.progressed.connect(self._on_progress, Qt.ConnectionType.QueuedConnection)
        thread.finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)
        self._thread, self._progress = thread, progress
        thread.start()

    def wait(self) -> None:
        """Cancel an export under way and wait for its end; before the program ends."""
        if self._thread is not None:
            self._thread.cancel()
            self._thread.wait()

    def _live_state(self) -> LiveState:
        from pipeline.support_bundle import LiveState

        context = self._context
        session = context.session
        lag = context.lag()
        gap = self._ui_gap.recent()
        histories = {
            f"{group} / {topic}": session.lag.history(group, topic)
            for group, topic in (lag.links if lag is not None else {})
            if session is not None
        }
        return LiveState(
            states=context.controller.states(),
            workers={name: context.hub.workers[name].snapshot() for name in WorkerName},
            lag=lag,
            lag_history=histories,
            timeline=self._timeline(),
            kafka=session.kafka if session is not None else None,
            console={"uiGapP50Ms": gap.p50, "uiGapP99Ms": gap.p99, "uiGapMaxMs": gap.maximum},
        )

    def _timeline(self) -> list[dict[str, str]]:
        """Return what happened to workers and cameras, oldest first."""
        context = self._context
        found = [
            (entry.at, f"{name.value}: {entry.state.value} {entry.reason}".strip())
            for name in WorkerName
            for entry in context.controller.status(name).history
        ]
        found += [
            (event.at, f"camera {event.camera_id}: {event.kind} {event.cause}".strip())
            for event in list(context.hub.camera_events)
        ]
        return [{"at": at.astimezone(UTC).isoformat(), "what": what} for at, what in sorted(found)]

    @Slot(int, int)
    def _on_progress(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress.setMaximum(total)
            self._progress.setValue(done)

    @Slot()
    def _on_finished(self) -> None:
        thread, progress = self._thread, self._progress
        self._thread = self._progress = None
        if thread is None:
            return
        if progress is not None:
            progress.close()
            progress.deleteLater()
        thread.wait()
        thread.deleteLater()
        if thread.cancelled:
            return
        if thread.error:
            self._tell_failure(thread.output, thread.error)
        else:
            self._tell_success(thread.output)

    def _tell_success(self, output: Path) -> None:
        box = MessageBox(
            QMessageBox.Icon.Information,
            self.tr("Logs exported"),
            self.tr("The logs are in {0}.\nKeys and passwords were taken out.").format(
                shown(output)
            ),
            QMessageBox.StandardButton.Close,
            self._window,
        )
        folder = box.addButton(self.tr("Open folder"), QMessageBox.ButtonRole.AcceptRole)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(output.parent)))
        )
        box.open()

    def _tell_failure(self, output: Path, error: str) -> None:
        box = MessageBox(
            QMessageBox.Icon.Critical,
            self.tr("Export failed"),
            self.tr(
                "{0} could not be written: {1}.\nChoose another folder, or free some space."
            ).format(shown(output), error),
            QMessageBox.StandardButton.Close,
            self._window,
        )
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
