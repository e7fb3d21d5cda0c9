"""A Sosie on DynamoDB Local whose weather can be chosen, and what to hold it against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.races import Outcome, difference, named, orders_of, perform, state_of, without_versions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sosie.ports import Item
    from sosie.wiring import Sosie
    from tests.support.races import Act, Answer, State
    from tests.support.weather import Weather


@dataclass
class Stormy:
    """`items` reads the table through a client of its own, on which the sun always shines."""

    sosie: Sosie
    weather: Weather
    start: list[Item]
    keys: Path
    items: Callable[[], list[Item]]

    def send(self, act: Act, name: str = "first") -> Answer:
        return perform(self.sosie, named(act, name))

    def state(self) -> State:
        return state_of(self.items())

    def in_fair_weather(self, *acts: Act) -> Outcome:
        """Return what comes of the requests one after another when nothing fails."""
        return orders_of(self.start, list(acts), self.keys)[0]


def without_journal(state: State) -> State:
    return {key: kept for key, kept in state.items() if not key.partition.endswith("/journal")}


def as_unversioned(answer: Answer, state: State) -> Outcome:
    """Return one answer and the state as `without_versions` has them."""
    return without_versions(Outcome((answer,), state))


def check_same(found: Outcome, expected: Outcome) -> None:
    assert (parting := difference(found, expected)) == "", parting


def check_failed(act: Act, answer: Answer) -> None:
    """Check that a failure is told in the words of the surface, and nothing of what went wrong with it."""
    assert answer.status >= 500
    if act.control:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["status"] == answer.status
    else:
        assert answer.json["object"] == "error"
        assert answer.json["message"] == "An unhandled server error has occurred."
        assert answer.headers["x-sosie-hint"] in ("SOSIE_BUSY", "SOSIE_FAILED")
    if answer.status == 503 and not act.control:
        assert int(answer.headers["Retry-After"]) > 0
    assert "says the test" not in answer.body
