"""The log lines of one minute, from the files: for moments before this run of the program."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from console import regional
from console.background import in_background
from console.theme.fonts import mono_font
from console.theme.tokens import Space, TypeSize
from console.widgets.dialog_buttons import DialogButtons
from console.window_texts import said
from pipeline.paths import log_folder
from pipeline.support_selection import LogSelection

WIDTH, HEIGHT = 980, 520
SPAN = timedelta(minutes=1)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ")
_STAMP_LENGTH = 23


class MinuteDialog(QDialog):
    """Shows what was logged from half a minute before a moment to half a minute after."""

    def __init__(self, moment: datetime, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        local = moment.astimezone()
        self.setWindowTitle(self.tr("Log lines of {0}").format(regional.day_and_clock(local)))
        self.resize(WIDTH, HEIGHT)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(mono_font(TypeSize.BODY))
        self._text.setAccessibleName(self.tr("Log lines"))
        self._text.setPlainText(self.tr("Reading the log files…"))
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(self._text, 1)
        column.addWidget(buttons)
        begin = local.replace(tzinfo=None) - SPAN / 2
        in_background(self, lambda: lines_between(begin, begin + SPAN), self._show, self._fail)

    def _show(self, lines: list[str]) -> None:
        none = self.tr("The log files hold no lines of that minute any more.")
        self._text.setPlainText("\n".join(lines) or none)

    def _fail(self, error: Exception) -> None:
        self._text.setPlainText(self.tr("The log files cannot be read: {0}").format(said(error)))


def lines_between(since: datetime, until: datetime) -> list[str]:
    """Return the records of all log files from `since` to `until`, local times, oldest first.

    Raises:
        OSError: a file cannot be read.
    """
    selection = LogSelection(since=since, until=until)
    records: list[str] = []
    for path in sorted(log_folder().rglob("*.log*")):
        # A file that was last written before holds nothing of it.
        if path.is_file() and datetime.fromtimestamp(path.stat().st_mtime) >= since:  # noqa: DTZ006 - as in the files
            for line in selection.cut(path.read_text("utf-8", errors="replace")).splitlines():
                if _STAMP.match(line) or not records:
                    records.append(line)
                else:
                    records[-1] += f"\n{line}"
    return sorted(records, key=lambda record: record[:_STAMP_LENGTH])
