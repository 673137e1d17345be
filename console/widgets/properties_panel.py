"""The editor of properties beside what the settings doctor says about them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from console import joining
from console.models.kafka_desk import KafkaDesk
from console.property_words import property_words
from console.theme.theme import ThemeManager
from console.theme.tokens import Space
from console.widgets.finding_list import FindingList
from console.widgets.java_dialog import JavaDialog
from console.widgets.property_completer import known
from console.widgets.property_editor import PropertyEditor

HELP_HEIGHT: Final = 52


class PropertiesPanel(QWidget):
    """Carries what is typed to the desk, and what the doctor found back."""

    def __init__(self, desk: KafkaDesk, theme: ThemeManager) -> None:
        super().__init__()
        self._desk = desk
        self._theme = theme
        self._editor = PropertyEditor(theme)
        self._editor.replace_text(desk.draft.text)
        self._editor.document().clearUndoRedoStacks()
        self._editor.edited.connect(self._on_edited)
        self._editor.line_left.connect(desk.hide_secrets)
        self._editor.pointed_at.connect(self._on_pointed_at)
        self._list = FindingList(theme, desk.can_mend)
        self._list.fix_asked.connect(desk.mend)
        self._list.fix_all_asked.connect(desk.mend_all)
        self._list.line_asked.connect(self._editor.go_to)
        self._about = QLabel()
        self._about.setWordWrap(True)
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        self._about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._about.setFixedHeight(HELP_HEIGHT)
        self._about.setProperty("role", "caption")
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._left())
        splitter.addWidget(self._list)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(Space.M)
        splitter.setProperty("role", "gap")
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(splitter)
        desk.changed.connect(self._on_changed)
        desk.examined.connect(self._on_examined)
        if desk.is_examined:
            self._on_examined()
        self._on_pointed_at("")

    def _left(self) -> QWidget:
        holder = QWidget()
        java = QPushButton(self.tr("Paste Java properties…"))
        java.setToolTip(self.tr("Takes over the settings of a Java client, change by change"))
        java.clicked.connect(self._open_java)
        hint = QLabel(self.tr("Ctrl+Space offers names and values"))
        hint.setProperty("role", "caption")
        row = QHBoxLayout()
        row.addWidget(hint, 1)
        row.addWidget(java)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(row)
        column.addWidget(self._editor, 1)
        column.addWidget(self._about)
        return holder

    @Slot(str)
    def _on_edited(self, text: str) -> None:
        self._desk.set_draft(replace(self._desk.draft, text=text))

    @Slot()
    def _on_changed(self) -> None:
        self._editor.replace_text(self._desk.draft.text)
        self._editor.setReadOnly(self._desk.is_applying)

    @Slot()
    def _on_examined(self) -> None:
        self._editor.show_findings(self._desk.findings)
        self._list.show_findings(self._desk.findings)

    @Slot(str)
    def _on_pointed_at(self, name: str) -> None:
        found = known(name)
        if found is None:
            self._about.setText(
                self.tr(
                    "[common] is for every client, [producer] and [consumer] for one kind. What "
                    "is not here is as Signalbox, then librdkafka, has it by default."
                )
            )
            return
        text = f"{joining.named(found.name, property_words(found))}\n{found.meaning}"
        self._about.setText(text)
        self._about.setToolTip(text)

    @Slot()
    def _open_java(self) -> None:
        self.open_java()

    def open_java(self, path: Path | None = None) -> None:
        """Show what becomes of properties: of a file, or of what is going to be pasted."""
        dialog = JavaDialog(self._desk, self._theme, self)
        if path is not None:
            dialog.open_file(str(path))
        dialog.open()
