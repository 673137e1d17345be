"""Settings of the assessment: by rules or a multimodal LLM, with which keys, at what cost."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from pipeline.secrets import is_reference
from pipeline.settings_section import MAX_SECONDS, Identifier, Seconds, Section, SettingError
from pipeline.texts import say


class RulesSettings(Section):
    """Thresholds of the offline rules assessor. Distances are in heights of a person's box."""

    near_distance: float = Field(default=0.6, ge=0, description="Vehicle and person this near.")
    conflict_distance: float = Field(default=0.25, ge=0)
    time_to_collision_medium_s: Seconds = 3.0
    time_to_collision_high_s: Seconds = 1.5
    post_encroachment_medium_s: Seconds = Field(
        default=1.5,
        description="Predicted post-encroachment time of a medium risk; needs the camera's ground.",
    )
    post_encroachment_low_s: Seconds = Field(
        default=3.0, description="The same of a low risk; longer ones are no risk."
    )
    post_encroachment_ahead_s: Seconds = Field(
        default=3.0, description="How far ahead road users are taken to keep straight on."
    )
    crowd_size: int = Field(default=6, ge=2, description="People in one group.")
    crowd_density: float = Field(default=0.6, gt=0)


class KeySettings(Section):
    """One API key: its name, where it is, and what it may do. 0 is no limit."""

    id: Identifier = Field(description="Name of the key in messages and in the window.")
    secret: str = Field(
        description="Where the key is: `env:NAME` or `keyring:NAME`, never the key itself."
    )
    enabled: bool = True
    weight: float = Field(
        default=1.0, gt=0, le=1000, description="Share of the requests, for `weighted`."
    )
    requests_per_second: int = Field(default=0, ge=0)
    requests_per_minute: int = Field(default=0, ge=0)
    tokens_per_minute: int = Field(default=0, ge=0)
    max_in_flight: int = Field(default=0, ge=0, le=500)

    @model_validator(mode="after")
    def _names_a_secret(self) -> Self:
        # The text itself is not repeated: it may be the key.
        if not is_reference(self.secret):
            raise SettingError(
                say("must be a reference such as env:NAME or keyring:NAME"), "secret"
            )
        return self


class LlmSettings(Section):
    """A multimodal model behind OpenAI-compatible chat completions."""

    base_url: str = Field(
        default="",
        description="Address up to the version, such as https://api.openai.com/v1; "
        "for Azure, https://NAME.openai.azure.com.",
    )
    api: Literal["openai", "azure"] = Field(
        default="openai", description="`azure`: key in the api-key header, deployment in the path."
    )
    api_version: str = Field(
        default="2024-10-21", pattern=r"^[A-Za-z0-9.-]{1,40}$", description="Azure only."
    )
    model: str = Field(default="", max_length=200, description="Model, or Azure's deployment.")
    keys: tuple[KeySettings, ...] = Field(
        default=(), description="None: the server wants no key, as Ollama and LM Studio."
    )
    strategy: Literal["least-loaded", "round-robin", "weighted"] = Field(
        default="least-loaded", description="Which key takes the next request."
    )
    structured_output: Literal["auto", "json_schema", "json_object", "none"] = Field(
        default="auto",
        description="How the answer's form is asked for; `auto` finds what the server takes.",
    )
    language: Literal["en", "zh_CN"] = Field(
        default="en", description="Language of the descriptions."
    )
    prompt: Path | None = Field(
        default=None, description="Prompt template of your own; empty: the one that ships."
    )
    max_output_tokens: int = Field(default=800, ge=50, le=100_000)
    temperature: float = Field(default=0.0, ge=0, le=2)
    connect_timeout_s: Seconds = 10.0
    timeout_s: Seconds = Field(default=60.0, description="For one whole answer.")
    max_tries: int = Field(default=5, ge=1, le=20, description="Requests for one task at most.")
    task_budget_s: Seconds = Field(
        default=120.0, description="Time for all requests of one task, with the pauses between."
    )
    max_task_age_s: float = Field(
        default=300.0,
        ge=0,
        le=MAX_SECONDS,
        description="Older tasks are marked expired, unassessed; 0: never.",
    )
    fallback_to_rules: bool = Field(
        default=False, description="While the model cannot be had, the rules judge, and say so."
    )
    price_input: float = Field(default=0.0, ge=0, description="Price of a million tokens of input.")
    price_output: float = Field(
        default=0.0, ge=0, description="Price of a million tokens of output."
    )
    daily_cost: float = Field(
        default=0.0, ge=0, description="Beyond this cost a day, assessment pauses; 0: no ceiling."
    )
    daily_tokens: int = Field(
        default=0, ge=0, description="Beyond so many tokens a day, it pauses; 0: no ceiling."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        parts = urlsplit(self.base_url)
        if self.base_url and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise SettingError(
                say("must begin with http:// or https:// and name a host"), "base_url"
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise SettingError(say("must hold no user, password, query or fragment"), "base_url")
        ids = [key.id for key in self.keys]
        repeated = sorted({name for name in ids if ids.count(name) > 1})
        if repeated:
            raise SettingError(
                say("name used more than once: {names}", names=", ".join(repeated)), "keys"
            )
        if self.daily_cost and not (self.price_input or self.price_output):
            raise SettingError(say("needs the price of input or of output"), "daily_cost")
        return self


class SchedulerSettings(Section):
    """Who assesses, and how many at once."""

    assessor: Literal["rules", "llm"] = Field(
        default="rules", description="`rules` works offline; `llm` asks a multimodal model."
    )
    max_in_flight: int = Field(default=50, ge=1, le=500)
    rules: RulesSettings = RulesSettings()
    llm: LlmSettings = LlmSettings()

    @model_validator(mode="after")
    def _has_a_model(self) -> Self:
        if self.assessor == "llm":
            missing = [name for name in ("base_url", "model") if not getattr(self.llm, name)]
            if missing:
                raise SettingError(say("must be given for a language model"), "llm", missing[0])
        return self
