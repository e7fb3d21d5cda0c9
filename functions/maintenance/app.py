"""The maintenance function: what the cloud does on schedule, in every world and both regions."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sosie.wiring import lambda_maintenance

logger = Logger()
metrics = Metrics()
catch_up = lambda_maintenance()


@logger.inject_lambda_context(correlation_id_path=correlation_paths.EVENT_BRIDGE, clear_state=True)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Do what has fallen due since the last time; the schedule's event says nothing about it."""
    del event, context
    happenings = catch_up()
    metrics.add_metric(name="Happenings", unit=MetricUnit.Count, value=happenings)
    return {"happenings": happenings}
