"""A real RTSP camera: played, killed, started again, resized, stalled; told from wrong addresses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.detection import camera_report, pacing
from pipeline.detection.capture import CameraCapture
from pipeline.detection.frames import FrameInbox
from pipeline.detection.sources import SourceError, format_watch, open_source, video
from pipeline.detection.try_camera import try_camera
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from pipeline.telemetry import CameraEvent, CameraView, WorkerTelemetry
from tests.support import rtsp
from tests.support.certificates import make_certificate
from tests.support.log_guard import ExpectLog

pytestmark = [pytest.mark.integration, pytest.mark.slow]

WAIT_S = 30.0
LOGIN = ("operator", "p@ss:word/1")


@pytest.fixture(scope="module", autouse=True)
def _available() -> None:
    if reason := rtsp.why_unavailable():
        pytest.skip(reason)


@pytest.fixture
def server() -> Iterator[rtsp.RtspServer]:
    made = rtsp.RtspServer()
    yield made
    made.kill()


@pytest.fixture(params=["digest", "basic"])
def guarded(request: pytest.FixtureRequest) -> Iterator[rtsp.RtspServer]:
    made = rtsp.RtspServer(user=LOGIN[0], password=LOGIN[1], login=request.param)
    yield made
    made.kill()


def camera(source: str, camera_id: str = "cam") -> CameraSettings:
    return CameraSettings(id=camera_id, name="Gate", source=source)


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + WAIT_S
    poll = threading.Event()
    while not condition():
        assert time.monotonic() < deadline_s, f"did not happen: {what}"
        poll.wait(0.01)


def sequence(view: CameraView) -> int:
    """Return the number of the frame shown; 0 before the first."""
    return view.frame.sequence if view.frame is not None else 0


class Cameras:
    """Captures side by side, watched as the detection worker watches them."""

    def __init__(self, *settings: CameraSettings) -> None:
        self.telemetry = WorkerTelemetry(WorkerName.DETECTION)
        self.events: list[CameraEvent] = []
        self.views = [CameraView(one.id, one.name, wanted_size=(160, 90)) for one in settings]
        self.inbox = FrameInbox(one.id for one in settings)
        self._captures = [
            CameraCapture(one, view, self.inbox, self.telemetry, self.events.append)
            for one, view in zip(settings, self.views, strict=True)
        ]
        self._end = threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        for capture in self._captures:
            capture.start()
        self._watcher.start()

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            for capture in self._captures:
                capture.watch()

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def stop(self) -> None:
        self._end.set()
        self._watcher.join()
        for capture in self._captures:
            capture.request_stop()
        for capture in self._captures:
            assert capture.join(15)


@pytest.fixture
def start() -> Iterator[Callable[..., Cameras]]:
    made: list[Cameras] = []

    def begin(*settings: CameraSettings) -> Cameras:
        made.append(Cameras(*settings))
        return made[-1]

    yield begin
    for cameras in made:
        cameras.stop()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "FIRST_DELAY_S", 0.3)
    monkeypatch.setattr(camera_report, "HOLD_OFF_S", 1.0)
    monkeypatch.setattr(camera_report, "STALLED_S", 0.7)
    monkeypatch.setattr(video, "READ_TIMEOUT_MS", 3_000)
    monkeypatch.setattr(video, "OPEN_TIMEOUT_MS", 5_000)
    monkeypatch.setattr(format_watch, "ASK_EVERY_S", 0.5)


def test_it_plays_with_size_rate_codec_and_a_young_picture(
    server: rtsp.RtspServer, start: Callable[..., Cameras]
) -> None:
    cameras = start(camera(server.address))
    (view,) = cameras.views
    wait_until(lambda: view.state == "live", "live")
    wait_until(lambda: 13 < view.source_fps < 17, "the camera's own rate, 15")
    assert view.source_size == (320, 180)
    assert view.codec == "h264"
    wait_until(
        lambda: view.frame is not None and time.monotonic() - view.frame.captured_s < 1,
        "a picture that is not a second old",
    )
    assert cameras.events == []


def test_killed_and_started_again_with_another_size(
    server: rtsp.RtspServer, start: Callable[..., Cameras], expect_log: ExpectLog
) -> None:
    expect_log(r"camera cam lost for \d+ s: rtsp://127\.0\.0\.1:\d+/street")
    cameras = start(camera(server.address))
    (view,) = cameras.views
    wait_until(lambda: view.state == "live", "live")
    first = cameras.inbox.take(5)
    server.kill()
    wait_until(lambda: "lost" in cameras.kinds(), "the loss")
    wait_until(lambda: "nothing listens at 127.0.0.1" in view.detail, "why")
    assert view.state == "reconnecting"
    assert "Gate: rtsp://" in str(cameras.telemetry.degraded)
    server.start(size="640x360")
    wait_until(lambda: "returned" in cameras.kinds(), "the return")
    wait_until(lambda: view.source_size == (640, 360), "the new size")
    assert cameras.kinds() == ["lost", "returned", "changed"]
    assert cameras.events[-1].cause == "pictures are 640x360 now, were 320x180"
    assert cameras.telemetry.degraded is None
    cameras.inbox.take(5)
    again = cameras.inbox.take(5)
    assert first is not None
    assert again is not None
    assert again.scene > first.scene


def test_another_codec_after_a_restart_is_followed(
    server: rtsp.RtspServer, start: Callable[..., Cameras], expect_log: ExpectLog
) -> None:
    expect_log("camera cam lost")
    cameras = start(camera(server.address))
    (view,) = cameras.views
    wait_until(lambda: view.state == "live", "live")
    server.kill()
    wait_until(lambda: "lost" in cameras.kinds(), "the loss")
    server.start(codec="mjpeg")
    wait_until(lambda: "returned" in cameras.kinds(), "the return")
    assert view.codec == "mjpeg"


@pytest.mark.parametrize("size", ["640x360", "240x180"], ids=["larger", "narrower"])
def test_another_size_in_mid_stream_is_followed(
    server: rtsp.RtspServer,
    start: Callable[..., Cameras],
    monkeypatch: pytest.MonkeyPatch,
    size: str,
) -> None:
    """OpenCV would scale into the size that was announced; the camera's own word tells of it."""
    monkeypatch.setattr(camera_report, "HOLD_OFF_S", 30.0)
    cameras = start(camera(server.address))
    (view,) = cameras.views
    wait_until(lambda: view.state == "live" and view.frame, "live")
    first = cameras.inbox.take(5)
    wait_until(lambda: sequence(view) > 15, "the watch has begun")
    server.resize(size)
    wanted = tuple(int(side) for side in size.split("x"))
    wait_until(lambda: view.source_size == wanted, "the new size")
    wait_until(lambda: view.state == "live", "live again")
    cameras.inbox.take(5)
    again = cameras.inbox.take(5)
    assert first is not None
    assert again is not None
    assert again.picture.shape[:2] == wanted[::-1]
    assert again.scene > first.scene
    assert cameras.kinds() == ["changed"]
    assert cameras.events[-1].cause == f"pictures are {size} now, were 320x180"


def test_a_connection_that_stalls_is_told_and_slows_no_other(
    server: rtsp.RtspServer, start: Callable[..., Cameras], expect_log: ExpectLog
) -> None:
    expect_log("camera cam lost for .* s: connected, but no pictures come")
    other = rtsp.RtspServer()
    try:
        cameras = start(camera(server.address), camera(other.address, "other"))
        stalled, steady = cameras.views
        wait_until(lambda: stalled.state == steady.state == "live", "both live")
        server.stall()
        wait_until(lambda: stalled.state == "stalled", "the stall")
        assert stalled.since is not None
        wait_until(lambda: "lost" in cameras.kinds(), "the loss")
        began_s, before = time.monotonic(), sequence(steady)
        wait_until(lambda: stalled.state == "reconnecting", "the read gives up")
        wait_until(lambda: time.monotonic() - began_s > 2, "a while")
        rate = (sequence(steady) - before) / (time.monotonic() - began_s)
        assert rate > 12, "the other camera keeps its 15 pictures a second"
        server.go_on()
        wait_until(lambda: "returned" in cameras.kinds(), "it is back")
        assert cameras.kinds() == ["lost", "returned"]
        assert {event.camera_id for event in cameras.events} == {"cam"}
    finally:
        other.kill()


def test_a_blip_is_no_event(
    server: rtsp.RtspServer, start: Callable[..., Cameras], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_report, "HOLD_OFF_S", 30.0)
    cameras = start(camera(server.address))
    (view,) = cameras.views
    wait_until(lambda: view.state == "live", "live")
    server.kill()
    wait_until(lambda: view.state == "reconnecting", "the break")
    server.start()
    wait_until(lambda: view.state == "live", "live again")
    assert cameras.events == []
    assert cameras.telemetry.degraded is None


def test_a_login_with_odd_letters_opens(guarded: rtsp.RtspServer) -> None:
    address = guarded.address.replace("://", "://operator:p%40ss%3Aword%2F1@")
    trial = try_camera(camera(address), (160, 90), threading.Event())
    assert trial.size == (320, 180)
    assert trial.codec == "h264"
    assert trial.rate == pytest.approx(15, abs=2)


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[rtsp.RtspServer]:
    """Speaks TLS with a certificate that it signed itself, as cameras do, and asks for a login."""
    certificate, key = make_certificate(tmp_path, timedelta(days=1))
    made = rtsp.RtspServer(
        certificate=str(certificate), key=str(key), user=LOGIN[0], password=LOGIN[1]
    )
    yield made
    made.kill()


def test_an_encrypted_stream_plays_and_is_followed(
    encrypted: rtsp.RtspServer, start: Callable[..., Cameras], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_report, "HOLD_OFF_S", 30.0)
    address = encrypted.address.replace("://", "://operator:p%40ss%3Aword%2F1@")
    cameras = start(camera(address))
    (view,) = cameras.views
    wait_until(lambda: view.state == "live" and sequence(view) > 15, "live")
    assert view.codec == "h264"
    encrypted.resize("640x360")
    wait_until(lambda: view.source_size == (640, 360), "the new size")
    assert cameras.kinds() == ["changed"]


def test_the_wrong_kind_of_encryption_is_told(
    encrypted: rtsp.RtspServer, server: rtsp.RtspServer
) -> None:
    plain = encrypted.address.replace("rtsps://", "rtsp://operator:p%40ss%3Aword%2F1@")
    with pytest.raises(
        SourceError, match="only with encryption there; begin the address with rtsps://"
    ):
        open_source(camera(plain))
    with pytest.raises(
        SourceError, match="only without encryption there; begin the address with rtsp://"
    ):
        open_source(camera(server.address.replace("rtsp://", "rtsps://")))


@pytest.mark.parametrize(
    ("login", "path", "cause"),
    [
        ("", "", "asks for a user name and a password"),
        ("operator:wrong-one@", "", "refuses this user name or password"),
        ("operator:p%40ss%3Aword%2F1@", "/nowhere", "has no stream at /street/nowhere"),
    ],
)
def test_what_is_wrong_with_an_address_is_found_out(
    guarded: rtsp.RtspServer, login: str, path: str, cause: str
) -> None:
    address = guarded.address.replace("://", f"://{login}") + path
    with pytest.raises(SourceError) as caught:
        open_source(camera(address))
    assert cause in str(caught.value)
    assert "wrong-one" not in str(caught.value)
    assert "word" not in str(caught.value).replace("password", "")


def test_a_stalled_server_that_takes_connections_is_told_from_a_dead_one(
    server: rtsp.RtspServer,
) -> None:
    server.stall()
    with pytest.raises(SourceError, match="does not answer as a camera"):
        open_source(camera(server.address))
    server.go_on()
