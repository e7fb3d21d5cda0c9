"""`sosie clock`: showing, putting and advancing a world's time from the command line."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.local.conftest import Sosie


def days_ahead(read_json) -> float:
    return round(read_json("clock")["offsetSeconds"] / 86_400, 3)


def test_the_clock_is_shown(sosie: Sosie, read_json) -> None:
    told = read_json("clock")

    assert (told["mode"], told["offsetSeconds"]) == ("system", 0)
    assert datetime.fromisoformat(told["now"])
    assert sosie("clock").stdout.strip().endswith("system")


def test_time_passes_by_a_duration_and_says_what_happened(sosie: Sosie, read_json) -> None:
    told = read_json("clock", "advance", "P31D")

    assert told["clock"]["offsetSeconds"] == 31 * 86_400
    assert [item["kind"] for item in told["items"] if item["kind"] != "renewal"] == []
    assert days_ahead(read_json) == 31
    done = sosie("clock", "advance", "P400D")
    assert (done.exit_code, "renewal" in done.stdout) == (0, True)
    assert "+431.00 days" in done.stdout


def test_time_passes_until_a_time(read_json) -> None:
    assert read_json("clock", "advance", "--to", "2090-01-01T00:00:00Z")["clock"]["now"].startswith(
        "2090-01-01T00:00:00"
    )


def test_the_clock_is_put_frozen_and_given_back(read_json) -> None:
    assert read_json("clock", "set", "2027-01-01T00:00:00Z")["mode"] == "shifted"
    assert read_json("clock", "freeze", "2028-01-01T00:00:00Z")["now"] == "2028-01-01T00:00:00.000000Z"
    assert read_json("clock")["now"] == "2028-01-01T00:00:00.000000Z"
    assert read_json("clock", "system")["offsetSeconds"] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("advance",),
        ("advance", "P1D", "--to", "2027-01-01T00:00:00Z"),
        ("advance", "a month"),
        ("set", "tomorrow"),
        ("freeze", "never"),
    ],
    ids=" ".join,
)
def test_what_is_no_time_is_wrong_use(sosie: Sosie, words: tuple[str, ...]) -> None:
    done = sosie("clock", *words)

    assert (done.exit_code, done.stdout) == (2, "")
