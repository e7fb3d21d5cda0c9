"""The function that the schedule invokes: it catches up in every world, and stops in time to be called again."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics

from sosie.functions.counting import NAMESPACE, count_happenings
from sosie.functions.logs import function_logger, package_logs_to
from sosie.functions.waiting import seconds_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aws_lambda_powertools import Logger

    from sosie.services.scheduled_jobs import Happening

    Steps = Callable[[], Iterator[Sequence[Happening]]]

SPARE = 30.0
"""Seconds before the function's end from which no further step is begun; one step is a few rows or one organization."""


class ScheduledJobsError(Exception):
    """Some of the scheduled jobs failed; the log says which and why."""


def scheduled_function(steps: Steps) -> Callable[[dict[str, Any], Any], dict[str, int]]:
    """Return the Lambda handler that takes the steps which are due and answers how many things happened.

    The event says nothing about what is due, so it does not matter how often it is delivered.
    """
    logger, metrics = function_logger(), Metrics(namespace=NAMESPACE)

    def catch_up(event: dict[str, Any], context: Any) -> dict[str, int]:
        kinds: Counter[str] = Counter()
        started, unfinished, failed = time.perf_counter(), False, False
        with package_logs_to(logger):
            logger.append_keys(correlation_id=event.get("id"))
            try:
                for happened in steps():
                    kinds.update(each.kind for each in happened)
                    if unfinished := seconds_left(context) < SPARE:
                        break
            except Exception as error:
                failed = True
                logger.exception("scheduled jobs failed", extra={"failed_worlds": _worlds(error)})
            _log(logger, kinds, time.perf_counter() - started, unfinished=unfinished)
        count_happenings(metrics, kinds, failed=failed, unfinished=unfinished)
        if failed:
            # Told anew, outside the handler: the runtime prints what a function raises, and the text may be anybody's.
            raise ScheduledJobsError("scheduled jobs failed; the log says which and why")
        return {"happenings": kinds.total()}

    counted = metrics.log_metrics(catch_up, capture_cold_start_metric=True)
    return logger.inject_lambda_context(counted, log_event=False, clear_state=True)


def _log(logger: Logger, kinds: Counter[str], seconds: float, *, unfinished: bool) -> None:
    told = "time is up, the next run goes on" if unfinished else "caught up"
    logger.info(
        told,
        extra={"happenings": dict(kinds), "unfinished": unfinished, "duration_ms": round(seconds * 1000, 3)},
    )


def _worlds(error: Exception) -> list[str]:
    """Return the worlds whose jobs failed: `services/maintenance.py` notes each with its exception."""
    each_of = error.exceptions if isinstance(error, ExceptionGroup) else ()
    notes = (note for each in each_of for note in getattr(each, "__notes__", ()))
    return [note.removeprefix("in the world ") for note in notes if note.startswith("in the world ")]
