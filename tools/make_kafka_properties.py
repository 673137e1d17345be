"""Writes ``resources/kafka/properties.json``: every property of the librdkafka in use.

Run ``python -m tools.make_kafka_properties`` on Linux after a new confluent-kafka; `--check` only
compares. librdkafka prints its own table (``rd_kafka_conf_properties_show``) into a C ``FILE*``,
which cannot be handed to the Windows DLL: it has a C runtime of its own.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import confluent_kafka

from pipeline.kafka.librdkafka import ConfResult, library, try_property

TARGET = Path(__file__).resolve().parent.parent / "resources" / "kafka" / "properties.json"

MEANING_KEY = '"meaning": '

_ROW = re.compile(
    r"^(?P<name>[\w.]+) +\| +(?P<side>[*CP]) +\| (?P<range>.*?) \| +(?P<default>.*) "
    r"\| (?P<importance>high|medium|low) +\| (?P<meaning>.*) <br>\*Type: (?P<type>.*)\*$"
)
_TYPES = {
    "integer": "integer",
    "float": "float",
    "boolean": "boolean",
    "string": "string",
    "enum value": "enum",
    "CSV flags": "flags",
    "pattern list": "patterns",
    "see dedicated API": "dedicated",
}
_SIDES = {"*": "both", "C": "consumer", "P": "producer"}
_ALIAS = re.compile(r"^(?:\*\*DEPRECATED\*\* )?Alias for `([\w.]+)`: ")
_MARKS = re.compile(r"\*\*(DEPRECATED|EXPERIMENTAL)\*\*(: subject to change or removal\.)? ?")
_SHARE_ONLY = re.compile(r"only supported for share consumers|^Acknowledgement mode for share")
_NOT_FOR_SHARE = re.compile(r"not supported for share consumers")

HIDDEN_CANDIDATES = (
    "client.software.name",
    "client.software.version",
    "enable.sparse.connections",
    "enable_sasl_queue",
    "metadata.request.timeout.ms",
    "test.mock.broker.rtt",
    "test.mock.num.brokers",
)
"""Names that librdkafka takes but leaves out of its table, as they are not meant for people."""

REFUSED_CANDIDATES = ("sasl.jaas.config", "ssl.truststore.location")
"""Names of Java clients that librdkafka knows only in order to refuse them with a hint."""


@dataclass(frozen=True)
class Row:
    """One line of librdkafka's table."""

    level: str
    fields: dict[str, str]

    @property
    def alias_of(self) -> str | None:
        """The property that this line is another name of."""
        match = _ALIAS.match(self.fields["meaning"])
        return match[1] if match else None


def shown() -> str:
    """Return the table as librdkafka prints it."""
    lib = library()
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    libc.fclose.argtypes = [ctypes.c_void_p]
    lib.rd_kafka_conf_properties_show.argtypes = [ctypes.c_void_p]
    lib.rd_kafka_conf_properties_show.restype = None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "properties.md"
        stream = libc.fopen(bytes(path), b"w")
        if not stream:
            raise OSError(f"{path} cannot be written")
        lib.rd_kafka_conf_properties_show(stream)
        libc.fclose(stream)
        return path.read_text(encoding="utf-8")


def rows(text: str) -> list[Row]:
    """Read librdkafka's table.

    Raises:
        ValueError: a line has another form than this script knows.
    """
    found: list[Row] = []
    level = ""
    for line in text.splitlines():
        if line.startswith("## "):
            level = "topic" if line.startswith("## Topic") else "global"
        if "*Type:" not in line:
            continue
        match = _ROW.match(line)
        if match is None or match["type"] not in _TYPES:
            raise ValueError(f"a line of another form: {line[:120]}")
        found.append(Row(level, {key: value.strip() for key, value in match.groupdict().items()}))
    return found


def table() -> dict[str, Any]:
    """Return what is written."""
    read = rows(shown())
    aliases: dict[tuple[str, str], list[str]] = {}
    for row in read:
        if row.alias_of:
            aliases.setdefault((row.level, row.alias_of), []).append(row.fields["name"])
    properties = [
        _property(row, sorted(aliases.get((row.level, row.fields["name"]), [])))
        for row in read
        if row.alias_of is None
    ]
    return {
        "comment": "Written by tools/make_kafka_properties.py; never change it by hand.",
        "librdkafka": confluent_kafka.libversion()[0],
        "properties": sorted(properties, key=lambda entry: (entry["name"], entry["level"])),
        "hidden": [name for name in HIDDEN_CANDIDATES if _known(name)],
        "refused": [name for name in REFUSED_CANDIDATES if _known(name)],
    }


def _known(name: str) -> bool:
    return try_property(name, "0")[0] is not ConfResult.UNKNOWN


def _property(row: Row, aliases: list[str]) -> dict[str, Any]:
    fields = row.fields
    kind = _TYPES[fields["type"]]
    meaning = fields["meaning"]
    low, high, values = _range(kind, fields["range"], fields["name"])
    return {
        "name": fields["name"],
        "aliases": aliases,
        "level": row.level,
        "scope": "share-consumer" if _SHARE_ONLY.search(meaning) else _SIDES[fields["side"]],
        "share_consumer": not _NOT_FOR_SHARE.search(meaning),
        "type": kind,
        "min": low,
        "max": high,
        "values": values,
        "default": fields["default"],
        "importance": fields["importance"],
        "deprecated": "**DEPRECATED**" in meaning,
        "experimental": "**EXPERIMENTAL**" in meaning,
        "meaning": _MARKS.sub("", meaning).strip(),
    }


def _range(kind: str, text: str, name: str) -> tuple[float | None, float | None, list[str]]:
    if kind in ("integer", "float"):
        low, high = (float(part) if kind == "float" else int(part) for part in text.split(" .. "))
        # An integer that has names for some of its values does not show them in its range.
        words = ["all"] if try_property(name, "all")[0] is ConfResult.OK else []
        return low, high, words
    return None, None, text.split(", ") if text else []


def main() -> int:
    """Write the table, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; 1 if they differ")
    wanted = json.dumps(table(), indent=1, ensure_ascii=False) + "\n"
    if parser.parse_args().check:
        same = TARGET.is_file() and TARGET.read_text(encoding="utf-8") == wanted
        print("The table is up to date." if same else f"{TARGET.name} is not librdkafka's table.")
        return 0 if same else 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(wanted, encoding="utf-8", newline="\n")
    print(f"{TARGET.name}: {wanted.count(MEANING_KEY)} properties")
    return 0


if __name__ == "__main__":
    sys.exit(main())
