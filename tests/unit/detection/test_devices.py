"""Graphics cards are chosen by name, as onnxruntime tells of them on Windows."""

from __future__ import annotations

from types import SimpleNamespace

import onnxruntime
import pytest

from pipeline.detection.models import BUNDLED_MODEL, DetectorOptions, ModelError, load_detector
from pipeline.detection.models.devices import availability, graphics_devices, provider_options


def entry(name: str, number: str, provider: str = "DmlExecutionProvider") -> SimpleNamespace:
    metadata = {"Description": name, "DxgiAdapterNumber": number}
    return SimpleNamespace(
        ep_name=provider, device=SimpleNamespace(metadata=metadata, vendor="Maker")
    )


@pytest.fixture
def two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [
        entry("Quick 9000", "2"),
        entry("Small 100", "0"),
        entry("Quick 9000", "1"),
        entry("Small 100", "0", "CPUExecutionProvider"),
        entry("Of no number", ""),
    ]
    monkeypatch.setattr(onnxruntime, "get_ep_devices", lambda: there)


def test_cards_are_listed_by_number_and_told_apart(two_cards: None) -> None:
    assert [(card.name, card.number) for card in graphics_devices()] == [
        ("Small 100", 0),
        ("Quick 9000", 1),
        ("Quick 9000 (2)", 2),
    ]


@pytest.mark.parametrize(
    ("wanted", "number"), [("quick", "1"), ("Quick 9000 (2)", "2"), ("SMALL 100", "0")]
)
def test_a_card_is_found_by_name_or_a_part_of_it(two_cards: None, wanted: str, number: str) -> None:
    assert provider_options("directml", wanted)[0] == {"device_id": number}


def test_without_a_wish_the_first_is_named(two_cards: None) -> None:
    assert provider_options("directml", "") == ({}, "Small 100")
    assert provider_options("cpu", "Quick") == ({}, "")


def test_a_card_that_is_not_there_is_a_reason_to_go_on_with_the_processor(
    two_cards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="there is no device `Huge`; there are: Small 100, Quick"):
        provider_options("directml", "Huge")
    there = ["DmlExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: there)
    detector = load_detector(BUNDLED_MODEL, DetectorOptions(device="Huge"))
    assert detector.info.provider == "cpu"
    assert detector.info.reason.startswith("DirectML: there is no device `Huge`")


def test_this_machine_tells_what_it_has() -> None:
    assert availability()["cpu"] == ""
    assert graphics_devices() == ()
