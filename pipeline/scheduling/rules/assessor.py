"""The assessor that works without any key: the rules, labelled as rules."""

from __future__ import annotations

import time
from typing import Final, Literal

from pipeline.messages import AssessmentTask, ResultMetadata
from pipeline.scheduling.assessor import AssessmentError, Assessor, Outcome
from pipeline.scheduling.rules.rules import VERSION, assess
from pipeline.settings_scheduler import RulesSettings
from pipeline.texts import say


class RulesAssessor(Assessor):
    """Applies the rules with the thresholds of the settings."""

    kind: Final[Literal["rules"]] = "rules"
    model: Final = VERSION
    label: Final = say("offline rules ({version})", version=VERSION)

    def __init__(self, settings: RulesSettings) -> None:
        self._settings = settings

    async def assess(self, task: AssessmentTask) -> Outcome:
        """Return the verdicts; takes well below a millisecond, so nothing is awaited.

        Raises:
            AssessmentError: the task contradicts itself.
        """
        began_s = time.perf_counter()
        count = len(task.detected_objects)
        for pair in task.group_metadata.pairs:
            if max(pair.vehicle_index, pair.person_index) >= count:
                raise AssessmentError(
                    say(
                        "a pair of the task refers to object {object}, but there are {count}",
                        object=max(pair.vehicle_index, pair.person_index),
                        count=count,
                    )
                )
        results = assess(task, self._settings)
        return Outcome(
            results,
            ResultMetadata(
                assessor=self.kind,
                llm_latency=(time.perf_counter() - began_s) * 1000,
                llm_model=self.model,
            ),
        )
