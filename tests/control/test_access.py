"""The control plane is closed unless it is on loopback, and closed to other sites' pages even there."""

from __future__ import annotations

import re

import pytest

from sosie.control.access import check_access
from sosie.control.handler import VERBS, ControlHandler
from sosie.control.problems import ProblemError
from tests.support.cloud import TestCloud
from tests.support.control import ask

HOST = {"host": "127.0.0.1:8787"}
TOKEN = "a-control-token"


def refused_with(headers: dict[str, str], *, trusted: bool, token: str | None = TOKEN) -> int:
    with pytest.raises(ProblemError) as refused:
        check_access(headers, token, trusted=trusted)
    return refused.value.status


@pytest.mark.parametrize("host", ["127.0.0.1:8787", "localhost:8787", "[::1]:8787"])
def test_loopback_needs_no_token(host: str) -> None:
    check_access({"host": host}, None, trusted=True)


def test_off_loopback_nobody_gets_in_without_the_token() -> None:
    assert refused_with(HOST, trusted=False) == 401
    assert refused_with(HOST | {"authorization": "Bearer wrong"}, trusted=False) == 401
    assert refused_with(HOST | {"authorization": f"Basic {TOKEN}"}, trusted=False) == 401
    check_access(HOST | {"authorization": f"Bearer {TOKEN}"}, TOKEN, trusted=False)


def test_without_a_token_set_none_is_right() -> None:
    assert refused_with(HOST | {"authorization": "Bearer "}, trusted=False, token=None) == 401
    assert refused_with(HOST | {"authorization": "Bearer None"}, trusted=False, token=None) == 401


def test_a_page_of_another_site_is_refused_on_loopback_too() -> None:
    assert refused_with(HOST | {"origin": "https://evil.example"}, trusted=True) == 403
    assert refused_with(HOST | {"origin": "null"}, trusted=True) == 403
    check_access(HOST | {"origin": "http://127.0.0.1:8787"}, None, trusted=True)


def test_a_foreign_name_that_leads_to_loopback_is_refused() -> None:
    assert refused_with({"host": "rebound.example:8787"}, trusted=True) == 403


def test_the_token_appears_in_no_refusal(cloud: TestCloud) -> None:
    answer = ask(cloud, "POST", "/worlds/default/reset", headers={"authorization": "Bearer nearly"}, trusted=False)

    assert answer.status == 401
    assert "nearly" not in answer.body


def test_every_route_of_the_control_plane_is_guarded(cloud: TestCloud) -> None:
    for verb in VERBS:
        path = re.sub(r"\{\w+\}", "default", verb.path)
        assert ask(cloud, verb.method, path, trusted=False).status == 401, f"{verb.method} {verb.path}"


def test_an_iam_signature_counts_only_where_the_deployment_asks_for_it(cloud: TestCloud) -> None:
    event = {
        "rawPath": "/_sosie/health",
        "headers": {"host": "api.example.test"},
        "requestContext": {
            "stage": "$default",
            "http": {"method": "GET", "path": "/_sosie/health"},
            "authorizer": {"iam": {"userArn": "arn:aws:iam::000000000000:user/ci"}},
        },
    }
    by_iam = ControlHandler(worlds=cloud.sosie.worlds, keyring=cloud.sosie.keyring, by_iam=True)
    by_token = ControlHandler(worlds=cloud.sosie.worlds, keyring=cloud.sosie.keyring, token=TOKEN)

    assert by_iam.handle(event)["statusCode"] == 200
    assert by_token.handle(event)["statusCode"] == 401
    del event["requestContext"]["authorizer"]
    assert by_iam.handle(event)["statusCode"] == 401


@pytest.mark.parametrize("headers", [{"host": "["}, HOST | {"origin": "http://[::1"}])
def test_a_header_that_is_no_address_gets_nobody_in(headers: dict[str, str]) -> None:
    assert refused_with(headers, trusted=True) == 403
