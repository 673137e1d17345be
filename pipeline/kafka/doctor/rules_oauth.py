"""Rules across the properties of OAUTHBEARER, after librdkafka's own checks.

See ``rd_kafka_conf_finalize_oauthbearer_oidc`` in librdkafka's rdkafka_conf.c.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Final

from pipeline.kafka.doctor.effective import Effective
from pipeline.kafka.doctor.findings import Edit, Finding, Setting, Severity, about, as_text, refusal
from pipeline.kafka.doctor.values import C_SPACE
from pipeline.texts import Text, say

_ASSERTION: Final = "sasl.oauthbearer.assertion."
_NOT_WITH_FILE_TEXT: Final = (
    "private.key.file",
    "private.key.pem",
    "private.key.passphrase",
    "jwt.template.file",
    "claim.sub",
    "claim.aud",
    "claim.iss",
)
_NOT_WITH_FILE_SET: Final = ("claim.jti.include", "claim.exp.seconds", "claim.nbf.seconds")


def oauth_rules(effective: Effective, sasl: bool) -> Iterator[Finding]:
    """Yield what is wrong with the login by OAuth; librdkafka checks it even without SASL."""
    yield from _aws(effective)
    if (effective.text("sasl.mechanisms") or "").upper() != "OAUTHBEARER":
        return
    if effective.word("sasl.oauthbearer.method") == "oidc":
        yield from _oidc(effective)
    elif sasl and not effective.boolean("enable.sasl.oauthbearer.unsecure.jwt"):
        yield from _no_token(effective)


def _refused(setting: Setting, rule: str, reason: Text, fix: Text, *edits: Edit) -> Finding:
    return refusal(
        setting,
        rule,
        reason=reason,
        fix=fix,
        edits=edits,
    )


def _aws(effective: Effective) -> Iterator[Finding]:
    """Check as confluent-kafka itself does, whatever the mechanism, and letter by letter."""
    setting = effective.setting("sasl.oauthbearer.metadata.authentication.type")
    if setting is None or setting.value != "aws_iam":
        return
    if any(one.name == "oauth_cb" for one in effective.settings):
        return
    method = effective.setting("sasl.oauthbearer.method")
    if method is None or method.value != "oidc":
        yield _refused(
            setting,
            "oauth-aws-method",
            say("aws_iam needs sasl.oauthbearer.method=oidc, in small letters"),
            say("Set sasl.oauthbearer.method = oidc, or take this out."),
            Edit("set", "sasl.oauthbearer.method", "oidc"),
        )
        return
    config = effective.setting("sasl.oauthbearer.config")
    if config is None or not as_text(config.value):
        yield _refused(
            setting,
            "oauth-aws-config",
            say("aws_iam needs a region and an audience"),
            say("Set sasl.oauthbearer.config = region=... audience=..."),
        )
    if importlib.util.find_spec("boto3") is None:
        yield _refused(
            setting,
            "oauth-aws-package",
            say("aws_iam needs the Python package boto3, which is not installed"),
            say("Install confluent-kafka[oauthbearer-aws], or take this out."),
            Edit("remove", setting.name),
        )


def _no_token(effective: Effective) -> Iterator[Finding]:
    setting = effective.setting("sasl.mechanisms")
    if setting is None or any(one.name == "oauth_cb" for one in effective.settings):
        return
    yield about(
        setting,
        "oauth-no-token",
        Severity.WARNING,
        effect=say("the client is made and never logs in, unless the program passes oauth_cb"),
        reason=say("nothing says where the token comes from"),
        fix=say("Set sasl.oauthbearer.method = oidc with its address, client id and secret."),
        edits=[Edit("set", "sasl.oauthbearer.method", "oidc")],
    )


def _oidc(effective: Effective) -> Iterator[Finding]:
    method = effective.setting("sasl.oauthbearer.method")
    if method is None:
        return
    setting = effective.setting("enable.sasl.oauthbearer.unsecure.jwt")
    if setting and effective.boolean("enable.sasl.oauthbearer.unsecure.jwt"):
        yield _refused(
            setting,
            "oauth-unsecure",
            say("unsigned tokens and sasl.oauthbearer.method=oidc exclude each other"),
            say("Take it out."),
            Edit("remove", setting.name),
        )
    kind = effective.word("sasl.oauthbearer.metadata.authentication.type")
    if kind == "azure_imds":
        yield from _azure(effective, method)
    elif kind == "none" and _lacks(effective, "sasl.oauthbearer.token.endpoint.url"):
        yield _no_endpoint(method)
    if kind == "none":
        if effective.word("sasl.oauthbearer.grant.type") == "client_credentials":
            yield from _client_credentials(effective, method)
        else:
            yield from _jwt_bearer(effective, method)
    setting = effective.setting("sasl.oauthbearer.sub.claim.name")
    claim = effective.text("sasl.oauthbearer.sub.claim.name") or ""
    if setting and not claim.strip(C_SPACE):
        yield _refused(
            setting,
            "oauth-claim",
            say("the name of a claim may not be empty"),
            say("Take it out."),
            Edit("remove", setting.name),
        )


def _lacks(effective: Effective, name: str) -> bool:
    return effective.text(name) is None and not effective.is_code(name)


def _no_endpoint(method: Setting) -> Finding:
    return _refused(
        method,
        "oauth-endpoint",
        say("method=oidc needs to know where tokens are made"),
        say("Set sasl.oauthbearer.token.endpoint.url."),
    )


def _azure(effective: Effective, method: Setting) -> Iterator[Finding]:
    """Look for ``query=...`` as ``rd_kafka_conf_kv_get`` does: in the first half of the pairs."""
    setting = effective.setting("sasl.oauthbearer.config")
    if effective.is_code("sasl.oauthbearer.config"):
        return
    text = effective.text("sasl.oauthbearer.config") or ""
    pairs = [part.strip(C_SPACE) for part in text.split(",") if part.strip(C_SPACE)]
    if setting and any("=" not in pair for pair in pairs):
        yield about(
            setting,
            "oauth-config",
            Severity.ERROR,
            effect=say("the whole process may die when the client is made"),
            reason=say(
                "librdkafka expects name=value pairs with commas here, and does not check them"
            ),
            fix=say("Write query=... first."),
            refused=True,
            fatal=True,
        )
    elif _lacks(effective, "sasl.oauthbearer.token.endpoint.url") and not any(
        pair.startswith("query=") for at, pair in enumerate(pairs) if 2 * at < len(pairs)
    ):
        yield _no_endpoint(method)


def _client_credentials(effective: Effective, method: Setting) -> Iterator[Finding]:
    for name in ("sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret"):
        if _lacks(effective, name):
            yield _refused(
                method,
                "oauth-client",
                say("method=oidc needs {name}", name=name),
                say("Set {name}.", name=name),
            )


def _jwt_bearer(effective: Effective, method: Setting) -> Iterator[Finding]:
    key_file = effective.text(_ASSERTION + "private.key.file")
    key_pem = effective.text(_ASSERTION + "private.key.pem")
    if effective.text(_ASSERTION + "file") is None:
        if key_file is None and key_pem is None:
            yield _refused(
                method,
                "oauth-key",
                say("the grant type jwt-bearer needs a key to sign with"),
                say("Set {name}.", name=f"{_ASSERTION}private.key.file"),
            )
        elif key_file is not None and key_pem is not None:
            yield from _exclusive(effective, _ASSERTION + "private.key.pem", "private.key.file")
        return
    for name in _NOT_WITH_FILE_TEXT:
        if effective.text(_ASSERTION + name) is not None:
            yield from _exclusive(effective, _ASSERTION + name, "file")
    for name in _NOT_WITH_FILE_SET:
        if effective.is_set(_ASSERTION + name):
            yield from _exclusive(effective, _ASSERTION + name, "file")


def _exclusive(effective: Effective, name: str, other: str) -> Iterator[Finding]:
    setting = effective.setting(name)
    if setting is not None:
        yield _refused(
            setting,
            "oauth-exclusive",
            say("it and {other} exclude each other", other=_ASSERTION + other),
            say("Take one of them out."),
            Edit("remove", setting.name),
        )
