"""The licence sync of a self-hosted server, and what it looks at in the licence it gets.

Contract: docs/contract/licensing-push-installations.md A.1, A.6, A.7 and A.9. A self-hosted server trusts the
certificate that was compiled into it; this one trusts the certificate that the region publishes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sosie.domain.licences import OrganizationLicence, UnsupportedVersionError, hash_of, signature_string

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sosie.local.selfhost.installation import InstallationClient
    from sosie.local.selfhost.rows import Connection
    from sosie.local.selfhost.story import Story

_DATES = frozenset({"issued", "refresh", "expires", "expiration_without_grace_period"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and whether it is right."""

    right: bool
    text: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What the licence is held against. `now` is the self-hosted server's clock."""

    organization_id: str
    installation_id: str
    certificate_pem: str
    now: datetime


def fetch_licence(connection: Connection, licence_key: str, client: InstallationClient, story: Story) -> dict[str, Any]:
    """Ask the cloud for the organization's licence: a GET with a JSON body. Raises RefusedByCloudError."""
    payload = {"licenseKey": licence_key, "billingSyncKey": connection.billing_sync_key}
    reply = client.call("GET", f"licenses/organization/{connection.organization_id}", payload)
    licence = reply.document()
    if not 200 <= reply.status < 300 or not licence:
        raise story.refused(reply)
    story.tell(reply, f"a licence for {licence.get('name')}, version {licence.get('version')}")
    return licence


def examine(licence: Mapping[str, Any], expected: Expected) -> list[Finding]:
    """Return what is right and what is wrong about a licence, in the order a self-hosted server looks.

    The file's own signature comes last: a server that finds a token does not look at it.
    """
    return [*_examine_token(licence, expected), *_examine_signature(licence, expected)]


def _examine_token(licence: Mapping[str, Any], expected: Expected) -> Iterator[Finding]:
    import jwt  # late, with the library below it

    try:
        # The JWS layer, because the JWT layer above it judges times by the machine's clock.
        parts = jwt.PyJWS().decode_complete(
            str(licence.get("token")), _public_key(expected.certificate_pem), algorithms=["RS256"]
        )
        claims = jwt.PyJWT().decode(str(licence.get("token")), options={"verify_signature": False})
    except jwt.PyJWTError as error:
        yield Finding(False, f"the token was signed with another key than the region's: {error}")
        return
    algorithm = parts["header"].get("alg")
    yield Finding(True, f"the token was signed with the region's licence certificate ({algorithm})")
    yield Finding(claims.get("iss") == "bitwarden", f"issuer {claims.get('iss')}")
    audience = f"organization:{expected.organization_id}"
    yield Finding(claims.get("aud") == audience, f"audience {claims.get('aud')}")
    now = int(expected.now.timestamp())
    yield Finding(claims.get("nbf", now + 1) <= now, "the token is valid already, without any clock tolerance")
    yield Finding(claims.get("exp", 0) > now, "the token has not expired")
    yield Finding(claims.get("Enabled") == "True", "the cloud organization is enabled")
    same = str(claims.get("InstallationId")).lower() == expected.installation_id.lower()
    yield Finding(same, f"it is for installation {claims.get('InstallationId')}")
    yield Finding(claims.get("SelfHost") == "True", "it allows self-hosting")
    yield Finding(claims.get("LicenseType") == "Organization", f"it is an {claims.get('LicenseType')} licence")


def _examine_signature(licence: Mapping[str, Any], expected: Expected) -> Iterator[Finding]:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        typed = _typed(licence)
        text = signature_string(typed).encode()
        signature = base64.b64decode(licence["signature"], validate=True)
        _public_key(expected.certificate_pem).verify(signature, text, PKCS1v15(), SHA256())
    except (KeyError, TypeError, ValueError, AttributeError, UnsupportedVersionError) as error:
        yield Finding(False, f"the file's signature cannot be checked: {error}")
    except InvalidSignature:
        yield Finding(False, "the file's signature does not fit its fields")
    else:
        yield Finding(True, "the file's signature fits its fields")
        yield Finding(licence["hash"] == hash_of(typed), "so does its hash")


def _typed(licence: Mapping[str, Any]) -> OrganizationLicence:
    """Return the licence as the rules for its signature take it. Raises KeyError and ValueError."""
    values: dict[str, Any] = {}
    for each in fields(OrganizationLicence):
        if each.name == "license_type":
            continue
        name = "".join(word.capitalize() for word in each.name.split("_"))
        value = licence[name[0].lower() + name[1:]]
        if each.name in _DATES and value is not None:
            value = datetime.fromisoformat(value).astimezone(UTC)
        values[each.name] = value
    return OrganizationLicence(**values)


def _public_key(certificate_pem: str) -> Any:
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(certificate_pem.encode()).public_key()
