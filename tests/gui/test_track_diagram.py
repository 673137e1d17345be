"""The track diagram, as it is looked at and clicked: cards, tracks, the folded line."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAccessible, QFontMetrics, QImage
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from console import formatting, i18n
from console.context import ConsoleContext
from console.figures import Part
from console.supervision.link_view import LinkView, link_view
from console.theme.fonts import ui_font
from console.theme.tokens import Space, TypeSize
from console.widgets.card_figures import card_figures
from console.widgets.elided_label import ElidedLabel
from console.widgets.figure_grid import FigureGrid
from console.widgets.latency_histogram import BARS, spread
from console.widgets.painting import at_separators, break_name
from console.widgets.topic_track import TopicTrack
from console.widgets.track_diagram import TrackDiagram
from console.widgets.track_strip import TrackStrip
from console.widgets.worker_card import WorkerCard
from pipeline.kafka.lag_link import LinkLag
from pipeline.kafka.lag_rules import LagStatus
from pipeline.states import WorkerName, WorkerState
from pipeline.supervisor import StateChange
from pipeline.texts import verbatim
from tests.support.windows import shown

DETECTION, GENERATOR, SCHEDULER, AGGREGATOR = WorkerName


@pytest.fixture
def diagram(qtbot: QtBot, context: ConsoleContext) -> TrackDiagram:
    return shown(qtbot, TrackDiagram(context), 1360, 150)


def cards(diagram: TrackDiagram) -> dict[WorkerName, WorkerCard]:
    return {card.name: card for card in diagram.findChildren(WorkerCard)}


def tracks(diagram: TrackDiagram) -> list[TopicTrack]:
    return sorted(diagram.findChildren(TopicTrack), key=lambda track: track.x())


def button(card: WorkerCard, words: str) -> QToolButton:
    found = [each for each in card.findChildren(QToolButton) if words in each.accessibleName()]
    assert len(found) == 1
    return found[0]


def tell(context: ConsoleContext, name: WorkerName, *states: WorkerState, reason: str = "") -> None:
    """Have the window told of state changes, as the controller tells it."""
    status = context.controller.status(name)
    for state in states:
        old = status.state
        change = StateChange(name, old, state, verbatim(reason), 1.0)
        status.note(change, datetime.now().astimezone())
        context.controller.state_changed.emit(change)


def test_four_workers_joined_by_the_topics_in_the_order_of_the_pipeline(
    diagram: TrackDiagram,
) -> None:
    by_place = sorted(cards(diagram).values(), key=lambda card: card.x())
    assert [card.name for card in by_place] == list(WorkerName)
    assert [track.topic for track in tracks(diagram)] == [
        "detection-results",
        "assessment-tasks",
        "risk-assessment-results",
    ]


def test_a_card_shows_what_its_worker_counts(
    qtbot: QtBot, context: ConsoleContext, diagram: TrackDiagram
) -> None:
    telemetry = context.hub.workers[DETECTION]
    telemetry.gauge("infer_ms", 31.2)
    telemetry.gauge("cameras_live", 3)
    telemetry.gauge("cameras_total", 4)
    shown = cards(diagram)[DETECTION]
    grid = [child for child in shown.findChildren(QWidget) if "infer" in child.accessibleName()]
    qtbot.waitUntil(lambda: "infer 31 ms, cameras 3/4" in grid[0].accessibleName())


def test_the_name_of_a_worker_is_whole_beside_its_state(
    context: ConsoleContext, diagram: TrackDiagram
) -> None:
    tell(context, GENERATOR, WorkerState.STARTING, WorkerState.STOPPING)
    for card in cards(diagram).values():
        card.refresh(0.0, is_stuck=True)
    QApplication.processEvents()
    shown = {tuple(label.lines()) for label in diagram.findChildren(ElidedLabel)}
    assert {("Detection",), ("Generator",), ("Scheduler",), ("Aggregator",)} <= shown


def test_a_rate_is_the_difference_of_totals(
    qtbot: QtBot, context: ConsoleContext, diagram: TrackDiagram
) -> None:
    telemetry = context.hub.workers[DETECTION]
    with qtbot.waitSignal(context.figures.updated):
        pass
    telemetry.count("frames_detected", 1000)
    qtbot.waitUntil(lambda: context.figures.rate(DETECTION, "frames_detected") > 0)
    assert context.figures.rate(GENERATOR, "in") == 0


def test_newer_figures_show_part_by_part(qtbot: QtBot, context: ConsoleContext) -> None:
    """What came between two parts was not kept waiting for the whole of them."""
    seen: list[str] = []
    between = QTimer()
    between.timeout.connect(lambda: seen.append("between"))
    between.start(0)
    context.figures.part_due.connect(lambda part: seen.append(Part(part).name))
    qtbot.waitUntil(lambda: "TOP_BAR" in seen)
    between.stop()
    first = seen.index("TRACKS")
    parts = seen[first : seen.index("TOP_BAR", first) + 1]
    assert [each for each in parts if each != "between"] == [part.name for part in Part]
    assert all(
        "between" in parts[parts.index(one.name) : parts.index(other.name)]
        for one, other in pairwise(Part)
    )


def test_state_is_told_in_word_and_colour(context: ConsoleContext, diagram: TrackDiagram) -> None:
    card = cards(diagram)[SCHEDULER]
    assert card.accessibleName() == "Scheduler: Stopped"
    tell(context, SCHEDULER, WorkerState.STARTING, WorkerState.RUNNING)
    assert card.accessibleName() == "Scheduler: Running"
    green = card.grab().toImage().pixelColor(card.width() // 2, 1)
    assert green == context.theme.color("ok")
    tell(context, SCHEDULER, WorkerState.DEGRADED, reason="all keys are <b>cooling</b>")
    assert card.accessibleName() == "Scheduler: Degraded"
    assert "all keys are &lt;b&gt;cooling&lt;/b&gt;" in card.toolTip()
    assert card.grab().toImage().pixelColor(card.width() // 2, 1) == context.theme.color("warning")


def test_clicks_on_a_card(qtbot: QtBot, diagram: TrackDiagram) -> None:
    card = cards(diagram)[GENERATOR]
    with qtbot.waitSignal(diagram.worker_opened) as opened:
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(60, 20))
    assert opened.args == [GENERATOR]
    with qtbot.waitSignal(diagram.log_asked) as log:
        qtbot.mouseClick(button(card, "log"), Qt.MouseButton.LeftButton)
    assert log.args == [GENERATOR]


def test_the_card_by_keyboard(qtbot: QtBot, diagram: TrackDiagram) -> None:
    card = cards(diagram)[AGGREGATOR]
    with qtbot.waitSignal(diagram.worker_opened) as opened:
        qtbot.keyClick(card, Qt.Key.Key_Return)
    assert opened.args == [AGGREGATOR]


def test_the_start_button_becomes_the_stop_button(
    qtbot: QtBot, context: ConsoleContext, diagram: TrackDiagram
) -> None:
    card = cards(diagram)[GENERATOR]
    assert button(card, "Start Generator").isEnabled()
    with qtbot.waitSignal(card.start_asked):
        qtbot.mouseClick(button(card, "Start Generator"), Qt.MouseButton.LeftButton)
    tell(context, GENERATOR, WorkerState.STARTING, WorkerState.RUNNING)
    with qtbot.waitSignal(card.stop_asked):
        qtbot.mouseClick(button(card, "Stop Generator"), Qt.MouseButton.LeftButton)
    tell(context, GENERATOR, WorkerState.STOPPING)
    assert not button(card, "Stop Generator").isEnabled()
    assert not button(card, "Restart Generator").isEnabled()


def test_a_click_on_a_track_asks_for_its_topic(qtbot: QtBot, diagram: TrackDiagram) -> None:
    with qtbot.waitSignal(diagram.topic_opened) as opened:
        qtbot.mouseClick(tracks(diagram)[1], Qt.MouseButton.LeftButton)
    assert opened.args == ["assessment-tasks"]
    with qtbot.waitSignal(diagram.topic_opened) as opened:
        qtbot.keyClick(tracks(diagram)[2], Qt.Key.Key_Space)
    assert opened.args == ["risk-assessment-results"]


@pytest.mark.parametrize("level", ["ok", "warning", "danger"])
def test_a_track_has_the_colour_of_its_verdict(
    qtbot: QtBot, context: ConsoleContext, level: str
) -> None:
    track = TopicTrack("assessment-tasks", context.theme)
    qtbot.addWidget(track)
    track.resize(180, 112)
    track.set_view(LinkView(level, "word", "9.1 msg/s", "lag 37 · 3.9 s"))  # type: ignore[arg-type]
    track.add_lag(3)
    track.add_lag(37)
    image = track.grab().toImage()
    ratio = image.devicePixelRatio()
    middle = image.pixelColor(int(90 * ratio), int(56 * ratio))
    assert middle == context.theme.color(level)
    assert track.accessibleName() == "assessment-tasks: 9.1 msg/s, lag 37 · 3.9 s, word"


@pytest.mark.parametrize("messages", [0, 412, 1_088, 9_999, 123_456, 45_678_901])
@pytest.mark.parametrize("age_s", [0.0, 0.25, 27.1, 75.2, 250.0, 7_300.0, 400_000.0])
def test_a_lag_is_whole_on_the_shortest_track(
    qtbot: QtBot, context: ConsoleContext, messages: int, age_s: float
) -> None:
    track = TopicTrack("detection-results", context.theme)
    qtbot.addWidget(track)
    track.resize(track.minimumSizeHint())
    link = LinkLag(messages, age_s, LagStatus.WARN, 9.0, 1.0, ())
    track.set_view(link_view(link, WorkerState.RUNNING))
    metrics = QFontMetrics(ui_font(TypeSize.CAPTION, tabular=True))
    room = track.width() - 2 * Space.XS
    assert metrics.horizontalAdvance(track.shown_lag) <= room
    assert formatting.seconds(age_s) in track.shown_lag
    track.resize(300, track.height())
    assert track.shown_lag == f"lag {formatting.count(messages)} · {formatting.seconds(age_s)}"


def test_a_diagram_that_replaces_another_goes_on_with_its_sparklines(
    qtbot: QtBot, context: ConsoleContext, diagram: TrackDiagram
) -> None:
    def drawn(shown_diagram: TrackDiagram) -> QImage:
        return tracks(shown_diagram)[1].grab().toImage()

    fresh = drawn(diagram)
    for messages in range(40):
        tracks(diagram)[1].add_lag(messages)
    assert drawn(diagram) != fresh
    other = shown(qtbot, TrackDiagram(context), 1360, 150)
    assert drawn(other) == fresh
    other.take_over(diagram)
    assert drawn(other) == drawn(diagram)


def test_folded_it_is_one_line_that_tells_the_states(
    context: ConsoleContext, diagram: TrackDiagram
) -> None:
    whole = diagram.sizeHint().height()
    diagram.set_folded(True)
    assert diagram.is_folded
    assert diagram.sizeHint().height() < whole / 3
    tell(context, DETECTION, WorkerState.STARTING)
    names = [child.accessibleName() for child in diagram.findChildren(QWidget)]
    states = "Detection: Starting, Generator: Stopped, Scheduler: Stopped, Aggregator: Stopped"
    assert states in names
    assert not diagram.grab().isNull()
    diagram.set_folded(False)
    assert diagram.sizeHint().height() == whole


def test_folded_it_leads_where_the_whole_diagram_does(qtbot: QtBot, diagram: TrackDiagram) -> None:
    diagram.set_folded(True)
    strip = diagram.findChild(TrackStrip)
    assert strip is not None
    qtbot.waitUntil(lambda: strip.isVisible() and strip.width() > 900)
    (_, first), (track, _), *_ = strip.places()
    with qtbot.waitSignal(diagram.worker_opened) as opened:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=first.center().toPoint())
    assert opened.args == [DETECTION]
    with qtbot.waitSignal(diagram.topic_opened) as topic:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=track.center().toPoint())
    assert topic.args == ["detection-results"]


def test_other_topic_names_of_the_settings_are_shown(
    qtbot: QtBot, context: ConsoleContext, diagram: TrackDiagram
) -> None:
    kafka = context.settings.kafka
    topics = kafka.topics.model_copy(update={"assessment_tasks": "tasks-of-2026"})
    changed = context.settings.model_copy(
        update={"kafka": kafka.model_copy(update={"topics": topics})}
    )
    context.controller.apply_settings(changed)
    assert tracks(diagram)[1].topic == "tasks-of-2026"


def test_everything_to_press_has_a_name_for_screen_readers(diagram: TrackDiagram) -> None:
    nameless = [
        child
        for child in diagram.findChildren(QWidget)
        if child.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not (QAccessible.queryAccessibleInterface(child).text(QAccessible.Text.Name))
    ]
    assert nameless == []


@pytest.mark.parametrize(
    ("width", "lines"),
    [(400, ["risk-assessment-results"]), (110, ["risk-assessment-", "results"])],
)
def test_a_long_topic_name_breaks_at_a_hyphen(
    qtbot: QtBot, context: ConsoleContext, width: int, lines: list[str]
) -> None:
    metrics = QFontMetrics(ui_font(TypeSize.CAPTION))
    assert break_name("risk-assessment-results", metrics, width) == lines


def test_no_separator_is_left_at_the_end_of_a_line() -> None:
    text = "Nothing listens there\nsince 09:07:02 · next try in 21 s"
    assert at_separators(text, lambda line: len(line) <= 40) == text
    assert at_separators(text, lambda line: len(line) <= 30) == text.replace(" · ", "\n")


def test_a_name_that_fits_nowhere_is_cut(qtbot: QtBot, context: ConsoleContext) -> None:
    metrics = QFontMetrics(ui_font(TypeSize.CAPTION))
    (line,) = break_name("averyveryverylongtopicwithouthyphens", metrics, 80)
    assert "…" in line
    assert metrics.horizontalAdvance(line) <= 80


def test_a_histogram_counts_every_sample_once() -> None:
    samples = sorted([0.4, 0.5, 1.0, 3.0, 3.1, 250.0])
    (low, high), counts = spread(samples)
    assert (low, high) == (0.4, 250.0)
    assert len(counts) == BARS
    assert sum(counts) == len(samples)
    assert counts[0] >= 1
    assert counts[-1] == 1
    (low, high), counts = spread([5.0])
    assert low < high
    assert sum(counts) == 1


def test_all_topic_names_are_on_one_line_in_a_window_of_1280(
    qtbot: QtBot, diagram: TrackDiagram
) -> None:
    diagram.resize(1203, diagram.height())
    qtbot.waitUntil(lambda: tracks(diagram)[0].width() < 120)
    for track in tracks(diagram):
        assert track.wanted_width() <= track.width(), track.topic


def test_with_room_for_every_name_all_pieces_of_track_are_as_long(
    qtbot: QtBot, diagram: TrackDiagram
) -> None:
    diagram.resize(1363, diagram.height())
    qtbot.waitUntil(lambda: tracks(diagram)[0].width() > 140)
    widths = [track.width() for track in tracks(diagram)]
    assert max(widths) - min(widths) <= 1
    # A name that needs more than its share gets it.
    kafka = diagram._context.settings.kafka
    topics = kafka.topics.model_copy(
        update={"assessment_tasks": "assessment-tasks-of-the-city-2026"}
    )
    kafka = kafka.model_copy(update={"topics": topics})
    diagram._context.controller.apply_settings(
        diagram._context.settings.model_copy(update={"kafka": kafka})
    )
    qtbot.waitUntil(lambda: tracks(diagram)[1].wanted_width() <= tracks(diagram)[1].width())


def test_millions_are_short_on_the_card_and_whole_in_the_tooltip(
    context: ConsoleContext, diagram: TrackDiagram
) -> None:
    context.hub.workers[WorkerName.DETECTION].count("frames_skipped", 123_456_789)
    context.figures.sample()
    diagram.refresh()
    figures = card_figures(WorkerName.DETECTION, context.figures)
    assert figures[3].value == "123\u202fM"
    assert figures[3].exact == "123,456,789"
    grid = cards(diagram)[WorkerName.DETECTION].findChildren(FigureGrid)[0]
    assert "123,456,789" in grid.hint_at(QPoint(grid.width() - 20, 30))
    assert "123,456,789" not in grid.hint_at(QPoint(5, 5))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0\u202fk"),
        (99_960, "100\u202fk"),
        (999_499, "999\u202fk"),
        (999_500, "1.0\u202fM"),
        (123_456_789, "123\u202fM"),
        (5_000_000_000, "5.0\u202fG"),
    ],
)
def test_compact_figures_take_six_characters_at_most(value: int, text: str) -> None:
    assert formatting.compact(value) == text
    assert len(text) <= 6


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_no_usual_figure_is_cut_on_its_card(
    qtbot: QtBot, context: ConsoleContext, language: str
) -> None:
    hub = context.hub.workers
    hub[AGGREGATOR].gauge("db_bytes", 1_200_000)
    hub[AGGREGATOR].gauge("open_requests", 999)
    hub[AGGREGATOR].count("alarms", 99_999)
    hub[SCHEDULER].gauge("in_flight", 50)
    hub[SCHEDULER].count("retries", 999)
    hub[DETECTION].gauge("infer_ms", 999.0)
    hub[DETECTION].gauge("cameras_live", 16)
    hub[DETECTION].gauge("cameras_total", 16)
    hub[DETECTION].count("frames_skipped", 999)
    i18n.install(language)
    try:
        made = TrackDiagram(context)
        qtbot.addWidget(made)
        made.resize(1203, made.sizeHint().height())
        with qtbot.waitExposed(made):
            made.show()
        context.figures.sample()
        made.refresh()
        for name, card in cards(made).items():
            (grid,) = card.findChildren(FigureGrid)
            figures = card_figures(name, context.figures)
            assert [grid.shown_value(index) for index in range(4)] == [
                figure.value for figure in figures
            ], name
    finally:
        i18n.install("en")


def test_a_reason_that_comes_later_is_told_too(
    qtbot: QtBot, context: ConsoleContext, diagram: TrackDiagram
) -> None:
    telemetry = context.hub.workers[DETECTION]
    telemetry.degrade("a", verbatim("Gate: no picture"))
    tell(
        context,
        DETECTION,
        WorkerState.STARTING,
        WorkerState.RUNNING,
        WorkerState.DEGRADED,
        reason="Gate: no picture",
    )
    telemetry.degrade("b", verbatim("Bridge: no picture"))
    card = cards(diagram)[DETECTION]
    qtbot.waitUntil(lambda: "Bridge" in card.toolTip())
    assert "Gate" in card.toolTip()


def test_chinese_beside_it_moves_no_text_up_or_down(qtbot: QtBot, context: ConsoleContext) -> None:
    pictures = []
    for text in ("group", "group 目标组"):
        label = ElidedLabel(context.theme)
        qtbot.addWidget(label)
        label.set_text(text)
        label.resize(200, label.sizeHint().height())
        width = QFontMetrics(label.font()).horizontalAdvance("group")
        pictures.append(label.grab().toImage().copy(0, 0, width, label.height()))
    assert pictures[0] == pictures[1]
