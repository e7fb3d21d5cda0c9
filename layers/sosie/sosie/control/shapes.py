"""What verbs take and answer, as JSON schemas by the names that `Verb.body` and `Verb.answer` use.

They say what a client may rely on. Members that nobody depends on, such as those of a stored row, stay open.
"""

from __future__ import annotations

from typing import Any

from sosie.services.journal_filters import FILTERS
from sosie.services.odd_tokens import ODDITIES
from sosie.services.snapshot_document import FORMAT, VERSION

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
TIME: Schema = {"type": "string", "format": "date-time"}
OPEN: Schema = {"type": "object", "additionalProperties": True}


def maybe(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    """Return a reference to a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(required: dict[str, Schema], optional: dict[str, Schema] | None = None, *, more: bool = True) -> Schema:
    """Return the schema of an object; `more`: it may have members beside these."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": sorted(required),
        "additionalProperties": more,
    }


def items(of: Schema, optional: dict[str, Schema] | None = None) -> Schema:
    """Return the schema of a list's answer."""
    return record({"items": {"type": "array", "items": of}}, optional, more=False)


def by_region(of: Schema) -> Schema:
    """Return the schema of an object with a member per region."""
    return {"type": "object", "additionalProperties": of}


_MESSAGE = record({"headers": OPEN, "body": TEXT}, {"bodySize": COUNT})
_NULL_TEXT = maybe(TEXT)
_FILTER: Schema = {"type": ["string", "integer"]}
_CLOCK_MODE: Schema = {"type": "string", "enum": ["system", "shifted", "frozen"]}
_SCENARIO: Schema = {"anyOf": [TEXT, ref("Scenario")]}
_UPDATED = {name: maybe(TIME) for name in ("oldValidUntil", "newValidUntil", "oldExpirationDate", "newExpirationDate")}

SHAPES: dict[str, Schema] = {
    "Anything": {"description": "What the description says."},
    "Problem": record({"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT}),
    "Health": record({"status": TEXT, "version": TEXT, "store": TEXT, "uptimeSeconds": NUMBER}),
    "Worlds": items(record({"world": TEXT})),
    "Scenario": {**OPEN, "description": "A scenario's document: docs/scenarios.md."},
    "ScenarioChoice": {
        "description": "A scenario's document, or the name of one that ships.",
        "anyOf": [TEXT, record({"scenario": _SCENARIO}), ref("Scenario")],
    },
    "NewWorld": record({}, {"scenario": _SCENARIO}),
    "Summary": record(
        {
            "world": TEXT,
            "scenario": TEXT,
            "incarnation": TEXT,
            "clock": record({"mode": _CLOCK_MODE, "now": TIME}),
            "console": TEXT,
            "regions": by_region(
                record(
                    {
                        "identity": TEXT,
                        "api": TEXT,
                        "push": TEXT,
                        "installations": {
                            "type": "array",
                            "items": record({"id": TEXT, "key": TEXT, "enabled": FLAG}),
                        },
                        "users": {"type": "array", "items": record({"id": TEXT, "email": TEXT})},
                        "organizations": {
                            "type": "array",
                            "items": record({"id": TEXT, "name": TEXT, "plan": TEXT, "enabled": FLAG}),
                        },
                    }
                )
            ),
        }
    ),
    "State": record({"world": TEXT, "regions": by_region(by_region({"type": "array", "items": OPEN}))}),
    "Certificates": by_region(record({"licence": TEXT, "tokens": TEXT})),
    "Happening": record(
        {
            "at": TIME,
            "region": TEXT,
            "kind": {"type": "string", "enum": ["renewal", "cancellation", "renewal-check", "purge"]},
            "organizationId": TEXT,
            "organizationName": _NULL_TEXT,
            "rowId": _NULL_TEXT,
            "memberId": _NULL_TEXT,
            **_UPDATED,
            "valid": maybe(FLAG),
            "reasons": {"type": "array", "items": TEXT},
        }
    ),
    "Happenings": items(ref("Happening")),
    "Clock": record({"mode": _CLOCK_MODE, "now": TIME, "offsetSeconds": NUMBER}),
    "ClockWish": record({"mode": _CLOCK_MODE}, {"now": TIME}, more=False),
    "Advance": {
        "oneOf": [record({"by": {**TEXT, "examples": ["P31D"]}}, more=False), record({"to": TIME}, more=False)],
        "description": "An ISO 8601 duration, or a time.",
    },
    "Advanced": record({"clock": ref("Clock"), "items": {"type": "array", "items": ref("Happening")}}),
    "Settings": {
        "type": "object",
        "additionalProperties": True,
        "properties": {"penaltyDelays": FLAG, "realisticLimits": FLAG},
    },
    "FaultRule": {
        **record({"effect": record({"kind": TEXT})}, {"id": TEXT, "match": OPEN, "limit": OPEN}, more=False),
        "description": "A fault rule, docs/faults.md; `GET /faults/catalog` has the schemas of its parts.",
    },
    "NewFaults": {"anyOf": [ref("FaultRule"), {"type": "array", "items": ref("FaultRule")}]},
    "Fault": record(
        {"id": TEXT, "match": OPEN, "effect": record({"kind": TEXT}), "limit": OPEN, "seen": COUNT, "applied": COUNT},
        more=False,
    ),
    "Faults": items(ref("Fault")),
    "AddedFaults": {"anyOf": [ref("Fault"), ref("Faults")]},
    "FaultCatalog": items(
        record({"kind": TEXT, "description": TEXT, "strikes": TEXT, "needsSockets": FLAG, "available": FLAG}),
        {"match": OPEN, "limit": OPEN},
    ),
    "Mail": record(
        {
            "id": TEXT,
            "at": TIME,
            "region": TEXT,
            "to": TEXT,
            "subject": TEXT,
            "category": TEXT,
            "text": TEXT,
            "html": TEXT,
            "links": {"type": "array", "items": TEXT},
            "sponsorshipToken": _NULL_TEXT,
            "code": _NULL_TEXT,
        }
    ),
    "Mails": items(ref("Mail")),
    "Push": record({"world": TEXT, "regions": by_region(record({"installations": {"type": "array", "items": OPEN}}))}),
    "JournalEntry": record(
        {
            "id": TEXT,
            "at": TIME,
            "wallAt": TIME,
            "region": _NULL_TEXT,
            "service": _NULL_TEXT,
            "method": TEXT,
            "path": TEXT,
            "route": _NULL_TEXT,
            "caller": _NULL_TEXT,
            "status": {"type": "integer"},
            "durationMs": NUMBER,
            "fault": {},
            "diagnosis": maybe(record({"code": TEXT, "message": TEXT, "remedy": TEXT})),
            "request": _MESSAGE,
            "response": _MESSAGE,
        }
    ),
    "Journal": {
        "description": "Entries; with `format=har` an HTTP Archive, HAR 1.2.",
        "anyOf": [items(ref("JournalEntry"), {"next": TEXT}), record({"log": OPEN})],
    },
    "Verification": record(
        {"match": {"anyOf": [TEXT, record({}, dict.fromkeys(FILTERS, _FILTER) | {"body": {}}, more=False)]}},
        {
            "times": {"anyOf": [COUNT, record({}, {"atLeast": COUNT, "atMost": COUNT}, more=False)]},
            "within": {"type": "number", "minimum": 0, "maximum": 25},
        },
        more=False,
    ),
    "Miss": record(
        {
            "entry": TEXT,
            "method": TEXT,
            "path": TEXT,
            "status": {"type": "integer"},
            "differs": {"type": "object", "additionalProperties": record({"wanted": {}, "seen": {}})},
        }
    ),
    "Verified": record(
        {
            "met": FLAG,
            "count": COUNT,
            "entries": {"type": "array", "items": TEXT},
            "nearestMisses": {"type": "array", "items": ref("Miss")},
        }
    ),
    "EventStream": {"type": "string", "description": "Server-sent events: `journal`, `mail`, `push`, `incarnation`."},
    "Snapshot": record(
        {
            "name": TEXT,
            "scenario": TEXT,
            "at": TIME,
            "wallAt": TIME,
            "parts": {"type": "array", "items": TEXT},
            "items": COUNT,
            "bytes": COUNT,
        }
    ),
    "Snapshots": items(ref("Snapshot")),
    "SnapshotDocument": record(
        {
            "format": {"const": FORMAT, "type": "string"},
            "version": {"const": VERSION, "type": "integer"},
            "parts": {"type": "array", "items": TEXT},
            "at": TIME,
            "wallAt": TIME,
            "record": OPEN,
            "scenario": ref("Scenario"),
            "requests": COUNT,
            "items": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": OPEN}},
        },
        more=False,
    ),
    "TokenWish": record(
        {"region": {"type": "string", "enum": ["us", "eu"]}, "client": TEXT},
        {
            "odd": {"type": "string", "enum": list(ODDITIES)},
            "scope": TEXT,
            "expiresIn": {"type": "integer", "minimum": 1},
        },
        more=False,
    ),
    "OddToken": record({"accessToken": TEXT, "header": OPEN, "claims": OPEN, "why": TEXT}),
    "OpenApi": {**OPEN, "description": "This document."},
}

QUERY: dict[str, Schema] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 1_000},
    "wait": {"type": "number", "minimum": 0, "maximum": 25},
    "region": {"type": "string"},
    "since": TIME,
    "until": TIME,
    "format": {"type": "string", "enum": ["json", "har"]},
}
"""Schemas of query parameters; those that are not here are texts."""

MEDIA_TYPES = {"EventStream": "text/event-stream"}
"""Answers that are no JSON."""
YAML_TOO = frozenset({"ScenarioChoice", "NewWorld"})
"""Bodies that may be YAML as well."""
