"""The claims of a licence's token: what a self-hosted server believes, all of it text.

The rules are docs/contract/licensing-push-installations.md, A.7; the signing is done elsewhere.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sosie.domain.licence_dates import months_after
from sosie.domain.licences import Licence, LicenceType, OrganizationLicence, UserLicence, properties

ISSUER = "bitwarden"

_NEVER_CLAIMED = frozenset({"Version", "Hash", "Signature", "Token"})
_CLAIMED_OF_ORGANIZATION_IF_SET = frozenset(
    {
        "Name",
        "BillingEmail",
        "Plan",
        "BusinessName",
        "LicenseKey",
        "InstallationId",
        "Seats",
        "MaxCollections",
        "MaxStorageGb",
        "SmSeats",
        "SmServiceAccounts",
        "ExpirationWithoutGracePeriod",
    }
)
_CLAIMED_OF_USER_IF_SET = frozenset({"Email", "Name", "LicenseKey", "MaxStorageGb", "Expires", "Refresh"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def organization_claims(licence: OrganizationLicence, now: datetime) -> dict[str, str]:
    """The licence claims of an organization's token: 35 always, 12 if not null (A.7).

    `Issued` is `now`, the time of the token, which the cloud reads apart from the `issued` of the JSON.
    """
    return _claims(licence, now, _CLAIMED_OF_ORGANIZATION_IF_SET)


def user_claims(licence: UserLicence, now: datetime) -> dict[str, str]:
    """The licence claims of a person's token: 5 always, 6 if not null (A.7)."""
    return _claims(licence, now, _CLAIMED_OF_USER_IF_SET)


def token_payload(licence: Licence, now: datetime, jti: UUID | str) -> dict[str, str | int]:
    """The whole JWT payload: the licence claims, then jti, nbf, exp, iat, iss and aud (A.7).

    Times are whole Unix seconds, cut off. A token lives for one calendar year, however long the licence runs.
    """
    if isinstance(licence, OrganizationLicence):
        claims = organization_claims(licence, now)
    else:
        claims = user_claims(licence, now)
    issued_at = (now - _EPOCH) // _SECOND
    return {
        **claims,
        "jti": str(jti),
        "nbf": issued_at,
        "exp": (months_after(now, 12) - _EPOCH) // _SECOND,
        "iat": issued_at,
        "iss": ISSUER,
        "aud": f"{licence.license_type.name.lower()}:{claims['Id']}",
    }


def _claims(licence: Licence, now: datetime, only_if_set: frozenset[str]) -> dict[str, str]:
    return {
        name: _claimed_value(value)
        for name, value in properties(replace(licence, issued=now))
        if name not in _NEVER_CLAIMED and not (value is None and name in only_if_set)
    }


def _claimed_value(value: object) -> str:
    match value:
        case None:
            return ""
        case LicenceType():
            return value.name.capitalize()
        case datetime():
            utc = value.astimezone(UTC)
            return f"{utc:%m/%d}/{utc.year:04} {utc:%H:%M:%S}"
        case _:
            return str(value)
