"""What the pipeline says to people is said in the language of the window, kind by kind."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
import string
from typing import Final

import msgspec
import pytest

from console.window_texts import sentence, shown
from pipeline.kafka.doctor import Finding, Role, examine
from pipeline.kafka.doctor.desk import examine_text
from pipeline.kafka.doctor.findings import Setting
from pipeline.kafka.doctor.java import java_names
from pipeline.kafka.doctor.translate import translate
from pipeline.messages import encode
from pipeline.redact import redact_text
from pipeline.texts import Text, in_a_row, listed, say, verbatim
from tests.support import messages as made
from tests.support.chinese import HAN, chinese, english
from tests.unit.doctor.test_doctor_rules import GOOD, ROWS
from tools.make_translations import PIPELINE, pipeline_texts

__all__ = ["chinese"]

SOURCES: Final = sorted(set(pipeline_texts()))


def filled(source: str) -> tuple[Text, list[str]]:
    """Return a text with a value in each place, and the values as they are to be seen."""
    values: dict[str, object] = {}
    seen = []
    for _, name, spec, _ in string.Formatter().parse(source) if "%{" not in source else ():
        if name is not None and name not in values:
            values[name] = 7000 + len(values) if spec else f"<{len(values)}>"
            seen.append(format(values[name], spec or ""))
    return say(source, **values), seen


@pytest.mark.parametrize("source", SOURCES)
def test_every_text_is_said_in_chinese_with_its_values(chinese: None, source: str) -> None:
    text, values = filled(source)
    words = shown(text)
    assert words != text
    assert all(value in words for value in values)
    own = re.sub(r"\{[^}]*\}|[Bb]rokers?", "", source)
    assert HAN.search(words) or not re.search("[A-Za-z]", own)
    assert not english(words)
    assert shown(say(source, **text.values)) == words


def test_every_place_of_a_text_gets_its_value() -> None:
    wrong = []
    for path in PIPELINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                source = node.args[0]
                assert isinstance(source, ast.Constant)
                given = {keyword.arg for keyword in node.keywords}
                if None not in given and filled(str(source.value))[0].values.keys() != given:
                    wrong.append((path.name, node.lineno, source.value))
    assert wrong == []


def test_the_log_has_the_english() -> None:
    text = say("{mechanism} needs sasl.username and sasl.password", mechanism="PLAIN")
    assert f"{text}" == "PLAIN needs sasl.username and sasl.password"
    assert str(ValueError(text)) == text
    assert f"{verbatim(text)}: {text:>2}".count("PLAIN") == 2


def test_a_text_stays_one_through_errors_copies_and_pickles(chinese: None) -> None:
    text = in_a_row([say("Take it out."), listed(["a", "b"]), verbatim("EOF")])
    for other in (str(ValueError(text)), copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert other == "Take it out.; a and b; EOF"
        assert shown(other) == "请删除它。；a 和 b；EOF"


def test_a_text_goes_into_messages_and_logs_as_plain_words() -> None:
    text = say("{host} is down ({reason}); next try at {moment}", host="h", reason="x", moment="1")
    result = made.result()
    table = json.loads(encode(msgspec.structs.replace(result, error=text)))
    assert table["error"] == "h is down (x); next try at 1"
    assert type(f"{text}") is str
    assert json.loads(json.dumps({"text": text})) == {"text": text.english}


def test_a_secret_is_masked_without_losing_the_translation(chinese: None) -> None:
    text = say("the server answered {status}: {words}", status=401, words="Bearer abcdefgh1234")
    assert redact_text(text) == "the server answered 401: Bearer ***"
    assert shown(redact_text(text)) == "服务器返回 401：Bearer ***"
    # One that only the whole sentence shows takes the translation with it.
    whole = say("Set {name} = {value}.", name="sasl.password", value="hunter22")
    assert "hunter22" not in shown(redact_text(whole))


def test_what_is_no_text_stays_as_it_is(chinese: None) -> None:
    assert shown("Take it out.") == "Take it out."
    assert shown(verbatim("Take it out.")) == "Take it out."
    assert in_a_row([]) == listed([]) == ""


# ---------------------------------------------------------------------- the settings doctor
def unsaid(finding: Finding) -> list[str]:
    """Return parts of a finding that are no Chinese; librdkafka's own words may be."""
    parts = [finding.reason, finding.fix] if finding.effect.source == "" else [finding.effect]
    parts += [finding.reason, finding.fix]
    words = map(sentence, parts)
    return [
        text
        for text in words
        if not HAN.search(text)
        or (english(text) and finding.rule not in {"deprecated", "key-certificate-pair"})
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[2]}-{row[3]}")
def test_every_rule_of_the_doctor_speaks_chinese(
    chinese: None, row: tuple[Role, dict[str, object], str, str, str, bool]
) -> None:
    role, properties, rule, *_ = row
    found = examine({**GOOD[role], **properties}, role)  # type: ignore[dict-item]
    assert rule in {finding.rule for finding in found}
    assert [text for finding in found for text in unsaid(finding)] == []


def test_what_becomes_of_every_java_name_is_told_in_chinese(chinese: None) -> None:
    role: Role
    for role in ("producer", "consumer"):
        settings = [Setting(name, "1") for name in java_names()]
        translation = translate(settings, role)
        why = [shown(entry.explanation) for entry in translation.entries if entry.changed]
        why += [shown(reason) for _, _, reason in translation.defaults]
        assert len(why) > 50
        assert [text for text in why if not HAN.search(text) or english(text)] == []
        found = examine(settings, role)
        assert [text for one in found if one.rule == "java-name" for text in unsaid(one)] == []


def test_the_editor_s_own_findings_are_told_in_chinese(chinese: None) -> None:
    text = "[comon]\nlinger.ms 5\nenable.auto.commit = false\ngroup.id = g\nsasl.password = x\n"
    placed = examine_text(text, embedded=False, servers="b:9092")
    rules = {one.finding.rule for one in placed}
    assert {"unknown-section", "no-pair", "decided-elsewhere", "plain-secret"} <= rules
    assert [words for one in placed for words in unsaid(one.finding)] == []
