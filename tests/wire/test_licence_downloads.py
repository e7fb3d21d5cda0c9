"""A person's licence and the owner's download (docs/contract/licensing-push-installations.md A.2, A.3).

The checks come in the contract's order; where two fail at once, the test says which one answers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sosie.domain.organizations import OrganizationInstallation
from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import (
    ACME,
    ALICE,
    COUSIN,
    GLOBEX,
    GLOBEX_OWNER,
    NOW,
    OWNER,
    change_subscription,
    delete_organization,
    guid,
    prepared,
)
from tests.support.licence_checks import disabled_token, download, sync_licence
from tests.support.refusals import (
    NOT_FOUND,
    assert_error,
    assert_failed,
    assert_invalid,
    assert_no_body,
)

WRONG_LICENCE_KEY = "Invalid license key."
WRONG_INSTALLATION = "Invalid installation id"


# A.2: a person's licence.


def user_licence(cloud: TestCloud, user_id: str, query: str) -> Any:
    return cloud.get(f"/licenses/user/{user_id}{query}", token=cloud.installation_token("api.licensing"))


def test_a_persons_licence_needs_the_same_token(cloud: TestCloud) -> None:
    path = f"/licenses/user/{cloud.user(COUSIN).id}?key={cloud.user(COUSIN).license_key}"

    assert_no_body(cloud.get(path), 401)
    assert_no_body(cloud.get(path, token=cloud.user_token(COUSIN)), 403)
    assert_no_body(cloud.get(path, token=cloud.installation_token("api.installation")), 403)


def test_a_person_id_that_is_no_guid_makes_the_cloud_fail(cloud: TestCloud) -> None:
    assert_failed(user_licence(cloud, "not-a-guid", "?key=x"))


@pytest.mark.parametrize("query", ["", "?key=x"])
def test_an_unknown_person_is_nothing_at_all(cloud: TestCloud, query: str) -> None:
    assert_no_body(user_licence(cloud, guid("nobody"), query), 204)


@pytest.mark.parametrize("query", ["", "?key=x"])
def test_a_person_without_a_licence_key_makes_the_cloud_fail(cloud: TestCloud, query: str) -> None:
    user = cloud.user(COUSIN)
    with prepared(cloud) as uow:
        repo.users.get(uow, user.id)
        repo.save_user(uow, replace(user, license_key=None))

    assert_failed(user_licence(cloud, user.id, query))


def test_a_persons_licence_key_must_be_right_to_the_letter(cloud: TestCloud) -> None:
    user = cloud.user(COUSIN)
    for query in (
        "",
        "?key=",
        "?key=x",
        f"?key={user.license_key.swapcase()}",
        f"?key={cloud.user(OWNER).license_key}",
    ):
        answer = user_licence(cloud, user.id, query)

        assert_error(answer, 400, WRONG_LICENCE_KEY)
        assert answer.delay == 2.0


def test_neither_the_installation_nor_a_subscription_is_looked_at(cloud: TestCloud) -> None:
    user = cloud.user(COUSIN)
    path = f"/licenses/user/{user.id.upper()}?KEY={user.license_key}"

    assert cloud.get(path, token=disabled_token(cloud)).status == 200


# A.3: the owner's download.


def test_a_download_needs_a_persons_token(cloud: TestCloud) -> None:
    path = f"/organizations/{cloud.organization(GLOBEX).id}/license?installationId={cloud.installation().id}"

    assert_no_body(cloud.get(path), 401)
    assert_no_body(cloud.get(path, token=cloud.installation_token("api.licensing")), 403)


def test_an_organization_id_that_is_no_guid_is_no_route(cloud: TestCloud) -> None:
    assert_no_body(cloud.get("/organizations/abc/license", token=cloud.user_token(GLOBEX_OWNER)), 404)
    assert_no_body(cloud.get("/organizations/abc/license"), 404)


@pytest.mark.parametrize("by", [ALICE, OWNER, COUSIN])
def test_who_does_not_own_the_organization_does_not_find_it(cloud: TestCloud, by: str) -> None:
    assert_error(download(cloud, by), 404, NOT_FOUND)


def test_a_deleted_organization_is_not_found_by_its_former_owner(cloud: TestCloud) -> None:
    token = cloud.user_token(GLOBEX_OWNER)
    gone = delete_organization(cloud, GLOBEX)

    answer = cloud.get(f"/organizations/{gone}/license?installationId={cloud.installation().id}", token=token)

    assert_error(answer, 404, NOT_FOUND)


def test_an_installation_must_be_given_known_and_enabled(cloud: TestCloud) -> None:
    disabled = cloud.installation(enabled=False).id
    foreign = cloud.installation(region="eu").id
    for query in ("", *(f"?installationId={each}" for each in (guid("nobody"), disabled, foreign))):
        assert_error(download(cloud, query=query), 400, WRONG_INSTALLATION)


def test_an_empty_installation_id_is_a_wrong_value(cloud: TestCloud) -> None:
    answer = download(cloud, query="?installationId=")

    assert_invalid(answer, {"installationId": ["The value '' is invalid."]})


def test_an_installation_id_that_is_no_guid_is_a_wrong_value_even_for_strangers(cloud: TestCloud) -> None:
    for by in (GLOBEX_OWNER, ALICE):
        answer = download(cloud, by, query="?installationId=abc")
        assert_invalid(answer, {"installationId": ["The value 'abc' is not valid."]})


def test_the_missing_ownership_answers_before_the_installation(cloud: TestCloud) -> None:
    assert_error(download(cloud, ALICE, query=""), 404, NOT_FOUND)


def test_a_guid_in_a_query_has_any_form(cloud: TestCloud) -> None:
    installation_id = cloud.installation().id
    for text in (installation_id.upper(), installation_id.replace("-", ""), f"%7B{installation_id}%7D"):
        assert download(cloud, query=f"?InstallationID={text}").json["installationId"] == installation_id


# A.3: organization and installation are remembered as a pair.


def pair(cloud: TestCloud) -> OrganizationInstallation | None:
    return repo.organization_installations.get(cloud.unit(), cloud.installation().id)


def test_the_first_download_remembers_the_pair_and_the_next_touches_it(cloud: TestCloud) -> None:
    download(cloud)
    first = pair(cloud)
    assert first is not None
    assert (first.organization_id, first.installation_id) == (cloud.organization(GLOBEX).id, cloud.installation().id)
    assert first.creation_date == first.revision_date == NOW

    cloud.clock.advance(timedelta(days=1))
    download(cloud)

    second = pair(cloud)
    assert second is not None
    assert (second.id, second.creation_date, second.revision_date) == (first.id, NOW, NOW + timedelta(days=1))


def test_a_download_of_another_organization_for_the_installation_leaves_the_pair(cloud: TestCloud) -> None:
    download(cloud)
    before = pair(cloud)
    cloud.clock.advance(timedelta(days=1))

    assert download(cloud, OWNER, ACME).status == 200

    assert pair(cloud) == before


def test_a_refused_download_and_a_sync_remember_nothing(cloud: TestCloud) -> None:
    change_subscription(cloud, GLOBEX, status="canceled")
    download(cloud)
    change_subscription(cloud, GLOBEX, status="active")
    assert sync_licence(cloud).status == 200

    assert pair(cloud) is None
