"""The dead letters: which messages could not be processed and why, and sending them back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from console import formatting, regional
from console.background import in_background
from console.supervision.wording import worker_title
from console.theme.fonts import mono_font
from console.theme.tokens import Space, TypeSize
from console.widgets.dialog_buttons import DialogButtons, MessageBox
from console.widgets.value_table import ValueTable
from console.window_texts import error_words, line, shown
from pipeline.states import WorkerName

if TYPE_CHECKING:
    from pipeline.kafka.access import KafkaAccess
    from pipeline.kafka.dead_letter_box import DeadLetter, SentBack

WIDTH: Final = 980
HEIGHT: Final = 600
PROGRESS_MS: Final = 100
SHOWN: Final = 500
"""The newest that many are shown; the rest stays in Kafka."""

REASON_COLUMN: Final = 4


class DeadLetterDialog(QDialog):
    """Lists the newest dead letters of the broker that is open; Esc closes it, F5 reads again."""

    def __init__(self, kafka: KafkaAccess, parent: QWidget) -> None:
        super().__init__(parent)
        self._kafka = kafka
        self._letters: list[DeadLetter] = []
        self._stop = threading.Event()
        self._done = 0
        self._chosen = 0
        self._outcome = ""
        self._is_busy = False
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Dead letters"))
        self.resize(WIDTH, HEIGHT)
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._table = self._make_table()
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setFont(mono_font(TypeSize.CAPTION))
        self._details.setAccessibleName(self.tr("The message that is selected"))
        self._progress = QProgressBar()
        self._progress.hide()
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(self._table)
        splitter.addWidget(self._details)
        splitter.setHandleWidth(Space.M)
        splitter.setProperty("role", "gap")
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(self._words)
        column.addWidget(splitter, 1)
        column.addWidget(self._progress)
        column.addWidget(self._make_buttons())
        self._timer = QTimer(self)
        self._timer.setInterval(PROGRESS_MS)
        self._timer.timeout.connect(self._show_progress)
        self.read()

    def _make_table(self) -> ValueTable:
        headers = [
            self.tr("Time"),
            self.tr("Came from"),
            self.tr("Size"),
            self.tr("State"),
            self.tr("Reason"),
        ]
        table = ValueTable(headers, numbers_from=len(headers), stretch=REASON_COLUMN)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setAccessibleName(self.tr("Messages that could not be processed"))
        table.itemSelectionChanged.connect(self._on_selected)
        return table

    def _make_buttons(self) -> QDialogButtonBox:
        role = QDialogButtonBox.ButtonRole.ActionRole
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self._again = QPushButton(self.tr("Read again"))
        self._again.setShortcut(QKeySequence(Qt.Key.Key_F5))
        self._again.setToolTip(self.tr("Read again (F5)"))
        self._again.clicked.connect(self.read)
        self._send = QPushButton(self.tr("Send back…"))
        self._send.setToolTip(
            self.tr("Send the selected messages to where they came from, as they were")
        )
        self._send.clicked.connect(self._ask)
        self._cancel = QPushButton(self.tr("Cancel sending"))
        self._cancel.clicked.connect(self._stop.set)
        self._cancel.hide()
        for button in (self._send, self._cancel, self._again):
            button.setAutoDefault(False)
            buttons.addButton(button, role)
        return buttons

    @Slot()
    def read(self) -> None:
        """Read the newest dead letters from the broker."""
        if self._is_busy:
            return
        self._set_busy(True)
        self._words.setText(self.tr("Reading from the broker…"))
        kafka = self._kafka

        def work() -> list[DeadLetter]:
            from pipeline.kafka.dead_letter_box import DeadLetterBox

            return DeadLetterBox(kafka).letters(limit=SHOWN)

        in_background(self, work, self._show, self._on_failed, own_thread=True)

    def _show(self, letters: list[DeadLetter]) -> None:
        self._set_busy(False)
        self._letters = letters
        # Others may stand in the rows that were chosen: they would be sent back unseen.
        self._table.clearSelection()
        # Meanwhile neither the table nor the buttons could keep the focus.
        self._table.setFocus()
        self._table.set_rows([self._row(letter) for letter in letters])
        self._words.setText("\n".join(filter(None, (self._outcome, self._state_words()))))
        self._outcome = ""
        self._on_selected()

    def _state_words(self) -> str:
        if not self._letters:
            return self.tr(
                "There are no dead letters. A message that a worker cannot process is put "
                "aside here with the reason, so that the work goes on without it."
            )
        waiting = sum(not letter.sent_back for letter in self._letters)
        words = self.tr("All messages listed here were sent back.")
        if waiting:
            words = self.tr(
                "%Ln message(s) could not be processed and were put aside. Mend the cause, then "
                "select them and send them back.",
                "",
                waiting,
            )
        if len(self._letters) < SHOWN:
            return words
        newest = self.tr(
            "Only the newest {0} are listed and counted here; older ones stay in Kafka."
        )
        return f"{words}\n{newest.format(regional.whole(SHOWN))}"

    def _row(self, letter: DeadLetter) -> tuple[str, ...]:
        if letter.sent_back:
            state = self.tr("sent back")
        elif letter.came_back:
            state = self.tr("failed again")
        else:
            state = self.tr("put aside")
        at = regional.day_and_clock(letter.at) if letter.at else "–"
        size = formatting.size(letter.size)
        return (at, letter.source or letter.place, size, state, line(letter.reason))

    def _selected(self) -> list[DeadLetter]:
        return [letter for index, letter in enumerate(self._letters) if self._is_selected(index)]

    def _is_selected(self, index: int) -> bool:
        item = self._table.topLevelItem(index)
        return item is not None and item.isSelected()

    @Slot()
    def _on_selected(self) -> None:
        letters = self._selected()
        self._send.setEnabled(
            not self._is_busy and any(letter.obstacle is None for letter in letters)
        )
        self._details.setPlainText(_details(letters[0]) if len(letters) == 1 else "")

    @Slot()
    def _ask(self) -> None:
        letters = [letter for letter in self._selected() if letter.obstacle is None]
        box = MessageBox(
            QMessageBox.Icon.Question,
            self.tr("Send back"),
            self.tr("Send %Ln message(s) back to where they came from?", "", len(letters)),
            QMessageBox.StandardButton.Cancel,
            self,
        )
        box.setInformativeText(
            self.tr(
                "The workers take them again. If the cause is not mended, they come back here as "
                "new dead letters."
            )
        )
        yes = box.addButton(self.tr("Send back"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(yes)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.accepted.connect(lambda: self._send_back(letters))
        box.open()

    def _send_back(self, letters: Sequence[DeadLetter]) -> None:
        self._stop.clear()
        self._done = 0
        self._chosen = len(letters)
        self._set_busy(True)
        self._words.setText(self.tr("Sending back…"))
        self._progress.setRange(0, len(letters))
        self._progress.setValue(0)
        self._progress.show()
        self._cancel.show()
        self._timer.start()
        kafka, stop = self._kafka, self._stop

        def on_progress(done: int) -> bool:
            self._done = done
            return not stop.is_set()

        def work() -> SentBack:
            from pipeline.kafka.dead_letter_box import DeadLetterBox

            return DeadLetterBox(kafka).send_back(letters, on_progress)

        in_background(self, work, self._on_sent, self._on_failed, own_thread=True)

    @Slot()
    def _show_progress(self) -> None:
        self._progress.setValue(self._done)

    def _on_sent(self, outcome: SentBack) -> None:
        self._set_busy(False)
        self._outcome = self._outcome_words(outcome)
        # Also after a refusal: what was sent must not stand there as still to be sent.
        self.read()

    def _outcome_words(self, outcome: SentBack) -> str:
        if outcome.refused:
            place, why = outcome.refused[0]
            return self.tr("{0} sent back, {1} not. {2}: {3}").format(
                outcome.sent, len(outcome.refused), place, shown(why)
            )
        if outcome.sent < self._chosen:
            return self.tr("Cancelled: {0} of {1} sent back, the others wait as before.").format(
                outcome.sent, self._chosen
            )
        return self.tr("%Ln message(s) sent back.", "", outcome.sent)

    def _on_failed(self, error: Exception) -> None:
        self._set_busy(False)
        self._words.setText(error_words(error))

    def _set_busy(self, is_busy: bool) -> None:
        self._is_busy = is_busy
        self._again.setEnabled(not is_busy)
        self._table.setEnabled(not is_busy)
        if not is_busy:
            self._timer.stop()
            self._progress.hide()
            self._cancel.hide()
        self._on_selected()

    def closeEvent(self, event: QCloseEvent) -> None:
        # What was not sent by then stays where it is.
        self._stop.set()
        super().closeEvent(event)


def _worker_words(name: str) -> str:
    known = {worker.value: worker for worker in WorkerName}
    return worker_title(known[name]) if name in known else name


def _details(letter: DeadLetter) -> str:
    parts = [
        f"{letter.place}  {_worker_words(letter.worker)}",
        line(letter.reason),
        shown(letter.obstacle or ""),
        letter.text,
    ]
    return "\n".join(filter(None, parts))
