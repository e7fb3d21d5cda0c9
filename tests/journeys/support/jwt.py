"""Access tokens, verified with the keys the region publishes and nothing else."""

import base64
import hashlib
import json
from typing import Any, NamedTuple

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.journeys.support.region import Region


class Token(NamedTuple):
    header: dict[str, Any]
    claims: dict[str, Any]


def b64url_decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(token: str) -> Token:
    header, payload, _ = token.split(".")
    return Token(json.loads(b64url_decode(header)), json.loads(b64url_decode(payload)))


def verify(token: str, key: rsa.RSAPublicKey) -> Token:
    """Raises InvalidSignature unless the key signed this token."""
    signed, _, signature = token.rpartition(".")
    key.verify(b64url_decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return decode(token)


def published_key(http: httpx.Client, region: Region) -> dict[str, Any]:
    answer = http.get(f"{region.identity}/.well-known/openid-configuration/jwks").raise_for_status()
    (key,) = answer.json()["keys"]
    return key


def rsa_key(jwk: dict[str, Any]) -> rsa.RSAPublicKey:
    modulus, exponent = (int.from_bytes(b64url_decode(jwk[part])) for part in ("n", "e"))
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def assert_key_is_well_formed(jwk: dict[str, Any]) -> None:
    """identity.md §9: the certificate, the numbers and the names all speak of the same key."""
    assert jwk.keys() == {"kty", "use", "kid", "x5t", "e", "n", "x5c", "alg"}
    assert (jwk["kty"], jwk["use"], jwk["alg"]) == ("RSA", "sig", "RS256")
    (text,) = jwk["x5c"]
    der = base64.b64decode(text, validate=True)
    thumbprint = hashlib.sha1(der).digest()
    assert jwk["x5t"] == b64url(thumbprint)
    assert jwk["kid"] == thumbprint.hex().upper() + "RS256"
    certified = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(certified, rsa.RSAPublicKey)
    assert certified.public_numbers() == rsa_key(jwk).public_numbers()
    assert certified.key_size == 2048


def verified(http: httpx.Client, region: Region, token: str) -> Token:
    jwk = published_key(http, region)
    checked = verify(token, rsa_key(jwk))
    expected = {"alg": "RS256", "kid": jwk["kid"], "typ": "at+jwt"}
    assert {name: checked.header.get(name) for name in expected} == expected
    return checked
