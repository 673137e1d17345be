"""What the window shows of workers in its own process: counters, condition, newest frames.

One way, worker -> window, beside Kafka; everything here may be dropped. Writers never wait for a
reader: a frame or figure that nobody fetched is replaced by the next one. All classes are safe to
use from several threads.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from datetime import time as clock_time
from typing import TYPE_CHECKING, Final, Literal

from pipeline.messages import Box, RiskAlert, RiskLevel, VerdictLevel
from pipeline.states import WorkerName
from pipeline.texts import NOTHING, Text, side_by_side

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAMAGED_LABEL = "damaged"
"""Label of the aggregator that holds the name under which a damaged database was set aside."""

SWITCHED_OFF: Final = "switched off"
"""Reason of an API key that the settings disable."""

LATENCY_WINDOW = 512
"""How many of the newest latency samples make the percentiles."""

CAMERA_EVENTS_KEPT = 500

VERDICT_LIFETIME_S = 4.0
"""How long a verdict is drawn on its group."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """One API key as the window shows it.

    Attributes:
        key_id: its name.
        masked: the key as it may be shown, such as ``••••1a2b``; empty where there is none.
        condition: ``ready``, ``cooling`` or ``disabled``.
        cools_until_s: monotonic seconds; None unless it is cooling.
        reason: why it is disabled; empty otherwise.
    """

    key_id: str
    masked: str
    condition: str
    in_flight: int
    requests: int
    failures: int
    cools_until_s: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class UsageView:
    """What a model took on one day.

    Attributes:
        day: local date, such as ``2026-01-31``.
        cost: by the prices of the settings, in their currency; 0 without prices.
    """

    day: str
    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost: float


@dataclass(frozen=True, slots=True)
class WorkerSnapshot:
    """A worker's figures at one moment.

    Attributes:
        taken_at_s: monotonic seconds.
        counters: totals since the program started; they never fall, so rates are differences.
        gauges: values that go up and down.
        labels: short texts, such as the execution provider in use.
        latency_ms: sorted newest samples, ms per unit of work.
        degraded: why the worker is only half well; None when it is well.
        last_error: newest error of the worker, with its next step, for people.
        heartbeat_s: monotonic seconds of the worker's last sign of life.
        keys: the API keys that this run of the worker uses.
        usage: what each model took today.
        unsaved: the newest alarms that wait for a disk with room, newest first; all of them are
            counted in the gauge ``unsaved_alarms``.
    """

    taken_at_s: float
    counters: dict[str, int]
    gauges: dict[str, float]
    labels: dict[str, str]
    latency_ms: tuple[float, ...]
    degraded: Text | None
    last_error: str | None
    heartbeat_s: float
    keys: tuple[KeyView, ...] = ()
    usage: tuple[UsageView, ...] = ()
    unsaved: tuple[RiskAlert, ...] = ()

    def percentile_ms(self, share: float) -> float | None:
        """Return the latency below which `share` (0..1) of the samples lie; None without any."""
        if not self.latency_ms:
            return None
        return self.latency_ms[min(len(self.latency_ms) - 1, int(share * len(self.latency_ms)))]


class WorkerTelemetry:
    """Figures of one worker; survives its restarts."""

    def __init__(self, name: WorkerName) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._counters: dict[str, int] = {}
        self._gauges: dict[str, float] = {}
        self._labels: dict[str, str] = {}
        self._latency_ms: deque[float] = deque(maxlen=LATENCY_WINDOW)
        self._degraded: dict[str, Text] = {}
        self._last_error: str | None = None
        self._heartbeat_s = time.monotonic()
        self._keys: tuple[KeyView, ...] = ()
        self._usage: tuple[UsageView, ...] = ()
        self._unsaved: tuple[RiskAlert, ...] = ()
        self._on_condition: Callable[[Text | None], None] | None = None

    def count(self, name: str, increment: int = 1) -> None:
        """Add to a counter."""
        with self._lock:
            self._counters[name] = self._counters.get(name, 0) + increment

    def total(self, name: str) -> int:
        """Return a counter; cheaper than a whole `snapshot`."""
        with self._lock:
            return self._counters.get(name, 0)

    def gauge(self, name: str, value: float) -> None:
        """Set a value that goes up and down."""
        with self._lock:
            self._gauges[name] = value

    def label(self, name: str, text: str) -> None:
        """Set a short text, such as ``provider`` or ``assessor``."""
        with self._lock:
            self._labels[name] = text

    def show_keys(self, keys: tuple[KeyView, ...], usage: tuple[UsageView, ...]) -> None:
        """Show how the API keys are, and what was used today."""
        self._keys, self._usage = keys, usage

    def show_unsaved(self, alarms: tuple[RiskAlert, ...]) -> None:
        """Show the newest alarms that cannot be stored now, newest first."""
        self._unsaved = alarms

    def latency(self, milliseconds: float) -> None:
        """Note how long one unit of work took."""
        with self._lock:
            self._latency_ms.append(milliseconds)

    def latencies(self, milliseconds: Iterable[float]) -> None:
        """Note how long each of some units of work took."""
        with self._lock:
            self._latency_ms.extend(milliseconds)

    def degrade(self, key: str, reason: Text) -> None:
        """State why the worker is only half well; `key` names the trouble until `recover`."""
        with self._lock:
            self._degraded[key] = reason
        self._tell_condition()

    def recover(self, key: str) -> None:
        """Take back the trouble `key`; nothing happens when there is none."""
        with self._lock:
            self._degraded.pop(key, None)
        self._tell_condition()

    @property
    def degraded(self) -> Text | None:
        """Why the worker is only half well; None when it is well."""
        with self._lock:
            return side_by_side(dict.fromkeys(self._degraded.values())) or None

    def _tell_condition(self) -> None:
        if self._on_condition is not None:
            self._on_condition(self.degraded)

    def error(self, text: str) -> None:
        """Note the newest error, for people; secrets must already be gone from it."""
        with self._lock:
            self._last_error = text

    def beat(self) -> None:
        """Give a sign of life; every worker loop does so at least once a second."""
        self._heartbeat_s = time.monotonic()

    def begin_run(self, on_condition: Callable[[Text | None], None]) -> None:
        """Forget conditions of the run before; counters go on.

        `on_condition` is called from the worker's threads whenever the reasons for being degraded
        change, with all of them or None.
        """
        self._on_condition = on_condition
        with self._lock:
            self._degraded.clear()
            self._gauges.clear()
            self._latency_ms.clear()
            self._keys, self._usage, self._unsaved = (), (), ()
        self.beat()

    def snapshot(self) -> WorkerSnapshot:
        """Return the figures now."""
        with self._lock:
            return WorkerSnapshot(
                taken_at_s=time.monotonic(),
                counters=dict(self._counters),
                gauges=dict(self._gauges),
                labels=dict(self._labels),
                latency_ms=tuple(sorted(self._latency_ms)),
                degraded=side_by_side(dict.fromkeys(self._degraded.values())) or None,
                last_error=self._last_error,
                heartbeat_s=self._heartbeat_s,
                keys=self._keys,
                usage=self._usage,
                unsaved=self._unsaved,
            )


@dataclass(frozen=True, slots=True)
class OverlayBox:
    """An object as drawn over a live picture; `bbox` in pixels of the full camera frame."""

    label: str
    bbox: Box
    confidence: float
    track_id: int | None


@dataclass(frozen=True, slots=True)
class OverlayGroup:
    """A group as drawn over a live picture; `bbox` in pixels of the full camera frame."""

    group_index: int
    bbox: Box
    object_count: int


@dataclass(frozen=True, slots=True)
class Overlay:
    """What was found in one frame of `frame_size` (width, height) pixels."""

    frame_size: tuple[int, int]
    boxes: tuple[OverlayBox, ...]
    groups: tuple[OverlayGroup, ...]


@dataclass(frozen=True, slots=True)
class AreaTotals:
    """What was counted in one camera's picture since the worker started.

    Attributes:
        lines: ``(in, out)`` by name of the line.
        zones: how many are inside now, by name of the zone.
    """

    lines: dict[str, tuple[int, int]]
    zones: dict[str, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture ready to be drawn.

    Attributes:
        pixels: ``(H, W, 4)`` uint8 BGRA, contiguous, already scaled to the wanted size; never
            written to again, so that the window may draw it without a copy.
        captured_s: monotonic seconds of its capture, for the age shown.
        sequence: rises with each frame of the camera.
    """

    pixels: NDArray[np.uint8]
    captured_s: float
    sequence: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The newest verdict about one group of one camera."""

    camera_id: str
    group_index: int
    risk_level: VerdictLevel
    label: str
    noted_s: float


@dataclass(slots=True)
class CameraView:
    """One camera as the window sees it. Fields are replaced whole, never changed in place.

    Attributes:
        camera_id, name: from the settings.
        wanted_size: (width, height) in device pixels that the window wants frames scaled into,
            keeping the aspect; None while nobody looks, so that no frame is scaled at all.
        wanted_fps: how many frames a second the window wants at most.
        frame, overlay, totals: the newest ones; None before the first.
        shown_fps: frames offered to the window per second, measured over 2 s.
        state: ``connecting``, ``live``, ``stalled`` (connected, but no picture comes),
            ``reconnecting``, ``stopped``, ``failed``.
        detail: why; free of credentials.
        since: when the last picture came, or when it was first tried, while there is none.
        next_try_s: monotonic seconds of the next try; None when none is planned.
        source_size: (width, height) of the camera's own frames in pixels.
        source_fps: pictures per second that the camera gives, measured over 2 s.
        codec: such as ``h264``; empty when unknown.
        detection_off_until: local time of day until which its schedule keeps detection off.
    """

    camera_id: str
    name: str
    wanted_size: tuple[int, int] | None = None
    wanted_fps: float = 30.0
    frame: Frame | None = None
    overlay: Overlay | None = None
    totals: AreaTotals | None = None
    shown_fps: float = 0.0
    state: str = "stopped"
    detail: Text = NOTHING
    since: datetime | None = None
    next_try_s: float | None = None
    source_size: tuple[int, int] | None = None
    source_fps: float = 0.0
    codec: str = ""
    detection_off_until: clock_time | None = None


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """Something that happened to a camera, for the timeline; the log has the same in words.

    Attributes:
        kind: ``lost`` (no pictures for longer than a blip), ``returned``, ``changed`` (size of its
            pictures), ``ended`` (a file that is played once).
        cause: why, or what is different now; free of credentials.
        at: when, UTC.
        away_s: how long there were no pictures; for ``lost`` and ``returned``.
    """

    camera_id: str
    kind: Literal["lost", "returned", "changed", "ended"]
    cause: Text
    at: datetime
    away_s: float | None = None


@dataclass(frozen=True, slots=True)
class AlarmHint:
    """Tells the window that the alarm store changed; the store itself is the truth."""

    alarm_id: str
    camera_id: str
    risk_level: RiskLevel
    description: str
    timestamp: datetime
    is_new: bool


@dataclass(slots=True)
class TelemetryHub:
    """Everything the window may look at. One per process.

    Attributes:
        workers: figures of the four workers.
        cameras: view of each camera by id, made by the detection worker through `camera`.
        camera_events: the newest ones, oldest first; not taken out by reading.
    """

    workers: dict[WorkerName, WorkerTelemetry] = field(
        default_factory=lambda: {name: WorkerTelemetry(name) for name in WorkerName}
    )
    cameras: dict[str, CameraView] = field(default_factory=dict)
    camera_events: deque[CameraEvent] = field(
        default_factory=lambda: deque(maxlen=CAMERA_EVENTS_KEPT)
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _verdicts: dict[tuple[str, int], Verdict] = field(default_factory=dict)
    _alarm_hints: deque[AlarmHint] = field(default_factory=lambda: deque(maxlen=200))

    def camera(self, camera_id: str, name: str) -> CameraView:
        """Return the view of a camera, made when it is new."""
        with self._lock:
            view = self.cameras.get(camera_id)
            if view is None:
                view = self.cameras[camera_id] = CameraView(camera_id, name)
            view.name = name
            return view

    def post_verdict(
        self, camera_id: str, group_index: int, risk_level: VerdictLevel, label: str
    ) -> None:
        """Note the newest verdict about a group, for drawing."""
        verdict = Verdict(camera_id, group_index, risk_level, label, time.monotonic())
        with self._lock:
            self._verdicts[camera_id, group_index] = verdict

    def verdicts(self, camera_id: str) -> list[Verdict]:
        """Return the verdicts of a camera that are still fresh enough to draw."""
        oldest_s = time.monotonic() - VERDICT_LIFETIME_S
        with self._lock:
            for key in [key for key, value in self._verdicts.items() if value.noted_s < oldest_s]:
                del self._verdicts[key]
            return [value for value in self._verdicts.values() if value.camera_id == camera_id]

    def post_alarm(self, hint: AlarmHint) -> None:
        """Tell the window that an alarm was stored or changed."""
        with self._lock:
            self._alarm_hints.append(hint)

    def take_alarm_hints(self) -> list[AlarmHint]:
        """Return the hints since the last call."""
        with self._lock:
            hints = list(self._alarm_hints)
            self._alarm_hints.clear()
            return hints
