"""The people of the scenario `families` at work: what clients send about sponsorships, and the state behind it."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

from sosie.domain.members import Member, MemberStatus, Role
from sosie.domain.organizations import KeyType, Organization, OrganizationApiKey, Policy, PolicyType
from sosie.domain.sponsorships import Sponsorship
from sosie.services import repository as repo
from sosie.services import sponsorship_rows
from tests.support.cloud import START
from tests.support.passwords import authentication_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.services.unit_of_work import UnitOfWork
    from tests.support.cloud import TestCloud, WireAnswer

ACME, GLOBEX, INITECH, FAMILY = "Acme Corporation", "Globex", "Initech", "Cousin Family"
OWNER, ALICE, BOB = "owner@acme.test", "alice@acme.test", "bob@acme.test"
GLOBEX_OWNER, INITECH_OWNER = "owner@globex.test", "owner@initech.test"
COUSIN, NEWCOMER = "cousin@family.test", "newcomer@family.test"
STRANGER = "pat@mail.test"
"""Somebody without an account."""

SPONSORSHIPS = "/organization/sponsorship"
NOW = START
NOW_TEXT = "2026-03-04T05:06:07Z"
SPONSORED_PRICE = "2021-family-for-enterprise-annually"
POLICY_TEXT = "Free Bitwarden Families sponsorship has been disabled by your organization administrator."


def guid(label: str) -> str:
    """Return the id of something that only the test has named."""
    return str(uuid5(NAMESPACE_URL, label))


def encrypted_text(length: int) -> str:
    """Return an encrypted string of at least this length, as short as it can be."""
    half = base64.b64encode(bytes(16)).decode()
    mac = base64.b64encode(bytes(32)).decode()
    middle = base64.b64encode(bytes(max(16, -(-(length - len(f"2.{half}||{mac}")) // 4) * 3))).decode()
    return f"2.{half}|{middle}|{mac}"


# What self-hosted servers send.


def sync_row(member: str, **changes: Any) -> dict[str, Any]:
    """Return one reported row. `member` is a first name: the member's id, the friendly name and the e-mail follow."""
    email = f"{member}@mail.test"
    return {
        "sponsoringOrganizationUserId": guid(member),
        "friendlyName": email,
        "offeredToEmail": email,
        "planSponsorshipType": 0,
        "lastSyncDate": None,
        "validUntil": None,
        "toDelete": False,
        **changes,
    }


def answered(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the item that answers a reported row, unless the cloud knows more about it."""
    return row | {
        "lastSyncDate": NOW_TEXT,
        "validUntil": None,
        "cloudSponsorshipRemoved": False,
        "isAdminInitiated": False,
        **changes,
    }


def sync(cloud: TestCloud, rows: Any, organization: str = GLOBEX, **changes: Any) -> WireAnswer:
    """Send a batch as a self-hosted server does, with the right key; `changes` replace members of the body."""
    found = cloud.organization(organization)
    body = {
        "billingSyncKey": sync_key(cloud, organization),
        "sponsoringOrganizationCloudId": found.id,
        "sponsorshipsBatch": rows,
        **changes,
    }
    return cloud.post(f"{SPONSORSHIPS}/sync", body, token=cloud.installation_token("api.installation"))


def synced(cloud: TestCloud, *rows: dict[str, Any], organization: str = GLOBEX) -> list[dict[str, Any]]:
    """Send a batch that must be answered, and return the items of the answer."""
    answer = sync(cloud, list(rows), organization)
    assert answer.status == 200, answer.body
    assert list(answer.json) == ["sponsorshipsBatch"]
    items: list[dict[str, Any]] = answer.json["sponsorshipsBatch"]
    return items


# What the web vault sends.


def key_request(email: str, key_type: int = KeyType.BILLING_SYNC, **changes: Any) -> dict[str, Any]:
    """Return the body that asks for an organization's key with the master password."""
    return {"type": int(key_type), "masterPasswordHash": authentication_hash(email), **changes}


def generate_sync_key(cloud: TestCloud, email: str = OWNER, organization: str = ACME) -> str:
    """Let an owner generate the billing sync key, over the wire."""
    path = f"/organizations/{cloud.organization(organization).id}/api-key"
    answer = cloud.post(path, key_request(email), token=cloud.user_token(email))
    assert answer.status == 200, answer.body
    key: str = answer.json["apiKey"]
    return key


def offer(
    cloud: TestCloud, by: str, to: str, organization: str = ACME, token: str | None = None, **changes: Any
) -> WireAnswer:
    """Offer a sponsorship the way official clients do: the friendly name is the e-mail."""
    path = f"{SPONSORSHIPS}/{cloud.organization(organization).id}/families-for-enterprise"
    body = {"planSponsorshipType": 0, "sponsoredEmail": to, "friendlyName": to, **changes}
    return cloud.post(path, body, token=token or cloud.user_token(by))


def resend(cloud: TestCloud, by: str, name: str | None, organization: str = ACME) -> WireAnswer:
    path = f"{SPONSORSHIPS}/{cloud.organization(organization).id}/families-for-enterprise/resend"
    query = "" if name is None else "?" + urlencode({"sponsoredFriendlyName": name})
    return cloud.request("POST", path + query, token=cloud.user_token(by))


def validate(cloud: TestCloud, by: str, sponsorship_token: str | None) -> WireAnswer:
    query = "" if sponsorship_token is None else "?" + urlencode({"sponsorshipToken": sponsorship_token})
    return cloud.request("POST", f"{SPONSORSHIPS}/validate-token{query}", token=cloud.user_token(by))


def redeem(
    cloud: TestCloud, by: str, sponsorship_token: str, organization: str = FAMILY, token: str | None = None
) -> WireAnswer:
    path = f"{SPONSORSHIPS}/redeem?{urlencode({'sponsorshipToken': sponsorship_token})}"
    body = {"planSponsorshipType": 0, "sponsoredOrganizationId": cloud.organization(organization).id}
    return cloud.post(path, body, token=token or cloud.user_token(by))


def redeem_newest(
    cloud: TestCloud, organization: str = FAMILY, by: str = COUSIN, token: str | None = None
) -> WireAnswer:
    """Let somebody redeem the newest offer they got."""
    return redeem(cloud, by, offer_token(cloud, by), organization, token)


def mails(cloud: TestCloud) -> list[dict[str, Any]]:
    """Return every captured mail of both regions, oldest first, from the store itself."""
    return [dict(item.body) for item in cloud.sosie.store.query("default/mail")]


def mails_to(cloud: TestCloud, email: str) -> list[dict[str, Any]]:
    return [mail for mail in mails(cloud) if mail["to"] == email]


def offer_token(cloud: TestCloud, to: str) -> str:
    """Return the sponsorship token of the newest mail to an address."""
    token: str = mails_to(cloud, to)[-1]["sponsorshipToken"]
    return token


# The state, and changes to it that no request can make.


@contextmanager
def prepared(cloud: TestCloud) -> Iterator[UnitOfWork]:
    """Change the state: what the body of the `with` writes is committed."""
    uow = cloud.unit()
    yield uow
    uow.commit()


def change_organization(cloud: TestCloud, name: str, /, **changes: Any) -> Organization:
    with prepared(cloud) as uow:
        found = repo.organizations.get(uow, cloud.organization(name).id)
        assert found is not None
        changed = replace(found, **changes)
        repo.organizations.save(uow, changed, changed.id)
    return changed


def change_subscription(cloud: TestCloud, name: str, /, **changes: Any) -> None:
    change_organization(cloud, name, subscription=replace(cloud.organization(name).subscription, **changes))


def delete_organization(cloud: TestCloud, name: str) -> str:
    """Take an organization away, and nothing that hangs on it; returns its id."""
    organization_id: str = cloud.organization(name).id
    with prepared(cloud) as uow:
        repo.organizations.delete(uow, organization_id)
    return organization_id


def set_policy(cloud: TestCloud, organization: str, *, enabled: bool = True) -> None:
    """Switch policy 13, which forbids sponsorships."""
    organization_id = cloud.organization(organization).id
    with prepared(cloud) as uow:
        policy_type = PolicyType.FREE_FAMILIES_SPONSORSHIP
        policy = Policy(guid(f"policy of {organization}"), organization_id, policy_type, enabled, uow.now)
        repo.policies.save(uow, policy, organization_id, policy_type, always=True)


def set_require_sso(cloud: TestCloud, organization: str, *, enabled: bool = True) -> None:
    """Switch policy 4, which sends members to their identity provider."""
    organization_id = cloud.organization(organization).id
    with prepared(cloud) as uow:
        policy = Policy(guid(f"sso of {organization}"), organization_id, PolicyType.REQUIRE_SSO, enabled, uow.now)
        repo.policies.save(uow, policy, organization_id, PolicyType.REQUIRE_SSO, always=True)


def member(cloud: TestCloud, email: str, organization: str = ACME) -> Member:
    found = repo.member_of(cloud.unit(), cloud.organization(organization).id, cloud.user(email).id)
    assert found is not None
    return found


def join(cloud: TestCloud, email: str, organization: str = ACME, role: Role = Role.USER, *permissions: str) -> Member:
    """Make somebody a confirmed member; custom roles carry permissions."""
    with prepared(cloud) as uow:
        joined = Member(
            id=guid(f"{email} in {organization}"),
            organization_id=cloud.organization(organization).id,
            user_id=cloud.user(email).id,
            email=None,
            status=MemberStatus.CONFIRMED,
            role=role,
            creation_date=uow.now,
            revision_date=uow.now,
            permissions=permissions,
        )
        repo.add_member(uow, joined)
    return joined


def change_member(cloud: TestCloud, email: str, organization: str = ACME, /, **changes: Any) -> None:
    known = member(cloud, email, organization)
    with prepared(cloud) as uow:
        repo.members.get(uow, known.organization_id, known.id)
        repo.members.save(uow, replace(known, **changes), known.organization_id, known.id)


def change_email(cloud: TestCloud, email: str, new: str) -> None:
    """Give an account another e-mail; the tokens it has stay good."""
    user = cloud.user(email)
    with prepared(cloud) as uow:
        repo.users.get(uow, user.id)
        repo.save_user(uow, replace(user, email=new))


def a_row(cloud: TestCloud, email: str, organization: str = ACME, **changes: Any) -> Sponsorship:
    """Return an open offer of a member, not stored yet; `changes` make it anything else."""
    of = member(cloud, email, organization)
    return Sponsorship(
        **{
            "id": guid(f"row of {email}"),
            "sponsoring_organization_id": of.organization_id,
            "sponsoring_member_id": of.id,
            "friendly_name": STRANGER,
            "offered_to_email": STRANGER,
            **changes,
        }
    )


def a_redeemed_row(cloud: TestCloud, email: str, organization: str = ACME, **changes: Any) -> Sponsorship:
    """Return a row of a member that sponsors a Families organization, not stored yet."""
    redeemed = {
        "offered_to_email": None,
        "sponsored_organization_id": cloud.organization(FAMILY).id,
        "valid_until": cloud.organization(FAMILY).expiration_date,
    }
    return a_row(cloud, email, organization, **(redeemed | changes))


def store(cloud: TestCloud, *rows: Sponsorship, organization: str = ACME) -> None:
    """Put rows into an organization."""
    organization_id = cloud.organization(organization).id
    for row in rows:
        with prepared(cloud) as uow:
            sponsorship_rows.add_row(uow, organization_id, row)


def rows_of(cloud: TestCloud, organization: str = ACME) -> list[Sponsorship]:
    return sponsorship_rows.rows_of_organization(cloud.unit(), cloud.organization(organization).id)


def the_row(cloud: TestCloud, organization: str = ACME) -> Sponsorship:
    """Return the only row of an organization."""
    (row,) = rows_of(cloud, organization)
    return row


def change_row(cloud: TestCloud, organization: str = ACME, /, **changes: Any) -> None:
    """Change the only row of an organization."""
    row = the_row(cloud, organization)
    with prepared(cloud) as uow:
        sponsorship_rows.save_row(uow, cloud.organization(organization).id, replace(row, **changes))


def stored_key(cloud: TestCloud, organization: str, key_type: int = KeyType.BILLING_SYNC) -> OrganizationApiKey | None:
    return repo.api_keys.get(cloud.unit(), cloud.organization(organization).id, key_type)


def sync_key(cloud: TestCloud, organization: str) -> str | None:
    key = stored_key(cloud, organization)
    return None if key is None else key.api_key


def give_sync_key(cloud: TestCloud, organization: str, text: str = "k" * 30) -> str:
    """Give an organization a billing sync key without anybody's password."""
    organization_id = cloud.organization(organization).id
    with prepared(cloud) as uow:
        key = OrganizationApiKey(organization_id, KeyType.BILLING_SYNC, text, uow.now)
        repo.api_keys.save(uow, key, organization_id, KeyType.BILLING_SYNC)
    return text


def events_of(cloud: TestCloud, organization: str = GLOBEX) -> list[Any]:
    return repo.events.list(cloud.unit(), cloud.organization(organization).id)
