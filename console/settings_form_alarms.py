"""What the settings page shows of alarms: what they do, whom they tell, how long they are kept."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate

Place = tuple[str, ...]

AGGREGATOR: Final[Place] = ("aggregator",)
ALARMS: Final[Place] = (*AGGREGATOR, "alarms")
WEBHOOK: Final[Place] = (*ALARMS, "webhook")
MAIL: Final[Place] = (*ALARMS, "mail")
STORAGE: Final[Place] = (*AGGREGATOR, "storage")


def alarm_sections() -> tuple[tuple[str, tuple[tuple[Place, str], ...]], ...]:
    """Return titles of sections, each with places and names of its settings."""
    return (
        (
            translate("Settings", "Alarms"),
            (
                ((*AGGREGATOR, "alarm_level"), translate("Settings", "Alarm level")),
                ((*AGGREGATOR, "alarm_cooldown_s"), translate("Settings", "Cooldown (s)")),
                (
                    (*ALARMS, "escalate_after_s"),
                    translate("Settings", "Told again after (s)"),
                ),
                ((*ALARMS, "close_after_s"), translate("Settings", "Closed after (s)")),
                ((*AGGREGATOR, "join_deadline_s"), translate("Settings", "Wait for verdicts (s)")),
            ),
        ),
        (
            translate("Settings", "Webhook"),
            (
                ((*WEBHOOK, "url"), translate("Settings", "Webhook address")),
                ((*WEBHOOK, "secret"), translate("Settings", "Signing secret")),
                ((*WEBHOOK, "level"), translate("Settings", "Webhook from level")),
                ((*WEBHOOK, "ca_file"), translate("Settings", "Authorities (webhook)")),
            ),
        ),
        (
            translate("Settings", "Mail"),
            (
                ((*MAIL, "host"), translate("Settings", "Mail server")),
                ((*MAIL, "port"), translate("Settings", "Port")),
                ((*MAIL, "security"), translate("Settings", "Encryption")),
                ((*MAIL, "user"), translate("Settings", "User")),
                ((*MAIL, "password"), translate("Settings", "Password")),
                ((*MAIL, "sender"), translate("Settings", "Sender")),
                ((*MAIL, "recipients"), translate("Settings", "Recipients")),
                ((*MAIL, "level"), translate("Settings", "Mail from level")),
                ((*MAIL, "ca_file"), translate("Settings", "Authorities (mail)")),
            ),
        ),
        (
            translate("Settings", "Storage"),
            (
                ((*STORAGE, "keep_alarms_days"), translate("Settings", "Keep alarms (days)")),
                ((*STORAGE, "keep_verdicts_days"), translate("Settings", "Keep verdicts (days)")),
                ((*STORAGE, "max_mb"), translate("Settings", "At most (MB)")),
            ),
        ),
    )


def alarm_choices() -> dict[tuple[str, ...], str]:
    """Return the choices of these settings for people, by place and value."""
    levels = {
        "low": translate("Settings", "Low and worse"),
        "medium": translate("Settings", "Medium and worse"),
        "high": translate("Settings", "High only"),
    }
    places = ((*AGGREGATOR, "alarm_level"), (*WEBHOOK, "level"), (*MAIL, "level"))
    words = {(*place, value): text for place in places for value, text in levels.items()}
    return words | {
        (*MAIL, "security", "starttls"): translate("Settings", "STARTTLS"),
        (*MAIL, "security", "tls"): translate("Settings", "TLS from the start"),
        (*MAIL, "security", "none"): translate("Settings", "None (not advised)"),
    }


def alarm_help() -> dict[Place, str]:
    """Return the help of these settings."""
    reference = translate(
        "Settings",
        "Where the secret is, never the secret itself: keyring:NAME or env:NAME. Empty: none.",
    )
    authorities = translate(
        "Settings", "PEM file of authorities to trust besides the system's. Empty: none."
    )
    return {
        (*AGGREGATOR, "alarm_level"): translate(
            "Settings", "Lowest risk level that becomes an alarm."
        ),
        (*AGGREGATOR, "alarm_cooldown_s"): translate(
            "Settings", "A situation seen again within this time is the same alarm."
        ),
        (*AGGREGATOR, "join_deadline_s"): translate(
            "Settings", "A request is closed after this time even if groups are missing."
        ),
        (*ALARMS, "escalate_after_s"): translate(
            "Settings", "When nobody has acknowledged it by then. 0: never."
        ),
        (*ALARMS, "close_after_s"): translate(
            "Settings", "When its situation was not seen for so long. 0: never."
        ),
        (*WEBHOOK, "url"): translate(
            "Settings", "Alarms are posted there as JSON. Empty: they are not."
        ),
        (*WEBHOOK, "secret"): reference,
        (*WEBHOOK, "level"): translate("Settings", "Lowest level that is told there."),
        (*WEBHOOK, "ca_file"): authorities,
        (*MAIL, "level"): translate("Settings", "Lowest level that is told by mail."),
        (*MAIL, "ca_file"): authorities,
        (*MAIL, "security"): translate("Settings", "How the way to the mail server is protected."),
        (*MAIL, "sender"): translate("Settings", "Address that the mails come from."),
        (*MAIL, "host"): translate("Settings", "Alarms are sent through it. Empty: no mail."),
        (*MAIL, "port"): translate("Settings", "587 with STARTTLS, 465 with TLS from the start."),
        (*MAIL, "user"): translate("Settings", "Empty: without a login."),
        (*MAIL, "password"): reference,
        (*MAIL, "recipients"): translate("Settings", "Several are separated by commas."),
        (*STORAGE, "keep_alarms_days"): translate("Settings", "With their pictures."),
        (*STORAGE, "keep_verdicts_days"): translate(
            "Settings", "All verdicts, also those that raised no alarm."
        ),
        (*STORAGE, "max_mb"): translate(
            "Settings", "Database and pictures together; beyond it the oldest go."
        ),
    }
