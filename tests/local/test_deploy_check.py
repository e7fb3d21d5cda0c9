"""`sosie deploy-check`: a whole deployment, gateways with one defect each, and how it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from sosie import __version__
from sosie.conformance.registry import all_checks
from sosie.control.client import ControlClient
from sosie.local.cli import main
from tests.local.altering import Gateway, Meddle
from tests.local.conftest import Sosie
from tests.local.gateways import DEFECTS, TOKEN, lower_cased, only_where, own_answer, refuses
from tests.local.started import Started, private_env
from tests.support.effort import some

Behind = Callable[[Meddle], str]
TEXT, NUMBER, TEXT_OR_NULL = {"type": "string"}, {"type": "number"}, {"type": ["string", "null"]}
STEP = {
    "type": "object",
    "properties": {
        "step": TEXT,
        "service": TEXT,
        "status": {"enum": ["ok", "failed", "skipped"]},
        "detail": {"type": "string", "minLength": 1},
        "remedy": TEXT_OR_NULL,
        "asked": TEXT_OR_NULL,
        "seconds": NUMBER,
    },
    "required": ["step", "service", "status", "detail", "remedy", "asked", "seconds"],
    "additionalProperties": False,
}
REPORT = {
    "type": "object",
    "properties": {
        "url": TEXT,
        "version": TEXT_OR_NULL,
        "world": TEXT_OR_NULL,
        "ok": {"type": "boolean"},
        "steps": {"type": "array", "items": STEP, "minItems": 1},
        "conformance": {"type": ["object", "null"]},
        "error": TEXT,
    },
    "required": ["url", "version", "world", "ok", "steps", "conformance"],
    "additionalProperties": False,
}
PAGE = Path(__file__).parents[2] / "docs" / "deploy.md"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A Sosie that asks for its control token: 127.0.0.2 is this machine, and not what Sosie calls loopback."""
    home = tmp_path_factory.mktemp("deployed")
    with Started(home, "--json", "--host", "127.0.0.2", "--control-token", TOKEN) as started:
        yield started


@pytest.fixture
def control(deployed: Started) -> Iterator[ControlClient]:
    with ControlClient(deployed.url, TOKEN) as client:
        yield client


@pytest.fixture
def behind(deployed: Started) -> Iterator[Behind]:
    """Puts a gateway before it, and returns the gateway's address."""
    with ExitStack() as stack:
        yield lambda meddle: stack.enter_context(Gateway(deployed.url, meddle)).url


@dataclass(frozen=True)
class Whole:
    """One check of both regions: its report, the default world before and after, and the worlds it left."""

    report: dict[str, Any]
    before: tuple[Any, ...]
    after: tuple[Any, ...]
    left: list[str]


@pytest.fixture(scope="module")
def whole(deployed: Started, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    home = tmp_path_factory.mktemp("whole")
    with ControlClient(deployed.url, TOKEN) as control:
        # The control plane reads the default world into being.
        look = lambda: (control.state("default"), control.journal("default"), control.mail("default"))  # noqa: E731
        before = look()
        env = private_env(home) | {"SOSIE_CONTROL_TOKEN": TOKEN, "SOSIE_CACERT": None}
        done = CliRunner().invoke(main, ["deploy-check", "--url", deployed.url, "--json"], env=env)
        return Whole(read(done.stdout, done.exit_code), before, look(), worlds_left(control))


def checked(typed: Sosie, url: str, *options: str) -> Result:
    """Run the command; whatever it says, it never says the token."""
    done = typed("deploy-check", "--url", url, "--control-token", TOKEN, *options)
    assert TOKEN not in done.output
    return done


def read(line: str, exit_code: int) -> dict[str, Any]:
    report = json.loads(line)
    validate(report, REPORT)
    return report | {"exit": exit_code}


def reported(typed: Sosie, url: str, *options: str) -> dict[str, Any]:
    """Return the object of `--json`, with the exit code."""
    done = checked(typed, url, "--json", *options)
    (line,) = done.stdout.splitlines()
    return read(line, done.exit_code)


def steps(report: dict[str, Any], status: str) -> dict[str, dict[str, Any]]:
    return {each["step"]: each for each in report["steps"] if each["status"] == status}


def worlds_left(control: ControlClient) -> list[str]:
    return [name for name in control.worlds() if name.startswith("deploy-check-")]


# A deployment without fault.


def test_without_fault_every_step_is_fine_in_both_regions(whole: Whole) -> None:
    report = whole.report

    assert steps(report, "failed") == {}
    assert set(steps(report, "skipped")) == {"tls"}, "plain http on this machine"
    assert (report["exit"], report["ok"], report["version"], report["conformance"]) == (0, True, __version__, None)
    for name in ("GET with body", "article: active", "article: licence"):
        (us, eu) = (each for each in report["steps"] if each["step"] == name)
        assert (us["service"], eu["service"]) == ("us api", "eu api")


def test_the_licence_sync_is_the_first_thing_that_is_asked_of_the_wire(whole: Whole) -> None:
    of_the_wire = [each["step"] for each in whole.report["steps"] if each["service"] != "control"]

    assert of_the_wire[:3] == ["licence token", "GET with body", "GET with length"]


def test_its_own_world_is_dropped_and_the_default_world_stays_as_it_was(whole: Whole) -> None:
    assert whole.report["world"].startswith("deploy-check-")
    assert whole.left == []
    assert whole.after == whole.before


def test_people_get_a_line_per_step_and_a_count(typed: Sosie, deployed: Started) -> None:
    done = checked(typed, deployed.url, "--region", "eu")

    assert (done.exit_code, done.stderr) == (0, "")
    assert re.search(r"^  ok +GET with body +eu api +404 for nobody's licence", done.stdout, re.MULTILINE)
    assert "us api" not in done.stdout
    assert re.fullmatch(r"\d+ steps, 0 failed, 1 skipped, \d+\.\d s", done.stdout.splitlines()[-1])


def test_on_loopback_without_a_token_nothing_has_to_be_closed(sosie: Sosie) -> None:
    done = sosie("deploy-check", "--region", "us", "--json")

    report = json.loads(done.stdout)
    assert done.exit_code == 0
    assert set(steps(report, "skipped")) == {"tls", "no token", "wrong token"}


def test_full_adds_the_whole_contract(typed: Sosie, deployed: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(each for each in all_checks() if each.id.startswith("installations.read"))
    monkeypatch.setattr("sosie.local.deployment.walk.chosen_checks", lambda _: few)

    report = reported(typed, deployed.url, "--full", "--region", "us")

    assert [each["id"] for each in report["conformance"]["checks"]] == [each.id for each in few]
    assert steps(report, "ok")["conformance"]["detail"] == f"us: {len(few)} passed, 0 failed, 0 skipped"


def test_what_full_finds_is_a_failed_step(typed: Sosie, behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    one = tuple(each for each in all_checks() if each.id == "identity.version")
    monkeypatch.setattr("sosie.local.deployment.walk.chosen_checks", lambda _: one)
    url = behind(refuses(lambda sent: sent.path.endswith("/version"), 403))

    done = checked(typed, url, "--full", "--region", "us")

    assert done.exit_code == 1
    assert "identity.version" in done.stdout
    assert "failed  conformance" in done.stdout
    assert re.search(r"^total +0 +1 +0 ", done.stdout, re.MULTILINE)


# Gateways with one defect.


@pytest.mark.parametrize("name", some(list(DEFECTS), every=3))
def test_a_defect_of_the_gateway_is_named_by_its_own_step(
    typed: Sosie, behind: Behind, control: ControlClient, name: str
) -> None:
    defect = DEFECTS[name]

    report = reported(typed, behind(defect.meddle), "--region", "us")

    failed = steps(report, "failed")
    assert failed.keys() >= defect.named
    assert [each for each in failed if each not in defect.named and each not in defect.also] == []
    assert [each for each in failed.values() if not each["remedy"]] == [], "each says what to change"
    assert (report["exit"], report["ok"]) == (1, False)
    assert worlds_left(control) == []


def test_names_of_headers_in_lower_case_are_no_defect(typed: Sosie, behind: Behind) -> None:
    report = reported(typed, behind(only_where(lambda _: True, lower_cased)), "--region", "us")

    assert (steps(report, "failed"), report["exit"]) == ({}, 0)


def test_a_world_that_cannot_be_dropped_is_named_with_the_command_that_drops_it(
    typed: Sosie, behind: Behind, control: ControlClient
) -> None:
    url = behind(refuses(lambda sent: sent.method == "DELETE" and sent.path.startswith("/_sosie"), 405))

    report = reported(typed, url, "--region", "us")

    (left,) = worlds_left(control)
    assert report["exit"] == 1
    assert steps(report, "failed")["clean up"]["remedy"] == f"sosie worlds drop {left} --url {url}"
    control.drop_world(left)


def test_a_world_that_cannot_be_made_is_named_and_nothing_is_left(
    typed: Sosie, behind: Behind, control: ControlClient
) -> None:
    def gives_up_waiting(sent, pass_on):
        answer = pass_on(sent)
        return own_answer(sent, 503, b'{"message":"Service Unavailable"}') if sent.method == "PUT" else answer

    report = reported(typed, behind(gives_up_waiting))

    assert (report["exit"], set(steps(report, "failed"))) == (1, {"world"})
    assert worlds_left(control) == []


def test_a_control_plane_behind_iam_is_explained(typed: Sosie, behind: Behind) -> None:
    url = behind(refuses(lambda sent: sent.path.startswith("/_sosie"), 403))

    report = reported(typed, url)

    (health,) = steps(report, "failed").values()
    assert (report["exit"], health["step"], report["world"]) == (1, "health", None)
    assert "ControlAccess=iam" in health["detail"]
    assert "ControlAccess=bearer" in health["remedy"]


# How it ends otherwise.


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["people", "json"])
def test_where_nobody_is_there_it_is_exit_code_3(typed: Sosie, options: tuple[str, ...]) -> None:
    done = checked(typed, "http://127.0.0.1:1", *options)

    assert done.exit_code == 3
    assert "no Sosie answers at http://127.0.0.1:1" in done.stderr
    if options:
        report = json.loads(done.stdout)
        validate(report, REPORT)
        assert list(steps(report, "failed")) == ["connect"]
        assert report["error"] in done.stderr


def test_where_something_else_answers_it_is_exit_code_3(typed: Sosie, behind: Behind) -> None:
    report = reported(typed, behind(refuses(lambda _: True, 404, b"<html>nginx</html>")))

    assert (report["exit"], list(steps(report, "failed"))) == (3, ["health"])


def test_a_wrong_token_is_wrong_use(typed: Sosie, deployed: Started) -> None:
    done = typed("deploy-check", "--url", deployed.url, "--control-token", "wrong")

    assert done.exit_code == 2
    assert "401: the control token is missing or wrong" in done.stdout
    assert "--control-token or SOSIE_CONTROL_TOKEN" in done.stderr


@pytest.mark.parametrize("url", ["localhost", "http://", "https://user:secret@sosie.test", "https://sosie.test/?a=b"])
def test_an_address_that_is_none_is_wrong_use(typed: Sosie, url: str) -> None:
    assert checked(typed, url).exit_code == 2


# The page.


def test_the_page_explains_every_step(whole: Whole) -> None:
    taken = {re.sub("^article: .*", "article: …", each["step"]) for each in whole.report["steps"]} | {"conformance"}
    section = PAGE.read_text(encoding="utf-8").partition("## Check a deployment")[2].partition("\n## ")[0]

    assert sorted(re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)) == sorted(taken)
