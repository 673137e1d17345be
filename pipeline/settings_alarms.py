"""Settings of what alarms do by themselves: maintenance, escalation, closing, telling, keeping."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field, model_validator

from pipeline.secrets import is_reference
from pipeline.settings_section import MAX_SECONDS, Seconds, Section, SettingError
from pipeline.texts import say

CA_WORDS = "PEM file of authorities to trust besides the system's; empty: none."
AlarmLevel = Literal["low", "medium", "high"]
WEEK: Final = timedelta(weeks=1)


def _check_reference(name: str, text: str) -> None:
    # The text itself is not repeated: it may be the secret.
    if text and not is_reference(text):
        raise SettingError(say("must be a reference such as env:NAME or keyring:NAME"), name)


class MaintenanceWindow(Section):
    """A time in which nobody wants alarms; verdicts are stored all the same."""

    camera: str = Field(default="", description="Camera id; empty: all cameras.")
    begin: AwareDatetime = Field(description="From when on, with its time zone.")
    end: AwareDatetime = Field(description="Until when.")
    weekly: bool = Field(
        default=False,
        description="Again every week, at the same time of this machine's clock, summer or winter.",
    )
    reason: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.end <= self.begin:
            raise SettingError(say("must be later than the begin"), "end")
        if self.weekly and self.end - self.begin >= WEEK:
            raise SettingError(
                say("must be less than a week after the begin of a weekly time"), "end"
            )
        return self

    def covers(self, camera_id: str, moment: datetime) -> bool:
        """Return whether it holds for a camera at a moment."""
        return self.camera in {"", camera_id} and self.is_at(moment)

    def is_at(self, moment: datetime) -> bool:
        """Return whether it holds at a moment, for the cameras that it is for."""
        if not self.weekly or moment < self.begin:
            return self.begin <= moment < self.end
        begin, end = _local(self.begin), _local(self.end)
        return (_local(moment) - begin) % WEEK < end - begin

    def is_over(self, moment: datetime) -> bool:
        """Return whether it will never hold again from a moment on."""
        return not self.weekly and self.end <= moment


def _local(moment: datetime) -> datetime:
    """Return what this machine's clock shows then, so that weeks are as long as people's."""
    return moment.astimezone().replace(tzinfo=None)


class WebhookSettings(Section):
    """Where alarms are posted to as JSON."""

    url: str = Field(default="", description="http:// or https:// address; empty: none.")
    secret: str = Field(
        default="",
        description="Where the signing secret is: `env:NAME` or `keyring:NAME`, never the secret.",
    )
    level: AlarmLevel = Field(default="medium", description="Lowest level that is told.")
    ca_file: str = Field(default="", description=CA_WORDS)
    timeout_s: Seconds = Field(default=10.0, description="Longest wait for an answer.")

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        parts = urlsplit(self.url)
        if self.url and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise SettingError(say("must begin with http:// or https:// and name a host"), "url")
        _check_reference("secret", self.secret)
        return self


class MailSettings(Section):
    """The mail server that alarms are sent through."""

    host: str = Field(default="", description="SMTP server; empty: no mail.")
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = Field(
        default="",
        description="Where the password is: `env:NAME` or `keyring:NAME`, never the password.",
    )
    sender: str = ""
    recipients: tuple[str, ...] = ()
    level: AlarmLevel = Field(default="high", description="Lowest level that is told.")
    ca_file: str = Field(default="", description=CA_WORDS)
    timeout_s: Seconds = Field(default=15.0, description="Longest wait for an answer.")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.host and not (self.sender and self.recipients):
            missing = "recipients" if self.sender else "sender"
            raise SettingError(say("must be given where there is a mail server"), missing)
        for name, texts in (("sender", (self.sender,)), ("recipients", self.recipients)):
            if any("\n" in text or "\r" in text for text in texts):
                raise SettingError(say("an address must be on one line"), name)
        _check_reference("password", self.password)
        return self


MAX_DAYS: Final = 365_000.0
"""A thousand years stand for ever; counted back from now, there must still be a date."""


class StorageSettings(Section):
    """How long what the aggregator stores is kept."""

    keep_verdicts_days: float = Field(
        default=14.0, gt=0, le=MAX_DAYS, description="Verdicts and requests."
    )
    keep_alarms_days: float = Field(
        default=90.0, gt=0, le=MAX_DAYS, description="Alarms with their pictures."
    )
    max_mb: int = Field(
        default=2_000, ge=10, description="Database and pictures; beyond it the oldest go."
    )


class AlarmSettings(Section):
    """What alarms do by themselves."""

    escalate_after_s: float = Field(
        default=300.0,
        ge=0,
        le=MAX_SECONDS,
        description="Told again when nobody acknowledged it; 0: never.",
    )
    close_after_s: float = Field(
        default=120.0,
        ge=0,
        le=MAX_SECONDS,
        description="Closed when not seen for this long; 0: never.",
    )
    maintenance: tuple[MaintenanceWindow, ...] = ()
    webhook: WebhookSettings = WebhookSettings()
    mail: MailSettings = MailSettings()
