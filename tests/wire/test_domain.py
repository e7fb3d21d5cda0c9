"""A domain of one's own: each service at the root of a host, everything by path on any other host."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sosie.settings import Settings
from sosie.store.keyring import LocalKeyring
from sosie.wiring import Sosie
from tests.support.cloud import seeded_store

DOMAIN = "sosie.example.test"
TOKEN = "a-control-token"


@pytest.fixture
def sosie(keyring: LocalKeyring) -> Sosie:
    settings = Settings.from_environment({"SOSIE_DOMAIN": DOMAIN, "SOSIE_CONTROL_TOKEN": TOKEN})
    return Sosie(settings, store=seeded_store(), keyring=keyring)


@pytest.fixture
def get(sosie: Sosie) -> Callable[[str, str], dict[str, Any]]:
    return lambda host, path: sosie.gate.handle(event("GET", host, path))


def event(method: str, host: str, path: str, body: str = "") -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": host, "x-forwarded-proto": "https", "authorization": f"Bearer {TOKEN}"},
        "requestContext": {
            "domainName": host.partition(":")[0],
            "stage": "$default",
            "requestId": "1=",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.10"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def uris(sosie: Sosie, host: str, world: str = "default") -> dict[str, dict[str, str]]:
    """Return what the control plane says about a world's base URIs, asked at a host."""
    answer = sosie.control.handle(event("PUT", host, f"/_sosie/worlds/{world}"))
    regions = json.loads(answer["body"])["regions"]
    return {region: {name: regions[region][name] for name in ("identity", "api", "push")} for region in regions}


def hint(answer: dict[str, Any]) -> str | None:
    return answer["headers"].get("x-sosie-hint")


@pytest.mark.parametrize("region", ["us", "eu"])
@pytest.mark.parametrize("service", ["identity", "api", "push"])
def test_a_host_is_its_service_at_the_root(get, region, service):
    answer = get(f"{service}-{region}.{DOMAIN}", "/alive")
    assert answer["statusCode"] == 200
    assert answer["headers"]["x-sosie"].endswith("; world=default")


def test_letter_case_and_port_of_a_host_do_not_matter(get):
    assert get(f"API-US.{DOMAIN.upper()}", "/alive")["statusCode"] == 200
    assert get(f"api-us.{DOMAIN}:8443", "/alive")["statusCode"] == 200


def test_each_host_is_of_one_region(get):
    def cloud_region(host: str) -> str:
        return json.loads(get(host, "/config")["body"])["environment"]["cloudRegion"]

    assert (cloud_region(f"api-us.{DOMAIN}"), cloud_region(f"api-eu.{DOMAIN}")) == ("US", "EU")


@pytest.mark.parametrize("host", [f"cloud.{DOMAIN}", f"anything.{DOMAIN}"])
def test_any_other_host_below_the_domain_serves_by_path(get, host):
    assert get(host, "/us/api/alive")["statusCode"] == 200
    assert (get(host, "/alive")["statusCode"], hint(get(host, "/alive"))) == (404, "ADDRESS_UNKNOWN")


@pytest.mark.parametrize("host", ["api-us.other.test", f"api-us.{DOMAIN}.evil.test", DOMAIN, "api-us"])
def test_a_host_of_another_domain_is_no_service(get, host):
    assert get(host, "/alive")["statusCode"] == 404


def test_without_a_domain_no_such_host_is_a_service(keyring):
    plain = Sosie(Settings.from_environment({}), store=seeded_store(), keyring=keyring)
    assert plain.gate.handle(event("GET", f"api-us.{DOMAIN}", "/alive"))["statusCode"] == 404


def test_what_is_told_at_a_host_names_hosts(get):
    configuration = json.loads(get(f"identity-eu.{DOMAIN}", "/.well-known/openid-configuration")["body"])
    environment = json.loads(get(f"api-eu.{DOMAIN}", "/config")["body"])["environment"]
    assert configuration["token_endpoint"] == f"https://identity-eu.{DOMAIN}/connect/token"
    assert (environment["api"], environment["identity"]) == (
        f"https://api-eu.{DOMAIN}",
        f"https://identity-eu.{DOMAIN}",
    )


def test_what_is_told_by_path_names_paths(get):
    environment = json.loads(get(f"cloud.{DOMAIN}", "/eu/api/config")["body"])["environment"]
    assert environment["identity"] == f"https://cloud.{DOMAIN}/eu/identity"


def test_a_diagnosis_names_the_hosts_to_use(sosie):
    host = f"api-us.{DOMAIN}"
    sosie.gate.handle(event("DELETE", host, "/push/delete/1"))
    (entry,) = json.loads(sosie.control.handle(event("GET", host, "/_sosie/worlds/default/journal"))["body"])["items"]
    assert entry["diagnosis"]["code"] == "PUSH_DELETE_LEGACY_PATH"
    assert f"https://push-us.{DOMAIN}/push/delete" in entry["diagnosis"]["remedy"]


@pytest.mark.parametrize("host", [f"cloud.{DOMAIN}", f"identity-us.{DOMAIN}"])
def test_the_control_plane_gives_hosts_for_the_default_world_wherever_below_the_domain_it_is_asked(sosie, host):
    assert uris(sosie, host)["us"] == {name: f"https://{name}-us.{DOMAIN}" for name in ("identity", "api", "push")}
    assert uris(sosie, host)["eu"]["push"] == f"https://push-eu.{DOMAIN}"


def test_another_world_is_at_a_path_of_a_host_that_is_no_service(sosie, get):
    for asked_at in (f"cloud.{DOMAIN}", f"identity-us.{DOMAIN}"):
        assert uris(sosie, asked_at, "team-a")["eu"]["api"] == f"https://cloud.{DOMAIN}/w/team-a/eu/api"
    assert get(f"cloud.{DOMAIN}", "/w/team-a/eu/api/alive")["statusCode"] == 200


def test_behind_the_gateways_own_address_base_uris_are_paths_below_it(sosie):
    host = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
    assert uris(sosie, host)["us"]["identity"] == f"https://{host}/us/identity"
    assert uris(sosie, host, "team-a")["us"]["identity"] == f"https://{host}/w/team-a/us/identity"
