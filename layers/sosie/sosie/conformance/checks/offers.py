"""Offering a Families sponsorship, again and to whom not (docs/contract/api.md §2.4, §2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.people import ENCRYPTED, SPONSORSHIPS, TEAMS, Organization
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_OFFER = "api.md §2.4"
_RESEND = "api.md §2.5"
FORBIDDEN = "Free Bitwarden Families sponsorship has been disabled by your organization administrator."
_NOT_SUPPORTED = "The SponsoredEmail field is not a supported e-mail address format."
_TO_SELF = "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email."


@check("sponsorships.offer.done", _OFFER, "An offer is answered with nothing, and the member's row is there.")
def done(cloud: Cloud) -> None:
    mine, friend = cloud.organization(), cloud.email()
    expect.done(mine.offer(friend))
    expected = {
        "familySponsorshipFriendlyName": friend,
        "familySponsorshipAvailable": False,
        "familySponsorshipLastSyncDate": None,
        "familySponsorshipValidUntil": None,
        "familySponsorshipToDelete": False,
        "isAdminInitiated": False,
    }
    expect.part("profile organization", mine.owner.profile(mine.id), expected)


@check("sponsorships.offer.mail", "api.md §2.11", "An offer is mailed once, with a token fit for a link.")
def mail(cloud: Cloud) -> None:
    token = cloud.organization().offered(cloud.email())
    expect.matches("sponsorship token", token, r"BWOrganizationSponsorship_[A-Za-z0-9_-]+")


@check("sponsorships.offer.again-resends", _OFFER, "The same friendly name again sends the mail again.")
def again(cloud: Cloud) -> None:
    mine, friend = cloud.organization(), cloud.email()
    first = mine.offered(friend)
    second = mine.offered(friend)
    expect.holds("another token", first != second, "the same token")


@check("sponsorships.offer.same-name-keeps-address", _OFFER, "The same name for another address mails the first one.")
def same_name(cloud: Cloud) -> None:
    mine, first, second = cloud.organization(), cloud.email(), cloud.email()
    mine.offered(first, friendlyName="cousin")
    expect.done(mine.offer(second, friendlyName="cousin"))
    expect.same("mails to the first address", len(cloud.offer_tokens(first)), 2)
    expect.same("mails to the second address", len(cloud.offer_tokens(second)), 0)


@check("sponsorships.offer.other-name-overwrites", _OFFER, "Another friendly name replaces the member's open offer.")
def other_name(cloud: Cloud) -> None:
    mine, second = cloud.organization(), cloud.email()
    expect.done(mine.offer(cloud.email()))
    expect.done(mine.offer(second))
    expect.same("friendly name", mine.owner.profile(mine.id)["familySponsorshipFriendlyName"], second)


@check("sponsorships.offer.email-missing", _OFFER, "Without an e-mail both texts are answered.", inferred=True)
def email_missing(cloud: Cloud) -> None:
    answer = cloud.shared.offer("x", sponsoredEmail=None)
    expect.invalid(answer, {"SponsoredEmail": ["The SponsoredEmail field is required.", _NOT_SUPPORTED]})


@check("sponsorships.offer.email-unsupported", "api.md §1.7", "The e-mail has to be a plain one.")
def email_unsupported(cloud: Cloud) -> None:
    mine = cloud.shared
    for email in ("pat", "pat@mail", "pat@mail.t3", "Pat <pat@mail.test>", "pät@mail.test"):
        expect.invalid(mine.offer(email, friendlyName="pat"), {"SponsoredEmail": [_NOT_SUPPORTED]})


@check("sponsorships.offer.too-long", "api.md §1.7", "E-mail and friendly name have at most 256 characters.")
def too_long(cloud: Cloud) -> None:
    mine, text = cloud.shared, "The field {} must be a string with a maximum length of 256."
    answer = mine.offer("a" * 247 + "@mail.test", friendlyName="pat")
    expect.invalid(answer, {"SponsoredEmail": [text.format("SponsoredEmail")]})
    answer = mine.offer(cloud.email(), friendlyName="a" * 257)
    expect.invalid(answer, {"FriendlyName": [text.format("FriendlyName")]})


@check("sponsorships.offer.notes", "api.md §1.7", "Notes have to be encrypted.")
def notes(cloud: Cloud) -> None:
    mine = cloud.organization()
    answer = mine.offer(cloud.email(), notes="for my cousin")
    expect.invalid(answer, {"Notes": ["Notes is not a valid encrypted string."]})
    expect.done(mine.offer(cloud.email(), notes=ENCRYPTED))


@check("sponsorships.offer.to-self", _OFFER, "Nobody offers to themselves, in no letter case.")
def to_self(cloud: Cloud) -> None:
    mine = cloud.shared
    for email in (mine.owner.email, mine.owner.email.upper()):
        expect.error(mine.offer(email), 400, _TO_SELF)


@check("sponsorships.offer.no-member", _OFFER, "Who is no member, or names no organization, fails the server.")
def no_member(cloud: Cloud) -> None:
    mine = cloud.shared
    expect.error(mine.offer(cloud.email(), by=cloud.friend), 500, expect.UNHANDLED)
    nowhere = Organization(cloud.guid(), cloud.owner)
    expect.error(nowhere.offer(cloud.email()), 500, expect.UNHANDLED)


@check("sponsorships.offer.unknown-type", _OFFER, "Another type of sponsorship fails the server.")
def unknown_type(cloud: Cloud) -> None:
    answer = cloud.shared.offer(cloud.email(), planSponsorshipType=1)
    expect.error(answer, 500, expect.UNHANDLED)


@check("sponsorships.offer.teams", _OFFER, "A Teams organization cannot sponsor.")
def teams(cloud: Cloud) -> None:
    answer = cloud.organization(TEAMS).offer(cloud.email())
    expect.error(answer, 400, "Specified Organization cannot sponsor other organizations.")


@check("sponsorships.offer.self-before-tier", _OFFER, "A Teams owner who offers to themselves: that is named.")
def self_before_tier(cloud: Cloud) -> None:
    mine = cloud.organization(TEAMS)
    expect.error(mine.offer(mine.owner.email), 400, _TO_SELF)


@check("sponsorships.offer.policy", _OFFER, "The policy forbids offers, and is looked at before anything else.")
def policy(cloud: Cloud) -> None:
    mine = cloud.organization()
    mine.forbid_sponsorships()
    for answer in (
        mine.offer(cloud.email()),
        mine.offer(mine.owner.email),
        mine.offer(cloud.email(), by=cloud.friend),
    ):
        expect.error(answer, 400, FORBIDDEN)


@check("sponsorships.offer.validation-before-policy", _OFFER, "An invalid offer is invalid, whatever the policy says.")
def validation_before_policy(cloud: Cloud) -> None:
    mine = cloud.organization()
    mine.forbid_sponsorships()
    expect.invalid(mine.offer("pat"), {"SponsoredEmail": [_NOT_SUPPORTED]})


@check("sponsorships.offer.by-admin", _OFFER, "Without the feature an organization sends no offers of its own.")
def by_admin(cloud: Cloud) -> None:
    mine = cloud.organization()
    if mine.owner.profile(mine.id)["useAdminSponsoredFamilies"]:
        raise expect.NotCheckableError("new organizations have admin-sponsored families here")
    answer = mine.offer(cloud.email(), isAdminInitiated=True)
    text = "Sponsoring organization cannot send admin-initiated sponsorship invitations"
    expect.error(answer, 400, text)


@check("sponsorships.offer.not-a-guid", "api.md §1.7", "An id that is no GUID is invalid.")
def not_a_guid(cloud: Cloud) -> None:
    expect.invalid_at(Organization("mine", cloud.owner).offer(cloud.email()), "sponsoringOrgId")


@check("sponsorships.offer.no-token", "api.md §1.1", "Without a token, or with an installation's, nobody offers.")
def no_token(cloud: Cloud) -> None:
    path = f"{SPONSORSHIPS}/{cloud.shared.id}/families-for-enterprise"
    expect.empty(cloud.api("POST", path, json={}), 401)
    expect.empty(cloud.api("POST", path, json={}, token=cloud.installation_token("api.installation")), 403)


@check("sponsorships.resend.nobody", _RESEND, "For a name that nobody has, nothing is sent and all is well.")
def resend_nobody(cloud: Cloud) -> None:
    mine = cloud.shared
    for name in (None, "nobody"):
        expect.done(mine.resend(name))


@check("sponsorships.resend.letter-case", _RESEND, "The friendly name matches in any letter case; a mail goes out.")
def resend_letter_case(cloud: Cloud) -> None:
    mine, friend = cloud.organization(), cloud.email()
    first = mine.offered(friend)
    expect.done(mine.resend(friend.upper()))
    tokens = cloud.offer_tokens(friend)
    expect.same("mails", len(tokens), 2)
    expect.holds("another token", tokens[1] != first, "the same token")


@check("sponsorships.resend.forbidden", _RESEND, "Who may not manage users is refused without a body.")
def resend_forbidden(cloud: Cloud) -> None:
    expect.empty(cloud.shared.resend("x", by=cloud.friend), 403)


@check("sponsorships.resend.policy", _RESEND, "The policy forbids resending too.")
def resend_policy(cloud: Cloud) -> None:
    mine = cloud.organization()
    mine.forbid_sponsorships()
    expect.error(mine.resend("nobody"), 400, FORBIDDEN)


@check("sponsorships.resend.redeemed", _RESEND, "An offer that was taken up cannot be sent again.")
def resend_redeemed(cloud: Cloud) -> None:
    mine, family = cloud.organization(), cloud.organization(22, cloud.friend)
    expect.done(cloud.friend.redeem(mine.offered(cloud.friend.email), family.id))
    text = "Cannot find an outstanding sponsorship offer for this organization."
    expect.error(mine.resend(cloud.friend.email), 400, text)
