"""Settings: typed, all problems at once, safe on disk."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from pipeline import settings_file
from pipeline.settings import Settings, SettingsError, demo_settings, parse_settings


def problems(table: dict[str, object]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse_settings(table)
    return list(caught.value.problems)


def test_the_defaults_are_usable() -> None:
    assert Settings().kafka.mode == "embedded"


@pytest.mark.parametrize("weight", [0, -1, 1000.5])
def test_a_weight_of_a_key_beyond_its_ends_is_refused(weight: float) -> None:
    """A thousand times another's share is as good as all."""
    keys = [{"id": "a", "secret": "env:KEY", "weight": weight}]
    assert "weight" in problems({"scheduler": {"llm": {"keys": keys}}})[0]


@pytest.mark.parametrize("weight", [0.001, 1000])
def test_a_weight_of_a_key_within_its_ends_is_taken(weight: float) -> None:
    keys = [{"id": "a", "secret": "env:KEY", "weight": weight}]
    settings = parse_settings({"scheduler": {"llm": {"keys": keys}}})
    assert settings.scheduler.llm.keys[0].weight == weight


def _numbers(model: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str]]:
    """Yield every table and field that is a number with a fraction."""
    for name, field in model.model_fields.items():
        inner = [field.annotation, *get_args(field.annotation)]
        for kind in inner:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _numbers(kind)
        if float in inner:
            yield model, name


@pytest.mark.parametrize(("model", "name"), sorted(set(_numbers(Settings)), key=repr))
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_no_number_of_the_settings_is_without_end(
    model: type[BaseModel], name: str, value: float
) -> None:
    """TOML can write them, and no sum of dates and seconds takes them."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate({name: value})
    assert (name,) in {error["loc"][:1] for error in caught.value.errors()}


def test_times_that_reach_beyond_the_calendar_are_refused() -> None:
    found = problems(
        {
            "aggregator": {
                "alarm_cooldown_s": 1e12,
                "storage": {"keep_alarms_days": 999_999},
                "alarms": {"close_after_s": 1e12},
            }
        }
    )
    assert len(found) == 3
    assert any("keep_alarms_days" in line and "365000" in line for line in found), found


def test_the_demo_plays_four_cameras_at_different_places() -> None:
    cameras = demo_settings().cameras
    assert len({camera.id for camera in cameras}) == 4
    assert len({camera.start_offset_s for camera in cameras}) == 4


def test_a_misspelt_name_is_told_with_the_right_one() -> None:
    assert problems({"detection": {"confidense": 0.5}}) == [
        "detection.confidense: unknown setting; did you mean `confidence`?"
    ]


def test_all_problems_are_told_together_with_their_place() -> None:
    found = problems(
        {
            "cameras": [{"id": "a b", "name": "x", "source": "0"}],
            "scheduler": {"max_in_flight": 0, "rules": {"crowd_sise": 3}},
        }
    )
    assert len(found) == 3
    assert found[0].startswith("cameras.0.id: ")
    assert any(line.startswith("scheduler.max_in_flight: ") for line in found)
    assert any("did you mean `crowd_size`?" in line for line in found)


def test_a_misspelt_camera_field_is_told_with_the_right_one() -> None:
    found = problems({"cameras": [{"id": "a", "name": "x", "source": "0", "enabeld": True}]})
    assert found == ["cameras.0.enabeld: unknown setting; did you mean `enabled`?"]


def test_two_cameras_cannot_share_an_id() -> None:
    camera = {"id": "a", "name": "x", "source": "0"}
    assert "camera id used more than once: a" in problems({"cameras": [camera, camera]})[0]


def test_cluster_mode_asks_for_servers() -> None:
    assert "bootstrap_servers" in problems({"kafka": {"mode": "cluster"}})[0]


def test_settings_cannot_change_under_a_worker() -> None:
    with pytest.raises(ValidationError):
        Settings().logs.level = "DEBUG"  # type: ignore[misc]


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "测试 é" / "signalbox.toml"
    settings_file.save(demo_settings(), path)
    assert settings_file.load(path) == demo_settings()


def test_saving_keeps_the_version_before(tmp_path: Path) -> None:
    path = tmp_path / "signalbox.toml"
    settings_file.save(demo_settings(), path)
    before = path.read_text(encoding="utf-8")
    settings_file.save(Settings(), path)
    assert (tmp_path / "signalbox.toml.bak").read_text(encoding="utf-8") == before
    assert sorted(found.name for found in tmp_path.iterdir()) == [
        "signalbox.toml",
        "signalbox.toml.bak",
    ]


def test_the_last_good_settings_tell_when_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "signalbox.toml"
    assert settings_file.last_good(path) is None
    settings_file.save(demo_settings(), path)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    settings_file.save(Settings(), path)
    found = settings_file.last_good(path)
    assert found is not None
    assert found.settings == demo_settings()
    assert found.saved.timestamp() == 1_700_000_000
    found.kept_in.write_text("broken", encoding="utf-8")
    assert settings_file.last_good(path) is None


def test_a_missing_file_means_defaults(tmp_path: Path) -> None:
    assert settings_file.load(tmp_path / "none.toml") == Settings()


@pytest.mark.parametrize("content", [b"cameras = [", b"\xff\xfe", b"[detection]\nthreads = 'x'"])
def test_a_broken_file_is_explained_not_swallowed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "signalbox.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        settings_file.load(path)
    assert caught.value.problems


def test_a_broken_file_is_set_aside_under_a_new_name_each_time(tmp_path: Path) -> None:
    path = tmp_path / "signalbox.toml"
    for number in (1, 2):
        path.write_text("broken", encoding="utf-8")
        assert settings_file.set_aside(path).name == f"signalbox.toml.broken-{number}"
        assert not path.exists()
