"""RSA pairs of people and organizations (docs/contract/identity.md §11.3)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RsaPair:
    """A key pair in the two shapes the wire carries.

    `public_spki_b64` is base64 of the DER SubjectPublicKeyInfo (392 characters for 2048 bits), sent as it is.
    `private_pkcs8_der` is DER PKCS#8, unencrypted, not PEM (about 1218 bytes); it leaves as an EncString of type 2.
    """

    public_spki_b64: str
    private_pkcs8_der: bytes = field(repr=False)


def generate_pair(bits: int = 2048) -> RsaPair:
    """Return a new pair with e = 65537. Costs 30 to 150 ms, and cannot be derived from a seed."""
    # Imported here because a start needs no key, and the library is the heaviest one Sosie has.
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    private_key = generate_private_key(public_exponent=65537, key_size=bits)
    spki = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pkcs8 = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return RsaPair(base64.b64encode(spki).decode(), pkcs8)
