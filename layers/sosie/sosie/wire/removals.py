"""What takes things away: an organization, a member, one's own account (docs/contract/api.md §4.13 to §4.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.ids import parse_guid
from sosie.services.offer_sponsorship import require_manage_users
from sosie.services.remove_account import remove_account
from sosie.services.remove_member import remove_member
from sosie.services.remove_organization import remove_organization
from sosie.wire.http import Answer, Param, Policy, Route

if TYPE_CHECKING:
    from sosie.wire.http import Call


def _secret_model() -> type[Any]:
    from sosie.wire.billing_sync_key_models import SecretRequest

    return SecretRequest


def delete_organization(call: Call) -> Answer:
    """§4.15: for owners alone."""
    remove_organization(call.uow, call.caller, call.params["id"], call.model.secret)
    return Answer()


def delete_member(call: Call) -> Answer:
    """§4.13: no body is read."""
    remove_member(call.uow, call.caller, call.params["orgId"], call.params["id"])
    return Answer()


def delete_account(call: Call) -> Answer:
    """§4.14: one's own."""
    remove_account(call.uow, call.caller, call.model.secret)
    return Answer()


def _require_manage_users(call: Call) -> None:
    organization_id = parse_guid(call.params["orgId"])
    if organization_id is not None:
        require_manage_users(call.caller, organization_id)


def _organization(method: str, path: str) -> Route:
    text = {"id": Param.GUID_TEXT}
    return Route(method, path, delete_organization, Policy.APPLICATION, text, model=_secret_model)


def _member(method: str, path: str) -> Route:
    guids = {"orgId": Param.GUID, "id": Param.GUID}
    return Route(method, path, delete_member, Policy.APPLICATION, guids, requirement=_require_manage_users)


def _account(method: str, path: str) -> Route:
    return Route(method, path, delete_account, Policy.APPLICATION, model=_secret_model)


ROUTES = (
    _organization("DELETE", "/organizations/{id}"),
    _organization("POST", "/organizations/{id}/delete"),
    _member("DELETE", "/organizations/{orgId}/users/{id}"),
    _member("POST", "/organizations/{orgId}/users/{id}/remove"),
    _account("DELETE", "/accounts"),
    _account("POST", "/accounts/delete"),
)
