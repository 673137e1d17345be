"""Paints what lies over a live picture: boxes, groups, chips, and why there is no picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from console import regional
from console.pipeline_words import object_word
from console.theme.fonts import ui_font
from console.theme.tokens import Space, TypeSize
from console.widgets.dashed_frames import DashedFrames
from console.widgets.painting import at_separators, balanced_width
from console.widgets.plates import Plates
from console.widgets.tile_geometry import Placement
from pipeline.messages import VerdictLevel, worst_level
from pipeline.telemetry import Overlay, OverlayBox, OverlayGroup, Verdict

KIND_TOKENS: Final = {
    "person": "overlay_warning",
    "bicycle": "overlay_info",
    "motorcycle": "overlay_info",
}
OTHER_TOKEN: Final = "overlay_ok"
"""Colours by class; that of vehicles and everything else."""

RISK_TOKENS: Final[dict[VerdictLevel, str]] = {
    "high": "overlay_danger",
    "medium": "overlay_warning",
    "low": "overlay_info",
    "none": "on_scrim",
    "not_assessed": "on_scrim",
}
CHIP_RADIUS: Final = 4
RATE_WIDTH: Final = 80
BOX_WIDTH: Final = 2
SCRIM_ALPHA: Final = 200
UNSURE_ALPHA: Final = 0.6
OLD_ALPHA: Final = 0.55


@dataclass(frozen=True, slots=True)
class Layers:
    """What is drawn over a picture.

    Attributes:
        sure_from: confidence below which a box, kept only for its track, is drawn thinly and
            without a label.
    """

    boxes: bool = True
    tracks: bool = True
    groups: bool = True
    zones: bool = True
    sure_from: float = 0.0


@dataclass(frozen=True, slots=True)
class GroupNote:
    """The words at a group's frame, and how bad it is."""

    text: str
    level: VerdictLevel


class TilePainter:
    """Paints over one tile; made once for each theme.

    Args:
        colors: colours by the names of their tokens.
    """

    def __init__(self, colors: dict[str, QColor]) -> None:
        self._colors = colors
        self._text_font = ui_font(TypeSize.BODY, tabular=True)
        self._title_font = ui_font(TypeSize.LARGE, strong=True)
        self._chips = Plates(self._text_font, 2 * Space.S, Space.XS, CHIP_RADIUS)
        self._labels = Plates(ui_font(TypeSize.CAPTION, tabular=True), Space.S)
        self._scrim_color = QColor(colors["scrim"])
        self._scrim_color.setAlpha(SCRIM_ALPHA)
        self._pens = {
            (is_sure, token): _box_pen(colors[token], is_sure=is_sure)
            for token in {OTHER_TOKEN, *KIND_TOKENS.values()}
            for is_sure in (False, True)
        }
        self._frames = DashedFrames()
        self._corners: dict[float, list[QPixmap]] = {}

    def overlay(
        self,
        painter: QPainter,
        area: QRectF,
        overlay: Overlay,
        placement: Placement,
        notes: dict[int, GroupNote],
        layers: Layers,
        reserved: list[QRectF],
    ) -> None:
        """Paint boxes and groups.

        Args:
            painter: paints on the tile.
            area: the tile.
            overlay: what was found.
            placement: of the camera's own frame pixels.
            notes: words and levels by group number.
            layers: what is wanted.
            reserved: places that labels keep free.
        """
        taken = list(reserved)
        labels = []
        if layers.groups:
            for group in overlay.groups:
                note = notes.get(group.group_index)
                rect = self._group(painter, area, group, placement, note)
                if rect is not None and note is not None and note.level != "none":
                    labels.append(self._group_label(area, rect, note, taken))
        if layers.boxes:
            self._boxes(painter, area, overlay, placement, layers, taken)
        # Over the boxes, whose labels keep these places free.
        for place, text, color in labels:
            self._labels.draw(painter, place, text, self._scrim_color, color)

    def chip_rects(self, area: QRectF, name: str, corner: str) -> tuple[QRectF, QRectF]:
        """Return where `chips` paints a camera's name, and what is to be told beside it."""
        shown_name, shown_corner = self._chip_texts(area, name, corner)
        right = QRectF(0, 0, self._chips.width(shown_corner) if corner else 0, self._chips.height)
        right.moveTopRight(QPointF(area.right() - Space.S, area.top() + Space.S))
        left = QRectF(
            area.left() + Space.S,
            area.top() + Space.S,
            self._chips.width(shown_name),
            self._chips.height,
        )
        return left, right

    def chips(
        self, painter: QPainter, area: QRectF, name: str, corner: str, token: str = "on_scrim"
    ) -> None:
        """Paint chips in the upper corners of `area`; `token` is the colour of the right one."""
        left, right = self.chip_rects(area, name, corner)
        name, corner = self._chip_texts(area, name, corner)
        self._chips.draw(painter, left.topLeft(), name, self._scrim_color, self._colors["on_scrim"])
        if corner:
            self._chips.draw(
                painter, right.topLeft(), corner, self._scrim_color, self._colors[token]
            )

    def _chip_texts(self, area: QRectF, name: str, corner: str) -> tuple[str, str]:
        """Return both texts, cut where they would not stand beside each other."""
        width = int(area.width())
        room = width - 4 * Space.S
        if corner:
            corner = self._chips.elided(corner, int(width * 0.4))
            # At least as much as a rate takes, so that its digits do not move the name.
            taken = max(self._chips.width(corner), min(RATE_WIDTH, width * 0.4))
            room -= math.ceil(taken) + Space.S
        return self._chips.elided(name, max(0, room)), corner

    def message(self, painter: QPainter, area: QRectF, title: str, detail: str) -> None:
        """Paint why there is no picture, in the middle of `area`."""
        painter.fillRect(area, self._colors["scrim"])
        box = area.adjusted(Space.L, Space.XL, -Space.L, -Space.L)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        detail = self._broken(detail, box.width())
        title_height, detail_height = (
            QFontMetricsF(font).boundingRect(box, flags, text).height()
            for font, text in ((self._title_font, title), (self._text_font, detail))
        )
        # Together in the middle, but never so low that lines are lost.
        top = box.center().y() - (title_height + Space.XS + detail_height) / 2
        top = max(box.top(), top)
        painter.setPen(self._colors["on_scrim"])
        painter.setFont(self._title_font)
        painter.drawText(QRectF(box.left(), top, box.width(), title_height), flags, title)
        painter.setFont(self._text_font)
        top += title_height + Space.XS
        metrics = QFontMetricsF(self._text_font)
        width = balanced_width(
            int(box.width()),
            lambda width: metrics.boundingRect(QRectF(0, 0, width, 0), flags, detail).height(),
        )
        left = box.center().x() - width / 2
        # Whole lines only; the beginning of a sentence alone tells nothing.
        lines = int((area.bottom() - top) / metrics.lineSpacing())
        if lines > 1 or metrics.lineSpacing() * 1.5 > detail_height:
            room = QRectF(left, top, width, min(lines * metrics.lineSpacing(), area.bottom() - top))
            painter.drawText(room, flags, detail)

    def _broken(self, text: str, width: float) -> str:
        metrics = QFontMetricsF(self._text_font)
        return at_separators(text, lambda line: metrics.horizontalAdvance(line) <= width)

    def band(self, painter: QPainter, area: QRectF, lines: list[str]) -> None:
        """Paint why a picture is old over the lower edge of `area`; the first line is the title."""
        fonts = [self._title_font, *[self._text_font] * (len(lines) - 1)]
        width = area.width() - 2 * Space.M
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        lines = [lines[0], *(self._broken(line, width) for line in lines[1:])]
        rects = [
            QFontMetricsF(font).boundingRect(QRectF(0, 0, width, area.height()), flags, line)
            for font, line in zip(fonts, lines, strict=True)
        ]
        height = sum(rect.height() for rect in rects) + 2 * Space.S
        plate = QRectF(area.left(), max(area.top(), area.bottom() - height), area.width(), height)
        painter.fillRect(plate, self._scrim_color)
        top = plate.top() + Space.S
        for font, line, rect in zip(fonts, lines, rects, strict=True):
            painter.setFont(font)
            painter.setPen(
                self._colors["overlay_warning" if font is self._title_font else "on_scrim"]
            )
            painter.drawText(QRectF(area.left() + Space.M, top, width, rect.height()), flags, line)
            top += rect.height()

    def dim(self, painter: QPainter, area: QRectF) -> None:
        """Darken an old picture, so that nobody takes it for the present."""
        shade = QColor(self._colors["scrim"])
        shade.setAlphaF(OLD_ALPHA)
        painter.fillRect(area, shade)

    def frame(self, painter: QPainter, area: QRectF, token: str, width: float) -> None:
        """Paint a frame round the tile."""
        painter.setPen(QPen(self._colors[token], width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = width / 2
        painter.drawRoundedRect(
            area.adjusted(inset, inset, -inset, -inset), CHIP_RADIUS, CHIP_RADIUS
        )

    def round_corners(self, painter: QPainter, area: QRectF) -> None:
        """Paint what is behind the tile over its corners, so that they are round."""
        ratio = painter.device().devicePixelRatio()
        corners = self._corners.get(ratio)
        if corners is None:
            corners = self._corners[ratio] = self._made_corners(ratio)
        right, bottom = area.right() - CHIP_RADIUS, area.bottom() - CHIP_RADIUS
        lefts_and_tops = (area.left(), area.top()), (right, area.top())
        for pixmap, (left, top) in zip(
            corners, (*lefts_and_tops, (area.left(), bottom), (right, bottom)), strict=True
        ):
            painter.drawPixmap(QPointF(left, top), pixmap)

    def _made_corners(self, ratio: float) -> list[QPixmap]:
        """Return the four corners as pictures: copying them costs less than filling paths."""
        side = 2 * CHIP_RADIUS
        whole = QRectF(0, 0, side, side)
        path = QPainterPath()
        path.addRect(whole)
        path.addRoundedRect(whole, CHIP_RADIUS, CHIP_RADIUS)
        made = []
        for top in (0, CHIP_RADIUS):
            for left in (0, CHIP_RADIUS):
                pixmap = QPixmap(round(CHIP_RADIUS * ratio), round(CHIP_RADIUS * ratio))
                pixmap.setDevicePixelRatio(ratio)
                pixmap.fill(Qt.GlobalColor.transparent)
                with QPainter(pixmap) as painter:
                    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                    painter.fillPath(path.translated(-left, -top), self._colors["background"])
                made.append(pixmap)
        return made

    def _boxes(
        self,
        painter: QPainter,
        area: QRectF,
        overlay: Overlay,
        placement: Placement,
        layers: Layers,
        taken: list[QRectF],
    ) -> None:
        left, top, right, bottom = area.left(), area.top(), area.right(), area.bottom()
        labelled: list[tuple[OverlayBox, QRectF]] = []
        alike: dict[tuple[bool, str], list[QRectF]] = {}
        for box in sorted(overlay.boxes, key=lambda box: -box.confidence):
            x1, y1, x2, y2 = placement.box(box.bbox)
            if x2 > left and x1 < right and y2 > top and y1 < bottom:
                rect = QRectF(x1, y1, x2 - x1, y2 - y1)
                is_sure = box.confidence >= layers.sure_from
                alike.setdefault((is_sure, _token(box)), []).append(rect)
                if is_sure:
                    labelled.append((box, rect))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # Those of one pen in one call, the unsure ones under the others.
        for key in sorted(alike):
            painter.setPen(self._pens[key])
            painter.drawRects(alike[key])
        # The surest first: in a crowd, labels that would cover another one are left out.
        for box, rect in labelled:
            self._label(painter, area, rect, self._words(box, layers), box, taken)

    def _label(
        self,
        painter: QPainter,
        area: QRectF,
        rect: QRectF,
        text: str,
        box: OverlayBox,
        taken: list[QRectF],
    ) -> None:
        width, height = self._labels.width(text), self._labels.height
        left = min(max(rect.left() - 1, area.left()), max(area.left(), area.right() - width))
        above = rect.top() - height
        plate = QRectF(left, above if above > area.top() else max(rect.top(), 0), width, height)
        if any(plate.intersects(other) for other in taken):
            return
        taken.append(plate)
        color = self._colors[_token(box)]
        self._labels.draw(painter, plate.topLeft(), text, color, self._colors["on_overlay"])

    @staticmethod
    def _words(box: OverlayBox, layers: Layers) -> str:
        text = f"{object_word(box.label)} {regional.decimal(box.confidence, 2)}"
        if layers.tracks and box.track_id is not None:
            text += f" #{box.track_id}"
        return text

    def _group(
        self,
        painter: QPainter,
        area: QRectF,
        group: OverlayGroup,
        placement: Placement,
        note: GroupNote | None,
    ) -> QRectF | None:
        """Paint a group's frame; return it, or None where it is out of sight."""
        x1, y1, x2, y2 = placement.box(group.bbox)
        rect = QRectF(x1, y1, x2 - x1, y2 - y1).adjusted(-4, -4, 4, 4).intersected(area)
        if rect.isEmpty():
            return None
        color = QColor(self._colors[RISK_TOKENS[note.level if note else "none"]])
        if note is None or note.level == "none":
            color.setAlphaF(0.55)
        self._frames.draw(painter, rect, color)
        return rect

    def _group_label(
        self, area: QRectF, rect: QRectF, note: GroupNote, taken: list[QRectF]
    ) -> tuple[QPointF, str, QColor]:
        """Return where a group's words go, as they fit, and their colour.

        At the foot of its frame, or below it, or at its head where that is free; taken at last.
        """
        text = self._labels.elided(note.text, int(max(40.0, area.width() - Space.L)))
        width, height = self._labels.width(text), self._labels.height
        left = min(max(rect.left(), area.left()), max(area.left(), area.right() - width))
        tops = (rect.bottom() - height, rect.bottom(), rect.top(), rect.top() - height)
        plates = [QRectF(left, top, width, height) for top in tops]
        free = (
            plate
            for plate in plates
            if plate.top() >= area.top()
            and plate.bottom() <= area.bottom()
            and not any(plate.intersects(other) for other in taken)
        )
        plate = next(free, plates[0])
        taken.append(plate)
        return plate.topLeft(), text, QColor(self._colors[RISK_TOKENS[note.level]])


def _token(box: OverlayBox) -> str:
    """Return the name of the colour of a box."""
    return KIND_TOKENS.get(box.label, OTHER_TOKEN)


def _box_pen(color: QColor, *, is_sure: bool) -> QPen:
    color = QColor(color)
    color.setAlphaF(1.0 if is_sure else UNSURE_ALPHA)
    return QPen(color, BOX_WIDTH if is_sure else 1)


def worst_note(verdicts: list[Verdict]) -> VerdictLevel:
    """Return what counts among fresh verdicts; ``not_assessed`` without any."""
    return worst_level([verdict.risk_level for verdict in verdicts])
