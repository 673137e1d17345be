"""What the test command tells pytest."""

from __future__ import annotations

from commands.test import in_parallel, pytest_arguments


def test_without_arguments_everything_runs_several_at_once() -> None:
    assert pytest_arguments([]) == in_parallel()


def test_arguments_go_on_as_they_are() -> None:
    assert pytest_arguments(["-m", "slow", "-n", "2"]) == ("-m", "slow", "-n", "2")


def test_the_quick_ones_are_neither_pictures_nor_whole_systems() -> None:
    told = pytest_arguments(["--quick", "-k", "name"])
    assert told[:2] == ("tests/unit", "tests/gui")
    (marked,) = [told[place + 1] for place, word in enumerate(told) if word == "-m"]
    assert all(f"not {mark}" in marked for mark in ("integration", "slow", "gallery"))
    assert "-n" in told
    assert told[-2:] == ("-k", "name")
