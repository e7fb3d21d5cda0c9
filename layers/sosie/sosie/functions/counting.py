"""What the functions count, as CloudWatch's embedded metric format on the standard output (docs/operations.md).

Dimensions are words of Sosie's own, never a client's: a service, a grant, a diagnosis of the catalogue, a kind of
scheduled job. Worlds and callers are in the log lines; as dimensions each of them would be a metric of its own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools import Metrics

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Sosie")
FAILED = "SOSIE_FAILED"
BUSY = "SOSIE_BUSY"


def count_request(metrics: Metrics, noted: Mapping[str, Any], status: int) -> None:
    """Count one request by what its handler noted about it (`wire/gate.py`, `control/handler.py`)."""
    _add(metrics, f"Answers{status // 100}xx", 1)
    # Noughts are written too: an alarm then tells "none of them" from "nobody asked".
    _add(metrics, "Failures", noted.get("diagnosis") == FAILED)
    _add(metrics, "JournalWriteFailures", bool(noted.get("unstored")))
    _add(metrics, "ConflictsRetried", noted.get("conflicts", 0))
    if "rows" in noted:
        _add(metrics, "Syncs", 1)
        _add(metrics, "SyncedRows", noted["rows"])
    if "grant" in noted:
        _count_by("TokensIssued", "grant", noted["grant"])
    if status >= 400 and noted.get("diagnosis"):
        _count_by("Refusals", "diagnosis", noted["diagnosis"])


def count_happenings(metrics: Metrics, kinds: Mapping[str, int], *, failed: bool, unfinished: bool) -> None:
    """Count one run of the scheduled jobs: how often each kind of thing happened, and how the run ended."""
    _add(metrics, "Happenings", sum(kinds.values()))
    _add(metrics, "Failures", failed)
    _add(metrics, "Unfinished", unfinished)
    for kind, times in kinds.items():
        _count_by("Happenings", "kind", kind, times)


def _add(metrics: Metrics, name: str, value: float) -> None:
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def _count_by(name: str, dimension: str, word: str, value: float = 1) -> None:
    """Print a metric with a dimension besides the service; it does not go along with the function's others."""
    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE) as metric:
        metric.add_dimension(dimension, word)
