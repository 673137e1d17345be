"""The prompt: a versioned template with a part for the system and one for the user. Pure.

A template is text: ``version: NAME`` in its first line, notes, then the sections ``[system]`` and
``[user]``, in which ``$names`` are filled in (`PLACEHOLDERS`).
"""

from __future__ import annotations

import hashlib
import re
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.messages import AssessmentTask, DetectedObject
from pipeline.paths import RESOURCES
from pipeline.texts import Text, say

BUILT_IN: Final = RESOURCES / "prompts" / "assessment.txt"
MAX_TEMPLATE_CHARS: Final = 20_000
MAX_OBJECTS: Final = 40
"""Objects of a group that are listed; a crowd's rest is only counted."""

PLACEHOLDERS: Final = frozenset(
    {"language", "objects", "pairs", "camera", "time", "group", "picture"}
)
LANGUAGES: Final = {"en": "English", "zh_CN": "Simplified Chinese (简体中文)"}

_VERSION: Final = re.compile(r"version:\s*([A-Za-z0-9._-]{1,40})\s*")
_SECTION: Final = re.compile(r"^\[(system|user)\]\s*$", re.MULTILINE)


class PromptError(ValueError):
    """A template cannot be used; the text says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent with the picture of one task."""

    system: str
    user: str


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A template that was checked.

    Attributes:
        version: its name, with a mark of its text unless it is the one that ships.
    """

    version: str
    system: str
    user: str

    def fill(self, task: AssessmentTask, language: str) -> Prompt:
        """Return the prompt for a task; `language` as in the settings."""
        values = {
            "language": LANGUAGES[language],
            "objects": _objects(task),
            "pairs": _pairs(task),
            "camera": task.camera_id,
            "time": task.timestamp.isoformat(timespec="seconds"),
            "group": f"Group {task.group_index} with {len(task.detected_objects)} objects; "
            f"crowding {task.group_metadata.crowding:.2f} (1.0 is shoulder to shoulder).",
            "picture": "The picture shows the group."
            if task.group_image_base64
            else "There is no picture; judge by the measurements alone.",
        }
        return Prompt(
            string.Template(self.system).substitute(values),
            string.Template(self.user).substitute(values),
        )


def parse_template(text: str, *, is_built_in: bool = False) -> PromptTemplate:
    """Return the template that `text` holds.

    Raises:
        PromptError: it lacks its version or a section, or names something unknown.
    """
    if len(text) > MAX_TEMPLATE_CHARS:
        raise PromptError(
            say("the prompt is longer than {limit:,} characters", limit=MAX_TEMPLATE_CHARS)
        )
    version = _VERSION.match(text)
    if version is None:
        raise PromptError(say("the first line must be “version: NAME”"))
    parts = _SECTION.split(text)
    sections = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    for name in ("system", "user"):
        if not sections.get(name):
            raise PromptError(say("the section [{name}] is missing or empty", name=name))
        _check_names(sections[name])
    mark = "" if is_built_in else "+" + hashlib.sha256(text.encode()).hexdigest()[:8]
    return PromptTemplate(version[1] + mark, sections["system"], sections["user"])


def load_template(path: Path | None) -> PromptTemplate:
    """Return the template in `path`; the one that ships for None.

    Raises:
        PromptError: it cannot be read or used.
    """
    file = path or BUILT_IN
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(
            say("{name} cannot be read ({error})", name=file.name, error=error)
        ) from error
    built_in = path is None or text == BUILT_IN.read_text(encoding="utf-8")
    return parse_template(text, is_built_in=built_in)


def _check_names(text: str) -> None:
    template = string.Template(text)
    if not template.is_valid():
        raise PromptError(say("a dollar sign stands alone; write $$ for a dollar sign"))
    unknown = sorted(set(template.get_identifiers()) - PLACEHOLDERS)
    if unknown:
        known = ", ".join(f"${name}" for name in sorted(PLACEHOLDERS))
        raise PromptError(
            say("{name} is unknown; there are {known}", name=f"${unknown[0]}", known=known)
        )


def _objects(task: AssessmentTask) -> str:
    lines = [_object(item) for item in task.detected_objects[:MAX_OBJECTS]]
    left = len(task.detected_objects) - len(lines)
    if left > 0:
        lines.append(f"- and {left} more")
    return "\n".join(lines) or "- none"


def _object(item: DetectedObject) -> str:
    track = "no id" if item.track_id is None else f"id {item.track_id}"
    left, top, right, bottom = item.bbox
    box = f"{left:.0f} {top:.0f} {right:.0f} {bottom:.0f}"
    speed = ""
    if item.velocity is not None:
        speed = f", moves {item.velocity[0]:.0f} {item.velocity[1]:.0f} pixels/s"
    return f"- {track}, {item.object_class}, {item.confidence:.2f}, box {box}{speed}"


def _pairs(task: AssessmentTask) -> str:
    count = len(task.detected_objects)
    lines = [
        f"- {_ref(task, pair.vehicle_index)} and {_ref(task, pair.person_index)}: "
        f"distance {pair.distance:.2f}, closing {pair.closing_speed:.2f}"
        for pair in task.group_metadata.pairs
        if max(pair.vehicle_index, pair.person_index) < count
    ]
    return "\n".join(lines) or "- none"


def _ref(task: AssessmentTask, index: int) -> str:
    item = task.detected_objects[index]
    return f"{item.object_class} {'' if item.track_id is None else item.track_id}".strip()
