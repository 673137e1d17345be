"""Rules across properties of TLS and SASL; OAuth has a module of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipeline.kafka.doctor.certificates import certificate_rules
from pipeline.kafka.doctor.effective import Effective
from pipeline.kafka.doctor.findings import Edit, Finding, Setting, Severity, about, as_text, refusal
from pipeline.kafka.doctor.rules_oauth import oauth_rules
from pipeline.kafka.doctor.table import table
from pipeline.kafka.librdkafka import ConfResult, try_property
from pipeline.texts import listed, say

MECHANISMS: Final = (
    "PLAIN",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-512",
    "OAUTHBEARER",
    "GSSAPI",
)
_FEATURES: Final = {
    "PLAIN": "sasl_plain",
    "SCRAM": "sasl_scram",
    "OAUTHBEARER": "sasl_oauthbearer",
    "GSSAPI": "sasl_gssapi",
}


def security_rules(effective: Effective) -> Iterator[Finding]:
    """Yield what is wrong with how the client protects its connection and proves who it is."""
    protocol = effective.word("security.protocol")
    if effective.is_code("security.protocol"):
        return
    sasl = protocol.startswith("sasl_")
    if sasl:
        yield from _mechanism(effective)
    else:
        yield from _sasl_without_protocol(effective)
    yield from oauth_rules(effective, sasl)
    yield from certificate_rules(effective, tls=protocol.endswith("ssl"))
    if sasl and protocol == "sasl_plaintext" and effective.text("sasl.mechanisms") == "PLAIN":
        setting = effective.setting("security.protocol")
        if setting is not None:
            yield about(
                setting,
                "password-in-clear",
                Severity.WARNING,
                effect=say("the password crosses the network in clear text"),
                reason=say(
                    "the mechanism PLAIN sends it as it is, and SASL_PLAINTEXT does not encrypt"
                ),
                fix=say("Use security.protocol = SASL_SSL, or a SCRAM mechanism."),
                edits=[Edit("set", setting.name, "SASL_SSL")],
            )


def _mechanism(effective: Effective) -> Iterator[Finding]:
    if effective.is_code("sasl.mechanisms"):
        return
    mechanism = effective.text("sasl.mechanisms") or ""
    setting = effective.setting("sasl.mechanisms") or effective.setting("security.protocol")
    if setting is None:
        return
    if mechanism not in MECHANISMS:
        yield _unknown_mechanism(setting, mechanism)
        return
    feature = _FEATURES[mechanism.partition("-")[0]]
    if try_property("builtin.features", feature)[0] is not ConfResult.OK:
        chosen = effective.is_set("sasl.mechanisms")
        yield refusal(
            setting,
            "mechanism-not-built",
            reason=say(
                "this build of librdkafka {version} lacks {mechanism}",
                version=table().version,
                mechanism=mechanism,
            )
            if chosen
            else say(
                "this build of librdkafka {version} lacks {mechanism}, which is the default where "
                "no sasl.mechanism is set",
                version=table().version,
                mechanism=mechanism,
            ),
            fix=say(
                "Use sasl.mechanism = SCRAM-SHA-512 or another one that the brokers "
                "offer; Kerberos needs the Windows build, or a librdkafka built with "
                "libsasl2."
            ),
            edits=[Edit("set", "sasl.mechanism", "SCRAM-SHA-512")] if not chosen else [],
        )
    elif mechanism.partition("-")[0] in ("PLAIN", "SCRAM"):
        yield from _user_and_password(effective, setting, mechanism)


def _unknown_mechanism(setting: Setting, mechanism: str) -> Finding:
    upper = mechanism.strip().upper()
    known = upper in MECHANISMS
    return refusal(
        setting,
        "mechanism-unknown",
        reason=say(
            "there is no SASL mechanism {mechanism!r}: its name is written in capitals",
            mechanism=mechanism,
        )
        if known
        else say("there is no SASL mechanism {mechanism!r}", mechanism=mechanism),
        fix=say("Write {upper}.", upper=upper)
        if known
        else say("Write one of: {choices}.", choices=", ".join(MECHANISMS)),
        edits=[Edit("set", setting.name, upper)] if known else [],
    )


def _user_and_password(effective: Effective, setting: Setting, mechanism: str) -> Iterator[Finding]:
    missing = [
        name
        for name in ("sasl.username", "sasl.password")
        if effective.text(name) is None and not effective.is_code(name)
    ]
    if missing:
        yield refusal(
            setting,
            "credentials-missing",
            reason=say("{mechanism} needs sasl.username and sasl.password", mechanism=mechanism),
            fix=say("Set {name}.", name=listed(missing)),
        )


def _sasl_without_protocol(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("sasl.mechanisms") or effective.setting("sasl.username")
    if setting is None or (setting.name == "sasl.username" and not as_text(setting.value)):
        return
    wanted = "SASL_SSL" if effective.word("security.protocol") == "ssl" else "SASL_PLAINTEXT"
    yield about(
        setting,
        "sasl-without-protocol",
        Severity.WARNING,
        effect=say("the client does not log in"),
        reason=say(
            "security.protocol is {protocol}, without SASL",
            protocol=effective.word("security.protocol"),
        ),
        fix=say(
            "Use security.protocol = SASL_SSL (or SASL_PLAINTEXT), or take the sasl.* lines out."
        ),
        edits=[Edit("set", "security.protocol", wanted)],
    )
