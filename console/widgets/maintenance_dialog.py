"""Times in which nobody wants alarms: seen, added, taken away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from PySide6.QtCore import QDateTime, Qt, Slot
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import (
    QCalendarWidget,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console import alarm_words, joining, regional, settings_keeper
from console.context import ConsoleContext
from console.theme.tokens import Space
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.painting import set_property, with_role
from console.widgets.value_table import ValueTable, set_color
from pipeline.settings import Settings
from pipeline.settings_alarms import WEEK, MaintenanceWindow

WIDTH: Final = 860
HEIGHT: Final = 420
REASON: Final = 5
FIRST_SPAN: Final = timedelta(hours=2)


class MaintenanceDialog(QDialog):
    """Every change holds at once; what was taken away can be put back."""

    def __init__(self, context: ConsoleContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._removed: list[tuple[int, MaintenanceWindow]] = []
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Maintenance"))
        self.resize(WIDTH, HEIGHT)
        intro = QLabel(
            self.tr("In these times no alarms are raised. Verdicts are stored all the same.")
        )
        intro.setWordWrap(True)
        self._table = self._make_table()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        with_role(self._words, "status")
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(intro)
        column.addWidget(self._table, 1)
        column.addLayout(self._make_form())
        column.addWidget(self._words)
        column.addWidget(self._make_buttons())
        context.controller.settings_changed.connect(self._show_windows)
        context.theme.changed.connect(self._show_windows)
        self._show_windows()

    def _make_table(self) -> ValueTable:
        headers = [
            self.tr("Camera"),
            self.tr("From"),
            self.tr("Until"),
            self.tr("Repeats"),
            self.tr("State"),
            self.tr("Reason"),
        ]
        table = ValueTable(headers, numbers_from=len(headers), stretch=REASON)
        table.setAccessibleName(self.tr("Times of maintenance"))
        table.currentItemChanged.connect(lambda *_: self._show_buttons())
        return table

    def _make_form(self) -> QHBoxLayout:
        self._camera = QComboBox()
        self._camera.setAccessibleName(self.tr("Camera"))
        self._camera.addItem(self.tr("all cameras"), "")
        for camera in self._context.settings.cameras:
            self._camera.addItem(camera.name, camera.id)
        now = datetime.now().replace(second=0, microsecond=0)  # noqa: DTZ005 - as people type it
        self._begin = self._moment(self.tr("From"), now)
        self._end = self._moment(self.tr("Until"), now + FIRST_SPAN)
        self._weekly = QCheckBox(self.tr("every week"))
        self._reason = QLineEdit()
        self._reason.setMaxLength(200)
        self._reason.setPlaceholderText(self.tr("Reason"))
        self._reason.setAccessibleName(self.tr("Reason"))
        self._add = QPushButton(self.tr("Add"))
        self._add.setAutoDefault(False)
        self._add.clicked.connect(self._on_add)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        for widget in (self._camera, self._begin, QLabel("–"), self._end):
            row.addWidget(widget)
        row.addWidget(self._weekly)
        row.addWidget(self._reason, 1)
        row.addWidget(self._add)
        return row

    @staticmethod
    def _moment(name: str, value: datetime) -> QDateTimeEdit:
        field = QDateTimeEdit(QDateTime(value.date(), value.time()))  # type: ignore[call-overload]
        field.setDisplayFormat(regional.field_format())
        field.setCalendarPopup(True)
        calendar = field.calendarWidget()
        calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
            calendar.setWeekdayTextFormat(day, QTextCharFormat())  # Qt's is a red of its own
        field.setAccessibleName(name)
        return field

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        self._remove = QPushButton(self.tr("Take away"))
        self._remove.setAutoDefault(False)
        self._remove.clicked.connect(self._on_remove)
        buttons.addButton(self._remove, QDialogButtonBox.ButtonRole.ActionRole)
        self._undo = QPushButton(self.tr("Put back"))
        self._undo.setAutoDefault(False)
        self._undo.setEnabled(False)
        self._undo.clicked.connect(self._on_undo)
        buttons.addButton(self._undo, QDialogButtonBox.ButtonRole.ActionRole)
        return buttons

    @Slot()
    def _show_windows(self) -> None:
        settings = self._context.settings
        now = datetime.now().astimezone()
        windows = settings.aggregator.alarms.maintenance
        self._table.set_rows(
            [
                (
                    alarm_words.camera_name(settings, window.camera)
                    if window.camera
                    else self.tr("all cameras"),
                    regional.day_and_minutes(window.begin),
                    regional.day_and_minutes(window.end),
                    self.tr("every week") if window.weekly else self.tr("once"),
                    self._state_words(window, now),
                    window.reason,
                )
                for window in windows
            ]
        )
        for index, window in enumerate(windows):
            item = self._table.topLevelItem(index)
            assert item is not None
            token = "warning" if window.is_at(now) else "text"
            for column in range(REASON + 1):
                set_color(
                    item,
                    column,
                    self._context.theme.color("text_muted" if window.is_over(now) else token),
                )
        self._show_buttons()

    def _state_words(self, window: MaintenanceWindow, now: datetime) -> str:
        if window.is_at(now):
            return self.tr("in force")
        return self.tr("over") if window.is_over(now) else self.tr("to come")

    def _show_buttons(self) -> None:
        self._remove.setEnabled(self._table.currentItem() is not None)

    @Slot()
    def _on_add(self) -> None:
        begin, end = (
            datetime.fromtimestamp(field.dateTime().toSecsSinceEpoch()).astimezone()
            for field in (self._begin, self._end)
        )
        if end <= begin:
            self._say(self.tr("“Until” must be later than “from”."), "danger")
            return
        weekly = self._weekly.isChecked()
        if weekly and end - begin >= WEEK:
            self._say(self.tr("What repeats every week must be shorter than a week."), "danger")
            return
        window = MaintenanceWindow(
            camera=self._camera.currentData(),
            begin=begin,
            end=end,
            weekly=weekly,
            reason=self._reason.text().strip(),
        )
        self._keep((*self._newest(), window))
        self._reason.clear()
        self._weekly.setChecked(False)

    @Slot()
    def _on_remove(self) -> None:
        item = self._table.currentItem()
        if item is None:
            return
        shown = self._context.settings.aggregator.alarms.maintenance
        removed = shown[self._table.indexOfTopLevelItem(item)]
        newest = self._newest()
        if removed not in newest:
            return
        self._removed.append((newest.index(removed), removed))
        self._undo.setEnabled(True)
        self._keep(tuple(window for window in newest if window != removed))

    @Slot()
    def _on_undo(self) -> None:
        """Put back what was taken away last, where it was; once more, what went before it."""
        place, window = self._removed.pop()
        self._undo.setEnabled(bool(self._removed))
        newest = self._newest()
        if window not in newest:  # it still is where taking it away could not be saved
            self._keep((*newest[:place], window, *newest[place:]))

    def _newest(self) -> tuple[MaintenanceWindow, ...]:
        return settings_keeper.newest(self._context).aggregator.alarms.maintenance

    def _keep(self, windows: tuple[MaintenanceWindow, ...]) -> None:
        settings = settings_keeper.newest(self._context)
        aggregator = settings.aggregator
        alarms = aggregator.alarms.model_copy(update={"maintenance": windows})
        changed = settings.model_copy(
            update={"aggregator": aggregator.model_copy(update={"alarms": alarms})}
        )
        self._tell(changed)

    def _tell(self, changed: Settings) -> None:
        words = settings_keeper.consequence_words(
            self._context.settings, changed, self._context.controller.running
        )
        settings_keeper.keep(
            self._context,
            self,
            changed,
            lambda: self._say(joining.one_after_another((self.tr("Kept."), words)), "ok"),
            lambda text: self._say(text, "danger"),
        )

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)
