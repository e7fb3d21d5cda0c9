"""A licence file in a scenario is checked by its members' names before anything is applied (scenarios.md)."""

from __future__ import annotations

from typing import Any

import pytest

from sosie.domain.errors import ScenarioError
from sosie.domain.scenario import Known, SeedOrganization, parse_scenario

ID = "11111111-2222-4333-8444-555555555555"
INSTALLATION = "0f0e0d0c-0b0a-4908-8706-050403020100"
FILE: dict[str, Any] = {
    "LicenseKey": "zQ7mExampleKey0001",
    "InstallationId": INSTALLATION,
    "Id": ID,
    "Name": "Acme & Söhne",
    "BusinessName": None,
    "Seats": 25,
    "Use2fa": True,
    "LicenseType": 1,
    "Hash": "sQsLKwx7+etzpMG6/tEcwR2aFI4hwPzkGtZEjodHXAA=",
}
PLACE = "regions.us.organizations[0]"


def document(licence: Any, **more: Any) -> dict[str, Any]:
    organization = {"name": "Acme", "billingEmail": "billing@acme.test", "licence": licence, **more}
    installations = [{"email": "ops@acme.test", "id": INSTALLATION, "key": "k"}]
    return {
        "version": 1,
        "name": "real",
        "regions": {"us": {"installations": installations, "organizations": [organization]}},
    }


def read(licence: Any, **more: Any) -> SeedOrganization:
    return parse_scenario(document(licence, **more)).regions["us"].organizations[0]


def problem(licence: Any, **more: Any) -> str:
    with pytest.raises(ScenarioError) as caught:
        read(licence, **more)
    return caught.value.where


def without(name: str) -> dict[str, Any]:
    return {each: value for each, value in FILE.items() if each != name}


def test_id_and_licence_key_are_the_files() -> None:
    organization = read(FILE)

    assert (organization.id, organization.license_key) == (ID, "zQ7mExampleKey0001")


def test_the_text_has_the_files_values_in_its_order_and_the_wires_names() -> None:
    licence = read(FILE).licence

    assert licence is not None
    assert licence.text == (
        f'{{"licenseKey":"zQ7mExampleKey0001","installationId":"{INSTALLATION}","id":"{ID}","name":"Acme & Söhne",'
        '"businessName":null,"seats":25,"use2fa":true,"licenseType":1,'
        '"hash":"sQsLKwx7+etzpMG6/tEcwR2aFI4hwPzkGtZEjodHXAA="}'
    )


def test_names_of_the_wire_stay_as_they_are() -> None:
    assert read({name[0].lower() + name[1:]: value for name, value in FILE.items()}).licence == read(FILE).licence


def test_ids_may_be_written_in_any_letter_case_and_are_served_as_they_are() -> None:
    organization = read({**FILE, "Id": ID.upper(), "InstallationId": INSTALLATION.upper()})

    assert organization.id == ID
    assert organization.licence is not None
    assert INSTALLATION.upper() in organization.licence.text


@pytest.mark.parametrize(
    ("member", "name"), [("Id", "id"), ("LicenseKey", "licenseKey"), ("InstallationId", "installationId")]
)
def test_a_file_without_one_of_these_is_refused_by_the_members_name(member: str, name: str) -> None:
    assert problem(without(member)) == f"{PLACE}.licence.{name}"
    assert problem({**FILE, member: ""}) == f"{PLACE}.licence.{member}"
    assert problem({**FILE, member: 7}) == f"{PLACE}.licence.{member}"


@pytest.mark.parametrize("member", ["Id", "InstallationId"])
def test_ids_are_guids(member: str) -> None:
    assert problem({**FILE, member: "acme"}) == f"{PLACE}.licence.{member}"


@pytest.mark.parametrize("value", [1.5, {"At": 2.5}, [{"a": 0.1}], "\ud800"])
def test_what_cannot_be_served_as_the_file_has_it_is_refused(value: Any) -> None:
    assert problem({**FILE, "More": value}).startswith(f"{PLACE}.licence.More")


def test_a_date_that_yaml_has_read_is_refused() -> None:
    from datetime import UTC, datetime

    assert problem({**FILE, "Expires": datetime(2027, 1, 1, tzinfo=UTC)}) == f"{PLACE}.licence.Expires"


def test_a_persons_licence_is_none_of_an_organizations() -> None:
    assert problem({**FILE, "LicenseType": 0}) == f"{PLACE}.licence.LicenseType"


@pytest.mark.parametrize("licence", [[], "licence.json", 3, True])
def test_a_licence_is_an_object(licence: Any) -> None:
    assert problem(licence) == f"{PLACE}.licence"


def test_a_name_that_comes_twice_in_another_letter_case_is_refused() -> None:
    assert problem({**FILE, "id": ID}) == f"{PLACE}.licence.id"


def test_it_is_no_larger_than_a_self_hosted_server_reads() -> None:
    assert problem({**FILE, "Token": "x" * 51_200}) == f"{PLACE}.licence"


def test_the_organization_says_nothing_else_than_its_licence() -> None:
    assert read(FILE, id=ID.upper(), licenseKey="zQ7mExampleKey0001").id == ID
    assert problem(FILE, id=INSTALLATION) == f"{PLACE}.id"
    for key in ("another", False):
        assert problem(FILE, licenseKey=key) == f"{PLACE}.licenseKey"


def test_the_regions_installations_have_the_files_id_or_hold_it_already() -> None:
    there = document(FILE)
    there["regions"]["us"]["installations"] = []

    with pytest.raises(ScenarioError) as caught:
        parse_scenario(there)
    assert caught.value.where == f"{PLACE}.licence.installationId"
    known = {"us": Known(installations=frozenset({INSTALLATION}))}
    assert parse_scenario(there, known).regions["us"].organizations[0].id == ID


def test_the_other_regions_installations_do_not_count() -> None:
    there = document(FILE)
    there["regions"]["eu"] = {"installations": there["regions"]["us"].pop("installations")}

    with pytest.raises(ScenarioError):
        parse_scenario(there)
