"""The assessor that asks the model: one task, as many requests as it takes and the settings allow."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from loguru import logger
from msgspec.structs import replace

from pipeline.evidence_store import EvidenceStore, with_picture
from pipeline.messages import AssessmentTask, ResultMetadata, RiskAssessment, utc_now
from pipeline.paths import data_folder
from pipeline.scheduling.assessor import AssessmentError, Assessor, Outcome, Trouble
from pipeline.scheduling.key_pool import Ending, KeyCondition, Lease
from pipeline.scheduling.llm import request, transport
from pipeline.scheduling.llm.answer import AnswerError, verdicts
from pipeline.scheduling.llm.breaker import Breaker
from pipeline.scheduling.llm.course import Course
from pipeline.scheduling.llm.keys import NO_KEY, Keys
from pipeline.scheduling.llm.prompt import PromptTemplate
from pipeline.scheduling.llm.transport import ENDPOINT_IS_ILL, RETRIABLE, CallError, Fault
from pipeline.scheduling.llm.turnstile import Turnstile, UnavailableError
from pipeline.scheduling.llm.usage import Ledger
from pipeline.scheduling.rules.assessor import RulesAssessor
from pipeline.settings_scheduler import SchedulerSettings
from pipeline.telemetry import WorkerTelemetry
from pipeline.texts import Text, in_a_row, say, words_of
from pipeline.wording import wording_of

if TYPE_CHECKING:
    import aiohttp

RAW_CHARS: Final = 2_000
"""So much of an answer that is no verdict is kept."""

AHEAD_SHARE: Final = 8
"""For so many slots, one task more is taken from Kafka than can be asked about at once."""

LOOK_S: Final = 0.5
SYNC_EVERY: Final = 6
"""Figures are shown every half second; every sixth time the file of the usage is written."""

EXPIRED: Final = "too old to matter: captured {age:.0f} s ago, assessed up to {limit:.0f} s"


class _GivenUpError(Exception):
    """The model cannot be asked successfully; the text says why."""


class LlmAssessor(Assessor):
    """Asks a multimodal model; the rules stand in where the settings want that."""

    kind: Final[Literal["llm"]] = "llm"

    def __init__(
        self,
        settings: SchedulerSettings,
        keys: Keys,
        template: PromptTemplate,
        telemetry: WorkerTelemetry,
        *,
        clock: Callable[[], float] = time.monotonic,
        pictures: EvidenceStore | None = None,
    ) -> None:
        """Make an assessor that is not connected yet.

        Args:
            settings: whom to ask, and how often.
            keys: with their secrets.
            template: of the prompt.
            telemetry: where retries, keys and usage are shown.
            clock: monotonic seconds.
            pictures: store of those that tasks only name.
        """
        self._pictures = pictures
        self._settings = settings.llm
        self._slots = settings.max_in_flight
        self._keys = keys
        self._template = template
        self._telemetry = telemetry
        self._clock = clock
        self._url = request.address(settings.llm)
        self._host = urlsplit(settings.llm.base_url).hostname or settings.llm.base_url
        self._dialect = request.first_dialect(settings.llm)
        self._rules = RulesAssessor(settings.rules)
        self._ledger = Ledger(data_folder() / "usage.db", settings.llm)
        self._turnstile = Turnstile(
            keys.pool,
            Breaker(),
            self._ledger,
            host=self._host,
            slots=self._slots,
            rules_stand_in=settings.llm.fallback_to_rules,
            clock=clock,
        )
        self._parked = 0
        self._session: aiohttp.ClientSession | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def model(self) -> str:
        return self._settings.model

    @property
    def label(self) -> str:
        return f"{self._settings.model} · {self._host}"

    @property
    def parked(self) -> int:
        """How many tasks wait before they try again, and use no slot."""
        return self._parked

    @property
    def ahead(self) -> int:
        """How many tasks are held ready: a slot that is freed is taken in the same moment."""
        return max(1, self._slots // AHEAD_SHARE)

    @property
    def in_flight(self) -> int:
        """How many requests are under way."""
        return self._turnstile.under_way

    # ------------------------------------------------------------------ life
    async def open(self) -> None:
        """Get ready to connect; connects with the first request."""
        limits = transport.Limits(
            self._slots, self._settings.connect_timeout_s, self._settings.timeout_s
        )
        self._session = transport.open_session(limits)
        await asyncio.to_thread(self._ledger.sync)
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Close the connections and keep what was counted."""
        self._turnstile.close()
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking
        if self._session is not None:
            await self._session.close()
        self._keys.remember()
        await asyncio.to_thread(self._ledger.sync)
        self._show()

    async def _look(self) -> None:
        number = 0
        while True:
            self._show()
            await asyncio.sleep(LOOK_S)
            number += 1
            if number % SYNC_EVERY == 0:
                await asyncio.to_thread(self._ledger.sync)

    def _show(self) -> None:
        telemetry = self._telemetry
        views = self._keys.views(self._clock())
        has_keys = NO_KEY not in {view.key_id for view in views}
        ready = sum(view.condition == KeyCondition.READY for view in views)
        telemetry.show_keys(views, self._ledger.views())
        telemetry.gauge("keys_total", len(views) if has_keys else 0)
        telemetry.gauge("keys_ok", ready if has_keys else 0)
        trouble = self.trouble()
        stand_in = trouble is not None and self._settings.fallback_to_rules
        telemetry.gauge("rules_stand_in", stand_in)
        telemetry.gauge("paused", trouble is not None and trouble.pauses)

    def trouble(self) -> Trouble | None:
        """Return why the model cannot be had now, or hardly."""
        return self._turnstile.trouble()

    # ------------------------------------------------------------------ one task
    async def assess(self, task: AssessmentTask) -> Outcome:
        """Return the model's verdicts, or the rules' where they stand in.

        Raises:
            AssessmentError: the model would not or could not, or the task is too old.
        """
        task = await self._with_picture(task)
        prompt = self._template.fill(task, self._settings.language)
        picture = task.group_image_base64
        course = Course(
            task,
            request.messages(prompt, picture),
            request.estimated_tokens(self._settings, prompt, picture),
            self._clock,
            self._clock(),
        )
        try:
            results = await self._ask_until_done(course)
        except (UnavailableError, _GivenUpError) as error:
            if self._settings.fallback_to_rules:
                return await self._by_rules(course, words_of(error))
            raise AssessmentError(str(error), metadata=self._metadata(course)) from None
        return Outcome(results, self._metadata(course))

    async def _with_picture(self, task: AssessmentTask) -> AssessmentTask:
        if task.group_image_ref is None:
            return task
        try:
            return await asyncio.to_thread(with_picture, task, self._pictures)
        except OSError as error:
            logger.warning("the evidence store cannot be read: {}", error.strerror)
            return task

    async def _by_rules(self, course: Course, reason: Text) -> Outcome:
        self._telemetry.count("by_rules")
        outcome = await self._rules.assess(course.task)
        metadata = replace(
            outcome.metadata,
            llm_latency=course.took_ms,
            retry_count=course.retry_count,
            fallback_reason=reason,
            fallback_wording=wording_of(reason),
        )
        return Outcome(outcome.results, metadata)

    async def _ask_until_done(self, course: Course) -> tuple[RiskAssessment, ...]:
        if not self._keys.pool.can_ever(course.tokens):
            raise _GivenUpError(
                say(
                    "a request takes about {tokens:,} tokens, more than any key may take in a "
                    "minute",
                    tokens=course.tokens,
                )
            )
        while True:
            lease = await self._enter(course)
            course.retries += 1
            if course.retries:
                self._telemetry.count("retries")
            began_s = self._clock()
            dialect = self._next_dialect(course)
            try:
                said = await self._ask(course, lease, dialect)
            except CallError as error:
                course.spent_s += self._clock() - began_s
                await self._after_failure(course, error, dialect)
                continue
            course.spent_s += self._clock() - began_s
            course.count(said)
            # What this server takes is remembered; what it refused once, for another cause, is not.
            self._dialect = dialect
            results = self._verdicts(course, said)
            if results is not None:
                return results

    async def _enter(self, course: Course) -> Lease:
        limit_s = self._settings.max_task_age_s
        age_s = (utc_now() - course.task.timestamp).total_seconds()
        if limit_s and age_s > limit_s:
            raise self._expired(course, age_s)
        try:
            async with asyncio.timeout(limit_s - age_s if limit_s else None):
                return await self._turnstile.enter(course.tokens)
        except TimeoutError:
            raise self._expired(course, limit_s) from None

    def _expired(self, course: Course, age_s: float) -> AssessmentError:
        return AssessmentError(
            EXPIRED.format(age=age_s, limit=self._settings.max_task_age_s),
            kind="expired",
            metadata=self._metadata(course),
        )

    def _next_dialect(self, course: Course) -> request.Dialect:
        return course.refused[-1] if course.refused else self._dialect

    async def _ask(self, course: Course, lease: Lease, dialect: request.Dialect) -> request.Said:
        """Make one request under `lease`, which ends with it, whatever happens."""
        assert self._session is not None
        secret = self._keys.secrets.get(lease.key_id, "")
        course.key_id = None if lease.key_id == NO_KEY else lease.key_id
        try:
            payload = await transport.post(
                self._session,
                self._url,
                request.headers(self._settings, secret),
                request.body(self._settings, course.conversation, dialect),
                secret,
            )
            said = request.said(payload)
        except CallError as error:
            self._leave_after(lease, error)
            raise
        except request.RefusedError as error:
            self._turnstile.leave(lease, Ending.SUCCESS)
            raise self._invalid(
                course, transport.cleaned_text(words_of(error), secret), ""
            ) from None
        except request.EnvelopeError as error:
            failure = CallError(Fault.BAD_ANSWER, transport.cleaned_text(words_of(error), secret))
            self._leave_after(lease, failure)
            raise failure from None
        except BaseException:
            self._turnstile.leave(lease, Ending.NEUTRAL)
            raise
        used = self._used(course, said)
        self._ledger.add(*used)
        self._turnstile.leave(lease, Ending.SUCCESS, tokens=sum(used))
        return said

    def _used(self, course: Course, said: request.Said) -> tuple[int, int]:
        """Return input and output tokens, estimated where the server does not count."""
        output = said.output_tokens
        if output is None:
            output = len(said.text) // request.CHARS_PER_TOKEN
        if said.input_tokens is not None:
            return said.input_tokens, output
        return max(0, course.tokens - self._settings.max_output_tokens), output

    def _leave_after(self, lease: Lease, error: CallError) -> None:
        match error.fault:
            case Fault.RATE_LIMITED:
                ending = Ending.RATE_LIMITED
            case Fault.BAD_KEY:
                ending = Ending.INVALID_KEY
            case fault if fault in ENDPOINT_IS_ILL:
                ending = Ending.FAILURE
            case _:
                # The request was not liked: that speaks against neither key nor endpoint.
                ending = Ending.SUCCESS
        # A server that was silent may have done the work all the same.
        tokens = None if error.fault in {Fault.TIMEOUT, Fault.CONNECTION} else 0
        disabled = self._turnstile.leave(
            lease, ending, retry_after_s=error.retry_after_s, tokens=tokens, fault=str(error)
        )
        if disabled:
            logger.warning("API key {} is disabled: {}", lease.key_id, error)
            self._telemetry.count("keys_disabled")

    async def _after_failure(
        self, course: Course, error: CallError, dialect: request.Dialect
    ) -> None:
        """Wait until it is worth trying again.

        Raises:
            _GivenUpError: it is not.
        """
        if error.fault is Fault.BAD_KEY:
            return  # no fault of the task's; ends with the last key
        if error.fault is Fault.REFUSED:
            other = request.next_dialect(self._settings, dialect, error.words)
            if other is None:
                raise _GivenUpError(words_of(error))
            course.refused.append(other)
            return
        course.tries += 1
        if error.fault not in RETRIABLE:
            raise _GivenUpError(words_of(error))
        if course.tries >= self._settings.max_tries:
            raise _GivenUpError(
                say(
                    "given up at try {tries}: {error}",
                    tries=course.tries,
                    error=error,
                )
            )
        pause_s = course.next_pause_s()
        if course.spent_s + pause_s > self._settings.task_budget_s:
            raise _GivenUpError(
                say(
                    "given up after {seconds} s; the last: {error}",
                    seconds=f"{course.spent_s:.0f}",
                    error=error,
                )
            )
        course.spent_s += pause_s
        self._parked += 1
        try:
            await asyncio.sleep(pause_s)
        finally:
            self._parked -= 1

    def _verdicts(self, course: Course, said: request.Said) -> tuple[RiskAssessment, ...] | None:
        """Return the verdicts; None when the model is to be asked once more for the right form.

        Raises:
            AssessmentError: it was asked already.
        """
        try:
            return verdicts(self._keys.masked_in(said.text), course.task)
        except AnswerError as error:
            problem = words_of(error)
        if said.is_cut:
            limit = self._settings.max_output_tokens
            cut = say("the answer was cut at {limit} tokens", limit=limit)
            problem = in_a_row((problem, cut))
        if course.is_repaired:
            secret = self._keys.secrets.get(course.key_id or "", "")
            raw = transport.cleaned(said.text, secret, RAW_CHARS)
            text = say("the model's answer is no verdict: {problem}", problem=problem)
            raise self._invalid(course, text, raw)
        course.is_repaired = True
        self._telemetry.count("repairs")
        course.conversation = request.repair(
            course.conversation, said.text[: 2 * RAW_CHARS], problem
        )
        return None

    def _invalid(self, course: Course, text: str, raw: str) -> AssessmentError:
        return AssessmentError(
            text, kind="invalid-answer", raw_answer=raw or None, metadata=self._metadata(course)
        )

    def _metadata(self, course: Course) -> ResultMetadata:
        return course.metadata(self.model, self._template.version)
