"""The live page: camera wall, newest alarms beside it, the log's tail below."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QByteArray, QSettings, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from console.context import ConsoleContext
from console.widgets.alarm_list import AlarmList
from console.widgets.camera_wall import CameraWall
from console.widgets.log_tail import LogTail

ALARM_WIDTH: Final = 344
LOG_HEIGHT: Final = 172


class LivePage(QWidget):
    """What the operator looks at all day.

    Attributes:
        alarm_opened: id of an alarm to show in full.
        page_wanted: key of another page.
        camera_wanted: id of a camera whose settings are wanted.
        message: something to tell for a moment: text, and whether it is bad news.
    """

    alarm_opened = Signal(str)
    page_wanted = Signal(str)
    camera_wanted = Signal(str)
    message = Signal(str, bool)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wall = CameraWall(context)
        self._alarms = AlarmList(context)
        self._log = LogTail(context, self.tr("Log tail"))
        self._across = self._splitter(Qt.Orientation.Horizontal, (self._wall, self._alarms))
        self._down = self._splitter(Qt.Orientation.Vertical, (self._across, self._log))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._down)
        self._restore()
        self._alarms.alarm_opened.connect(self.alarm_opened)
        self._wall.add_camera_wanted.connect(lambda: self.page_wanted.emit("cameras"))
        self._wall.edit_wanted.connect(self.camera_wanted)
        self._wall.snapshot_saved.connect(self._on_snapshot)
        save = QShortcut(QKeySequence.StandardKey.Save, self)
        save.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        save.activated.connect(self._wall.save_snapshots)

    @property
    def wall(self) -> CameraWall:
        """The camera wall."""
        return self._wall

    def focus_filter(self) -> None:
        """Put the cursor into the log's filter."""
        self._log.focus_filter()

    def reload_cameras(self) -> None:
        """Show the cameras of changed settings."""
        self._wall.reload()

    def set_wall_only(self, *, wall_only: bool) -> None:
        """Show nothing but the wall (full screen), or everything."""
        self._alarms.setVisible(not wall_only)
        self._log.setVisible(not wall_only)

    def kept(self) -> Any:
        """Return the log's filter and the camera that is shown alone."""
        return self._log.kept(), self._wall.alone

    def restore(self, kept: Any) -> None:
        """Take over what another live page kept."""
        log, alone = kept
        self._log.restore(log)
        if alone is not None:
            self._wall.show_alone(alone)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        store = QSettings()
        store.setValue("live/across", self._across.saveState())
        store.setValue("live/down", self._down.saveState())

    @staticmethod
    def _splitter(orientation: Qt.Orientation, widgets: tuple[QWidget, QWidget]) -> QSplitter:
        splitter = QSplitter(orientation)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        for widget in widgets:
            splitter.addWidget(widget)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        return splitter

    def _restore(self) -> None:
        store = QSettings()
        for splitter, key, extent in (
            (self._across, "live/across", ALARM_WIDTH),
            (self._down, "live/down", LOG_HEIGHT),
        ):
            state = store.value(key)
            if not (isinstance(state, QByteArray) and splitter.restoreState(state)):
                splitter.setSizes([2_000, extent])

    def _on_snapshot(self, path: str, problem: str) -> None:
        if problem:
            self.message.emit(self.tr("No picture saved: {0}").format(problem), True)
        else:
            self.message.emit(self.tr("Picture saved: {0}").format(path), False)
