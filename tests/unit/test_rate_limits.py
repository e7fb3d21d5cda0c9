"""The cloud's rate limits as a rule of plain numbers (docs/contract/identity.md §3.3, api.md §1.9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.domain.rate_limits import RateLimit, Window, count, limits_of

MINUTE = RateLimit("1m", 60, 3)


def test_the_example_window_begins_with_the_first_request_and_ends_a_period_later() -> None:
    windows: dict[str, Window] = {}
    refused = []
    for now in (100.0, 130.0, 160.0, 160.0, 160.1):
        windows, exceeded = count([MINUTE], windows, now)
        refused.append(exceeded and exceeded.retry_after)

    assert refused == [None, None, None, 1, None]


@pytest.mark.parametrize(("now", "retry_after"), [(100.0, 60), (100.4, 60), (130.0, 30), (159.9, 1), (160.0, 1)])
def test_a_refused_client_is_told_the_rest_of_the_window_and_at_least_a_second(now: float, retry_after: int) -> None:
    _, exceeded = count([MINUTE], {"1m": Window(100.0, 3)}, now)

    assert exceeded is not None
    assert (exceeded.period, exceeded.retry_after) == ("1m", retry_after)


def test_a_request_that_a_short_period_refuses_does_not_count_against_a_longer_one() -> None:
    limits = [RateLimit("1s", 1, 1), MINUTE]
    windows: dict[str, Window] = {}
    for _ in range(5):
        windows, exceeded = count(limits, windows, 100.0)

    assert exceeded is not None
    assert (exceeded.period, windows["1m"].count) == ("1s", 1)


def test_a_clock_that_was_put_back_begins_a_new_window() -> None:
    windows, exceeded = count([MINUTE], {"1m": Window(5_000.0, 3)}, 100.0)

    assert (windows["1m"], exceeded) == (Window(100.0, 1), None)


@given(st.lists(st.floats(0, 400), min_size=1, max_size=40), st.integers(1, 5))
def test_no_window_lets_more_requests_through_than_the_limit(times: list[float], most: int) -> None:
    limit = RateLimit("1m", 60, most)
    windows: dict[str, Window] = {}
    passed: dict[float, int] = {}
    for now in sorted(times):
        windows, exceeded = count([limit], windows, now)
        if exceeded is None:
            since = windows["1m"].since
            passed[since] = passed.get(since, 0) + 1

    assert all(number <= most for number in passed.values())


@pytest.mark.parametrize(
    ("service", "method", "path", "limits"),
    [
        ("identity", "GET", "/.well-known/openid-configuration", {"1s": 5, "1m": 60}),
        ("identity", "POST", "/accounts/prelogin", {"1s": 5, "1m": 60}),
        ("identity", "POST", "/connect/token", {"1s": 5, "1m": 10}),
        ("identity", "GET", "/connect/token", {"1s": 5, "1m": 60}),
        ("api", "POST", "/organization/sponsorship/sync", {"1s": 5, "1m": 60}),
        ("api", "PUT", "/push/add-organization", {"1s": 5, "1m": 60}),
        ("push", "DELETE", "/nothing", {"1s": 5, "1m": 60}),
        ("api", "GET", "/installations", {"1m": 200}),
        ("api", "POST", "/installations", {"1s": 5, "1m": 60, "2m": 2}),
        ("api", "HEAD", "/version", {}),
    ],
)
def test_each_endpoint_has_the_limits_of_the_contract(
    service: str, method: str, path: str, limits: dict[str, int]
) -> None:
    assert {limit.period: limit.most for limit in limits_of(service, method, path)} == limits
