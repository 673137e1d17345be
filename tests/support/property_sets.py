"""Random sets of client properties: borders, odd values, and what meets in a rule."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from pipeline.kafka.doctor import Property, Role, table
from pipeline.kafka.doctor.java import java_names
from tests.support.trial_clients import TrialValue

ROLES: Final[tuple[Role, ...]] = ("producer", "consumer", "admin")
SERVERS: Final = ("bootstrap.servers", "127.0.0.1:1")
MISSING: Final = "/no/such/folder/file.pem"

LEFT_OUT: Final = frozenset(
    {
        # They do something to the process that makes the client.
        "internal.termination.signal",
        "plugin.library.paths",
        "sasl.kerberos.kinit.cmd",
        "log_level",
        "debug",
        # Only OpenSSL knows which names it takes for these.
        "ssl.curves.list",
        "ssl.sigalgs.list",
        # Mock brokers are started for the client.
        "test.mock.num.brokers",
        # Asks the name server when the client is made.
        "client.dns.lookup",
    }
)

TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "group.id": ("g", "g", "g", "g", "g", "g", "", " "),
    "sasl.mechanisms": (
        "PLAIN",
        "plain",
        "SCRAM-SHA-256",
        "SCRAM-SHA-1",
        "SCRAM-SHA-9",
        "GSSAPI",
        "OAUTHBEARER",
        "OAuthBearer",
        "",
        " ",
        "PLAIN,GSSAPI",
        " PLAIN",
        "PLAIN ",
        "X",
    ),
    "partition.assignment.strategy": (
        "range",
        "roundrobin",
        "cooperative-sticky",
        "range,",
        "range, ",
        "range,roundrobin",
        "range , roundrobin",
        "range,cooperative-sticky",
        "",
        " ",
        "Range",
        "sticky",
        ",range",
        "range,,",
        ",",
        "org.apache.kafka.clients.RangeAssignor",
    ),
    "partitioner": ("murmur2", " murmur2", "murmur2 ", "Murmur2", "", "x"),
    "broker.version.fallback": ("0.10.0", "0.9.0", "0.7.2", "0.6.1", "1.0", "x", "", " "),
    "topic.blacklist": ("", "^a", "^(a", "a,b", "^a,^(b", "^a{1", "["),
    "ssl.providers": ("default", "nope", "default,nope", "", ",", "base"),
    "ssl.cipher.suites": ("", "HIGH", "nope", "ECDHE-RSA-AES256-GCM-SHA384"),
    "ssl.ca.location": ("", "probe", MISSING, "/tmp"),
    "https.ca.location": ("", "probe", MISSING, "/tmp"),
    "sasl.oauthbearer.sub.claim.name": ("sub", "", " "),
    "sasl.oauthbearer.config": ("", "query=1", "x=2,query=1", "query=1,x=2", "a=1,query=2,c=3"),
    "builtin.features": ("gzip", "sasl_plain,ssl", "nope", "sasl_gssapi", "", "+gzip,-ssl"),
}
FILES: Final = frozenset(
    {"ssl.key.location", "ssl.certificate.location", "ssl.crl.location", "ssl.keystore.location"}
    | {"ssl.engine.location"}
)
PEMS: Final = frozenset({"ssl.key.pem", "ssl.certificate.pem", "ssl.ca.pem"})

BASES: Final[dict[str, dict[str, TrialValue]]] = {
    "idempotent": {"enable.idempotence": "true"},
    "transactional": {"transactional.id": "t", "transaction.timeout.ms": 60_000},
    "new protocol": {"group.protocol": "consumer"},
    "tls": {"security.protocol": "SSL"},
    "password": {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "u",
        "sasl.password": "p",
    },
    "oauth": {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.token.endpoint.url": "http://127.0.0.1:1",
        "sasl.oauthbearer.client.id": "i",
        "sasl.oauthbearer.client.secret": "s",
    },
    "azure": {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.metadata.authentication.type": "azure_imds",
        "sasl.oauthbearer.config": "query=1",
    },
    "oauth by key": {
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "OAUTHBEARER",
        "sasl.oauthbearer.method": "oidc",
        "sasl.oauthbearer.token.endpoint.url": "http://127.0.0.1:1",
        "sasl.oauthbearer.grant.type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "sasl.oauthbearer.assertion.private.key.file": "k",
    },
}
"""Sound settings that switch rules on; one or two of them may be missing or changed."""

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "idempotent": (
        *("enable.idempotence", "acks", "max.in.flight", "retries", "queuing.strategy"),
        *("queue.buffering.backpressure.threshold", "transactional.id"),
        "enable.gapless.guarantee",
    ),
    "transactional": (
        *("enable.idempotence", "transaction.timeout.ms", "message.timeout.ms"),
        *("socket.timeout.ms", "linger.ms", "acks"),
    ),
    "new protocol": (
        *("session.timeout.ms", "max.poll.interval.ms", "heartbeat.interval.ms"),
        *("group.protocol", "partition.assignment.strategy", "group.protocol.type"),
        "group.remote.assignor",
    ),
    "password": ("security.protocol", "sasl.mechanism", "sasl.username", "sasl.password"),
    "oauth": tuple(name for name in table().by_name if "oauthbearer" in name),
    "azure": ("sasl.oauthbearer.config", "sasl.oauthbearer.token.endpoint.url", "client.id"),
    "oauth by key": tuple(name for name in table().by_name if "oauthbearer.assertion" in name),
    "tls": tuple(name for name in table().by_name if name.startswith(("ssl.", "https."))),
    "linger": (
        *("linger.ms", "message.timeout.ms", "delivery.timeout.ms"),
        *("queue.buffering.max.ms", "request.timeout.ms"),
    ),
    "group": (
        *("session.timeout.ms", "max.poll.interval.ms", "heartbeat.interval.ms"),
        *("group.protocol", "partition.assignment.strategy", "group.id"),
    ),
    "fetch": (
        *("fetch.min.bytes", "fetch.max.bytes", "message.max.bytes"),
        *("receive.message.max.bytes", "queued.max.messages.kbytes"),
        "max.partition.fetch.bytes",
    ),
    "back-off": ("reconnect.backoff.ms", "reconnect.backoff.max.ms", "retry.backoff.ms"),
}
"""Properties that librdkafka looks at together; of the name of a base: such as meet its rules."""

NUMBERS: Final = (0, 1, 2, 5, 6, 100, 101, 1000, 1512, 30_000, 45_000, 60_000, 60_100, 60_101)
"""Numbers that meet each other, and librdkafka's own defaults, in the rules across properties."""

_COMMON_KINDS: Final[frozenset[str]] = frozenset({"integer", "float", "boolean", "enum"})

NAMES: Final = tuple(
    name
    for name, found in table().by_name.items()
    # Functions are refused whatever their value: once in a while is enough (_strange_names).
    if not {name, found.name} & LEFT_OUT and found.kind != "dedicated"
)


def _numbers(found: Property) -> st.SearchStrategy[TrialValue]:
    low, high = int(found.low or 0), int(found.high or 0)
    default = int(float(found.default or 0))
    near = [low - 1, low, low + 1, default - 1, default, default + 1, high - 1, high, high + 1]
    odd = ["60s", "", " ", "0x10", "010", "1e3", "abc", "all", "ALL", "-", "+7", " 9 ", "1.5"]
    odd += ["99999999999", "4294967396", "-4294967290", "nan", "inf", "-inf", ".5", "0x", "08"]
    odd += ["9" * 5000, "0x1p99999", "\uff15"]
    fitting = [number for number in NUMBERS if low <= number <= high] or [low]
    return st.one_of(
        st.sampled_from(fitting),
        st.sampled_from(fitting),
        st.sampled_from(near).filter(lambda number: abs(number) < 2**40),
        st.integers(low, high),
        st.sampled_from([*odd, True, 2.5]),
    )


def _values(name: str) -> st.SearchStrategy[TrialValue]:
    found = table().by_name[name]
    if found.name in TEXTS:
        return st.sampled_from(TEXTS[found.name])
    if found.name in FILES:
        return st.sampled_from(["", MISSING, MISSING])
    if found.name in PEMS:
        return st.sampled_from(["", "", "this is no PEM"])
    match found.kind:
        case "integer" | "float":
            return _numbers(found)
        case "boolean":
            usual: list[TrialValue] = ["true", "false", True, False]
            odd = ["T", "f", "1", "0", "yes", "", " ", " true", "TRUE", 1, 0, 2]
            return st.sampled_from(usual * 4 + odd)
        case "enum":
            words = [*found.values, *(word.upper() for word in found.values)]
            return st.sampled_from(
                [*words, *words, f" {found.values[0]} ", "", " ", "bogus", "none", "no ne"]
            )
        case _:
            return st.sampled_from(["", " ", "x", "a,b", "some text", "query=1,x=2"])


def _pair(names: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, TrialValue]]:
    return names.flatmap(lambda name: st.tuples(st.just(name), _values(name)))


@st.composite
def _groups(draw: st.DrawFn) -> list[tuple[str, TrialValue]]:
    title = draw(st.sampled_from(list(GROUPS)))
    base = [pair for pair in BASES.get(title, {}).items() if draw(st.integers(0, 9)) != 0]
    kept = [name for name in GROUPS[title] if name in NAMES]
    return base + draw(st.lists(_pair(st.sampled_from(kept)), min_size=1, max_size=4))


_strange_names: Final = st.sampled_from(
    [
        *[name for name in java_names() if name not in table().by_name],
        *["acks.", "Acks", "ACKS", "enable_idempotence", "", "group.id ", "no.such.thing"],
        *[name for name, found in table().by_name.items() if found.kind == "dedicated"],
        *["on_commit", "on_delivery", "error_cb", "stats_cb", "oauth_cb", "opaque", "dr_cb"],
        *["client.software.name", "enable.sparse.connections", "metadata.request.timeout.ms"],
    ]
)
_strange: Final = st.lists(
    st.tuples(_strange_names, st.sampled_from(["1", "true", "x"])), min_size=1, max_size=1
)
_any: Final = st.lists(_pair(st.sampled_from(NAMES)), max_size=4)
_sensible: Final = _any.map(
    # Most random values are wrong; without sets that are all right, the doctor could cry always.
    lambda pairs: [(name, table().by_name[name].default or "") for name, _ in pairs]
).map(lambda pairs: [pair for pair in pairs if table().by_name[pair[0]].kind in _COMMON_KINDS])


@st.composite
def property_sets(draw: st.DrawFn) -> tuple[Role, dict[str, TrialValue]]:
    """Return a role and properties for it, mostly such as meet in a rule."""
    role = draw(st.sampled_from(ROLES))
    pairs: list[tuple[str, TrialValue]] = [SERVERS]
    if role == "consumer" and draw(st.integers(0, 19)) != 0:
        pairs.append(("group.id", "g"))
    parts = st.one_of(_groups(), _groups(), _groups(), _sensible, _any)
    for _ in range(draw(st.integers(1, 2))):
        pairs += draw(parts)
    if draw(st.integers(0, 19)) == 0:
        pairs += draw(_strange)
    return role, dict(pairs)
