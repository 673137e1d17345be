"""Cameras that are lost, hang or blink: noticed, told, and found again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from pipeline.detection import camera_report, pacing
from pipeline.detection import capture as capture_module
from pipeline.detection.sources import Reader, SourceError, open_source, video
from pipeline.settings_cameras import CameraSettings
from pipeline.texts import verbatim
from tests.support.captures import WAIT_S, HangingReader, Rig, StreamServer, camera, wait_until
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration


def test_a_stream_that_breaks_off_is_found_again(
    start: Callable[..., Rig],
    stream: StreamServer,
    expect_log: ExpectLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacing, "FIRST_DELAY_S", 0.1)
    monkeypatch.setattr(camera_report, "HOLD_OFF_S", 0.5)
    expect_log(r"camera cam lost for \d+ s: http://\*\*\*@127\.0\.0\.1:\d+/stream\.mjpg")
    rig = start(camera(stream.address))
    wait_until(lambda: rig.view.state == "live", "the stream is live")
    assert rig.view.codec == "mjpeg"
    first = rig.inbox.take(5)
    stream.on.clear()
    wait_until(lambda: rig.view.state == "reconnecting", "the loss is noticed")
    assert rig.view.next_try_s is not None
    assert rig.view.since is not None
    wait_until(lambda: rig.telemetry.degraded, "the worker is degraded")
    wait_until(lambda: "is busy (503)" in rig.view.detail, "the server's answer is the cause")
    assert "geheim" not in rig.view.detail
    stream.on.set()
    wait_until(lambda: rig.view.state == "live", "the stream is back")
    wait_until(lambda: rig.telemetry.degraded is None, "the trouble is over")
    assert [event.kind for event in rig.events] == ["lost", "returned"]
    assert all(event.away_s and event.away_s > 0.5 for event in rig.events)
    assert not any("geheim" in event.cause for event in rig.events)
    rig.inbox.take(5)
    again = rig.inbox.take(5)
    assert first is not None
    assert again is not None
    assert again.scene > first.scene
    assert not any("geheim" in message for message in expect_log.messages)


def test_a_camera_that_blinks_does_not_degrade_the_worker(
    start: Callable[..., Rig], expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FIRST_DELAY_S", 0.05)
    failures = iter([SourceError(verbatim("blinked"))])

    def blink(settings: CameraSettings) -> Reader:
        for error in failures:
            raise error
        return open_source(settings)

    rig = start(camera("demo"), blink)
    conditions: list[str | None] = []
    rig.telemetry.begin_run(conditions.append)
    wait_until(lambda: rig.view.state == "live", "the camera is live")
    assert not any(conditions)
    assert rig.events == []


def test_a_bug_in_reading_is_told_and_the_camera_opened_anew(
    start: Callable[..., Rig], expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FIRST_DELAY_S", 0.05)
    expect_log("ERROR camera cam failed.*ZeroDivisionError")
    failures = iter([ZeroDivisionError()])

    def stumble(settings: CameraSettings) -> Reader:
        for error in failures:
            raise error
        return open_source(settings)

    rig = start(camera("demo"), stumble)
    wait_until(lambda: rig.view.state == "live", "the camera is live")


def test_a_driver_that_always_hangs_does_not_pile_up_threads(
    start: Callable[..., Rig], expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_module, "STALL_S", 0.02)
    expect_log("camera cam: no sign of life")
    expect_log("camera cam: its driver or network hung 3 times")
    release = threading.Event()
    opened: list[Reader] = []

    def hang(_settings: CameraSettings) -> Reader:
        opened.append(HangingReader(release))
        return opened[-1]

    rig = start(camera("demo"), hang)
    poll = threading.Event()
    for _ in range(50):
        rig.capture.watch()
        poll.wait(0.01)
    assert len(opened) == 1 + capture_module.MAX_HANGING
    assert rig.counter("captures_abandoned") == capture_module.MAX_HANGING
    assert rig.view.state == "failed"
    assert "unplug it" in rig.view.detail
    rig.capture.request_stop()
    release.set()


def test_after_a_sleep_a_stream_that_was_given_up_for_long_is_tried_at_once(
    start: Callable[..., Rig], stream: StreamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FIRST_DELAY_S", 3600.0)
    monkeypatch.setattr(pacing, "MAX_DELAY_S", 3600.0)
    stream.on.clear()
    rig = start(camera(stream.address))
    wait_until(lambda: rig.view.state == "reconnecting", "the stream is away")
    stream.on.set()
    rig.capture.reopen()
    wait_until(lambda: rig.view.state == "live", "the stream is back")
    assert rig.counter("captures_abandoned") == 0, "nothing hung"


def test_after_a_sleep_a_dead_connection_is_not_waited_for(
    start: Callable[..., Rig], stream: StreamServer
) -> None:
    release = threading.Event()
    readers: list[Reader] = []

    def dead_at_first(settings: CameraSettings) -> Reader:
        readers.append(open_source(settings) if readers else HangingReader(release))
        return readers[-1]

    rig = start(camera(stream.address), dead_at_first)
    wait_until(lambda: readers, "the first thread reads")
    began_s = time.monotonic()
    rig.capture.reopen()
    wait_until(lambda: rig.view.state == "live", "the new connection is live")
    assert time.monotonic() - began_s < video.READ_TIMEOUT_MS / 1000
    count = rig.counter("frames_read")
    release.set()
    wait_until(lambda: rig.counter("frames_read") > count, "the new one plays on")
    assert len(readers) == 2


def test_after_a_sleep_a_file_plays_on(start: Callable[..., Rig]) -> None:
    rig = start(camera("demo"))
    first = rig.inbox.take(WAIT_S)
    rig.capture.reopen()
    again = rig.inbox.take(WAIT_S)
    assert first is not None
    assert again is not None
    assert again.scene == first.scene


def test_a_thread_that_hangs_is_replaced_and_its_late_picture_ignored(
    start: Callable[..., Rig], expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_module, "STALL_S", 0.2)
    expect_log("camera cam: no sign of life")
    release = threading.Event()
    readers: list[Reader] = []

    def hang_once(settings: CameraSettings) -> Reader:
        readers.append(open_source(settings) if readers else HangingReader(release))
        return readers[-1]

    rig = start(camera("demo"), hang_once)
    wait_until(lambda: len(readers) == 1, "the first thread reads")

    def replaced() -> bool:
        rig.capture.watch()
        return len(readers) == 2

    wait_until(replaced, "a second thread")
    monkeypatch.setattr(capture_module, "STALL_S", 30.0)
    wait_until(lambda: rig.view.state == "live", "the second thread is live")
    assert rig.telemetry.degraded is None
    release.set()
    wait_until(lambda: rig.counter("frames_read") > 10, "more frames")
    assert rig.view.source_size == (536, 352)
