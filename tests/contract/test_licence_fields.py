"""Every member of a licence, in its JSON and in its token, is the contract's, and every one of the contract's is there.

The expectations are read from docs/contract/licensing-push-installations.md, A.4, A.5 and A.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.contract import fields
from tests.contract.cast import Cast
from tests.contract.pages import Page
from tests.contract.shapes import differences
from tests.support import jwt
from tests.support.cloud import START, TestCloud, WireAnswer
from tests.support.families import change_organization, change_subscription
from tests.support.licence_checks import download, sync_licence
from tests.support.people import change_user

Pages = Mapping[str, Page]
EXPECTED_OF_ENTERPRISE = {"Name", "BillingEmail", "Plan", "LicenseKey", "InstallationId", "Seats", "MaxStorageGb"}
KNOWN_OF_PERSON = {"Email", "Name", "LicenseKey"}


def licence(answer: WireAnswer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    return dict(answer.json)


def claims(document: dict[str, Any]) -> dict[str, Any]:
    return jwt.decode(document["token"]).claims


def of_person(cloud: TestCloud, email: str) -> dict[str, Any]:
    user = cloud.user(email)
    path = f"/licenses/user/{user.id}?key={user.license_key}"
    return licence(cloud.get(path, token=cloud.installation_token("api.licensing")))


def test_a_synced_licence(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = licence(sync_licence(cloud, cast.synced))

    assert differences(fields.organization_licence(pages), document) == []
    assert {document[name] for name in ("businessName", "maxCollections", "smSeats", "smServiceAccounts")} == {None}


def test_a_downloaded_licence(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = licence(download(cloud, cast.owner, cast.enterprise))

    assert differences(fields.organization_licence(pages), document) == []


def test_the_claims_of_a_licence_leave_out_what_is_null(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = licence(sync_licence(cloud, cast.synced))

    expected = fields.organization_claims(pages).resolved(*EXPECTED_OF_ENTERPRISE)
    assert differences(expected, claims(document)) == []


def test_an_optional_claim_is_there_exactly_when_the_json_has_a_value(
    cloud: TestCloud, pages: Pages, cast: Cast
) -> None:
    ended = START - timedelta(days=10)
    change_organization(cloud, cast.synced, business_name="De Vries &amp; Co", seats=None, max_storage_gb=None)
    change_subscription(cloud, cast.synced, trial_start=ended - timedelta(days=7), trial_end=ended)

    document = licence(sync_licence(cloud, cast.synced))

    known = {name[0].upper() + name[1:] for name, value in document.items() if value is not None}
    optional = fields.organization_claims(pages).optional
    assert {"BusinessName", "ExpirationWithoutGracePeriod"} <= optional & known
    assert {"Seats", "MaxStorageGb"} <= optional - known
    assert differences(fields.organization_claims(pages).resolved(*(optional & known)), claims(document)) == []


def test_the_header_of_a_licences_token(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = licence(sync_licence(cloud, cast.synced))

    assert differences(fields.licence_header(pages), jwt.decode(document["token"]).header) == []


def test_a_persons_licence(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    document = of_person(cloud, cast.owner)

    assert differences(fields.user_licence(pages), document) == []
    assert document["expires"] is document["refresh"] is document["maxStorageGb"] is None
    assert differences(fields.user_claims(pages).resolved(*KNOWN_OF_PERSON), claims(document)) == []


def test_a_premium_persons_licence_claims_everything(cloud: TestCloud, pages: Pages, cast: Cast) -> None:
    later = START + timedelta(days=100)
    change_user(cloud, cast.owner, premium=True, premium_expiration_date=later, max_storage_gb=1)

    document = of_person(cloud, cast.owner)

    assert differences(fields.user_licence(pages), document) == []
    everything = fields.user_claims(pages)
    assert differences(everything.resolved(*everything.optional), claims(document)) == []
