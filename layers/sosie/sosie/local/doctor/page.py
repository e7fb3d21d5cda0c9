"""Writes the part of docs/doctor.md that lists the codes."""

from __future__ import annotations

from itertools import groupby

from sosie.local.doctor.catalog import CATALOG
from sosie.local.doctor.keys import CLIENTS

BEGIN = "<!-- codes: written by sosie.local.doctor.page -->"
END = "<!-- end of codes -->"


def tables() -> str:
    """Return a table per group of codes, as Markdown."""
    parts = []
    for name, codes in groupby(CATALOG.values(), key=lambda each: each.group):
        rows = [
            f"| `{each.code}` | {each.severity} | {'both' if each.clients == CLIENTS else each.clients[0]} "
            f"| {each.meaning} | {each.remedy} |"
            for each in codes
        ]
        parts.append(
            "\n".join([f"### {name}", "", "| Code | | For | Means | Change |", "|---|---|---|---|---|", *rows])
        )
    return "\n\n".join(parts) + "\n"


def renewed(page: str) -> str:
    """Return the page with its list of codes written anew. Raises ValueError if the page has no place for it."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page lacks the marks of its list")
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"
