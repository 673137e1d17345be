"""Names that Java clients and kafka-python use, and what they are in librdkafka.

The names and notes are data (``resources/kafka/java_properties.tsv``); what cannot be said in a
table is here: values that change with the name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from pipeline.kafka.doctor.findings import Role
from pipeline.paths import RESOURCES
from pipeline.texts import Text, say, verbatim

JAVA_FILE: Final = RESOURCES / "kafka" / "java_properties.tsv"
SAYS_NOTHING: Final = frozenset({"same", "underscores -> dots"})
"""Notes of names whose values need no change."""


@dataclass(frozen=True, slots=True)
class JavaName:
    """One name of a Java client (or of kafka-python).

    Attributes:
        name: there.
        scope: which of its clients has it.
        target: librdkafka's name; None where there is no such thing.
        note: what else differs.
    """

    name: str
    scope: str
    target: str | None
    note: Text

    @property
    def origin(self) -> Text:
        """Whose name it is."""
        if self.scope == "kafka-python":
            return verbatim("kafka-python")
        return say("Java clients")


@cache
def java_names() -> Mapping[str, tuple[JavaName, ...]]:
    """Return the table; a name may mean different things to a producer and a consumer."""
    found: dict[str, tuple[JavaName, ...]] = {}
    with JAVA_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            target = row["librdkafka_name_or_none"]
            entry = JavaName(
                row["java_name"],
                row["scope"],
                None if target == "none" else target,
                _note(row["note"]),
            )
            found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


def _note(words: str) -> Text:
    return verbatim(words) if words in SAYS_NOTHING else Text(words, words)


def java_name(name: str, role: Role) -> JavaName | None:
    """Return what a Java name is for a client of that role; None: no Java client has it."""
    entries = java_names().get(name, ())
    for entry in entries:
        if role in entry.scope.split("/") or entry.scope in ("common", "security", "kafka-python"):
            return entry
    return entries[0] if entries else None


def _kilobytes(text: str) -> str:
    return str(max(1, -(-int(text) // 1024)))


def _system_default(text: str) -> str:
    return "0" if text.strip() == "-1" else text


_ASSIGNORS: Final = {
    "rangeassignor": "range",
    "roundrobinassignor": "roundrobin",
    "cooperativestickyassignor": "cooperative-sticky",
    # librdkafka has no eager sticky one; the cooperative one keeps partitions in place as well.
    "stickyassignor": "cooperative-sticky",
}


def _assignors(text: str) -> str:
    words = [part.strip().strip("[]\"'").rpartition(".")[2] for part in text.split(",")]
    return ",".join(_ASSIGNORS.get(word.lower(), word) for word in words if word)


_PARTITIONERS: Final = {
    "defaultpartitioner": "murmur2_random",
    "uniformstickypartitioner": "random",
    "roundrobinpartitioner": "random",
}


def _partitioner(text: str) -> str:
    word = text.strip().rpartition(".")[2]
    return _PARTITIONERS.get(word.lower(), word)


def _level(text: str) -> str:
    return str(max(-1, min(int(text), 12)))


def _https(text: str) -> str:
    return "none" if text.strip().lower() in ("", "false") else text


_CONVERSIONS: Final[Mapping[str, Callable[[str], str]]] = {
    "buffer.memory": _kilobytes,
    "buffer_memory": _kilobytes,
    "receive.buffer.bytes": _system_default,
    "send.buffer.bytes": _system_default,
    "partition.assignment.strategy": _assignors,
    "partitioner.class": _partitioner,
    "compression.gzip.level": _level,
    "compression.lz4.level": _level,
    "compression.zstd.level": _level,
    "ssl.endpoint.identification.algorithm": _https,
    "ssl_check_hostname": lambda text: "https" if text.lower() == "true" else "none",
    "ssl.cipher.suites": lambda text: ":".join(part.strip() for part in text.split(",")),
    "auto.offset.reset": lambda text: "error" if text.strip().lower() == "none" else text,
    "enable.auto.commit": str.lower,
    "bootstrap.servers": lambda text: text.strip().strip("[]"),
}


def convert(name: str, text: str) -> str:
    """Return the value of a Java property in librdkafka's terms and units.

    A value that cannot be converted comes back as it is.
    """
    conversion = _CONVERSIONS.get(name)
    if conversion is None:
        return text
    try:
        return conversion(text)
    except ValueError:
        return text


_JAAS_PAIR: Final = re.compile(r"(\w+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([^\s;]+))")


def read_jaas(text: str) -> dict[str, str]:
    """Return the librdkafka properties that a ``sasl.jaas.config`` stands for, as far as it says.

    PLAIN and SCRAM become user and password; a Kerberos login its keytab and principal.
    """
    names = {
        "username": "sasl.username",
        "password": "sasl.password",
        "keyTab": "sasl.kerberos.keytab",
        "principal": "sasl.kerberos.principal",
        "serviceName": "sasl.kerberos.service.name",
        "clientId": "sasl.oauthbearer.client.id",
        "clientSecret": "sasl.oauthbearer.client.secret",
        "scope": "sasl.oauthbearer.scope",
    }
    found = {}
    for key, double, single, bare in _JAAS_PAIR.findall(text):
        if key in names:
            found[names[key]] = re.sub(r"\\(.)", r"\1", double) or single or bare
    return found
