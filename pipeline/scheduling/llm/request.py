"""What is sent to the server: address, headers, body; and what its envelope holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct

from pipeline.picture import Picture
from pipeline.scheduling.llm.answer import ANSWER_SCHEMA
from pipeline.scheduling.llm.prompt import Prompt
from pipeline.settings_scheduler import LlmSettings
from pipeline.texts import Text, say

FormatMode = Literal["json_schema", "json_object", "none"]
MODES: Final[tuple[FormatMode, ...]] = ("json_schema", "json_object", "none")
"""From the one that binds the model most to the one that every server takes."""

TOKENS_PER_PICTURE: Final = 1_500
CHARS_PER_TOKEN: Final = 3
"""For booking before the server has counted. A picture of 512 to 1024 pixels is some 400 (Qwen-VL,
28x28 pixels a token) to 1,500 tokens (OpenAI, high detail)."""

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one server wants its requests.

    Attributes:
        mode: how the form of the answer is asked for.
        limit_name: newer models of OpenAI refuse ``max_tokens``.
        has_temperature: and some of them any temperature.
    """

    mode: FormatMode
    limit_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    has_temperature: bool = True


class EnvelopeError(ValueError):
    """A server's answer is no chat completion."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)


class RefusedError(EnvelopeError):
    """The model will not answer: a content filter, or a refusal of its own."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came back.

    Attributes:
        text: the model's words.
        is_cut: whether the limit of output tokens ended them.
        input_tokens, output_tokens: as counted by the server; None where it does not.
    """

    text: str
    is_cut: bool
    input_tokens: int | None
    output_tokens: int | None


def address(settings: LlmSettings) -> str:
    """Return where chat completions are."""
    base = settings.base_url.rstrip("/")
    if settings.api == "azure":
        base = base.removesuffix("/openai")
        deployment = quote(settings.model, safe="")
        return (
            f"{base}/openai/deployments/{deployment}/chat/completions"
            f"?api-version={settings.api_version}"
        )
    return base if base.endswith("/chat/completions") else f"{base}/chat/completions"


def headers(settings: LlmSettings, secret: str) -> dict[str, str]:
    """Return the headers of a request; none that tells who asks where there is no key."""
    made = {"Content-Type": "application/json", "Accept": "application/json"}
    if not secret:
        return made
    if settings.api == "azure":
        return made | {"api-key": secret}
    return made | {"Authorization": f"Bearer {secret}"}


def messages(prompt: Prompt, picture: Picture | None) -> list[Message]:
    """Return the conversation that asks about a picture."""
    content: list[dict[str, Any]] = [{"type": "text", "text": prompt.user}]
    if picture:
        # As it came: text that JSON need not look at.
        url = msgspec.Raw(b'"data:image/jpeg;base64,%b"' % picture.base64)
        content.append({"type": "image_url", "image_url": {"url": url}})
    return [
        {"role": "system", "content": prompt.system},
        {"role": "user", "content": content},
    ]


def repair(conversation: list[Message], said: str, problem: str) -> list[Message]:
    """Return the conversation that asks to say it again, in the right form."""
    return [
        *conversation,
        {"role": "assistant", "content": said or "(nothing)"},
        {
            "role": "user",
            "content": f"This cannot be used: {problem}. Answer again with the JSON object that "
            "was asked for and nothing else. Do not change your judgement of the scene.",
        },
    ]


def body(settings: LlmSettings, conversation: list[Message], dialect: Dialect) -> bytes:
    """Return the request's body as JSON."""
    table: dict[str, Any] = {
        "model": settings.model,
        "messages": conversation,
        dialect.limit_name: settings.max_output_tokens,
        "stream": False,
    }
    if dialect.has_temperature:
        table["temperature"] = settings.temperature
    if dialect.mode == "json_schema":
        table["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "assessment", "strict": True, "schema": ANSWER_SCHEMA},
        }
    elif dialect.mode == "json_object":
        table["response_format"] = {"type": "json_object"}
    return msgspec.json.encode(table)


def first_dialect(settings: LlmSettings) -> Dialect:
    """Return what is tried first."""
    mode = settings.structured_output
    return Dialect("json_schema" if mode == "auto" else mode)


def next_dialect(settings: LlmSettings, refused: Dialect, words: str) -> Dialect | None:
    """Return what to try after a server refused a request; None when that is not the cause.

    Args:
        settings: whether the form of the answer may change.
        refused: what was tried.
        words: what the server said.
    """
    words = words.lower()
    if refused.limit_name == "max_tokens" and "max_completion_tokens" in words:
        return replace(refused, limit_name="max_completion_tokens")
    if refused.has_temperature and "temperature" in words:
        return replace(refused, has_temperature=False)
    place = MODES.index(refused.mode)
    if settings.structured_output != "auto" or place + 1 == len(MODES):
        return None
    return replace(refused, mode=MODES[place + 1])


def estimated_tokens(settings: LlmSettings, prompt: Prompt, picture: Picture | None) -> int:
    """Return about how many tokens a request takes, its answer with it; rather too many."""
    text = (len(prompt.system) + len(prompt.user)) // CHARS_PER_TOKEN
    return text + (TOKENS_PER_PICTURE if picture else 0) + settings.max_output_tokens


class _Usage(Struct):
    prompt_tokens: Annotated[int, Meta(ge=0, le=10**9)] = 0
    completion_tokens: Annotated[int, Meta(ge=0, le=10**9)] = 0


class _Part(Struct):
    text: str = ""


class _Message(Struct):
    content: str | list[_Part] | None = None
    refusal: str | None = None


class _Choice(Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(Struct):
    choices: Annotated[list[_Choice], Meta(min_length=1)]
    usage: _Usage | None = None


_decoder = msgspec.json.Decoder(_Completion)


def said(payload: bytes) -> Said:
    """Return what a chat completion holds.

    Raises:
        RefusedError: the model or a filter refuses to answer.
        EnvelopeError: it is no chat completion.
    """
    try:
        completion = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EnvelopeError(
            say("the answer is no chat completion ({error})", error=error)
        ) from error
    choice = completion.choices[0]
    if choice.message.refusal:
        raise RefusedError(
            say("the model refuses to answer: {words}", words=choice.message.refusal[:200])
        )
    if choice.finish_reason == "content_filter":
        raise RefusedError(say("the server's content filter withheld the answer"))
    content = choice.message.content
    text = "".join(part.text for part in content) if isinstance(content, list) else content or ""
    usage = completion.usage
    return Said(
        text,
        choice.finish_reason == "length",
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
    )
