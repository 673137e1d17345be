"""Telling of alarms by webhook and mail: what is sent, and sending it once. Blocks; own thread."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from email.message import EmailMessage
from typing import Final

from pipeline.messages import RiskAlert, encode, utc_now
from pipeline.secrets import SecretError, resolve
from pipeline.settings_alarms import MailSettings, WebhookSettings
from pipeline.texts import Text, say

SIGNATURE_HEADER: Final = "X-Signalbox-Signature"
TIME_HEADER: Final = "X-Signalbox-Timestamp"

_CLIENT_ERRORS: Final = range(400, 500)
_WORTH_RETRYING: Final = frozenset({408, 425, 429})


class NoticeError(RuntimeError):
    """A notice was not taken.

    Attributes:
        retriable: whether trying again may help.
    """

    def __init__(self, text: Text, *, retriable: bool) -> None:
        super().__init__(text)
        self.retriable = retriable


def _secret(reference: str) -> str:
    """Return the secret that is referred to; empty where none is."""
    try:
        return resolve(reference) if reference else ""
    except SecretError as error:
        text = say("{error}. {next_step}", error=error, next_step=error.next_step)
        raise NoticeError(text, retriable=False) from error


def _context(ca_file: str) -> ssl.SSLContext:
    """Return what checks certificates: by the system's authorities and those of `ca_file`."""
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise NoticeError(
                say(
                    "the certificates in {file} cannot be used: {error}", file=ca_file, error=error
                ),
                retriable=False,
            ) from error
    return context


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return ``sha256=`` and the hex HMAC-SHA256 of ``timestamp.body``.

    The time is signed along, so that a recorded request cannot be sent again later.
    """
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return "sha256=" + mac.hexdigest()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signed request goes where the settings say and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        return None


def post(settings: WebhookSettings, alert: RiskAlert) -> None:
    """Post an alert to the webhook: the JSON of the topic ``risk-alerts``.

    Raises:
        NoticeError: it was not taken.
    """
    body = encode(alert)
    headers = {"Content-Type": "application/json", "User-Agent": "Signalbox"}
    secret = _secret(settings.secret)
    if secret:
        headers[TIME_HEADER] = str(int(time.time()))
        headers[SIGNATURE_HEADER] = signature(secret, headers[TIME_HEADER], body)
    # http and https only: the settings take no other address.
    request = urllib.request.Request(settings.url, body, headers, method="POST")
    https = urllib.request.HTTPSHandler(context=_context(settings.ca_file))
    opener = urllib.request.build_opener(_NoRedirect, https)
    try:
        with opener.open(request, timeout=settings.timeout_s):
            return
    except urllib.error.HTTPError as error:
        error.close()
        helps = error.code not in _CLIENT_ERRORS or error.code in _WORTH_RETRYING
        raise NoticeError(
            say("the webhook answered {status}", status=error.code), retriable=helps
        ) from None
    except (OSError, ValueError) as error:
        # Not the address: it may hold a token.
        reason = getattr(error, "reason", error)
        raise NoticeError(
            say("the webhook cannot be reached: {reason}", reason=reason), retriable=True
        ) from None
    except http.client.HTTPException as error:
        raise NoticeError(
            say("the webhook did not speak HTTP ({error})", error=type(error).__name__),
            retriable=True,
        ) from None


def mail(settings: MailSettings, alert: RiskAlert) -> None:
    """Send an alert through the mail server.

    Raises:
        NoticeError: the server did not take it.
    """
    message = letter(settings, alert)
    password = _secret(settings.password)
    timeout_s = settings.timeout_s
    try:
        if settings.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host,
                settings.port,
                timeout=timeout_s,
                context=_context(settings.ca_file),
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=timeout_s)
        with server:
            if settings.security == "starttls":
                server.starttls(context=_context(settings.ca_file))
            if settings.user:
                _log_in(server, settings.user, password)
            server.send_message(message)
    except smtplib.SMTPAuthenticationError as error:
        raise NoticeError(
            say("the mail server refuses the user or password ({code})", code=error.smtp_code),
            retriable=False,
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        raise NoticeError(
            say("the mail server cannot do this: {error}", error=error), retriable=False
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NoticeError(
            say("the mail was not taken: {error}", error=error), retriable=True
        ) from None


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    try:
        server.login(user, password)
    except UnicodeError:
        # Python's client knows no other; the error's own words would quote the password.
        raise NoticeError(
            say(
                "user and password of a mail server may hold ASCII only; "
                "give this account a password of Latin letters, digits and signs"
            ),
            retriable=False,
        ) from None


def sample_alert() -> RiskAlert:
    """Return an alert that says that it is none."""
    now = utc_now()
    return RiskAlert(
        alarm_id=f"test-{now:%Y%m%d%H%M%S}",
        camera_id="test",
        request_id="test",
        group_index=0,
        risk_level="high",
        confidence=1.0,
        risk_types=("test",),
        description="This is a test of Signalbox. Nothing has happened.",
        assessor="rules",
        first_seen=now,
        last_seen=now,
    )


def letter(settings: MailSettings, alert: RiskAlert) -> EmailMessage:
    """Return the mail about an alert."""
    message = EmailMessage()
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.recipients)
    # Names come over Kafka from whoever detects there, and a header has one line.
    kind = " ".join((alert.risk_types or ("risk",))[0].split())
    camera = " ".join(alert.camera_id.split())
    message["Subject"] = f"[Signalbox] {alert.risk_level.upper()}: {kind}, {camera}"[:200]
    message.set_content(
        f"Camera: {alert.camera_id}\nLevel: {alert.risk_level}\n"
        f"First seen: {alert.first_seen.isoformat(timespec='seconds')}\n"
        f"Judged by: {alert.assessor}\n\n{alert.description}\n\nAlarm {alert.alarm_id}\n"
    )
    return message
