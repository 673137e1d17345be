"""Fills an alarm store as the aggregator does."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage

from pipeline.aggregation.batch import Batch
from pipeline.aggregation.detections import read_detection
from pipeline.aggregation.situations import Alarm, Change, Situations
from pipeline.aggregation.store_writer import StoreWriter
from pipeline.generation.tasks import make_tasks
from pipeline.messages import RiskLevel, encode, utc_now
from pipeline.scheduling import results
from pipeline.scheduling.rules.assessor import RulesAssessor
from pipeline.settings_scheduler import RulesSettings
from tests.support import messages as made

PICTURE_SIZE = (320, 200)


def alarm(
    name: str,
    level: RiskLevel = "medium",
    *,
    camera: str = "cam-1",
    kind: str = "vehicle-pedestrian-conflict",
    said: str = "A person and a car are close.",
    ago: timedelta = timedelta(seconds=30),
) -> Alarm:
    """Return an alarm that began `ago`."""
    began: datetime = utc_now() - ago
    return Alarm(
        alarm_id=name,
        camera_id=camera,
        request_id=f"request-of-{name}",
        group_index=2,
        group_bbox=(10.0, 20.0, 210.0, 120.0),
        risk_type=kind,
        risk_level=level,
        confidence=0.72,
        description=said,
        assessor="rules",
        first_seen=began,
        last_seen=began + timedelta(seconds=12),
        occurrences=3,
    )


def jpeg(color: str = "#c03020") -> bytes:
    """Return a picture of one colour."""
    image = QImage(*PICTURE_SIZE, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    payload = QByteArray()
    buffer = QBuffer(payload)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, "JPG")  # type: ignore[call-overload]
    return bytes(payload.data())


def store_alarms(path: Path, *alarms: Alarm, picture: bytes | None = None) -> None:
    """Write new alarms into the store at `path`, made when there is none."""
    writer = StoreWriter(path)
    try:
        changes = [(Change(one, is_new=True, is_escalation=False), picture) for one in alarms]
        writer.write(Batch(changes=changes))
    finally:
        writer.close()


def store_judged(path: Path, count: int, *, camera: str = "cam-1") -> list[str]:
    """Store alarms that the rules raised, with all that was asked; return their ids."""
    assessor = RulesAssessor(RulesSettings())
    ids = []
    with contextlib.closing(StoreWriter(path)) as writer:
        for number in range(count):
            frame = made.detection(f"judged-{number}", camera, evidence=jpeg(), timestamp=utc_now())
            announced = read_detection(encode(frame)).announced
            assert announced is not None
            (task,) = make_tasks(frame)
            result = results.made(task, asyncio.run(assessor.assess(task)))
            # Each is a situation of its own.
            change = Situations("low", 30.0).note(result)
            assert change is not None, result
            batch = Batch(announced=[announced], verdicts=[result])
            picture = result.group_image_base64
            batch.changes.append((change, None if picture is None else picture.jpeg))
            writer.write(batch)
            ids.append(change.alarm.alarm_id)
    return ids
