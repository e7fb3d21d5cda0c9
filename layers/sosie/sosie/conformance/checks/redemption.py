"""An offer's token: is it good, and what taking it up does (docs/contract/api.md §2.1, §2.3, §2.6, §2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.checks.offers import FORBIDDEN
from sosie.conformance.people import FAMILIES, SPONSORSHIPS
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud
    from sosie.conformance.people import Organization

_VALIDATE = "api.md §2.6"
_REDEEM = "api.md §2.7"
_UNREADABLE = "Failed to parse sponsorship token."
_NOBODYS = {"isTokenValid": False, "isFreeFamilyPolicyEnabled": False}
_GOOD = {"isTokenValid": True, "isFreeFamilyPolicyEnabled": False}


def _redeemed(cloud: Cloud) -> tuple[Organization, Organization, str]:
    """Return a sponsoring organization, the sponsored one, and the token that was used."""
    mine, family = cloud.organization(), cloud.organization(FAMILIES, cloud.friend)
    token = mine.offered(cloud.friend.email)
    expect.done(cloud.friend.redeem(token, family.id))
    return mine, family, token


@check("sponsorships.validate.garbage", _VALIDATE, "A token that is none, or missing, is simply not valid.")
def garbage(cloud: Cloud) -> None:
    for token in ("garbage", "BWOrganizationSponsorship_garbage", ""):
        expect.same(f"answer for {token!r}", expect.document(cloud.friend.validate(token)), _NOBODYS)
    answer = cloud.friend.call("POST", f"{SPONSORSHIPS}/validate-token")
    expect.same("answer without a token", expect.document(answer), _NOBODYS)


@check("sponsorships.validate.good", _VALIDATE, "The person it was mailed to has a valid token.")
def good(cloud: Cloud) -> None:
    token = cloud.organization().offered(cloud.friend.email)
    expect.same("answer", expect.document(cloud.friend.validate(token)), _GOOD)


@check("sponsorships.validate.somebody-else", "api.md §2.3", "For anybody else the token is not valid.")
def somebody_else(cloud: Cloud) -> None:
    token = cloud.organization().offered(cloud.friend.email)
    expect.same("answer", expect.document(cloud.owner.validate(token)), _NOBODYS)


@check("sponsorships.validate.older-token", "api.md §2.3", "Sending again leaves older tokens valid.")
def older_token(cloud: Cloud) -> None:
    mine = cloud.organization()
    first = mine.offered(cloud.friend.email)
    mine.offered(cloud.friend.email)
    expect.same("answer", expect.document(cloud.friend.validate(first)), _GOOD)


@check("sponsorships.validate.offered-to-another", "api.md §2.3", "After an offer to another address it is not valid.")
def offered_to_another(cloud: Cloud) -> None:
    mine = cloud.organization()
    token = mine.offered(cloud.friend.email)
    expect.done(mine.offer(cloud.email()))
    expect.same("answer", expect.document(cloud.friend.validate(token)), _NOBODYS)


@check("sponsorships.validate.revoked", "api.md §2.3", "After the offer was taken back it is not valid.")
def revoked(cloud: Cloud) -> None:
    mine = cloud.organization()
    token = mine.offered(cloud.friend.email)
    expect.done(mine.revoke())
    expect.same("answer", expect.document(cloud.friend.validate(token)), _NOBODYS)


@check("sponsorships.validate.policy", _VALIDATE, "A valid token tells whether the sponsor's policy forbids it.")
def policy(cloud: Cloud) -> None:
    mine = cloud.organization()
    token = mine.offered(cloud.friend.email)
    mine.forbid_sponsorships()
    expected = {"isTokenValid": True, "isFreeFamilyPolicyEnabled": True}
    expect.same("answer", expect.document(cloud.friend.validate(token)), expected)


@check("sponsorships.redeem.garbage", _REDEEM, "With a token that is none nothing else is looked at.")
def redeem_garbage(cloud: Cloud) -> None:
    expect.error(cloud.friend.redeem("garbage", cloud.guid()), 400, _UNREADABLE)


@check("sponsorships.redeem.done", _REDEEM, "Redeeming is answered with nothing; the sponsor's row has an end date.")
def redeem_done(cloud: Cloud) -> None:
    mine, family, _ = _redeemed(cloud)
    found = mine.owner.profile(mine.id)
    expect.part("profile organization", found, {"familySponsorshipToDelete": False})
    until = found["familySponsorshipValidUntil"]
    expect.matches("familySponsorshipValidUntil", until, expect.WIRE_DATE)
    billing = expect.document(cloud.friend.call("GET", f"/organizations/{family.id}/subscription"))
    ends = (billing["subscription"]["periodEndDate"], billing["subscription"]["trialEndDate"])
    expect.holds(f"the end of the sponsored subscription, one of {ends}", until in ends, until)


@check("sponsorships.redeem.price", _REDEEM, "The sponsored subscription's main item says that it is sponsored.")
def redeem_price(cloud: Cloud) -> None:
    _, family, _ = _redeemed(cloud)
    billing = expect.document(cloud.friend.call("GET", f"/organizations/{family.id}/subscription"))
    sponsored = [each["sponsoredSubscriptionItem"] for each in billing["subscription"]["items"]]
    expect.holds("an item with sponsoredSubscriptionItem", True in sponsored, sponsored)


@check("sponsorships.redeem.used-token", "api.md §2.3", "A token is used up by redeeming.")
def used_token(cloud: Cloud) -> None:
    _, family, token = _redeemed(cloud)
    expect.same("answer", expect.document(cloud.friend.validate(token)), _NOBODYS)
    expect.error(cloud.friend.redeem(token, family.id), 400, _UNREADABLE)


@check("sponsorships.redeem.somebody-else", _REDEEM, "Who it was not mailed to cannot redeem.")
def redeem_somebody_else(cloud: Cloud) -> None:
    token, family = cloud.organization().offered(cloud.friend.email), cloud.organization(FAMILIES)
    expect.error(cloud.owner.redeem(token, family.id), 400, _UNREADABLE)


@check("sponsorships.redeem.not-owner", _REDEEM, "One redeems for organizations one owns.")
def not_owner(cloud: Cloud) -> None:
    token, family = cloud.organization().offered(cloud.friend.email), cloud.organization(FAMILIES)
    text = "Can only redeem sponsorship for an organization you own."
    for organization_id in (family.id, cloud.guid()):
        expect.error(cloud.friend.redeem(token, organization_id), 400, text)


@check("sponsorships.redeem.tier", _REDEEM, "Only Families organizations are sponsored.")
def tier(cloud: Cloud) -> None:
    token, other = cloud.organization().offered(cloud.friend.email), cloud.organization(owner=cloud.friend)
    text = "Can only redeem sponsorship offer on families organizations."
    expect.error(cloud.friend.redeem(token, other.id), 400, text)


@check("sponsorships.redeem.already", _REDEEM, "An organization is sponsored once.")
def already(cloud: Cloud) -> None:
    _, family, _ = _redeemed(cloud)
    token = cloud.organization().offered(cloud.friend.email)
    text = (
        "Cannot redeem a sponsorship offer for an organization that is already sponsored. "
        "Revoke existing sponsorship first."
    )
    expect.error(cloud.friend.redeem(token, family.id), 400, text)


@check(
    "sponsorships.redeem.policy",
    _REDEEM,
    "The policy of the sponsored organization forbids it, oddly, before its tier.",
)
def redeem_policy(cloud: Cloud) -> None:
    token, other = cloud.organization().offered(cloud.friend.email), cloud.organization(owner=cloud.friend)
    other.forbid_sponsorships()
    expect.error(cloud.friend.redeem(token, other.id), 400, FORBIDDEN)


@check("sponsorships.redeem.sponsor-policy", _REDEEM, "The policy of the sponsoring organization is not looked at.")
def sponsor_policy(cloud: Cloud) -> None:
    mine, family = cloud.organization(), cloud.organization(FAMILIES, cloud.friend)
    token = mine.offered(cloud.friend.email)
    mine.forbid_sponsorships()
    expect.done(cloud.friend.redeem(token, family.id))


@check("sponsorships.redeem.offer-afterwards", "api.md §2.4", "Who sponsors already cannot offer to another.")
def offer_afterwards(cloud: Cloud) -> None:
    mine, _, _ = _redeemed(cloud)
    text = "Can only sponsor one organization per Organization User."
    expect.error(mine.offer(cloud.email()), 400, text)


@check("sponsorships.redeem.same-name-afterwards", "api.md §2.4", "The same offer again after redeeming is silent.")
def same_name_afterwards(cloud: Cloud) -> None:
    mine, _, _ = _redeemed(cloud)
    before = len(cloud.offer_tokens(cloud.friend.email))
    expect.done(mine.offer(cloud.friend.email))
    expect.same("mails", len(cloud.offer_tokens(cloud.friend.email)), before)


@check("sponsorships.redeem.no-body", "api.md §1.4", "A body has to be there; a bad id in it is named.", inferred=True)
def no_body(cloud: Cloud) -> None:
    path, headers = f"{SPONSORSHIPS}/redeem", {"Content-Type": "application/json"}
    expect.empty(cloud.friend.call("POST", path), 415)
    expect.invalid(cloud.friend.call("POST", path, content=b"", headers=headers), {"": [expect.NO_BODY]})
    body = {"sponsoredOrganizationId": "mine"}
    expect.invalid_at(cloud.friend.call("POST", path, body), "$.sponsoredOrganizationId")
