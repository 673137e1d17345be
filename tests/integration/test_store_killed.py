"""The store's process is killed in the middle of writing, again and again; nothing is damaged."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from pipeline.aggregation.database import evidence_folder
from pipeline.aggregation.store_writer import StoreWriter

pytestmark = [pytest.mark.integration, pytest.mark.slow]

KILLS = 50
WRITER = """
import sys
from pathlib import Path
from pipeline.aggregation.batch import Batch
from pipeline.aggregation.situations import Situations
from pipeline.aggregation.database import evidence_folder
from pipeline.aggregation.store_writer import StoreWriter
from tests.support import messages as made

run, store = sys.argv[2], StoreWriter(Path(sys.argv[1]))
for number in range(1_000_000):
    batch = Batch()
    for part in range(5):
        item = made.result(f"{run}-{number}-{part}", level="high", evidence=b"x" * 20_000)
        batch.verdicts.append(item)
        batch.changes.append((Situations("low", 30.0).note(item), b"x" * 20_000))
    store.write(batch)
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
        named = [path for (path,) in connection.execute("SELECT path FROM pictures")]
    # Whole transactions only, and each that was told.
    assert verdicts == len(named)
    # Every picture that is named is there, whole.
    folder = evidence_folder(path)
    assert {(folder / name).stat().st_size for name in named} == {20_000}
    assert verdicts % 5 == 0
    assert verdicts >= committed * 5
