"""The stream of a world's events: what it tells, where it begins, how a reader goes on (WHATWG HTML, 9.2)."""

from __future__ import annotations

from typing import Any

import pytest

from sosie.control import events
from sosie.control.event_lines import Event, read_events
from sosie.functions.waiting import settled
from sosie.settings import Settings
from sosie.wiring import Sosie
from tests.support.cloud import TestCloud
from tests.support.control import Asked, ask, event_of
from tests.support.families import ALICE, COUSIN, offer

EVENTS = "/worlds/default/events"


def read(piece: dict[str, Any]) -> list[Event]:
    return list(read_events(piece["body"].splitlines()))


def last_id(piece: dict[str, Any]) -> str:
    return [line.removeprefix("id: ") for line in piece["body"].splitlines() if line.startswith("id: ")][-1]


def push(cloud: TestCloud) -> None:
    body = {"organizationId": cloud.organization("Globex").id, "type": 5, "payload": {"id": "1"}}
    assert cloud.post("/push/send", body, service="push", token=cloud.installation_token("api.push")).status == 200


def test_it_begins_behind_what_is_there(cloud: TestCloud) -> None:
    cloud.get("/alive")
    stream = Asked(cloud, "GET", EVENTS)
    cloud.get("/config")

    assert stream.last["headers"]["Content-Type"] == "text/event-stream; charset=utf-8"
    assert read(stream.last) == []
    (event,) = read(stream.again())
    assert (event.kind, event.data["path"]) == ("journal", "/us/api/config")
    assert event.data == ask(cloud, "GET", f"/worlds/default/journal/{event.data['id']}").json


def test_mails_and_sends_are_told_with_the_request_that_made_them(cloud: TestCloud) -> None:
    stream = Asked(cloud, "GET", EVENTS)
    offer(cloud, ALICE, COUSIN)
    push(cloud)

    told = read(stream.again())

    assert [event.kind for event in told] == ["mail", "journal", "push", "journal"]
    assert told[0].data == ask(cloud, "GET", "/worlds/default/mail").json["items"][0]
    sends = [
        sent
        for installation in ask(cloud, "GET", "/worlds/default/push").json["regions"]["us"]["installations"]
        for sent in installation["sends"]
    ]
    assert [told[2].data] == sends


@pytest.mark.parametrize(
    ("kinds", "told"),
    [("mail", ["mail"]), ("push", ["push"]), ("mail,push", ["mail", "push"]), ("journal", ["journal"] * 2)],
)
def test_only_the_kinds_that_are_wanted_are_told(cloud: TestCloud, kinds: str, told: list[str]) -> None:
    stream = Asked(cloud, "GET", f"{EVENTS}?kinds={kinds}")
    offer(cloud, ALICE, COUSIN)
    push(cloud)

    assert [event.kind for event in read(stream.again())] == told


def test_a_reader_who_comes_back_gets_what_came_meanwhile(cloud: TestCloud) -> None:
    stream = Asked(cloud, "GET", EVENTS)
    cloud.get("/alive")
    seen = last_id(stream.again())
    cloud.get("/config")
    cloud.get("/plans")

    back = Asked(cloud, "GET", EVENTS, headers={"last-event-id": seen})

    assert [event.data["path"] for event in read(back.last)] == ["/us/api/config", "/us/api/plans"]
    assert read(back.again()) == []


def test_a_reader_who_saw_no_event_comes_back_without_a_gap(cloud: TestCloud) -> None:
    cloud.get("/alive")
    seen = last_id(Asked(cloud, "GET", EVENTS).last)
    cloud.get("/config")

    back = Asked(cloud, "GET", EVENTS, headers={"last-event-id": seen})

    assert [event.data["path"] for event in read(back.last)] == ["/us/api/config"]


def test_an_id_comes_with_the_last_event_of_a_request_only(cloud: TestCloud) -> None:
    stream = Asked(cloud, "GET", EVENTS)
    offer(cloud, ALICE, COUSIN)

    lines = stream.again()["body"].splitlines()

    names = [line.partition(":")[0] for line in lines]
    assert names == ["event", "data", "", "event", "id", "data", ""]
    assert lines[4].endswith(".0000000001")


def test_it_can_begin_behind_an_entry(cloud: TestCloud) -> None:
    first = cloud.get("/alive").headers["x-sosie-request"]
    cloud.get("/config")

    assert [event.data["path"] for event in read(Asked(cloud, "GET", f"{EVENTS}?after={first}").last)] == [
        "/us/api/config"
    ]


def test_a_reset_is_told_and_everything_behind_it_is_new(cloud: TestCloud) -> None:
    for _ in range(3):
        cloud.get("/alive")
    stream = Asked(cloud, "GET", EVENTS)
    ask(cloud, "POST", "/worlds/default/reset")
    cloud.get("/config")

    reset, entry = read(stream.again())

    assert (reset.kind, set(reset.data)) == ("incarnation", {"world", "incarnation"})
    assert reset.data["incarnation"] == ask(cloud, "GET", "/worlds/default").json["incarnation"]
    assert (entry.data["id"], entry.data["path"]) == ("0000000001", "/us/api/config")
    assert read(stream.again()) == []


def test_the_stream_of_a_dropped_world_ends(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/other")
    stream = Asked(cloud, "GET", "/worlds/other/events")
    ask(cloud, "DELETE", "/worlds/other")

    assert "resume" not in stream.again()


def test_other_worlds_are_not_told(cloud: TestCloud) -> None:
    ask(cloud, "PUT", "/worlds/other")
    stream = Asked(cloud, "GET", EVENTS)
    cloud.get("/alive", world="other")

    assert read(stream.again()) == []


def test_a_silent_stream_shows_that_it_is_alive(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(events.time, "monotonic", lambda: now)
    stream = Asked(cloud, "GET", EVENTS)
    now += 9
    assert stream.again()["body"] == ""
    now += 5

    beat = stream.again()["body"]

    assert beat.startswith(":")
    assert read(stream.last) == []
    assert stream.again()["body"] == ""


def test_a_silent_look_costs_the_record_and_one_query(cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        cloud.get("/alive")
    stream = Asked(cloud, "GET", EVENTS)
    calls: list[str] = []
    for name in ("query", "get_many"):
        original = getattr(type(cloud.sosie.store), name)

        def counted(*arguments: Any, _name: str = name, _original: Any = original, **options: Any) -> Any:
            calls.append(_name)
            return _original(*arguments, **options)

        monkeypatch.setattr(type(cloud.sosie.store), name, counted)

    stream.again()

    assert sorted(calls) == ["get_many", "query"]


def test_what_does_not_fit_into_one_piece_comes_with_the_next(
    cloud: TestCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_LARGE", 1)
    stream = Asked(cloud, "GET", EVENTS)
    cloud.get("/alive")
    cloud.get("/config")

    assert [event.data["path"] for event in read(stream.again())] == ["/us/api/alive"]
    assert [event.data["path"] for event in read(stream.again())] == ["/us/api/config"]


@pytest.mark.parametrize(("query", "named"), [("kinds=letters", "'letters'"), ("since=1", "'since'")])
def test_what_is_unknown_is_refused_by_name(cloud: TestCloud, query: str, named: str) -> None:
    answer = ask(cloud, "GET", f"{EVENTS}?{query}")

    assert answer.status == 400
    assert named in answer.json["detail"]


# Deployed: one piece, and a reader who comes back.


@pytest.fixture
def deployed(cloud: TestCloud) -> Sosie:
    """One of many processes on the same store."""
    settings, parts = Settings(control_token="t"), cloud.sosie
    return Sosie(settings, store=parts.store, clock=cloud.clock, keyring=parts.keyring, many_processes=True)


def test_a_function_answers_one_piece_and_says_when_to_come_back(deployed: Sosie) -> None:
    answer = settled(deployed.control.handle, signed(EVENTS), None)

    assert "resume" not in answer
    assert "\nretry: 2000\n" in answer["body"]


def test_many_processes_tell_only_what_nothing_earlier_can_precede(cloud: TestCloud, deployed: Sosie) -> None:
    start = last_id(settled(deployed.control.handle, signed(EVENTS), None))
    deployed.gate.handle(wire_event("/us/api/alive"))

    soon = settled(deployed.control.handle, signed(EVENTS, start), None)
    cloud.clock.at = cloud.clock.at.replace(second=30)
    later = settled(deployed.control.handle, signed(EVENTS, start), None)

    assert read(soon) == []
    assert [event.data["path"] for event in read(later)] == ["/us/api/alive"]


def signed(path: str, last_event_id: str | None = None) -> dict[str, Any]:
    headers = {"authorization": "Bearer t"}
    if last_event_id is not None:
        headers["last-event-id"] = last_event_id
    return event_of("GET", path, headers=headers)


def wire_event(path: str) -> dict[str, Any]:
    context = {"domainName": "h", "requestId": "abc", "stage": "$default", "http": {"method": "GET", "path": path}}
    return {"rawPath": path, "headers": {}, "requestContext": context}
