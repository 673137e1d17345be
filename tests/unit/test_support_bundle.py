"""The support bundle: everything support needs, no secret, all or nothing."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from loguru import logger

from commands import execute, resolve
from pipeline import secrets, support_bundle
from pipeline.kafka.lag import LagSnapshot
from pipeline.logs import Logs
from pipeline.paths import log_folder, runtime_folder
from pipeline.redact import forget_secrets
from pipeline.settings import KafkaSettings, LogSettings, Settings
from pipeline.settings_cameras import CameraSettings
from pipeline.states import WorkerName, WorkerState
from pipeline.support_bundle import ExportCancelledError, LiveState
from pipeline.telemetry import TelemetryHub
from tests.support.credential_store import TestStore, using
from tests.support.log_guard import ExpectLog
from tests.support.planted import FORMS
from tests.support.planted import PLANTED as PLANTED_IN_FORMS

PLANTED = "hunter2-Zebra"


@pytest.fixture
def settings() -> Settings:
    return Settings(
        cameras=(CameraSettings(id="a", name="Gate", source=f"rtsp://op:{PLANTED}@10.0.0.7/1"),),
        kafka=KafkaSettings(common={"sasl.password": PLANTED, "sasl.username": "signalbox"}),
    )


def live_state() -> LiveState:
    hub = TelemetryHub()
    detection = hub.workers[WorkerName.DETECTION]
    detection.label("provider", "CPU · nanodet-g")
    detection.error(f"cannot open rtsp://op:{PLANTED}@10.0.0.7/1")
    detection.latency(12.0)
    return LiveState(
        states=dict.fromkeys(WorkerName, WorkerState.RUNNING),
        workers={name: telemetry.snapshot() for name, telemetry in hub.workers.items()},
        lag=LagSnapshot(),
        lag_history={"group/topic": [(1.0, 3)]},
        console={"uiGapP99Ms": 8.5},
    )


def read(bundle: Path) -> dict[str, str]:
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def test_a_secret_of_the_credential_store_is_in_no_part_of_it(tmp_path: Path) -> None:
    """Nothing around it tells that it is one: it is known because it was resolved."""
    common = {"sasl.password": "keyring:kafka", "client.rack": f"rack-{PLANTED}"}
    settings = Settings(kafka=KafkaSettings(common=common))
    hub = TelemetryHub()
    hub.workers[WorkerName.DETECTION].error(f"the broker says {PLANTED} is wrong")
    live = live_state()
    live = replace(live, workers={n: one.snapshot() for n, one in hub.workers.items()})
    with using(TestStore()):
        secrets.store("kafka", PLANTED)
        forget_secrets()
        with Logs(LogSettings(), log_folder()) as logs:
            logger.bind(worker="kafka").info("before it is known: {}", PLANTED)
            secrets.resolve("keyring:kafka")
            logger.bind(worker="kafka").info("after: ({})", PLANTED)
            logs.flush()
            made = support_bundle.export(tmp_path / "b.zip", settings=settings, live=live)
    found = read(made)
    assert any("before it is known" in text for text in found.values())
    assert [name for name, text in found.items() if PLANTED in text] == []


def test_it_holds_what_support_needs_and_no_secret(tmp_path: Path, settings: Settings) -> None:
    with Logs(LogSettings(), log_folder()) as logs:
        with logger.contextualize(worker="detection"):
            logger.info("camera opened: 警报 {}", "{}")
        logger.bind(worker="kafka").info("sasl.password={}", PLANTED)
        logs.flush()
    # Written past the logging, as an older version or another program might have.
    with (log_folder() / "streaming" / "detection.log").open("a", encoding="utf-8") as file:
        file.write(
            f"2026-01-02 03:04:05.678 | ERROR    | x:y:1 - open rtsp://op:{PLANTED}@10.0.0.7/1\n"
        )
    runtime_folder().mkdir(parents=True)
    (runtime_folder() / "last-crash.txt").write_text(f"password={PLANTED}", encoding="utf-8")
    made = support_bundle.export(tmp_path / "out" / "b.zip", settings=settings, live=live_state())
    found = read(made)
    assert all(PLANTED not in text for text in found.values())
    assert "camera opened: 警报 {}" in found["logs/streaming/detection.log"]
    assert "run/last-crash.txt" in found
    assert "open rtsp://***@10.0.0.7/1" in found["last-errors.txt"]
    about = json.loads(found["about.json"])
    assert about["librdkafka"]
    assert about["executionProviders"]
    assert about["hardware"]["logicalCores"] >= 1
    workers = json.loads(found["workers.json"])
    assert workers["detection"]["labels"]["provider"] == "CPU · nanodet-g"
    assert workers["detection"]["state"] == "running"
    assert json.loads(found["settings.json"])["kafka"]["common"]["sasl.username"] == "signalbox"
    assert json.loads(found["lag.json"])["history"] == {"group/topic": [[1.0, 3]]}


def test_planted_secrets_of_every_form_are_in_no_part_of_it(
    tmp_path: Path, expect_log: ExpectLog
) -> None:
    """Logged, written past the logging, in settings, in a crash, in what the program shows."""
    expect_log("^ERROR ")
    texts = [form.format(PLANTED_IN_FORMS) for form in FORMS.values()]
    settings = Settings(
        cameras=tuple(
            CameraSettings(id=f"c{number}", name=f"c{number}", source=text)
            for number, text in enumerate(texts)
            if "://" in text
        ),
        kafka=KafkaSettings(common={f"x.{number}": text for number, text in enumerate(texts)}),
    )
    hub = TelemetryHub()
    detection = hub.workers[WorkerName.DETECTION]
    live = live_state()
    detection.label("provider", "\n".join(texts))
    for text in texts:
        detection.error(text)
        live.timeline.append({"at": "now", "what": text})
    told = "\n".join(texts)
    live = replace(
        live,
        workers={name: one.snapshot() for name, one in hub.workers.items()},
        lag=LagSnapshot(error=told),
    )
    with Logs(LogSettings(), log_folder()) as logs:
        for text in texts:
            logger.bind(worker="kafka").error("{}", text)
            try:
                raise ValueError(text)
            except ValueError:
                logger.bind(worker="detection").exception("it failed")
        logs.flush()
        seen = "".join(line.message for line in logs.ring.since(0))
    with (log_folder() / "streaming" / "detection.log").open("a", encoding="utf-8") as file:
        file.writelines(f"2026-01-02 03:04:05.678 | ERROR    | x:y:1 - {text}\n" for text in texts)
    runtime_folder().mkdir(parents=True)
    (runtime_folder() / "last-crash.txt").write_text(told, encoding="utf-8")
    (runtime_folder() / "state.json").write_text(json.dumps(texts), encoding="utf-8")
    found = read(support_bundle.export(tmp_path / "b.zip", settings=settings, live=live))
    assert {"run/last-crash.txt", "run/state.json", "lag.json", "timeline.json"} <= set(found)
    assert "it failed" in found["logs/streaming/detection.log"]
    assert "it failed" in seen
    assert "Zebra" not in seen
    assert [name for name, text in found.items() if "Zebra" in text] == []


def test_only_the_wanted_records_go_in(tmp_path: Path) -> None:
    folder = log_folder() / "streaming"
    folder.mkdir(parents=True)
    (folder / "scheduler.log").write_text(
        "rest of an older record\n"
        "2026-01-02 03:00:00.000 | ERROR    | a:b:1 - too early\n"
        "2026-01-02 03:10:00.000 | ERROR    | a:b:1 - wanted\nTraceback of it\n"
        "2026-01-02 03:11:00.000 | INFO     | a:b:1 - too quiet\nmore of the quiet one\n"
        "2026-01-02 03:12:00.000 | WARNING  | a:b:1 - wanted too\n"
        "2026-01-02 03:30:00.000 | ERROR    | a:b:1 - too late\n",
        encoding="utf-8",
    )
    (folder / "detection.log").write_text("another worker\n", encoding="utf-8")
    span = ["--since", "2026-01-02T03:05", "--until", "2026-01-02T03:20"]
    wanted = [*span, "--worker", "scheduler", "--level", "WARNING"]
    invocation = resolve(["export-logs", "--output", str(tmp_path / "b.zip"), *wanted])
    assert execute(invocation) == 0
    found = read(tmp_path / "b.zip")
    assert found["logs/streaming/scheduler.log"].splitlines() == [
        "2026-01-02 03:10:00.000 | ERROR    | a:b:1 - wanted",
        "Traceback of it",
        "2026-01-02 03:12:00.000 | WARNING  | a:b:1 - wanted too",
    ]
    assert "logs/streaming/detection.log" not in found
    assert "too late" not in found["last-errors.txt"]
    assert json.loads(found["about.json"])["logs"]["workers"] == ["scheduler"]


@pytest.mark.parametrize("text", ["soon", "-1h", "2026-13-01", ""])
def test_a_time_that_is_none_is_refused_with_examples(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = resolve(["export-logs", "--output", str(tmp_path / "b.zip"), f"--since={text}"])
    with pytest.raises(SystemExit):
        execute(asked)
    assert "30m" in capsys.readouterr().err


def test_without_a_running_program_it_says_so(tmp_path: Path) -> None:
    found = read(support_bundle.export(tmp_path / "b.zip", settings=Settings()))
    assert json.loads(found["about.json"])["runningProgram"] is False
    assert "workers.json" not in found


def test_progress_reaches_its_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    support_bundle.export(
        tmp_path / "b.zip",
        settings=Settings(),
        progress=lambda done, all_: seen.append((done, all_)),
    )
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(ExportCancelledError):
        support_bundle.export(folder / "b.zip", settings=Settings(), cancelled=lambda: True)
    assert list(folder.iterdir()) == []


def test_an_export_before_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    bundle = tmp_path / "b.zip"
    bundle.write_bytes(b"the one before")
    with pytest.raises(ExportCancelledError):
        support_bundle.export(bundle, settings=Settings(), cancelled=lambda: True)
    assert bundle.read_bytes() == b"the one before"


def test_a_large_file_is_worked_through_in_pieces(
    tmp_path: Path, signalbox_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory stays small, it can be cancelled within, and no secret slips through at a seam."""
    monkeypatch.setattr(support_bundle, "PIECE", 500)
    log = signalbox_home / "logs" / "streaming" / "detection.log"
    log.parent.mkdir(parents=True)
    head = "2026-01-02 03:04:05.678 | ERROR    | a:b:1 - line {}\n"
    record = head + "  it goes on\npassword=hunter2-{}\n"
    text = "".join(record.format(number, number) for number in range(200))
    log.write_text(text, encoding="utf-8")
    seen: list[int] = []
    bundle = support_bundle.export(
        tmp_path / "b.zip", settings=Settings(), progress=lambda done, _: seen.append(done)
    )
    with zipfile.ZipFile(bundle) as found:
        kept = found.read("logs/streaming/detection.log").decode()
        errors = found.read("last-errors.txt").decode()
    assert "hunter2" not in kept
    assert kept.count("it goes on") == 200
    assert [line for line in kept.splitlines() if "line 199" in line]
    assert "line 199" in errors
    assert len(seen) > 20
    asked = iter([False] * 10)
    with pytest.raises(ExportCancelledError):
        support_bundle.export(
            tmp_path / "c.zip", settings=Settings(), cancelled=lambda: next(asked, True)
        )
    assert not (tmp_path / "c.zip").exists()
