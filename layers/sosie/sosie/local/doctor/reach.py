"""The first steps to a host: its name, its port, its certificate. Each says what to change where it fails."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sosie.local.doctor.surroundings import pem_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sosie.local.doctor.uris import Uri

Status = Literal["ok", "failed", "skipped"]
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `detail` says how it went, `remedy` what to change; `asked` is the address that was asked."""

    step: str
    service: str
    status: Status
    detail: str
    remedy: str = ""
    asked: str | None = None


def trust_of(paths: Iterable[Path], *, pem_only: bool) -> ssl.SSLContext:
    """Return what the client trusts: the system's authorities, and those of the configuration's files."""
    context = ssl.create_default_context()
    for path in paths:
        try:
            if pem_only and b"-----BEGIN" not in path.read_bytes():
                continue
            context.load_verify_locations(cadata=pem_of(path))
        except (OSError, ValueError):
            continue  # a finding says so
    return context


def reach(role: str, place: Uri, trust: ssl.SSLContext, whom_to_trust: str) -> list[Step]:
    """Return the steps to a host, up to the first that fails."""
    where = f"{place.host}:{place.port}"
    asked = f"{place.scheme}://{place.netloc}"
    try:
        addresses = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        detail = f"{place.host} has no address here ({_text(error)})"
        return [
            Step("resolve", role, "failed", detail, "Correct the name, or add it to the DNS the server uses.", asked)
        ]
    found = ", ".join(dict.fromkeys(str(each[4][0]) for each in addresses))
    steps = [Step("resolve", role, "ok", found, asked=asked)]
    try:
        connection = socket.create_connection((place.host, place.port), TIMEOUT_SECONDS)
    except TimeoutError:
        remedy = f"Let the firewall pass {where}."
        return [*steps, Step("connect", role, "failed", f"{where} does not answer", remedy, asked)]
    except OSError as error:
        remedy = f"Start what is to listen at {where}, or correct the port."
        return [*steps, Step("connect", role, "failed", f"{where}: {_text(error)}", remedy, asked)]
    steps.append(Step("connect", role, "ok", where, asked=asked))
    with connection:
        if place.scheme == "https":
            steps.append(_tls(role, place, connection, trust, whom_to_trust, asked))
    return steps


def _tls(
    role: str, place: Uri, connection: socket.socket, trust: ssl.SSLContext, whom_to_trust: str, asked: str
) -> Step:
    try:
        with trust.wrap_socket(connection, server_hostname=place.host) as secure:
            return Step("tls", role, "ok", f"{secure.version()}, the certificate is trusted", asked=asked)
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message or str(error)
        return Step("tls", role, "failed", f"the certificate is refused: {why}", _about(why, whom_to_trust), asked)
    except ssl.SSLError as error:
        remedy = f"If http is spoken there, write http://{place.netloc}, or let it speak https (sosie start --tls)."
        return Step("tls", role, "failed", f"no TLS at {place.netloc} ({error.reason or _text(error)})", remedy, asked)
    except OSError as error:
        return Step("tls", role, "failed", f"the connection ended ({_text(error)})", "Check what listens there.", asked)


def _about(why: str, whom_to_trust: str) -> str:
    if "mismatch" in why or "not valid for" in why:
        return "Use a name that the certificate is for, or a certificate for this name."
    if "expired" in why or "not yet valid" in why:
        return "Renew the certificate, or set this machine's clock."
    return whom_to_trust


def _text(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
