"""Evidence pictures that go into a shared store."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.evidence_store import EvidenceStore
from pipeline.kafka import KafkaAccess
from pipeline.settings import demo_settings
from pipeline.settings_evidence import EvidenceSettings
from tests.support.detection_worker import Start, published, settings_for, wait_until
from tests.support.log_guard import ExpectLog

pytestmark = pytest.mark.integration


def test_pictures_go_into_the_shared_store_and_are_named_in_the_messages(
    start: Start, kafka: KafkaAccess, tmp_path: Path
) -> None:
    evidence = EvidenceSettings(store=tmp_path / "shared", hide="heads_and_plates")
    settings = settings_for(demo_settings().cameras[:1])
    worker = start(settings.model_copy(update={"evidence": evidence}))
    wait_until(lambda: list((tmp_path / "shared").rglob("*.jpg")), "a picture in the store")
    wait_until(lambda: worker.counter("out") >= 5, "results")
    worker.end()
    store = EvidenceStore(tmp_path / "shared")
    groups = [
        group
        for message in published(kafka, worker.counter("out"))
        for group in message.traffic_groups
        if group.reason is not None
    ]
    assert groups
    for group in groups:
        assert group.group_image_base64 is None
        jpeg = store.get(group.group_image_ref or "")
        assert jpeg is not None
        assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) is not None


def test_a_store_that_cannot_be_written_loses_no_picture(
    start: Start, kafka: KafkaAccess, tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("the evidence store cannot be written .*pictures go in the messages")
    (tmp_path / "file").write_text("in the way")
    settings = settings_for(demo_settings().cameras[:1])
    evidence = EvidenceSettings(store=tmp_path / "file")
    worker = start(settings.model_copy(update={"evidence": evidence}))
    wait_until(lambda: worker.telemetry.degraded, "the worker is degraded")
    assert worker.telemetry.degraded == "the evidence store cannot be written"
    worker.end()
    groups = [g for m in published(kafka, worker.counter("out")) for g in m.traffic_groups]
    assert any(group.group_image_base64 for group in groups)
    assert all(group.group_image_ref is None for group in groups)
