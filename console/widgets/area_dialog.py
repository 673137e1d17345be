"""Draws the areas of one camera: what is looked at, left out, counted, measured."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console import joining
from console.background import in_background
from console.context import ConsoleContext
from console.models.area_drawing import SINGLE, Kind, drawing_of, with_areas
from console.problem_words import problems_by_place
from console.theme.tokens import Space
from console.widgets.area_canvas import AreaCanvas
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.painting import indent_text, set_property
from console.window_texts import shown
from pipeline.redact import redact_text
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import words_of

if TYPE_CHECKING:
    from pipeline.detection.try_camera import CameraTrial

WIDTH: Final = 1120
HEIGHT: Final = 680
SIDE_WIDTH: Final = 260
PICTURE: Final = (1280, 720)


class AreaDialog(QDialog):
    """Edits the areas on a picture of the camera.

    Attributes:
        saved: carries the `CameraSettings` with the areas.
    """

    saved = Signal(object)

    def __init__(
        self, context: ConsoleContext, camera: CameraSettings, consequence: str, parent: QWidget
    ) -> None:
        """Make the dialog and fetch a picture.

        Args:
            context: of the window.
            camera: whose areas.
            consequence: what saving does to the workers.
            parent: of the dialog.
        """
        super().__init__(parent)
        self._context = context
        self._camera = camera
        self._stop = threading.Event()
        self._drawing = drawing_of(camera)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(joining.closed_up(self.tr("Zones of {0}").format(camera.name)))
        self.resize(WIDTH, HEIGHT)
        self._canvas = AreaCanvas(context.theme, self._drawing)
        self._canvas.changed.connect(self._show)
        self._canvas.drawn.connect(self._on_drawn)
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setProperty("role", "status")
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Areas and lines"))
        self._list.currentRowChanged.connect(self._on_row)
        self._name = QLineEdit()
        self._name.setMaxLength(60)
        self._name.textEdited.connect(self._on_name)
        self._across, self._along = self._metres(), self._metres()
        self._turn = QPushButton(self.tr("Turn the direction"))
        self._delete = QPushButton(self.tr("Delete"))
        self._undo = QPushButton(self.tr("Undo"))
        self._redo = QPushButton(self.tr("Redo"))
        self._again = QPushButton(self.tr("New picture"))
        self._form = QFormLayout()
        self._consequence = QLabel(consequence)
        self._consequence.setProperty("role", "muted")
        self._consequence.setWordWrap(True)
        self._buttons = DialogButtons(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self._save = self._buttons.button(QDialogButtonBox.StandardButton.Save)
        self._save.setText(self.tr("Save"))
        self._save.setProperty("role", "primary")
        self._buttons.accepted.connect(self._on_save)
        self._buttons.rejected.connect(self.reject)
        self._lay_out()
        self._connect()
        self._show()
        self._fetch_picture()

    def _metres(self) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setRange(0.1, 10_000)
        field.setDecimals(1)
        field.setSuffix(" m")
        indent_text(field)
        field.valueChanged.connect(self._on_metres)
        return field

    def _kind_words(self) -> dict[Kind, str]:
        return {
            "region": self.tr("Region"),
            "excluded": self.tr("Excluded zone"),
            "zone": self.tr("Counting zone"),
            "line": self.tr("Counting line"),
            "ground": self.tr("Ground rectangle"),
        }

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(Space.S)
        tips: dict[Kind, str] = {
            "region": self.tr("Only what stands inside is looked at"),
            "excluded": self.tr("What stands inside is left out"),
            "zone": self.tr("What stands inside is counted"),
            "line": self.tr("What crosses it is counted, by direction"),
            "ground": self.tr(
                "Four corners of a rectangle on the road, of known size: far left, far right, near "
                "right, near left. Speeds are then in metres."
            ),
        }
        for kind, word in self._kind_words().items():
            button = QPushButton(word)
            button.setToolTip(tips[kind])
            button.setAutoDefault(False)
            self._context.theme.icons.set_on(button, "plus")
            button.clicked.connect(lambda _checked=False, kind=kind: self._canvas.begin(kind))
            tools.addWidget(button)
        tools.addStretch(1)
        tools.addWidget(self._again)
        side = QWidget()
        side.setFixedWidth(SIDE_WIDTH)
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(Space.S)
        right.addWidget(self._list, 1)
        self._form.addRow(self.tr("Name"), self._name)
        self._form.addRow(self.tr("Across"), self._across)
        self._form.addRow(self.tr("Along"), self._along)
        right.addLayout(self._form)
        right.addWidget(self._turn)
        pairs = QHBoxLayout()
        for button in (self._undo, self._redo, self._delete):
            pairs.addWidget(button)
        right.addLayout(pairs)
        middle = QHBoxLayout()
        middle.setSpacing(Space.L)
        middle.addWidget(self._canvas, 1)
        middle.addWidget(side)
        foot = QHBoxLayout()
        foot.addWidget(self._consequence, 1)
        foot.addWidget(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(tools)
        column.addLayout(middle, 1)
        column.addWidget(self._words)
        column.addLayout(foot)

    def _connect(self) -> None:
        for button, slot in (
            (self._turn, self._drawing.turn),
            (self._delete, self._drawing.delete),
            (self._undo, self._drawing.undo),
            (self._redo, self._drawing.redo),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, slot=slot: self._do(slot))
        self._again.setAutoDefault(False)
        self._again.clicked.connect(self._fetch_picture)
        for keys, slot in (
            (QKeySequence.StandardKey.Undo, self._drawing.undo),
            (QKeySequence.StandardKey.Redo, self._drawing.redo),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(lambda slot=slot: self._do(slot))
        self._undo.setToolTip(self.tr("Undo (Ctrl+Z)"))
        self._delete.setToolTip(self.tr("The chosen point or shape (Del)"))

    def _do(self, change: object) -> None:
        if callable(change):
            change()
        self._show()

    # ------------------------------------------------------------------ showing
    @Slot()
    def _show(self) -> None:
        drawing, words = self._drawing, self._kind_words()
        texts = [
            words[shape.kind] if shape.kind in SINGLE else f"{shape.name} · {words[shape.kind]}"
            for shape in drawing.shapes
        ]
        with QSignalBlocker(self._list):
            if [self._list.item(n).text() for n in range(self._list.count())] != texts:
                self._list.clear()
                self._list.addItems(texts)
            self._list.setCurrentRow(-1 if drawing.chosen is None else drawing.chosen)
        shape = drawing.chosen_shape
        has_name = shape is not None and shape.kind not in SINGLE
        self._form.setRowVisible(self._name, has_name)
        if shape is not None and has_name and self._name.text() != shape.name:
            self._name.setText(shape.name)
        is_ground = shape is not None and shape.kind == "ground"
        for field, axis in ((self._across, 0), (self._along, 1)):
            self._form.setRowVisible(field, is_ground)
            if shape is not None and is_ground:
                places = [point[axis] for point in shape.metres]
                with QSignalBlocker(field):
                    field.setValue(max(places) - min(places))
        self._turn.setVisible(shape is not None and shape.kind == "line")
        self._delete.setEnabled(shape is not None)
        self._undo.setEnabled(drawing.can_undo)
        self._redo.setEnabled(drawing.can_redo)
        self._canvas.update()
        self._check()

    def _check(self) -> CameraSettings | None:
        """Return the camera as drawn; None, with the problem told, when it cannot be used."""
        try:
            camera = with_areas(self._camera, self._drawing.shapes)
        except ValidationError as error:
            (text, *_) = problems_by_place(error).values()
            self._say(text, "danger")
            self._save.setEnabled(False)
            return None
        self._save.setEnabled(self._canvas.new_kind is None)
        self._say(self._hint(), "")
        return camera

    def _hint(self) -> str:
        kind = self._canvas.new_kind
        if kind is None:
            if self._drawing.chosen is None:
                return self.tr("Choose what to draw above, or click a shape to change it.")
            return self.tr(
                "Drag points or the whole shape; double-click an edge for one more point. "
                "Keys: arrows, Space, Insert, Delete."
            )
        if kind == "line":
            return self.tr("Click where the line begins and where it ends; Esc gives up.")
        if kind == "ground":
            return self.tr("Click far left, far right, near right, near left; Esc gives up.")
        return self.tr("Click the corners one after another; Enter or the first corner finishes.")

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)

    # ------------------------------------------------------------------ changing
    @Slot(str, object)
    def _on_drawn(self, kind: Kind, points: tuple[tuple[float, float], ...]) -> None:
        taken = {shape.name for shape in self._drawing.shapes if shape.kind == kind}
        number = 1
        while (name := f"{self._kind_words()[kind]} {number}") in taken:
            number += 1
        self._drawing.add(kind, points, name)
        self._show()
        if kind not in SINGLE:
            self._name.setFocus()
            self._name.selectAll()

    @Slot(int)
    def _on_row(self, row: int) -> None:
        self._drawing.choose(row if row >= 0 else None)
        self._show()

    @Slot(str)
    def _on_name(self, text: str) -> None:
        self._drawing.rename(text)
        self._show()

    @Slot()
    def _on_metres(self) -> None:
        self._drawing.set_metres(self._across.value(), self._along.value())
        self._show()

    @Slot()
    def _on_save(self) -> None:
        camera = self._check()
        if camera is not None:
            self.saved.emit(camera)
            self.accept()

    # ------------------------------------------------------------------ the picture below
    @Slot()
    def _fetch_picture(self) -> None:
        """Take the camera's newest picture, or open it for one."""
        view = self._context.hub.cameras.get(self._camera.id)
        frame = view.frame if view is not None and view.state == "live" else None
        if frame is not None:
            height, width = frame.pixels.shape[:2]
            self._show_picture(frame.pixels.data, width, height)
            return
        self._again.setEnabled(False)
        stop, camera = self._stop, self._camera

        def work() -> CameraTrial:
            from pipeline.detection.try_camera import try_camera

            return try_camera(camera, PICTURE, stop)

        in_background(self, work, self._on_trial, self._on_failed, own_thread=True)

    def _on_trial(self, trial: CameraTrial) -> None:
        height, width = trial.pixels.shape[:2]
        self._show_picture(trial.pixels.data, width, height)

    def _show_picture(self, data: memoryview, width: int, height: int) -> None:
        self._again.setEnabled(True)
        self._canvas.set_image(QImage(data, width, height, QImage.Format.Format_RGB32).copy())

    def _on_failed(self, error: Exception) -> None:
        self._again.setEnabled(True)
        self._say(
            self.tr("No picture to draw on: {0}").format(shown(redact_text(words_of(error)))),
            "warning",
        )

    def done(self, result: int) -> None:
        """Close; a picture that is under way is not waited for."""
        self._stop.set()
        super().done(result)
