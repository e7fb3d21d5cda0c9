"""Licences: what stands in them, and that it fits hash, signature and token.

docs/contract/licensing-push-installations.md A.1, A.3 to A.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect, tokens
from sosie.conformance.expect import words
from sosie.conformance.licence import (
    MEMBERS,
    LicensedServer,
    certificate_key,
    claimed,
    download,
    hash_of,
    verify_signature,
)
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PAGE = "licensing-push-installations.md"
_DAY = 86400
_ALWAYS_CLAIMED = words("""
    LicenseType Id Enabled PlanType UsePolicies UseSso UseKeyConnector UseScim UseGroups UseEvents UseDirectory UseTotp
    Use2fa UseApi UseResetPassword SelfHost UsersGetPremium UseCustomPermissions UsePasswordManager UseSecretsManager
    LimitCollectionCreationDeletion AllowAdminAccessToAllCollectionItems UseRiskInsights Issued Expires Refresh Trial
    UseAdminSponsoredFamilies UseOrganizationDomains UseAutomaticUserConfirmation UseDisableSmAdsForUsers
    UsePhishingBlocker UseMyItems UseInviteLinks UsePam
""")
_CLAIMED_IF_KNOWN = words("""
    Name BillingEmail Plan BusinessName LicenseKey InstallationId Seats MaxCollections MaxStorageGb SmSeats
    SmServiceAccounts ExpirationWithoutGracePeriod
""")
_NEWER_THAN_THE_JSON = words("""
    usePhishingBlocker useAutomaticUserConfirmation useDisableSmAdsForUsers useMyItems useInviteLinks usePam
""")


@check("licences.content.members", f"{_PAGE} A.4", "A licence has exactly these members, nulls included.")
def members(cloud: Cloud) -> None:
    expect.members("licence", LicensedServer(cloud).licence(), MEMBERS)


@check("licences.content.identity", f"{_PAGE} A.4", "It names organization and key, and the token's installation.")
def identity(cloud: Cloud) -> None:
    server = LicensedServer(cloud)
    expected = {
        "id": server.organization.id.lower(),
        "licenseKey": server.licence_key,
        "installationId": cloud.installation.id.lower(),
        "version": 15,
        "licenseType": 1,
        "selfHost": True,
        "enabled": True,
    }
    expect.part("licence", server.licence(), expected)


@check("licences.content.frozen", f"{_PAGE} A.4", "Flags newer than the JSON are false in it.")
def frozen(cloud: Cloud) -> None:
    expect.part("licence", LicensedServer(cloud).licence(), dict.fromkeys(_NEWER_THAN_THE_JSON, False))


@check("licences.content.dates", f"{_PAGE} A.6", "Its dates are UTC with a Z.")
def dates(cloud: Cloud) -> None:
    licence = LicensedServer(cloud).licence()
    for name in ("issued", "expires", "refresh"):
        expect.matches(name, licence[name], expect.WIRE_DATE)


@check("licences.content.trial", f"{_PAGE} A.8", "In a trial a licence expires and is refreshed at its end.")
def trial(cloud: Cloud) -> None:
    mine = cloud.organization()
    billing = expect.document(mine.owner.call("GET", f"/organizations/{mine.id}/subscription"))["subscription"]
    if billing["trialEndDate"] is None:
        raise expect.NotCheckableError("new organizations have no trial here")
    end = billing["trialEndDate"]
    expected = {"trial": True, "expires": end, "refresh": end, "expirationWithoutGracePeriod": None}
    expect.part("licence", LicensedServer(cloud, mine).licence(), expected)


@check("licences.hash", f"{_PAGE} A.6", "The hash is that of the licence's fields in their order.")
def hashed(cloud: Cloud) -> None:
    licence = LicensedServer(cloud).licence()
    expect.same("hash", licence["hash"], hash_of(licence))


@check("licences.signature", f"{_PAGE} A.6", "The signature is the certificate's, over the fields with hash and dates.")
def signature(cloud: Cloud) -> None:
    verify_signature(LicensedServer(cloud).licence(), certificate_key(cloud))


@check("licences.token.signature", f"{_PAGE} A.7", "The token is signed with the same key.")
def token_signature(cloud: Cloud) -> None:
    tokens.verify("a licence token", LicensedServer(cloud).licence()["token"], certificate_key(cloud))


@check(
    "licences.token.header", f"{_PAGE} A.7", "The token's header says RS256 and JWT, and names no key.", inferred=True
)
def token_header(cloud: Cloud) -> None:
    expect.same("header", tokens.header(LicensedServer(cloud).licence()["token"]), {"alg": "RS256", "typ": "JWT"})


@check("licences.token.envelope", f"{_PAGE} A.7", "The token is bitwarden's, for one organization, for a year.")
def token_envelope(cloud: Cloud) -> None:
    server = LicensedServer(cloud)
    found = tokens.claims(server.licence()["token"])
    expect.part("claims", found, {"iss": "bitwarden", "aud": f"organization:{server.organization.id.lower()}"})
    expect.matches("claim jti", found["jti"], expect.GUID)
    lifetime = found["exp"] - found["nbf"]
    expect.holds("exp a year after nbf", lifetime in (365 * _DAY, 366 * _DAY), lifetime)


@check("licences.token.claims", f"{_PAGE} A.7", "Every claim is a text and says what the licence says.")
def token_claims(cloud: Cloud) -> None:
    licence = LicensedServer(cloud).licence()
    found = tokens.claims(licence["token"])
    known = [name for name in _CLAIMED_IF_KNOWN if licence[name[0].lower() + name[1:]] is not None]
    envelope = ("jti", "nbf", "exp", "iat", "iss", "aud")
    expect.members("claims", found, [*_ALWAYS_CLAIMED, *known, *envelope])
    own = ("LicenseType", "Issued", *(name[0].upper() + name[1:] for name in _NEWER_THAN_THE_JSON))
    for name in (*_ALWAYS_CLAIMED, *known):
        if name in own:
            expect.kind(f"claim {name}", found[name], str)
        else:
            expect.same(f"claim {name}", found[name], claimed(licence[name[0].lower() + name[1:]]))
    expect.same("claim LicenseType", found["LicenseType"], "Organization")


@check("licences.download.owner", f"{_PAGE} A.3", "The owner downloads one for any enabled installation.")
def download_owner(cloud: Cloud) -> None:
    mine = cloud.shared
    made = expect.document(cloud.api("POST", "/installations", json={"email": cloud.email("ops")}))
    licence = expect.document(download(mine, made["id"]))
    expect.members("licence", licence, MEMBERS)
    expect.part("licence", licence, {"id": mine.id, "installationId": made["id"]})
    expect.same("hash", licence["hash"], hash_of(licence))


@check("licences.download.installation", f"{_PAGE} A.3", "A missing, unknown or disabled installation is refused.")
def download_installation(cloud: Cloud) -> None:
    mine = cloud.shared
    for installation in (None, cloud.guid(), cloud.disabled_installation.id):
        expect.error(download(mine, installation), 400, "Invalid installation id")


@check(
    "licences.download.not-owner", f"{_PAGE} A.3", "For anybody else it is not found; without a GUID there is no route."
)
def download_not_owner(cloud: Cloud) -> None:
    path = f"/organizations/{cloud.shared.id}/license?installationId={cloud.installation.id}"
    expect.error(cloud.friend.call("GET", path), 404, expect.NOT_FOUND)
    expect.empty(cloud.owner.call("GET", "/organizations/mine/license"), 404)
