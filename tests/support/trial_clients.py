"""Makes real Kafka clients in a child process, to see which settings librdkafka refuses.

Offline: no broker is needed to make a client. In a child, as some settings end the whole process.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIED = "the process died"

TrialValue = str | int | float | bool
Trial = Sequence[tuple[str, TrialValue]]


class TrialProcess:
    """A child process that makes clients, one after the other; it is started again when it dies."""

    def __init__(self) -> None:
        self.made = 0
        self._child: subprocess.Popen[str] | None = None

    def refusal(self, role: str, properties: Trial) -> str | None:
        """Make a client with these properties; return why that failed, or None."""
        return self._ask(role, properties)[0]

    def warnings(self, role: str, properties: Trial) -> list[str]:
        """Make a client with these properties; return what librdkafka logs about them."""
        return self._ask(role, properties)[1]

    def _ask(self, role: str, properties: Trial) -> tuple[str | None, list[str]]:
        self.made += 1
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps([role, list(properties)]) + "\n")
        child.stdin.flush()
        line = child.stdout.readline()
        if not line:
            self.close()
            return DIED, []
        refusal, warnings = json.loads(line)
        return refusal, warnings

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            assert self._child.stdin is not None
            assert self._child.stdout is not None
            self._child.stdin.close()
            self._child.stdout.close()
            self._child.wait(timeout=30)
            self._child = None

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "tests.support.trial_clients"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        return self._child


def _make(role: str, properties: dict[str, TrialValue]) -> tuple[str | None, list[str]]:
    warnings: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: warnings.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.Logger("trial")  # noqa: LOG001 - one a client
    log.addHandler(handler)
    from confluent_kafka import Consumer, KafkaException, Producer
    from confluent_kafka.admin import AdminClient

    kinds = {"producer": Producer, "consumer": Consumer, "admin": AdminClient}
    try:
        client = kinds[role](properties, logger=log)
    except (KafkaException, ValueError, TypeError, AttributeError, ImportError) as error:
        return str(error), []
    client.poll(0)
    del client
    return None, [words for words in warnings if words.startswith("CONFWARN")]


def _serve() -> None:
    for line in sys.stdin:
        role, properties = json.loads(line)
        print(json.dumps(_make(role, {"log_level": 4, **dict(properties)})), flush=True)


if __name__ == "__main__":
    _serve()
