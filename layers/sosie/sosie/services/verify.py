"""Did these requests arrive? Counts the journal's entries that match, and tells what came nearest (design: journal)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from sosie.services.journal_filters import Difference, differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sosie.domain.redaction import Redactor

MOST_MISSES = 5

_ADDRESS = re.compile(r"(?:/w/[^/]+)?/(?:us|eu)/(?:identity|api|push)(?=/)", re.IGNORECASE)
_PARAMETER = re.compile(r"\{\w+\}")
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Match:
    """What is looked for: filters (`checked_filters`), and what its short form or its body has to be.

    `path` is the whole path, as the service has it or as it was sent, or the route's template. `body` is a part of the
    JSON or of the form that was sent.
    """

    filters: Mapping[str, str]
    path: str | None = None
    body: Any = None


class Times(NamedTuple):
    """How often, both ends included; `at_most` None: any number."""

    at_least: int = 1
    at_most: int | None = None

    def met(self, count: int) -> bool:
        """Tell whether a number of entries is as wanted."""
        return self.at_least <= count and not self.exceeded(count)

    def exceeded(self, count: int) -> bool:
        """Tell whether there are too many, which cannot get better."""
        return self.at_most is not None and count > self.at_most


class Miss(NamedTuple):
    """An entry that does not match, and the filters that say so."""

    entry: Mapping[str, Any]
    differs: Mapping[str, Difference]


def misses_of(entries: Iterable[Mapping[str, Any]], match: Match, redactor: Redactor) -> Iterator[Miss]:
    """Yield each entry with what it differs in; one that matches differs in nothing."""
    for entry in entries:
        yield Miss(entry, _differences(entry, match, redactor))


def nearest(misses: Iterable[Miss]) -> list[Miss]:
    """Return those that differ least, the newest first. `misses` are oldest first."""
    newest_first = list(misses)[::-1]
    return sorted(newest_first, key=lambda miss: len(miss.differs))[:MOST_MISSES]


def _differences(entry: Mapping[str, Any], match: Match, redactor: Redactor) -> dict[str, Difference]:
    found = differences(entry, match.filters)
    if match.path is not None and not _is_at(entry, match.path):
        found["path"] = Difference(match.path, entry["path"])
    if match.body is not None:
        seen = _sent(entry)
        if not _has(seen, match.body, redactor):
            found["body"] = Difference(match.body, _part(seen, match.body))
    return found


def _is_at(entry: Mapping[str, Any], wanted: str) -> bool:
    wanted = _PARAMETER.sub("{}", wanted.lower().rstrip("/"))
    route = _PARAMETER.sub("{}", (entry["route"] or "").lower().rstrip("/"))
    sent = entry["path"].partition("?")[0].lower().rstrip("/")
    return wanted in (sent, _ADDRESS.sub("", sent, count=1), route)


def _sent(entry: Mapping[str, Any]) -> Any:
    """Return what the kept body says: a form's fields, the JSON, or the text that is neither (or was cut)."""
    text = entry["request"]["body"]
    kinds = [value for name, value in entry["request"]["headers"].items() if name.lower() == "content-type"]
    if kinds and kinds[0].lower().startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _has(seen: Any, wanted: Any, redactor: Redactor) -> bool:
    """Tell whether what was sent has all that is wanted; it may have more members. A list has as many elements."""
    if isinstance(wanted, Mapping):
        return isinstance(seen, Mapping) and all(
            _has(_member(seen, name), value, redactor) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(seen, list)
            and len(seen) == len(wanted)
            and all(_has(*pair, redactor) for pair in zip(seen, wanted, strict=True))
        )
    if isinstance(wanted, bool) or isinstance(seen, bool):
        return seen is wanted
    if seen == wanted:
        return True
    # A secret is known by its fingerprint alone, and equal secrets have equal ones.
    return isinstance(wanted, (str, int, float)) and seen == redactor.fingerprint(str(wanted))


def _member(seen: Mapping[str, Any], name: str) -> Any:
    """Return a member, by its name in any letter case as the cloud reads it (docs/contract/api.md §1.3)."""
    if name in seen:
        return seen[name]
    return next((value for other, value in seen.items() if other.lower() == name.lower()), _NOTHING)


def _part(seen: Any, wanted: Any) -> Any:
    """Return of what was sent only what was asked about."""
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping):
        found = {name: _member(seen, name) for name in wanted}
        return {name: _part(value, wanted[name]) for name, value in found.items() if value is not _NOTHING}
    if isinstance(wanted, list) and isinstance(seen, list) and len(seen) == len(wanted):
        return [_part(*pair) for pair in zip(seen, wanted, strict=True)]
    return seen
