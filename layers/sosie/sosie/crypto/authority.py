"""Sosie's own certificate authority for TLS: what a test environment trusts, and the only thing it needs to trust.

Whoever holds the authority's key could pose as any host to those who trust it. Name constraints bind it to local
names, the Bitwarden clouds' names (which Sosie stands in for) and private addresses. OpenSSL (so Node, Python, curl)
and rustls enforce them; Java does not for a certificate it is told to trust.
How each client comes to trust it: docs/contract/clients.md §6. The heavy library is imported inside functions,
so that a start without TLS does not pay for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from sosie.domain.errors import SosieError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, CertificateBuilder, GeneralName, KeyUsage, Name

COMMON_NAME = "Sosie test authority (not Bitwarden)"
HOST_COMMON_NAME = "Sosie test host (not Bitwarden)"
"""Never a host name: OpenSSL would hold an address in it against the constraints for names."""

DOMAINS = ("localhost", "test", "docker.internal", "containers.internal", "bitwarden.com", "bitwarden.eu")
"""The names the authority may vouch for, each with everything below it."""
NETWORKS = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
"""The addresses it may vouch for: loopback and private."""

_AUTHORITY_LIFE = timedelta(days=3650)
_HOST_LIFE = timedelta(days=397)
_BACKDATED = timedelta(days=1)  # clocks of containers differ
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_DNS_NAME = re.compile(rf"(?=.{{1,253}}\Z)(?:\*\.)?{_LABEL}(?:\.{_LABEL})*\Z")


class HostNotPermittedError(SosieError):
    """A host is malformed, or outside what the authority may vouch for: clients would refuse its certificate."""


@dataclass(frozen=True)
class Authority:
    """A loaded P-256 key and its self-signed CA certificate, valid for ten years."""

    private_key: EllipticCurvePrivateKey = field(repr=False)
    certificate: Certificate

    @classmethod
    def create(cls, now: datetime) -> Authority:
        """Make a new authority. Those who trusted an earlier one have to trust this one again."""
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
        from cryptography.hazmat.primitives.hashes import SHA256

        private_key = generate_private_key(SECP256R1())
        permitted: list[GeneralName] = [x509.DNSName(domain) for domain in DOMAINS]
        permitted += [x509.IPAddress(ip_network(network)) for network in NETWORKS]
        certificate = (
            _builder(COMMON_NAME, private_key, _name(COMMON_NAME), private_key)
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(now - _BACKDATED + _AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .add_extension(x509.NameConstraints(permitted, excluded_subtrees=None), critical=True)
            .sign(private_key, SHA256())
        )
        return cls(private_key, certificate)

    @classmethod
    def from_pem(cls, text: str) -> Authority:
        """Load what `to_pem` wrote, in either order. Raises ValueError when something else is in there."""
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
        from cryptography.x509 import load_pem_x509_certificate

        private_key = load_pem_private_key(text.encode(), None)
        certificate = load_pem_x509_certificate(text.encode())
        if not isinstance(private_key, EllipticCurvePrivateKey):
            raise ValueError("the authority's key is an EC key")  # noqa: TRY004  a wrong value, not a wrong call
        if certificate.public_key() != private_key.public_key():
            raise ValueError("the certificate belongs to another key")
        return cls(private_key, certificate)

    def to_pem(self) -> str:
        """Return private key (PKCS#8, unencrypted) and certificate as one PEM text. It is a secret."""
        return _key_pem(self.private_key) + self.certificate_pem

    @property
    def certificate_pem(self) -> str:
        """The certificate alone, to be handed out; `.pem` and `.crt` files hold the same text."""
        return _certificate_pem(self.certificate)

    def issue(self, hosts: Sequence[str], now: datetime) -> tuple[str, str]:
        """Return certificate chain and private key, both PEM, for a server that is reached under all of `hosts`.

        A host is a DNS name (`*.` in front is possible) or an IP address without brackets. The chain is the host's
        certificate, valid for 397 days (never longer than the authority), and the authority's. Raises
        HostNotPermittedError for no host and for one that clients would refuse, ValueError when the authority
        is not valid at `now`.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
        from cryptography.hazmat.primitives.hashes import SHA256

        begin, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not begin <= now < end:
            raise ValueError(f"the authority is valid from {begin} to {end}, and it is {now}")
        if not hosts:
            raise HostNotPermittedError("a certificate needs at least one host")
        names = [
            x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(host)
            for host in dict.fromkeys(_permitted(host) for host in hosts)
        ]
        private_key = generate_private_key(SECP256R1())
        certificate = (
            _builder(HOST_COMMON_NAME, private_key, self.certificate.subject, self.private_key)
            .not_valid_before(max(begin, now - _BACKDATED))
            .not_valid_after(min(end, now - _BACKDATED + _HOST_LIFE))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self.private_key, SHA256())
        )
        return _certificate_pem(certificate) + self.certificate_pem, _key_pem(private_key)


def _permitted(host: str) -> str | IPv4Address | IPv6Address:
    """Return a host in the form certificates carry, or raise HostNotPermittedError."""
    try:
        address = ip_address(host)
    except ValueError:
        name = host.lower()
        if _DNS_NAME.match(name) and any(f".{name}".endswith(f".{domain}") for domain in DOMAINS):
            return name
    else:
        if any(address in ip_network(network) for network in NETWORKS):
            return address
    raise HostNotPermittedError(
        f"{host!r}: certificates are issued for {', '.join(DOMAINS)}, names below these, and addresses in "
        + ", ".join(NETWORKS)
    )


def _builder(
    subject: str, key: EllipticCurvePrivateKey, issuer: Name, issuer_key: EllipticCurvePrivateKey
) -> CertificateBuilder:
    """Begin a certificate with what both kinds have. Python 3.13 and OpenSSL in strict mode insist on the key ids."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        # On the authority too: it cannot vouch for programs, mail or clients either.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


def _key_usage(*, authority: bool) -> KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate_pem(certificate: Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()


def _key_pem(private_key: EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
