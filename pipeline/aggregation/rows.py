"""How an alarm lies in the database."""

from __future__ import annotations

import sqlite3

from pipeline.aggregation.database import from_us
from pipeline.aggregation.situations import Alarm


def alarm_of(row: sqlite3.Row) -> Alarm:
    """Return the alarm of a row of the table `alarms`."""
    return Alarm(
        alarm_id=row["alarm_id"],
        camera_id=row["camera_id"],
        request_id=row["request_id"],
        group_index=row["group_index"],
        group_bbox=(row["x1"], row["y1"], row["x2"], row["y2"]),
        risk_type=row["risk_type"],
        risk_level=row["risk_level"],
        confidence=row["confidence"],
        description=row["description"],
        assessor=row["assessor"],
        first_seen=from_us(row["first_seen_us"]),
        last_seen=from_us(row["last_seen_us"]),
        occurrences=row["occurrences"],
    )
