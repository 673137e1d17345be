"""A log pane with its filter bar: worker, level, text, follow, and what to do with the lines."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from console import formatting, regional
from console.background import in_background
from console.context import ConsoleContext
from console.log_save import save_lines
from console.models.log_filter import LogFilter, LogFilterError
from console.models.regex_words import regex_problem
from console.save_place import save_dialog
from console.theme.tokens import Space
from console.widgets.choice import name_choice
from console.widgets.log_pane import LogPane
from console.widgets.painting import line, set_property, with_role
from console.window_texts import said
from pipeline.paths import log_folder, shown
from pipeline.states import WorkerName
from pipeline.support_selection import LogSelection

TYPING_PAUSE_MS: Final = 200
NARROW: Final = 540
"""Where it is narrower, pixels, the fields of the filter are left and most words are not."""
MINUTES_AGO: Final = (1, 10, 60)
SHOWN_LEVELS: Final = ("DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR")
SOURCES: Final = (*(name.value for name in WorkerName), "kafka", "console")


class LogTail(QWidget):
    """The newest log lines and a bar above them.

    Args:
        full: with buttons for errors, clearing and the folder, as on the page of logs.
    """

    def __init__(self, context: ConsoleContext, title: str, *, full: bool = False) -> None:
        super().__init__()
        self._context = context
        self._pane = LogPane(context)
        self._say_why_empty(0)
        bar = QWidget()
        with_role(bar, "panel")
        self._row = QHBoxLayout(bar)
        self._row.setContentsMargins(Space.M, Space.XS, Space.M, Space.XS)
        self._row.setSpacing(Space.S)
        self._heading = QLabel(title)
        with_role(self._heading, "strong")
        self._row.addWidget(self._heading)
        self._worker = self._combo(
            self.tr("Worker"), [(self.tr("all workers"), ""), *((name, name) for name in SOURCES)]
        )
        self._level = self._combo(
            self.tr("Level"), [(self.tr("level ≥ {0}").format(name), name) for name in SHOWN_LEVELS]
        )
        self._level.setCurrentIndex(SHOWN_LEVELS.index("INFO"))
        self._text = QLineEdit()
        self._text.setPlaceholderText(self.tr("filter…"))
        self._text.setToolTip(self.tr("Part of the message (Ctrl+F)"))
        self._text.setAccessibleName(self.tr("Filter text"))
        self._text.setClearButtonEnabled(True)
        self._text.setMaximumWidth(280)
        self._regex = QToolButton()
        self._regex.setText(".*")
        self._regex.setCheckable(True)
        self._regex.setToolTip(self.tr("The text is a regular expression"))
        self._regex.setAccessibleName(self.tr("Regular expression"))
        self._problem = QLabel()
        self._problem_text = ""
        with_role(self._problem, "status", "danger")
        self._row.addWidget(self._text)
        self._row.addWidget(self._regex)
        self._row.addWidget(self._problem)
        self._row.addStretch(1)
        if full:
            self._add_actions()
        self._follow = QToolButton()
        self._follow.setCheckable(True)
        self._follow.setChecked(True)
        self._follow.setText(self.tr("follow"))
        self._follow.setToolTip(self.tr("Keep the newest line in sight (End)"))
        self._follow.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        with_role(self._follow, "icon-text")
        context.theme.icons.set_on(self._follow, "check", "text_faint", "ok")
        self._count = QLabel()
        with_role(self._count, "caption")
        self._row.addWidget(self._follow)
        self._row.addWidget(self._count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (line(), bar, line()):
            layout.addWidget(widget)
        layout.addWidget(self._pane, 1)
        self._connect()

    @property
    def pane(self) -> LogPane:
        """The lines."""
        return self._pane

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 96)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        self._heading.setVisible(not narrow)
        self._count.setVisible(not narrow)
        self._follow.setToolButtonStyle(
            Qt.ToolButtonStyle.ToolButtonIconOnly
            if narrow
            else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        )

    def focus_filter(self) -> None:
        """Put the cursor into the filter's text."""
        self._text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._text.selectAll()

    def show_worker(self, worker: str) -> None:
        """Show only lines of `worker`; empty for all."""
        self._worker.setCurrentIndex(max(0, self._worker.findData(worker)))

    def show_moment(self, moment: datetime) -> None:
        """Show what was logged from `moment` on, by all workers."""
        self.show_worker("")
        self._text.clear()
        self._apply()
        self._pane.go_to_time(moment)

    def selection(self) -> LogSelection:
        """Return which lines are shown, for an export."""
        wanted = self._wanted()
        return LogSelection(
            workers=frozenset({wanted.worker} if wanted.worker else ()),
            min_level=wanted.min_level,
            text="" if self._problem_text else wanted.text,
            regex=wanted.regex,
        )

    def kept(self) -> tuple[object, ...]:
        """Return what the filter is set to, for `restore`."""
        combos = (self._worker.currentData(), self._level.currentData())
        buttons = (self._regex.isChecked(), self._follow.isChecked())
        return (*combos, *buttons, self._text.text())

    def restore(self, kept: tuple[Any, ...]) -> None:
        """Set the filter to what another tail kept."""
        worker, level, regex, follow, text = kept
        self._worker.setCurrentIndex(max(0, self._worker.findData(worker)))
        self._level.setCurrentIndex(max(0, self._level.findData(level)))
        self._regex.setChecked(regex)
        self._text.setText(text)
        self._apply()
        self._follow.setChecked(follow)
        self._pane.set_follow(follow=follow)

    def _connect(self) -> None:
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_PAUSE_MS)
        self._typing.timeout.connect(self._apply)
        self._text.textChanged.connect(lambda _: self._typing.start())
        self._worker.currentIndexChanged.connect(lambda _: self._apply())
        self._level.currentIndexChanged.connect(lambda _: self._apply())
        self._regex.toggled.connect(lambda _: self._apply())
        self._follow.clicked.connect(lambda on: self._pane.set_follow(follow=on))
        self._pane.follow_changed.connect(self._follow.setChecked)
        self._pane.counts_changed.connect(self._on_counts)
        self._pane.progressed.connect(self._on_progress)
        self._pane.told.connect(self._tell)

    def _combo(self, name: str, entries: list[tuple[str, str]]) -> QComboBox:
        combo = QComboBox()
        name_choice(combo, name)
        for text, data in entries:
            combo.addItem(text, data)
        self._row.addWidget(combo)
        return combo

    def _add_actions(self) -> None:
        for icon, tip, action in (
            ("arrow-down", self.tr("Next error (F3)"), self._pane.jump_to_error),
            (
                "arrow-up",
                self.tr("Error before (Shift+F3)"),
                lambda: self._pane.jump_to_error(forward=False),
            ),
            ("copy", self.tr("Copy the selected lines (Ctrl+C)"), self._pane.copy),
            ("floppy-disk", self.tr("Save the lines shown to a file…"), self._ask_where),
            ("eraser", self.tr("Clear this view; the files keep all"), self._pane.clear),
            ("folder-open", self.tr("Open the folder of log files"), self._open_folder),
        ):
            button = QToolButton()
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            self._context.theme.icons.set_on(button, icon)
            button.clicked.connect(action)
            self._row.addWidget(button)
        self._row.addWidget(self._time_menu())
        # Wherever the focus is in the window, as long as this is in sight.
        for keys, jump in (
            ("F3", self._pane.jump_to_error),
            ("Shift+F3", lambda: self._pane.jump_to_error(forward=False)),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(jump)

    def _time_menu(self) -> QToolButton:
        button = QToolButton()
        button.setToolTip(self.tr("Go back in time"))
        button.setAccessibleName(button.toolTip())
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._context.theme.icons.set_on(button, "clock-counter-clockwise")
        menu = QMenu(button)
        for minutes in MINUTES_AGO:
            text = self.tr("{0} minutes ago", "", minutes).format(minutes)
            menu.addAction(text).triggered.connect(
                lambda _checked, minutes=minutes: self._go_back(minutes)
            )
        button.setMenu(menu)
        return button

    def _go_back(self, minutes: int) -> None:
        self._pane.go_to_time(datetime.now().astimezone() - timedelta(minutes=minutes))
        self._pane.setFocus()

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder())))
        # Where no program shows folders, nothing comes.
        self._tell(self.tr("The log files are in {0}").format(shown(log_folder())))

    def _ask_where(self) -> None:
        title = self.tr("Save the lines shown")
        dialog = save_dialog(self, title, "signalbox-log.txt", self.tr("Text files (*.txt)"))
        dialog.fileSelected.connect(lambda path: self.save_shown(Path(path)))
        dialog.open()

    def save_shown(self, path: Path) -> None:
        """Write the lines that pass the filter to `path`, in the background."""
        ring, sequences = self._context.log_ring, self._pane.shown_sequences()
        self._tell(self.tr("Saving…"))

        def tell_saved(count: int) -> None:
            text = self.tr("{0} lines saved to {1}", "", count)
            self._tell(text.format(formatting.count(count), shown(path)))

        in_background(
            self,
            lambda: save_lines(ring, sequences, path),
            tell_saved,
            lambda error: self._tell(self.tr("Not saved: {0}").format(said(error))),
        )

    def _tell(self, text: str) -> None:
        """Say something beside the filter; a wrong pattern comes first."""
        self._problem.setText(self._problem_text or text)
        self._problem.setToolTip(self._problem.text())
        set_property(self._problem, "level", "danger" if self._problem_text else "info")

    def _wanted(self) -> LogFilter:
        return LogFilter(
            min_level=str(self._level.currentData()),
            worker=str(self._worker.currentData()),
            text=self._text.text(),
            regex=self._regex.isChecked(),
        )

    def _apply(self) -> None:
        self._typing.stop()
        try:
            self._pane.set_filter(self._wanted())
            self._problem_text = ""
        except LogFilterError as error:
            self._problem_text = self.tr("Not a regular expression: {0}").format(
                regex_problem(error.problem)
            )
        self._tell("")
        set_property(self._text, "level", "danger" if self._problem_text else "")

    def _on_progress(self, done: float) -> None:
        percent = regional.percent(done * 100)
        self._tell(self.tr("Looking through the lines… {0}").format(percent) if done < 1 else "")

    def _say_why_empty(self, total: int) -> None:
        self._pane.empty_text = (
            self.tr("No line passes the filter above.")
            if total
            else self.tr("No log lines yet. They appear as workers start.")
        )

    def _on_counts(self, passing: int, total: int) -> None:
        text = formatting.count(passing)
        if passing != total:
            text = self.tr("{0} of {1}").format(text, formatting.count(total))
        self._say_why_empty(total)
        self._count.setText(self.tr("{0} lines", "", total).format(text))
