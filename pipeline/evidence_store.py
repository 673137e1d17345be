"""Pictures of groups in a folder that all workers share; messages name them by a reference.

References come out of Kafka, so anybody who may write there could name any file: only names of the
form that this module gives are ever opened, and only below the folder.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from msgspec.structs import replace

from pipeline.messages import AssessmentTask, RiskAssessmentResult
from pipeline.picture import Picture
from pipeline.settings_evidence import EvidenceSettings

PART_SUFFIX: Final = ".part"
_REFERENCE: Final = re.compile(r"\d{4}-\d{2}-\d{2}/[0-9]{6}_[A-Za-z0-9_-]{1,40}_[0-9a-f]{32}\.jpg")
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]+")

CarrierT = TypeVar("CarrierT", AssessmentTask, RiskAssessmentResult)


class EvidenceStore:
    """The pictures below one folder, one folder a day (UTC)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, camera_id: str, captured_at: datetime, jpeg: bytes) -> str:
        """Keep a picture; return its reference. It is there whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        moment = captured_at.astimezone(UTC)
        camera = _NOT_IN_NAMES.sub("-", camera_id)[:40] or "-"
        reference = f"{moment:%Y-%m-%d}/{moment:%H%M%S}_{camera}_{uuid.uuid4().hex}.jpg"
        path = self.folder / reference
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(PART_SUFFIX)
        part.write_bytes(jpeg)
        part.replace(path)
        return reference

    def get(self, reference: str) -> bytes | None:
        """Return a picture; None when it is gone, or the reference is none of a store.

        Raises:
            OSError: it is there but cannot be read.
        """
        if not _REFERENCE.fullmatch(reference):
            return None
        try:
            return (self.folder / reference).read_bytes()
        except FileNotFoundError:
            return None

    def prune(self, keep_days: int, today: date | None = None) -> int:
        """Delete the pictures of days more than `keep_days` ago; return how many.

        Only files that look like the store's own are touched.
        """
        oldest = (today or datetime.now(UTC).date()) - timedelta(days=keep_days)
        deleted = 0
        with contextlib.suppress(OSError):
            for day in sorted(path for path in self.folder.iterdir() if _is_before(path, oldest)):
                deleted += _clear(day)
        return deleted


def open_store(settings: EvidenceSettings) -> EvidenceStore | None:
    """Return the store that the settings name, None where pictures travel in the messages."""
    return None if settings.store is None else EvidenceStore(settings.store.expanduser())


def with_picture(message: CarrierT, store: EvidenceStore | None) -> CarrierT:
    """Return `message` with its picture inside, fetched by reference where it is not.

    Without one where it is gone: a verdict needs it less than an answer.

    Raises:
        OSError: the store cannot be read.
    """
    if message.group_image_base64 is not None or message.group_image_ref is None or store is None:
        return message
    jpeg = store.get(message.group_image_ref)
    return message if jpeg is None else replace(message, group_image_base64=Picture.of(jpeg))


def _is_before(path: Path, oldest: date) -> bool:
    try:
        return date.fromisoformat(path.name) < oldest and path.is_dir()
    except ValueError:
        return False


def _clear(day: Path) -> int:
    deleted = 0
    for path in list(day.iterdir()):
        ours = _REFERENCE.fullmatch(f"{day.name}/{path.with_suffix('.jpg').name}")
        if ours and path.suffix in {".jpg", PART_SUFFIX}:
            with contextlib.suppress(OSError):
                path.unlink()
                deleted += 1
    with contextlib.suppress(OSError):
        day.rmdir()
    return deleted
