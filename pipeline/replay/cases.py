"""What can be assessed again: alarms whose facts are stored, as the tasks they were."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from pipeline.aggregation.store import AlarmEntry, AlarmReader
from pipeline.generation.tasks import make_tasks
from pipeline.messages import AssessmentTask, MessageError, RiskAssessmentResult
from pipeline.picture import Picture


@dataclass(frozen=True, slots=True)
class Case:
    """An alarm, and what its assessor was asked.

    Attributes:
        task: of its worst moment, with the stored picture.
        result: what was answered then; None once it was too old to be kept.
    """

    entry: AlarmEntry
    task: AssessmentTask
    result: RiskAssessmentResult | None


def find_case(reader: AlarmReader, entry: AlarmEntry) -> Case | None:
    """Return the case of an alarm; None when what was asked is not stored with it.

    Raises:
        sqlite3.Error, OSError: the store cannot be read.
    """
    alarm = entry.alarm
    asked = reader.asked(alarm.alarm_id)
    if asked.detection is None:
        return None
    group_index = asked.result.group_index if asked.result is not None else alarm.group_index
    try:
        tasks = make_tasks(asked.detection)
    except MessageError:
        return None
    task = next((task for task in tasks if task.group_index == group_index), None)
    if task is None:
        return None
    jpeg = reader.evidence(alarm.alarm_id)
    return Case(
        entry,
        replace(task, group_image_base64=None if jpeg is None else Picture.of(jpeg)),
        asked.result,
    )
