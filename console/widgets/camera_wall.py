"""The camera wall: tiles in a grid, one of them alone, what is drawn over them, snapshots."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import (
    QCoreApplication,
    QObject,
    QPoint,
    QRunnable,
    QSettings,
    QSize,
    QStandardPaths,
    Qt,
    QThreadPool,
    Signal,
)
from PySide6.QtGui import QActionGroup, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from console.context import ConsoleContext
from console.models.picture_budget import PictureBudget
from console.theme.tokens import Space
from console.widgets.camera_tile import CameraTile
from console.widgets.empty_state import EmptyState
from console.widgets.painting import with_role
from console.widgets.tile_geometry import grid
from console.widgets.tile_painter import Layers
from console.widgets.word_bar import WordBar
from console.window_texts import cause

GAP: Final = Space.S
LOOKS: Final = 2
"""Ticks until each tile has been looked at."""
SLOTS: Final[tuple[int | None, ...]] = (None, 1, 4, 9, 16)


class CameraWall(QWidget):
    """Shows all cameras of the settings.

    Attributes:
        add_camera_wanted: the empty wall's button was pressed.
        edit_wanted: id of a camera whose settings are wanted.
        snapshot_saved: path of a saved picture, or why there is none.
    """

    add_camera_wanted = Signal()
    edit_wanted = Signal(str)
    snapshot_saved = Signal(str, str)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._tiles: list[CameraTile] = []
        self._slots: int | None = None
        self._alone: str | None = None
        self._chosen: str | None = None
        self._page = 0
        self._budget = PictureBudget()
        self._in_sight = 0
        self._turn = 0
        self._area = _Area(self._arrange)
        self._empty = EmptyState(
            context,
            "video-camera",
            self.tr("No camera yet"),
            self.tr("Add a camera, a video file or the address of a stream to see it here."),
            self.tr("Add a camera"),
        )
        self._empty.pressed.connect(self.add_camera_wanted)
        self._bar = self._make_bar()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GAP, Space.XS, GAP, GAP)
        layout.setSpacing(Space.XS)
        layout.addWidget(self._bar)
        layout.addWidget(self._area, 1)
        layout.addWidget(self._empty, 1)
        self._restore()
        self.reload()
        context.ticker.frames.connect(self._on_frames)
        context.controller.settings_changed.connect(self._on_settings)

    def reload(self) -> None:
        """Make the tiles of the cameras in the settings."""
        for tile in self._tiles:
            tile.setParent(None)
            tile.deleteLater()
        self._cameras = self._context.settings.cameras
        cameras = [camera for camera in self._cameras if camera.enabled]
        self._tiles = [
            CameraTile(
                self._context, number, self._context.hub.camera(camera.id, camera.name), camera
            )
            for number, camera in enumerate(cameras, start=1)
        ]
        for tile in self._tiles:
            tile.setParent(self._area)
            tile.opened.connect(self._on_opened)
            tile.chosen.connect(self._on_chosen)
            tile.edit_asked.connect(self.edit_wanted)
            tile.dragged.connect(self._on_dragged)
            tile.dropped.connect(self._on_dropped)
        self._sort()
        self._alone = None
        self._page = 0
        has_cameras = bool(self._tiles)
        self._area.setVisible(has_cameras)
        self._bar.setVisible(has_cameras)
        self._empty.setVisible(not has_cameras)
        self._on_layers()
        self._arrange()

    def _sort(self) -> None:
        """Bring the tiles into the order that was made by dragging; new cameras come last."""
        value = QSettings().value("wall/order", "")
        places = {camera: place for place, camera in enumerate(str(value).split())}
        self._tiles.sort(key=lambda tile: places.get(tile.camera_id, len(places)))

    def move_camera(self, camera_id: str, to: int) -> None:
        """Put a camera into another place, counted from 0; it is remembered."""
        tile = next(tile for tile in self._tiles if tile.camera_id == camera_id)
        self._tiles.remove(tile)
        self._tiles.insert(max(0, min(to, len(self._tiles))), tile)
        QSettings().setValue("wall/order", " ".join(each.camera_id for each in self._tiles))
        for before, after in itertools.pairwise(self._tiles):
            self.setTabOrder(before, after)
        self._arrange()

    def _tile_at(self, point: QPoint) -> CameraTile | None:
        found = (tile for tile in self._tiles if tile.isVisible())
        return next((t for t in found if t.rect().contains(t.mapFromGlobal(point))), None)

    def _on_dragged(self, camera_id: str, point: QPoint) -> None:
        target = self._tile_at(point)
        for tile in self._tiles:
            tile.set_drop_target(is_target=tile is target and tile.camera_id != camera_id)

    def _on_dropped(self, camera_id: str, point: QPoint) -> None:
        target = self._tile_at(point)
        for tile in self._tiles:
            tile.set_drop_target(is_target=False)
        if target is not None and target.camera_id != camera_id:
            self.move_camera(camera_id, self._tiles.index(target))

    def tiles(self) -> Sequence[CameraTile]:
        """Return the tiles, in the order of the settings."""
        return tuple(self._tiles)

    @property
    def alone(self) -> str | None:
        """The camera that is shown alone; None while all are."""
        return self._alone

    def show_alone(self, camera_id: str | None) -> None:
        """Show one camera alone; None for all."""
        self._alone = camera_id
        for tile in self._tiles:
            tile.set_fill(fill=self._fill.isChecked() and tile.camera_id != camera_id)
        self._arrange()
        for tile in self._tiles:
            if tile.camera_id == (camera_id or self._chosen):
                tile.setFocus()

    def enter(self) -> None:
        """Put the focus on the chosen tile, or on the first."""
        shown = self._shown()
        chosen = [tile for tile in shown if tile.camera_id == self._chosen]
        for tile in (chosen or shown)[:1]:
            tile.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def save_snapshots(self) -> None:
        """Save the chosen camera, or all that are in sight, into the pictures folder."""
        in_sight = [tile for tile in self._tiles if tile.isVisible()]
        chosen = [tile for tile in in_sight if tile.hasFocus()]
        folder = Path(
            QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        )
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        for tile in chosen or in_sight:
            path = folder / "Signalbox" / f"{tile.camera_id}-{stamp}.png"
            job = _Save(tile.snapshot(), path)
            job.signals.done.connect(self.snapshot_saved)
            QThreadPool.globalInstance().start(job)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._alone is not None:
            self.show_alone(None)
        elif event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right} and (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self._move_chosen(-1 if event.key() == Qt.Key.Key_Left else 1)
        elif event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self._move_focus(event.key())
        elif event.key() in {Qt.Key.Key_PageDown, Qt.Key.Key_PageUp}:
            self._turn_page(1 if event.key() == Qt.Key.Key_PageDown else -1)
        else:
            super().keyPressEvent(event)

    def _make_bar(self) -> QWidget:
        bar = WordBar()
        self._boxes = self._toggle("bounding-box", self.tr("Boxes"), self.tr("Boxes round objects"))
        self._tracks = self._toggle("hash", self.tr("Tracks"), self.tr("Track numbers of objects"))
        self._groups = self._toggle(
            "selection", self.tr("Groups"), self.tr("Groups and their risk")
        )
        self._zones = self._toggle(
            "polygon", self.tr("Zones"), self.tr("Regions, counting lines and zones")
        )
        self._fill = self._toggle(
            "arrows-out", self.tr("Fill"), self.tr("Fill the tiles, cutting off edges of pictures")
        )
        self._layout_button = self._layout_menu()
        self._page_label = QLabel()
        with_role(self._page_label, "caption")
        snapshot = QToolButton()
        snapshot.setToolTip(self.tr("Save a picture of the chosen camera, or of all (Ctrl+S)"))
        snapshot.setAccessibleName(self.tr("Save pictures"))
        self._context.theme.icons.set_on(snapshot, "camera")
        snapshot.clicked.connect(self.save_snapshots)
        for button in (
            self._layout_button,
            self._boxes,
            self._tracks,
            self._groups,
            self._zones,
            self._fill,
        ):
            bar.row.addWidget(button)
        bar.row.addWidget(self._page_label)
        bar.row.addStretch(1)
        bar.row.addWidget(snapshot)
        return bar

    def _toggle(self, icon: str, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setChecked(True)
        button.setText(text)
        button.setToolTip(tip)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        with_role(button, "icon-text")
        self._context.theme.icons.set_on(button, icon)
        button.toggled.connect(self._on_layers)
        return button

    def _layout_menu(self) -> QToolButton:
        button = QToolButton()
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setToolTip(self.tr("How many cameras to show at once"))
        with_role(button, "icon-text")
        self._context.theme.icons.set_on(button, "squares-four")
        menu = QMenu(button)
        self._layouts = QActionGroup(menu)
        for slots in SLOTS:
            action = menu.addAction(self.tr("All") if slots is None else str(slots))
            action.setCheckable(True)
            action.setData(slots)
            self._layouts.addAction(action)
        self._layouts.triggered.connect(lambda action: self._set_slots(action.data()))
        button.setMenu(menu)
        return button

    def _set_slots(self, slots: int | None) -> None:
        self._slots = slots
        self._page = 0
        self._alone = None
        self._remember()
        self._arrange()

    def _on_layers(self) -> None:
        layers = Layers(
            boxes=self._boxes.isChecked(),
            tracks=self._tracks.isChecked(),
            groups=self._groups.isChecked(),
            zones=self._zones.isChecked(),
            sure_from=self._context.settings.detection.confidence,
        )
        for tile in self._tiles:
            tile.set_layers(layers)
            tile.set_fill(fill=self._fill.isChecked() and tile.camera_id != self._alone)
        self._remember()

    def _on_opened(self, camera_id: str) -> None:
        self._chosen = camera_id
        self.show_alone(None if self._alone == camera_id else camera_id)

    def _on_chosen(self, camera_id: str) -> None:
        self._chosen = camera_id

    def _on_settings(self) -> None:
        if self._context.settings.cameras != self._cameras:
            self.reload()

    def _on_frames(self) -> None:
        in_sight = [tile for tile in self._tiles if tile.isVisible()]
        if not in_sight:
            self._budget.rest()
            return
        # Every second tile in turn: all at once kept the window away for twice as long.
        self._turn = (self._turn + 1) % LOOKS
        if (self._turn == 0 and self._budget.note(time.monotonic())) or len(
            in_sight
        ) != self._in_sight:
            self._in_sight = len(in_sight)
            for tile in in_sight:
                tile.set_rate(self._budget.per_tile(len(in_sight)))
        for tile in in_sight[self._turn :: LOOKS]:
            tile.look()

    def _shown(self) -> list[CameraTile]:
        if self._alone is not None:
            return [tile for tile in self._tiles if tile.camera_id == self._alone]
        if self._slots is None:
            return self._tiles
        first = self._page * self._slots
        return self._tiles[first : first + self._slots]

    def _pages(self) -> int:
        return 1 if self._slots is None else max(1, -(-len(self._tiles) // self._slots))

    def _turn_page(self, step: int) -> None:
        self._page = max(0, min(self._pages() - 1, self._page + step))
        self._arrange()

    def _arrange(self) -> None:
        shown = self._shown()
        width, height = self._area.width(), self._area.height()
        columns, rows = self._grid(len(shown))
        for tile in self._tiles:
            tile.setVisible(tile in shown)
        for place, tile in enumerate(shown):
            column, row = place % columns, place // columns
            left, right = (round((width + GAP) * edge / columns) for edge in (column, column + 1))
            top, bottom = (round((height + GAP) * edge / rows) for edge in (row, row + 1))
            tile.setGeometry(left, top, right - left - GAP, bottom - top - GAP)
        pages = self._pages()
        self._page_label.setText(
            self.tr("Page {0} of {1} (PgUp, PgDn)").format(self._page + 1, pages)
            if pages > 1 and self._alone is None
            else ""
        )
        layout = self.tr("All") if self._slots is None else str(self._slots)
        self._layout_button.setText(f"{layout} ▾")
        for action in self._layouts.actions():
            action.setChecked(action.data() == self._slots)

    def _grid(self, count: int) -> tuple[int, int]:
        """Return columns and rows for the tiles in sight.

        A number of places is the most there are: with fewer cameras, none stays empty.
        """
        slots = 1 if self._alone is not None else self._slots
        if slots is not None and len(self._tiles) < slots:
            slots = None
        return grid(count, slots, self._area.width() / max(1, self._area.height()))

    def _move_chosen(self, step: int) -> None:
        for place, tile in enumerate(self._tiles):
            if tile.hasFocus():
                self.move_camera(tile.camera_id, place + step)
                return

    def _move_focus(self, key: int) -> None:
        shown = self._shown()
        current = next((place for place, tile in enumerate(shown) if tile.hasFocus()), None)
        if current is None:
            if shown:
                shown[0].setFocus()
            return
        columns, _ = self._grid(len(shown))
        step = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }[Qt.Key(key)]
        target = current + step
        if 0 <= target < len(shown):
            shown[target].setFocus()

    def _toggles(self) -> dict[str, QToolButton]:
        return {
            "boxes": self._boxes,
            "tracks": self._tracks,
            "groups": self._groups,
            "zones": self._zones,
            "fill": self._fill,
        }

    def _restore(self) -> None:
        store = QSettings()
        slots = store.value("wall/slots", 0, int)
        self._slots = slots if slots in SLOTS else None
        for name, button in self._toggles().items():
            button.blockSignals(True)
            button.setChecked(bool(store.value(f"wall/{name}", True, bool)))
            button.blockSignals(False)

    def _remember(self) -> None:
        store = QSettings()
        store.setValue("wall/slots", self._slots or 0)
        for name, button in self._toggles().items():
            store.setValue(f"wall/{name}", button.isChecked())


class _Area(QWidget):
    """Holds the tiles; tells when they must be placed anew."""

    def __init__(self, arrange: Callable[[], None]) -> None:
        super().__init__()
        self._arrange = arrange

    def sizeHint(self) -> QSize:
        return QSize(960, 540)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()


class _SaveSignals(QObject):
    done = Signal(str, str)


class _Save(QRunnable):
    """Writes a picture in a thread of the pool."""

    def __init__(self, image: QImage, path: Path) -> None:
        super().__init__()
        self.signals = _SaveSignals()
        self._image = image
        self._path = path

    def run(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            is_saved = self._image.save(str(self._path))
            not_saved = QCoreApplication.translate("CameraWall", "the picture was not written")
            problem = "" if is_saved else not_saved
        except OSError as error:
            problem = cause(error)
        if isValid(self.signals):
            self.signals.done.emit(str(self._path), problem)
