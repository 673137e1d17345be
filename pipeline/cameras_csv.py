"""Lists of cameras as CSV: what an import would do, line by line, and the way out again.

The first line names the columns. Cameras are matched by `id`; cells that are empty, and columns
that are not there, change nothing, so areas and schedules of a camera stay as they are. Exports
hold no credentials; a source that still says so on its way back keeps those that are known.
"""

from __future__ import annotations

import csv
import difflib
import io
import locale
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.redact import MASK, redact_text
from pipeline.settings_cameras import CameraSettings
from pipeline.settings_problems import problem_of
from pipeline.texts import Text, say

COLUMNS: Final = (
    "id",
    "name",
    "source",
    "enabled",
    "loop",
    "real_time",
    "start_offset_s",
    "detections_per_second",
    "assess_interval_s",
)
SWITCHES: Final = ("enabled", "loop", "real_time")
DELIMITERS: Final = ",;\t"
MAX_CAMERAS: Final = 1000
_YES: Final = frozenset({"1", "yes", "y", "true", "on", "是", "开"})
_NO: Final = frozenset({"0", "no", "n", "false", "off", "否", "关"})
_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9._-]+")

Action = Literal["new", "changed", "same", "refused"]


class CsvError(ValueError):
    """The list as a whole cannot be read; the text says why and what would be right."""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What becomes of one line.

    Attributes:
        line: its number in the file, from 1; the header is usually 1.
        camera: as it will be; None when it is refused.
        told: id, name or source as they were written, for people, without credentials.
        problems: why it is refused.
    """

    line: int
    action: Action
    camera: CameraSettings | None
    told: str
    problems: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import does.

    Attributes:
        rows: one for each line with something in it.
        cameras: all cameras afterwards: those there are, in their order, then the new ones.
    """

    rows: tuple[PlannedRow, ...]
    cameras: tuple[CameraSettings, ...]

    def count(self, action: Action) -> int:
        """Return how many lines come to `action`."""
        return sum(row.action == action for row in self.rows)


def free_id(name: str, taken: Iterable[str]) -> str:
    """Return an id made from `name` that is not in `taken`."""
    used = set(taken)
    base = _NOT_IN_IDS.sub("-", name).strip("-.").lower()[:48] or "camera"
    number = 2
    wanted = base
    while wanted in used:
        wanted = f"{base}-{number}"
        number += 1
    return wanted


def decode_csv(data: bytes) -> str:
    """Return the text of a file, whichever of the usual ways a spreadsheet saved it.

    Raises:
        CsvError: its letters cannot be told.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", locale.getencoding()]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CsvError(say("the letters of the file cannot be told; save it as “CSV UTF-8”"))


def plan_import(text: str, existing: Sequence[CameraSettings]) -> ImportPlan:
    """Return what importing the list `text` into the `existing` cameras would do.

    Raises:
        CsvError: there is no header, or it names no column that helps.
    """
    reader, columns = _open(text)
    cameras = {camera.id: camera for camera in existing}
    rows: list[PlannedRow] = []
    seen: dict[str, int] = {}
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) >= MAX_CAMERAS:
                raise CsvError(say("more than {limit} cameras in one list", limit=MAX_CAMERAS))
            row = _planned(cells, columns, reader.line_num, cameras, seen)
            rows.append(row)
            if row.camera is not None:
                seen[row.camera.id] = row.line
                cameras[row.camera.id] = row.camera
    except csv.Error as error:
        raise CsvError(
            say(
                "line {line}: a quotation mark is not closed, or stands in a wrong place ({error})",
                line=reader.line_num,
                error=error,
            )
        ) from error
    if not rows:
        raise CsvError(say("there is no camera below the header"))
    return ImportPlan(tuple(rows), tuple(cameras.values()))


def export_csv(cameras: Iterable[CameraSettings]) -> str:
    """Return the cameras as CSV, without areas, schedules and credentials."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for camera in cameras:
        values = camera.model_dump()
        values["source"] = redact_text(camera.source)
        writer.writerow(
            ("yes" if values[name] else "no") if name in SWITCHES else _cell(values[name])
            for name in COLUMNS
        )
    return out.getvalue()


def _cell(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _open(text: str) -> tuple[Any, list[str]]:
    """Return a reader that stands behind the header, and the columns.

    Raises:
        CsvError: the header cannot be used.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next((row for row in reader if any(cell.strip() for cell in row)), [])
    except csv.Error as error:
        raise CsvError(
            say(
                "line {line}: a quotation mark is not closed, or stands in a wrong place ({error})",
                line=reader.line_num,
                error=error,
            )
        ) from error
    columns = [cell.strip().lower().replace(" ", "_") for cell in header]
    if not {"name", "source"} & set(columns):
        raise CsvError(
            say(
                "the first line must name the columns, such as id,name,source; known columns: {names}",
                names=", ".join(COLUMNS),
            )
        )
    for column in columns:
        if column and column not in COLUMNS:
            close = difflib.get_close_matches(column, COLUMNS, n=1)
            told = redact_text(column)
            raise CsvError(
                say("unknown column {column}; did you mean {name}?", column=told, name=close[0])
                if close
                else say(
                    "unknown column {column}; known: {names}", column=told, names=", ".join(COLUMNS)
                )
            )
        if column and columns.count(column) > 1:
            raise CsvError(say("the column {column} is there more than once", column=column))
    return reader, columns


def _planned(
    cells: list[str],
    columns: list[str],
    line: int,
    cameras: dict[str, CameraSettings],
    seen: dict[str, int],
) -> PlannedRow:
    values: dict[str, Any] = {
        column: cell.strip()
        for column, cell in zip(columns, cells, strict=False)
        if column and cell.strip()
    }
    told = redact_text(values.get("name") or values.get("id") or values.get("source") or "")
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        problem = say("more cells than the header has columns")
        return PlannedRow(line, "refused", None, told, (problem,))
    if "id" not in values:
        values["id"] = free_id(values.get("name", ""), cameras)
    if values["id"] in seen:
        problem = say(
            "the id {id} was already in line {line}", id=values["id"], line=seen[values["id"]]
        )
        return PlannedRow(line, "refused", None, told, (problem,))
    before = cameras.get(values["id"])
    problems = _convert(values, before)
    table = (before.model_dump() if before is not None else {}) | values
    if before is None and "name" not in values:
        table["name"] = values["id"]
    camera = None
    try:
        camera = CameraSettings.model_validate(table)
    except ValidationError as error:
        problems += [_explain(problem) for problem in error.errors(include_input=False)]
    if problems or camera is None:
        return PlannedRow(line, "refused", None, told, tuple(problems))
    if before is None:
        return PlannedRow(line, "new", camera, told)
    return PlannedRow(line, "same" if camera == before else "changed", camera, told)


def _convert(values: dict[str, Any], before: CameraSettings | None) -> list[Text]:
    """Turn switches into truth values and put known credentials back; return what is wrong."""
    problems: list[Text] = []
    for name in SWITCHES:
        word = values.get(name, "").lower()
        if word in _YES | _NO:
            values[name] = word in _YES
        elif word:
            problems.append(say("{place}: {problem}", place=name, problem=say("write yes or no")))
            del values[name]
    source = values.get("source", "")
    if MASK in source:
        if before is not None and redact_text(before.source) == source:
            values["source"] = before.source
        else:
            problem = say("write user name and password in place of {mask}", mask=MASK)
            problems.append(say("{place}: {problem}", place="source", problem=problem))
    for name in ("start_offset_s", "detections_per_second", "assess_interval_s"):
        if re.fullmatch(r"\d+,\d+", values.get(name, "")):
            values[name] = values[name].replace(",", ".")
    return problems


def _explain(details: ErrorDetails) -> Text:
    problem = problem_of(details)
    place = ".".join(str(part) for part in problem.place)
    if not place:
        return problem.text
    return say("{place}: {problem}", place=place, problem=problem.text)
