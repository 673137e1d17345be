"""Times of alarms, as people's clocks show them."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest

from console.alarm_words import local_midnight


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has one zone for all processes")
@pytest.mark.parametrize(
    ("day", "began"),
    [
        ("2026-03-28", "2026-03-27T23:00"),
        ("2026-03-29", "2026-03-28T23:00"),  # summer time begins in its night
        ("2026-03-30", "2026-03-29T22:00"),
        ("2026-10-25", "2026-10-24T22:00"),  # and ends
        ("2026-10-26", "2026-10-25T23:00"),
    ],
)
def test_a_day_begins_by_the_clock_of_its_first_hour(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, day: str, began: str
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    request.addfinalizer(time.tzset)
    request.addfinalizer(monkeypatch.undo)
    expected = datetime.fromisoformat(began).replace(tzinfo=UTC)
    assert local_midnight(date.fromisoformat(day)) == expected
