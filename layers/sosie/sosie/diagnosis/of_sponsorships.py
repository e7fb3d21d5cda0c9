"""Diagnoses of offers and of what becomes of them (docs/contract/api.md §2.3 to §2.7, §2.10)."""

from __future__ import annotations

from sosie.diagnosis.model import Diagnosis

SPONSORSHIPS = (
    Diagnosis(
        "POLICY_FORBIDS",
        "Policy 13 of an organization forbids free Families sponsorships.",
        "Policy 13 of {organization} forbids free Families sponsorships since {since}.",
        "Switch it off: PUT {api_uri}organizations/{organization_id}/policies/13 with "
        '{{"policy":{{"enabled":false}}}}.',
    ),
    Diagnosis(
        "NOT_A_MEMBER",
        "The caller is no member of the organization.",
        "The account {caller} is no member of {organization}.",
        "Sign in as a member, or use the id of an organization the account belongs to.",
    ),
    Diagnosis(
        "NOT_CONFIRMED",
        "The caller is a member who is not confirmed.",
        "The membership of {caller} in {organization} is {status}, not confirmed.",
        "Confirm the member first.",
    ),
    Diagnosis(
        "TIER_NOT_ENTERPRISE",
        "The organization's plan cannot sponsor.",
        "The plan of {organization} is {plan}, and only Enterprise sponsors.",
        "Offer as a member of an organization with an Enterprise plan.",
    ),
    Diagnosis(
        "TIER_NOT_FAMILIES",
        "The organization that is to profit has no Families plan.",
        "The plan of {organization} is {plan}, and only a Families organization can redeem an offer.",
        "Redeem for a Families organization; create one with POST {api_uri}organizations and planType 22.",
    ),
    Diagnosis(
        "OFFER_TO_YOURSELF",
        "The offer is for the caller's own address.",
        "The account {caller} offers to its own address.",
        "Offer to the address of another person.",
    ),
    Diagnosis(
        "ALREADY_SPONSORING",
        "The member's one sponsorship is redeemed.",
        "The member {caller} of {organization} already sponsors {sponsored}.",
        "Revoke that sponsorship first, or offer as another member.",
    ),
    Diagnosis(
        "ADMIN_OFFERS_OFF",
        "The organization may not sponsor for its members.",
        "The organization {organization} does not have useAdminSponsoredFamilies, which admin-initiated offers need.",
        "Switch it on in the scenario, or send isAdminInitiated false.",
    ),
    Diagnosis(
        "SEATS_FULL",
        "An admin-initiated offer takes a seat, and none is free.",
        "All {seats} seats of {organization} are taken, and it cannot get another one.",
        "Remove members or offers, or raise the limit in the scenario.",
    ),
    Diagnosis(
        "OFFER_NAME_UNKNOWN",
        "The organization has no sponsorship with this friendly name. A resend is answered 200 all the same.",
        "No sponsorship of {organization} has the friendly name that was sent; {consequence}.",
        "Send the friendlyName of the offer, which official clients make the e-mail address, percent-encoded.",
    ),
    Diagnosis(
        "OFFER_UNREADABLE",
        "The sponsorship token is none that this region and world sent.",
        "The sponsorship token that was sent is none that {region} of this world ever sent{how}.",
        "Copy it whole from the link of the offer mail (`sosie mail latest`).",
    ),
    Diagnosis(
        "OFFER_OTHER_REGION",
        "The sponsorship token was sent by the other region.",
        "The offer was made in {other}, and {region} was asked.",
        "Redeem it with an account of {other}: {other_api_uri}.",
    ),
    Diagnosis(
        "OFFER_FOR_OTHER_EMAIL",
        "The offer was made to another address than the caller's.",
        "The offer was made to {offered_to}, and {caller} uses it.",
        "Sign in as the person it was sent to, or send a new offer.",
    ),
    Diagnosis(
        "OFFER_REPLACED",
        "The offer was made anew, to another address.",
        "The offer was first made to {first}; since then it was made to {offered_to}.",
        "Use the token of the newest mail.",
    ),
    Diagnosis(
        "OFFER_ALREADY_REDEEMED",
        "The offer was redeemed before.",
        "The offer was redeemed before, for {sponsored}{until}.",
        "Send a new offer; each can be redeemed once.",
    ),
    Diagnosis(
        "OFFER_GONE",
        "The offer was withdrawn, or lapsed.",
        "The offer to {first} does not exist any more: it was revoked, deleted by a sync, or lapsed.",
        "Send a new offer.",
    ),
    Diagnosis(
        "OFFER_EXPIRED",
        "The sync that brought the offer is too long ago.",
        "The offer was last synced at {synced}, more than 182.5 days before {now}; it is deleted now.",
        "Sync the self-hosted server, which makes the offer anew, and use the new mail.",
    ),
    Diagnosis(
        "ALREADY_SPONSORED",
        "The Families organization has a sponsor already.",
        "The organization {organization} is sponsored already, by {sponsor}{until}.",
        "Remove that sponsorship and let it run out, or redeem for another Families organization.",
    ),
    Diagnosis(
        "NOT_SPONSORING",
        "The caller sponsors nobody in this organization.",
        "The member {caller} of {organization} sponsors nobody.",
        "Revoke as the member who made the offer; an admin revokes by friendly name.",
    ),
    Diagnosis(
        "NOT_SPONSORED",
        "Nobody sponsors the organization.",
        "Nobody sponsors {organization}.",
        "Use the id of the Families organization that redeemed an offer.",
    ),
)
