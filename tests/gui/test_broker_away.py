"""What the window says while its broker is not there: the thing, the cause, the next step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from console import i18n
from console.context import ConsoleContext
from console.pages.alarms import AlarmsPage
from console.widgets.alarm_list import AlarmList
from console.widgets.camera_tile import CameraTile
from console.widgets.camera_wall import CameraWall
from console.widgets.lag_view import LagView
from console.widgets.top_bar import TopBar
from console.widgets.topic_track import TopicTrack
from console.widgets.track_diagram import TrackDiagram
from console.window_texts import shown
from pipeline.detection.models.detector import ModelError
from pipeline.detection.source_kinds import not_opened
from pipeline.kafka.errors import KafkaUnavailableError
from pipeline.settings import KafkaSettings, Settings, demo_settings
from pipeline.states import WorkerName, WorkerState
from pipeline.texts import Text, say, side_by_side, words_of
from pipeline.worker import WorkerError
from tests.integration.tansu import running_tansu
from tests.support.console_parts import console_context
from tests.support.log_guard import ExpectLog

NOBODY = "127.0.0.1:9"
"""The port of the old discard service: nothing listens there."""

AWAY_MS = 20_000


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    yield i18n.install(request.param)
    i18n.install("en")


@pytest.fixture
def context(qtbot: QtBot, language: str) -> Iterator[ConsoleContext]:
    del language
    kafka = KafkaSettings(mode="cluster", bootstrap_servers=NOBODY)
    settings = demo_settings().model_copy(update={"kafka": kafka})
    with console_context(qtbot, settings) as made:
        yield made


def words(widget: QWidget) -> str:
    return "\n".join(each.text() for each in widget.findChildren(QLabel) if not each.isHidden())


def said(tile: CameraTile) -> str:
    return tile.accessible_value()


def test_every_part_of_the_window_names_the_broker_and_what_to_do(
    qtbot: QtBot, context: ConsoleContext, language: str
) -> None:
    wall, bar = CameraWall(context), TopBar(context)
    parts = (AlarmList(context), AlarmsPage(context), LagView(context))
    for part in (wall, bar, *parts):
        qtbot.addWidget(part)
        part.show()
    context.figures.updated.connect(parts[2].refresh)
    tile = wall.tiles()[0]
    assert "F5" in said(tile)
    context.controller.start_all()
    next_step = {"en": "“Test\u00a0connection…”", "zh_CN": "测试连接"}[language]
    said_again = {"en": "No connection", "zh_CN": "没有与任何"}[language]

    def told() -> None:
        for text in (said(tile), bar.broker_lamp.toolTip(), *map(words, parts)):
            assert NOBODY in text
            assert next_step in text
            assert "Local:" not in text
            assert said_again not in text
        assert "F5" not in said(tile)
        # Not by its colour alone.
        assert {"en": "not reached", "zh_CN": "无法连接"}[language] in bar.broker_lamp.text()

    qtbot.waitUntil(told, timeout=AWAY_MS)
    context.controller.stop_all()


@pytest.mark.integration
@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_lag_from_before_is_not_shown_as_if_it_were_of_now(
    qtbot: QtBot, language: str, tmp_path: Path, expect_log: ExpectLog
) -> None:
    del language
    expect_log("detection failed: No camera|Detection stays stopped")
    # Workers may notice later than the lag monitor, whose figures these are.
    expect_log("not reachable since", maybe=True)
    expect_log("brokers are down|Connection refused|Disconnected|Connect to", maybe=True)
    expect_log("commit failed|could not commit|lost . partitions|timed out", maybe=True)
    with running_tansu(tmp_path) as broker:
        kafka = KafkaSettings(mode="cluster", bootstrap_servers=broker.bootstrap_servers)
        settings = Settings(kafka=kafka)
        with console_context(qtbot, settings) as context:
            diagram = TrackDiagram(context)
            qtbot.addWidget(diagram)
            diagram.resize(1360, 150)
            diagram.show()
            tracks = diagram.findChildren(TopicTrack)
            context.controller.start_all()
            qtbot.waitUntil(
                lambda: all("lag 0" in track.accessibleName() for track in tracks), timeout=AWAY_MS
            )
            # It comes last, and is announced above: without it a start would still be under way.
            detection = context.controller.status(WorkerName.DETECTION)
            qtbot.waitUntil(lambda: detection.state is WorkerState.FAILED, timeout=AWAY_MS)
            broker.kill()
            qtbot.waitUntil(
                lambda: all("no figures" in track.accessibleName() for track in tracks),
                timeout=AWAY_MS,
            )
            context.controller.stop_all()


REASONS = (
    KafkaUnavailableError(
        say(
            "No Kafka broker answers at {servers}: {words}.",
            servers="b:1",
            words=say("no connection to a broker"),
        ),
        next_step=say(
            "See whether the address is right, the broker runs, and no firewall is between."
        ),
    ).explained,
    WorkerError(
        say(
            "The model cannot be used: {error}",
            error=words_of(
                ModelError(
                    say("{path} does not exist. Choose an ONNX file, or `bundled`.", path="b:1")
                )
            ),
        ),
        next_step=say("Choose another model in the settings."),
    ).explained,
    side_by_side(
        [
            say(
                "{name}: {cause}",
                name="Gate",
                cause=not_opened(
                    "rtsp://b:1/x", say("the camera refuses this user name or password")
                ),
            ),
            say(
                "alarms cannot be written: {trouble}; they go on in memory and are written when "
                "it is possible. Free some space",
                trouble=say("the disk is full"),
            ),
        ]
    ),
)


@pytest.mark.parametrize("language", ["zh_CN"], indirect=True)
@pytest.mark.parametrize("reason", REASONS)
def test_what_a_worker_says_is_translated(qapp: object, language: str, reason: Text) -> None:
    del qapp, language
    text = shown(reason)
    assert "b:1" in text
    assert any("\u4e00" <= each <= "\u9fff" for each in text)
    # Names and addresses stay; no English sentence does.
    assert not {"the", "is", "See", "Choose", "they"} & set(text.split())
