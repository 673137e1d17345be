"""The rig itself: what hangs or dies in it is told, and holds nothing up for ever."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.windows import wine as rig
from tests.windows.reading import Reader
from tests.windows.wine import Wine, at_most, windows_path

pytestmark = [pytest.mark.windows, at_most(300)]

READING_S = 10.0
WITH_TROUBLE = """
#include <windows.h>
#include <stdio.h>

int main(void)
{
    puts("Button\\t1\\t\\tbefore");
    fflush(stdout);
    if (DeleteFileA("C:\\\\trouble"))
        %s
    puts("Button\\t1\\t\\tafter\\nEND");
    return 0;
}
"""
"""Says half of what it has to while a file is there, which it takes away."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is told meanwhile, and not at the end of the run."""
    texts: list[str] = []
    monkeypatch.setattr(rig, "TOLD", texts)
    return texts


@pytest.mark.parametrize(
    ("trouble", "text"),
    [("return 7;", "it ended early"), ("Sleep(INFINITE);", f"it hung for {READING_S:.0f} s")],
    ids=["ends", "hangs"],
)
def test_a_reading_with_trouble_is_told_and_done_anew(
    wine: Wine, tmp_path: Path, told: list[str], trouble: str, text: str
) -> None:
    source = tmp_path / "trouble.c"
    source.write_text(WITH_TROUBLE % trouble, encoding="ascii")
    reader = Reader(wine, tmp_path, source=source, reading_s=READING_S)
    (wine.drive / "trouble").touch()
    assert [part.text for part in reader.until("after")] == ["before", "after"]
    (said,) = told
    assert text in said
    assert "before" in said


def test_what_is_not_shown_is_waited_for_no_longer_than_asked(wine: Wine, tmp_path: Path) -> None:
    source = tmp_path / "trouble.c"
    source.write_text(WITH_TROUBLE % "return 7;", encoding="ascii")
    reader = Reader(wine, tmp_path, source=source, reading_s=READING_S)
    began_s = time.monotonic()
    with pytest.raises(AssertionError, match="'never' is not in"):
        reader.until("never", timeout_s=3)
    assert time.monotonic() - began_s < 3 + READING_S + rig.KILL_TIMEOUT_S


def test_a_program_that_goes_on_is_killed_with_what_it_said(wine: Wine, tmp_path: Path) -> None:
    source = tmp_path / "trouble.c"
    source.write_text(WITH_TROUBLE % "Sleep(INFINITE);", encoding="ascii")
    Reader(wine, tmp_path, source=source)  # builds it
    (wine.drive / "trouble").touch()
    program = wine.start(windows_path(tmp_path / "windows.exe"))
    rig.wait_until(lambda: "before" in program.output, 60, "its first words")
    with pytest.raises(AssertionError, match=r"ran longer than 1 s: Button.*before"):
        program.wait(1)
    assert not program.is_running
