"""Families sponsorships: `/organization/sponsorship/…` (docs/contract/api.md §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.dates import optional_date, wire_date
from sosie.domain.errors import BadRequestError, UnauthenticatedError
from sosie.domain.sponsorships import Sponsorship, SyncItem, SyncOutcome
from sosie.services.offer_sponsorship import Offer, offer_sponsorship, read_offer, resend_offer
from sosie.services.redeem_offer import redeem_offer
from sosie.services.sync_sponsorships import sync_sponsorships
from sosie.services.withdraw_sponsorship import (
    list_sponsorships,
    read_sync_status,
    remove_sponsorship,
    revoke_sponsorship,
    revoke_sponsorship_as_admin,
)
from sosie.wire.auth import authenticate
from sosie.wire.http import Answer, Param, Policy, Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from sosie.wire.http import Call


def _model(name: str) -> Callable[[], type[Any]]:
    def load() -> type[Any]:
        from sosie.wire import sponsorship_models

        return getattr(sponsorship_models, name)  # type: ignore[no-any-return]  # a model of that module

    return load


def offer(call: Call) -> Answer:
    """§2.4: create an offer, or send it again."""
    body = call.model
    offered = Offer(
        email=body.sponsored_email,
        friendly_name=body.friendly_name,
        plan_sponsorship_type=body.plan_sponsorship_type,
        admin_initiated=body.is_admin_initiated or False,
        notes=body.notes,
    )
    offer_sponsorship(call.uow, call.exchange.keyring, call.caller, call.params["sponsoringOrgId"], offered)
    return Answer()


def resend(call: Call) -> Answer:
    """§2.5."""
    name = call.query.get("sponsoredfriendlyname")
    resend_offer(call.uow, call.exchange.keyring, call.caller, call.params["organizationId"], name)
    return Answer()


def validate_token(call: Call) -> Answer:
    """§2.6: no `object`, no state change."""
    state = read_offer(call.uow, call.exchange.keyring, call.caller, call.query.get("sponsorshiptoken", ""))
    return Answer(body={"isTokenValid": state.valid, "isFreeFamilyPolicyEnabled": state.forbidden_by_policy})


def redeem(call: Call) -> Answer:
    """§2.7."""
    token = call.query.get("sponsorshiptoken", "")
    redeem_offer(call.uow, call.exchange.keyring, call.caller, token, call.model.sponsored_organization_id)
    return Answer()


def sync(call: Call) -> Answer:
    """§2.8: the items that were not skipped, in the request's order."""
    body = call.model
    batch = body.sponsorships_batch
    outcomes = sync_sponsorships(
        call.uow,
        call.exchange.keyring,
        call.caller,
        body.sponsoring_organization_cloud_id,
        body.billing_sync_key,
        None if batch is None else [None if item is None else _sync_item(item) for item in batch],
    )
    call.exchange.noted["rows"] = len(batch or ())
    now = wire_date(call.uow.now)
    return Answer(body={"sponsorshipsBatch": [sync_outcome_to_wire(outcome, now) for outcome in outcomes]})


def revoke(call: Call) -> Answer:
    """§2.10: the sponsoring member's own."""
    revoke_sponsorship(call.uow, call.caller, call.params["sponsoringOrganizationId"])
    return Answer()


def revoke_as_admin(call: Call) -> Answer:
    """§2.10: by friendly name, as it arrives percent-encoded."""
    organization_id, name = call.params["organizationId"], call.params["sponsoredFriendlyName"]
    revoke_sponsorship_as_admin(call.uow, call.caller, organization_id, name)
    return Answer()


def remove(call: Call) -> Answer:
    """§2.10: by the owner of the Families organization."""
    remove_sponsorship(call.uow, call.caller, call.params["sponsoredOrgId"])
    return Answer()


def read_status(call: Call) -> Answer:
    """§2.9: no policy guards it, and without a usable token the cloud fails."""
    try:
        caller = authenticate(call)
    except UnauthenticatedError:
        caller = None
    call.exchange.caller = caller
    latest = read_sync_status(call.uow, caller, call.params["sponsoringOrgId"])
    return Answer(body={"object": "syncStatus", "lastSyncDate": optional_date(latest)})


def list_sponsored(call: Call) -> Answer:
    """§2.10: the admin-initiated ones."""
    rows = list_sponsorships(call.uow, call.caller, call.params["sponsoringOrgId"])
    return Answer(body={"object": "list", "continuationToken": None, "data": [row_to_wire(row) for row in rows]})


def refuse_self_hosted_only(_: Call) -> Answer:
    """§2: what only a self-hosted server does."""
    raise BadRequestError("Only allowed when self hosted.").because("SELF_HOSTED_ONLY")


def _sync_item(body: Any) -> SyncItem:
    return SyncItem(
        sponsoring_member_id=body.sponsoring_organization_user_id,
        friendly_name=body.friendly_name,
        offered_to_email=body.offered_to_email,
        plan_sponsorship_type=body.plan_sponsorship_type,
        last_sync_date=body.last_sync_date,
        valid_until=body.valid_until,
        to_delete=body.to_delete,
    )


def sync_outcome_to_wire(outcome: SyncOutcome, now: str) -> dict[str, Any]:
    """Return an item of the sync answer: exactly these members, `isAdminInitiated` always false."""
    item = outcome.item
    return {
        "sponsoringOrganizationUserId": item.sponsoring_member_id,
        "friendlyName": item.friendly_name,
        "offeredToEmail": item.offered_to_email,
        "planSponsorshipType": item.plan_sponsorship_type,
        "lastSyncDate": now,
        "validUntil": optional_date(outcome.valid_until),
        "toDelete": item.to_delete,
        "cloudSponsorshipRemoved": outcome.removed,
        "isAdminInitiated": False,
    }


def row_to_wire(row: Sponsorship) -> dict[str, Any]:
    """Return an item of the list of admin-initiated rows."""
    return {
        "object": "organizationSponsorship",
        "sponsoringOrganizationUserId": row.sponsoring_member_id,
        "friendlyName": row.friendly_name,
        "offeredToEmail": row.offered_to_email,
        "planSponsorshipType": row.plan_sponsorship_type,
        "lastSyncDate": optional_date(row.last_sync_date),
        "validUntil": optional_date(row.valid_until),
        "toDelete": row.to_delete,
        "isAdminInitiated": row.is_admin_initiated,
        "notes": row.notes,
        "cloudSponsorshipRemoved": False,
    }


_BASE = "/organization/sponsorship"
_PEOPLE = Policy.APPLICATION


def _guid(name: str) -> dict[str, Param]:
    return {name: Param.GUID}


def _self_hosted(method: str, path: str) -> Route:
    return Route(method, path, refuse_self_hosted_only, _PEOPLE)


# Routes with a fixed word stand before those with a parameter in its place.
ROUTES = (
    Route("POST", f"{_BASE}/sync", sync, Policy.INSTALLATION, model=_model("SyncRequest")),
    Route("POST", f"{_BASE}/validate-token", validate_token, _PEOPLE),
    Route("POST", f"{_BASE}/redeem", redeem, _PEOPLE, model=_model("RedeemRequest")),
    Route("DELETE", f"{_BASE}/sponsored/{{sponsoredOrgId}}", remove, _PEOPLE, _guid("sponsoredOrgId")),
    Route("POST", f"{_BASE}/sponsored/{{sponsoredOrgId}}/remove", remove, _PEOPLE, _guid("sponsoredOrgId")),
    _self_hosted("POST", f"{_BASE}/self-hosted/{{organizationId}}/families-for-enterprise"),
    _self_hosted("DELETE", f"{_BASE}/self-hosted/{{organizationId}}"),
    _self_hosted("POST", f"{_BASE}/self-hosted/{{organizationId}}/delete"),
    _self_hosted("GET", f"{_BASE}/self-hosted/{{organizationId}}/sponsored"),
    _self_hosted("DELETE", f"{_BASE}/self-hosted/{{organizationId}}/{{sponsoredFriendlyName}}/revoke"),
    _self_hosted("POST", "/organizations/licenses/self-hosted"),
    _self_hosted("POST", "/organizations/licenses/self-hosted/{id}"),
    _self_hosted("POST", "/organizations/licenses/self-hosted/{id}/sync"),
    Route(
        "POST",
        f"{_BASE}/{{sponsoringOrgId}}/families-for-enterprise",
        offer,
        _PEOPLE,
        _guid("sponsoringOrgId"),
        _model("OfferRequest"),
    ),
    Route(
        "POST",
        f"{_BASE}/{{organizationId}}/families-for-enterprise/resend",
        resend,
        _PEOPLE,
        _guid("organizationId"),
    ),
    Route("GET", f"{_BASE}/{{sponsoringOrgId}}/sync-status", read_status, params=_guid("sponsoringOrgId")),
    Route("GET", f"{_BASE}/{{sponsoringOrgId}}/sponsored", list_sponsored, _PEOPLE, _guid("sponsoringOrgId")),
    Route(
        "DELETE",
        f"{_BASE}/{{organizationId}}/{{sponsoredFriendlyName}}/revoke",
        revoke_as_admin,
        _PEOPLE,
        _guid("organizationId"),
    ),
    Route(
        "POST",
        f"{_BASE}/{{sponsoringOrganizationId}}/delete",
        revoke,
        _PEOPLE,
        _guid("sponsoringOrganizationId"),
    ),
    Route("DELETE", f"{_BASE}/{{sponsoringOrganizationId}}", revoke, _PEOPLE, _guid("sponsoringOrganizationId")),
)
