"""The certificates of `sosie start --tls`: Sosie's own CA, kept for good, and a host certificate renewed in time.

One directory of mode 0700: `authority.pem` is the CA with its key, `sosie-ca.pem` its certificate alone, for clients,
`host.pem` what the server presents, with its key. Who trusts the CA once, trusts every later start.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sosie.domain.errors import SosieError
from sosie.domain.regions import FACTS, SERVICES
from sosie.local.files import make_private, user_directory, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography.x509 import Certificate

    from sosie.crypto.authority import Authority

RENEW_BEFORE = timedelta(days=30)

NAMES: tuple[str, ...] = (
    "localhost",
    "127.0.0.1",
    "::1",
    # For containers: a network alias or an extra host, which can be given any name.
    "sosie.test",
    "*.sosie.test",
    "host.docker.internal",
    "host.containers.internal",
    # For servers that keep their configuration, while the names lead here.
    *(f"{service}.{facts.domain}" for facts in FACTS.values() for service in (*SERVICES, "vault")),
)
"""What every host certificate is for; the address of `--host` comes on top."""

_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  compared, not bound


class DamagedAuthorityError(SosieError):
    """The CA's file cannot be read. It is not replaced unasked, because others trust it."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where things are. All are private to the user, `ca` is the one to hand out copies of."""

    directory: Path

    @property
    def authority(self) -> Path:
        """The CA's key and certificate."""
        return self.directory / "authority.pem"

    @property
    def ca(self) -> Path:
        """The CA's certificate alone."""
        return self.directory / "sosie-ca.pem"

    @property
    def host(self) -> Path:
        """The server's certificate, the CA's, and the server's key, in one file so that they always match."""
        return self.directory / "host.pem"


def tls_files(state: Path | None, environment: Mapping[str, str] | None = None) -> TlsFiles:
    """Return where the CA lives: in the state directory if there is one, else with the user's data."""
    home = user_directory("XDG_DATA_HOME", ".local/share", environment) if state is None else state
    return TlsFiles(home / "tls")


def ensure_authority(files: TlsFiles, now: datetime) -> str:
    """Return the CA's certificate as PEM, making the CA at first use. Raises DamagedAuthorityError."""
    with _alone(files):
        return _authority(files, now).certificate_pem


def ensure_host_certificate(files: TlsFiles, host: str, now: datetime) -> None:
    """See to it that `files.host` serves `NAMES` and `host` for at least 30 days more.

    Raises HostNotPermittedError when the CA may not vouch for `host`, DamagedAuthorityError.
    """
    names = NAMES if host in (*_EVERY_ADDRESS, *NAMES) else (*NAMES, host)
    with _alone(files):
        authority = _authority(files, now)
        if not _serves(files.host, authority, names, now):
            chain, private_key = authority.issue(names, now)
            write_private(files.host, chain + private_key)


@contextmanager
def _alone(files: TlsFiles) -> Iterator[None]:
    # Two first starts at once would each make a CA, and one of them would serve what nobody trusts.
    make_private(files.directory)
    with open(files.directory / ".lock", "w", opener=_private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _authority(files: TlsFiles, now: datetime) -> Authority:
    from sosie.crypto.authority import Authority  # cryptography comes with the first certificate

    if files.authority.exists():
        try:
            authority = Authority.from_pem(files.authority.read_text())
        except (ValueError, OSError) as error:
            raise DamagedAuthorityError(
                f"{files.authority} cannot be read ({error}); remove it to start with a new CA"
            ) from error
        if authority.certificate.not_valid_after_utc > now:
            return authority
    authority = Authority.create(now)
    write_private(files.authority, authority.to_pem())
    write_private(files.ca, authority.certificate_pem)
    return authority


def _serves(path: Path, authority: Authority, names: Sequence[str], now: datetime) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
        certificate.verify_directly_issued_by(authority.certificate)
    except (OSError, ValueError, TypeError, InvalidSignature):
        return False
    return certificate.not_valid_after_utc - now >= RENEW_BEFORE and set(names) <= _names_of(certificate)


def _names_of(certificate: Certificate) -> set[str]:
    from cryptography import x509

    alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    dns = alternative.get_values_for_type(x509.DNSName)
    return {*dns, *map(str, alternative.get_values_for_type(x509.IPAddress))}
