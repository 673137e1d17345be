"""The first question: what to watch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import ValidationError
from PySide6.QtCore import QStandardPaths, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout
from PySide6.QtWidgets import QWidget as Widget

from console.context import ConsoleContext
from console.dragged import addresses_in
from console.first_start.step import Step
from console.theme.tokens import Space
from console.widgets.camera_test import CameraTest
from console.widgets.elided_label import ElidedLabel
from console.widgets.source_field import SourceField
from pipeline.cameras_csv import free_id
from pipeline.settings import Settings, demo_settings
from pipeline.settings_cameras import CameraSettings

DEMO, FILE, CAMERA = range(3)
MAX_NAME: Final = 80


class WatchStep(Step):
    """Demo clip, own file, or a camera."""

    def __init__(self, context: ConsoleContext) -> None:
        super().__init__(
            self.tr("What do you want to watch?"),
            self.tr("More cameras can be added later on the Cameras page."),
        )
        self._context = context
        self._path = ""
        self.add_choice(
            self.tr("The demo clip"),
            self.tr("A street film of 1906 that plays as four cameras."),
        )
        self.add_choice(
            self.tr("A video file"), self.tr("It plays again and again."), self._make_file()
        )
        self.add_choice(
            self.tr("A camera"),
            self.tr("Its address, such as rtsp://user:password@10.0.0.7/1, or a USB index."),
            self._make_camera(),
        )
        self.end()
        self.setAcceptDrops(True)

    def _make_file(self) -> Widget:
        body = Widget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        choose = QPushButton(self.tr("Choose a video file…"))
        choose.clicked.connect(self._on_choose)
        self._name = ElidedLabel(self._context.theme, token="text_muted")
        row.addWidget(choose)
        row.addWidget(self._name, 1)
        return body

    def _make_camera(self) -> Widget:
        body = Widget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        self._address = SourceField(self.tr("Address of the camera"))
        self._address.line.setPlaceholderText("rtsp://")
        label = QLabel(self.tr("Address of the camera"))
        label.setBuddy(self._address.line)
        self._test = CameraTest(self._context, flat=True)
        self._test.asked.connect(self._on_test)
        self._address.changed.connect(self._on_address)
        column.addWidget(label)
        column.addWidget(self._address)
        column.addWidget(self._test)
        self._test.set_possible(possible=False)
        return body

    @Slot()
    def _on_choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose a video file"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setDirectory(
            QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(
            [
                self.tr("Videos (*.mp4 *.mkv *.avi *.mov *.webm *.ts *.m4v *.mpg *.mpeg *.wmv)"),
                self.tr("All files (*)"),
            ]
        )
        dialog.fileSelected.connect(self.set_file)
        dialog.open()

    @Slot(str)
    def set_file(self, path: str) -> None:
        """Take a file."""
        self._path = path
        self._name.set_text(Path(path).name)
        self._name.setToolTip(path)
        self.show_problem("")
        self.changed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file at a time."""
        urls = event.mimeData().urls()
        event.setAccepted(len(urls) == 1 and urls[0].isLocalFile())

    def dropEvent(self, event: QDropEvent) -> None:
        """Choose the file that was dropped."""
        event.acceptProposedAction()
        self.choose(FILE)
        self.set_file(addresses_in(event.mimeData())[0])

    @Slot()
    def _on_address(self) -> None:
        self._test.reset()
        self._test.set_possible(possible=bool(self._address.text().strip()))
        self.show_problem("")
        self.changed.emit()

    @Slot()
    def _on_test(self) -> None:
        camera = self._camera(self._address.text().strip(), self.tr("Camera"))
        if camera is not None:
            self._test.start(camera)

    @staticmethod
    def _camera(source: str, name: str) -> CameraSettings | None:
        try:
            return CameraSettings(
                id=free_id(name, set()), name=name[:MAX_NAME] or source[:MAX_NAME], source=source
            )
        except ValidationError:
            return None

    def problem(self) -> str:
        if self.chosen == FILE and not self._path:
            return self.tr("Choose the file first.")
        if self.chosen == FILE and not Path(self._path).is_file():
            return self.tr("This file cannot be found.")
        if self.chosen == CAMERA and not self._address.text().strip():
            return self.tr("Type the camera's address first.")
        return ""

    def applied(self, settings: Settings) -> Settings:
        if self.chosen == DEMO:
            return settings.model_copy(update={"cameras": demo_settings().cameras})
        if self.chosen == FILE:
            camera = self._camera(self._path, Path(self._path).stem)
        else:
            camera = self._camera(self._address.text().strip(), self.tr("Camera"))
        return settings.model_copy(update={"cameras": (camera,)}) if camera else settings

    def leave(self) -> None:
        self._test.stop()
