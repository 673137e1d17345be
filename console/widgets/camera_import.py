"""Takes in a list of cameras: shows what each line would do before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console import joining
from console.background import in_background
from console.context import ConsoleContext
from console.plain_text import plain_tooltip
from console.theme.fonts import mono_font
from console.theme.tokens import Space, TypeSize
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.painting import set_property
from console.widgets.value_table import ValueTable, set_color
from console.window_texts import cause, shown
from pipeline.cameras_csv import CsvError, ImportPlan, PlannedRow, decode_csv, plan_import
from pipeline.redact import redact_text
from pipeline.texts import in_a_row

WIDTH: Final = 860
HEIGHT: Final = 540
EXAMPLE: Final = (
    "name,source,detections_per_second\n"
    "North gate,rtsp://user:password@10.0.0.7/1,2\n"
    "Bridge,rtsp://user:password@10.0.0.8/1,2\n"
)
LINE, ACTION, NAME, SOURCE, PROBLEM = range(5)
COLORS: Final = {"new": "ok", "changed": "info", "same": "text_muted", "refused": "danger"}
MAX_BYTES: Final = 5_000_000


class CameraImport(QDialog):
    """Reads a CSV file and shows its lines; Import takes the good ones.

    Attributes:
        accepted_plan: carries the `ImportPlan` that was agreed to.
    """

    accepted_plan = Signal(object)

    def __init__(self, context: ConsoleContext, consequence: str, parent: QWidget) -> None:
        """Make the dialog; `read` begins.

        Args:
            context: of the window.
            consequence: what changing cameras does to the workers.
            parent: of the dialog.
        """
        super().__init__(parent)
        self._context = context
        self._plan: ImportPlan | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Import cameras"))
        self.resize(WIDTH, HEIGHT)
        self._words = QLabel(
            self.tr(
                "Choose a CSV file whose first line names the columns. Cameras with an id that is "
                "there already are changed, the others are added; zones and schedules stay. "
                "For example:"
            )
        )
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setProperty("role", "status")
        self._table = self._make_table()
        self._example = QPlainTextEdit(EXAMPLE)
        self._example.setReadOnly(True)
        self._example.setFont(mono_font(TypeSize.BODY))
        self._example.setAccessibleName(self.tr("An example of such a file"))
        self._consequence = QLabel(consequence)
        self._consequence.setProperty("role", "muted")
        self._consequence.setWordWrap(True)
        self._buttons = DialogButtons(QDialogButtonBox.StandardButton.Cancel)
        self._choose = QPushButton(self.tr("Choose a file…"))
        self._choose.setAutoDefault(False)
        self._import = QPushButton(self.tr("Import"))
        self._import.setProperty("role", "primary")
        self._import.setEnabled(False)
        self._buttons.addButton(self._choose, QDialogButtonBox.ButtonRole.ActionRole)
        self._buttons.addButton(self._import, QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.accepted.connect(self._on_import)
        self._buttons.rejected.connect(self.reject)
        self._choose.clicked.connect(self.choose)
        foot = QHBoxLayout()
        foot.addWidget(self._consequence, 1)
        foot.addWidget(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(self._words)
        column.addWidget(self._example, 1)
        column.addWidget(self._table, 1)
        column.addLayout(foot)
        self._table.hide()
        context.theme.changed.connect(self._color_rows)

    def _make_table(self) -> ValueTable:
        headers = [
            self.tr("Line"),
            self.tr("What happens"),
            self.tr("Name"),
            self.tr("Source"),
            self.tr("Why not"),
        ]
        table = ValueTable(headers, numbers_from=len(headers), stretch=PROBLEM)
        table.setAccessibleName(self.tr("Lines of the file"))
        return table

    @Slot()
    def choose(self) -> None:
        """Ask for a file."""
        dialog = QFileDialog(self, self.tr("Choose a list of cameras"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Lists (*.csv *.txt *.tsv)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(lambda path: self.read(Path(path)))
        dialog.open()

    def read(self, path: Path) -> None:
        """Show what the file at `path` would do."""
        existing = self._context.settings.cameras

        def work() -> ImportPlan:
            if path.stat().st_size > MAX_BYTES:
                raise CsvError(self.tr("this file is too large for a list of cameras"))
            return plan_import(decode_csv(path.read_bytes()), existing)

        in_background(
            self,
            work,
            lambda plan: self._show(path.name, plan),
            lambda error: self._show_error(path.name, error),
        )

    def _show(self, name: str, plan: ImportPlan) -> None:
        self._plan = plan
        rows = _in_order(plan)
        words = {
            "new": self.tr("Will be added"),
            "changed": self.tr("Will be changed"),
            "same": self.tr("Stays as it is"),
            "refused": self.tr("Left out"),
        }
        self._table.set_rows(
            [
                (
                    str(row.line),
                    words[row.action],
                    row.camera.name if row.camera is not None else row.told,
                    redact_text(row.camera.source) if row.camera is not None else "",
                    shown(in_a_row(row.problems)),
                )
                for row in rows
            ]
        )
        for place in range(len(rows)):
            item = self._table.topLevelItem(place)
            if item is not None:
                item.setToolTip(PROBLEM, plain_tooltip(item.text(PROBLEM)))
        self._color_rows()
        self._example.hide()
        self._table.show()
        new, changed, refused = (plan.count(a) for a in ("new", "changed", "refused"))
        text = self.tr("{0}: {1} to add, {2} to change, {3} left out.").format(
            name, new, changed, refused
        )
        if refused:
            mend = self.tr("Mend the lines in the file and choose it again, or go on.")
            text = joining.one_after_another((text, mend))
        self._say(text, "warning" if refused else "ok")
        self._import.setEnabled(new + changed > 0)
        if new + changed > 0:
            self._import.setFocus()

    @Slot()
    def _color_rows(self) -> None:
        for place, row in enumerate(_in_order(self._plan) if self._plan is not None else ()):
            item = self._table.topLevelItem(place)
            if item is not None:
                set_color(item, ACTION, self._context.theme.color(COLORS[row.action]))

    def _show_error(self, name: str, error: Exception) -> None:
        self._plan = None
        self._import.setEnabled(False)
        self._table.hide()
        self._example.show()
        self._say(joining.named(name, cause(error)), "danger")

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)

    @Slot()
    def _on_import(self) -> None:
        if self._plan is not None:
            self.accepted_plan.emit(self._plan)
            self.accept()


def _in_order(plan: ImportPlan) -> list[PlannedRow]:
    """Return the lines, those that are left out first: they need their reader."""
    return sorted(plan.rows, key=lambda row: row.action != "refused")
