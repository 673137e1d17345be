"""Faults that a self-test brings about while it runs: what a cluster goes through now and then."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from loguru import logger

from pipeline.kafka.clients import EMBEDDED_CONSUMER
from pipeline.selftest.poison import Poisoner
from pipeline.selftest.proxy import BrokerProxy
from pipeline.selftest.scheduler_processes import SchedulerProcesses
from pipeline.selftest.witness import Witness
from pipeline.session import PipelineSession
from pipeline.settings import Settings
from pipeline.texts import verbatim
from pipeline.worker import WorkerError

METADATA_TIMEOUT_S: Final = 10.0


class Fault(StrEnum):
    """What can be brought about; begins after a third of the time and lasts a third."""

    FREEZE = "freeze"
    CUT = "cut"
    KILL_SCHEDULER = "kill-scheduler"
    POISON = "poison"


@dataclass
class Faults:
    """The faults of one self-test.

    Attributes:
        wanted: which.
        broker_pid: process of the broker, which `Fault.FREEZE` stops; None: its line is stalled.
        events: what happened, for people.
        poison: how many messages that cannot be processed each topic has taken.
    """

    wanted: frozenset[Fault]
    broker_pid: int | None = None
    events: list[str] = field(default_factory=list)
    poison: dict[str, int] = field(default_factory=dict)
    _broken: dict[str, str] = field(default_factory=dict)
    _proxy: BrokerProxy | None = None
    _schedulers: SchedulerProcesses | None = None

    @property
    def has_own_schedulers(self) -> bool:
        """Whether the scheduler's work is done by processes that this object starts."""
        return Fault.KILL_SCHEDULER in self.wanted

    @contextlib.contextmanager
    def prepared(self, session: PipelineSession, folder: Path) -> Iterator[None]:
        """Put a proxy before the broker and start processes, as far as the faults need them.

        To be entered before the session has made any client but the lag monitor's.

        Raises:
            WorkerError: the broker's line or process cannot be had.
        """
        if self.broker_pid is not None:
            _check_process(self.broker_pid)
        with contextlib.ExitStack() as stack:
            if Fault.CUT in self.wanted or (
                Fault.FREEZE in self.wanted and self.broker_pid is None
            ):
                self._proxy = _proxy_before(session)
                stack.callback(self._proxy.close)
            session.kafka.ensure_topics()
            if self.has_own_schedulers:
                self._schedulers = SchedulerProcesses(_for_other_processes(session), folder)
                stack.callback(self._schedulers.stop)
            yield

    def failures(self) -> dict[str, str]:
        """Return what did not go by plan: faults, and scheduler processes that ended early."""
        return self._broken | ({} if self._schedulers is None else self._schedulers.failures())

    @contextlib.contextmanager
    def happening(
        self, session: PipelineSession, witness: Witness, duration_s: float
    ) -> Iterator[None]:
        """Let the faults happen meanwhile; all is mended at the end."""
        poisoner = Poisoner(session.kafka, witness.seen) if Fault.POISON in self.wanted else None
        stop = threading.Event()
        thread = threading.Thread(
            target=self._follow_plan, args=(stop, duration_s), name="selftest-faults"
        )
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            if poisoner is not None:
                self.poison = poisoner.stop()
                if poisoner.failure:
                    self._broken["poison"] = poisoner.failure

    def _follow_plan(self, stop: threading.Event, duration_s: float) -> None:
        if stop.wait(duration_s / 3):
            self._broken["faults"] = "the self-test ended before they were due"
            return
        began_s = time.monotonic()
        self._kill()
        try:
            mending = [mend for mend in (self._freeze(), self._cut()) if mend]
        except OSError as error:
            self._broken["faults"] = f"could not be brought about: {error}"
            return
        stop.wait(duration_s / 3)
        for mend in mending:
            mend()
        if mending:
            self._note(f"mended after {time.monotonic() - began_s:.1f} s")

    def _kill(self) -> None:
        if self._schedulers is not None:
            self._note(f"scheduler process {self._schedulers.kill_first()} killed")

    def _freeze(self) -> Callable[[], None] | None:
        if Fault.FREEZE not in self.wanted:
            return None
        if sys.platform != "win32" and self.broker_pid is not None:
            pid = self.broker_pid
            os.kill(pid, signal.SIGSTOP)
            self._note(f"broker process {pid} stopped (SIGSTOP)")
            return lambda: os.kill(pid, signal.SIGCONT)
        assert self._proxy is not None
        self._proxy.freeze()
        self._note("the broker's connections are frozen")
        return self._proxy.thaw

    def _cut(self) -> Callable[[], None] | None:
        if Fault.CUT not in self.wanted:
            return None
        assert self._proxy is not None
        self._proxy.cut()
        self._note("all connections to the broker are cut")
        return self._proxy.mend

    def _note(self, event: str) -> None:
        self.events.append(event)
        logger.warning("self-test: {}", event)


def _check_process(pid: int) -> None:
    try:
        os.kill(pid, 0)
    except OSError as error:
        raise WorkerError(
            verbatim(f"The broker's process {pid} cannot be stopped: {error.strerror}."),
            next_step=verbatim("Give the number of a process of yours, or leave --broker-pid out."),
            retriable=False,
        ) from error


def _proxy_before(session: PipelineSession) -> BrokerProxy:
    servers = session.kafka.bootstrap_servers
    proxy = BrokerProxy(servers)
    session.kafka.bootstrap_servers = proxy.address
    try:
        session.kafka.ensure_topics()
        metadata = session.kafka.admin().list_topics(timeout=METADATA_TIMEOUT_S)
        strangers = sorted(
            f"{broker.host}:{broker.port}"
            for broker in metadata.brokers.values()
            if f"{broker.host}:{broker.port}" != proxy.address
        )
    except BaseException:
        proxy.close()
        raise
    if strangers:
        proxy.close()
        raise WorkerError(
            verbatim(f"The broker at {servers} tells its clients to use {', '.join(strangers)}."),
            next_step=verbatim(
                "Name its own address, unencrypted and on 127.0.0.1, to have it cut."
            ),
            retriable=False,
        )
    return proxy


def _for_other_processes(session: PipelineSession) -> Settings:
    """Return settings with which another process reaches the same broker."""
    settings = session.settings
    kafka: dict[str, object] = {
        "mode": "cluster",
        "bootstrap_servers": session.kafka.bootstrap_servers,
    }
    if settings.kafka.mode == "embedded":
        kafka["consumer"] = {**EMBEDDED_CONSUMER, **settings.kafka.consumer}
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update=kafka)})
