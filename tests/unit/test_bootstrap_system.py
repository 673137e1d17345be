"""System libraries: what is missing is named with its package, and what is there is found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import debian, system_libraries
from bootstrap.messages import SetupError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

ABSENT = {"libsignalbox-has-no-such.so.1": "libsignalbox-none"}


@pytest.fixture
def one_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "VIDEO", ABSENT)
    monkeypatch.setattr(debian, "can_install", lambda: False)
    # The library above is made up: what really matters works on this machine.
    monkeypatch.setattr(system_libraries, "_works_nevertheless", lambda **_: False)


@pytest.mark.usefixtures("one_is_missing")
@pytest.mark.parametrize(
    ("is_debian", "words"),
    [(True, "sudo apt-get install libsignalbox-none"), (False, "packages of your distribution")],
)
def test_a_missing_library_is_named(
    is_debian: bool, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "is_debian_like", lambda: is_debian)
    with pytest.raises(SetupError) as caught:
        system_libraries.ensure_libraries(window=False)
    assert "libsignalbox-has-no-such.so.1" in str(caught.value)
    assert words in str(caught.value)


def test_libraries_that_the_environment_carries_itself_will_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(system_libraries, "VIDEO", ABSENT)
    system_libraries.ensure_libraries(window=False)


def test_a_font_is_found() -> None:
    fonts: Iterator[Path] = system_libraries._fonts()
    assert next(fonts).suffix.lower() in system_libraries.FONT_SUFFIXES
