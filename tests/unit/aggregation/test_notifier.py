"""Notifiers against a real HTTP server and a real SMTP server on this machine."""

from __future__ import annotations

import gc
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller

from pipeline.aggregation.notices import NoticeError, letter, mail, post, signature
from pipeline.aggregation.notifier import WAITING, Notifier
from pipeline.messages import RiskAlert, RiskLevel, decode
from pipeline.settings_alarms import MailSettings, WebhookSettings
from tests.support import messages as made
from tests.support.log_guard import ExpectLog
from tests.support.stages import wait_until

SECRET = "planted-secret-4711"


def alert(name: str = "alarm-1", level: RiskLevel = "high") -> RiskAlert:
    return RiskAlert(
        alarm_id=name,
        camera_id="cam-1",
        request_id="request-1",
        group_index=0,
        risk_level=level,
        confidence=0.8,
        risk_types=("vehicle-pedestrian-conflict",),
        description="Contact in 1.1 s.",
        assessor="rules",
        first_seen=made.NOON,
        last_seen=made.NOON,
    )


@contextmanager
def web_server(*answers: int) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Answer with the given codes, then with 204; give the address and what was received."""
    left = list(answers)
    received: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((dict(self.headers), body))
            self.send_response(left.pop(0) if left else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hook", received
        finally:
            server.shutdown()
            thread.join()


def test_a_webhook_gets_the_alert_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    with web_server() as (url, received):
        post(WebhookSettings(url=url, secret="env:HOOK"), alert())
    ((headers, body),) = received
    assert decode(body, RiskAlert) == alert()
    stamp = headers["X-Signalbox-Timestamp"]
    assert headers["X-Signalbox-Signature"] == signature(SECRET, stamp, body)
    assert SECRET not in str(headers)


@pytest.mark.parametrize(("code", "retriable"), [(500, True), (429, True), (404, False)])
def test_what_a_webhook_refuses(code: int, retriable: bool) -> None:
    with web_server(code) as (url, _), pytest.raises(NoticeError, match=str(code)) as caught:
        post(WebhookSettings(url=url), alert())
    assert caught.value.retriable is retriable


def test_a_redirect_is_not_followed() -> None:
    with web_server(302) as (url, received), pytest.raises(NoticeError, match="302"):
        post(WebhookSettings(url=url), alert())
    assert len(received) == 1


def test_a_secret_that_is_not_there_is_named_by_its_reference() -> None:
    with pytest.raises(NoticeError, match="env:NO_SUCH_THING"):
        post(WebhookSettings(url="http://127.0.0.1:9/", secret="env:NO_SUCH_THING"), alert())


def test_a_secret_in_place_of_its_reference_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValueError, match="reference") as caught:
        WebhookSettings(url="http://h/", secret=SECRET)
    assert SECRET not in caught.value.errors()[0]["msg"]  # type: ignore[attr-defined]


def test_a_notifier_tries_again_until_it_is_taken() -> None:
    with web_server(500, 503) as (url, received):
        settings = WebhookSettings(url=url)
        notifier = Notifier("webhook", lambda one: post(settings, one), "low", first_pause_s=0.01)
        assert notifier.offer(alert())
        wait_until("it is taken", lambda: len(received) == 3)
        notifier.stop()
        notifier.join()


def test_a_notifier_gives_up_what_is_refused_and_goes_on(expect_log: ExpectLog) -> None:
    expect_log("ERROR webhook: alarm first was not told: the webhook answered 400")
    with web_server(400) as (url, received):
        settings = WebhookSettings(url=url)
        notifier = Notifier("webhook", lambda one: post(settings, one), "medium")
        assert not notifier.offer(alert("calm", "low"))
        assert notifier.offer(alert("first"))
        assert notifier.offer(alert("second"))
        wait_until("the second is told", lambda: len(received) == 2)
        notifier.stop()
        notifier.join()


def test_a_receiver_that_hangs_holds_nobody_up(expect_log: ExpectLog) -> None:
    expect_log("WARNING slow: alarm .* is not told, too many wait")
    expect_log("WARNING slow: .* alarms were not told before the stop")
    go_on, begun = threading.Event(), threading.Event()

    def hang(_: RiskAlert) -> None:
        begun.set()
        go_on.wait()

    notifier = Notifier("slow", hang, "low")
    assert notifier.offer(alert())
    assert begun.wait(5)
    taken = [notifier.offer(alert(str(number))) for number in range(WAITING + 1)]
    assert taken == [True] * WAITING + [False]
    notifier.stop()
    go_on.set()
    notifier.join()


def test_a_mail_arrives() -> None:
    letters: list[Any] = []

    class Box:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            letters.append(envelope)
            return "250 OK"

    controller = Controller(Box(), hostname="127.0.0.1", port=0)
    controller.port = _free_port()
    controller.start()
    try:
        mail(_mail(controller.port), alert())
    finally:
        controller.stop()
        # aiosmtpd leaves the writer of a connection that was hung up to the garbage collector.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del controller
            gc.collect()
    (envelope,) = letters
    assert envelope.rcpt_tos == ["ops@example.org"]
    assert b"Contact in 1.1 s." in envelope.content
    assert b"Subject: [Signalbox] HIGH: vehicle-pedestrian-conflict, cam-1" in envelope.content


def test_a_mail_server_that_is_away_is_tried_again() -> None:
    with pytest.raises(NoticeError, match="not taken") as caught:
        mail(_mail(_free_port()), alert())
    assert caught.value.retriable


def test_no_header_can_be_smuggled_into_a_mail() -> None:
    sly = msgspec.structs.replace(alert(), risk_types=("x\r\nBcc: all@example.org",))
    assert letter(_mail(25), sly)["Bcc"] is None


def _mail(port: int) -> MailSettings:
    return MailSettings(
        host="127.0.0.1",
        port=port,
        security="none",
        sender="box@example.org",
        recipients=("ops@example.org",),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
