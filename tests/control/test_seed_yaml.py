"""A scenario as YAML text: a mistake is named by its line as well (docs/scenarios.md)."""

from __future__ import annotations

import pytest

from sosie.services.scenario_lines import line_of
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.control import ask

YAML = {"content-type": "application/yaml"}
GOOD = """\
version: 1
name: more
regions:
  us:
    users:
      - {email: dora@more.test, masterPassword: half way there}
      - email: edda@more.test
        masterPassword: half way there
"""


def seed(cloud: TestCloud, text: str, kind: str = "application/yaml") -> WireAnswer:
    return ask(cloud, "POST", "/worlds/default/seed", text, headers={"content-type": kind})


@pytest.mark.parametrize("kind", ["application/yaml", "application/x-yaml", "text/yaml; charset=utf-8", "TEXT/X-YAML"])
def test_a_scenario_may_be_yaml(cloud: TestCloud, kind: str) -> None:
    assert seed(cloud, GOOD, kind).status == 200
    assert cloud.user("edda@more.test").name == "edda"


def test_a_world_may_be_made_of_yaml(cloud: TestCloud) -> None:
    body = "scenario:\n" + "".join(f"  {line}\n" for line in GOOD.splitlines())

    answer = ask(cloud, "PUT", "/worlds/mine", body, headers=YAML)

    assert (answer.status, answer.json["scenario"]) == (200, "more")
    assert ask(cloud, "PUT", "/worlds/other", "scenario: empty", headers=YAML).json["scenario"] == "empty"


@pytest.mark.parametrize(
    ("old", "new", "line", "where"),
    [
        ("edda@more.test", "edda", 7, "regions.us.users[1].email"),
        ("        masterPassword: half way there\n", "", 7, "regions.us.users[1].masterPassword"),
        ("dora@more.test", "[]", 6, "regions.us.users[0].email"),
        ("version: 1", "version: 2", 1, "version"),
        ("  us:", "  mars: {}\n  us:", 3, "regions"),
        ("edda@more.test", "dora@more.test", 7, "regions.us.users[1]"),
        ("name: more\n", "", 1, "name"),
        ("edda@more.test", "2026-01-01", 7, "regions.us.users[1].email"),
        ("edda@more.test", ".nan", 7, "regions.us.users[1].email"),
        ("name: more", "name: more: less", 2, ""),
        ("name: more", "name: !!python/object:os.system {}", 2, ""),
    ],
)
def test_a_mistake_is_named_by_line_and_field_and_nothing_is_applied(
    cloud: TestCloud, old: str, new: str, line: int, where: str
) -> None:
    before = ask(cloud, "GET", "/worlds/default/state").json

    answer = seed(cloud, GOOD.replace(old, new))

    assert (answer.status, answer.json["line"], answer.json["where"]) == (400, line, where)
    assert answer.json["detail"].startswith(f"line {line}: {where}")
    assert ask(cloud, "GET", "/worlds/default/state").json == before


def test_a_line_is_counted_in_the_whole_text(cloud: TestCloud) -> None:
    wrong = GOOD.replace("edda@more.test", "edda")
    body = "# a comment\nscenario:\n" + "".join(f"  {line}\n" for line in wrong.splitlines())

    for method, path in (("POST", "/worlds/default/seed"), ("PUT", "/worlds/mine")):
        answer = ask(cloud, method, path, body, headers=YAML)
        assert (answer.json["line"], answer.json["where"]) == (9, "regions.us.users[1].email")


def test_json_has_no_lines(cloud: TestCloud) -> None:
    answer = ask(cloud, "POST", "/worlds/default/seed", {"version": 2, "name": "x"})

    assert (answer.status, answer.json["where"]) == (400, "version")
    assert "line" not in answer.json


@pytest.mark.parametrize(
    "text", ["", "- a list", "just a text", "\ttab: 1", "a: &a [*a]", "\ud800".encode("utf-8", "surrogatepass")]
)
def test_what_is_no_scenario_is_refused(cloud: TestCloud, text: str | bytes) -> None:
    assert seed(cloud, text if isinstance(text, str) else text.decode("latin-1")).status == 400


def test_repetition_does_not_grow_beyond_bounds(cloud: TestCloud) -> None:
    levels = [f"l{at}: &l{at} [{', '.join([f'*l{at - 1}'] * 10)}]" for at in range(1, 9)]
    text = "\n".join(["version: 1", "name: laughs", "l0: &l0 [a]", *levels])

    answer = seed(cloud, text)

    assert answer.status == 400
    assert "values" in answer.json["detail"]


@pytest.mark.parametrize(
    ("where", "line"),
    [("", 1), ("a.b[1].c", 5), ("a.b[0]", 3), ("a.b[7].c", 2), ("a.x.y", 1), ("a.b[1].d.e", 4)],
)
def test_the_nearest_line_is_found(where: str, line: int) -> None:
    assert line_of("a:\n  b:\n    - 1\n    - d: 2\n      c: 3\n", where) == line


def test_lines_are_found_in_json_too() -> None:
    assert line_of('{\n "a": [\n  {"b": 1},\n  {"b": 2}\n ]\n}', "a[1].b") == 4
    assert line_of("{", "a") is None
