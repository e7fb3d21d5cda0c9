"""Looks at the certificates that a configuration names, or that stand beside it, so that rules need no files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sosie.local.doctor.configuration import CaFile

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.x509 import Certificate

    from sosie.local.doctor.configuration import Configuration

_PEM = b"-----BEGIN "
_MOST_FILES = 500
_MOST_BYTES = 4 * 1024 * 1024
_SYSTEM_DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/bitwarden/ca-certificates")


def ca_files(configuration: Configuration, folder: Path | None, now: datetime) -> tuple[CaFile, ...]:
    """Return what is known of each file of certificates. `folder` is the configuration's own, None for stdin."""
    return tuple(_examined(path, now) for path in ca_paths(configuration, folder))


def ca_paths(configuration: Configuration, folder: Path | None) -> list[Path]:
    """Return the files of certificates: SSL_CERT_FILE's, SSL_CERT_DIR's, those of bwdata/ca-certificates beside it.

    A directory that does not exist is returned itself. The usual ones of an image are not looked at: this machine's
    are others.
    """
    found: list[Path] = []
    for role in ("ca_file", "ca_directory"):
        text = (configuration.value(role) or "").strip()
        if not text or (role == "ca_directory" and text.rstrip("/") in _SYSTEM_DIRECTORIES):
            continue
        path = Path(text) if folder is None else folder / text
        found += _files_of(path) if path.is_dir() else [path]
    if configuration.client == "bitwarden" and folder is not None:
        beside = folder.absolute().parent / "ca-certificates"
        if folder.absolute().name in ("env", "docker") and beside.is_dir():
            found += _files_of(beside)
    return list(dict.fromkeys(found))


def pem_of(path: Path) -> str:
    """Return a file's certificates as PEM, whether it is PEM or DER. Raises OSError, ValueError."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in _certificates(_read(path)))


def _files_of(directory: Path) -> list[Path]:
    try:
        return sorted(each for each in directory.iterdir() if each.is_file() and not each.name.startswith("."))[
            :_MOST_FILES
        ]
    except OSError:
        return [directory]


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)


def _examined(path: Path, now: datetime) -> CaFile:
    shown = str(path)
    try:
        if not path.exists():
            return CaFile(shown, exists=False)
        data = _read(path)
    except OSError as error:
        return CaFile(shown, why_not=error.strerror or "it is no file", certificates=None)
    except ValueError:  # a path no file can have
        return CaFile(shown, exists=False)
    try:
        found = _certificates(data)
    except ValueError:
        if _PEM in data:
            return CaFile(shown, why_not="it is no certificate", certificates=None)
        found = []
    if not found:
        return CaFile(shown)
    ends = [each.not_valid_after_utc for each in found]
    return CaFile(
        shown,
        der=_PEM not in data,
        certificates=len(found),
        last_day=max(ends),
        expired=not any(each.not_valid_before_utc <= now <= each.not_valid_after_utc for each in found),
        issued=tuple(each.subject.rfc4514_string() for each in found if each.subject != each.issuer),
    )


def _certificates(data: bytes) -> list[Certificate]:
    from cryptography import x509

    if b"-----BEGIN CERTIFICATE-----" in data:
        return x509.load_pem_x509_certificates(data)
    return [] if _PEM in data or not data.strip() else [x509.load_der_x509_certificate(data)]
