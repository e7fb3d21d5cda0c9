"""A function that answers requests: the handler of one service, watched, waited for, and never seen to fail.

What a handler raises would be printed by the Lambda runtime with all it says, and answered by API Gateway in its own
words. So everything ends here: an exception becomes a log line without its text, a count, and the cloud's 500.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics

from sosie import __version__
from sosie.functions.counting import NAMESPACE, count_request
from sosie.functions.logs import function_logger, package_logs_to
from sosie.functions.waiting import settled, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Handle = Callable[[dict[str, Any], Any], dict[str, Any]]


def http_function(handle: Handle) -> Handle:
    """Return the Lambda handler of a function that answers the HTTP API's events (payload 2.0) by `handle`.

    One log line per request, metrics as `counting` lists them, and the delay that an answer asks for.
    """
    logger, metrics = function_logger(), Metrics(namespace=NAMESPACE)

    def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        with package_logs_to(logger):
            logger.append_keys(**_known_before(event))
            try:
                response = settled(handle, event, context)
            except Exception:
                logger.exception("a request cannot be answered")
                response = _failed(event)
            noted = response.pop("noted", {})
            seconds = time.perf_counter() - started
            logger.info(_line(noted, response), extra=_known_after(noted, response, seconds))
            count_request(metrics, noted, response["statusCode"])
            return wait(response, context)

    counted = metrics.log_metrics(answer, capture_cold_start_metric=True)
    # `log_event` is said, because an environment variable could switch it on, and events carry secrets.
    return logger.inject_lambda_context(counted, log_event=False, clear_state=True)


def _known_before(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every line of a request carries. The journal's id of it comes with the lines themselves."""
    return {"request_id": (event.get("requestContext") or {}).get("requestId")}


def _known_after(noted: Mapping[str, Any], response: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Return the request's own line. Nothing in it is a text that a client made up: the path is the matched route."""
    return {
        "correlation_id": noted.get("id"),
        "method": noted.get("method"),
        "route": noted.get("route"),
        "status": response["statusCode"],
        "world": noted.get("world"),
        "region": noted.get("region"),
        "caller": noted.get("caller"),
        "diagnosis": noted.get("diagnosis"),
        "fault": noted.get("fault"),
        "conflicts": noted.get("conflicts") or None,
        "duration_ms": round(seconds * 1000, 3),
        "delay_ms": round(response.get("delay", 0.0) * 1000) or None,
    }


def _line(noted: Mapping[str, Any], response: Mapping[str, Any]) -> str:
    return f"{noted.get('method') or 'request'} {noted.get('route') or '(no route)'} {response['statusCode']}"


def _failed(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a request that could not even be journalled, in the words of what it was for."""
    if str(event.get("rawPath", "")).startswith("/_sosie"):
        from sosie.control.handler import failure  # late: four functions never need it

        return failure()
    from sosie.wire.app import to_response
    from sosie.wire.errors import server_fault

    answer = server_fault()
    answer.headers |= {"x-sosie": __version__, "x-sosie-hint": "SOSIE_FAILED"}
    return to_response(answer) | {"noted": {"diagnosis": "SOSIE_FAILED"}}
