"""Which log records an export takes."""

from __future__ import annotations

from datetime import datetime

import pytest

from pipeline.support_selection import LogSelection

FILE = """\
left over by a rotation
2026-01-02 03:04:05.000 | INFO     | a:b:1 - began
2026-01-02 03:05:05.000 | ERROR    | a:b:1 - Broker gone
Traceback
  broken pipe
2026-01-02 03:06:05.000 | WARNING  | a:b:1 - late
"""


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (LogSelection(), ["left", "began", "Broker", "late"]),
        (LogSelection(min_level="WARNING"), ["Broker", "late"]),
        (LogSelection(since=datetime(2026, 1, 2, 3, 5)), ["Broker", "late"]),  # noqa: DTZ001
        (LogSelection(until=datetime(2026, 1, 2, 3, 5)), ["left", "began"]),  # noqa: DTZ001
        # Both ends belong to the span.
        (LogSelection(since=datetime(2026, 1, 2, 3, 5, 5)), ["Broker", "late"]),  # noqa: DTZ001
        (LogSelection(until=datetime(2026, 1, 2, 3, 5, 5)), ["left", "began", "Broker"]),  # noqa: DTZ001
        (LogSelection(text="BROKER"), ["Broker"]),
        (LogSelection(text="broken pipe"), ["Broker"]),
        (LogSelection(text="^(began|late)$", regex=True), ["left", "began", "late"]),
        (LogSelection(text="(", regex=True), ["left", "began", "Broker", "late"]),
    ],
)
def test_records_are_taken_whole(selection: LogSelection, expected: list[str]) -> None:
    text = selection.cut(FILE)
    assert [word for word in ("left", "began", "Broker", "late") if word in text] == expected
    assert ("Traceback" in text) == ("Broker" in text)
