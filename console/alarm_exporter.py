"""Exports of alarms from their page: what and where to, with progress, told when it is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from console.alarm_export import Course
from console.background import in_background
from console.context import ConsoleContext
from console.formatting import count
from console.models.alarm_desk import AlarmDesk
from console.save_place import save_dialog, save_place
from console.widgets.course_dialog import CourseDialog
from console.window_texts import said
from pipeline.paths import shown

if TYPE_CHECKING:
    from pipeline.aggregation.store import AlarmEntry, AlarmReader


class AlarmExporter(QObject):
    """Exports the alarms that a page lists.

    Attributes:
        told: what came of it, for people.
    """

    told = Signal(str)

    def __init__(
        self, context: ConsoleContext, entries: Callable[[], list[AlarmEntry]], page: QWidget
    ) -> None:
        super().__init__(page)
        self._context = context
        self._desk = AlarmDesk.of(context)
        self._entries = entries
        self._page = page

    def fill(self, menu: QMenu) -> None:
        """Offer the exports in a menu."""
        for text, act in (
            (self.tr("Table of this list (CSV)…"), self._on_export_table),
            (self.tr("Everything of this list (JSON Lines)…"), self._on_export_lines),
            (self.tr("Table and pictures into a folder…"), self._on_export_folder),
        ):
            menu.addAction(text, act)

    @Slot()
    def _on_export_table(self) -> None:
        dialog = save_dialog(
            self._page, self.tr("Export the list"), "signalbox-alarms.csv", self.tr("Table (*.csv)")
        )
        dialog.fileSelected.connect(self._export_table)
        dialog.open()

    @Slot(str)
    def _export_table(self, path: str) -> None:
        from console.alarm_export import write_table

        entries, settings = self._entries(), self._context.settings
        in_background(
            self,
            lambda: write_table(entries, settings, Path(path)),
            lambda _: self._tell_saved(len(entries), Path(path)),
            self._tell_not_saved,
        )

    @Slot()
    def _on_export_folder(self) -> None:
        dialog = QFileDialog(self._page, self.tr("Choose a folder for the table and the pictures"))
        dialog.setDirectory(save_place(""))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._export_folder)
        dialog.open()

    @Slot(str)
    def _export_folder(self, folder: str) -> None:
        from console.alarm_export import write_folder

        entries, settings = self._entries(), self._context.settings
        self._export_with_progress(
            lambda reader, course: write_folder(entries, settings, reader, Path(folder), course),
            len(entries),
            Path(folder),
        )

    @Slot()
    def _on_export_lines(self) -> None:
        dialog = save_dialog(
            self._page,
            self.tr("Export the list"),
            "signalbox-alarms.jsonl",
            self.tr("JSON Lines (*.jsonl)"),
        )
        dialog.fileSelected.connect(self._export_lines)
        dialog.open()

    @Slot(str)
    def _export_lines(self, path: str) -> None:
        from console.alarm_export import write_lines

        entries, settings = self._entries(), self._context.settings
        self._export_with_progress(
            lambda reader, course: write_lines(entries, settings, reader, Path(path), course),
            len(entries),
            Path(path),
        )

    def _export_with_progress(
        self, export: Callable[[AlarmReader, Course], object], number: int, path: Path
    ) -> None:
        """Export in the background; a dialog that can cancel it comes if it takes long."""
        course = Course()
        progress = CourseDialog(self.tr("Saving alarms…"), course, self._page)

        def done(_: object) -> None:
            progress.end()
            self._tell_saved(number, path)

        def failed(text: str) -> None:
            progress.end()
            self.told.emit(text)

        self._desk.ask(lambda reader: export(reader, course), done, failed)

    def save_picture(self, entry: AlarmEntry) -> None:
        """Ask for a file, and write the picture of an alarm into it as it is."""
        from console.alarm_export import picture_name

        dialog = save_dialog(
            self._page,
            self.tr("Save the picture"),
            picture_name(entry),
            self.tr("JPEG picture (*.jpg)"),
        )
        alarm_id = entry.alarm.alarm_id
        dialog.fileSelected.connect(lambda path: self._save_picture(alarm_id, Path(path)))
        dialog.open()

    def _save_picture(self, alarm_id: str, path: Path) -> None:
        self._desk.ask(
            lambda reader: path.write_bytes(reader.evidence(alarm_id) or b""),
            lambda _: self.told.emit(self.tr("Picture saved: {0}").format(shown(path))),
            self.told.emit,
        )

    def _tell_saved(self, number: int, path: Path) -> None:
        self.told.emit(self.tr("Alarms saved: {0}, to {1}").format(count(number), shown(path)))

    def _tell_not_saved(self, error: Exception) -> None:
        self.told.emit(
            self.tr("Nothing was saved: {0}. Choose a folder you may write to.").format(said(error))
        )
