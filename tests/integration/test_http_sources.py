"""Streams over HTTP from a real server: HLS in pieces, MJPEG behind a login, what is no stream."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pytest

from pipeline.detection.capture import CameraCapture
from pipeline.detection.frames import FrameInbox
from pipeline.detection.sources import SourceError, open_source
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from pipeline.telemetry import CameraView, WorkerTelemetry

pytestmark = pytest.mark.integration

WAIT_S: Final = 20.0
RATE: Final = 10
SEGMENT_S: Final = 1
LOGIN: Final = "viewer:" + "ge" + "heim"


def segment(path: Path, number: int) -> bytes:
    """Return one second of video as MPEG transport stream, of a shade that tells its number."""
    writer = cv2.VideoWriter(
        str(path / "s.ts"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), RATE, (160, 120)
    )
    for _ in range(RATE * SEGMENT_S):
        writer.write(np.full((120, 160, 3), 20 + 20 * (number % 10), np.uint8))
    writer.release()
    return (path / "s.ts").read_bytes()


class HttpCamera:
    """A server on 127.0.0.1 with a live playlist, an MJPEG stream behind a login, and a page."""

    def __init__(self, folder: Path) -> None:
        self._segments = [segment(folder, number) for number in range(10)]
        _, jpeg = cv2.imencode(".jpg", np.full((120, 160, 3), 90, np.uint8))
        picture = jpeg.tobytes()
        self._began_s = time.monotonic()
        self._closing = closing = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/live.m3u8":
                    self._send("application/vnd.apple.mpegurl", camera.playlist().encode())
                elif self.path.startswith("/s"):
                    number = int(self.path[2:].removesuffix(".ts"))
                    self._send("video/mp2t", camera._segments[number % 10])
                elif self.path == "/page":
                    self._send("text/html", b"<html>camera</html>")
                elif self.path == "/video.mjpg":
                    self._stream()
                else:
                    self.send_error(404)

            def _send(self, kind: str, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _stream(self) -> None:
                wanted = "Basic " + base64.b64encode(LOGIN.encode()).decode()
                if self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                while not closing.wait(0.05):
                    head = (
                        "--frame\r\nContent-Type: image/jpeg\r\n"
                        f"Content-Length: {len(picture)}\r\n\r\n"
                    )
                    try:
                        self.wfile.write(head.encode() + picture + b"\r\n")
                    except OSError:
                        return

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def playlist(self) -> str:
        """Return the newest three pieces, as a live encoder lists them."""
        newest = int((time.monotonic() - self._began_s) / SEGMENT_S) + 3
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{SEGMENT_S}",
            f"#EXT-X-MEDIA-SEQUENCE:{newest - 3}",
        ]
        for number in range(newest - 3, newest):
            lines += ["#EXT-X-DISCONTINUITY", f"#EXTINF:{SEGMENT_S:.1f},", f"s{number}.ts"]
        return "\n".join(lines) + "\n"

    def address(self, path: str, login: str = "") -> str:
        at = f"{login}@" if login else ""
        return f"http://{at}127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpCamera]:
    made = HttpCamera(tmp_path_factory.mktemp("hls"))
    yield made
    made.close()


def camera(source: str) -> CameraSettings:
    return CameraSettings(id="cam", name="Gate", source=source)


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + WAIT_S
    poll = threading.Event()
    while not condition():
        assert time.monotonic() < deadline_s, f"did not happen: {what}"
        poll.wait(0.01)


def test_a_live_playlist_plays_evenly_although_it_comes_in_pieces(server: HttpCamera) -> None:
    view = CameraView("cam", "Gate", wanted_size=(160, 120))
    capture = CameraCapture(
        camera(server.address("/live.m3u8")),
        view,
        FrameInbox(["cam"]),
        WorkerTelemetry(WorkerName.DETECTION),
    )
    capture.start()
    try:
        wait_until(lambda: view.state == "live", "live")
        # A piece read at once would show as hundreds of pictures a second, then none.
        wait_until(lambda: 8 < view.source_fps < 12, "the rate it was made with")
        first = view.frame
        assert first is not None
        wait_until(
            lambda: (
                view.frame
                and abs(int(view.frame.pixels[5, 5, 0]) - int(first.pixels[5, 5, 0])) > 10
            ),
            "a later piece",
        )
        assert view.state == "live"
    finally:
        capture.request_stop()
        assert capture.join(15)


def test_mjpeg_behind_a_login_opens(server: HttpCamera) -> None:
    reader = open_source(camera(server.address("/video.mjpg", LOGIN)))
    picture = reader.read()
    assert picture is not None
    assert picture.shape == (120, 160, 3)
    assert (reader.is_live, reader.rate, reader.codec) == (True, None, "mjpeg")
    reader.close()


@pytest.mark.parametrize(
    ("path", "login", "cause"),
    [
        ("/video.mjpg", "", "asks for a user name and a password"),
        ("/video.mjpg", "viewer:wrong-one", "refuses this user name or password"),
        ("/gone.mjpg", "", "has no stream at /gone.mjpg"),
        ("/page", "", "leads to a web page"),
    ],
)
def test_what_is_wrong_is_found_out(server: HttpCamera, path: str, login: str, cause: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(camera(server.address(path, login)))
    assert cause in str(caught.value)
    assert "wrong-one" not in str(caught.value)
