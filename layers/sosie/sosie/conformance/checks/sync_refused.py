"""Which syncs are refused as a whole, and which check comes first (docs/contract/api.md §2.8, first table)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.people import SPONSORSHIPS
from sosie.conformance.registry import check
from sosie.conformance.selfhosted import SelfHosted, send_sync, sync_body
from sosie.conformance.wire import FORM

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PAGE = "api.md §2.8"
_KEY = "Invalid Billing Sync Key"
_ORGANIZATION = "Invalid organization"


@check("sync.refused.unknown-organization", _PAGE, "An unknown organization is refused with its text.")
def unknown_organization(cloud: Cloud) -> None:
    expect.error(send_sync(cloud, sync_body(cloud.guid(), "k" * 30, [])), 400, _ORGANIZATION)


@check("sync.refused.missing-organization", _PAGE, "A missing organization is refused like an unknown one.")
def missing_organization(cloud: Cloud) -> None:
    expect.error(send_sync(cloud, {"billingSyncKey": "k" * 30, "sponsorshipsBatch": []}), 400, _ORGANIZATION)


@check("sync.refused.organization-not-a-guid", "api.md §1.7", "An id that is no GUID is invalid at its place.")
def organization_not_a_guid(cloud: Cloud) -> None:
    for text in ("mine", "", cloud.guid().replace("-", "")):
        answer = send_sync(cloud, sync_body(text, "k" * 30, []))
        expect.invalid_at(answer, "$.sponsoringOrganizationCloudId")


@check("sync.refused.key-missing", _PAGE, "A missing, empty or blank key is refused.")
def key_missing(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    for key in (None, "", "  "):
        expect.error(server.sync([], billingSyncKey=key), 400, _KEY)


@check("sync.refused.key-never-generated", _PAGE, "An organization that never generated a key fails the server.")
def key_never_generated(cloud: Cloud) -> None:
    answer = send_sync(cloud, sync_body(cloud.organization().id, "k" * 30, []))
    expect.error(answer, 500, expect.UNHANDLED)


@check("sync.refused.key-missing-first", _PAGE, "No key for an organization without one: the missing key is named.")
def key_missing_first(cloud: Cloud) -> None:
    expect.error(send_sync(cloud, sync_body(cloud.organization().id, None, [])), 400, _KEY)


@check("sync.refused.wrong-key", _PAGE, "Another key, or the key in another letter case, is refused.")
def wrong_key(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    for key in ("k" * 30, server.key.swapcase(), f" {server.key}"):
        expect.error(server.sync([], billingSyncKey=key), 400, _KEY)


@check("sync.refused.key-of-other", _PAGE, "Another organization's key is refused.")
def key_of_other(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    expect.error(server.sync([], billingSyncKey=cloud.organization().sync_key()), 400, _KEY)


@check("sync.refused.default-key", _PAGE, "The organization's default API key is no billing sync key.")
def default_key(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    default = expect.document(server.organization.key(0))["apiKey"]
    expect.error(server.sync([], billingSyncKey=default), 400, _KEY)


@check("sync.refused.organization-before-key", _PAGE, "Unknown organization and no key: the organization is named.")
def organization_before_key(cloud: Cloud) -> None:
    expect.error(send_sync(cloud, sync_body(cloud.guid(), None, None)), 400, _ORGANIZATION)


@check("sync.refused.key-before-batch", _PAGE, "A wrong key and no batch: the key is named.")
def key_before_batch(cloud: Cloud) -> None:
    expect.error(SelfHosted(cloud).sync(None, billingSyncKey="k" * 30), 400, _KEY)


@check("sync.refused.batch-null", _PAGE, "A batch that is null fails the server.")
def batch_null(cloud: Cloud) -> None:
    expect.error(SelfHosted(cloud).sync(None), 500, expect.UNHANDLED)


@check("sync.refused.batch-absent", _PAGE, "A batch that is absent fails the server.")
def batch_absent(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    body = sync_body(server.organization.id, server.key, None)
    del body["sponsorshipsBatch"]
    expect.error(send_sync(cloud, body), 500, expect.UNHANDLED)


@check("sync.refused.item-null", _PAGE, "An item that is null fails the server.")
def item_null(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    expect.error(server.sync([None]), 500, expect.UNHANDLED)
    expect.error(server.sync([server.row(), None]), 500, expect.UNHANDLED)


@check("sync.refused.item-type", _PAGE, "An item of another sponsorship type fails the server.")
def item_type(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    expect.error(server.sync([server.row(planSponsorshipType=1)]), 500, expect.UNHANDLED)


@check("sync.refused.item-values", "api.md §1.7", "A value of a wrong type is invalid at its place.")
def item_values(cloud: Cloud) -> None:
    server = SelfHosted(cloud)
    for name, value in (
        ("sponsoringOrganizationUserId", "mine"),
        ("friendlyName", 1),
        ("toDelete", "yes"),
        ("lastSyncDate", "yesterday"),
        ("planSponsorshipType", "FamiliesForEnterprise"),
    ):
        answer = server.sync([server.row(), server.row(**{name: value})])
        expect.invalid_at(answer, f"$.sponsorshipsBatch[1].{name}")


@check(
    "sync.refused.binding-before-organization", _PAGE, "A bad value and an unknown organization: the value is named."
)
def binding_before_organization(cloud: Cloud) -> None:
    body = sync_body(cloud.guid(), None, [{"sponsoringOrganizationUserId": "mine"}])
    answer = send_sync(cloud, body)
    expect.invalid_at(answer, "$.sponsorshipsBatch[0].sponsoringOrganizationUserId")


@check("sync.refused.empty-body", "api.md §1.4", "A body has to be there, and to be more than null.", inferred=True)
def empty_body(cloud: Cloud) -> None:
    token = cloud.installation_token("api.installation")
    headers = {"Content-Type": "application/json"}
    for body in (b"", b"null", b"  "):
        answer = cloud.api("POST", f"{SPONSORSHIPS}/sync", content=body, headers=headers, token=token)
        expect.invalid(answer, {"": [expect.NO_BODY]})


@check("sync.refused.content-type", "api.md §1.4", "Another content type, or none, is a 415.", inferred=True)
def content_type(cloud: Cloud) -> None:
    token = cloud.installation_token("api.installation")
    for headers in ({}, {"Content-Type": FORM}, {"Content-Type": "text/plain"}):
        answer = cloud.api("POST", f"{SPONSORSHIPS}/sync", content=b"{}", headers=headers, token=token)
        expect.empty(answer, 415)


@check("sync.refused.no-token", "api.md §1.1", "Without a token a sync is refused without a body.")
def no_token(cloud: Cloud) -> None:
    answer = cloud.api("POST", f"{SPONSORSHIPS}/sync", json={})
    expect.empty(answer, 401)


@check("sync.refused.other-scope", "api.md §1.1", "A person's token, or one for licences or push, is not enough.")
def other_scope(cloud: Cloud) -> None:
    scopes = (cloud.installation_token("api.licensing"), cloud.installation_token("api.push"))
    for token in (cloud.owner.token, *scopes):
        expect.empty(send_sync(cloud, {}, token=token), 403)
