"""Rules of TLS: sets of properties that belong together, and the files that they name."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.kafka.doctor.effective import Effective
from pipeline.kafka.doctor.findings import Edit, Finding, Setting, Severity, about, refusal
from pipeline.texts import Text, say

_FILES: Final = (
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
    "ssl.crl.location",
    "ssl.keystore.location",
    "ssl.engine.location",
)
_PROVIDERS: Final = frozenset({"default", "base", "legacy", "null", "fips"})
_JKS_MAGIC: Final = b"\xfe\xed\xfe\xed"
_PROBE: Final = "probe"
"""The value of a CA location that makes librdkafka look in the usual places."""


def certificate_rules(effective: Effective, *, tls: bool) -> Iterator[Finding]:
    """Yield what is wrong with keys and certificates."""
    yield from _keystore(effective)
    yield from _https(effective)
    if not tls:
        yield from _without_tls(effective)
        return
    missing = False
    for name in _FILES:
        for finding in _file(effective, name):
            missing = True
            yield finding
    if not missing:
        yield from _contents(effective)
    yield from _key_and_certificate(effective)
    yield from _providers(effective)
    yield from _verification(effective)


def _refused(setting: Setting, rule: str, reason: Text, fix: Text, *edits: Edit) -> Finding:
    return refusal(
        setting,
        rule,
        reason=reason,
        fix=fix,
        edits=edits,
        reference="https://github.com/confluentinc/librdkafka/wiki/Using-SSL-with-librdkafka",
    )


def _keystore(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("ssl.keystore.location")
    if (
        setting
        and effective.text("ssl.keystore.location") is not None
        and effective.text("ssl.keystore.password") is None
        and not effective.is_code("ssl.keystore.password")
    ):
        yield _refused(
            setting,
            "keystore-password",
            say("ssl.keystore.location needs ssl.keystore.password"),
            say("Set ssl.keystore.password."),
        )


def _https(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("https.ca.location")
    location = effective.text("https.ca.location")
    if setting is None or location is None or effective.is_code("https.ca.location"):
        return
    if effective.text("https.ca.pem") is not None:
        yield _refused(
            setting,
            "https-ca",
            say("https.ca.location and https.ca.pem exclude each other"),
            say("Take one of them out."),
            Edit("remove", setting.name),
        )
    if location != _PROBE and not _exists(location):
        yield _missing(setting, location, refused=True)


def _exists(location: str) -> bool:
    try:
        return Path(location).exists()
    except OSError:  # No right to look there, or far too long a name.
        return False


def _is_folder(location: str) -> bool:
    try:
        return Path(location).is_dir()
    except OSError:
        return False


def _missing(setting: Setting, location: str, *, refused: bool) -> Finding:
    return about(
        setting,
        "file-missing",
        Severity.ERROR if refused else Severity.WARNING,
        effect=say("the client cannot be made")
        if refused
        else say("the client is made, but would not be once security.protocol uses TLS"),
        reason=say("{location} does not exist or cannot be read", location=location),
        fix=say("Correct the path."),
        refused=refused,
    )


def _file(effective: Effective, name: str) -> Iterator[Finding]:
    setting = effective.setting(name)
    location = effective.text(name)
    if setting is None or location is None or effective.is_code(name):
        return
    if name == "ssl.ca.location" and (location == _PROBE or _is_folder(location)):
        return
    if not _readable(Path(location)):
        yield _missing(setting, location, refused=True)


def _readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except (OSError, ValueError):
        return False


def _contents(effective: Effective) -> Iterator[Finding]:
    """Load what is named as librdkafka does: both use OpenSSL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    location = effective.text("ssl.ca.location")
    setting = effective.setting("ssl.ca.location")
    if setting and location and location != _PROBE and not _is_folder(location):
        yield from _certificate_file(setting, location)
    setting = effective.setting("ssl.certificate.location")
    location = effective.text("ssl.certificate.location")
    if setting and location:
        yield from _certificate_file(setting, location)
    for name in ("ssl.ca.pem", "ssl.certificate.pem"):
        setting = effective.setting(name)
        pem = effective.text(name)
        if setting and pem is not None and not _is_certificate(pem):
            yield _no_pem(setting, say("certificate"))
    setting = effective.setting("ssl.key.pem")
    pem = effective.text("ssl.key.pem")
    if setting and pem is not None and "PRIVATE KEY-----" not in pem:
        yield _no_pem(setting, say("private key"))
    setting = effective.setting("ssl.crl.location")
    location = effective.text("ssl.crl.location")
    if setting and location and _pem_blocks(location) == 0:
        yield _no_pem(setting, say("revocation list"))
    setting = effective.setting("ssl.keystore.location")
    location = effective.text("ssl.keystore.location")
    if setting and location:
        yield from _keystore_content(setting, location)
    yield from _ciphers(effective, context)


def _is_certificate(pem: str) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError, TypeError):  # TypeError: it is not even ASCII.
        return False
    return True


def _certificate_file(setting: Setting, location: str) -> Iterator[Finding]:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=location)
    except (ssl.SSLError, ValueError):
        yield _no_pem(setting, say("certificate"))


def _pem_blocks(location: str) -> int:
    return Path(location).read_bytes().count(b"-----BEGIN ")


def _no_pem(setting: Setting, what: Text) -> Finding:
    return _refused(
        setting,
        "not-pem",
        say("it holds no {what} in PEM form (text with -----BEGIN ...-----)", what=what),
        say("Export it as PEM; keytool -exportcert -rfc does for Java keystores."),
    )


def _keystore_content(setting: Setting, location: str) -> Iterator[Finding]:
    with Path(location).open("rb") as file:
        magic = file.read(4)
    if magic.startswith(_JKS_MAGIC):
        yield _refused(
            setting,
            "java-keystore",
            say("this is a Java keystore (JKS); librdkafka reads PKCS#12"),
            say(
                "Convert it: keytool -importkeystore -srckeystore FILE -destkeystore "
                "FILE.p12 -deststoretype PKCS12."
            ),
        )
    elif not magic.startswith(b"\x30"):
        yield _refused(
            setting,
            "not-pkcs12",
            say("this is no PKCS#12 file"),
            say("Name the .p12 or .pfx file."),
        )


def _ciphers(effective: Effective, context: ssl.SSLContext) -> Iterator[Finding]:
    setting = effective.setting("ssl.cipher.suites")
    suites = effective.text("ssl.cipher.suites")
    if setting is None or suites is None or effective.is_code("ssl.cipher.suites"):
        return
    if not _takes_ciphers(context, suites):
        openssl = ":".join(part.strip() for part in suites.split(","))
        known = openssl != suites and _takes_ciphers(context, openssl)
        yield _refused(
            setting,
            "no-cipher",
            say("OpenSSL knows none of these cipher suites"),
            say("Use OpenSSL's names separated by colons, or leave it out."),
            *([Edit("set", setting.name, openssl)] if known else []),
        )


def _takes_ciphers(context: ssl.SSLContext, suites: str) -> bool:
    try:
        context.set_ciphers(suites)
    except (ssl.SSLError, ValueError):
        return False
    return True


def _key_and_certificate(effective: Effective) -> Iterator[Finding]:
    keys = [name for name in ("ssl.key.location", "ssl.key.pem") if effective.text(name)]
    key = effective.setting(keys[0]) if keys else None
    location = effective.text("ssl.certificate.location")
    has_certificate = location is not None or effective.text("ssl.certificate.pem") is not None
    keystore = effective.text("ssl.keystore.location") is not None
    if key and not has_certificate and not keystore:
        yield _refused(
            key,
            "key-without-certificate",
            say("a private key is of no use without its certificate"),
            say("Set ssl.certificate.location too."),
        )
    certificate = effective.setting("ssl.certificate.location")
    if certificate and location and not keys and not keystore:
        yield about(
            certificate,
            "certificate-without-key",
            Severity.WARNING,
            effect=say("the client does not show its certificate"),
            reason=say("without its private key it cannot prove that the certificate is its own"),
            fix=say("Set ssl.key.location too."),
        )
    key_file = effective.text("ssl.key.location")
    if certificate and location and key and _readable(Path(location)):
        yield from _pair(effective, key, location, key_file)


def _pair(
    effective: Effective, key: Setting, location: str, key_file: str | None
) -> Iterator[Finding]:
    if key_file is None or not _readable(Path(key_file)):
        return
    if any(effective.is_code(name) for name in ("ssl.key.password", "ssl.key.location")):
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    password = effective.text("ssl.key.password") or ""
    try:
        context.load_cert_chain(location, key_file, lambda: password)
    except (ssl.SSLError, ValueError, OSError) as error:
        reason = getattr(error, "reason", None)
        words = reason.lower().replace("_", " ") if reason else say("not readable as PEM")
        yield _refused(
            key,
            "key-certificate-pair",
            say(
                "key and certificate cannot be used together: {words}",
                words=words,
            ),
            say("Name the key that belongs to the certificate, and its password."),
        )


def _providers(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("ssl.providers")
    text = effective.text("ssl.providers")
    if setting is None or text is None or effective.is_code("ssl.providers"):
        return
    names = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [name for name in names if name not in _PROVIDERS]
    if unknown or not names:
        yield _refused(
            setting,
            "no-provider",
            say("OpenSSL has no provider {provider!r}", provider=unknown[0])
            if unknown
            else say("it names no provider"),
            say("Write some of: {choices}.", choices=", ".join(sorted(_PROVIDERS))),
        )


def _verification(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("enable.ssl.certificate.verification")
    if setting and not effective.boolean("enable.ssl.certificate.verification"):
        yield about(
            setting,
            "no-verification",
            Severity.WARNING,
            effect=say("anybody on the way can pose as the broker and read everything"),
            reason=say("the broker's certificate is not checked"),
            fix=say("Use true, and name the authority in ssl.ca.location."),
            edits=[Edit("set", setting.name, "true")],
        )
    setting = effective.setting("ssl.endpoint.identification.algorithm")
    if setting and effective.word("ssl.endpoint.identification.algorithm") == "none":
        yield about(
            setting,
            "no-hostname-check",
            Severity.WARNING,
            effect=say("any holder of a certificate of the same authority can pose as the broker"),
            reason=say("the broker's name is not compared with its certificate"),
            fix=say("Use https."),
            edits=[Edit("set", setting.name, "https")],
        )


def _without_tls(effective: Effective) -> Iterator[Finding]:
    for name in _FILES:
        setting = effective.setting(name)
        location = effective.text(name)
        if setting is None or location is None or effective.is_code(name):
            continue
        if location != _PROBE and not _exists(location):
            yield _missing(setting, location, refused=False)
        else:
            yield about(
                setting,
                "ssl-without-protocol",
                Severity.WARNING,
                effect=say("it does nothing"),
                reason=say(
                    "security.protocol is {protocol}, without TLS",
                    protocol=effective.word("security.protocol"),
                ),
                fix=say("Use security.protocol = SSL or SASL_SSL, or take this out."),
                edits=[
                    Edit(
                        "set",
                        "security.protocol",
                        "SASL_SSL"
                        if effective.word("security.protocol").startswith("sasl")
                        else "SSL",
                    )
                ],
            )
