"""What happened on schedule, for people."""

from __future__ import annotations

from typing import Any

from sosie.local.output import bad, columns, dim, good, heading


def happening_lines(items: list[dict[str, Any]]) -> list[str]:
    """Return a line for each thing that happened, in order; one that says so if nothing did."""
    if not items:
        return [dim("nothing was due")]
    return columns([_row(each) for each in items], indent="")


def _row(item: dict[str, Any]) -> list[str]:
    about = item["organizationName"] or item["organizationId"]
    return [dim(item["at"]), item["region"], heading(item["kind"]), about, _outcome(item)]


def _outcome(item: dict[str, Any]) -> str:
    if item["kind"] == "renewal-check":
        return good("valid") if item["valid"] else bad(", ".join(item["reasons"]))
    if item["kind"] == "purge":
        return f"row {item['rowId']}, valid until {item['oldValidUntil']}"
    return f"{'until' if item['kind'] == 'renewal' else 'over since'} {item['newExpirationDate']}"
