"""The page of cameras: what there is, how each fares, adding, changing, removing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console import joining, regional, settings_keeper
from console.background import in_background
from console.camera_words import situation_line, situation_word, state_word
from console.context import ConsoleContext
from console.plain_text import plain_tooltip
from console.save_place import save_dialog
from console.theme.tokens import Space
from console.widgets.area_dialog import AreaDialog
from console.widgets.camera_dialog import CameraDialog
from console.widgets.camera_import import CameraImport
from console.widgets.empty_state import EmptyState
from console.widgets.painting import with_role
from console.widgets.section import page_heading
from console.widgets.several_cameras import SeveralCameras
from console.widgets.undo_bar import UndoBar
from console.widgets.value_table import ValueTable, set_color, set_texts
from console.window_texts import cause
from pipeline.cameras_csv import ImportPlan, export_csv
from pipeline.dropped import Source, new_cameras
from pipeline.redact import redact_text
from pipeline.settings import Settings
from pipeline.settings_cameras import CameraSettings

NAME, ID, STATE, FPS, SIZE, RATE, SOURCE, DETAIL = range(8)
ID_ROLE: Final = Qt.ItemDataRole.UserRole
COLORS: Final = {
    "live": "ok",
    "connecting": "info",
    "stalled": "warning",
    "reconnecting": "warning",
    "failed": "danger",
    "stopped": "text_muted",
    "off": "text_faint",
}


class CamerasPage(QWidget):
    """Lists the cameras of the settings with what is known of each.

    Attributes:
        message: something to tell for a moment: text, and whether it is bad news.
    """

    message = Signal(str, bool)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        with_role(self, "page")
        self._kept = QLabel()
        self._table = self._make_table()
        self._undo = UndoBar()
        self._empty = EmptyState(
            context,
            "video-camera",
            self.tr("No camera yet"),
            self.tr(
                "Add a video file, a stream (rtsp://…), a USB camera or a folder of pictures. "
                "“demo” is a clip that ships with Signalbox."
            ),
            self.tr("Add a camera"),
        )
        self._empty.pressed.connect(self.add)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._table)
        self._stack.addWidget(self._empty)
        self._add = self._button(self.tr("Add…"), "plus", self.add, "Ctrl+N")
        self._add.setProperty("role", "primary")
        self._context.theme.icons.set_on(self._add, "plus", "on_primary")
        self._edit = self._button(self.tr("Edit…"), "pencil-simple", self._on_edit, "Return")
        self._areas = self._button(self.tr("Zones…"), "polygon", self._on_areas, "Z")
        self._switch = self._button(self.tr("Switch off"), "power", self._on_switch, "")
        self._remove = self._button(self.tr("Remove"), "trash", self._on_remove, "Del")
        self._list = self._list_menu()
        self._lay_out()
        self._table.itemSelectionChanged.connect(self._show_buttons)
        self._table.itemDoubleClicked.connect(lambda _item, _column: self._on_edit())
        self._undo.listen(self)
        shortcut = QShortcut(QKeySequence("Ctrl+N"), self)
        shortcut.activated.connect(self.add)
        for key, slot in (
            ("Return", self._on_edit),
            ("Del", self._on_remove),
            ("Z", self._on_areas),
            ("Alt+Up", self._on_up),
            ("Alt+Down", self._on_down),
        ):
            shortcut = QShortcut(QKeySequence(key), self._table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(slot)
        context.ticker.figures.connect(self._on_figures)
        context.controller.settings_changed.connect(self._show)
        self._show()

    def _make_table(self) -> ValueTable:
        table = ValueTable(
            [
                self.tr("Name"),
                self.tr("Id"),
                self.tr("State"),
                self.tr("Fps"),
                self.tr("Size"),
                self.tr("Detections/s"),
                self.tr("Source"),
                self.tr("What happened"),
            ],
            numbers_from=DETAIL + 1,
            stretch=DETAIL,
        )
        for column in (FPS, SIZE, RATE):
            table.headerItem().setTextAlignment(
                column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            )
        table.setAccessibleName(self.tr("Cameras"))
        # Why a camera is dark is read here: a cut sentence would lack its end, and the next try.
        table.wrap()
        return table

    def _button(self, text: str, icon: str, slot: Callable[[], None], keys: str) -> QPushButton:
        button = QPushButton(text)
        self._context.theme.icons.set_on(button, icon)
        button.clicked.connect(slot)
        if keys:
            button.setToolTip(f"{text} ({keys})")
        return button

    def _list_menu(self) -> QPushButton:
        button = QPushButton(self.tr("List"))
        button.setToolTip(self.tr("Order of the cameras, lists as files"))
        self._context.theme.icons.set_on(button, "list")
        menu = QMenu(button)
        self._up = self._action(menu, self.tr("Move up (Alt+Up)"), self._on_up)
        self._down = self._action(menu, self.tr("Move down (Alt+Down)"), self._on_down)
        menu.addSeparator()
        menu.addAction(self.tr("Import from CSV…"), self.import_list)
        self._export = self._action(menu, self.tr("Export as CSV…"), self._on_export)
        button.setMenu(menu)
        return button

    def _action(self, menu: QMenu, text: str, act: Callable[[], None]) -> QAction:
        """Add an entry that belongs to the page: PySide loses those that a menu makes by itself."""
        action = QAction(text, self)
        action.triggered.connect(act)
        menu.addAction(action)
        return action

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(page_heading(self.tr("Cameras"), self._kept), 1)
        for button in (
            self._edit,
            self._areas,
            self._switch,
            self._remove,
            self._list,
            self._add,
        ):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        column.addWidget(self._undo)  # below: no row moves as it comes and goes

    # ------------------------------------------------------------------ showing
    @Slot()
    def _show(self) -> None:
        cameras = self._context.settings.cameras
        chosen = self._chosen()
        self._table.clear()
        for camera in cameras:
            item = QTreeWidgetItem()
            item.setData(0, ID_ROLE, camera.id)
            for column in (FPS, SIZE, RATE):
                item.setTextAlignment(
                    column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                )
            self._table.addTopLevelItem(item)
            if chosen is not None and camera.id == chosen.id:
                self._table.setCurrentItem(item)
        self._stack.setCurrentIndex(0 if cameras else 1)
        self._kept.setText(settings_keeper.where_kept(self._context))
        self._kept.setToolTip(plain_tooltip(self._kept.text()))
        self._show_figures()
        self._show_buttons()

    @Slot()
    def _on_figures(self) -> None:
        if self.isVisible():
            self._show_figures()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_figures()

    def _show_figures(self) -> None:
        for place, camera in enumerate(self._context.settings.cameras):
            item = self._table.topLevelItem(place)
            if item is None:
                return
            view = self._context.hub.cameras.get(camera.id)
            state = view.state if view is not None else "stopped"
            state = state if camera.enabled else "off"
            live = view if state == "live" else None
            size = view.source_size if view is not None else None
            set_texts(
                item,
                (
                    camera.name,
                    camera.id,
                    situation_word(view)
                    if view is not None and camera.enabled
                    else state_word(state),
                    # What the camera gives: shown is none of it while this page is in front.
                    regional.decimal(live.source_fps, 1)
                    if live is not None and live.source_fps
                    else "–",
                    f"{size[0]} × {size[1]}" if size is not None else "–",
                    regional.pointed(f"{camera.detections_per_second:g}"),
                    redact_text(camera.source),
                    (
                        situation_line(view, datetime.now(UTC), time.monotonic())
                        if view is not None and camera.enabled
                        else ""
                    ),
                ),
            )
            set_color(item, STATE, self._context.theme.color(COLORS.get(state, "text")))
            item.setToolTip(DETAIL, plain_tooltip(item.text(DETAIL)))
            item.setToolTip(SOURCE, plain_tooltip(item.text(SOURCE)))

    def _chosen(self) -> CameraSettings | None:
        items = self._table.selectedItems()
        wanted = items[0].data(0, ID_ROLE) if items else None
        cameras = self._context.settings.cameras
        return next((camera for camera in cameras if camera.id == wanted), None)

    @Slot()
    def _show_buttons(self) -> None:
        camera = self._chosen()
        for button in (self._edit, self._areas, self._switch, self._remove):
            button.setEnabled(camera is not None)
        cameras = self._context.settings.cameras
        self._up.setEnabled(camera is not None and camera is not cameras[0])
        self._down.setEnabled(camera is not None and camera is not cameras[-1])
        self._export.setEnabled(bool(cameras))
        is_on = camera is None or camera.enabled
        self._switch.setText(self.tr("Switch off") if is_on else self.tr("Switch on"))

    # ------------------------------------------------------------------ changing
    @Slot()
    def add(self) -> None:
        """Ask for a new camera."""
        self._ask(None)

    @Slot()
    def _on_edit(self) -> None:
        camera = self._chosen()
        if camera is not None:
            self._ask(camera)

    def enter(self) -> None:
        """Put the focus into the table."""
        self._table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def edit(self, camera_id: str) -> None:
        """Ask for changes of a camera; nothing where it is gone."""
        cameras = self._context.settings.cameras
        camera = next((camera for camera in cameras if camera.id == camera_id), None)
        if camera is not None:
            self._ask(camera)

    def add_sources(self, sources: Sequence[Source], refused: str = "") -> None:
        """Ask for new cameras with these sources; `refused` says which others are of no use."""
        if len(sources) == 1 and not refused:
            self._ask(None, sources[0])
            return
        settings = settings_keeper.newest(self._context)
        added = new_cameras(sources, settings.cameras)
        more = settings.model_copy(update={"cameras": (*settings.cameras, *added)})
        question = SeveralCameras(added, refused, self._consequence(more), self)
        text = self.tr("%Ln camera(s) were added.", "", len(added))
        question.accepted.connect(lambda: self._change(more, text))
        question.open()

    def _ask(self, camera: CameraSettings | None, source: Source | None = None) -> None:
        # Which camera it is makes no difference to what has to restart.
        example = camera or CameraSettings(id="new", name="new", source="demo")
        changed = self._with(example.id, example.model_copy(update={"name": f"{example.name}*"}))
        dialog = CameraDialog(self._context, camera, self._consequence(changed), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if source is not None:
            dialog.suggest(source.address, source.name)
        before = camera.id if camera is not None else ""
        dialog.saved.connect(lambda typed: self._put(before, typed))
        dialog.open()

    @Slot()
    def _on_areas(self) -> None:
        camera = self._chosen()
        if camera is None:
            return
        changed = self._with(camera.id, camera.model_copy(update={"name": f"{camera.name}*"}))
        dialog = AreaDialog(self._context, camera, self._consequence(changed), self)
        dialog.saved.connect(lambda drawn: self._put(camera.id, drawn))
        dialog.open()

    def _put(self, before: str, typed: CameraSettings) -> None:
        """Replace the camera that had the id `before`, or add a new one."""
        if before:
            text = self.tr("{0} was changed.").format(typed.name)
        else:
            text = self.tr("{0} was added.").format(typed.name)
        self._change(self._with(before, typed), text)

    @Slot()
    def _on_switch(self) -> None:
        camera = self._chosen()
        if camera is None:
            return
        changed = camera.model_copy(update={"enabled": not camera.enabled})
        pattern = (
            self.tr("{0} was switched on.") if changed.enabled else self.tr("{0} was switched off.")
        )
        self._change(self._with(camera.id, changed), pattern.format(camera.name))

    @Slot()
    def _on_remove(self) -> None:
        camera = self._chosen()
        if camera is not None:
            self._change(
                self._with(camera.id, None), self.tr("{0} was removed.").format(camera.name)
            )

    # ------------------------------------------------------------------ the list as a whole
    @Slot()
    def _on_up(self) -> None:
        self._move(-1)

    @Slot()
    def _on_down(self) -> None:
        self._move(1)

    def _move(self, step: int) -> None:
        camera = self._chosen()
        settings = settings_keeper.newest(self._context)
        cameras = list(settings.cameras)
        place = _place(cameras, camera.id) if camera is not None else None
        if camera is None or place is None:
            return
        if 0 <= place + step < len(cameras):
            cameras.insert(place + step, cameras.pop(place))
            moved = settings.model_copy(update={"cameras": tuple(cameras)})
            self._change(moved, self.tr("{0} was moved.").format(camera.name))

    @Slot()
    def import_list(self, path: Path | None = None) -> None:
        """Ask for a list of cameras and take it in; begin with the one at `path`."""
        example = CameraSettings(id="new", name="new", source="demo")
        changed = self._with(example.id, example)
        dialog = CameraImport(self._context, self._consequence(changed), self)
        dialog.accepted_plan.connect(self._on_plan)
        if path is not None:
            dialog.read(path)
        dialog.open()

    @Slot(object)
    def _on_plan(self, plan: ImportPlan) -> None:
        settings = settings_keeper.newest(self._context)
        settings = settings.model_copy(update={"cameras": plan.cameras})
        new, changed = plan.count("new"), plan.count("changed")
        text = self.tr("{0} cameras were added, {1} changed.", "", new).format(new, changed)
        self._change(settings, text)

    @Slot()
    def _on_export(self) -> None:
        title = self.tr("Export the list of cameras")
        dialog = save_dialog(self, title, "cameras.csv", self.tr("Lists (*.csv)"))
        dialog.fileSelected.connect(lambda path: self.export_list(Path(path)))
        dialog.open()

    def export_list(self, path: Path) -> None:
        """Write the cameras to `path`, without their passwords."""
        text = export_csv(self._context.settings.cameras)
        in_background(
            self,
            # With a mark at the begin, or a spreadsheet takes UTF-8 for something else.
            lambda: path.write_text(text, encoding="utf-8-sig", newline=""),
            lambda _count: self._undo.tell(
                self.tr("The list was written to {0}, without passwords.").format(path)
            ),
            lambda error: self._undo.tell(
                self.tr("The list cannot be written: {0}").format(cause(error))
            ),
        )

    def _with(self, before: str, camera: CameraSettings | None) -> Settings:
        """Return the settings with the camera `before` replaced, removed (None) or added."""
        settings = settings_keeper.newest(self._context)
        cameras = list(settings.cameras)
        place = _place(cameras, before)
        place = len(cameras) if place is None else place
        cameras[place : place + 1] = [camera] if camera is not None else []
        return settings.model_copy(update={"cameras": tuple(cameras)})

    def _consequence(self, changed: Settings) -> str:
        return settings_keeper.consequence_words(
            self._context.settings, changed, self._context.controller.running
        )

    def _change(self, settings: Settings, text: str, *, undoable: bool = True) -> None:
        before = settings_keeper.newest(self._context).cameras
        told = joining.one_after_another((text, self._consequence(settings)))

        def undo() -> None:
            now = settings_keeper.newest(self._context)
            back = now.model_copy(update={"cameras": before})
            self._change(back, self.tr("Undone."), undoable=False)

        def done() -> None:
            if undoable:
                self._undo.offer(told, undo)
            else:
                self._undo.tell(told)

        settings_keeper.keep(self._context, self, settings, done, self._undo.tell)


def _place(cameras: Sequence[CameraSettings], camera_id: str) -> int | None:
    """Return where in the list a camera is; None when it is not there."""
    return next((n for n, camera in enumerate(cameras) if camera.id == camera_id), None)
