"""A detection worker in its thread for tests, and what it published."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from pipeline.detection.worker import DetectionWorker
from pipeline.kafka import KafkaAccess
from pipeline.messages import DetectionResult, decode
from pipeline.power import PowerState
from pipeline.settings import DetectionSettings, Settings
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName
from pipeline.telemetry import TelemetryHub, WorkerTelemetry
from pipeline.worker import WorkerContext, WorkerError

WAIT_S = 30.0
QUICK = {"providers": ("cpu",), "input_size": (416, 256)}


def settings_for(cameras: tuple[CameraSettings, ...], **detection: object) -> Settings:
    return Settings(
        cameras=cameras, detection=DetectionSettings.model_validate({**QUICK, **detection})
    )


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline_s = time.monotonic() + WAIT_S
    poll = threading.Event()
    while not condition():
        assert time.monotonic() < deadline_s, f"did not happen: {what}"
        poll.wait(0.02)


class Running:
    """A worker in its thread, and what it published."""

    def __init__(self, settings: Settings, kafka: KafkaAccess) -> None:
        self.hub = TelemetryHub()
        self.telemetry = self.hub.workers[WorkerName.DETECTION]
        self.stop = threading.Event()
        self.ready = threading.Event()
        self.power = PowerState()
        self.error: Exception | None = None
        self._context = WorkerContext(
            settings=settings,
            kafka=kafka,
            stop=self.stop,
            telemetry=self.telemetry,
            hub=self.hub,
            ready=self.ready.set,
            power=self.power,
        )
        self._thread = threading.Thread(target=self._run, name="worker-under-test")
        self._thread.start()

    def _run(self) -> None:
        try:
            DetectionWorker().run(self._context)
        except WorkerError as error:
            self.error = error

    def counter(self, name: str) -> int:
        return self.telemetry.snapshot().counters.get(name, 0)

    def end(self) -> float:
        """Stop the worker; return how long that took, seconds."""
        began_s = time.monotonic()
        self.stop.set()
        self._thread.join(15)
        assert not self._thread.is_alive()
        return time.monotonic() - began_s


Start = Callable[[Settings], Running]


def published(kafka: KafkaAccess, count: int) -> list[DetectionResult]:
    """Return `count` messages of the topic, from its beginning."""
    topic = kafka.settings.topics.detection_results
    reader = kafka.consumer("reader", [topic], WorkerTelemetry(WorkerName.GENERATOR))
    messages: list[DetectionResult] = []
    deadline_s = time.monotonic() + WAIT_S
    while len(messages) < count and time.monotonic() < deadline_s:
        for delivery in reader.take(100):
            message = decode(delivery.value, DetectionResult)
            assert delivery.key == message.camera_id
            messages.append(message)
            delivery.done()
    reader.close()
    return messages
