"""How the Chinese of the window is set, as far as a program can tell: signs, spaces and terms."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Final

import pytest

from tools.make_translations import OUTPUT, ts_file

HAN: Final = r"[\u4e00-\u9fff]"
FULL: Final = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"

CODE: Final = re.compile(r"<[^<>]*>|`[^`]*`|\w+\([^()\u4e00-\u9fff]*\)|\b(?:env|keyring):")
"""What is written as a program reads it: tags, calls, references to secrets."""

QT_NEEDS: Final = re.compile(r"\((?:\*[^()]*|&\w)\)|;;")
"""Patterns of file dialogs and mnemonics stand in brackets that Qt reads."""

SIGNS: Final = {
    "half-width punctuation": re.compile(rf"{HAN}[,;:!?]|[,;:!?] ?{HAN}|{HAN}\.(?:\s|$)"),
    "half-width brackets": re.compile(rf"{HAN} ?\(|\) ?{HAN}|\([^()]*{HAN}[^()]*\)"),
    "a space between Chinese signs": re.compile(rf"{FULL} +{FULL}"),
    "a space after a full-width sign": re.compile(r"[，。；：？！）] +\S"),
    "straight quotation marks": re.compile(rf"[\"']{HAN}|{HAN}[\"']|![rs]\}}"),
    "three dots": re.compile(rf"{HAN}\.\.\."),
    "Chinese and Latin letters without a space": re.compile(
        rf"{HAN}[A-Za-z]{{2,}}|[A-Za-z]{{2,}}{HAN}"
    ),
}

FORBIDDEN: Final = {
    "报警": "告警",
    "警报": "告警",
    "相机": "摄像头",
    "摄影机": "摄像头",
    "分组图": "目标组图",
    "群组": "目标组",
    "交通组": "目标组",
    "工作单元": "处理单元",
    "工作程序": "处理单元",
    "工作器": "处理单元",
    "消费组": "消费者组",
    "从代理": "Broker",
    "滞后": "积压",
    "设定": "设置",
    "判定结果": "结论",
    "语言模型": "大模型",
    "帐号": "账号",
    "登陆": "登录",
    "阀值": "阈值",
}
"""Other words for what has its name already."""

TERMS: Final = {
    r"\bcameras?\b": "摄像头",
    r"\bdead letters?\b": "死信",
    r"\blag\b": "积压",
    r"\bprompt\b": "提示词",
    r"\bconsumer groups?\b": "消费者组",
    r"\btimeline\b": "时间线",
    r"\bsettings\b": "设置",
    r"\bzones?\b": "区",
    r"\brules?\b": "规则",
}
"""What these English words are called, wherever they stand."""


def texts() -> Iterator[tuple[str, str]]:
    """Give each source with each of its translations."""
    for message in ET.parse(ts_file(OUTPUT, "zh_CN")).getroot().iter("message"):
        translation = message.find("translation")
        assert translation is not None
        forms = [form.text or "" for form in translation.iter("numerusform")]
        for form in forms or [translation.text or ""]:
            yield message.findtext("source", ""), form


def badly_set(text: str) -> list[str]:
    """Return what is wrong with the signs and terms of a text."""
    plain = CODE.sub("·", QT_NEEDS.sub("|", text))
    found = [name for name, wrong in SIGNS.items() if wrong.search(plain)]
    return found + [f"{word}: {name}" for word, name in FORBIDDEN.items() if word in text]


def test_signs_and_words() -> None:
    found = [(form, wrong) for _, form in texts() if (wrong := badly_set(form))]
    assert found == []


@pytest.mark.parametrize("english", TERMS)
def test_one_name_for_one_thing(english: str) -> None:
    wanted = re.compile(english, re.IGNORECASE)
    forms = [form for source, form in texts() if wanted.search(source)]
    assert forms
    assert [form for form in forms if TERMS[english] not in form] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("已停止, 请重试", "half-width punctuation"),
        ("已停止.", "half-width punctuation"),
        ("推理用时 (毫秒)", "half-width brackets"),
        ("关闭 (Esc)", "half-width brackets"),
        ("停止 检测", "a space between Chinese signs"),
        ("已停止。 Kafka 没有响应", "a space after a full-width sign"),
        ("没有“主题”", ""),
        ('没有"主题"', "straight quotation marks"),
        ("没有主题 {topic!r}", "straight quotation marks"),
        ("正在读取...", "three dots"),
        ("使用Kafka", "Chinese and Latin letters without a space"),
        ("新的报警", "报警: 告警"),
        ("表格 (*.csv)", ""),
        ("调用 poll() 后重试", ""),
    ],
)
def test_slips_are_found(text: str, wrong: str) -> None:
    assert badly_set(text) == ([wrong] if wrong else [])
