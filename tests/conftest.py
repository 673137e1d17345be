"""What every test gets: its own folders, a watched log, no thread left behind, no real screen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from pipeline.redact import forget_secrets
from tests.support.log_guard import ExpectLog, watched_logs
from tests.support.thread_guard import no_thread_left

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# The credential store of whoever runs the tests is not theirs to touch.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

HOME_VARIABLE = "SIGNALBOX_HOME"

SLOW_TIMEOUT_S = 600
"""What takes 40 s alone took more than the usual 120 on a machine that did four things at once."""

# Two busy cores decide how long an example takes; the same examples on every machine.
hypothesis.settings.register_profile("signalbox", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "signalbox"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give slow tests more time, unless they say themselves how long they may take."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT_S))


@pytest.fixture(scope="session", autouse=True)
def _never_the_users_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fixtures that live longer than a test must not find the user's folders either."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(tmp_path_factory.mktemp("session-home")))
        yield


@pytest.fixture(autouse=True)
def signalbox_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of this test's settings, logs and data; empty at its start."""
    home = tmp_path / "signalbox-home"
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    return home


@pytest.fixture(autouse=True)
def _no_secret_of_another_test() -> Iterator[None]:
    yield
    forget_secrets()


@pytest.fixture(autouse=True)
def expect_log() -> Iterator[ExpectLog]:
    """Announces log messages; any other at WARNING or above fails the test."""
    with watched_logs() as expected:
        yield expected
    problems = expected.problems()
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.fixture(autouse=True)
def _no_thread_left(expect_log: ExpectLog) -> Iterator[None]:
    with no_thread_left():
        yield
