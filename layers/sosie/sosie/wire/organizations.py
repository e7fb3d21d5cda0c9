"""Organizations: read them as their owner, create them, switch their policies (docs/contract/api.md §4.6 to §4.11).

Roles are the token's (§1.2): whoever has just created an organization owns it for the API after a refresh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.errors import BadRequestError, InvalidError
from sosie.domain.ids import EMPTY_GUID, parse_guid
from sosie.domain.sign_up import SignUp
from sosie.services import accounts, organizations
from sosie.wire.http import Answer, Param, Policy, Route
from sosie.wire.organization_wire import (
    organization_to_wire,
    policy_to_wire,
    profile_organization_to_wire,
    subscription_to_wire,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sosie.domain.members import Caller
    from sosie.wire.http import Call

_CONNECTIONS = {"CloudBillingSync": 1, "Scim": 2}
_POLICIES = {"SingleOrg": 3, "RequireSso": 4, "FreeFamiliesSponsorshipPolicy": 13, "AutomaticUserConfirmation": 18}
_ALL_POLICIES = range(21)


def _create_model() -> type[Any]:
    from sosie.wire.organization_models import OrganizationCreateRequest

    return OrganizationCreateRequest


def _paid_create_model() -> type[Any]:
    from sosie.wire.organization_models import PaidOrganizationCreateRequest

    return PaidOrganizationCreateRequest


def _policy_model() -> type[Any]:
    from sosie.wire.organization_models import PolicyRequest

    return PolicyRequest


def list_organizations(call: Call) -> Answer:
    """§4.3: the caller's confirmed memberships."""
    views = accounts.list_organizations(call.uow, call.caller)
    data = [profile_organization_to_wire(view) for view in views]
    return Answer(body={"object": "list", "data": data, "continuationToken": None})


def read_organization(call: Call) -> Answer:
    """§4.6: for owners alone."""
    organization = organizations.read_organization(call.uow, call.caller, call.params["id"])
    return Answer(body=organization_to_wire(organization))


def read_subscription(call: Call) -> Answer:
    """§4.7: for owners alone."""
    organization = organizations.owned_organization(call.uow, call.caller, call.params["id"])
    return Answer(body=subscription_to_wire(organization, call.uow.now))


def create_organization(call: Call) -> Answer:
    """§4.10: payment details must be there and are not looked at."""
    if errors := call.model.payment_errors():
        raise InvalidError(errors)
    return create_organization_without_payment(call)


def create_organization_without_payment(call: Call) -> Answer:
    """§4.10: nothing links the new organization to a sponsorship; redeeming is a second call."""
    organization = organizations.create_organization(call.uow, call.caller, _sign_up(call.model))
    return Answer(body=organization_to_wire(organization))


def save_policy(call: Call) -> Answer:
    """§2.11: switch a policy; only number 13 does more than being remembered."""
    number = _enum_value(call.params["type"], "type", _POLICIES, _ALL_POLICIES)
    values = call.model.policy
    policy = organizations.save_policy(
        call.uow, call.caller, call.params["orgId"], number, enabled=values.enabled, data=values.data
    )
    return Answer(body=policy_to_wire(policy))


def read_billing_warnings(call: Call) -> Answer:
    """§4.11: there is never anything to warn about."""
    organizations.require_member(call.caller, call.params["id"])
    names = ("freeTrial", "inactiveSubscription", "resellerRenewal", "taxId", "scheduledPriceIncrease")
    return Answer(body=dict.fromkeys(names))


def read_billing_metadata(call: Call) -> Answer:
    """§4.11."""
    seats = organizations.count_occupied_seats(call.uow, call.caller, call.params["id"])
    return Answer(body={"isOnSecretsManagerStandalone": False, "organizationOccupiedSeats": seats})


def are_connections_enabled(call: Call) -> Answer:
    """§4.11: connections are a matter of self-hosted servers."""
    del call
    return Answer(body=False)


def read_connection(call: Call) -> Answer:
    """§4.11: the cloud has no billing sync connections, and says so to owners."""
    kind = _enum_value(call.params["type"], "type", _CONNECTIONS, _CONNECTIONS.values())
    name = next(name for name, number in _CONNECTIONS.items() if number == kind)
    if not _may_read_connection(call.caller, call.params["orgId"], name):
        raise BadRequestError(f"You do not have permission to retrieve a connection of type {name}.")
    if name == "CloudBillingSync":
        raise BadRequestError("Cannot get a CloudBillingSync connection outside of a self-hosted instance.")
    return Answer(body={"id": None, "type": 0, "organizationId": EMPTY_GUID, "enabled": False, "config": None})


def _may_read_connection(caller: Caller, organization_id: str, name: str) -> bool:
    return caller.may("manageScim", organization_id) if name == "Scim" else caller.owns(organization_id)


def _require_manage_policies(call: Call) -> None:
    organization_id = parse_guid(call.params["orgId"])
    if organization_id is not None:
        organizations.require_manage_policies(call.caller, organization_id)


def _enum_value(text: str, parameter: str, names: Mapping[str, int], defined: Collection[int]) -> int:
    """Return what a route value means: a name in any letter case, or a number the enumeration has."""
    by_name = {name.lower(): number for name, number in names.items()}
    number = by_name.get(text.lower())
    if number is None and text.isascii() and text.isdigit() and len(text) < 10:
        number = int(text)
    if number is None:
        raise InvalidError({parameter: [f"The value '{text}' is not valid."]})
    if number not in defined:
        raise InvalidError({parameter: [f"The value '{text}' is invalid."]})
    return number


def _sign_up(model: Any) -> SignUp:
    return SignUp(
        name=model.name,
        business_name=model.business_name,
        billing_email=model.billing_email,
        plan_type=model.plan_type,
        key=model.key,
        public_key=model.keys.public_key,
        private_key=model.keys.encrypted_private_key,
        additional_seats=model.additional_seats,
        additional_storage_gb=model.additional_storage_gb or 0,
        use_secrets_manager=model.use_secrets_manager,
        trial_days=model.trial_length,
        skip_trial=model.skip_trial,
    )


_OWNER_OF_TEXT = {"id": Param.GUID_TEXT}
_GUID_ROUTE = {"id": Param.GUID_ROUTE}
_GUID = {"id": Param.GUID}

ROUTES = (
    Route("GET", "/organizations", list_organizations, Policy.APPLICATION),
    Route("POST", "/organizations", create_organization, Policy.APPLICATION, model=_paid_create_model),
    Route(
        "POST",
        "/organizations/create-without-payment",
        create_organization_without_payment,
        Policy.APPLICATION,
        model=_create_model,
    ),
    Route("GET", "/organizations/{id}", read_organization, Policy.APPLICATION, _OWNER_OF_TEXT),
    Route("GET", "/organizations/{id}/subscription", read_subscription, Policy.APPLICATION, _GUID_ROUTE),
    Route("GET", "/organizations/{id}/billing/vnext/warnings", read_billing_warnings, Policy.APPLICATION, _GUID),
    Route("GET", "/organizations/{id}/billing/vnext/metadata", read_billing_metadata, Policy.APPLICATION, _GUID),
    Route("GET", "/organizations/connections/enabled", are_connections_enabled, Policy.APPLICATION),
    Route(
        "GET",
        "/organizations/connections/{orgId}/{type}",
        read_connection,
        Policy.APPLICATION,
        {"orgId": Param.GUID},
    ),
    Route(
        "PUT",
        "/organizations/{orgId}/policies/{type}",
        save_policy,
        Policy.APPLICATION,
        {"orgId": Param.GUID},
        model=_policy_model,
        requirement=_require_manage_policies,
    ),
)
