"""Adds or changes one camera: checked while it is typed, tried before it is kept."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from PySide6.QtCore import QStandardPaths, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.background import in_background
from console.context import ConsoleContext
from console.dragged import addresses_in
from console.problem_words import problems_by_place
from console.theme.tokens import Space
from console.widgets.camera_test import CameraTest
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.form_row import FormRow
from console.widgets.form_scroll import FormScroll
from console.widgets.schedule_editor import ScheduleEditor
from console.widgets.source_field import SourceField
from pipeline.cameras_csv import free_id
from pipeline.detection.source_kinds import SourceKind, source_kind, usb_wanted
from pipeline.settings_cameras import CameraSettings

FORM_WIDTH: Final = 480
NUMBER_WIDTH: Final = 96
NUMBERS: Final = ("start_offset_s", "detections_per_second", "assess_interval_s")


class CameraDialog(QDialog):
    """A form for one camera.

    Attributes:
        saved: carries the `CameraSettings` that were typed.
    """

    saved = Signal(object)

    def __init__(
        self,
        context: ConsoleContext,
        camera: CameraSettings | None,
        consequence: str,
        parent: QWidget | None = None,
    ) -> None:
        """Make the form.

        Args:
            context: of the window.
            camera: the one to change; None for a new one.
            consequence: what saving does to the workers.
            parent: of the dialog.
        """
        super().__init__(parent)
        self._context = context
        self._camera = camera
        self._taken = {other.id for other in context.settings.cameras if other is not camera}
        self._id_is_own = camera is not None
        self.setWindowTitle(self.tr("Add a camera") if camera is None else self.tr("Camera"))
        self._fields: dict[str, QLineEdit] = {
            name: QLineEdit() for name in ("name", "id", *NUMBERS)
        }
        self._source = SourceField(self.tr("Source"))
        self._enabled = QCheckBox(self.tr("Read this camera"))
        self._loop = QCheckBox(self.tr("Start again at the end of a file"))
        self._real_time = QCheckBox(self.tr("Play a file at its own speed"))
        self._real_time.setToolTip(
            self.tr("Off: as fast as detection takes it, without leaving out a picture that is due")
        )
        self._schedule = ScheduleEditor(context)
        self._rows = self._make_rows()
        self._test = CameraTest(context)
        self._test.asked.connect(self._on_test)
        self._buttons = DialogButtons(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self._buttons.accepted.connect(self._on_save)
        self._buttons.rejected.connect(self.reject)
        self._save = self._buttons.button(QDialogButtonBox.StandardButton.Save)
        self._save.setProperty("role", "primary")
        self._save.setText(self.tr("Add") if camera is None else self.tr("Save"))
        self._consequence = QLabel(consequence)
        self._consequence.setProperty("role", "muted")
        self._consequence.setWordWrap(True)
        self._lay_out()
        self._fill()
        self._connect()
        self._check()
        self._fields["name"].setFocus()
        self.setAcceptDrops(True)

    def suggest(self, source: str, name: str) -> None:
        """Fill in what was handed to the window: it is looked at before it is added."""
        self._on_chosen(source)
        self._fields["name"].setText(name)

    def _make_rows(self) -> dict[str, FormRow]:
        names = {
            "name": self.tr("Name"),
            "source": self.tr("Source"),
            "id": self.tr("Id"),
            "start_offset_s": self.tr("Start at (s)"),
            "detections_per_second": self.tr("Detections per second"),
            "assess_interval_s": self.tr("Assess again after (s)"),
        }
        helps = {
            "name": self.tr("Name shown to people."),
            "source": self.tr(
                "File, folder of pictures, rtsp://, http:// address, the USB index, or usb: and part "
                "of its name. “demo” is the clip that ships with Signalbox."
            ),
            "id": self.tr("Short name in messages; also the Kafka key."),
            "start_offset_s": self.tr("Files: where to start, seconds."),
            "detections_per_second": self.tr("Highest detection rate of this camera."),
            "assess_interval_s": self.tr(
                "A group that does not change is assessed again after this time."
            ),
        }
        for name in NUMBERS:
            self._fields[name].setFixedWidth(NUMBER_WIDTH)
        self._source.line.setAccessibleDescription(helps["source"])
        return {
            name: FormRow(
                text,
                self._source if name == "source" else self._fields[name],
                helps[name],
                self._source_button() if name == "source" else None,
            )
            for name, text in names.items()
        }

    def _source_button(self) -> QPushButton:
        button = QPushButton(self.tr("Choose"))
        menu = QMenu(button)
        menu.addAction(self.tr("Video file…"), self._on_choose_file)
        menu.addAction(self.tr("Folder of pictures…"), self._on_choose_folder)
        self._usb_menu = menu.addMenu(self.tr("USB camera"))
        self._usb_menu.aboutToShow.connect(self._on_usb_menu)
        menu.addAction(self.tr("Demo clip"), lambda: self._source.set_text("demo"))
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        form = QWidget()
        form.setMinimumWidth(FORM_WIDTH)
        left = QVBoxLayout(form)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(Space.XS)
        for name in ("name", "source", "id"):
            left.addWidget(self._rows[name])
        left.addWidget(self._enabled)
        left.addWidget(self._loop)
        left.addWidget(self._real_time)
        left.addSpacing(Space.S)
        for name in NUMBERS:
            left.addWidget(self._rows[name])
        left.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self._test)
        right.addSpacing(Space.L)
        right.addWidget(self._schedule)
        right.addStretch(1)
        both = QWidget()
        columns = QHBoxLayout(both)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(Space.XL)
        columns.addWidget(form, 1)
        columns.addLayout(right)
        foot = QHBoxLayout()
        foot.addWidget(self._consequence, 1)
        foot.addWidget(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.L)
        column.addWidget(FormScroll(both, columns), 1)
        column.addLayout(foot)

    def _fill(self) -> None:
        camera = self._camera
        values: dict[str, Any] = {
            name: field.get_default() for name, field in CameraSettings.model_fields.items()
        }
        if camera is not None:
            values = camera.model_dump()
        for name in ("name", "id"):
            self._fields[name].setText(str(values[name]) if camera is not None else "")
        self._source.set_text(camera.source if camera is not None else "")
        for name in NUMBERS:
            self._fields[name].setText(f"{values[name]:g}")
        self._enabled.setChecked(bool(values["enabled"]))
        self._loop.setChecked(bool(values["loop"]))
        self._real_time.setChecked(bool(values["real_time"]))
        self._schedule.set_schedule(camera.schedule if camera is not None else ())

    def _connect(self) -> None:
        for field in self._fields.values():
            field.textChanged.connect(self._check)
        self._fields["name"].textChanged.connect(self._on_name)
        self._fields["id"].textEdited.connect(self._on_id_edited)
        self._source.changed.connect(self._check)
        self._source.changed.connect(self._test.reset)
        self._schedule.changed.connect(self._check)

    @Slot(str)
    def _on_name(self, name: str) -> None:
        if not self._id_is_own:
            self._fields["id"].setText(free_id(name, self._taken))

    @Slot(str)
    def _on_id_edited(self, text: str) -> None:
        self._id_is_own = bool(text)

    def _typed(self) -> dict[str, Any]:
        # Zones and ground are drawn elsewhere, and stay.
        kept = self._camera.model_dump() if self._camera is not None else {}
        texts: dict[str, Any] = {name: field.text() for name, field in self._fields.items()}
        return {
            **kept,
            **texts,
            "source": self._source.text(),
            "enabled": self._enabled.isChecked(),
            "loop": self._loop.isChecked(),
            "real_time": self._real_time.isChecked(),
            "schedule": self._schedule.typed(),
        }

    @Slot()
    def _check(self) -> CameraSettings | None:
        """Return the camera as typed; None, with the problems shown, when it cannot be used."""
        problems: dict[str, str] = {}
        camera = None
        try:
            camera = CameraSettings.model_validate(self._typed())
        except ValidationError as error:
            problems = {place[0]: text for place, text in problems_by_place(error).items()}
        if self._fields["id"].text().strip() in self._taken:
            problems["id"] = self.tr("Another camera has this id.")
        for name, row in self._rows.items():
            # What was never filled is not yet wrong.
            line = self._source.line if name == "source" else self._fields[name]
            untouched = not line.isModified() and not line.text()
            row.set_problem("" if untouched else problems.get(name, ""))
        self._schedule.set_problem(problems.get("schedule", ""))
        self._save.setEnabled(not problems)
        self._test.set_possible(possible="source" not in problems)
        return camera if not problems else None

    @Slot()
    def _on_test(self) -> None:
        source = self._source.text().strip()
        offset = self._rows["start_offset_s"].problem or self._fields["start_offset_s"].text()
        typed: dict[str, Any] = {"id": "test", "name": "test", "source": source}
        if not self._rows["start_offset_s"].problem:
            typed["start_offset_s"] = offset
        self._test.start(CameraSettings.model_validate(typed))

    @Slot()
    def _on_save(self) -> None:
        camera = self._check()
        if camera is not None:
            self.saved.emit(camera)
            self.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one file, folder or address at a time."""
        event.setAccepted(len(event.mimeData().urls()) == 1)

    def dropEvent(self, event: QDropEvent) -> None:
        """Make what was dropped the source."""
        event.acceptProposedAction()
        self._on_chosen(addresses_in(event.mimeData())[0])

    def done(self, result: int) -> None:
        """Close; a test under way is not waited for."""
        self._test.stop()
        super().done(result)

    # ------------------------------------------------------------------ choosing a source
    def _file_dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        current = Path(self._source.text()).expanduser()
        start = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
        dialog.setDirectory(str(current.parent) if current.is_absolute() else start)
        dialog.fileSelected.connect(self._on_chosen)
        return dialog

    @Slot()
    def _on_usb_menu(self) -> None:
        """List what is plugged in; asking for it may take a moment."""
        self._usb_menu.clear()
        self._usb_menu.addAction(self.tr("Looking…")).setEnabled(False)

        def work() -> list[str]:
            from pipeline.detection.sources.usb import usb_cameras

            return [camera.name for camera in usb_cameras()]

        in_background(self, work, self._show_usb, lambda _error: self._show_usb([]))

    def _show_usb(self, names: list[str]) -> None:
        self._usb_menu.clear()
        for name in names:
            self._usb_menu.addAction(name, partial(self._on_chosen, f"usb:{name}"))
        if not names:
            self._usb_menu.addAction(self.tr("None was found")).setEnabled(False)
        self._usb_menu.addAction(self.tr("The first one"), partial(self._on_chosen, "0"))

    @Slot()
    def _on_choose_file(self) -> None:
        dialog = self._file_dialog(self.tr("Choose a video file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(
            [
                self.tr("Videos (*.mp4 *.mkv *.avi *.mov *.webm *.ts *.m4v *.mpg *.mpeg *.wmv)"),
                self.tr("All files (*)"),
            ]
        )
        dialog.open()

    @Slot()
    def _on_choose_folder(self) -> None:
        dialog = self._file_dialog(self.tr("Choose a folder of pictures"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.open()

    @Slot(str)
    def _on_chosen(self, path: str) -> None:
        self._source.set_text(path)
        self._source.line.setModified(True)
        if not self._fields["name"].text():
            is_usb = source_kind(path) in {SourceKind.USB_INDEX, SourceKind.USB_NAME}
            self._fields["name"].setText(
                self.tr("USB camera {0}").format(usb_wanted(path)) if is_usb else Path(path).stem
            )
