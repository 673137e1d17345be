"""Which settings the page shows, under which names; help and limits come from the models."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from console import llm_form
from console.settings_form_alarms import alarm_choices, alarm_help, alarm_sections

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One setting.

    Attributes:
        place: names from `Settings` down, such as ``("detection", "confidence")``.
        name: for people.
        is_file: it may be the path of a file, which can be chosen.
    """

    place: tuple[str, ...]
    name: str
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """Settings that belong together."""

    title: str
    fields: tuple[FieldSpec, ...]


def sections() -> tuple[SectionSpec, ...]:
    """Return what the page shows, in the language of the moment."""
    return (
        SectionSpec(
            translate("Settings", "Window"),
            (
                FieldSpec(("console", "theme"), translate("Settings", "Theme")),
                FieldSpec(("console", "language"), translate("Settings", "Language")),
                FieldSpec(("console", "on_close"), translate("Settings", "Closing the window")),
                FieldSpec(("console", "notices"), translate("Settings", "Notices")),
            ),
        ),
        SectionSpec(
            translate("Settings", "Detection"),
            (
                FieldSpec(("detection", "model"), translate("Settings", "Model"), is_file=True),
                FieldSpec(("detection", "family"), translate("Settings", "Model family")),
                FieldSpec(("detection", "providers"), translate("Settings", "Runs on")),
                FieldSpec(("detection", "device"), translate("Settings", "Graphics card")),
                FieldSpec(("detection", "threads"), translate("Settings", "Threads")),
                FieldSpec(("detection", "confidence"), translate("Settings", "Confidence")),
                FieldSpec(("detection", "iou"), translate("Settings", "Overlap")),
                FieldSpec(("detection", "classes"), translate("Settings", "Classes")),
                FieldSpec(("detection", "group_distance"), translate("Settings", "Group distance")),
            ),
        ),
        SectionSpec(
            translate("Settings", "Evidence"),
            (
                FieldSpec(
                    ("detection", "evidence_max_bytes"),
                    translate("Settings", "Picture size (bytes)"),
                ),
                FieldSpec(("evidence", "hide"), translate("Settings", "Hidden")),
                FieldSpec(("evidence", "store"), translate("Settings", "Shared folder")),
                FieldSpec(("evidence", "keep_days"), translate("Settings", "Days kept there")),
            ),
        ),
        SectionSpec(
            translate("Settings", "Assessment"),
            (
                FieldSpec(("scheduler", "assessor"), translate("Settings", "Who judges")),
                FieldSpec(("scheduler", "max_in_flight"), translate("Settings", "Tasks at a time")),
                FieldSpec(
                    ("scheduler", "rules", "near_distance"), translate("Settings", "Near distance")
                ),
                FieldSpec(
                    ("scheduler", "rules", "conflict_distance"),
                    translate("Settings", "Conflict distance"),
                ),
                FieldSpec(
                    ("scheduler", "rules", "time_to_collision_medium_s"),
                    translate("Settings", "Contact in (s): medium"),
                ),
                FieldSpec(
                    ("scheduler", "rules", "time_to_collision_high_s"),
                    translate("Settings", "Contact in (s): high"),
                ),
                FieldSpec(
                    ("scheduler", "rules", "post_encroachment_medium_s"),
                    translate("Settings", "Passing gap (s): medium"),
                ),
                FieldSpec(
                    ("scheduler", "rules", "post_encroachment_low_s"),
                    translate("Settings", "Passing gap (s): low"),
                ),
                FieldSpec(
                    ("scheduler", "rules", "crowd_size"), translate("Settings", "Crowd size")
                ),
            ),
        ),
        SectionSpec(
            translate("Settings", "Language model"),
            tuple(FieldSpec(("scheduler", "llm", name), words) for name, words in llm_form.names()),
        ),
        *(
            SectionSpec(title, tuple(FieldSpec(place, name) for place, name in fields))
            for title, fields in alarm_sections()
        ),
        SectionSpec(
            translate("Settings", "Kafka"),
            (
                FieldSpec(("kafka", "mode"), translate("Settings", "Broker")),
                FieldSpec(
                    ("kafka", "bootstrap_servers"), translate("Settings", "Bootstrap servers")
                ),
                FieldSpec(("kafka", "partitions"), translate("Settings", "Partitions")),
                FieldSpec(("kafka", "retention_hours"), translate("Settings", "Retention (h)")),
            ),
        ),
        SectionSpec(
            translate("Settings", "Logs"),
            (
                FieldSpec(("logs", "level"), translate("Settings", "Level")),
                FieldSpec(("logs", "rotation_mb"), translate("Settings", "File size (MB)")),
                FieldSpec(("logs", "keep_files"), translate("Settings", "Files kept")),
            ),
        ),
        SectionSpec(
            translate("Settings", "Updates"),
            (
                FieldSpec(("updates", "check"), translate("Settings", "Newer versions")),
                FieldSpec(("updates", "url"), translate("Settings", "Ask at")),
            ),
        ),
    )


def replay_fields() -> tuple[FieldSpec, ...]:
    """Return what may be set otherwise to have alarms assessed again."""
    rules = next(
        section.fields
        for section in sections()
        if any(field.place[:2] == ("scheduler", "rules") for field in section.fields)
    )
    return (
        FieldSpec(("scheduler", "assessor"), translate("Settings", "Who judges")),
        *(field for field in rules if field.place[:2] == ("scheduler", "rules")),
        FieldSpec(("scheduler", "llm", "model"), translate("Settings", "Language model")),
        FieldSpec(("scheduler", "llm", "prompt"), translate("Settings", "Prompt file")),
    )


AT_NEXT_START = frozenset({("logs", "rotation_mb"), ("logs", "keep_files")})
"""Places whose changes hold from the next start of the program."""


def choice_words(place: tuple[str, ...], value: str) -> str:
    """Return a choice for people; what has no other name is shown as it is."""
    words: dict[tuple[str, ...], str] = {
        ("console", "theme", "system"): translate("Settings", "As the system"),
        ("console", "theme", "dark"): translate("Settings", "Dark"),
        ("console", "theme", "light"): translate("Settings", "Light"),
        ("console", "language", "system"): translate("Settings", "As the system"),
        ("console", "on_close", "ask"): translate("Settings", "Asks"),
        ("console", "on_close", "quit"): translate("Settings", "Stops and quits"),
        ("console", "on_close", "tray"): translate("Settings", "Keeps it in the tray"),
        ("console", "notices", "quiet"): translate("Settings", "Without a sound"),
        ("console", "notices", "sound"): translate("Settings", "With a sound"),
        ("console", "notices", "off"): translate("Settings", "None"),
        ("console", "language", "en"): "English",
        ("console", "language", "zh_CN"): "简体中文",
        ("evidence", "hide", "nothing"): translate("Settings", "Nothing"),
        ("evidence", "hide", "heads_and_plates"): translate("Settings", "Heads and plates"),
        ("updates", "check", "off"): translate("Settings", "Looked for on request only"),
        ("updates", "check", "at_start"): translate("Settings", "Looked for at each start"),
        ("kafka", "mode", "embedded"): translate("Settings", "Embedded"),
        ("kafka", "mode", "cluster"): translate("Settings", "Cluster"),
        **llm_form.choices(),
    }
    words |= alarm_choices()
    return words.get((*place, value), value)


def help_words(place: tuple[str, ...], described: str) -> str:
    """Return the help of a setting: what the model says, or what only the window knows."""
    own = {
        ("console", "theme"): translate("Settings", "Dark, light, or as the system is set."),
        ("console", "language"): translate("Settings", "Of this window; the log is in English."),
        ("console", "on_close"): translate("Settings", "While workers run; else it quits."),
        ("console", "notices"): translate(
            "Settings", "Of new alarms and failed workers, from the tray; never in your way."
        ),
        ("detection", "providers"): translate(
            "Settings",
            "What this machine offers. The first that works is used; the top bar shows which.",
        ),
        ("detection", "model"): translate(
            "Settings", "“bundled” is the model that ships with Signalbox; or an ONNX file."
        ),
        ("detection", "family"): translate(
            "Settings", "Empty: told by the file. Name it, such as yolo, where the file does not."
        ),
        ("detection", "device"): translate(
            "Settings",
            "Which one DirectML takes, where there are several.",
        ),
        ("detection", "threads"): translate(
            "Settings", "Threads of the model; 0 leaves one core to the window."
        ),
        ("detection", "confidence"): translate("Settings", "Boxes below this are dropped."),
        ("detection", "iou"): translate("Settings", "Boxes overlapping more are one object."),
        ("detection", "classes"): translate(
            "Settings", "Classes to keep; empty: those the model recommends for roads."
        ),
        ("detection", "group_distance"): translate(
            "Settings",
            "Objects nearer than this many box heights form a group; 3.0 (about 5 m) where near "
            "misses on a measured ground matter.",
        ),
        ("detection", "evidence_max_bytes"): translate(
            "Settings", "Largest picture of a group; quality is lowered, then size."
        ),
        ("evidence", "hide"): translate(
            "Settings",
            "Heads of people and lower parts of vehicles become coarse blocks, by the detector's boxes. "
            "Who is not detected is not hidden.",
        ),
        ("evidence", "store"): translate(
            "Settings",
            "Empty: pictures travel in the messages. A folder that all workers reach: messages only "
            "name them.",
        ),
        ("evidence", "keep_days"): translate("Settings", "Older pictures are deleted there."),
        **llm_form.helps(),
        ("scheduler", "llm", "prompt"): translate(
            "Settings", "A prompt template of your own; empty: the one that ships."
        ),
        ("scheduler", "max_in_flight"): translate("Settings", "The others wait in Kafka."),
        ("scheduler", "rules", "near_distance"): translate(
            "Settings", "A person this near to a moving vehicle, in heights of the person's box."
        ),
        ("scheduler", "rules", "conflict_distance"): translate(
            "Settings", "Nearer than this is a conflict, in heights of the person's box."
        ),
        ("scheduler", "rules", "time_to_collision_medium_s"): translate(
            "Settings", "A vehicle that would reach a person in this time is a medium risk."
        ),
        ("scheduler", "rules", "time_to_collision_high_s"): translate(
            "Settings", "In this time and within the conflict distance, it is a high one."
        ),
        ("scheduler", "rules", "post_encroachment_medium_s"): translate(
            "Settings",
            "A vehicle and a person that come through the same place within this time, one after "
            "the other, are a medium risk. Only for cameras with a ground rectangle.",
        ),
        ("scheduler", "rules", "post_encroachment_low_s"): translate(
            "Settings", "Within this time, they are a low one."
        ),
        ("scheduler", "rules", "crowd_size"): translate("Settings", "People in one group."),
        ("kafka", "mode"): translate(
            "Settings", "Embedded runs inside the program and keeps nothing; a cluster is yours."
        ),
        ("kafka", "bootstrap_servers"): translate(
            "Settings", "For a cluster: host:port, more of them separated by commas."
        ),
        ("kafka", "partitions"): translate(
            "Settings", "Partitions of a topic that Signalbox creates."
        ),
        ("kafka", "retention_hours"): translate(
            "Settings",
            "How long a topic that Signalbox creates keeps messages; 0: as the cluster has it.",
        ),
        ("logs", "level"): translate("Settings", "Lines below this level are not written."),
        ("logs", "rotation_mb"): translate(
            "Settings", "A log file is closed at this size. Holds from the next start."
        ),
        ("logs", "keep_files"): translate(
            "Settings", "Older files of each worker are deleted. Holds from the next start."
        ),
        ("updates", "check"): translate(
            "Settings", "You are told and given a link; nothing is ever installed by itself."
        ),
        ("updates", "url"): translate(
            "Settings", "An https:// address that names the newest version; your engineer knows it."
        ),
    }
    own |= alarm_help()
    return own.get(place, described)
