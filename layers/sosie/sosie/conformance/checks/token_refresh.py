"""Refresh tokens (docs/contract/identity.md §4.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect, tokens
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud
    from sosie.conformance.wire import Answer


def _refresh(cloud: Cloud, handle: str, client: str = "web") -> Answer:
    return cloud.grant(grant_type="refresh_token", client_id=client, refresh_token=handle)


@check("identity.refresh.envelope", "identity.md §4.8", "A refresh answers these five members and no extras.")
def envelope(cloud: Cloud) -> None:
    handle = cloud.owner.granted_by_password()["refresh_token"]
    granted = expect.document(_refresh(cloud, handle))
    names = ("access_token", "expires_in", "token_type", "refresh_token", "scope")
    expect.members("token answer", granted, names)
    expect.part("token answer", granted, {"expires_in": 3600, "scope": "api offline_access"})


@check("identity.refresh.same-handle", "identity.md §13.8", "A refresh token stays good and is answered again.")
def same_handle(cloud: Cloud) -> None:
    handle = cloud.owner.granted_by_password()["refresh_token"]
    for _ in range(2):
        expect.same("refresh_token", expect.document(_refresh(cloud, handle))["refresh_token"], handle)


@check("identity.refresh.claims", "identity.md §13.8", "A refresh keeps auth_time, device and who signed in.")
def claims(cloud: Cloud) -> None:
    first = cloud.owner.granted_by_password()
    again = expect.document(_refresh(cloud, first["refresh_token"]))
    before, after = tokens.claims(first["access_token"]), tokens.claims(again["access_token"])
    kept = ("sub", "auth_time", "device", "devicetype", "idp", "amr", "client_id", "scope", "sstamp")
    expect.part("claims", after, {name: before[name] for name in kept})
    expect.holds("a new token with another jti", before["jti"] != after["jti"], after["jti"])
    expect.holds("iat not before the first token's", after["iat"] >= before["iat"], after["iat"])


@check("identity.refresh.new-roles", "api.md §1.2", "An organization created after a token is owned after a refresh.")
def new_roles(cloud: Cloud) -> None:
    before = cloud.owner.token
    made = cloud.organization(owner=cloud.owner)
    expect.error(cloud.api("GET", f"/organizations/{made.id}", token=before), 404, expect.NOT_FOUND)
    expect.status(made.owner.call("GET", f"/organizations/{made.id}"), 200)


@check("identity.refresh.other-client", "identity.md §13.8", "Another client cannot use a refresh token.")
def other_client(cloud: Cloud) -> None:
    handle = cloud.owner.granted_by_password()["refresh_token"]
    expect.oauth_error(_refresh(cloud, handle, "cli"), "invalid_grant")


@check("identity.refresh.unknown", "identity.md §4.8", "An unknown refresh token is an invalid grant.")
def unknown(cloud: Cloud) -> None:
    expect.oauth_error(_refresh(cloud, "0" * 64 + "-1"), "invalid_grant")


@check("identity.refresh.missing", "identity.md §4.8", "Without a refresh token the request is invalid.")
def missing(cloud: Cloud) -> None:
    expect.oauth_error(cloud.grant(grant_type="refresh_token", client_id="web"), "invalid_request")
