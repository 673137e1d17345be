"""Pastes the properties of a Java client, shows what becomes of each, and takes them over."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from console.background import in_background
from console.java_takeover import Takeover, guessed_role, take_over
from console.models.kafka_desk import KafkaDesk
from console.theme.fonts import mono_font
from console.theme.theme import ThemeManager
from console.theme.tokens import Space
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.painting import set_property
from console.widgets.property_highlighter import PropertyHighlighter
from console.widgets.value_table import ValueTable
from console.window_texts import said
from console.wrapping import wrapped
from pipeline.kafka.doctor import Role

WIDTH: Final = 1080
HEIGHT: Final = 560
JAVA_WIDTH: Final = 280
HERE_WIDTH: Final = 280
WRAP_AT: Final = (8, 40, 40, 60)
"""Characters of a line in each column: Qt makes rows as high as their lines, and wraps none."""
AFTER_MS: Final = 150
MOST_CHARACTERS: Final = 200_000
EXAMPLE: Final = "bootstrap.servers=kafka-1:9092\nmax.request.size=2097152\n"


class JavaDialog(QDialog):
    """Nothing is taken over before *Take over* is pressed, nothing holds before *Apply* is."""

    def __init__(self, desk: KafkaDesk, theme: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self._guesses_role = True
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Paste Java properties"))
        self.resize(WIDTH, HEIGHT)
        self._text = QPlainTextEdit()
        self._text.setFont(mono_font())
        self._text.setPlaceholderText(EXAMPLE)
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName(self.tr("Java properties"))
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._highlighter = PropertyHighlighter(self._text.document(), theme)
        self._changes = ValueTable(
            [self.tr("Line"), self.tr("Java"), self.tr("Here"), self.tr("Why")],
            numbers_from=4,
            stretch=3,
        )
        self._changes.setUniformRowHeights(False)
        for column, width in ((1, JAVA_WIDTH), (2, HERE_WIDTH)):
            self._changes.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self._changes.setColumnWidth(column, width)
        self._changes.setAccessibleName(self.tr("What becomes of each property"))
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setProperty("role", "status")
        self._lay_out()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(AFTER_MS)
        self._rest.timeout.connect(self._translate)
        self._text.textChanged.connect(self._rest.start)
        self._translate()
        self._text.setFocus()

    def _lay_out(self) -> None:
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self._text)
        splitter.addWidget(self._changes)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setHandleWidth(Space.M)
        splitter.setProperty("role", "gap")
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(self._head())
        column.addWidget(splitter, 1)
        column.addWidget(self._words)
        column.addWidget(self._make_buttons())

    def _head(self) -> QHBoxLayout:
        self._role = QComboBox()
        self._role.addItem(self.tr("A producer's"), "producer")
        self._role.addItem(self.tr("A consumer's"), "consumer")
        self._role.setAccessibleName(self.tr("Whose properties"))
        self._role.activated.connect(self._on_role)
        self._defaults = QCheckBox(self.tr("Keep Java's own defaults as well"))
        self._defaults.setToolTip(
            self.tr("Sets what Java clients do without being told and librdkafka does not")
        )
        self._defaults.clicked.connect(self._translate)
        choose = QPushButton(self.tr("Open file…"))
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose_file)
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        row.addWidget(QLabel(self.tr("Paste them here, or open a file.")), 1)
        row.addWidget(self._role)
        row.addWidget(self._defaults)
        row.addWidget(choose)
        return row

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Cancel)
        buttons.rejected.connect(self.reject)
        self._take = QPushButton(self.tr("Take over"))
        self._take.setProperty("role", "primary")
        self._take.setToolTip(self.tr("Into the editor; nothing holds before you apply it"))
        self._take.clicked.connect(self._on_take)
        buttons.addButton(self._take, QDialogButtonBox.ButtonRole.AcceptRole)
        return buttons

    @property
    def _chosen(self) -> Role:
        return "consumer" if self._role.currentData() == "consumer" else "producer"

    @Slot()
    def _on_role(self) -> None:
        self._guesses_role = False
        self._translate()

    @Slot()
    def _translate(self) -> None:
        """Show what becomes of each property."""
        text = self._text.toPlainText()
        self._changes.clear()
        self._take.setEnabled(False)
        if len(text) > MOST_CHARACTERS:
            self._say(self.tr("This is too long to be the properties of a client."), "danger")
            return
        if self._guesses_role and text.strip():
            self._role.setCurrentIndex(self._role.findData(guessed_role(text)))
        changes = self._takeover().changes
        for change in changes:
            item = self._changes.make_item()
            gone = self.tr("left out")
            line = str(change.line) if change.line is not None else ""
            shown = (line, change.before, change.after or gone, change.why)
            for column, (words, width) in enumerate(zip(shown, WRAP_AT, strict=True)):
                item.setText(column, wrapped(words, width))
                item.setToolTip(column, words)
            self._changes.addTopLevelItem(item)
        changed = sum(bool(change.why) for change in changes)
        gone_count = sum(not change.after for change in changes)
        self._take.setEnabled(bool(changes))
        if changes:
            counts = self.tr("{0} properties; different here: {1}, left out: {2}", "", len(changes))
            self._say(counts.format(len(changes), changed, gone_count), "info")
        else:
            self._say(self.tr("No properties yet."), "")

    def _takeover(self) -> Takeover:
        return take_over(
            self._text.toPlainText(),
            self._chosen,
            self._desk.draft,
            keeps_java_defaults=self._defaults.isChecked(),
        )

    @Slot()
    def _on_take(self) -> None:
        self._desk.set_draft(self._takeover().draft)
        self.accept()

    @Slot()
    def _choose_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Java properties"))
        dialog.setNameFilters(
            [self.tr("Properties (*.properties *.conf *.cfg *.config)"), self.tr("All files (*)")]
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.open_file)
        dialog.open()

    @Slot(str)
    def open_file(self, path: str) -> None:
        """Show the properties in a file."""

        def read() -> str:
            with Path(path).open(encoding="utf-8-sig") as file:
                return file.read(MOST_CHARACTERS + 1)

        in_background(self, read, self._text.setPlainText, self._on_unreadable)

    def _on_unreadable(self, error: Exception) -> None:
        self._say(self.tr("The file cannot be read: {0}.").format(said(error)), "danger")

    def done(self, result: int) -> None:
        """Forget what was pasted: it may hold a password."""
        self._rest.stop()
        self._text.setPlainText("")
        self._text.document().clearUndoRedoStacks()
        self._rest.stop()
        super().done(result)

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)
