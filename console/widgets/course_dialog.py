"""Shows how far an export is, and gives it up on request."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QProgressDialog, QWidget

from console.alarm_export import Course

SHOW_MS = 100
LONG_MS = 400
"""What is done sooner needs no dialog."""


class CourseDialog(QProgressDialog):
    """Comes once it takes long; ended by `end`."""

    def __init__(self, text: str, course: Course, parent: QWidget) -> None:
        super().__init__(text, "", 0, 0, parent)
        self.setCancelButtonText(self.tr("Cancel"))
        self._course = course
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumDuration(LONG_MS)
        self.setAutoClose(False)
        self.setAutoReset(False)
        self.canceled.connect(self._on_cancelled)
        self._timer = QTimer(self)
        self._timer.setInterval(SHOW_MS)
        self._timer.timeout.connect(self._show_course)
        self._timer.start()

    def end(self) -> None:
        """Go; the work is over."""
        self._timer.stop()
        self.reset()
        self.deleteLater()

    @Slot()
    def _on_cancelled(self) -> None:
        self._course.cancel()

    @Slot()
    def _show_course(self) -> None:
        if self._course.total and not self.wasCanceled():
            self.setMaximum(self._course.total)
            self.setValue(self._course.done)
