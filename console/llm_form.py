"""The settings of the language model as the page shows them: names, choices, help."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate

Place = tuple[str, ...]


def names() -> tuple[tuple[str, str], ...]:
    """Return setting and name of what the page shows, in the language of the moment."""
    return (
        ("base_url", translate("LlmSettings", "Address")),
        ("api", translate("LlmSettings", "Kind of server")),
        ("api_version", translate("LlmSettings", "API version")),
        ("model", translate("LlmSettings", "Model name")),
        ("language", translate("LlmSettings", "Language of verdicts")),
        ("structured_output", translate("LlmSettings", "Form of answers")),
        ("strategy", translate("LlmSettings", "Order of keys")),
        ("timeout_s", translate("LlmSettings", "Wait for an answer (s)")),
        ("max_tries", translate("LlmSettings", "Requests per task")),
        ("max_task_age_s", translate("LlmSettings", "Tasks expire after (s)")),
        ("fallback_to_rules", translate("LlmSettings", "Rules stand in")),
        ("price_input", translate("LlmSettings", "Price of input")),
        ("price_output", translate("LlmSettings", "Price of output")),
        ("daily_cost", translate("LlmSettings", "Most cost a day")),
        ("daily_tokens", translate("LlmSettings", "Most tokens a day")),
    )


def choices() -> dict[Place, str]:
    """Return the words of each choice; the last part of a place is the choice."""
    own = {
        ("api", "openai"): translate("LlmSettings", "OpenAI and compatible"),
        ("api", "azure"): "Azure OpenAI",
        ("language", "en"): "English",
        ("language", "zh_CN"): "简体中文",
        ("structured_output", "auto"): translate("LlmSettings", "Find out"),
        ("structured_output", "json_schema"): translate("LlmSettings", "JSON by schema"),
        ("structured_output", "json_object"): "JSON",
        ("structured_output", "none"): translate("LlmSettings", "Free text"),
        ("strategy", "least-loaded"): translate("LlmSettings", "The least busy first"),
        ("strategy", "round-robin"): translate("LlmSettings", "In turn"),
        ("strategy", "weighted"): translate("LlmSettings", "By weight"),
        ("fallback_to_rules", "False"): translate("LlmSettings", "No, tasks wait"),
        ("fallback_to_rules", "True"): translate("LlmSettings", "Yes, marked as rules"),
    }
    return {("scheduler", "llm", *place): words for place, words in own.items()} | {
        ("scheduler", "assessor", "rules"): translate("LlmSettings", "Offline rules"),
        ("scheduler", "assessor", "llm"): translate("LlmSettings", "Language model"),
    }


def helps() -> dict[Place, str]:
    """Return the help of each setting."""
    own = {
        "base_url": translate(
            "LlmSettings",
            "Up to the version, such as https://api.openai.com/v1 or http://localhost:11434/v1.",
        ),
        "api": translate(
            "LlmSettings",
            "DashScope, vLLM, Ollama and LM Studio are compatible; Azure has its own addresses.",
        ),
        "api_version": translate("LlmSettings", "Azure only."),
        "model": translate(
            "LlmSettings",
            "A model that takes pictures, such as qwen-vl-max; Azure: the deployment.",
        ),
        "language": translate("LlmSettings", "In which the model describes what it sees."),
        "structured_output": translate(
            "LlmSettings", "How the answer's form is asked for; “find out” suits most servers."
        ),
        "strategy": translate("LlmSettings", "Which key takes the next request."),
        "timeout_s": translate("LlmSettings", "For one whole answer; then it is asked again."),
        "max_tries": translate(
            "LlmSettings", "After so many requests a task ends as an error, or the rules judge it."
        ),
        "max_task_age_s": translate(
            "LlmSettings", "Older tasks are marked as expired and cost nothing; 0: never."
        ),
        "fallback_to_rules": translate(
            "LlmSettings",
            "While the model cannot be had, the rules judge, and each verdict says so.",
        ),
        "price_input": translate("LlmSettings", "For a million tokens, in your currency."),
        "price_output": translate("LlmSettings", "For a million tokens, in your currency."),
        "daily_cost": translate(
            "LlmSettings", "Beyond it assessment pauses until midnight; 0: no ceiling."
        ),
        "daily_tokens": translate(
            "LlmSettings", "Beyond them assessment pauses until midnight; 0: no ceiling."
        ),
    }
    return {("scheduler", "llm", name): words for name, words in own.items()} | {
        ("scheduler", "assessor"): translate(
            "LlmSettings",
            "Rules work offline and cost nothing; a language model sees the picture. Pictures then "
            "leave this machine, unless the model's server is yours.",
        )
    }
