"""Organizations: create, read, forbid sponsorships (docs/contract/api.md §4.2, §4.6, §4.7, §4.10, §2.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.conformance import expect
from sosie.conformance.expect import words
from sosie.conformance.people import FAMILIES, FREE, sign_up
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud
    from sosie.conformance.wire import Answer

_FREE_OF_CHARGE = "/organizations/create-without-payment"
_CREATE = "api.md §4.10"
_MEMBERS = words("""
    object id name businessName businessAddress1 businessAddress2 businessAddress3 businessCountry businessTaxNumber
    billingEmail plan secretsManagerPlan planType seats maxAutoscaleSeats maxCollections maxStorageGb smSeats
    smServiceAccounts maxAutoscaleSmSeats maxAutoscaleSmServiceAccounts usePolicies useSso useKeyConnector useScim
    useGroups useDirectory useEvents useTotp use2fa useApi useSecretsManager useResetPassword usersGetPremium
    useCustomPermissions selfHost hasPublicAndPrivateKeys usePasswordManager limitCollectionCreation
    limitCollectionDeletion limitItemDeletion allowAdminAccessToAllCollectionItems useRiskInsights
    useOrganizationDomains useAdminSponsoredFamilies useAutomaticUserConfirmation useDisableSmAdsForUsers
    usePhishingBlocker useMyItems useInviteLinks usePam
""")
_SUBSCRIPTION = words("""
    storageName storageGb expiration expirationWithoutGracePeriod subscription upcomingInvoice customerDiscount
    pendingAnnualUpgrade smServiceAccountsGrace exemptFromBillingAutomation
""")


def _create(cloud: Cloud, path: str = _FREE_OF_CHARGE, /, plan: int = FAMILIES, **changes: Any) -> Answer:
    name = f"Conformance {cloud.target.label}"
    return cloud.friend.call("POST", path, sign_up(plan, name, cloud.friend.email, **changes))


@check("organizations.create.families", _CREATE, "A Families organization is created and answered whole.")
def create_families(cloud: Cloud) -> None:
    made = expect.document(_create(cloud))
    expect.has_members("organization", made, _MEMBERS)
    expected = {"object": "organization", "planType": FAMILIES, "billingEmail": cloud.friend.email}
    expect.part("organization", made, expected | {"name": f"Conformance {cloud.target.label}"})
    expect.matches("id", made["id"], expect.GUID)


@check("organizations.create.with-payment", _CREATE, "With payment details the other route creates one too.")
def create_with_payment(cloud: Cloud) -> None:
    payment: dict[str, Any] = {"paymentToken": "pm_card_visa", "paymentMethodType": 0, "billingAddressCountry": "DE"}
    made = expect.document(_create(cloud, "/organizations", **payment))
    expect.part("organization", made, {"object": "organization", "planType": FAMILIES})


@check("organizations.create.payment-missing", _CREATE, "Without payment details each one that is missing is named.")
def payment_missing(cloud: Cloud) -> None:
    errors = {
        "PaymentToken": ["Payment required."],
        "PaymentMethodType": ["Payment method type required."],
        "BillingAddressCountry": ["Country required."],
    }
    expect.invalid(_create(cloud, "/organizations"), errors)


@check("organizations.create.postal-code", _CREATE, "In the US and in Switzerland a postal code is required.")
def postal_code(cloud: Cloud) -> None:
    for country in ("US", "CH"):
        payment: dict[str, Any] = {"paymentToken": "pm", "paymentMethodType": 0, "billingAddressCountry": country}
        answer = _create(cloud, "/organizations", **payment)
        expect.invalid(answer, {"BillingAddressPostalCode": ["Zip / postal code is required."]})


@check("organizations.create.name-too-long", _CREATE, "A name has at most 50 characters.")
def name_too_long(cloud: Cloud) -> None:
    answer = _create(cloud, name="a" * 51)
    expect.invalid(answer, {"Name": ["The field Name exceeds the maximum length."]})


@check("organizations.create.required", _CREATE, "Name, billing e-mail, key and key pair are required.")
def required(cloud: Cloud) -> None:
    found = expect.document(_create(cloud, name=None, billingEmail=None, key=None, keys=None), 400)
    expect.same("message", found["message"], expect.INVALID_MODEL)
    expect.has_members("validationErrors", found["validationErrors"], ("Name", "BillingEmail", "Key", "Keys"))


@check("organizations.create.collection-name", _CREATE, "The collection's name has to be encrypted.")
def collection_name(cloud: Cloud) -> None:
    answer = _create(cloud, collectionName="Default")
    expect.invalid(answer, {"CollectionName": ["CollectionName is not a valid encrypted string."]})


@check("organizations.create.unknown-plan", _CREATE, "A plan that does not exist is not found.")
def unknown_plan(cloud: Cloud) -> None:
    expect.error(_create(cloud, plan=99), 404, expect.NOT_FOUND)


@check("organizations.create.extra-seats", _CREATE, "Families has no extra seats.")
def extra_seats(cloud: Cloud) -> None:
    expect.error(_create(cloud, additionalSeats=1), 400, "Plan does not allow additional users.")


@check("organizations.create.html", "api.md §1.3", "A name with a special character is answered as it was given.")
def html(cloud: Cloud) -> None:
    made = expect.document(_create(cloud, name="Tom & Jerry's <Family>"))
    expect.same("name", made["name"], "Tom & Jerry's <Family>")


@check("organizations.create.default-key", "api.md §3.1", "A new organization has one API key, of type Default.")
def default_key(cloud: Cloud) -> None:
    expect.same("types of keys", [each["keyType"] for each in cloud.organization().key_information()], [0])


@check("organizations.create.second-free", _CREATE, "Nobody owns two free organizations.")
def second_free(cloud: Cloud) -> None:
    # Whether the first one is new depends on what the person had before.
    _create(cloud, plan=FREE)
    expect.error(_create(cloud, plan=FREE), 400, "You can only be an admin of 1 free organization vault.")


@check("organizations.read.shape", "api.md §4.6", "Its owner reads an organization whole, nulls included.")
def read_shape(cloud: Cloud) -> None:
    mine = cloud.shared
    found = expect.document(mine.owner.call("GET", f"/organizations/{mine.id}"))
    expect.members("organization", found, _MEMBERS)
    expect.part("organization", found, {"id": mine.id, "secretsManagerPlan": None, "planType": 20})
    expect.part("plan", found["plan"], {"object": "plan", "type": 20, "productTier": 3})


@check("organizations.read.not-owner", "api.md §4.6", "For anybody else an organization is not found.")
def read_not_owner(cloud: Cloud) -> None:
    mine = cloud.shared
    for organization_id in (mine.id, cloud.guid()):
        answer = cloud.friend.call("GET", f"/organizations/{organization_id}")
        expect.error(answer, 404, expect.NOT_FOUND)


@check("organizations.read.not-a-guid", "api.md §4.6", "An id that is no GUID is a server error.", inferred=True)
def read_not_a_guid(cloud: Cloud) -> None:
    expect.error(cloud.owner.call("GET", "/organizations/mine"), 500, expect.UNHANDLED)


@check("organizations.subscription.shape", "api.md §4.7", "The subscription is the organization and its billing.")
def subscription(cloud: Cloud) -> None:
    mine = cloud.organization(FAMILIES)
    found = expect.document(mine.owner.call("GET", f"/organizations/{mine.id}/subscription"))
    expect.has_members("subscription", found, [*_MEMBERS, *_SUBSCRIPTION])
    expect.part("subscription", found, {"object": "organizationSubscription", "id": mine.id})
    expect.kind("subscription.items", found["subscription"]["items"], list)
    for item in found["subscription"]["items"]:
        expect.kind("item.name", item["name"], str)


@check("organizations.subscription.refused", "api.md §4.7", "Others do not find it; without a GUID there is no route.")
def subscription_refused(cloud: Cloud) -> None:
    mine = cloud.shared
    answer = cloud.friend.call("GET", f"/organizations/{mine.id}/subscription")
    expect.error(answer, 404, expect.NOT_FOUND)
    expect.empty(cloud.owner.call("GET", "/organizations/mine/subscription"), 404)


@check("organizations.profile.available", "api.md §4.2", "Without a sponsorship an Enterprise member may sponsor.")
def profile_available(cloud: Cloud) -> None:
    mine = cloud.organization()
    expected = {
        "object": "profileOrganization",
        "productTierType": 3,
        "status": 2,
        "type": 0,
        "familySponsorshipFriendlyName": None,
        "familySponsorshipAvailable": True,
        "familySponsorshipLastSyncDate": None,
        "familySponsorshipValidUntil": None,
        "familySponsorshipToDelete": None,
        "isAdminInitiated": False,
    }
    expect.part("profile organization", mine.owner.profile(mine.id), expected)


@check("organizations.profile.families", "api.md §4.2", "A Families organization cannot sponsor.")
def profile_families(cloud: Cloud) -> None:
    mine = cloud.organization(FAMILIES)
    found = mine.owner.profile(mine.id)
    expect.part("profile organization", found, {"productTierType": 1, "familySponsorshipAvailable": False})


@check("organizations.policy.switch", "api.md §2.11", "The policy against sponsorships can be switched on and off.")
def policy(cloud: Cloud) -> None:
    mine = cloud.organization()
    for enabled in (True, False):
        body = {"policy": {"enabled": enabled, "data": None}}
        expect.status(mine.owner.call("PUT", f"/organizations/{mine.id}/policies/13", body), 200)
        found = expect.document(mine.owner.call("GET", "/sync?excludeDomains=true"))["policies"]
        ours = [each["enabled"] for each in found if each["organizationId"] == mine.id and each["type"] == 13]
        expect.holds("policy 13 as switched, or none when off", ours in ([enabled], [] if not enabled else None), ours)


@check("organizations.connections", "api.md §4.11", "The cloud has no connection to a self-hosted server.")
def connections(cloud: Cloud) -> None:
    mine = cloud.shared
    expect.same(
        "enabled", expect.document(mine.owner.call("GET", "/organizations/connections/enabled")), expected=False
    )
    answer = mine.owner.call("GET", f"/organizations/connections/{mine.id}/1")
    text = "Cannot get a CloudBillingSync connection outside of a self-hosted instance."
    expect.error(answer, 400, text)
    answer = cloud.friend.call("GET", f"/organizations/connections/{mine.id}/1")
    expect.error(answer, 400, "You do not have permission to retrieve a connection of type CloudBillingSync.")
