"""Asking for a newer version: real HTTPS servers, the setting, the button, the notice."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.update_question import UpdateQuestion, ask_at_start
from pipeline.settings import SettingsError, parse_settings
from pipeline.updates import UpdateError, is_newer, look
from tests.support.certificates import make_certificate

pytestmark = pytest.mark.integration

Answer = tuple[int, bytes]


@contextlib.contextmanager
def https(folder: Path, answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """Serve one answer; yields the address and the headers of each request that came."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(f"{self.path}\n{self.headers}")
            self.send_response(answer[0])
            if answer[0] == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(folder, timedelta(days=1)))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, name="updates-server")
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/signalbox.json?key=geheim", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the server's certificate one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    return tmp_path


def told(version: str, url: str = "https://example.org/signalbox") -> Answer:
    return 200, json.dumps({"version": version, "url": url}).encode()


def test_one_request_tells_what_there_is_and_gives_nothing_away(trusted: Path) -> None:
    with https(trusted, told("99.1")) as (url, came):
        update = look(url, "0.1.0")
    assert (update.version, update.url, update.is_newer) == (
        "99.1",
        "https://example.org/signalbox",
        True,
    )
    (request,) = came
    names = {line.partition(":")[0].lower() for line in request.splitlines()[1:] if line}
    assert names == {"accept-encoding", "host", "user-agent", "accept", "connection"}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, b"no"), "127.0.0.1 answered 404"),
        ((302, b""), "127.0.0.1 answered 302"),
        ((200, b"<html>"), "not understood"),
        ((200, b'{"version": 5}'), "not understood"),
        ((200, b'["1.0"]'), "not understood"),
        ((200, b'{"version": "' + b"1" * 70_000 + b'"}'), "not understood"),
    ],
)
def test_an_answer_that_is_none_is_told(trusted: Path, answer: Answer, words: str) -> None:
    with https(trusted, answer) as (url, came), pytest.raises(UpdateError) as failed:
        look(url)
    assert words in str(failed.value)
    assert "geheim" not in str(failed.value)
    assert len(came) == 1


def test_a_server_that_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    with (
        https(tmp_path, told("99")) as (url, came),
        pytest.raises(UpdateError, match="certificate verify failed"),
    ):
        look(url)
    assert came == []


def test_only_a_page_with_https_is_linked(trusted: Path) -> None:
    with https(trusted, told("99", "javascript:alert(1)")) as (url, _):
        assert look(url).url == ""


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("0.2", "0.1.9", True),
        ("0.10.0", "0.9", True),
        ("v1.0", "0.9", True),
        ("0.1", "0.1.0", False),
        ("0.1.0", "0.1.1", False),
        ("1.0rc1", "1.0", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, than: str, *, newer: bool) -> None:
    assert is_newer(version, than) is newer


@pytest.mark.parametrize(
    "table", [{"check": "at_start"}, {"url": "http://example.org"}, {"url": "file:///etc/passwd"}]
)
def test_settings_that_could_not_be_asked_are_refused(table: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="url: must"):
        parse_settings({"updates": table})


def answer_of(widget: UpdateQuestion) -> Callable[[], str]:
    (label,) = widget.findChildren(QLabel)
    return label.text


def test_the_button_asks_and_links(qtbot: QtBot, trusted: Path) -> None:
    with https(trusted, told("99.1", "https://example.org/?a=1&b=2")) as (url, _):
        widget = UpdateQuestion(url)
        qtbot.addWidget(widget)
        widget.show()
        (button,) = widget.findChildren(QPushButton)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        text = answer_of(widget)
        qtbot.waitUntil(lambda: "99.1" in text(), timeout=15_000)
    assert 'href="https://example.org/?a=1&amp;b=2"' in text()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "could not be found out" in text(), timeout=15_000)


def test_without_an_address_nothing_can_be_asked(qtbot: QtBot) -> None:
    widget = UpdateQuestion("")
    qtbot.addWidget(widget)
    (button,) = widget.findChildren(QPushButton)
    assert not button.isEnabled()
    assert "No address to ask is set" in answer_of(widget)()


def test_at_the_start_only_news_is_told(qtbot: QtBot, trusted: Path) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    heard: list[tuple[Callable[[], str], str]] = []

    def tell(words: Callable[[], str], link: str) -> None:
        heard.append((words, link))

    with https(trusted, told("0.0.1")) as (url, came):
        ask_at_start(owner, url, tell)
        qtbot.waitUntil(lambda: len(came) == 1, timeout=15_000)
    with https(trusted, told("99.2")) as (url, _):
        ask_at_start(owner, url, tell)
        qtbot.waitUntil(lambda: bool(heard), timeout=15_000)
    ((words, link),) = heard
    assert "99.2" in words()
    assert link == "https://example.org/signalbox"
