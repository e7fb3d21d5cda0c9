"""Fault rules: what they are for, what they do, how often (design: faults).

A rule is `{"id"?, "match"?: {…}, "effect": {"kind": …}, "limit"?: {…}}`. It is checked as a whole when it is made; what
it matches and whether it is due are questions of plain values. The effects are in `fault_effects`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sosie.domain.errors import ScenarioError
from sosie.domain.fault_effects import EFFECTS, LONGEST_LATENCY_OF_A_FUNCTION, Effect, Place
from sosie.domain.ids import Ids
from sosie.domain.json_schema import Schema, check, member_path, parse_moment
from sosie.domain.regions import REGIONS, SERVICES

_GUID = {
    "type": "string",
    "pattern": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
    "x-problem": "must be a GUID with hyphens",
}
MATCH: Schema = {
    "type": "object",
    "properties": {
        "service": {"type": "string", "enum": list(SERVICES), "description": "The service that is addressed."},
        "region": {"type": "string", "enum": list(REGIONS), "description": "The region that is addressed."},
        "method": {
            "type": "string",
            "enum": ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
            "description": "The method. Preflights are matched by OPTIONS alone.",
        },
        "route": {
            "type": "string",
            "maxLength": 500,
            "pattern": r"^[^*?#\s]*\*?$",
            "x-problem": "must be a path or a route's template, with * at its end alone",
            "description": "A route's template or a path of the service, in any letter case; * at its end is any rest.",
        },
        "installation": _GUID | {"description": "The request names this installation, or its token or client does."},
        "organization": _GUID | {"description": "The request names this organization in path, query or body."},
        "nth": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1_000_000_000,
            "description": "Only the nth request that the rest matches, counted from 1.",
        },
    },
    "additionalProperties": False,
}
LIMIT: Schema = {
    "type": "object",
    "properties": {
        "times": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1_000_000_000,
            "description": "How often the effect is applied.",
        },
        "until": {
            "type": "string",
            "maxLength": 40,
            "format": "date-time",
            "description": "The world's time from which it is not applied any more.",
        },
        "probability": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
            "description": "The chance of each matching request; the same seed, id and count decide alike.",
        },
    },
    "additionalProperties": False,
}
RULE: Schema = {
    "type": "object",
    "properties": {
        "id": {
            "type": "string",
            "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
            "x-problem": "must be at most 64 letters, digits, dots, hyphens and underscores, a letter or digit first",
            "description": "What the rule is called, in the header x-sosie-fault as well; one is given out without.",
        },
        "match": MATCH,
        "effect": {"type": "object", "additionalProperties": True},
        "limit": LIMIT,
    },
    "required": ["effect"],
    "additionalProperties": False,
}
_OF_AN_OUTAGE = frozenset({"service", "region"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a request before it is answered.

    `route` is the template it has been routed to, if any; `text` all that may name an installation or organization, in
    lower case and without hyphens.
    """

    service: str
    region: str
    method: str
    path: str
    route: str | None = None
    preflight: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, its parts as they were given."""

    id: str
    effect: Mapping[str, Any]
    match: Mapping[str, Any] = field(default_factory=dict)
    limit: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The effect's name."""
        name: str = self.effect["kind"]
        return name

    @property
    def strikes_before(self) -> bool:
        """Whether it answers in the handler's place, so that nothing happens in the cloud."""
        return not self.effect.get("after", self._row.strikes == "after")

    @property
    def looks_for_ids(self) -> bool:
        """Whether it needs to know what the request names."""
        return "installation" in self.match or "organization" in self.match

    @property
    def _row(self) -> Effect:
        return EFFECTS[self.kind]

    def value(self, parameter: str) -> Any:
        """Return a parameter of the effect, the catalogue's default if the rule does not name it."""
        return self.effect.get(parameter, self._row.default(parameter))

    def matches(self, asked: Asked) -> bool:
        """Tell whether a request is one of those the rule is for; `nth` is left to `is_due`."""
        match = self.match
        if asked.preflight and match.get("method") != "OPTIONS" and self.kind != "outage":
            return False
        given = {"service": asked.service, "region": asked.region, "method": asked.method}
        if any(match.get(name, value) != value for name, value in given.items()):
            return False
        if "route" in match and not is_route_of(match["route"], asked.path, asked.route):
            return False
        if any(match[name].lower().replace("-", "") not in asked.text for name in _IDS if name in match):
            return False
        return _is_in(self._row.place, asked)

    def is_due(self, seen: int, applied: int, seed: str, now: datetime) -> bool:
        """Tell whether it applies to the request that is the `seen`-th it matches, after having applied so often."""
        if seen != self.match.get("nth", seen) or applied >= self.limit.get("times", applied + 1):
            return False
        until = self.limit.get("until")
        end = None if until is None else parse_moment(until)
        if end is not None and now >= end:
            return False
        chance: float = self.limit.get("probability", 1)
        return _falls(seed, self.id, seen) < chance


def parse_rule(document: Any, where: str = "") -> Rule:
    """Return the rule a document describes; its id is empty without one.

    Raises ScenarioError, whose `where` is the path of the member at fault, below the given one.
    """
    check(document, RULE, where)
    effect_path, match_path = member_path(where, "effect"), member_path(where, "match")
    effect, match = document["effect"], document.get("match", {})
    kind = effect.get("kind")
    if not isinstance(kind, str) or kind not in EFFECTS:
        raise ScenarioError(member_path(effect_path, "kind"), f"must be one of {', '.join(EFFECTS)}")
    check(effect, EFFECTS[kind].schema, effect_path)
    _check_place(EFFECTS[kind], match, match_path)
    _check_effect(effect, match, effect_path)
    return Rule(document.get("id", ""), dict(effect), dict(match), dict(document.get("limit", {})))


def refusal_without_sockets(rule: Rule) -> tuple[str, str] | None:
    """Return the member, and what is wrong with it, of a rule that a host without sockets of its own cannot keep."""
    if EFFECTS[rule.kind].needs_sockets:
        return "effect.kind", f"{rule.kind} needs a server that owns its sockets; a Lambda function answers as a whole"
    if rule.kind == "latency" and rule.value("milliseconds") > LONGEST_LATENCY_OF_A_FUNCTION:
        return "effect.milliseconds", f"a Lambda function can wait for {LONGEST_LATENCY_OF_A_FUNCTION} ms at most"
    return None


def is_route_of(pattern: str, path: str, route: str | None) -> bool:
    """Tell whether a route as a rule names it is that of a request with this path, routed to the template `route`.

    Where the routes of several templates look alike, such as `/organizations/{id}` and `/organizations/domain`, the one
    that the request was routed to counts.
    """
    if not _meet(pattern, path, template=False):
        return False
    exact = "{" in pattern and not pattern.endswith("*")
    return not exact or route is None or _meet(pattern, route, template=True)


_IDS = ("installation", "organization")


def _check_place(effect: Effect, match: Mapping[str, Any], where: str) -> None:
    if effect.kind == "outage" and (wrong := sorted(set(match) - _OF_AN_OUTAGE)):
        raise ScenarioError(
            member_path(where, wrong[0]), "an outage is of a service, a region, or everything; see status"
        )
    place = effect.place
    if place is None:
        return
    only = f"{effect.kind} is for {place.method} {' and '.join(place.routes)} of {place.service} alone"
    for name, value in (("service", place.service), ("method", place.method)):
        if match.get(name, value) != value:
            raise ScenarioError(member_path(where, name), only)
    if "route" in match and not any(_meet(match["route"], each, template=True) for each in place.routes):
        raise ScenarioError(member_path(where, "route"), only)


def _check_effect(effect: Mapping[str, Any], match: Mapping[str, Any], where: str) -> None:
    if "error" in effect and (effect["status"] != 400 or match.get("service", "identity") != "identity"):
        raise ScenarioError(member_path(where, "error"), "is for a 400 of the identity service's token endpoint alone")
    if effect.get("when") == "in-body" and effect.get("after") is False:
        raise ScenarioError(
            member_path(where, "after"), "there is no body to break off before the handler has answered"
        )


def _is_in(place: Place | None, asked: Asked) -> bool:
    return place is None or (
        (place.service, place.method) == (asked.service, asked.method) and asked.route in place.routes
    )


def _falls(seed: str, rule_id: str, count: int) -> float:
    """Return a number from 0 to 1, below 1, that is the same for the same request of the same world."""
    return int.from_bytes(Ids(seed, f"fault|{rule_id}|{count}").bytes(6)) / 2**48


def _meet(pattern: str, target: str, *, template: bool) -> bool:
    """Compare a pattern with a path, or with a route's template: a parameter of that takes the pattern's words too."""
    theirs = _segments(_without_final_slash(target))
    if pattern.endswith("*"):
        *mine, start = _segments(pattern[:-1])
        if len(theirs) <= len(mine):
            return False
        following = theirs[len(mine)]
        if not following.startswith(start) and not (template and _is_parameter(following)):
            return False
    else:
        mine = _segments(_without_final_slash(pattern))
        if len(mine) != len(theirs):
            return False
    return all(_same(one, other, template=template) for one, other in zip(mine, theirs, strict=False))


def _same(mine: str, theirs: str, *, template: bool) -> bool:
    if _is_parameter(mine):
        return _is_parameter(theirs) if template else theirs != ""
    return mine == theirs or (template and _is_parameter(theirs))


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").lower().split("/")


def _without_final_slash(path: str) -> str:
    # One is nothing to the cloud's routing; a doubled one is another path.
    return path if path.endswith("//") else path.removesuffix("/")


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")
