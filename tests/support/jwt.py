"""Access tokens as somebody else's library would see them: published keys and `cryptography`, no code of Sosie's."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    from tests.support.cloud import TestCloud


class Token(NamedTuple):
    """Both readable parts of a token."""

    header: dict[str, Any]
    claims: dict[str, Any]


def b64url_decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(token: str) -> Token:
    """Return what a token says, whoever signed it."""
    header, payload, _ = token.split(".")
    return Token(json.loads(b64url_decode(header)), json.loads(b64url_decode(payload)))


def published_key(cloud: TestCloud, region: str | None = None) -> dict[str, Any]:
    """Return the one key that a region publishes."""
    (key,) = cloud.get("/.well-known/openid-configuration/jwks", service="identity", region=region).json["keys"]
    return dict(key)


def rsa_key(jwk: dict[str, Any]) -> rsa.RSAPublicKey:
    modulus, exponent = (int.from_bytes(b64url_decode(jwk[part]), "big") for part in ("n", "e"))
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def verified(cloud: TestCloud, token: str, region: str | None = None) -> Token:
    """Return what a token says. Raises InvalidSignature unless the region's published key signed it."""
    signed, _, signature = token.rpartition(".")
    key = rsa_key(published_key(cloud, region))
    key.verify(b64url_decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return decode(token)


def with_claims(token: str, **changes: Any) -> str:
    """Return a token that says something else and keeps the signature it had."""
    header, payload, signature = token.split(".")
    claims = json.loads(b64url_decode(payload)) | changes
    return f"{header}.{b64url(json.dumps(claims).encode())}.{signature}"
