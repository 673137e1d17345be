"""The question before several cameras are added at once, as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from console import joining
from console.widgets.dialog_buttons import MessageBox
from pipeline.settings_cameras import CameraSettings

MOST_NAMED: Final = 12
"""More names make the question higher than a small screen."""


class SeveralCameras(MessageBox):
    """Names the cameras, and what is left out; accepted by *Add*."""

    def __init__(
        self, cameras: Sequence[CameraSettings], refused: str, consequence: str, parent: QWidget
    ) -> None:
        """Make the question.

        Args:
            cameras: what would be added.
            refused: lines that say what is not, and why.
            consequence: what adding does to the workers.
            parent: of the question.
        """
        super().__init__(
            QMessageBox.Icon.Question, "", "", QMessageBox.StandardButton.Cancel, parent
        )
        self.setWindowTitle(self.tr("Add cameras"))
        self.setText(self.tr("Add %Ln camera(s)?", "", len(cameras)))
        names = [camera.name for camera in cameras[:MOST_NAMED]]
        if len(cameras) > MOST_NAMED:
            names.append("…")
        left_out = self.tr("Left out:") if refused else ""
        parts = (joining.enumerated(names), f"{left_out}\n{refused}".strip(), consequence)
        self.setInformativeText("\n\n".join(filter(None, parts)))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        add = self.addButton(self.tr("Add"), QMessageBox.ButtonRole.AcceptRole)
        add.setProperty("role", "primary")
        self.setDefaultButton(add)
