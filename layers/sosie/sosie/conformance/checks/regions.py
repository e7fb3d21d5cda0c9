"""Two regions share nothing (docs/contract/api.md §6, docs/contract/identity.md §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect, tokens
from sosie.conformance.licence import ask
from sosie.conformance.registry import check
from sosie.conformance.selfhosted import SelfHosted, send_sync, sync_body

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PAGE = "api.md §6"


@check("regions.config", _PAGE, "The configuration names the region in capitals.")
def config(cloud: Cloud) -> None:
    found = expect.document(cloud.api("GET", "/config"))["environment"]["cloudRegion"]
    expect.same("cloudRegion", found, cloud.name.upper())


@check("regions.issuer", "identity.md §4.3", "Each region's tokens name another issuer and another key.")
def issuer(cloud: Cloud) -> None:
    here, there = (
        expect.document(each.grant(**each.credentials()))["access_token"] for each in (cloud, cloud.elsewhere)
    )
    first, second = tokens.claims(here)["iss"], tokens.claims(there)["iss"]
    expect.holds("two issuers", first != second, second)
    kid = tokens.header(there)["kid"]
    expect.holds("two keys", tokens.header(here)["kid"] != kid, kid)


@check("regions.installation-token", _PAGE, "An installation of another region is an invalid client.")
def installation_token(cloud: Cloud) -> None:
    other = cloud.elsewhere.installation
    fields = cloud.credentials(client_id=f"installation.{other.id}", client_secret=other.key)
    expect.oauth_error(cloud.grant(**fields), "invalid_client")


@check("regions.installation-read", _PAGE, "An installation of another region is not found.")
def installation_read(cloud: Cloud) -> None:
    answer = cloud.api("GET", f"/installations/{cloud.elsewhere.installation.id}")
    expect.error(answer, 404, expect.NOT_FOUND)


@check("regions.token", _PAGE, "A token of another region is a 401 without a body.")
def token(cloud: Cloud) -> None:
    other = cloud.elsewhere
    for scope, method, path in (
        ("api.push", "POST", "/push/register"),
        ("api.installation", "POST", "/organization/sponsorship/sync"),
        ("api.licensing", "GET", f"/licenses/organization/{cloud.guid()}"),
    ):
        answer = cloud.api(method, path, json={}, token=other.installation_token(scope))
        expect.empty(answer, 401)


@check("regions.person", _PAGE, "A person of another region has no account here.")
def person(cloud: Cloud) -> None:
    other = cloud.elsewhere
    fields = {"username": other.owner.email, "password": other.owner.password_hash}
    expect.same("error", expect.document(cloud.owner.password_grant(**fields), 400)["error"], "invalid_grant")


@check("regions.organization-sync", _PAGE, "An organization of another region is an invalid one for a sync.")
def organization_sync(cloud: Cloud) -> None:
    server = SelfHosted(cloud.elsewhere)
    answer = send_sync(cloud, sync_body(server.organization.id, server.key, []))
    expect.error(answer, 400, "Invalid organization")


@check("regions.organization-licence", _PAGE, "An organization of another region has no licence here.")
def organization_licence(cloud: Cloud) -> None:
    other = cloud.elsewhere.region.organizations[0]
    expect.error(ask(cloud, other.id, {"licenseKey": other.licence_key}), 404, expect.NOT_FOUND)


@check("regions.offer-token", _PAGE, "An offer of another region is no valid one here.")
def offer_token(cloud: Cloud) -> None:
    offer = cloud.elsewhere.organization().offered(cloud.friend.email)
    expected = {"isTokenValid": False, "isFreeFamilyPolicyEnabled": False}
    expect.same("answer", expect.document(cloud.friend.validate(offer)), expected)
