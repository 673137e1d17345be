"""The store's process is killed in the middle of writing, again and again; nothing is damaged."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from pipeline.aggregation.store_writer import StoreWriter

pytestmark = [pytest.mark.integration, pytest.mark.slow]

KILLS = 50
WRITER = """
import sys
from pathlib import Path
from pipeline.aggregation.situations import Situations
from pipeline.aggregation.store_writer import StoreWriter
from tests.support import messages as made

run, store = sys.argv[2], StoreWriter(Path(sys.argv[1]))
for number in range(1_000_000):
    with store.transaction():
        for part in range(5):
            item = made.result(f"{run}-{number}-{part}", level="high", evidence=b"x" * 20_000)
            store.add_result(item)
            change = Situations("low", 30.0).note(item)
            store.put_alarm(change.alarm, b"x" * 20_000, is_new=True, is_escalation=False)
    print(number, flush=True)
"""


def test_fifty_kills_in_mid_write_damage_nothing(tmp_path: Path) -> None:
    path = tmp_path / "alarms.db"
    random = Random(7)
    committed = 0
    for run in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(run)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        ) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(random.randint(1, 20))]
            process.kill()
            told += process.stdout.readlines()
        committed += len([line for line in told if line.endswith(b"\n")])
        # Opening it as the aggregator does looks for damage; a damaged one would be set aside.
        with closing(StoreWriter(path)):
            pass
        assert not list(tmp_path.glob("*damaged*"))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (verdicts,) = connection.execute("SELECT count(*) FROM results").fetchone()
        (pictures,) = connection.execute("SELECT count(*) FROM evidence").fetchone()
    # Whole transactions only, and each that was told.
    assert verdicts == pictures
    assert verdicts % 5 == 0
    assert verdicts >= committed * 5
