"""The functions' log: one JSON object per line on the standard output, in which no secret can stand.

Three things are kept out. The text of an exception, because it may quote what was sent or stored: pydantic's quotes the
input, botocore's the parameters. Debug lines of the libraries below, which print whole requests. And the event.
"""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

PACKAGE = "sosie"
LIBRARIES = ("botocore", "boto3", "urllib3", "aws_lambda_powertools", "asyncio")
"""Whose lines below a warning are never wanted, whatever level the environment asks for."""


def function_logger() -> Logger:
    """Return this function's logger. POWERTOOLS_SERVICE_NAME names it, POWERTOOLS_LOG_LEVEL says how much it tells."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    handler = _StandardOutput()
    handler.addFilter(_without_texts)
    return Logger(logger_handler=handler, utc=True, use_rfc3339=True, serialize_stacktrace=False)


@contextmanager
def package_logs_to(logger: Logger) -> Iterator[None]:
    """Send the package's own lines the same way, and no other: the runtime's handler would print exceptions whole."""
    package = logging.getLogger(PACKAGE)
    handlers, propagate, level = package.handlers, package.propagate, package.level
    package.handlers, package.propagate = [logger.registered_handler], False
    package.setLevel(logger.log_level)
    try:
        yield
    finally:
        package.handlers, package.propagate = handlers, propagate
        package.setLevel(level)


class _StandardOutput(logging.StreamHandler[TextIO]):
    """Writes to the standard output of the moment, as `print` does, so that lines and metrics stay in order."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)


def _without_texts(record: logging.LogRecord) -> bool:
    """Replace a record's exception by what can be told of it."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.exception = told(error)
        record.exception_name = type(error).__name__
        record.exc_info = record.exc_text = None
    return True


def told(error: BaseException) -> str:
    """Return an exception's traceback with the kinds of what was raised and not their texts, causes first.

    Of an AWS error, its code and the operation are told as well: those are words of the service.
    """
    return "\n\n".join(_parts(error, set()))


def _parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    if id(error) in seen:
        return
    seen.add(id(error))
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _parts(earlier, seen)
    yield "".join(["Traceback (most recent call last):\n", *_frames(error.__traceback__), _kind(error)])
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _parts(each, seen)


def _frames(start: TracebackType | None) -> list[str]:
    return traceback.format_tb(start)


def _kind(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return name
    code = response.get("Error", {}).get("Code")
    return f"{name} ({code} of {getattr(error, 'operation_name', None)})"
