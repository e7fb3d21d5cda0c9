"""Passing a part of a request's JSON on as it was sent: numbers, escapes, order and doubled members stay."""

from __future__ import annotations

import json
import re

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s"{}\[\]:,]+')


def member_text(document: str, name: str) -> str:
    """Return the value of an object's member as compact JSON, else unchanged. Raises LookupError without one.

    The document is an object in valid JSON, however deep. Names match in any letter case; of several members with
    the name the last one counts, as for the binder.
    """
    found = member = None
    value: list[str] = []
    depth = 0
    for piece in _PIECE.findall(document):
        depth -= piece in ("]", "}")
        if depth == 0 or (depth == 1 and piece == ","):
            if member == name.lower():
                found = "".join(value)
            member, value = None, []
        elif depth == 1 and member is None:
            member = str(json.loads(piece)).lower()
        elif depth > 1 or piece != ":":
            value.append(piece)
        depth += piece in ("[", "{")
    if found is None:
        raise LookupError(name)
    return found
