"""docs/diagnoses.md, written from the catalogue by `make diagnoses`."""

from __future__ import annotations

from pathlib import Path

from sosie.diagnosis.catalog import SECTIONS

_INTRODUCTION = """# Diagnoses

Why a request was refused, or a row of a sync skipped, and what to change. The code stands in the answer's header
`x-sosie-hint`; the journal entry's `diagnosis` has the code, the sentence and the remedy, filled with the ids,
regions, dates and URIs of the case. `details` is there where one sentence is not enough: `details.rows` of a sync
says of each row that was skipped `{"sponsoringOrganizationUserId","code","message"}` (the first 100).

Nothing else of an answer depends on a diagnosis, and a request that succeeds is not investigated, with these
exceptions: `TOKEN_STORM`, rows that were skipped or doubled, an offer token that `validate-token` finds invalid, and a
resend that sends nothing.

Written by `make diagnoses`; braces stand for what differs from case to case.
"""


def text() -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for title, section in SECTIONS.items():
        parts.append(f"\n## {title}\n\n| Code | When | Sentence | Remedy |\n|---|---|---|---|\n")
        for each in section:
            cells = (f"`{each.code}`", each.when, _shown(each.message), _shown(each.remedy))
            parts.append("| " + " | ".join(cells) + " |\n")
    return "".join(parts)


def write(path: Path = Path("docs/diagnoses.md")) -> None:
    """Write the page."""
    path.write_text(text(), encoding="utf-8")


def _shown(pattern: str) -> str:
    return pattern.replace("{{", "{").replace("}}", "}").replace("<", "&lt;").replace("|", "\\|")
