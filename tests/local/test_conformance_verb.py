"""`sosie conformance`: the table, the exit codes, a target from a file, and that it notices what deviates."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sosie.conformance.registry import all_checks
from sosie.conformance.target import own_world
from sosie.control.client import ControlClient
from tests.local.altering import Alter, AlteringProxy, Passing
from tests.local.conftest import Sosie
from tests.local.started import Started

ReadJson = Callable[..., Any]
INSTALLATIONS = "installations.read"


@pytest.fixture
def described(shared: Started, tmp_path: Path) -> Callable[[str], str]:
    """Writes a file that describes the running world as reached at another address."""

    def write(url: str, **changes: Any) -> str:
        document = json.loads(shared.output.replace(shared.url, url)) | changes
        path = tmp_path / "target.json"
        path.write_text(json.dumps(document))
        return str(path)

    return write


@pytest.fixture
def deviating(shared: Started, described: Callable[[str], str]) -> Iterator[Callable[[Alter], str]]:
    """Starts a cloud that changes its answers, and describes it in a file."""
    proxies: list[AlteringProxy] = []

    def start(alter: Alter) -> str:
        proxies.append(AlteringProxy(shared.url, alter).__enter__())
        return described(proxies[-1].url)

    yield start
    for proxy in proxies:
        proxy.__exit__()


# What it prints.


def test_a_sosie_that_conforms_is_a_table_and_exit_code_0(sosie: Sosie) -> None:
    done = sosie("conformance", "--only", INSTALLATIONS)

    assert (done.exit_code, done.stderr) == (0, "")
    header, area, total = done.stdout.splitlines()
    assert header.split() == ["area", "passed", "failed", "skipped", "seconds"]
    checks = len([each for each in all_checks() if INSTALLATIONS in each.id])
    assert area.split()[:4] == ["installations", str(2 * checks), "0", "0"]
    assert total.split()[:4] == ["total", str(2 * checks), "0", "0"]


def test_one_region_is_enough_when_asked(read_json: ReadJson) -> None:
    checks = read_json("conformance", "--only", INSTALLATIONS, "--region", "eu")["checks"]

    assert {each["region"] for each in checks} == {"eu"}


def test_as_json_each_check_says_what_it_is_about(read_json: ReadJson) -> None:
    report = read_json("conformance", "--only", "installations.read.unknown", "--region", "us")

    (check,) = report["checks"]
    assert check.pop("seconds") >= 0
    assert check == {
        "id": "installations.read.unknown",
        "region": "us",
        "verdict": "passed",
        "note": None,
        "section": "licensing-push-installations.md B.2",
        "title": "An unknown id is not found.",
        "inferred": False,
    }
    assert report["total"]["passed"] == report["areas"]["installations"]["passed"] == 1


def test_the_checks_can_be_listed_without_any_target(typed: Sosie) -> None:
    done = typed("conformance", "--list", "--url", "http://127.0.0.1:1", "--json")

    assert done.exit_code == 0
    assert [each["id"] for each in json.loads(done.stdout)["items"]] == [each.id for each in all_checks()]


def test_the_world_it_made_is_gone_afterwards(sosie: Sosie, running: Started) -> None:
    before = running.control("GET", "/worlds")

    assert sosie("conformance", "--only", "organizations.create.families").exit_code == 0

    assert running.control("GET", "/worlds") == before


def test_the_world_is_gone_as_well_if_the_suite_does_not_come_to_its_end(running: Started) -> None:
    with ControlClient(running.url) as control:
        suite = own_world(control, "interrupted")
        world = suite.__enter__().world
        assert world in control.worlds()

        assert not suite.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)

        assert world not in control.worlds()


# Wrong use, and nobody there.


def test_a_text_that_no_id_contains_is_wrong_use(typed: Sosie) -> None:
    done = typed("conformance", "--only", "planets")

    assert done.exit_code == 2
    assert "sosie conformance --list" in done.stderr


def test_a_region_that_the_target_does_not_have_is_wrong_use(sosie: Sosie) -> None:
    done = sosie("conformance", "--region", "mars", "--only", INSTALLATIONS)

    assert done.exit_code == 2
    assert "no region 'mars'; it has us, eu" in done.stderr


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "target.json"),
        ("[]", "the document: write an object"),
        ('{"regions": {}}', "regions: describe at least one"),
        ('{"regions": {"us": {"identity": "http://a.test", "api": "http://b.test"}}}', "regions.us.push: write a text"),
        ('{"regions": {"us": {"identity": "a.test"}}}', "regions.us.identity: write a base URL"),
        (
            (
                '{"regions": {"us": {"identity": "http://a.test", "api": "http://a.test", "push": "http://a.test",'
                ' "installations": [{"id": "x"}]}}}'
            ),
            "regions.us.installations[0].key: write a text",
        ),
    ],
)
def test_a_file_that_describes_nothing_is_wrong_use_and_names_the_member(
    typed: Sosie, tmp_path: Path, text: str, named: str
) -> None:
    path = tmp_path / "target.json"
    path.write_text(text)

    done = typed("conformance", "--target", str(path))

    assert done.exit_code == 2
    assert named in done.stderr


def test_where_nobody_answers_is_exit_code_3(typed: Sosie, described: Callable[[str], str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"

    assert typed("conformance", "--url", nowhere).exit_code == 3
    assert typed("conformance", "--target", described(nowhere)).exit_code == 3


# A target from a file.


def test_without_a_mailbox_checks_that_need_one_are_skipped_with_that_reason(
    typed: Sosie, running: Started, described: Callable[[str], str]
) -> None:
    done = typed("conformance", "--target", described(running.url), "--only", "sponsorships.redeem")

    assert done.exit_code == 0
    assert "skipped: needs the mailbox of a Sosie" in done.stdout


def test_without_organizations_only_what_needs_none_is_checked(
    typed: Sosie, running: Started, described: Callable[[str], str]
) -> None:
    region = dict(running.summary["regions"]["us"], users=[], organizations=[])
    path = described(running.url, regions={"us": region})

    done = typed("conformance", "--target", path, "--only", "keys.", "--json")

    assert done.exit_code == 0
    notes = {each["note"] for each in json.loads(done.stdout)["checks"]}
    assert notes == {"the target names no Enterprise organization with an owner who can sign in"}


# What deviates is noticed. Each row: a change to some answers, and the check that has to notice.


def set_member(path: str, name: str, value: Any) -> Alter:
    return lambda answer: answer.with_json(lambda body: body | {name: value}) if path in answer.path else answer


def drop_member(path: str, name: str) -> Alter:
    def change(body: dict[str, Any]) -> dict[str, Any]:
        return {known: value for known, value in body.items() if known != name}

    return lambda answer: answer.with_json(change) if path in answer.path else answer


def set_status(path: str, old: int, new: int) -> Alter:
    return lambda answer: replace(answer, status=new) if path in answer.path and answer.status == old else answer


def fill_body(status: int) -> Alter:
    return lambda answer: replace(answer, body=b"{}") if answer.status == status and not answer.body else answer


def set_header(name: str, value: str | None) -> Alter:
    return lambda answer: answer.with_header(name, value)


def change_item(name: str, value: Any) -> Alter:
    def change(body: dict[str, Any]) -> dict[str, Any]:
        return {"sponsorshipsBatch": [item | {name: value} for item in body.get("sponsorshipsBatch", ())]}

    return lambda answer: answer.with_json(change) if answer.path.endswith("/sync") and answer.status == 200 else answer


def skip_nothing(answer: Passing) -> Passing:
    """Answers a skipped row with an error entry, as one might think is polite."""
    if not answer.path.endswith("sponsorship/sync") or answer.status != 200:
        return answer
    return answer.with_json(lambda body: {"sponsorshipsBatch": [*body["sponsorshipsBatch"], {"error": "skipped"}]})


def redirect_slashes(answer: Passing) -> Passing:
    if not answer.path.endswith("/"):
        return answer
    return replace(answer, status=301, headers={"location": answer.path.rstrip("/")}, body=b"")


def keep_known_origin(answer: Passing) -> Passing:
    return answer.with_header("access-control-allow-origin", "*")


def swap_token_payload(answer: Passing) -> Passing:
    """Changes a letter in the middle of a token, which its signature then no longer fits."""

    def change(body: dict[str, Any]) -> dict[str, Any]:
        head, payload, signature = body["access_token"].split(".")
        swapped = ("B" if signature[9] == "A" else "A").join((signature[:9], signature[10:]))
        return body | {"access_token": f"{head}.{payload}.{swapped}"}

    return answer.with_json(change) if answer.path.endswith("/connect/token") and answer.status == 200 else answer


DEVIATIONS: dict[str, tuple[Alter, str]] = {
    "a token that lives a second less": (set_member("/connect/token", "expires_in", 86399), "identity.token.envelope"),
    "expires_in as a text": (set_member("/connect/token", "expires_in", "86400"), "identity.token.envelope"),
    "a token with one member more": (set_member("/connect/token", "id_token", None), "identity.token.envelope"),
    "a token that nobody signed": (swap_token_payload, "identity.token.signature"),
    "401 for a wrong key": (set_status("/connect/token", 400, 401), "identity.token.wrong-key"),
    "a description for a wrong key": (
        set_member("/connect/token", "error_description", "no such client"),
        "identity.token.refusals-identical",
    ),
    "tokens that may be cached": (set_header("cache-control", None), "identity.token.success-headers"),
    "another grant in discovery": (set_member("openid-configuration", "grant_types_supported", []), "discovery.values"),
    "a key without certificate": (set_member("/jwks", "keys", [{"kty": "RSA"}]), "identity.jwks.shape"),
    "every origin allowed": (keep_known_origin, "identity.cors.stranger"),
    "a fake prelogin of its own": (set_member("/prelogin", "kdfIterations", 7777), "identity.prelogin.unknown"),
    "an installation with its key": (set_member("/installations/", "key", "k" * 20), "installations.read.shape"),
    "an error without its nulls": (drop_member("/installations/", "exceptionMessage"), "installations.read.unknown"),
    "the text that .NET discards": (
        set_member("/installations/", "message", "Unknown installation."),
        "installations.read.unknown",
    ),
    "a key with a symbol": (set_member("/api-key", "apiKey", "k" * 29 + "-"), "keys.generate.shape"),
    "403 where the cloud hides": (set_status("/api-key", 404, 403), "keys.refused.not-owner"),
    "a sync item with its null left out": (change_item("validUntil", "2026-01-01T00:00:00Z"), "sync.answer.new-row"),
    "a sync item with one member more": (change_item("notes", None), "sync.answer.shape"),
    "a removed row that is said to stay": (
        change_item("cloudSponsorshipRemoved", value=False),
        "sync.rows.offered-deleted",
    ),
    "an entry for a skipped row": (skip_nothing, "sync.answer.teams-skips"),
    "400 for a batch that is null": (set_status("/sync", 500, 400), "sync.refused.batch-null"),
    "another hash in a licence": (set_member("/licenses/", "hash", "AAAA"), "licences.hash"),
    "another version of licences": (set_member("/licenses/", "version", 16), "licences.content.identity"),
    "a date with another precision": (
        set_member("/licenses/", "issued", "2026-01-02T03:04:05.60Z"),
        "licences.content.dates",
    ),
    "a body where an action has none": (fill_body(200), "push.register.done"),
    "a body for a missing token": (fill_body(401), "transport.token.missing"),
    "no challenge for a missing token": (set_header("www-authenticate", None), "transport.token.missing"),
    "405 without Allow": (set_header("allow", None), "transport.path.known-method"),
    "no header against sniffing": (set_header("x-content-type-options", None), "transport.headers.security"),
    "JSON without a charset": (set_header("content-type", "application/json"), "transport.headers.json"),
    "a redirect instead of an answer": (redirect_slashes, "transport.path.trailing-slash"),
    "another region's name": (set_member("/config", "environment", {"cloudRegion": "Gov"}), "regions.config"),
}


@pytest.mark.parametrize(("alter", "check"), DEVIATIONS.values(), ids=DEVIATIONS)
def test_a_deviation_fails_its_check(typed: Sosie, deviating: Callable[[Alter], str], alter: Alter, check: str) -> None:
    done = typed("conformance", "--target", deviating(alter), "--region", "us", "--only", check, "--json")

    (outcome,) = json.loads(done.stdout)["checks"]
    assert (done.exit_code, outcome["verdict"]) == (1, "failed")
    assert "expected" in outcome["note"]
    assert "saw" in outcome["note"]


def test_a_cloud_that_deviates_in_nothing_passes_the_same_checks(
    typed: Sosie, deviating: Callable[[Alter], str]
) -> None:
    path = deviating(lambda answer: answer)
    for check in sorted({check for _, check in DEVIATIONS.values()}):
        done = typed("conformance", "--target", path, "--region", "us", "--only", check)
        assert done.exit_code == 0, done.output


def test_a_failure_says_expected_and_seen_in_one_line_and_where_to_read_on(
    typed: Sosie, deviating: Callable[[Alter], str]
) -> None:
    path = deviating(set_member("/connect/token", "expires_in", 86399))

    done = typed("conformance", "--target", path, "--region", "us", "--only", "identity.token.envelope")

    assert done.exit_code == 1
    title, told, section, *_ = done.stdout.splitlines()
    assert title == "failed  us  identity.token.envelope  An installation is granted exactly these four members."
    assert told.strip() == "token answer.expires_in: expected 86400, saw 86399"
    assert section.strip() == "identity.md §4.4"
    assert done.stderr == "sosie: 1 check failed\n"


def test_a_server_that_answers_nonsense_passes_nothing(typed: Sosie, deviating: Callable[[Alter], str]) -> None:
    path = deviating(lambda answer: Passing(answer.method, answer.path, 200, {"content-type": "text/html"}, b"<html>"))

    done = typed("conformance", "--target", path, "--region", "us", "--json")

    verdicts = {each["id"]: each["verdict"] for each in json.loads(done.stdout)["checks"]}
    assert done.exit_code == 1
    assert [each for each, verdict in verdicts.items() if verdict == "passed"] == []
