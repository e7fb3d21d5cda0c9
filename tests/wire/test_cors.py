"""Which web pages may call, and how a browser's question is answered (docs/contract/identity.md §3.4, api.md §1.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloud import TestCloud, WireAnswer
from tests.support.token_client import ask, cloud_headers, installation_form

SECURITY = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}
VAULT = {"us": "https://vault.bitwarden.com", "eu": "https://vault.bitwarden.eu"}
EVERYWHERE = ["https://bitwarden.com", "file://", "bw-desktop-file://bundle"]
FOREIGN = [
    "https://evil.example",
    "https://VAULT.bitwarden.com",
    "https://vault.bitwarden.com/",
    "https://vault.bitwarden.com:443",
    "http://vault.bitwarden.com",
    "https://vault.bitwarden.com.evil.example",
    "https://vault.bitwarden.eu",
    "https://bitwarden.eu",
    "null",
    "",
]
ASKED_HEADERS = "content-type,device-type,bitwarden-client-name,bitwarden-client-version"


def preflight(cloud: TestCloud, origin: str, path: str = "/connect/token", **more: Any) -> WireAnswer:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": ASKED_HEADERS,
    }
    return cloud.request("OPTIONS", path, headers=headers, **{"service": "identity", **more})


def cors_of(answer: WireAnswer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("service", ["identity", "api"])
def test_the_regions_vault_may_ask_for_anything(cloud: TestCloud, region: str, service: str) -> None:
    answer = preflight(cloud, VAULT[region], region=region, service=service)

    assert (answer.status, answer.body) == (204, "")
    assert cloud_headers(answer) == SECURITY | {
        "access-control-allow-origin": VAULT[region],
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": ASKED_HEADERS,
        "vary": "Origin",
    }


@pytest.mark.parametrize("origin", EVERYWHERE)
def test_a_few_origins_may_ask_in_every_region(cloud: TestCloud, region: str, origin: str) -> None:
    assert preflight(cloud, origin, region=region).headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", FOREIGN)
def test_any_other_origin_is_answered_204_without_permission(cloud: TestCloud, origin: str) -> None:
    answer = preflight(cloud, origin)

    assert (answer.status, answer.body, cors_of(answer)) == (204, "", {})


@pytest.mark.parametrize("path", ["/accounts/prelogin/password", "/.well-known/openid-configuration", "/alive"])
def test_every_route_answers_the_question(cloud: TestCloud, path: str) -> None:
    answer = preflight(cloud, VAULT["us"], path)

    assert (answer.status, answer.headers["access-control-allow-methods"]) == (204, "POST")


def test_without_asked_headers_none_are_named(cloud: TestCloud) -> None:
    headers = {"Origin": VAULT["us"], "Access-Control-Request-Method": "GET"}

    answer = cloud.request("OPTIONS", "/alive", service="identity", headers=headers)

    assert "access-control-allow-headers" not in answer.headers
    assert answer.headers["access-control-allow-methods"] == "GET"


@pytest.mark.parametrize("origin", [VAULT["us"], *EVERYWHERE])
def test_an_answer_to_an_allowed_origin_says_that_it_may_be_read(cloud: TestCloud, origin: str) -> None:
    answer = ask(cloud, installation_form(cloud.installation()), {"Origin": origin})

    assert answer.status == 200
    assert cors_of(answer) == {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
    }
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("form", [{}, {"client_id": "nobody"}])
def test_a_refusal_may_be_read_as_well(cloud: TestCloud, form: dict[str, str]) -> None:
    answer = ask(cloud, form, {"Origin": VAULT["us"]})

    assert (answer.status, answer.headers["access-control-allow-origin"]) == (400, VAULT["us"])


@pytest.mark.parametrize("origin", FOREIGN)
def test_any_other_origin_gets_the_normal_answer_without_permission(cloud: TestCloud, origin: str) -> None:
    answer = ask(cloud, installation_form(cloud.installation()), {"Origin": origin})

    assert (answer.status, cors_of(answer)) == (200, {})


def test_without_an_origin_nothing_is_said_about_origins(cloud: TestCloud) -> None:
    answer = ask(cloud, installation_form(cloud.installation()))

    assert cors_of(answer) == {}
    assert "vary" not in answer.headers


def test_an_options_request_that_is_no_question_goes_to_the_route(cloud: TestCloud) -> None:
    answer = cloud.request("OPTIONS", "/connect/token", service="identity", headers={"Origin": VAULT["us"]})

    assert (answer.status, answer.body) == (400, '{"error":"invalid_request"}')


def test_the_vaults_origin_is_a_setting(keyring: Any) -> None:
    from sosie.domain.clock import SettableClock
    from sosie.settings import Settings
    from sosie.wiring import Sosie
    from tests.support.cloud import START

    cloud = TestCloud(keyring=keyring)
    cloud.sosie = Sosie(
        Settings(vault_origins=("https://vault.test:8080",)), clock=SettableClock(START), keyring=keyring
    )

    assert (
        preflight(cloud, "https://vault.test:8080").headers["access-control-allow-origin"] == "https://vault.test:8080"
    )
    assert preflight(cloud, VAULT["us"]).headers["access-control-allow-origin"] == VAULT["us"]
    assert cors_of(preflight(cloud, "https://vault.test")) == {}
