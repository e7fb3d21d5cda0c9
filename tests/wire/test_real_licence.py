"""A licence file of its owner's, served as it is (docs/contract/licensing-push-installations.md A.10 (a)).

The file here is invented and signed by nobody: Sosie does not look at signatures.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sosie.domain.dates import wire_date
from sosie.domain.licences import to_wire
from sosie.services import repository as repo
from tests.support import control
from tests.support.cloud import TestCloud
from tests.support.families import change_subscription, prepared
from tests.support.faults import fault
from tests.support.licence_checks import MEMBERS, pascal, sync_licence
from tests.support.licences import ACME
from tests.support.refusals import assert_error, assert_failed
from tests.unit.test_scenario_licence import ID, INSTALLATION, document

TEAM, HOLDER = "Team", "holder@team.test"
# The worked example of the contract, in an order that is not the usual one.
_VALUES = {
    name: value if value is None or isinstance(value, (str, int)) else wire_date(value)  # type: ignore[arg-type]
    for name, value in reversed(to_wire(ACME).items())
} | {"hash": "sQsLKwx7+etzpMG6/tEcwR2aFI4hwPzkGtZEjodHXAA=", "signature": "c2lnbmVk", "token": "e30.e30.c2lnbmVk"}
FILE = {pascal(name): value for name, value in _VALUES.items()}
SERVED = json.dumps(_VALUES, ensure_ascii=False, separators=(",", ":"))


@pytest.fixture
def cloud(keyring: Any) -> TestCloud:
    """A cloud with an organization that has a real licence, and an installation that the licence is for."""
    scenario = document(FILE, name=TEAM, billingSyncKey=True, members=[{"email": HOLDER, "role": "owner"}])
    scenario["regions"]["us"]["users"] = [{"email": HOLDER, "masterPassword": "correct horse battery staple"}]
    cloud = TestCloud(keyring=keyring)
    answer = control.ask(cloud, "POST", "/worlds/default/seed", {"scenario": scenario})
    assert answer.status == 200, answer.body
    return cloud


def ask(cloud: TestCloud, token: str | None = None, **changes: Any) -> Any:
    return sync_licence(cloud, TEAM, token=token, **changes)


def test_a_sync_is_answered_with_the_file_to_the_byte(cloud: TestCloud) -> None:
    answer = ask(cloud)

    assert (answer.status, answer.body) == (200, SERVED)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json["id"] == cloud.organization(TEAM).id == ID


def test_the_owners_download_is_the_same(cloud: TestCloud) -> None:
    path = f"/organizations/{ID}/license?installationId={INSTALLATION}"

    answer = cloud.get(path, token=cloud.user_token(HOLDER))

    assert (answer.status, answer.body) == (200, SERVED)
    pair = repo.organization_installations.get(cloud.unit(), INSTALLATION)
    assert pair is not None
    assert pair.organization_id == ID


def test_it_does_not_change_with_time_or_caller(cloud: TestCloud) -> None:
    first = ask(cloud).body
    assert first == ask(cloud).body
    other = next(each for each in repo.installations.list(cloud.unit()) if each.id == INSTALLATION)
    assert other.enabled


def test_an_organization_without_a_file_gets_sosies_licence(cloud: TestCloud) -> None:
    # `families` has Globex, whose owner has generated the key.
    answer = sync_licence(cloud, "Globex")

    assert answer.status == 200
    assert set(answer.json) == MEMBERS


def test_the_licence_key_is_the_files_and_checked_as_ever(cloud: TestCloud) -> None:
    assert cloud.organization(TEAM).license_key == FILE["LicenseKey"]

    answer = ask(cloud, licenseKey="wrong")
    assert_error(answer, 400, "Invalid license key.")
    assert answer.delay == 2.0


def test_the_billing_sync_key_is_checked_as_ever(cloud: TestCloud) -> None:
    assert_error(ask(cloud, billingSyncKey="wrong"), 400, "Invalid Billing Sync Key")
    with prepared(cloud) as uow:
        repo.api_keys.delete(uow, ID, 1)
    assert_failed(ask(cloud, billingSyncKey="k" * 30))


def test_the_installation_is_checked_as_ever(cloud: TestCloud) -> None:
    assert_error(ask(cloud, cloud.installation_token("api.licensing", enabled=False)), 400, "Invalid installation id")


def test_the_subscription_is_checked_as_ever(cloud: TestCloud) -> None:
    change_subscription(cloud, TEAM, status="canceled")

    text = (
        "Unable to generate license due to a payment issue. "
        "Please update your billing information or contact support for assistance."
    )
    assert_error(ask(cloud), 400, text)


def test_secrets_of_the_file_do_not_reach_the_journal(cloud: TestCloud) -> None:
    ask(cloud)

    entries = [json.dumps(dict(item.body)) for item in cloud.sosie.store.query("default/journal")]
    assert not any(str(FILE["LicenseKey"]) in entry for entry in entries)


def test_a_fault_may_give_it_a_version_that_no_reader_knows(cloud: TestCloud) -> None:
    fault(cloud, {"kind": "licence-version-unsupported"})

    assert ask(cloud).json == json.loads(SERVED) | {"version": 17, "token": None}
