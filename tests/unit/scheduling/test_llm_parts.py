"""Prompt, request, breaker, usage and waiting: each by itself."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.messages import AssessmentTask
from pipeline.scheduling.llm import request
from pipeline.scheduling.llm.breaker import FIRST_S, LONGEST_S, THRESHOLD, Breaker
from pipeline.scheduling.llm.prompt import (
    BUILT_IN,
    MAX_OBJECTS,
    PromptError,
    load_template,
    parse_template,
)
from pipeline.scheduling.llm.transport import retry_after_s
from pipeline.scheduling.llm.usage import Ledger
from pipeline.settings_scheduler import LlmSettings
from tests.support import messages as made
from tests.support.log_guard import ExpectLog

SETTINGS = LlmSettings(base_url="https://llm.example.org/v1", model="m")


# ---------------------------------------------------------------------- prompt
def test_the_prompt_that_ships_tells_of_the_task() -> None:
    prompt = load_template(None).fill(made.task(), "zh_CN")
    assert "简体中文" in prompt.system
    assert "id 7, car" in prompt.user
    assert "distance 0.20, closing 0.40" in prompt.user
    assert "$" not in prompt.system + prompt.user


def test_a_crowd_is_counted_and_not_listed_whole() -> None:
    crowd = tuple(made.person(number) for number in range(MAX_OBJECTS + 5))
    user = load_template(None).fill(made.task(objects=crowd), "en").user
    assert "and 5 more" in user
    assert f"id {MAX_OBJECTS}," not in user


@given(task=made.tasks)
def test_every_task_makes_a_prompt(task: AssessmentTask) -> None:
    assert load_template(None).fill(task, "en").user


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("version: assess-1", "hello"), "first line must be"),
        (("[user]", "[usr]"), r"section \[user\] is missing"),
        (("$language", "$lingo"), r"\$lingo is unknown; there are \$camera"),
        (("$language", "costs 5 $ or"), "a dollar sign stands alone"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(change: tuple[str, str], words: str) -> None:
    text = BUILT_IN.read_text(encoding="utf-8").replace(*change)
    with pytest.raises(PromptError, match=words):
        parse_template(text)


def test_the_version_tells_a_changed_text_from_the_one_that_ships(tmp_path: Path) -> None:
    text = BUILT_IN.read_text(encoding="utf-8")
    own = tmp_path / "prompt.txt"
    own.write_text(text, encoding="utf-8")
    assert load_template(own).version == load_template(None).version == "assess-1"
    own.write_text(text.replace("careful", "bold"), encoding="utf-8")
    assert load_template(own).version.startswith("assess-1+")
    with pytest.raises(PromptError, match="cannot be read"):
        load_template(tmp_path / "none.txt")


# ---------------------------------------------------------------------- request
@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://a.example/v1", "https://a.example/v1/chat/completions"),
        ("https://a.example/v1/", "https://a.example/v1/chat/completions"),
        ("https://a.example/v1/chat/completions", "https://a.example/v1/chat/completions"),
    ],
)
def test_the_address(base_url: str, expected: str) -> None:
    assert request.address(LlmSettings(base_url=base_url, model="m")) == expected


def test_newer_models_want_other_names_for_the_limit_and_no_temperature() -> None:
    first = request.first_dialect(SETTINGS)
    other = request.next_dialect(
        SETTINGS, first, "Unsupported parameter: use 'max_completion_tokens'"
    )
    assert other is not None
    assert other.mode == "json_schema"
    body = json.loads(request.body(SETTINGS, [], other))
    assert body["max_completion_tokens"] == SETTINGS.max_output_tokens
    assert "max_tokens" not in body
    cold = request.next_dialect(SETTINGS, other, "'temperature' does not support 0")
    assert cold is not None
    assert "temperature" not in json.loads(request.body(SETTINGS, [], cold))


def test_a_form_that_the_user_chose_is_kept() -> None:
    fixed = SETTINGS.model_copy(update={"structured_output": "json_object"})
    dialect = request.first_dialect(fixed)
    assert dialect.mode == "json_object"
    assert request.next_dialect(fixed, dialect, "no response_format here") is None


@given(payload=st.binary(max_size=200))
def test_any_payload_is_a_completion_or_refused(payload: bytes) -> None:
    with pytest.raises(request.EnvelopeError):
        request.said(payload)


# ---------------------------------------------------------------------- waiting
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:40 GMT"}, 40.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:10 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(headers, 60.0) == expected


def test_the_breaker_opens_after_failures_in_a_row_and_waits_longer_each_time() -> None:
    breaker = Breaker()
    for _ in range(THRESHOLD - 1):
        breaker.failed(0.0, "500")
    breaker.succeeded()
    for _ in range(THRESHOLD):
        assert breaker.allows(0.0)
        breaker.failed(0.0, "500")
    now_s, waits = 0.0, []
    for _ in range(8):
        assert not breaker.allows(now_s)
        opens_s = breaker.open_until_s
        assert opens_s is not None
        waits.append(opens_s - now_s)
        now_s = opens_s
        assert breaker.allows(now_s)
        breaker.begin()
        assert not breaker.allows(now_s), "one at a time"
        breaker.failed(now_s, "500")
    assert waits[:4] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S]
    assert waits[-1] == LONGEST_S
    breaker.begin()
    breaker.succeeded()
    assert breaker.is_closed


def test_an_outage_of_days_is_waited_out() -> None:
    breaker = Breaker()
    now_s = 0.0
    while now_s < 3 * 86_400:
        breaker.failed(now_s, "500")
        now_s = max(now_s, breaker.open_until_s or 0.0)
        breaker.begin()
    assert breaker.open_until_s == now_s


def test_what_began_before_it_opened_is_no_news() -> None:
    breaker = Breaker()
    for _ in range(THRESHOLD):
        breaker.failed(0.0, "500")
    opens_s = breaker.open_until_s
    for _ in range(50):
        breaker.failed(1.0, "500")
    assert breaker.open_until_s == opens_s
    breaker.begin()
    breaker.gave_up()
    assert breaker.allows(opens_s or 0.0)


# ---------------------------------------------------------------------- usage
def test_usage_is_kept_by_day_and_model_and_shared_by_processes(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    priced = SETTINGS.model_copy(update={"price_input": 1.0, "price_output": 4.0})
    day = [date(2026, 1, 2)]
    first = Ledger(path, priced, lambda: day[0])
    second = Ledger(path, priced.model_copy(update={"model": "n"}), lambda: day[0])
    first.add(1_000_000, 500_000)
    second.add(10, 0)
    first.sync()
    second.sync()
    first.add(0, 1)
    first.sync()
    by_model = {view.model: view for view in first.views()}
    assert by_model["m"].cost == pytest.approx(3.000004)
    assert (by_model["m"].requests, by_model["m"].output_tokens) == (2, 500_001)
    assert by_model["n"].input_tokens == 10
    day[0] = date(2026, 1, 3)
    assert first.views() == ()
    first.add(5, 5)
    first.sync()
    assert [view.input_tokens for view in first.views()] == [5]


def test_a_file_that_cannot_be_written_costs_no_figures(
    tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("WARNING what the model used cannot be kept on disk")
    path = tmp_path / "usage.db"
    path.mkdir()
    ledger = Ledger(path, SETTINGS)
    ledger.add(10, 1)
    ledger.sync()
    ledger.sync()
    assert [view.input_tokens for view in ledger.views()] == [10]
    path.rmdir()
    ledger.sync()
    assert [view.input_tokens for view in ledger.views()] == [10]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT input_tokens FROM usage").fetchall() == [(10,)]
    connection.close()


def test_a_damaged_file_is_kept_aside_and_counting_begins_anew(
    tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("ERROR the counts of what the model used are damaged")
    path = tmp_path / "usage.db"
    path.write_bytes(b"this is no database" * 100)
    ledger = Ledger(path, SETTINGS)
    ledger.add(10, 1)
    ledger.sync()
    again = Ledger(path, SETTINGS)
    again.sync()
    assert [view.input_tokens for view in again.views()] == [10]
    (aside,) = tmp_path.glob("usage.db.damaged-*")
    assert aside.read_bytes().startswith(b"this is no database")


@given(
    requests=st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 500)), max_size=20),
    ceiling=st.integers(1, 30_000),
)
def test_the_ceiling_is_told_before_it_is_broken(
    requests: list[tuple[int, int]], ceiling: int
) -> None:
    limited = SETTINGS.model_copy(update={"daily_tokens": ceiling})
    ledger = Ledger(Path("unused.db"), limited)
    used = 0
    for given_in, given_out in requests:
        if ledger.ceiling(given_in + given_out):
            assert used + given_in + given_out > ceiling
            continue
        ledger.add(given_in, given_out)
        used += given_in + given_out
        assert used <= ceiling
