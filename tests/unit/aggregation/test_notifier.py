"""Notifiers against a real HTTP server and a real SMTP server on this machine."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from pipeline.aggregation.notices import NoticeError, letter, mail, post, sample_alert, signature
from pipeline.aggregation.notifier import WAITING, Notifier
from pipeline.messages import RiskAlert, RiskLevel, decode
from pipeline.settings_alarms import MailSettings, WebhookSettings
from tests.support import messages as made
from tests.support.certificates import make_certificate
from tests.support.log_guard import ExpectLog
from tests.support.stages import wait_until
from tests.support.web_server import web_server

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


def test_a_notifier_outlives_what_nobody_thought_of(expect_log: ExpectLog) -> None:
    expect_log("ERROR odd: alarm first was not told: RecursionError")
    told: list[str] = []

    def send(one: RiskAlert) -> None:
        if one.alarm_id == "first":
            raise RecursionError
        told.append(one.alarm_id)

    notifier = Notifier("odd", send, "low")
    notifier.offer(alert("first"))
    notifier.offer(alert("second"))
    wait_until("the second is told", lambda: told == ["second"])
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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"), timedelta(days=3))


@contextmanager
def mail_server(
    certificate: tuple[Path, Path], security: str
) -> Iterator[tuple[MailSettings, list[Any]]]:
    """A mail server that wants encryption and a login; give settings for it, and what came."""
    letters: list[Any] = []

    class Box:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            letters.append(envelope)
            return "250 OK"

    def check(_server: Any, _session: Any, _envelope: Any, _how: Any, login: Any) -> AuthResult:
        is_right = (login.login, login.password) == (b"box", SECRET.encode())
        return AuthResult(success=is_right, handled=False, auth_data=login)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    is_upgraded = security == "starttls"
    controller = Controller(
        Box(),
        hostname="127.0.0.1",
        port=_free_port(),
        authenticator=check,
        # With TLS from the start, aiosmtpd does not know that the way is protected.
        auth_required=is_upgraded,
        auth_require_tls=is_upgraded,
        require_starttls=is_upgraded,
        ssl_context=None if is_upgraded else context,
        tls_context=context if is_upgraded else None,
    )
    controller.start()
    try:
        settings = MailSettings(
            host="127.0.0.1",
            port=controller.port,
            security="tls" if security == "tls" else "starttls",
            user="box",
            password="env:MAIL_PASSWORD",
            sender="box@example.org",
            recipients=("ops@example.org", "boss@example.org"),
            ca_file=str(certificate[0]),
        )
        yield settings, letters
    finally:
        controller.stop()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del controller
            gc.collect()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mail_goes_over_an_encrypted_way_with_a_login(
    certificate: tuple[Path, Path],
    security: str,
    monkeypatch: pytest.MonkeyPatch,
    expect_log: ExpectLog,
) -> None:
    expect_log("Session.login_data is deprecated", maybe=True)  # of aiosmtpd, by itself
    expect_log("SMTP session exception", maybe=True)  # the client does not trust it, as it should
    monkeypatch.setenv("MAIL_PASSWORD", SECRET)
    with mail_server(certificate, security) as (settings, letters):
        mail(settings, sample_alert())
        monkeypatch.setenv("MAIL_PASSWORD", "another")
        with pytest.raises(NoticeError, match="refuses the user or password") as refused:
            mail(settings, sample_alert())
        assert not refused.value.retriable
        monkeypatch.setenv("MAIL_PASSWORD", "passw\u00f6rter")
        with pytest.raises(NoticeError, match="ASCII only") as refused:
            mail(settings, sample_alert())
        assert not refused.value.retriable
        with pytest.raises(NoticeError, match="certificate verify failed"):
            mail(settings.model_copy(update={"ca_file": ""}), sample_alert())
        with pytest.raises(NoticeError, match=r"no/such\.pem cannot be used"):
            mail(settings.model_copy(update={"ca_file": "no/such.pem"}), sample_alert())
    (envelope,) = letters
    assert envelope.rcpt_tos == ["ops@example.org", "boss@example.org"]
    assert b"Nothing has happened" in envelope.content


def test_a_mail_server_that_is_away_is_tried_again() -> None:
    with pytest.raises(NoticeError, match="not taken") as caught:
        mail(_mail(_free_port()), alert())
    assert caught.value.retriable


def test_no_header_can_be_smuggled_into_a_mail() -> None:
    sly = msgspec.structs.replace(alert(), risk_types=("x\r\nBcc: all@example.org",))
    assert letter(_mail(25), sly)["Bcc"] is None
    sly = msgspec.structs.replace(alert(), camera_id="x\r\nBcc: all@example.org")
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
