"""Cameras over HTTP that send other pictures in mid-stream: another size, rate, codec."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import cv2
import numpy as np
import pytest

from pipeline.detection import camera_report, pacing
from pipeline.detection.capture import CameraCapture
from pipeline.detection.frames import FrameInbox
from pipeline.detection.images import Picture
from pipeline.detection.sources import format_watch
from pipeline.detection.sources.video import ask_by_opening
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from pipeline.telemetry import CameraEvent, CameraView, WorkerTelemetry

pytestmark = pytest.mark.integration

WAIT_S: Final = 30.0
PIECE_S: Final = 1.0
PLAYED_S: Final = 3
"""Pieces in the playlist."""


@dataclass(frozen=True)
class Style:
    """What a camera sends: pictures with a white square on black."""

    size: tuple[int, int] = (320, 180)
    rate: int = 10
    codec: str = "mp4v"


USUAL: Final = Style()
NARROW: Final = Style(size=(240, 240))


def picture(size: tuple[int, int]) -> Picture:
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    half = height // 4
    pixels[height // 2 - half : height // 2 + half, width // 2 - half : width // 2 + half] = 255
    return pixels


def squareness(pixels: Picture) -> float:
    """Return how wide the square is for its height."""
    ys, xs = np.nonzero(pixels[..., 0] > 127)
    return float(np.ptp(xs) + 1) / float(np.ptp(ys) + 1)


@cache
def piece(style: Style) -> bytes:
    """Return a piece of video as MPEG transport stream."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "piece.ts"
        writer = cv2.VideoWriter(
            str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*style.codec), style.rate, style.size
        )
        for _ in range(int(style.rate * PIECE_S)):
            writer.write(picture(style.size))
        writer.release()
        return path.read_bytes()


class Camera:
    """A server on 127.0.0.1 that sends JPEG pictures and a live playlist, in a style that changes."""

    def __init__(self) -> None:
        self.style = USUAL
        self.viewers = 0
        self.most_viewers = 99
        self.refused = 0
        self.cut_short = False
        self._styles: list[Style] = []
        self._closing = closing = threading.Event()
        self._began_s = time.monotonic()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/live.m3u8":
                    self._send("application/vnd.apple.mpegurl", camera.playlist().encode())
                elif found := re.fullmatch(r"/(\d+)\.ts", self.path):
                    self._send("video/mp2t", piece(camera._styles[int(found[1])]))
                elif camera.viewers >= camera.most_viewers:
                    camera.refused += 1
                    self.send_error(503)
                else:
                    camera.viewers += 1
                    try:
                        self._stream(with_length=self.path != "/bare.mjpg")
                    except OSError:
                        pass  # nobody looks any more
                    finally:
                        camera.viewers -= 1

            def _send(self, kind: str, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _stream(self, *, with_length: bool) -> None:
                self.send_response(200)
                if self.path == "/stream.ts":
                    self.send_header("Content-Type", "video/mp2t")
                    self.end_headers()
                    while not closing.is_set():
                        began_s = time.monotonic()
                        self.wfile.write(piece(camera.style))
                        closing.wait(max(0.0, began_s + PIECE_S - time.monotonic()))
                    return
                self.send_header("Content-Type", 'multipart/x-mixed-replace; boundary="--cut"')
                self.end_headers()
                while not closing.wait(1 / camera.style.rate):
                    jpeg = cv2.imencode(".jpg", picture(camera.style.size))[1].tobytes()
                    if camera.cut_short:
                        jpeg = jpeg[: len(jpeg) // 2]
                    length = f"Content-Length: {len(jpeg)}\r\n" if with_length else ""
                    head = f"--cut\r\nContent-Type: image/jpeg\r\n{length}\r\n"
                    note = b"--cut\r\nContent-Type: text/plain\r\n\r\nmotion: none\r\n"
                    self.wfile.write(note + head.encode() + jpeg + b"\r\n")

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def playlist(self) -> str:
        newest = int((time.monotonic() - self._began_s) / PIECE_S) + PLAYED_S
        while len(self._styles) < newest:
            self._styles.append(self.style)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{PIECE_S:.0f}",
            f"#EXT-X-MEDIA-SEQUENCE:{newest - PLAYED_S}",
        ]
        for number in range(newest - PLAYED_S, newest):
            lines += ["#EXT-X-DISCONTINUITY", f"#EXTINF:{PIECE_S:.1f},", f"{number}.ts"]
        return "\n".join(lines) + "\n"

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def sender() -> Iterator[Camera]:
    made = Camera()
    yield made
    made.close()


class Rig:
    """The camera as detection plays it."""

    def __init__(self, source: str) -> None:
        settings = CameraSettings(id="cam", name="Gate", source=source, detections_per_second=60)
        self.view = CameraView("cam", "Gate")
        self.inbox = FrameInbox(["cam"])
        self.events: list[CameraEvent] = []
        self.capture = CameraCapture(
            settings,
            self.view,
            self.inbox,
            WorkerTelemetry(WorkerName.DETECTION),
            self.events.append,
        )
        self.capture.start()

    def wait(self, condition: Callable[[], object], what: str) -> None:
        deadline_s = time.monotonic() + WAIT_S
        poll = threading.Event()
        while not condition():
            assert time.monotonic() < deadline_s, f"did not happen: {what}"
            poll.wait(0.01)

    def picture_of(self, size: tuple[int, int]) -> tuple[Picture, int]:
        """Return the first picture of a size that is detected, and its scene."""
        deadline_s = time.monotonic() + WAIT_S
        while time.monotonic() < deadline_s:
            frame = self.inbox.take(1)
            if frame is not None and frame.picture.shape[1::-1] == size:
                return frame.picture, frame.scene
        raise AssertionError(f"no picture of {size} came")


@pytest.fixture
def play() -> Iterator[Callable[[str], Rig]]:
    rigs: list[Rig] = []

    def begin(source: str) -> Rig:
        rigs.append(Rig(source))
        return rigs[-1]

    yield begin
    for rig in rigs:
        rig.capture.request_stop()
        assert rig.capture.join(15)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "FIRST_DELAY_S", 0.3)
    monkeypatch.setattr(camera_report, "HOLD_OFF_S", 30.0)
    monkeypatch.setattr(format_watch, "ASK_EVERY_S", 0.5)
    monkeypatch.setattr(format_watch, "OPEN_EVERY_S", 0.5)
    monkeypatch.setattr(format_watch, "ASK_AGAIN_S", 0.2)


@pytest.mark.parametrize("path", ["/video.mjpg", "/bare.mjpg"], ids=["lengths told", "no lengths"])
def test_pictures_over_http_are_followed_from_one_to_the_next(
    sender: Camera, play: Callable[[str], Rig], path: str
) -> None:
    rig = play(sender.address(path))
    before, scene = rig.picture_of(USUAL.size)
    assert squareness(before) == pytest.approx(1, abs=0.05)
    sender.style = NARROW
    while True:
        frame = rig.inbox.take(5)
        assert frame is not None
        # No picture between the two is squeezed into a size that is not its own.
        assert squareness(frame.picture) == pytest.approx(1, abs=0.05)
        if frame.picture.shape[1::-1] == NARROW.size:
            break
    assert frame.scene > scene
    assert rig.view.state == "live"
    assert [event.cause for event in rig.events] == ["pictures are 240x240 now, were 320x180"]
    assert sender.viewers == 1


def test_another_rate_over_http_is_told(sender: Camera, play: Callable[[str], Rig]) -> None:
    rig = play(sender.address("/video.mjpg"))
    rig.wait(lambda: 8 < rig.view.source_fps < 11, "the first rate")
    sender.style = Style(rate=25)
    rig.wait(lambda: 20 < rig.view.source_fps < 26, "the second rate")
    assert rig.events == []


def test_a_camera_for_one_viewer_is_never_asked_twice(
    sender: Camera, play: Callable[[str], Rig]
) -> None:
    sender.most_viewers = 1
    rig = play(sender.address("/video.mjpg"))
    rig.picture_of(USUAL.size)
    sender.style = NARROW
    rig.picture_of(NARROW.size)
    assert sender.refused == 0


def test_pictures_that_are_cut_off_are_passed_over(
    sender: Camera, play: Callable[[str], Rig]
) -> None:
    rig = play(sender.address("/video.mjpg"))
    rig.picture_of(USUAL.size)
    sender.cut_short = True
    rig.inbox.take(1)
    sender.style = NARROW
    while rig.inbox.take(0.5) is not None:
        pass
    sender.cut_short = False
    whole, _ = rig.picture_of(NARROW.size)
    assert squareness(whole) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("path", ["/live.m3u8", "/stream.ts"], ids=["HLS", "one long answer"])
def test_another_size_of_a_video_over_http_is_followed(
    sender: Camera, play: Callable[[str], Rig], path: str
) -> None:
    rig = play(sender.address(path))
    before, scene = rig.picture_of(USUAL.size)
    assert squareness(before) == pytest.approx(1, abs=0.05)
    sender.style = NARROW
    after, later = rig.picture_of(NARROW.size)
    assert squareness(after) == pytest.approx(1, abs=0.05)
    assert later > scene
    assert [event.cause for event in rig.events] == ["pictures are 240x240 now, were 320x180"]


def test_a_playlist_goes_on_at_another_rate_without_falling_behind(
    sender: Camera, play: Callable[[str], Rig]
) -> None:
    rig = play(sender.address("/live.m3u8"))
    rig.wait(lambda: 8 < rig.view.source_fps < 12, "the first rate")
    sender.style = Style(rate=25)
    rig.wait(lambda: 20 < rig.view.source_fps < 30, "the second rate")
    sender.style = USUAL
    rig.wait(lambda: 8 < rig.view.source_fps < 12, "the first rate again")
    assert rig.view.state == "live"


def test_another_codec_of_a_playlist_is_followed(
    sender: Camera, play: Callable[[str], Rig]
) -> None:
    rig = play(sender.address("/live.m3u8"))
    rig.picture_of(USUAL.size)
    first = rig.view.codec
    sender.style = Style(codec="mpg2")
    rig.wait(lambda: rig.view.codec != first and rig.view.state == "live", "the new codec")
    assert "mpeg2" in rig.view.codec or "mpg2" in rig.view.codec


def test_a_video_for_one_viewer_plays_on_where_a_second_is_refused(
    sender: Camera, play: Callable[[str], Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(format_watch, "REST_S", 3600.0)
    sender.most_viewers = 1
    rig = play(sender.address("/stream.ts"))
    rig.picture_of(USUAL.size)
    rig.wait(lambda: sender.refused, "it is asked once")
    asked = sender.refused
    for _ in range(3):
        assert rig.inbox.take(5)
    # Without a rest it would be asked twice a second; the first question may be still under way.
    assert sender.refused <= asked + 1
    assert rig.view.state == "live"
    assert ask_by_opening(sender.address("/stream.ts")) is None
