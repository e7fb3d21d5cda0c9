"""The way to the cloud, walked against a started Sosie."""

from __future__ import annotations

import json

import pytest

from tests.local.conftest import Sosie
from tests.local.doctor.files import EU, ID, KEY, US, VAULTWARDEN_EU, Lines
from tests.local.doctor.walks import ID_KEY, ROUTES, TOKENS, Doctor, of_sosie, pasted, statuses, step
from tests.local.started import Started


@pytest.mark.parametrize(("region", "lines"), [("us", US), ("eu", EU)])
def test_a_configuration_for_the_real_cloud_is_walked_against_sosie(
    doctor: Doctor, running: Started, region: str, lines: Lines
) -> None:
    report = doctor(of_sosie(running, region, lines))

    assert set(statuses(report).values()) == {"ok"}
    assert list(statuses(report)) == ["resolve", "connect", "region", "installation", *TOKENS, "clock", *ROUTES]
    assert report["exit"] == 0
    for host in report["hosts"]:
        assert host["way"] == "stand-in"
        assert host["configured"].startswith("https://")
        assert host["asked"] == f"{running.url}/{region}/{host['service']}/"
    assert [host["service"] for host in report["hosts"]] == ["identity", "api", "push"]


def test_vaultwardens_way_is_shorter(doctor: Doctor, running: Started) -> None:
    report = doctor(of_sosie(running, "eu", VAULTWARDEN_EU))

    assert list(statuses(report)) == ["resolve", "connect", "region", "token api.push", "clock", "route push"]
    assert set(statuses(report).values()) == {"ok"}


def test_requests_have_the_clients_shape(doctor: Doctor, running: Started) -> None:
    doctor(of_sosie(running, "us", US))
    entries = running.control("GET", "/worlds/default/journal?region=us")["items"]

    assert [(each["method"], each["path"].removeprefix("/us")) for each in entries] == [
        ("GET", f"/api/installations/{running.summary['regions']['us']['installations'][0]['id']}"),
        *[("POST", "/identity/connect/token")] * 3,
        *[("POST", "/push/push/send")] * 2,
        *[("POST", "/api/organization/sponsorship/sync")] * 2,
        *[("GET", "/api/licenses/organization/00000000-0000-0000-0000-000000000000")] * 2,
    ]
    names = {name.lower() for each in entries for name in each["request"]["headers"]}
    assert "user-agent" not in names
    assert {name.lower() for name in entries[-1]["request"]["headers"]} >= {"transfer-encoding", "content-type"}
    assert {"accept", "content-type"}.isdisjoint(name.lower() for name in entries[0]["request"]["headers"])


def test_vaultwarden_says_who_it_is(doctor: Doctor, running: Started) -> None:
    doctor(of_sosie(running, "eu", VAULTWARDEN_EU))
    entries = running.control("GET", "/worlds/default/journal?region=eu")["items"]

    agents = [{k.lower(): v for k, v in each["request"]["headers"].items()}["user-agent"] for each in entries]
    assert agents == ["Vaultwarden"] * 3


def test_an_installation_that_sosie_does_not_know_is_said_and_the_seeded_ones_are_named(
    doctor: Doctor, running: Started
) -> None:
    report = doctor(EU)

    assert report["exit"] == 0
    assert {name: statuses(report)[name] for name in ("region", "installation", *TOKENS)} == dict.fromkeys(
        ("region", "installation", *TOKENS), "skipped"
    )
    detail = step(report, "region")["detail"]
    assert ID in detail
    for region in ("us", "eu"):
        for each in running.summary["regions"][region]["installations"]:
            assert each["id"] in detail
    assert {statuses(report)[name] for name in ROUTES} == {"ok"}


def test_an_installation_of_the_other_region_is_found_there(doctor: Doctor, running: Started) -> None:
    report = doctor(of_sosie(running, "us", EU))

    assert report["exit"] == 1
    assert statuses(report)["region"] == "failed"
    assert "US" in step(report, "region")["detail"]
    assert "US" in step(report, "region")["remedy"]
    assert {statuses(report)[name] for name in TOKENS} == {"failed"}
    assert "invalid_client" in step(report, "token api.push")["detail"]
    assert statuses(report)["installation"] == "failed"


def test_identity_of_one_region_and_push_of_the_other_show_at_the_route(doctor: Doctor, running: Started) -> None:
    mixed: Lines = of_sosie(running, "eu", EU) | {"globalSettings__pushRelayBaseUri": "https://push.bitwarden.com"}
    report = doctor(mixed)

    assert statuses(report)["token api.push"] == "ok"
    assert statuses(report)["route push"] == "failed"
    assert "region" in step(report, "route push")["remedy"]


def test_a_wrong_key_fails_at_the_token(doctor: Doctor, running: Started) -> None:
    report = doctor(of_sosie(running, "us", US) | {ID_KEY[1]: KEY})

    assert statuses(report)["region"] == "ok"
    assert statuses(report)["installation"] == "ok"
    assert {statuses(report)[name] for name in TOKENS} == {"failed"}
    assert "24 hours" in step(report, "token api.push")["detail"]
    assert KEY not in json.dumps(report)


def test_a_disabled_installation_is_told_by_the_look_up(doctor: Doctor, running: Started) -> None:
    report = doctor(of_sosie(running, "us", US, enabled=False))

    assert "disabled" in step(report, "installation")["detail"]
    assert statuses(report)["installation"] == "failed"
    assert statuses(report)["token api.push"] == "failed"


def test_another_world_is_asked_on_demand(doctor: Doctor, sosie: Sosie, running: Started) -> None:
    assert sosie("worlds", "create", "of-the-doctor").exit_code == 0

    report = doctor(US, "--world", "of-the-doctor")

    assert report["hosts"][0]["asked"] == f"{running.url}/w/of-the-doctor/us/identity/"


def test_what_the_cloud_has_and_sosie_does_not_play_is_not_contacted(doctor: Doctor) -> None:
    report = doctor(EU | {"globalSettings__installation__apiUri": "https://icons.bitwarden.eu"})

    assert step(report, "resolve", "api")["status"] == "skipped"
    assert "--against icons.bitwarden.eu" in step(report, "resolve", "api")["detail"]


# Sosie itself.


@pytest.mark.parametrize("region", ["us", "eu"])
def test_the_lines_of_sosie_env_are_without_error_and_lead_all_the_way(
    doctor: Doctor, sosie: Sosie, region: str
) -> None:
    report = doctor(pasted(sosie, "bitwarden", region))

    assert [each for each in report["findings"] if each["severity"] == "error"] == []
    assert report["exit"] == 0
    assert set(statuses(report).values()) == {"ok"}
    assert {each["way"] for each in report["hosts"]} == {"direct"}


def test_a_missing_slash_is_glued_as_dotnet_glues_it(doctor: Doctor, sosie: Sosie) -> None:
    lines = pasted(sosie, "bitwarden", "us")
    key = "globalSettings__installation__apiUri"
    report = doctor(lines | {key: (lines[key] or "").rstrip("/")})

    assert [each["code"] for each in report["findings"] if each["severity"] == "error"] == ["URI_SLASH_MISSING"]
    assert step(report, "route licence")["status"] == "failed"
    assert "/us/apilicenses/" in step(report, "route licence")["detail"]
    assert "slash" in step(report, "route licence")["remedy"]
    assert statuses(report)["route push"] == "ok"


def test_an_unknown_installation_at_sosies_own_address_is_a_failure(doctor: Doctor, sosie: Sosie) -> None:
    report = doctor(pasted(sosie, "bitwarden", "us") | {ID_KEY[0]: ID})

    assert statuses(report)["region"] == "failed"
    assert "sosie env" in step(report, "region")["remedy"]
    assert report["exit"] == 1


def test_names_that_containers_use_lead_to_sosie(doctor: Doctor, sosie: Sosie, running: Started) -> None:
    report = doctor(pasted(sosie, "bitwarden", "us", "--as", f"http://host.docker.internal:{running.port}"))

    assert {each["way"] for each in report["hosts"]} == {"stand-in"}
    assert report["exit"] == 0
    assert report["findings"] == []


def test_a_service_of_sosies_on_a_port_of_its_own_is_loopback(doctor: Doctor, running: Started) -> None:
    roots = running.summary["roots"]
    report = doctor(
        of_sosie(running, "us", US)
        | {
            "globalSettings__installation__identityUri": roots["us"]["identity"],
            "globalSettings__installation__apiUri": roots["us"]["api"],
            "globalSettings__pushRelayBaseUri": roots["us"]["push"],
        }
    )

    assert {statuses(report)[name] for name in (*TOKENS, *ROUTES)} == {"ok"}
