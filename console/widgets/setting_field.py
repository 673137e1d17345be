"""The field of one setting: a choice, or a line of text, as its model says."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from console.settings_form import FieldSpec, choice_words, help_words
from console.widgets.form_row import FormRow
from console.widgets.machine_choice import PLACES, Machine, MachineChoice
from console.widgets.masked_line import MaskedLine
from pipeline.settings import Settings

NUMBER_WIDTH = 112
CHOICE_WIDTH = 220


class SettingField(QObject):
    """Reads and shows one setting.

    Attributes:
        changed: something else was typed or chosen.
        row: what stands in the form.
        place: where it is in the settings.
        name: for people.
    """

    changed = Signal()

    def __init__(self, spec: FieldSpec, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.place = spec.place
        self.name = spec.name
        annotation, described, default = _describe(spec.place)
        self._default = default
        self._is_list = get_origin(annotation) is tuple
        self._choice: QComboBox | None = None
        self._text: QLineEdit | None = None
        self._of_machine: MachineChoice | None = None
        if spec.place in PLACES:
            field: QWidget = self._make_machine_choice()
        elif get_origin(annotation) is Literal:
            field = self._make_choice(get_args(annotation))
        elif annotation is bool:
            field = self._make_choice((False, True))
        else:
            field = self._make_text(is_number=annotation in {int, float})
        beside = self._beside(is_file=spec.is_file)
        self.row = FormRow(spec.name, field, help_words(spec.place, described), beside)

    def _make_choice(self, values: tuple[str, ...] | tuple[bool, ...]) -> QComboBox:
        box = QComboBox()
        box.setFixedWidth(CHOICE_WIDTH)
        for value in values:
            box.addItem(choice_words(self.place, str(value)), value)
        self._follow(box)
        return box

    def _make_machine_choice(self) -> MachineChoice:
        box = self._of_machine = MachineChoice(self.place)
        box.keep(_text(self._default))
        self._follow(box)
        return box

    def _follow(self, box: QComboBox) -> None:
        self._choice = box
        box.currentIndexChanged.connect(lambda _: self._on_changed())
        # A page that is scrolled must not change what the pointer happens to pass.
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        box.installEventFilter(self)

    def offer(self, machine: Machine) -> None:
        """Offer what the machine has, where this is a choice among that."""
        if self._of_machine is not None:
            self._of_machine.offer(machine)
            self._show_back()

    def _make_text(self, *, is_number: bool) -> QLineEdit:
        line = self._text = MaskedLine()
        if is_number:
            line.setFixedWidth(NUMBER_WIDTH)
        line.textChanged.connect(lambda _: self._on_changed())
        return line

    def _beside(self, *, is_file: bool) -> QWidget:
        self._back = QPushButton(self.tr("Default"))
        self._back.setProperty("role", "link")
        self._back.clicked.connect(lambda: self.show(self._default))
        if not is_file:
            return self._back  # hidden, it leaves no gap
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        choose = QPushButton(self.tr("Choose…"))
        choose.setToolTip(self.tr("Choose an ONNX file"))
        choose.clicked.connect(self._on_choose)
        row.addWidget(choose)
        row.addWidget(self._back)
        return holder

    def _on_choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self.row, self.name, "", self.tr("ONNX models (*.onnx);;All files (*)")
        )
        if name:
            self.show(name)

    def show(self, value: Any) -> None:
        """Show the value of the setting."""
        if self._choice is not None:
            if self._of_machine is not None:
                self._of_machine.keep(_text(value))
            self._choice.setCurrentIndex(max(0, self._choice.findData(self._entry(value))))
        elif self._text is not None:
            self._text.setText(_text(value))
        self._show_back()

    def typed(self) -> Any:
        """Return what was typed, for the models to check."""
        if self._choice is not None and self._of_machine is None:
            return self._choice.currentData()
        if self._choice is not None:
            text = str(self._choice.currentData())
        else:
            text = self._text.text().strip() if self._text is not None else ""
        if self._is_list:
            return [part.strip() for part in text.split(",") if part.strip()]
        return text

    def shows_other_than(self, value: Any) -> bool:
        """Whether something else was typed or chosen than `value`."""
        if self._choice is not None:
            return bool(self._choice.currentData() != self._entry(value))
        return self._text is not None and self._text.text() != _text(value)

    def _entry(self, value: Any) -> Any:
        """Return what stands for `value` in the choice."""
        return _text(value) if self._of_machine is not None else value

    def _on_changed(self) -> None:
        self._show_back()
        self.changed.emit()

    def _show_back(self) -> None:
        """Offer the default where something else is shown."""
        if self._choice is not None:
            self._back.setVisible(self.shows_other_than(self._default))
            words = (
                choice_words(self.place, str(self._default))
                if self._of_machine is None
                else self._of_machine.words(_text(self._default))
            )
        else:
            words = _text(self._default)
            self._back.setVisible(self._text is not None and self._text.text() != words)
        self._back.setToolTip(self.tr("Back to the default: {0}").format(words or "–"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the wheel to the page, unless the field has the focus."""
        if (
            event.type() is QEvent.Type.Wheel
            and isinstance(watched, QWidget)
            and not watched.hasFocus()
        ):
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def _describe(place: tuple[str, ...]) -> tuple[Any, str, Any]:
    """Return type, description and default of a setting."""
    model: type[BaseModel] = Settings
    for name in place[:-1]:
        section = model.model_fields[name].annotation
        assert isinstance(section, type)
        model = section
    field = model.model_fields[place[-1]]
    return field.annotation, field.description or "", field.get_default(call_default_factory=True)


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(str(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)
