"""What Sosie signs access tokens and licences with: an RSA key, and a self-signed certificate that says whose it is.

Wire facts: docs/contract/identity.md §4.3 and §9, docs/contract/licensing-push-installations.md A.6 and A.7.
The heavy libraries are imported inside functions: no start needs a key, and start-up time has a budget.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sosie.domain.errors import BadTokenError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

_CERTIFICATE_LIFE = timedelta(days=20 * 365)
_BACKDATED = timedelta(days=1)  # clocks of containers and worlds differ


class SigningKey:
    """A loaded private key and its certificate: a `Signer` of `ports.py`.

    Loading is cheap; creating costs 30 to 150 ms for 2048 bits, and up to seconds for 4096.

    `kid` is the upper-case hex SHA-1 thumbprint of the certificate followed by `RS256`, `x5t` the same thumbprint
    in base64url, `certificate_pem` the certificate for people who want to trust or inspect it.
    """

    def __init__(self, private_key: RSAPrivateKey, certificate: Certificate) -> None:
        """Take the two halves; raises ValueError when the certificate is for another key."""
        from cryptography.hazmat.primitives.serialization import Encoding

        self._private_key = private_key
        self._public_key = private_key.public_key()
        if certificate.public_key() != self._public_key:
            raise ValueError("the certificate belongs to another key")
        self._der = certificate.public_bytes(Encoding.DER)
        thumbprint = hashlib.sha1(self._der, usedforsecurity=False)
        self.kid = thumbprint.hexdigest().upper() + "RS256"
        self.x5t = _base64url(thumbprint.digest())
        self.certificate_pem = certificate.public_bytes(Encoding.PEM).decode()

    @classmethod
    def create(cls, common_name: str, now: datetime, bits: int = 2048) -> SigningKey:
        """Make a key and a certificate, valid for 20 years, whose subject is `common_name` (1 to 64 characters).

        The name must show that this is not Bitwarden's, such as `Sosie token signing (not Bitwarden)`.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.x509.oid import NameOID

        private_key = generate_private_key(public_exponent=65537, key_size=bits)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(private_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(now + _CERTIFICATE_LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(private_key, SHA256())
        )
        return cls(private_key, certificate)

    @classmethod
    def from_pem(cls, text: str) -> SigningKey:
        """Load what `to_pem` wrote, in either order. Raises ValueError when something else is in there."""
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from cryptography.x509 import load_pem_x509_certificate

        # Testing the primes again takes 80 ms (4096 bits: 500 ms) at every start; the text is our own.
        private_key = load_pem_private_key(text.encode(), None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(private_key, RSAPrivateKey):
            raise ValueError("a signing key is an RSA key")  # noqa: TRY004  a wrong value, not a wrong call
        return cls(private_key, load_pem_x509_certificate(text.encode()))

    def to_pem(self) -> str:
        """Return private key (PKCS#8, unencrypted) and certificate as one PEM text. It is a secret."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        key = self._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key.decode() + self.certificate_pem

    def jwk(self) -> dict[str, Any]:
        """Return the public key as the member of `keys` that the identity service publishes."""
        numbers = self._public_key.public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.x5t,
            "e": _base64url_number(numbers.e),
            "n": _base64url_number(numbers.n),
            "x5c": [base64.b64encode(self._der).decode()],
            "alg": "RS256",
        }

    def sign(self, data: bytes) -> bytes:
        """Return the RSA PKCS#1 v1.5 signature with SHA-256: 256 bytes for 2048 bits, equal for equal data."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return self._private_key.sign(data, PKCS1v15(), SHA256())

    def encode_jwt(self, payload: Mapping[str, Any], headers: Mapping[str, Any]) -> str:
        """Return a signed token whose header has exactly these members and `alg` RS256.

        An access token's headers are `kid`, `x5t` and `typ` = `at+jwt`; a licence token's is `typ` = `JWT` alone.
        """
        import jwt

        exactly = {"typ": None, **headers, "alg": "RS256"}  # PyJWT adds a `typ` unless told otherwise
        return jwt.encode(dict(payload), self._private_key, algorithm="RS256", headers=exactly)

    def decode_jwt(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return headers and payload of a token this key signed with RS256.

        Checks the signature and no claim: time is the world's, and the caller knows which world. Raises
        BadTokenError for every other text, and nothing else.
        """
        import jwt
        from jwt.api_jws import decode_complete  # not the layer above: it judges claims by the machine's clock

        try:
            parts = decode_complete(token, self._public_key, algorithms=["RS256"])
            payload = json.loads(parts["payload"])
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise BadTokenError(f"not a token of this key: {error}") from error
        # Some decoders let stray characters pass at the end, the one place that is not signed.
        if not isinstance(payload, dict) or _base64url(parts["signature"]) != token.rpartition(".")[2]:
            raise BadTokenError("not a token of this key: malformed")
        return parts["header"], payload


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _base64url_number(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
