"""``bench doctor``: how many sets of client properties the doctor examines in a second."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import dataclass
from typing import Final

from pipeline.kafka import clients
from pipeline.kafka.doctor import Role, Setting, as_text, examine, table
from pipeline.kafka.doctor.java import java_names
from pipeline.settings import KafkaSettings

SETS: Final = 2000
CHANGES: Final = (0, 8)
"""How many properties a set has besides Signalbox's own, at least and at most."""
_ODD: Final = ("", "true", "maybe", "-1", "60s", "999999999999", "all", "PLAIN", "/no/such/file")


@dataclass(frozen=True, slots=True)
class Speed:
    """What came out.

    Attributes:
        sets_per_s: of each round.
        median_per_s: of the rounds.
        properties, findings: in a set, on average; that the sets are neither empty nor harmless.
    """

    sets_per_s: tuple[float, ...]
    median_per_s: float
    properties: float
    findings: float


def run(rounds: int) -> Speed:
    """Examine the same `SETS` sets in each round: whole clients with right and wrong settings."""
    made = _sets()
    found = sum(len(examine(settings, role)) for role, settings in made)
    rates = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        for role, settings in made:
            examine(settings, role)
        rates.append(len(made) / (time.perf_counter() - began_s))
    return Speed(
        tuple(rates),
        statistics.median(rates),
        sum(len(settings) for _, settings in made) / len(made),
        found / len(made),
    )


def _sets() -> list[tuple[Role, list[Setting]]]:
    chance = random.Random(1)
    ours = KafkaSettings(mode="cluster", bootstrap_servers="127.0.0.1:1")
    bases: dict[Role, dict[str, str | int | float | bool]] = {
        "producer": clients.producer_properties(ours, "127.0.0.1:1", "bench"),
        "consumer": clients.consumer_properties(ours, "127.0.0.1:1", "bench", "bench"),
    }
    known, foreign = sorted(table().by_name), sorted(java_names())
    made: list[tuple[Role, list[Setting]]] = []
    for number in range(SETS):
        role: Role = "consumer" if number % 2 else "producer"
        settings = [Setting(name, as_text(value)) for name, value in bases[role].items()]
        for _ in range(chance.randint(*CHANGES)):
            name = chance.choice(foreign) if chance.random() < 0.2 else chance.choice(known)
            settings.append(Setting(name, _value(name, chance)))
        made.append((role, settings))
    return made


def _value(name: str, chance: random.Random) -> str:
    entry = table().by_name.get(name)
    if entry is None or chance.random() < 0.3:
        return chance.choice(_ODD)
    if entry.values:
        return chance.choice(entry.values)
    return entry.default
