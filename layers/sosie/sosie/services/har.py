"""Journal entries as an HTTP Archive, HAR 1.2, which browsers' developer tools and many others open.

What the format has no member for stands under names that begin with an underscore, as it allows. Secrets stay redacted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sosie import __version__

Json = dict[str, Any]
_UNKNOWN = -1
"""The format's own word for a size or a time that nobody measured."""


def to_har(entries: Iterable[Mapping[str, Any]]) -> Json:
    """Return an archive of journal entries, in their order. Times are the wall's; the world's are `_at`."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "Sosie", "version": __version__},
            "entries": [_entry(entry) for entry in entries],
        }
    }


def _entry(entry: Mapping[str, Any]) -> Json:
    return {
        "startedDateTime": entry["wallAt"],
        "time": entry["durationMs"],
        "request": _request(entry),
        "response": _response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": entry["durationMs"], "receive": 0},
        "_id": entry["id"],
        "_at": entry["at"],
        **{f"_{name}": entry[name] for name in ("region", "service", "route", "caller", "fault", "diagnosis")},
    }


def _request(entry: Mapping[str, Any]) -> Json:
    sent = entry["request"]
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    query = entry["path"].partition("?")[2]
    made: Json = {
        "method": entry["method"],
        "url": f"{entry.get('scheme', 'http')}://{headers.get('host', 'localhost')}{entry['path']}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(sent["headers"].items()),
        "queryString": _pairs(parse_qsl(query, keep_blank_values=True)),
        "headersSize": _UNKNOWN,
        "bodySize": sent.get("bodySize", _UNKNOWN if sent["body"] else 0),
    }
    if sent["body"]:
        kind = headers.get("content-type", "")
        # The format wants the one or the other.
        form = kind.lower().startswith("application/x-www-form-urlencoded")
        content = (
            {"params": _pairs(parse_qsl(sent["body"], keep_blank_values=True))} if form else {"text": sent["body"]}
        )
        made["postData"] = {"mimeType": kind, **content}
    return made


def _response(entry: Mapping[str, Any]) -> Json:
    given = entry["response"]
    headers = {name.lower(): value for name, value in given["headers"].items()}
    return {
        "status": entry["status"] or 0,
        "statusText": _phrase(entry["status"]),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(given["headers"].items()),
        "content": {
            "size": given.get("bodySize", len(given["body"].encode())),
            "mimeType": headers.get("content-type", ""),
            "text": given["body"],
        },
        "redirectURL": headers.get("location", ""),
        "headersSize": _UNKNOWN,
        "bodySize": given.get("bodySize", _UNKNOWN if given["body"] else 0),
    }


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in pairs]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # a number that a fault made up
        return ""
