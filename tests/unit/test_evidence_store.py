"""The shared store of pictures: kept by reference, fetched only by references of its own form."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.evidence_store import EvidenceStore, open_store, with_picture
from pipeline.messages import AssessmentTask, GroupMetadata
from pipeline.picture import Picture
from pipeline.settings_evidence import EvidenceSettings

MOMENT = datetime(2026, 3, 1, 23, 30, 5, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "shared")


def task(reference: str | None, inline: bytes | None = None) -> AssessmentTask:
    return AssessmentTask(
        task_id="t",
        request_id="r",
        camera_id="c",
        timestamp=MOMENT,
        group_index=1,
        group_count=1,
        group_bbox=(0, 0, 1, 1),
        image_width=10,
        image_height=10,
        detected_objects=(),
        group_metadata=GroupMetadata(),
        group_image_base64=None if inline is None else Picture.of(inline),
        group_image_ref=reference,
    )


@pytest.mark.parametrize("camera", ["gate-1", "../../etc", "Brücke 5", "", "x" * 200])
def test_a_picture_comes_back_by_its_reference(store: EvidenceStore, camera: str) -> None:
    reference = store.put(camera, MOMENT, b"jpeg")
    assert reference.startswith("2026-03-01/233005_")
    assert store.get(reference) == b"jpeg"
    assert [path.suffix for path in store.folder.rglob("*.*")] == [".jpg"]


def test_two_pictures_of_one_moment_are_two(store: EvidenceStore) -> None:
    assert store.put("c", MOMENT, b"1") != store.put("c", MOMENT, b"2")


@pytest.mark.parametrize(
    "reference",
    [
        "../secret.jpg",
        "2026-03-01/../../secret.jpg",
        "/etc/passwd",
        "2026-03-01/233005_c_0.jpg",
        "2026-03-01\\secret.jpg",
    ],
)
def test_a_reference_of_another_form_opens_nothing(store: EvidenceStore, reference: str) -> None:
    store.folder.mkdir()
    (store.folder.parent / "secret.jpg").write_bytes(b"secret")
    assert store.get(reference) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reference=st.text())
def test_no_text_opens_anything(store: EvidenceStore, reference: str) -> None:
    assert store.get(reference) is None


def test_old_days_are_deleted_and_nothing_of_others(store: EvidenceStore) -> None:
    old = store.put("c", datetime(2026, 2, 20, tzinfo=UTC), b"old")
    fresh = store.put("c", MOMENT, b"fresh")
    other = store.folder / "2026-02-20" / "holiday.jpg"
    other.write_bytes(b"mine")
    elsewhere = store.folder / "notes" / "2020.txt"
    elsewhere.parent.mkdir()
    elsewhere.write_text("mine")
    assert store.prune(7, today=date(2026, 3, 2)) == 1
    assert store.get(old) is None
    assert store.get(fresh) == b"fresh"
    assert other.exists()
    assert elsewhere.exists()


def test_pruning_a_store_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert EvidenceStore(tmp_path / "gone").prune(7) == 0


def test_a_message_gets_its_picture(store: EvidenceStore) -> None:
    reference = store.put("c", MOMENT, b"jpeg")
    assert with_picture(task(reference), store).group_image_base64 == Picture.of(b"jpeg")
    assert with_picture(task(reference, b"inline"), store).group_image_base64 == Picture.of(
        b"inline"
    )
    assert with_picture(task(reference), None).group_image_base64 is None
    assert with_picture(task("2026-03-01/gone"), store).group_image_base64 is None


def test_the_settings_name_the_folder_or_none(tmp_path: Path) -> None:
    assert open_store(EvidenceSettings.model_validate({"store": ""})) is None
    made = open_store(EvidenceSettings(store=tmp_path))
    assert made is not None
    assert made.folder == tmp_path
