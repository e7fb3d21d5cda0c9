"""Rules about each base URI: how the clients join them with routes, and which hosts serve what (clients.md §2, §9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sosie.local.doctor.catalog import finding
from sosie.local.doctor.configuration import unless_secret
from sosie.local.doctor.keys import URI_ROLES
from sosie.local.doctor.rules_region import expected_uri, wanted_region
from sosie.local.doctor.uris import near_cloud_host, parse_uri, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.keys import Role
    from sosie.local.doctor.model import Finding
    from sosie.local.doctor.uris import Uri

_SERVED_BY: dict[Role, tuple[str, ...]] = {
    "identity": ("identity",),
    "api": ("api",),
    "push": ("push", "api"),
    "installer": ("api",),
}


def _given(configuration: Configuration) -> Iterator[tuple[Role, Uri]]:
    """Yield the base URIs of the file that can be parsed."""
    for role in URI_ROLES:
        uri = configuration.given_uri(role)
        if uri is not None:
            yield role, uri


def _one(configuration: Configuration, code: str, role: Role, says: str, value: str) -> Finding:
    message = f"{configuration.spelled(role)} {says}"
    changes = [configuration.change(role, value)]
    return finding(code, message, line=configuration.line(role), changes=changes)


def _mended(configuration: Configuration, role: Role, uri: Uri) -> str:
    """Return a base URI as it should be: every remedy mends all of its line, because it replaces the whole line."""
    if near_cloud_host(uri.host) or (uri.service and uri.service not in _SERVED_BY[role]):
        return _expected(configuration, role)
    wanted = wanted_region(configuration)
    if uri.region is not None and wanted is not None and uri.region != wanted and role != "installer":
        return _expected(configuration, role)
    path = re.sub("//+", "/", uri.path).rstrip("/")
    if configuration.dialect.slash_wanted(role) and path:
        path += "/"
    https = configuration.client == "vaultwarden" or uri.of_cloud
    return uri.text(path=path, scheme="https" if https else uri.scheme)


def _expected(configuration: Configuration, role: Role) -> str:
    return expected_uri(configuration, role, wanted_region(configuration) or "us")


def uris_can_be_parsed(configuration: Configuration) -> Iterator[Finding]:
    """A base URI has a scheme and a host."""
    for role in URI_ROLES:
        text = configuration.uri_text(role)
        if text is not None and configuration.value(role) is not None and configuration.uri(role) is None:
            if role == "installer" and not text.strip():
                continue
            shown = without_credentials(text)
            says = f"is {shown if '.' in shown else unless_secret(shown)}, which is no base URI."
            yield _one(configuration, "URI_UNPARSABLE", role, says, _guess(configuration, role, text))


def _guess(configuration: Configuration, role: Role, text: str) -> str:
    """Return what an unparsable text was meant to be, if only its scheme is missing, else what is expected."""
    bare = re.sub(r"\s", "", text)
    meant = None if re.match(r"[a-z]+:/", bare, re.IGNORECASE) else parse_uri(f"https://{bare.lstrip('/')}")
    plausible = meant is not None and ("." in meant.host or meant.loopback) and not meant.query
    return _mended(configuration, role, meant) if plausible and meant else _expected(configuration, role)


def slashes_are_right(configuration: Configuration) -> Iterator[Finding]:
    """.NET glues routes to a base URI, vaultwarden and the installer put a slash between."""
    for role, uri in _given(configuration):
        mended = _mended(configuration, role, uri)
        if "//" in uri.path:
            yield _one(configuration, "URI_DOUBLE_SLASH", role, "has a doubled slash.", mended)
        elif configuration.dialect.slash_wanted(role):
            if uri.path and not uri.path.endswith("/"):
                route = {"identity": "connect/token", "push": "push/send"}.get(role, "licenses/…")
                says = f"has a path without a final slash: the server asks for {uri.path}{route}."
                yield _one(configuration, "URI_SLASH_MISSING", role, says, mended)
        elif uri.path.endswith("/"):
            yield _one(configuration, "URI_SLASH_SUPERFLUOUS", role, "ends in a slash.", mended)


def uris_are_bare(configuration: Configuration) -> Iterator[Finding]:
    """A base URI has neither query nor credentials."""
    for role, uri in _given(configuration):
        mended = _mended(configuration, role, uri)
        if uri.query:
            yield _one(configuration, "URI_QUERY", role, "has a query or a fragment.", mended)
        if uri.credentials:
            yield _one(configuration, "URI_CREDENTIALS", role, "carries a user name or password.", mended)


def schemes_are_right(configuration: Configuration) -> Iterator[Finding]:
    """The cloud redirects what is not https, and vaultwarden does not start with it."""
    for role, uri in _given(configuration):
        if uri.scheme == "https":
            continue
        mended = _mended(configuration, role, uri)
        if configuration.client == "vaultwarden":
            yield _one(configuration, "URI_NOT_HTTPS", role, "does not begin with https://.", mended)
        elif uri.of_cloud:
            yield _one(configuration, "URI_REDIRECTED", role, f"leads to {uri.host} by http://.", mended)


def services_are_right(configuration: Configuration) -> Iterator[Finding]:
    """A base URI leads to a host that serves what is asked there."""
    for role, uri in _given(configuration):
        meant = near_cloud_host(uri.host)
        if meant is not None:
            says = f"leads to {uri.host}; the cloud has {meant}."
            yield _one(configuration, "URI_HOST_MISSPELT", role, says, _mended(configuration, role, uri))
        elif uri.service is not None and uri.service not in _SERVED_BY[role]:
            place = uri.host if uri.of_cloud else uri.path
            says = f"leads to {place}, which does not serve {_SERVED_BY[role][0]}."
            yield _one(configuration, "URI_WRONG_SERVICE", role, says, _mended(configuration, role, uri))
        elif role == "push" and uri.of_cloud and uri.region == "eu":
            usual = "api" if configuration.client == "vaultwarden" else "push"
            if uri.service != usual:
                message = f"{configuration.spelled(role)} leads to {uri.host}; {usual}.bitwarden.eu is more usual here."
                yield finding("EU_PUSH_HOST", message, line=configuration.line(role))


def containers_reach_it(configuration: Configuration) -> Iterator[Finding]:
    """A base URI does not lead to loopback, which is the container itself."""
    for role, uri in _given(configuration):
        if uri.loopback:
            message = (
                f"{configuration.spelled(role)} leads to {uri.host}, which is the container itself in a container."
            )
            mended = parse_uri(_mended(configuration, role, uri)) or uri
            shown = f"[{uri.host}]" if ":" in uri.host else uri.host
            name = mended.netloc.lower().replace(shown, "host.docker.internal", 1)
            changes = [configuration.change(role, mended.text(netloc=name))] if mended.loopback else []
            yield finding("URI_LOOPBACK", message, line=configuration.line(role), changes=changes)


def private_addresses_are_allowed(configuration: Configuration) -> Iterator[Finding]:
    """Private addresses are allowed, which vaultwarden needs to be told."""
    if configuration.client != "vaultwarden" or configuration.from_elsewhere("block_private"):
        return
    if configuration.switch("block_private") is False:
        return
    private = [(role, uri) for role, uri in _given(configuration) if uri.private]
    if private:
        role, uri = private[0]
        yield finding(
            "PRIVATE_BLOCKED",
            f"{configuration.spelled(role)} leads to {uri.host}, and vaultwarden refuses private addresses.",
            line=configuration.line(role),
            changes=[configuration.change("block_private", "false")],
        )


RULES = (
    uris_can_be_parsed,
    slashes_are_right,
    uris_are_bare,
    schemes_are_right,
    services_are_right,
    containers_reach_it,
    private_addresses_are_allowed,
)
