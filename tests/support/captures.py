"""Captures of cameras for tests: a rig around one, a stream to switch off, a driver that hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np

from pipeline.detection.capture import CameraCapture
from pipeline.detection.frames import FrameInbox
from pipeline.detection.images import Picture
from pipeline.detection.sources import Reader
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from pipeline.telemetry import CameraEvent, CameraView, WorkerTelemetry

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
