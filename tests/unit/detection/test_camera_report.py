"""What is told of a camera, and when: blips, stalls, leftovers of a decoder, returns."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipeline.detection import camera_report
from pipeline.detection.camera_report import CameraReport
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from pipeline.telemetry import CameraEvent, CameraView, WorkerTelemetry
from pipeline.texts import verbatim
from tests.support.log_guard import ExpectLog

SIZE = (640, 360)
SECRET = "ge" + "heim"


class Bench:
    """A report with a clock that only moves when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1_000.0
        clock = SimpleNamespace(monotonic=lambda: self.now_s)
        monkeypatch.setattr(camera_report, "time", clock)
        self.view = CameraView("cam", "Gate")
        self.events: list[CameraEvent] = []
        self.telemetry = WorkerTelemetry(WorkerName.DETECTION)
        camera = CameraSettings(id="cam", name="Gate", source="rtsp://h/1")
        self.report = CameraReport(camera, self.view, self.telemetry, self.events.append)
        self.report.connecting()

    def play(self, seconds: float, fps: float = 10.0, *, is_live: bool = True) -> None:
        for _ in range(int(seconds * fps)):
            self.now_s += 1 / fps
            self.report.picture(SIZE, fps, is_live=is_live)
            self.report.watch()

    def silence(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.now_s += 1
            self.report.watch()

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_a_stall_is_shown_at_once_and_told_after_the_hold_off(
    bench: Bench, expect_log: ExpectLog
) -> None:
    expect_log("camera cam lost for 5 s: connected, but no pictures come")
    bench.play(3)
    assert bench.view.state == "live"
    bench.silence(4)
    assert (bench.view.state, bench.kinds()) == ("stalled", [])
    bench.silence(2)
    assert bench.kinds() == ["lost"]
    assert bench.telemetry.degraded == "Gate: connected, but no pictures come"
    bench.play(2)
    assert bench.kinds() == ["lost", "returned"]
    assert bench.telemetry.degraded is None


def test_what_a_decoder_still_held_is_no_return(bench: Bench, expect_log: ExpectLog) -> None:
    expect_log("camera cam lost for 5 s")
    bench.play(3)
    bench.silence(8)
    for _ in range(5):
        bench.now_s += 0.001
        bench.report.picture(SIZE, 10, is_live=True)
    assert bench.view.state == "stalled"
    bench.report.failed(verbatim("rtsp://h/1 sends no more pictures"), bench.now_s + 1, 1)
    assert bench.kinds() == ["lost"]


def test_a_blip_is_no_event(bench: Bench) -> None:
    bench.play(3)
    bench.report.failed(verbatim("it broke off"), bench.now_s + 1, 1)
    bench.silence(3)
    bench.play(1)
    assert (bench.view.state, bench.events, bench.telemetry.degraded) == ("live", [], None)


def test_a_camera_that_is_known_to_be_slow_does_not_stall(bench: Bench) -> None:
    bench.play(60, fps=0.2)
    bench.silence(15)
    assert bench.view.state == "live"


def test_a_file_does_not_stall(bench: Bench) -> None:
    bench.play(3, is_live=False)
    bench.silence(60)
    assert bench.view.state == "live"


def test_nothing_that_is_told_holds_credentials(bench: Bench, expect_log: ExpectLog) -> None:
    expect_log(r"camera cam lost for .*rtsp://\*\*\*@h/1")
    bench.report.failed(verbatim(f"rtsp://op:{SECRET}@h/1 is away"), bench.now_s + 1, 1)
    bench.silence(7)
    told = [bench.view.detail, str(bench.telemetry.degraded), *expect_log.messages]
    told += [event.cause for event in bench.events]
    assert not any(SECRET in text for text in told)


def test_a_camera_that_stays_away_is_told_once(bench: Bench, expect_log: ExpectLog) -> None:
    expect_log("camera cam lost")
    for _ in range(20):
        bench.report.failed(verbatim("nothing listens"), bench.now_s + 1, 1)
        bench.silence(10)
    assert bench.kinds() == ["lost"]
    assert sum("lost for" in message for message in expect_log.messages) == 1
