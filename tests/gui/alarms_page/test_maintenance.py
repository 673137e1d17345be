"""Times of maintenance, entered beside the alarms."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDateTimeEdit,
    QLineEdit,
)
from pytestqt.qtbot import QtBot

from console.context import ConsoleContext
from console.pages.alarms import AlarmsPage
from console.widgets.maintenance_dialog import MaintenanceDialog
from console.widgets.value_table import ValueTable
from pipeline.messages import utc_now
from pipeline.settings_alarms import MaintenanceWindow
from tests.support.alarms_page import button, choose, named, shown_texts


def wait_for(qtbot: QtBot, context: ConsoleContext, count: int) -> list[MaintenanceWindow]:
    """Wait until so many times of maintenance are in use, which is once they are in the file."""
    qtbot.waitUntil(lambda: len(context.settings.aggregator.alarms.maintenance) == count)
    return list(context.settings.aggregator.alarms.maintenance)


def test_a_time_of_maintenance_is_added_and_taken_away(
    qtbot: QtBot, page: AlarmsPage, context: ConsoleContext
) -> None:
    qtbot.mouseClick(button(page, "Maintenance…"), Qt.MouseButton.LeftButton)
    (dialog,) = page.findChildren(MaintenanceDialog)
    qtbot.keyClicks(named(dialog, QLineEdit, "Reason"), "new mast")
    choose(qtbot, dialog, "Camera", "Depot gate")
    qtbot.mouseClick(button(dialog, "Add"), Qt.MouseButton.LeftButton)
    (window,) = wait_for(qtbot, context, 1)
    assert (window.camera, window.reason) == ("cam-3", "new mast")
    assert window.covers("cam-3", utc_now() + timedelta(hours=1))
    assert not window.covers("cam-3", utc_now() + timedelta(hours=3))
    until = named(dialog, QDateTimeEdit, "Until")
    assert isinstance(until, QDateTimeEdit)
    until.setDateTime(until.dateTime().addDays(-1))
    qtbot.mouseClick(button(dialog, "Add"), Qt.MouseButton.LeftButton)
    assert "“Until” must be later than “from”." in shown_texts(dialog)
    table = dialog.findChildren(ValueTable)[0]
    row = table.topLevelItem(0)
    assert row is not None
    assert row.text(4) == "in force"  # not by its colour alone
    table.setCurrentItem(row)
    qtbot.mouseClick(button(dialog, "Take away"), Qt.MouseButton.LeftButton)
    wait_for(qtbot, context, 0)
    assert table.topLevelItemCount() == 0
    qtbot.mouseClick(button(dialog, "Put back"), Qt.MouseButton.LeftButton)
    assert wait_for(qtbot, context, 1) == [window]
    assert table.topLevelItemCount() == 1
    assert not button(dialog, "Put back").isEnabled()


def test_a_time_of_maintenance_repeats_every_week(
    qtbot: QtBot, page: AlarmsPage, context: ConsoleContext
) -> None:
    qtbot.mouseClick(button(page, "Maintenance…"), Qt.MouseButton.LeftButton)
    (dialog,) = page.findChildren(MaintenanceDialog)
    (weekly,) = dialog.findChildren(QCheckBox)
    weekly.setChecked(True)
    qtbot.mouseClick(button(dialog, "Add"), Qt.MouseButton.LeftButton)
    (window,) = wait_for(qtbot, context, 1)
    assert window.covers("cam-3", utc_now() + timedelta(weeks=5, hours=0.5))
    row = dialog.findChildren(ValueTable)[0].topLevelItem(0)
    assert row is not None
    assert row.text(3) == "every week"
    assert not weekly.isChecked()
    until = named(dialog, QDateTimeEdit, "Until")
    assert isinstance(until, QDateTimeEdit)
    until.setDateTime(until.dateTime().addDays(7))
    weekly.setChecked(True)
    qtbot.mouseClick(button(dialog, "Add"), Qt.MouseButton.LeftButton)
    assert "must be shorter than a week" in " ".join(shown_texts(dialog))
