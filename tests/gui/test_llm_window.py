"""The window while a language model judges: lamp, card, keys and usage; planted keys are nowhere."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QTreeWidget, QWidget
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.main_window import MainWindow
from console.pages.pipeline import PipelinePage
from console.timeline_keeper import TimelineKeeper
from console.widgets.worker_card import WorkerCard
from pipeline import support_bundle
from pipeline.kafka.dead_letters import dead_letter_topic
from pipeline.logs import Logs
from pipeline.messages import encode, utc_now
from pipeline.paths import log_folder
from pipeline.picture import Picture
from pipeline.scheduling.llm import request
from pipeline.settings import Settings
from pipeline.settings_scheduler import SchedulerSettings
from pipeline.states import WorkerName, WorkerState
from pipeline.support_bundle import LiveState
from pipeline.telemetry import WorkerTelemetry
from pipeline.timeline.events import What
from pipeline.timeline.store import read_events, timeline_path
from tests.support import messages as made
from tests.support.console_parts import console_context
from tests.support.llm_server import LlmServer, llm_server
from tests.support.log_guard import ExpectLog
from tests.support.stages import feed
from tests.support.windows import shown_window

pytestmark = pytest.mark.integration

SCHEDULER, AGGREGATOR = WorkerName.SCHEDULER, WorkerName.AGGREGATOR
WAIT_MS = 60_000
KEYS = {
    "good": "planted-Good-4711-aa01",
    "wrong": "planted-Wrong-4712-bb02",
    "limited": "planted-Limited-4713-cc03",
}
PICTURES = os.environ.get("SIGNALBOX_TEST_PICTURES", "")
"""Folder for pictures of the window, for whoever wants to look."""


@pytest.fixture
def server() -> Iterator[LlmServer]:
    with llm_server() as running:
        running.bad_keys.add(KEYS["wrong"])
        running.key_behaviour[KEYS["limited"]] = "429"
        yield running


def settings(server: LlmServer, tmp_path: Path, **changes: Any) -> Settings:
    llm = {
        "base_url": server.base_url,
        "model": "qwen-vl-max",
        "keys": [{"id": name, "secret": f"env:PLANTED_{name.upper()}"} for name in KEYS],
        "strategy": "round-robin",
        "price_input": 2.0,
        "price_output": 6.0,
    }
    plain = Settings()
    return plain.model_copy(
        update={
            "scheduler": SchedulerSettings.model_validate(
                {"assessor": "llm", "max_in_flight": 4, "llm": llm | changes}
            ),
            "aggregator": plain.aggregator.model_copy(update={"database": tmp_path / "alarms.db"}),
        }
    )


@pytest.fixture
def context(
    qtbot: QtBot, server: LlmServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConsoleContext]:
    for name, secret in KEYS.items():
        monkeypatch.setenv(f"PLANTED_{name.upper()}", secret)
    with console_context(qtbot, settings(server, tmp_path)) as given:
        keeper = TimelineKeeper.of(given)
        yield given
        keeper.close()


def run_workers(qtbot: QtBot, context: ConsoleContext) -> None:
    for name in (AGGREGATOR, SCHEDULER):
        context.controller.start(name)
    qtbot.waitUntil(
        lambda: all(
            context.controller.status(name).state in {WorkerState.RUNNING, WorkerState.DEGRADED}
            for name in (AGGREGATOR, SCHEDULER)
        ),
        timeout=WAIT_MS,
    )


def send(context: ConsoleContext, first: int, count: int) -> None:
    assert context.session is not None
    _, jpeg = cv2.imencode(".jpg", np.full((90, 120, 3), 90, np.uint8))
    picture = jpeg.tobytes()
    tasks = [
        replace(
            made.task(f"request-{number}"),
            timestamp=utc_now(),
            group_image_base64=Picture.of(picture),
        )
        for number in range(first, first + count)
    ]
    feed(context.session.kafka, "assessment-tasks", [(one.camera_id, encode(one)) for one in tasks])


def count(context: ConsoleContext, name: WorkerName, counter: str) -> int:
    return context.hub.workers[name].snapshot().counters.get(counter, 0)


def words(root: QWidget) -> str:
    """Return every text that is shown below a widget, and every hint."""
    texts = []
    for widget in [root, *root.findChildren(QWidget)]:
        if isinstance(widget, QLabel):
            texts.append(widget.text())
        if isinstance(widget, QTreeWidget):
            for row in range(widget.topLevelItemCount()):
                item = widget.topLevelItem(row)
                if item is not None:
                    texts += [item.text(column) for column in range(widget.columnCount())]
        texts += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
    return "\n".join(texts)


def look(window: MainWindow, name: str) -> None:
    if PICTURES:
        QApplication.processEvents()
        window.grab().save(str(Path(PICTURES) / f"{name}.png"))


def all_messages(context: ConsoleContext) -> bytes:
    """Return every message of every topic, keys and headers with it."""
    assert context.session is not None
    topics = list(context.settings.kafka.topics.model_dump().values())
    # Nobody reads the alerts here, so there is no such topic of dead letters.
    topics += [dead_letter_topic(topic) for topic in topics if "alerts" not in topic]
    consumer = context.session.kafka.consumer("grep", topics, WorkerTelemetry(AGGREGATOR))
    found: list[bytes] = []
    quiet_until_s = time.monotonic() + 3.0
    try:
        while time.monotonic() < quiet_until_s:
            for delivery in consumer.take(100, 0.1):
                found += [delivery.raw_key or b"", delivery.value]
                found += [value for _, value in delivery.headers]
                delivery.done()
                quiet_until_s = time.monotonic() + 1.0
    finally:
        consumer.close()
    assert found
    return b"\n".join(found)


def bundle_of(context: ConsoleContext, output: Path) -> dict[str, bytes]:
    live = LiveState(
        states=context.controller.states(),
        workers={name: one.snapshot() for name, one in context.hub.workers.items()},
        lag=context.lag(),
        lag_history={},
        console={},
    )
    support_bundle.export(output, settings=context.settings, live=live)
    with zipfile.ZipFile(output) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def disabled_keys() -> list[str]:
    """What the timeline says of them."""
    events = read_events(timeline_path(), utc_now() - timedelta(hours=1), utc_now(), 1_000)
    return [event.detail for event in events if event.what is What.KEY_DISABLED]


def test_a_wrong_and_a_limited_key_are_shown_and_no_planted_key_is_anywhere(
    qtbot: QtBot,
    context: ConsoleContext,
    server: LlmServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expect_log: ExpectLog,
) -> None:
    expect_log(
        r"API key wrong is disabled: the server answered 401: Incorrect API key provided: \*"
    )
    expect_log(r"the assessor broke down on task .*boom .*\*\*\*")
    with Logs(context.settings.logs, log_folder()) as logs, shown_window(qtbot, context) as window:
        window.resize(1500, 950)
        run_workers(qtbot, context)
        server.command("nonsense", "nonsense")
        send(context, 0, 1)
        qtbot.waitUntil(lambda: count(context, AGGREGATOR, "joined") == 1, timeout=WAIT_MS)
        send(context, 1, 12)
        qtbot.waitUntil(lambda: count(context, AGGREGATOR, "joined") == 13, timeout=WAIT_MS)

        def boom(payload: bytes) -> request.Said:
            raise RuntimeError(f"boom with {KEYS['good']} in {payload[:5]!r}")

        with monkeypatch.context() as broken:
            broken.setattr(request, "said", boom)
            send(context, 13, 1)
            qtbot.waitUntil(lambda: count(context, AGGREGATOR, "joined") == 14, timeout=WAIT_MS)
        lamp = window.top_bar.assessor_lamp
        qtbot.waitUntil(lambda: lamp.text() == "Assessor: qwen-vl-max", timeout=WAIT_MS)
        assert lamp.level == "ok"
        card = next(
            one for one in window.findChildren(WorkerCard) if "Scheduler" in one.accessibleName()
        )
        qtbot.waitUntil(lambda: "keys 1/3" in words(card), timeout=WAIT_MS)
        window.show_page("pipeline")
        page = window.pages.page("pipeline")
        assert isinstance(page, PipelinePage)
        page.show_worker(SCHEDULER)
        qtbot.waitUntil(lambda: "Disabled: the server answered 401" in words(page), timeout=WAIT_MS)
        assert "Rests until" in words(page)
        assert "••••aa01" in words(page)
        assert "Today, qwen-vl-max:" in words(page)
        look(window, "pipeline")
        qtbot.waitUntil(lambda: len(disabled_keys()) == 1, timeout=WAIT_MS)
        shown = []
        window.show_page("settings")
        (sections,) = window.pages.page("settings").findChildren(QListWidget)
        (found,) = sections.findItems("API keys", Qt.MatchFlag.MatchExactly)
        sections.setCurrentItem(found)
        for key in ("settings", "logs", "alarms", "kafka", "live", "pipeline"):
            window.show_page(key)
            qtbot.wait(120)
            look(window, key)
            shown.append(words(window))
        logs.flush()
        files = {path.name: path.read_bytes() for path in log_folder().rglob("*") if path.is_file()}
        places = {
            "log files": b"".join(files.values()),
            "log lines of the window": repr(logs.ring.since(0)).encode(),
            "messages": all_messages(context),
            "support bundle": b"".join(bundle_of(context, tmp_path / "support.zip").values()),
            "database": (tmp_path / "alarms.db").read_bytes(),
            "usage": b"".join(
                path.read_bytes() for path in tmp_path.rglob("usage.db*") if path.is_file()
            ),
            "timeline": "\n".join(disabled_keys()).encode(),
            "window": "\n".join(shown).encode(),
            "figures": json.dumps(
                {str(name): repr(one.snapshot()) for name, one in context.hub.workers.items()}
            ).encode(),
        }
        context.controller.stop(SCHEDULER)
        context.controller.stop(AGGREGATOR)
        qtbot.waitUntil(lambda: not context.controller.running, timeout=WAIT_MS)
    assert b"broke down" in places["log files"]
    assert b"Traceback" in places["log files"]
    assert b"weather is fine" in places["messages"]
    for place, content in places.items():
        assert content, place
        for secret in KEYS.values():
            assert secret.encode() not in content, (place, secret)


def test_while_the_model_is_away_the_lamp_is_amber_and_says_rules(
    qtbot: QtBot, server: LlmServer, tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("Scheduler is degraded: 127.0.0.1 is down", maybe=True)
    server.behaviour = lambda: "503"
    wanted = settings(server, tmp_path, keys=[], fallback_to_rules=True, max_tries=1)
    with console_context(qtbot, wanted) as context, shown_window(qtbot, context) as window:
        window.resize(1500, 950)
        run_workers(qtbot, context)
        send(context, 0, 20)
        lamp = window.top_bar.assessor_lamp
        qtbot.waitUntil(lambda: lamp.text() == "Assessor: offline rules", timeout=WAIT_MS)
        assert lamp.level == "warning"
        assert "the rules stand in: 127.0.0.1 is down (the server answered 503" in lamp.toolTip()
        look(window, "rules")
        qtbot.waitUntil(lambda: count(context, AGGREGATOR, "joined") == 20, timeout=WAIT_MS)
        assert count(context, SCHEDULER, "by_rules") == 20
        context.controller.stop(SCHEDULER)
        context.controller.stop(AGGREGATOR)
        qtbot.waitUntil(lambda: not context.controller.running, timeout=WAIT_MS)
        TimelineKeeper.of(context).close()
