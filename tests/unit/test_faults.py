"""Fault rules as values: what a document may say, which requests match, and when a rule is due (design: faults)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sosie.domain.errors import ScenarioError
from sosie.domain.fault_effects import EFFECTS
from sosie.domain.faults import (
    LIMIT,
    MATCH,
    Asked,
    Rule,
    is_route_of,
    parse_rule,
    refusal_without_sockets,
)
from sosie.domain.json_schema import check
from sosie.wire.routes import routes_of

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
STATUS = {"kind": "status", "status": 503}
ID = "6f0c1d7e-1a2b-4c3d-8e9f-0a1b2c3d4e5f"


def rule(effect: dict[str, Any] = STATUS, match: dict[str, Any] | None = None, **limit: Any) -> Rule:
    return parse_rule({"id": "one", "effect": effect, "match": match or {}, "limit": limit})


def asked(path: str = "/version", **changes: Any) -> Asked:
    return Asked(**{"service": "api", "region": "us", "method": "GET", "path": path, "route": path, **changes})


def due(of: Rule, seen: int = 1, applied: int = 0, seed: str = "seed", now: datetime = NOW) -> bool:
    return of.is_due(seen, applied, seed, now)


# What a document may say.


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ([], ""),
        ("status", ""),
        ({}, "effect"),
        ({"effect": []}, "effect"),
        ({"effect": {}}, "effect.kind"),
        ({"effect": {"kind": "statsu"}}, "effect.kind"),
        ({"effect": {"kind": ["status"]}}, "effect.kind"),
        ({"effect": {"kind": "status"}}, "effect.status"),
        ({"effect": {"kind": "status", "status": "503"}}, "effect.status"),
        ({"effect": {"kind": "status", "status": True}}, "effect.status"),
        ({"effect": {"kind": "status", "status": 503.0}}, "effect.status"),
        ({"effect": {"kind": "status", "status": 399}}, "effect.status"),
        ({"effect": {"kind": "status", "status": 600}}, "effect.status"),
        ({"effect": STATUS | {"colour": "red"}}, "effect.colour"),
        ({"effect": STATUS | {"headers": {"x-test": 1}}}, "effect.headers.x-test"),
        ({"effect": STATUS | {"headers": {"x-test": "a\r\nb: c"}}}, "effect.headers.x-test"),
        ({"effect": STATUS | {"headers": {"a b": "c"}}}, "effect.headers.a b"),
        ({"effect": STATUS | {"headers": {"Content-Length": "1"}}}, "effect.headers.Content-Length"),
        ({"effect": STATUS | {"headers": {"X-Sosie-Fault": "x"}}}, "effect.headers.X-Sosie-Fault"),
        ({"effect": STATUS | {"after": 1}}, "effect.after"),
        ({"effect": STATUS | {"error": "invalid_client"}}, "effect.error"),
        ({"effect": {"kind": "latency"}}, "effect.milliseconds"),
        ({"effect": {"kind": "latency", "milliseconds": 0}}, "effect.milliseconds"),
        ({"effect": {"kind": "rate-limit", "period": "a while"}}, "effect.period"),
        ({"effect": {"kind": "waf-html", "status": 404}}, "effect.status"),
        ({"effect": {"kind": "redirect", "status": 303}}, "effect.status"),
        ({"effect": {"kind": "redirect", "location": "/a b"}}, "effect.location"),
        ({"effect": {"kind": "connection-reset", "when": "in-body", "after": False}}, "effect.after"),
        ({"effect": {"kind": "licence-version-unsupported", "version": 16}}, "effect.version"),
        ({"effect": STATUS, "rule": 1}, "rule"),
        ({"effect": STATUS, "id": ""}, "id"),
        ({"effect": STATUS, "id": "a/b"}, "id"),
        ({"effect": STATUS, "id": "a\n"}, "id"),
        ({"effect": STATUS, "id": 7}, "id"),
        ({"effect": STATUS, "match": None}, "match"),
        ({"effect": STATUS, "match": {"host": "x"}}, "match.host"),
        ({"effect": STATUS, "match": {"service": "sso"}}, "match.service"),
        ({"effect": STATUS, "match": {"region": "gov"}}, "match.region"),
        ({"effect": STATUS, "match": {"method": "post"}}, "match.method"),
        ({"effect": STATUS, "match": {"route": "/a/*/b"}}, "match.route"),
        ({"effect": STATUS, "match": {"route": "/a?b=c"}}, "match.route"),
        ({"effect": STATUS, "match": {"installation": "1"}}, "match.installation"),
        ({"effect": STATUS, "match": {"organization": ID.replace("-", "")}}, "match.organization"),
        ({"effect": STATUS, "match": {"nth": 0}}, "match.nth"),
        ({"effect": STATUS, "limit": []}, "limit"),
        ({"effect": STATUS, "limit": {"tiems": 2}}, "limit.tiems"),
        ({"effect": STATUS, "limit": {"times": 0}}, "limit.times"),
        ({"effect": STATUS, "limit": {"until": "tomorrow"}}, "limit.until"),
        ({"effect": STATUS, "limit": {"until": "9999-12-31T23:59:59-12:00"}}, "limit.until"),
        ({"effect": STATUS, "limit": {"probability": 0}}, "limit.probability"),
        ({"effect": STATUS, "limit": {"probability": 1.01}}, "limit.probability"),
    ],
    ids=str,
)
def test_a_document_that_makes_no_sense_is_refused_with_the_path_of_the_member(document: Any, where: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_rule(document)

    assert refused.value.where == where
    assert refused.value.problem


@pytest.mark.parametrize(
    ("kind", "match", "where"),
    [
        ("sync-null-batch", {"route": "/organization/sponsorship/redeem"}, "match.route"),
        ("sync-null-batch", {"route": "/organization/sponsorship/{id}"}, "match.route"),
        ("sync-invents-row", {"method": "GET"}, "match.method"),
        ("sync-drops-row", {"service": "push"}, "match.service"),
        ("expired-token", {"service": "api"}, "match.service"),
        ("expired-token", {"route": "/connect/tokens"}, "match.route"),
        ("expired-token", {"route": "/accounts/*"}, "match.route"),
        ("licence-version-unsupported", {"route": "/licenses"}, "match.route"),
        ("outage", {"route": "/alive"}, "match.route"),
        ("outage", {"method": "GET"}, "match.method"),
        ("outage", {"nth": 1}, "match.nth"),
        ("status", {"service": "api", "error": True}, "effect.error"),
    ],
    ids=str,
)
def test_an_effect_in_a_place_where_it_cannot_happen_is_refused(kind: str, match: dict[str, Any], where: str) -> None:
    effect: dict[str, Any] = {"kind": kind}
    if kind == "status":
        effect |= {"status": 400, "error": "invalid_grant"}
        match = {"service": match["service"]}

    with pytest.raises(ScenarioError) as refused:
        parse_rule({"effect": effect, "match": match})

    assert refused.value.where == where


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        ("sync-null-batch", {"route": "Organization/Sponsorship/Sync"}),
        ("sync-null-batch", {"service": "api", "method": "POST", "route": "/organization/spon*"}),
        ("expired-token", {"service": "identity", "route": "/connect/*"}),
        ("licence-version-unsupported", {"route": f"/licenses/organization/{ID}"}),
        ("licence-version-unsupported", {"route": "/licenses/organization/{organizationId}"}),
        ("licence-version-unsupported", {"route": f"/organizations/{ID}/*"}),
        ("outage", {"service": "api", "region": "eu"}),
    ],
    ids=str,
)
def test_an_effect_where_it_can_happen_is_taken_however_the_place_is_written(kind: str, match: dict[str, Any]) -> None:
    assert parse_rule({"effect": {"kind": kind}, "match": match}).match == match


def test_the_path_of_a_mistake_stands_below_the_place_of_the_rule() -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_rule({"effect": STATUS, "match": {"nth": 0}}, "[3]")

    assert refused.value.where == "[3].match.nth"


_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 700),
    st.floats(0.01, 1.99, allow_nan=False).filter(lambda number: not number.is_integer()),
    st.sampled_from(["", "1m", "2x", "in-body", "before-headers", "api", "us", "GET", "/a/*", "a b", ID, "invalid_x"]),
    st.dictionaries(st.sampled_from(["x-test", "a b", "Connection"]), st.sampled_from(["x", "ä"]), max_size=2),
)


@given(st.data())
def test_what_the_published_schemas_say_is_what_is_checked(data: st.DataObject) -> None:
    schema = data.draw(st.sampled_from([MATCH, LIMIT, *(each.schema for each in EFFECTS.values())]))
    names = [*schema["properties"], "colour"]
    document = data.draw(st.dictionaries(st.sampled_from(names), _VALUES, max_size=4))
    if "kind" in names and data.draw(st.booleans()):
        document["kind"] = schema["properties"]["kind"]["enum"][0]

    try:
        check(document, schema)
        accepted = True
    except ScenarioError:
        accepted = False

    # A schema alone does not say what `format` means; only this one value is a time and none here is.
    until = "until" in document and schema is LIMIT and isinstance(document["until"], str)
    assert accepted == (Draft202012Validator(schema).is_valid(document) and not until)


@pytest.mark.parametrize("kind", EFFECTS)
def test_every_parameter_is_described_and_has_a_default_that_is_allowed(kind: str) -> None:
    effect = EFFECTS[kind]
    Draft202012Validator.check_schema(effect.schema)

    for name, parameter in effect.parameters.items():
        assert parameter["description"].endswith(".")
        assert name not in effect.required or "default" not in parameter
        if "default" in parameter:
            check(parameter["default"], parameter)


def test_every_place_of_an_effect_is_a_route() -> None:
    for effect in EFFECTS.values():
        if effect.place is not None:
            routes: Any = routes_of(effect.place.service)  # type: ignore[arg-type]
            there = {(route.method, route.path) for route in routes}
            assert {(effect.place.method, route) for route in effect.place.routes} <= there


# What a rule matches.


@pytest.mark.parametrize(
    ("pattern", "path", "route", "matches"),
    [
        ("/connect/token", "/connect/token", None, True),
        ("connect/token/", "/CONNECT/Token", None, True),
        ("/connect", "/connect/token", None, False),
        ("/connect/*", "/connect/token", None, True),
        ("/connect/*", "/connect", None, False),
        ("/connect*", "/connect", None, True),
        ("*", "/", None, True),
        ("/push/send", "//push/send", None, False),
        ("/organizations/{id}", "/organizations/7", "/organizations/{organizationId}", True),
        ("/organizations/{id}", "/organizations/7", None, True),
        ("/organizations/{id}", "/organizations/", None, False),
        ("/organizations/{id}", "/organizations/domain", "/organizations/domain", False),
        ("/organizations/7", "/organizations/7", "/organizations/{id}", True),
        ("/organizations/8", "/organizations/7", "/organizations/{id}", False),
        ("/organizations/{id}/*", "/organizations/7/api-key", "/organizations/{orgId}/api-key", True),
        ("/organizations/{id}/*", "/organizations/7", "/organizations/{id}", False),
    ],
)
def test_a_route_is_a_template_a_path_or_the_start_of_one(
    pattern: str, path: str, route: str | None, matches: bool
) -> None:
    assert is_route_of(pattern, path, route) is matches


_WORDS = st.text("abcXYZ019-_.", min_size=1, max_size=6)


@given(st.lists(_WORDS, min_size=1, max_size=5), st.data())
def test_a_path_is_matched_by_itself_by_its_starts_and_by_its_template(words: list[str], data: st.DataObject) -> None:
    path = "/" + "/".join(words)
    start = path[: data.draw(st.integers(0, len(path)))]
    template = "/" + "/".join(data.draw(st.sampled_from([word, "{name}"])) for word in words)

    for pattern in (path.swapcase(), start + "*", template, path[1:]):
        assert is_route_of(pattern, path, None)
    assert not is_route_of(path + "/more", path, None)
    assert not is_route_of(path + "x", path, None)


@pytest.mark.parametrize(
    "match",
    [{"service": "push"}, {"region": "eu"}, {"method": "POST"}, {"route": "/alive"}, {"installation": ID}],
    ids=str,
)
def test_every_member_of_a_match_must_hold(match: dict[str, Any]) -> None:
    fitting = {"service": "api", "region": "us", "method": "GET", "route": "/version"}

    assert rule(match=fitting).matches(asked())
    assert not rule(match=fitting | match).matches(asked())


@pytest.mark.parametrize("member", ["installation", "organization"])
def test_an_id_is_looked_for_without_hyphens_and_in_any_letter_case(member: str) -> None:
    wanted = rule(match={member: ID.upper()})

    assert wanted.looks_for_ids
    assert wanted.matches(asked(text=f"/organizations/{ID.replace('-', '')}"))
    assert not wanted.matches(asked(text="/organizations/other"))


def test_an_effect_with_a_place_of_its_own_matches_nowhere_else() -> None:
    null_batch = rule({"kind": "sync-null-batch"})
    route = "/organization/sponsorship/sync"

    assert null_batch.matches(asked(route, method="POST"))
    assert not null_batch.matches(asked(route, method="POST", service="push"))
    assert not null_batch.matches(asked(route, method="POST", route=None))
    assert not null_batch.matches(asked("/version", method="POST"))


def test_preflights_are_for_rules_of_options_and_for_outages_alone() -> None:
    preflight = asked(method="OPTIONS", preflight=True)

    assert not rule().matches(preflight)
    assert rule(match={"method": "OPTIONS"}).matches(preflight)
    assert rule({"kind": "outage"}).matches(preflight)


# When it is due.


def test_a_rule_without_a_limit_is_always_due() -> None:
    assert due(rule(), seen=1_000_000, applied=999_999)


@given(st.integers(1, 5), st.integers(0, 8))
def test_a_rule_is_due_until_it_has_been_applied_so_often(times: int, applied: int) -> None:
    assert due(rule(times=times), applied=applied) is (applied < times)


@given(st.integers(1, 5), st.integers(1, 8))
def test_nth_is_one_request_and_no_other(nth: int, seen: int) -> None:
    assert due(rule(match={"nth": nth}), seen=seen) is (seen == nth)


@given(st.timedeltas(timedelta(days=-2), timedelta(days=2)), st.integers(-12, 12))
def test_a_rule_is_due_before_its_time_whatever_the_zone_it_is_written_in(apart: timedelta, hours: int) -> None:
    zone = datetime.fromisoformat(f"2026-01-01T00:00:00{hours:+03d}:00").tzinfo

    assert due(rule(until=(NOW + apart).astimezone(zone).isoformat())) is (apart > timedelta())


def test_a_time_without_a_zone_is_utc() -> None:
    assert due(rule(until="2026-03-04T05:06:08"))
    assert not due(rule(until="2026-03-04T05:06:07"))


@given(st.text(max_size=8), st.integers(1, 1_000_000), st.floats(0.01, 1))
def test_chance_decides_alike_for_the_same_seed_rule_and_count(seed: str, seen: int, probability: float) -> None:
    first = due(rule(probability=probability), seen=seen, seed=seed)

    assert due(rule(probability=probability), seen=seen, seed=seed) is first
    if first:
        assert due(rule(probability=1), seen=seen, seed=seed)


@given(st.text(max_size=8), st.integers(1, 1_000_000), st.floats(0.01, 1), st.floats(0.01, 1))
def test_what_a_small_chance_strikes_a_larger_one_strikes_too(seed: str, seen: int, one: float, other: float) -> None:
    small, large = sorted((one, other))

    assert due(rule(probability=large), seen=seen, seed=seed) or not due(rule(probability=small), seen=seen, seed=seed)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_chance_strikes_about_as_often_as_it_says(probability: float) -> None:
    chance = rule(probability=probability)

    struck = sum(due(chance, seen=seen) for seen in range(1, 2_001))

    # Six standard deviations of a fair draw; the seed is fixed, so this passes always or never.
    assert abs(struck - 2_000 * probability) < 6 * (2_000 * probability * (1 - probability)) ** 0.5


def test_other_rules_and_other_seeds_have_another_luck() -> None:
    decisions = {
        (name, seed): tuple(
            Rule(name, STATUS, {}, {"probability": 0.5}).is_due(seen, 0, seed, NOW) for seen in range(64)
        )
        for name in ("one", "two")
        for seed in ("seed", "other")
    }

    assert len(set(decisions.values())) == 4


# Hosts.


@pytest.mark.parametrize("kind", [kind for kind, each in EFFECTS.items() if each.needs_sockets])
def test_an_effect_on_a_connection_needs_a_host_with_sockets(kind: str) -> None:
    refusal = refusal_without_sockets(rule({"kind": kind}))

    assert refusal is not None
    assert refusal[0] == "effect.kind"
    assert "Lambda" in refusal[1]


@pytest.mark.parametrize(("milliseconds", "refused"), [(25_000, False), (25_001, True)])
def test_a_function_cannot_wait_longer_than_its_gateway(milliseconds: int, refused: bool) -> None:
    refusal = refusal_without_sockets(rule({"kind": "latency", "milliseconds": milliseconds}))

    assert (refusal is not None) is refused
