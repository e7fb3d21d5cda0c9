"""JSON as the cloud writes it (docs/contract/api.md §1.3): camelCase members, nulls written, dates trimmed.

`dumps` renders datetimes and enums on the way, so that a `to_wire` function can return them as they are.
"""

from __future__ import annotations

import enum
import json
from datetime import datetime
from typing import Any

from sosie.domain.dates import wire_date


def _default(value: Any) -> Any:
    if isinstance(value, datetime):
        return wire_date(value)
    if isinstance(value, enum.Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no wire form")


def dumps(value: Any) -> str:
    """Return compact JSON; non-ASCII characters stay as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_default)


def body_text(body: Any) -> str:
    """Return the body of an answer as it is sent: bytes as they are, nothing for None, anything else as JSON."""
    if body is None:
        return ""
    return body.decode() if isinstance(body, bytes) else dumps(body)


def dumps_token(value: Any) -> str:
    """Return JSON as the token endpoint writes it: `+` within texts is escaped (docs/contract/identity.md §3.1)."""
    return dumps(value).replace("+", "\\u002B")
