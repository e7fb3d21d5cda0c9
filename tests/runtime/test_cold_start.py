"""What a cold start costs, as a ratio to a floor of the same run: Powertools' router and one read by boto3, alone."""

from __future__ import annotations

import json
import logging
from statistics import median

import pytest

from tests.runtime.emulator import ROOT

logger = logging.getLogger(__name__)

ROUNDS = 3
FIRST_EVENTS = {
    "identity": "identity_discovery",
    "api": "api_installation",
    "push": "push_register",
    "control": "control_health",
}
FLOORS_EVENT = {
    "version": "2.0",
    "rawPath": "/one",
    "headers": {},
    "requestContext": {"stage": "$default", "http": {"method": "GET", "path": "/one"}},
}
MOST = 2.0
"""Times the floor, from the start of the runtime to the first answer."""


def event(name):
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def started(start, name, first, handler="app.handler"):
    """Start a function; return the milliseconds of its start, and of all until its first answer."""
    with start(name, handler=handler) as function:
        assert function.invoke(first).error is None, function.log
        (starting,), (answering,) = function.start_milliseconds(), function.milliseconds()
        return starting, starting + answering


@pytest.fixture(scope="module")
def measured(start):
    """The medians of some rounds, by name; whatever else the machine does, each round is as busy for all of them."""
    with start("api") as function:  # makes the default world, as the first request of a deployment does
        assert function.invoke(event("api_alive")).answer["statusCode"] == 200
    rounds = [
        {
            "floor": started(start, "api", FLOORS_EVENT, handler="floor.handler"),
            **{name: started(start, name, event(first)) for name, first in FIRST_EVENTS.items()},
        }
        for _ in range(ROUNDS)
    ]
    return {name: tuple(map(median, zip(*(each[name] for each in rounds), strict=True))) for name in rounds[0]}


@pytest.mark.parametrize("name", FIRST_EVENTS)
def test_a_function_that_starts_answers_within_a_few_floors(name, measured):
    (start, answer), (floors_start, floors_answer) = measured[name], measured["floor"]

    logger.info("%s: start %.2f, first answer %.2f x floor", name, start / floors_start, answer / floors_answer)
    assert answer <= MOST * floors_answer
