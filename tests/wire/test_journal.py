"""Every request is an entry of the journal, and no secret is in any of them (design: journal and diagnosis)."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from sosie.domain.organizations import KeyType
from sosie.services import repository as repo
from sosie.services.journal import BODY_LIMIT, get_entry
from tests.support.cloud import TestCloud
from tests.support.journal import as_stored, entries, last_entry
from tests.support.passwords import authentication_hash
from tests.support.token_client import (
    VERSION,
    api_key_form,
    ask,
    basic,
    installation_form,
    password_form,
    refresh_form,
    share_one_rsa_pair,
    sign_in,
)

OWNER = "owner@acme.test"
FINGERPRINT = re.compile(r"\[redacted [0-9a-f]{8}\]")


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    share_one_rsa_pair(monkeypatch)


def fingerprints(value: Any) -> list[str]:
    return FINGERPRINT.findall(json.dumps(value))


# Entries.


def test_a_request_and_its_answer_are_one_entry(cloud: TestCloud) -> None:
    installation = cloud.installation()

    answer = ask(cloud, installation_form(installation), {"User-Agent": "Vaultwarden"})

    (entry,) = entries(cloud)
    assert entry.keys() == {
        "id",
        "at",
        "wallAt",
        "region",
        "service",
        "method",
        "scheme",
        "path",
        "route",
        "caller",
        "status",
        "durationMs",
        "fault",
        "diagnosis",
        "request",
        "response",
    }
    assert entry["id"] == answer.headers["x-sosie-request"]
    assert entry["at"].startswith("2026-03-04T05:06:07")
    assert (entry["region"], entry["service"], entry["method"]) == ("us", "identity", "POST")
    assert (entry["path"], entry["route"]) == ("/us/identity/connect/token", "/connect/token")
    assert entry["caller"] == f"installation.{installation.id}"
    assert (entry["status"], entry["fault"], entry["diagnosis"]) == (200, None, None)
    assert entry["durationMs"] >= 0
    assert entry["request"]["headers"]["user-agent"] == "Vaultwarden"
    assert entry["request"]["body"].startswith("grant_type=client_credentials&scope=api.push&client_id=installation.")
    assert entry["response"]["headers"]["Content-Type"] == "application/json; charset=UTF-8"
    assert '"expires_in":86400,"token_type":"Bearer","scope":"api.push"' in entry["response"]["body"]


def test_entries_are_in_the_order_of_the_requests(cloud: TestCloud) -> None:
    for path in ("/alive", "/version", "/nothing", "/alive"):
        cloud.get(path)

    assert [entry["path"] for entry in entries(cloud)] == [
        "/us/api/alive",
        "/us/api/version",
        "/us/api/nothing",
        "/us/api/alive",
    ]
    assert len({entry["id"] for entry in entries(cloud)}) == 4


def test_requests_of_both_regions_are_in_their_worlds_journal(cloud: TestCloud) -> None:
    cloud.get("/alive", region="eu")
    cloud.get("/alive", region="us")

    assert [entry["region"] for entry in entries(cloud)] == ["eu", "us"]


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [
        ("GET", "/nothing", 404, None),
        ("PUT", "/installations", 405, None),
        ("GET", "/installations/abc", 400, "/installations/{id}"),
        ("POST", "/organization/sponsorship/sync", 401, "/organization/sponsorship/sync"),
        ("POST", "/installations", 415, "/installations"),
    ],
)
def test_refused_requests_are_entries_as_well(
    cloud: TestCloud, method: str, path: str, status: int, route: str | None
) -> None:
    cloud.request(method, path)

    assert (last_entry(cloud)["status"], last_entry(cloud)["route"]) == (status, route)


def test_a_preflight_is_an_entry(cloud: TestCloud) -> None:
    headers = {"Origin": "https://vault.bitwarden.com", "Access-Control-Request-Method": "POST"}

    cloud.request("OPTIONS", "/connect/token", service="identity", headers=headers)

    assert (last_entry(cloud)["method"], last_entry(cloud)["status"]) == ("OPTIONS", 204)


def test_the_caller_is_who_the_token_says(cloud: TestCloud) -> None:
    cloud.get("/accounts/revision-date", token=cloud.user_token(OWNER))
    assert last_entry(cloud)["caller"] == f"user.{cloud.user(OWNER).id}"

    cloud.post("/organization/sponsorship/sync", token=cloud.installation_token("api.installation"))
    assert last_entry(cloud)["caller"] == f"installation.{cloud.installation().id}"

    cloud.get("/alive")
    assert last_entry(cloud)["caller"] is None


def test_a_query_is_part_of_the_path(cloud: TestCloud) -> None:
    cloud.get("/alive?first=1&second=a%20b")

    assert last_entry(cloud)["path"] == "/us/api/alive?first=1&second=a%20b"


def test_bytes_that_are_no_text_are_kept_readable(cloud: TestCloud) -> None:
    cloud.request("POST", "/installations", body=b'{"x":"\xff\xfe"}', headers={"Content-Type": "application/json"})

    assert last_entry(cloud)["request"]["body"] == '{"x":"\\xff\\xfe"}'


def test_a_long_body_is_cut_and_its_length_kept(cloud: TestCloud) -> None:
    body = json.dumps({"email": "x" * BODY_LIMIT}).encode()

    cloud.request("POST", "/installations", body=body, headers={"Content-Type": "application/json"})

    kept = last_entry(cloud)["request"]
    assert kept["body"] == body[:BODY_LIMIT].decode()
    assert kept["bodySize"] == len(body)


# Secrets.


def forms_of(secret: str) -> set[str]:
    """Return how a text can look in a form, in JSON of this and that writer, and within HTTP Basic."""
    in_json = json.dumps(secret)[1:-1]
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        in_json,
        in_json.replace("+", "\\u002B"),
        base64.b64encode(secret.encode()).decode(),
    }


def test_no_secret_of_any_request_or_answer_is_in_the_journal(cloud: TestCloud) -> None:
    secrets: dict[str, str] = {}
    installation, user, acme = cloud.installation(), cloud.user(OWNER), cloud.organization("Acme Corporation")

    # Given every way to identify oneself at the token endpoint, right and wrong
    secrets["installation key"] = installation.key
    secrets["installation token"] = ask(cloud, installation_form(installation, None)).json["access_token"]
    credentials = basic(f"installation.{installation.id}", installation.key)
    ask(cloud, {"grant_type": "client_credentials"}, credentials)
    secrets["basic credentials"] = credentials["Authorization"].removeprefix("Basic ")
    default_key = repo.api_keys.get(cloud.unit(), acme.id, KeyType.DEFAULT)
    assert default_key is not None
    secrets["organization API key"] = default_key.api_key
    organization = {"client_id": f"organization.{acme.id}", "client_secret": default_key.api_key}
    secrets["organization token"] = ask(cloud, {"grant_type": "client_credentials", **organization}).json[
        "access_token"
    ]
    secrets["authentication hash"] = authentication_hash(OWNER)
    by_password = sign_in(cloud, OWNER, devicePushToken="apns-device-token")
    secrets["push token"] = "apns-device-token"
    secrets |= {name: by_password[name] for name in ("access_token", "refresh_token", "Key", "PrivateKey")}
    refreshed = ask(cloud, refresh_form(by_password["refresh_token"])).json
    secrets["refreshed token"] = refreshed["access_token"]
    secrets["personal API key"] = user.api_key
    secrets["personal token"] = ask(cloud, api_key_form(user), VERSION).json["access_token"]
    secrets["typed in the wrong field"] = "correct horse battery staple"
    ask(cloud, password_form(OWNER, password="correct horse battery staple"), VERSION)
    secrets["wrong key"] = "aWrongKeyWith#and+and blank"
    ask(cloud, installation_form(installation, client_secret=secrets["wrong key"]))
    raw = f"grant_type=client_credentials&client%5Fsecret={secrets['wrong key']}&client_id=web"
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    cloud.request("POST", "/connect/token", service="identity", body=raw.encode(), headers=form_type)
    cloud.post("/connect/token", {"client_secret": secrets["wrong key"]}, service="identity")

    # And tokens, keys and hashes on the API
    token = by_password["access_token"]
    for path in ("/accounts/profile", "/sync", f"/sync?access_token={token}", f"/sync?access%5Ftoken={token}"):
        answer = cloud.get(path, token=None if "?" in path else token, headers={"Referer": f"http://x/?token={token}"})
        assert answer.status == 200
    secrets["new installation's key"] = cloud.post("/installations", {"email": "ops@acme.test"}).json["key"]
    body = {"type": 1, "masterPasswordHash": secrets["authentication hash"]}
    generated = cloud.post(f"/organizations/{acme.id}/api-key", body, token=token)
    secrets["sync key"] = generated.json["apiKey"]
    sync = {
        "billingSyncKey": secrets["sync key"],
        "sponsoringOrganizationCloudId": acme.id,
        "sponsorshipsBatch": [],
    }
    answer = cloud.post("/organization/sponsorship/sync", sync, token=secrets["installation token"])
    assert answer.status == 200
    secrets["wrong sync key"] = "notTheKeyOfAnybodyAtAll0123456"
    wrong = {**sync, "BillingSyncKey": secrets["wrong sync key"]}
    cloud.post("/organization/sponsorship/sync", wrong, token=secrets["installation token"])
    assert acme.license_key is not None
    secrets["licence key"] = acme.license_key
    licence = cloud.request(
        "GET",
        f"/licenses/organization/{acme.id}",
        json_body={"licenseKey": acme.license_key, "billingSyncKey": secrets["sync key"]},
        token=secrets["installation token"],
    )
    assert licence.status == 200
    secrets["cookie"] = "session-of-some-proxy"
    cloud.get("/alive", headers={"Cookie": f"a={secrets['cookie']}"})

    # Then none of them is anywhere in what is stored, however it was written
    stored = as_stored(cloud)
    assert len(entries(cloud)) == 20
    leaked = {name for name, secret in secrets.items() for form in forms_of(secret) if form in stored}
    assert leaked == set()
    assert all(secrets.values())


def test_equal_secrets_have_equal_fingerprints_wherever_they_are_sent(cloud: TestCloud) -> None:
    answer = sign_in(cloud, OWNER)
    issued = fingerprints(last_entry(cloud)["response"]["body"])
    password = fingerprints(last_entry(cloud)["request"]["body"])

    cloud.get("/accounts/profile", token=answer["access_token"])
    assert fingerprints(last_entry(cloud)["request"]) == [issued[0]]
    wrapped = set(issued[2:])
    assert len(wrapped) == 2, "the private key and the user key, each more than once"
    assert wrapped <= set(fingerprints(last_entry(cloud)["response"]["body"]))

    cloud.get(f"/accounts/profile?access_token={answer['access_token']}")
    assert fingerprints(last_entry(cloud)["path"]) == [issued[0]]

    ask(cloud, refresh_form(answer["refresh_token"]))
    assert fingerprints(last_entry(cloud)["request"]["body"]) == [issued[1]]
    assert issued[1] in fingerprints(last_entry(cloud)["response"]["body"])

    acme = cloud.organization("Acme Corporation")
    body = {"type": 1, "masterPasswordHash": authentication_hash(OWNER)}
    cloud.post(f"/organizations/{acme.id}/api-key", body, token=answer["access_token"])
    assert fingerprints(last_entry(cloud)["request"]["body"]) == password


def test_different_secrets_have_different_fingerprints(cloud: TestCloud) -> None:
    for key in ("first", "second"):
        ask(cloud, installation_form(cloud.installation(), client_secret=key))

    first, second = (fingerprints(entry["request"]["body"]) for entry in entries(cloud))
    assert first != second


def test_what_is_no_secret_can_be_read(cloud: TestCloud) -> None:
    sign_in(cloud, OWNER)

    entry = last_entry(cloud)
    for text in ("scope=api+offline_access", "client_id=cli", "deviceType=25", f"username={quote_plus(OWNER)}"):
        assert text in entry["request"]["body"]
    for text in ('"expires_in":3600', '"publicKey":"MIIBIjAN', '"KdfIterations":5000', f'"Salt":"{OWNER}"'):
        assert text in entry["response"]["body"]
    assert entry["request"]["headers"]["bitwarden-client-version"] == "2026.6.0"


def test_a_refused_token_request_says_who_asked(cloud: TestCloud) -> None:
    disabled = cloud.installation(enabled=False)
    form = {
        "grant_type": "client_credentials",
        "client_id": f"installation.{disabled.id.upper()}",
        "client_secret": disabled.key,
    }

    refused = cloud.request("POST", "/connect/token", service="identity", form=form)

    entry = get_entry(cloud.sosie.store, "default", refused.headers["x-sosie-request"])
    assert entry is not None
    assert entry["caller"] == f"installation.{disabled.id}"
    assert entry["diagnosis"]["code"] == "INSTALLATION_DISABLED"


def test_a_key_sent_in_place_of_an_id_is_nobodys_name(cloud: TestCloud) -> None:
    key = cloud.installation().key
    form = {"grant_type": "client_credentials", "client_id": f"installation.{key}", "client_secret": "x"}

    refused = cloud.request("POST", "/connect/token", service="identity", form=form)

    entry = get_entry(cloud.sosie.store, "default", refused.headers["x-sosie-request"])
    assert entry is not None
    assert entry["caller"] is None
