"""What a diagnosis is: an entry of the catalogue, and a finding, which fills its sentences with the facts of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

LONGEST_FACT = 200
"""Characters of a fact that a sentence takes; some come from the request, which may be of any length."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One entry: when it is made, and the patterns of why (`message`) and of what to change (`remedy`).

    A pattern names facts in braces.
    """

    code: str
    when: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RowFinding:
    """Why one row of a sync was skipped, or what is wrong with it."""

    member_id: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one request. `facts` never hold a secret; `details` go into the journal as they are.

    `preface` is a sentence that stands before the message.
    """

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[RowFinding] = ()
    preface: str = ""


def filled(pattern: str, facts: Mapping[str, str]) -> str | None:
    """Return a pattern with its facts, None if one is missing."""
    names = {name for _, name, _, _ in Formatter().parse(pattern) if name}
    if not names <= facts.keys():
        return None
    return pattern.format(**{name: _short(facts[name]) for name in names})


def general(pattern: str) -> str:
    """Return a pattern for people who have no facts: `<installation>` stands where a fact would."""
    return "".join(
        text + (f"<{name.replace('_', ' ')}>" if name else "") for text, name, _, _ in Formatter().parse(pattern)
    )


def _short(fact: str) -> str:
    # On one line, so that no fact can look like a sentence of its own.
    text = "".join(each if each.isprintable() else " " for each in fact)
    return text if len(text) <= LONGEST_FACT else text[: LONGEST_FACT - 1] + "…"
