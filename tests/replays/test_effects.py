"""What a replayed request did: devices, messages, rows, licences, sign-ins, as the control plane shows them."""

from __future__ import annotations

import json

import pytest

from tests.replays.captures import all_names, load
from tests.replays.places import OTHER, SECRETS, Place, Stage
from tests.replays.raw import PATTERNS
from tests.support.jwt import decode

PHONE = "b1f20000-0000-4000-8000-000000000003"
USER = "7d0c0000-0000-4000-8000-000000000001"
ORGANIZATION, NEW_ORGANIZATION = "0a0b0000-0000-4000-8000-000000000002", "0a0b0000-0000-4000-8000-000000000009"
ANDROID = "b1f20000-0000-4000-8000-000000000013"
ANDROIDS_USER = "7d0c0000-0000-4000-8000-000000000011"

SYNCED = {
    "dotnet/sync": ["cousin@mail.test"],
    "dotnet/sync-empty-batch": [],
    "dotnet/sync-many-chunks": ["cousin@mail.test", "Tante Amélie", "uncle@mail.test"],
    "dotnet/sync-split-characters": ["Tante Amélie", "Onkel 🦊"],
    "dotnet/sync-chunk-extensions": ["cousin@mail.test"],
    "dotnet/sync-trailers": ["cousin@mail.test"],
}
"""The friendly names of the rows that each capture sends."""


@pytest.fixture
def place(fresh: Stage, region: str) -> Place:
    """One region by its prefix, the other by its ports: what a request does depends on neither."""
    return fresh.place(region, {"us": "prefix", "eu": "ports"}[region])


def replayed(stage: Stage, place: Place, *names: str) -> None:
    for name in names:
        answer = stage.replay(name, place)
        assert answer.status == load(name).status, (name, answer)


# Push.


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_bitwarden_servers_phone_is_registered(stage: Stage, place: Place, pattern: str) -> None:
    stage.replay("dotnet/push-register", place, PATTERNS[pattern])

    (device,) = stage.pushed(place.region)["devices"]
    assert device["id"] == f"{stage.values(place.region)['installation.id']}_{PHONE}"
    assert (device["deviceId"], device["userId"], device["typeName"]) == (PHONE, USER, "iOS")
    assert device["pushToken"] == f"fcm:{place.region}-phone"
    assert device["organizationIds"] == [ORGANIZATION]
    assert device["claimedInstallationFits"] is True
    assert stage.pushed(OTHER[place.region])["devices"] == []


def test_organizations_come_and_go_with_a_put(stage: Stage, place: Place) -> None:
    replayed(stage, place, "dotnet/push-register", "dotnet/push-add-organization")
    (device,) = stage.pushed(place.region)["devices"]
    assert sorted(device["organizationIds"]) == [ORGANIZATION, NEW_ORGANIZATION]

    replayed(stage, place, "dotnet/push-delete-organization")
    (device,) = stage.pushed(place.region)["devices"]
    assert device["organizationIds"] == [NEW_ORGANIZATION]


def test_a_bitwarden_servers_phone_is_deleted(stage: Stage, place: Place) -> None:
    replayed(stage, place, "dotnet/push-register", "dotnet/push-delete")

    assert stage.pushed(place.region)["devices"] == []


def test_a_message_of_a_bitwarden_server_arrives_chunked_and_would_reach_the_phone(stage: Stage, place: Place) -> None:
    replayed(stage, place, "dotnet/push-register", "dotnet/push-send")

    (sent,) = stage.pushed(place.region)["sends"]
    assert (sent["service"], sent["framing"], sent["typeName"]) == ("push", "chunked", "SyncCipherCreate")
    assert sent["target"] == {"kind": "user", "id": USER}
    assert sent["payload"]["revisionDate"] == "2026-01-02T03:04:05.1234567Z"
    (device,) = stage.pushed(place.region)["devices"]
    assert [each["id"] for each in device["received"]] == [sent["id"]]


def test_vaultwardens_phone_has_no_organizations_and_outlives_its_deletion(stage: Stage, place: Place) -> None:
    replayed(stage, place, "vaultwarden/push-register", "vaultwarden/push-delete")

    (device,) = stage.pushed(place.region)["devices"]
    assert (device["deviceId"], device["userId"], device["typeName"]) == (ANDROID, ANDROIDS_USER, "Android")
    assert device["organizationIds"] == []
    assert device["claimedInstallationFits"] is True


def test_vaultwardens_messages_keep_their_microseconds_and_have_no_reason(stage: Stage, place: Place) -> None:
    names = ["vaultwarden/push-send-item", "vaultwarden/push-send-vault", "vaultwarden/push-send-logout"]
    replayed(stage, place, *names)

    item, vault, logout = stage.pushed(place.region)["sends"]
    assert [sent["framing"] for sent in (item, vault, logout)] == ["length"] * 3
    assert item["payload"]["revisionDate"] == "2026-01-02T03:04:05.123456Z"
    assert (vault["typeName"], vault["deviceId"], vault["identifier"]) == ("SyncVault", None, None)
    assert logout["typeName"] == "LogOut"
    assert logout["payload"] == {"date": "2026-01-02T03:04:05.123456Z", "userId": ANDROIDS_USER}


# Sponsorships and licences.


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", SYNCED)
def test_rows_are_stored_and_answered_however_they_are_cut(stage: Stage, place: Place, name: str, pattern: str) -> None:
    answer = stage.replay(name, place, PATTERNS[pattern])

    answered = answer.json["sponsorshipsBatch"]
    stored = stage.state(place.region, "sponsorships")
    assert [item["friendlyName"] for item in answered] == SYNCED[name]
    assert sorted(row["friendlyName"] for row in stored) == sorted(SYNCED[name])
    assert {row["sponsoringOrganizationId"] for row in stored} <= {stage.values(place.region)["synced.id"]}
    assert all(item["lastSyncDate"] for item in answered)
    assert stage.state(OTHER[place.region], "sponsorships") == []


def test_every_capture_of_a_sync_is_looked_into() -> None:
    assert set(SYNCED) == {name for name in all_names() if name.startswith("dotnet/sync")}


@pytest.mark.parametrize("name", ["dotnet/licence", "dotnet/licence-traceparent"])
def test_a_licence_is_the_organizations_for_the_asking_installation(stage: Stage, place: Place, name: str) -> None:
    licence = stage.replay(name, place).json

    values = stage.values(place.region)
    assert (licence["id"], licence["installationId"]) == (values["synced.id"], values["installation.id"])
    assert licence["licenseKey"] == values["synced.licenseKey"]


# Tokens and people.


@pytest.mark.parametrize("name", ["dotnet/token-push", "vaultwarden/token"])
def test_a_token_is_the_installations_and_its_activity_is_noted(stage: Stage, place: Place, name: str) -> None:
    installation = stage.values(place.region)["installation.id"]

    claims = decode(stage.replay(name, place).json["access_token"]).claims

    assert (claims["client_id"], claims["client_sub"]) == (f"installation.{installation}", installation)
    assert claims["scope"] == ["api.push"]
    active = [row["id"] for row in stage.state(place.region, "installations") if row["lastActivityDate"]]
    assert active == [installation]


@pytest.mark.parametrize("name", ["bw/token-password", "bw/token-api-key"])
def test_a_sign_in_of_the_cli_names_person_and_device(stage: Stage, place: Place, name: str) -> None:
    claims = decode(stage.replay(name, place).json["access_token"]).claims

    values = stage.values(place.region)
    assert (claims["sub"], claims["email"]) == (values["owner.id"], values["owner.email"])
    assert (claims["device"], claims["devicetype"]) == ("7630efc0-414c-4e3e-9485-29bd94655bb9", "LinuxCLI")


def test_the_clis_sync_is_the_persons_and_has_the_key_id_once_it_was_sent(stage: Stage, place: Place) -> None:
    before = stage.replay("bw/sync", place).json
    replayed(stage, place, "bw/user-key-id")
    after = stage.replay("bw/sync", place).json

    assert before["profile"]["email"] == stage.values(place.region)["owner.email"]
    assert before["domains"] is None
    assert "userKeyId" not in before["userDecryption"]
    assert after["userDecryption"]["userKeyId"] == "4d79f13926a3a2ee52f3c8e1c44d27fb"


def test_the_installer_learns_whether_an_installation_is_enabled_and_never_its_key(stage: Stage, place: Place) -> None:
    values = stage.values(place.region)

    enabled, disabled = (stage.replay(f"installer/{name}", place).json for name in ("validate", "validate-disabled"))

    assert (enabled["id"], enabled["enabled"], enabled["key"]) == (values["installation.id"], True, None)
    assert (disabled["id"], disabled["enabled"], disabled["key"]) == (values["disabled.id"], False, None)


# The journal.


def test_the_journal_has_each_request_with_its_path_as_sent_and_no_secret(fresh: Stage, region: str) -> None:
    place, sent, values = fresh.place(region, "prefix"), {}, fresh.values(region)
    secrets = {values["owner.hash"], values["owner.apiKey"], values["synced.licenseKey"], *SECRETS[region]}
    for name in all_names():
        request = fresh.request(load(name), place)
        answer = fresh.replay(name, place)
        sent[answer.one("x-sosie-request")] = (request.method, request.target, answer.status)
        if name in ("dotnet/token-push", "bw/token-password"):
            secrets |= {answer.json[member] for member in ("access_token", "refresh_token") if member in answer.json}

    entries = {entry["id"]: entry for entry in fresh.running.control("GET", "/worlds/default/journal")["items"]}

    assert {key: (entries[key]["method"], entries[key]["path"], entries[key]["status"]) for key in sent} == sent
    text = json.dumps(entries, ensure_ascii=False)
    assert [secret for secret in secrets if secret in text] == []
    assert len(secrets) == 8
