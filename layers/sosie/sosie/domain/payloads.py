"""How large an answer a Lambda function can give, and how a larger one still gets to its client."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

LARGEST_ANSWER = 6 * 1024 * 1024
"""Bytes of a whole response as JSON that surely fit; Lambda takes 6,291,556, a hundred more."""

_MOST_BYTES_A_CHARACTER = 6  # a control character, escaped
_NOT_AT_ALL = re.compile(r"q=0(\.0*)?", re.IGNORECASE)


def carried(asked: Mapping[str, str], response: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a payload 2.0 response so that Lambda can carry it, or None if it cannot.

    One that is too large is compressed for a client that takes gzip. `asked` are the request's headers, lower case.
    """
    if payload_size(response) <= LARGEST_ANSWER:
        return dict(response)
    if response["isBase64Encoded"] or not _takes_gzip(asked.get("accept-encoding", "")):
        return None
    import gzip  # late: hardly any answer needs it

    # Its time left out: the same answer is the same bytes.
    body = base64.b64encode(gzip.compress(response["body"].encode(), mtime=0)).decode()
    headers = {**response["headers"], "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    packed = {**response, "headers": headers, "body": body, "isBase64Encoded": True}
    return packed if payload_size(packed) <= LARGEST_ANSWER else None


def payload_size(response: Mapping[str, Any]) -> int:
    """Return the bytes of a response as the Lambda runtime sends it, or a little more: a body is a text within JSON."""
    body = response["body"] or ""
    sent = {name: response[name] for name in ("statusCode", "headers", "isBase64Encoded")}
    others = len(json.dumps(sent)) + 16
    if len(body) * _MOST_BYTES_A_CHARACTER + others <= LARGEST_ANSWER:
        return len(body) * _MOST_BYTES_A_CHARACTER + others  # nearly always, and cheaper than writing it out
    # The runtime's encoder escapes the two line ends of Unicode as well: six bytes and not three.
    line_ends = body.count("\u2028") + body.count("\u2029")
    return len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")) + 3 * line_ends + others


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.split(","):
        coding, _, weight = each.partition(";")
        if coding.strip().lower() in ("gzip", "x-gzip"):
            return _NOT_AT_ALL.fullmatch(weight.strip()) is None
    return False
