"""Cameras: files, folders and network streams are read, shown, lost and found again."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.detection import camera_report, pacing
from pipeline.detection import capture as capture_module
from pipeline.detection.capture import CameraCapture
from pipeline.detection.frames import CapturedFrame, FrameInbox
from pipeline.detection.images import Picture
from pipeline.detection.sources import DEMO_CLIP, Reader, SourceError, open_source, video
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from pipeline.telemetry import CameraEvent, CameraView, WorkerTelemetry
from pipeline.texts import verbatim
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration

WAIT_S = 20.0


def camera(source: str | Path, **options: object) -> CameraSettings:
    values = {"id": "cam", "name": "Gate", "source": str(source), **options}
    return CameraSettings.model_validate(values)


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + WAIT_S
    poll = threading.Event()
    while not condition():
        assert time.monotonic() < deadline_s, f"did not happen: {what}"
        poll.wait(0.01)


class Rig:
    """One capture with all that it writes to."""

    def __init__(
        self, settings: CameraSettings, open_reader: Callable[[CameraSettings], Reader]
    ) -> None:
        self.view = CameraView(settings.id, settings.name)
        self.inbox = FrameInbox([settings.id])
        self.telemetry = WorkerTelemetry(WorkerName.DETECTION)
        self.events: list[CameraEvent] = []
        self.capture = CameraCapture(
            settings, self.view, self.inbox, self.telemetry, self.events.append, open_reader
        )

    def counter(self, name: str) -> int:
        return self.telemetry.snapshot().counters.get(name, 0)

    def sequence(self) -> int:
        """Return the number of the frame shown; 0 before the first."""
        return self.view.frame.sequence if self.view.frame is not None else 0

    def stop(self) -> None:
        self.capture.request_stop()
        assert self.capture.join(10)


@pytest.fixture
def start() -> Iterator[Callable[..., Rig]]:
    rigs: list[Rig] = []

    def make(
        settings: CameraSettings, open_reader: Callable[[CameraSettings], Reader] = open_source
    ) -> Rig:
        rig = Rig(settings, open_reader)
        rigs.append(rig)
        rig.capture.start()
        return rig

    yield make
    for rig in rigs:
        rig.stop()


class StreamServer:
    """An MJPEG camera on 127.0.0.1 that can be switched off and on."""

    def __init__(self) -> None:
        self.on = threading.Event()
        self.on.set()
        _, jpeg = cv2.imencode(".jpg", np.full((120, 160, 3), 90, np.uint8))
        body, switch = jpeg.tobytes(), self.on

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not switch.is_set():
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                pause = threading.Event()
                while switch.is_set():
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
                    try:
                        self.wfile.write(head.encode() + body + b"\r\n")
                    except OSError:
                        return
                    pause.wait(0.03)

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        port = self._server.server_address[1]
        self.address = f"http://operator:geheim@127.0.0.1:{port}/stream.mjpg"

    def close(self) -> None:
        self.on.clear()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def stream() -> Iterator[StreamServer]:
    server = StreamServer()
    yield server
    server.close()


def first_picture(settings: CameraSettings) -> Picture:
    reader = open_source(settings)
    picture = reader.read()
    reader.close()
    assert picture is not None
    return picture


def test_the_demo_clip_opens_by_its_name() -> None:
    reader = open_source(camera("demo"))
    assert reader.rate == pytest.approx(14.985, abs=0.01)
    assert reader.description == "market-street-1906.mp4: 536x352 @ 14.99 fps"
    reader.close()


def test_a_start_offset_begins_later_and_wraps_round() -> None:
    begin = first_picture(camera("demo"))
    later = first_picture(camera("demo", start_offset_s=7))
    assert np.abs(begin.astype(int) - later).mean() > 5
    length_s = 480 / 14.985
    wrapped = first_picture(camera("demo", start_offset_s=7 + 2 * length_s))
    assert np.abs(wrapped.astype(int) - later).mean() < 5


def test_a_file_of_any_name_opens(tmp_path: Path) -> None:
    path = Path(shutil.copy(DEMO_CLIP, tmp_path / "улица 测试 é.mp4"))
    assert first_picture(camera(path)).shape == (352, 536, 3)


def test_a_folder_of_pictures_plays_in_the_order_of_names(tmp_path: Path) -> None:
    for name, shade in (("b.png", 200), ("a.png", 10)):
        cv2.imwrite(str(tmp_path / name), np.full((8, 8, 3), shade, np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture")
    reader = open_source(camera(tmp_path))
    shades = []
    while (picture := reader.read()) is not None:
        shades.append(int(picture[0, 0, 0]))
    assert shades == [10, 200]
    reader.rewind()
    assert reader.read() is not None


def test_sources_that_cannot_be_opened_say_why(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(DEMO_CLIP.read_bytes()[:5_000])
    empty = tmp_path / "empty"
    empty.mkdir()
    for source, complaint in (
        (tmp_path / "gone.mp4", "gone.mp4 does not exist"),
        (damaged, "damaged.mp4 cannot be opened: it is no video"),
        (empty, "empty holds no pictures"),
        ("63", "USB camera 63 cannot be opened"),
        ("usb:no such thing", "no USB camera is called “no such thing”. Plugged in: "),
        ("http://boss:secret@127.0.0.1:9/x", "***@127.0.0.1:9/x cannot be opened: nothing listens"),
    ):
        with pytest.raises(SourceError) as caught:
            open_source(camera(source))
        assert complaint in str(caught.value)
        assert "secret" not in str(caught.value)


def test_a_file_plays_in_real_time_and_goes_round(
    start: Callable[..., Rig], tmp_path: Path
) -> None:
    path = tmp_path / "short.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (64, 48))
    for shade in range(0, 200, 20):
        writer.write(np.full((48, 64, 3), shade, np.uint8))
    writer.release()
    began_s = time.monotonic()
    rig = start(camera(path, detections_per_second=60))
    scenes: list[int] = []
    while rig.counter("frames_read") < 35:
        frame = rig.inbox.take(5)
        assert frame is not None
        if frame.scene not in scenes:
            scenes.append(frame.scene)
    assert time.monotonic() - began_s > 34 / 20 * 0.95
    assert len(scenes) == 4
    assert scenes == sorted(scenes)


def test_a_file_as_fast_as_possible_leaves_out_nothing_that_is_due(
    start: Callable[..., Rig], tmp_path: Path
) -> None:
    path = tmp_path / "short.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for shade in range(0, 240, 4):
        writer.write(np.full((48, 64, 3), shade, np.uint8))
    writer.release()
    rig = start(camera(path, real_time=False, loop=False, detections_per_second=5))
    frames: list[CapturedFrame] = []
    began_s = time.monotonic()
    while (frame := rig.inbox.take(2)) is not None:
        frames.append(frame)
    took_s = time.monotonic() - began_s
    wait_until(lambda: rig.view.state == "stopped", "the end")
    assert rig.counter("frames_read") == 60
    assert rig.counter("frames_dropped") == 0
    # Six seconds of film at five detections a second, measured in the film's own time.
    assert len(frames) == 30
    span_s = frames[-1].motion_s - frames[0].motion_s
    assert span_s == pytest.approx(5.8, abs=0.01)
    assert took_s - 2 < 6


def test_a_file_that_is_played_once_ends_quietly(start: Callable[..., Rig], tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "only.png"), np.zeros((8, 8, 3), np.uint8))
    rig = start(camera(tmp_path, loop=False))
    wait_until(lambda: rig.view.state == "stopped", "the end of the folder")
    assert rig.view.detail == "the file was played to its end"
    assert rig.counter("frames_read") == 1
    assert rig.telemetry.degraded is None


def test_frames_are_scaled_only_while_the_window_looks(start: Callable[..., Rig]) -> None:
    rig = start(camera("demo"))
    wait_until(lambda: rig.counter("frames_read") > 3, "frames")
    assert rig.sequence() == 0
    assert rig.view.source_size == (536, 352)
    rig.view.wanted_size = (268, 400)
    wait_until(lambda: rig.view.shown_fps > 0 and rig.sequence() > 20, "a shown rate")
    frame = rig.view.frame
    assert frame is not None
    assert frame.pixels.shape == (176, 268, 4)
    assert frame.pixels.flags.c_contiguous
    # Every picture that came was shown, however busy the machine is.
    assert 0.7 < rig.view.shown_fps / rig.view.source_fps < 1.3
    rig.view.wanted_size = None
    wait_until(lambda: rig.view.shown_fps == 0, "nobody looks")


def test_frames_that_nobody_takes_give_way_and_are_counted(start: Callable[..., Rig]) -> None:
    rig = start(camera("demo", detections_per_second=10))
    wait_until(lambda: rig.counter("frames_dropped") >= 3, "dropped frames")
    frame = rig.inbox.take(1)
    assert frame is not None
    assert time.monotonic() - frame.captured_s < 5


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


class HangingReader:
    """A driver that never comes back from a read."""

    rate: float | None = None
    is_live = True
    size: tuple[int, int] | None = None
    codec = ""
    description = "hanging"

    def __init__(self, release: threading.Event) -> None:
        self._release = release

    def grab(self) -> bool:
        self._release.wait()
        return True

    def retrieve(self) -> Picture:
        return np.zeros((8, 8, 3), np.uint8)

    def read(self) -> Picture | None:
        return self.retrieve() if self.grab() else None

    def position_s(self) -> float | None:
        return None

    def rewind(self) -> None: ...

    def close(self) -> None: ...


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
