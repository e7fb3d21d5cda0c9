"""Which licence requests are refused, and in which order (docs/contract/licensing-push-installations.md A.1, A.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.licence import LicensedServer, ask, download
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PAGE = "licensing-push-installations.md A.1"
_SYNC_KEY = "Invalid Billing Sync Key"
_LICENCE_KEY = "Invalid license key."


@check("licences.refused.no-token", _PAGE, "Without a token a licence is refused without a body.")
def no_token(cloud: Cloud) -> None:
    answer = cloud.api("GET", f"/licenses/organization/{cloud.guid()}", json={})
    expect.empty(answer, 401)


@check("licences.refused.other-scope", _PAGE, "A person's token, or one for push or sync, is not enough.")
def other_scope(cloud: Cloud) -> None:
    scopes = (cloud.installation_token("api.push"), cloud.installation_token("api.installation"))
    for token in (cloud.owner.token, *scopes):
        expect.empty(ask(cloud, cloud.guid(), {}, token=token), 403)


@check("licences.refused.no-content-type", _PAGE, "A GET without a body's content type is a 415.", inferred=True)
def no_content_type(cloud: Cloud) -> None:
    token = cloud.installation_token("api.licensing")
    expect.empty(cloud.api("GET", f"/licenses/organization/{cloud.guid()}", token=token), 415)


@check("licences.refused.no-body", _PAGE, "An empty body, null, or what is no JSON is invalid.")
def no_body(cloud: Cloud) -> None:
    token, headers = cloud.installation_token("api.licensing"), {"Content-Type": "application/json"}
    path = f"/licenses/organization/{cloud.guid()}"
    for body in (b"", b"null"):
        answer = cloud.api("GET", path, content=body, headers=headers, token=token)
        expect.invalid(answer, {"": [expect.NO_BODY]})
    answer = cloud.api("GET", path, content=b"{", headers=headers, token=token)
    expect.same("message", expect.document(answer, 400)["message"], expect.INVALID_MODEL)


@check("licences.refused.not-a-guid", _PAGE, "An id that is no GUID is a server error.")
def not_a_guid(cloud: Cloud) -> None:
    expect.error(ask(cloud, "mine", {}), 500, expect.UNHANDLED)


@check("licences.refused.unknown-organization", _PAGE, "An unknown organization is not found, whatever the keys.")
def unknown_organization(cloud: Cloud) -> None:
    expect.error(ask(cloud, cloud.guid(), {}), 404, expect.NOT_FOUND)


@check("licences.refused.licence-key", _PAGE, "Another licence key, none, or one in another letter case is refused.")
def licence_key(cloud: Cloud) -> None:
    server = LicensedServer(cloud)
    for key in ("zQ7mExampleKey0001", None, server.licence_key.swapcase()):
        expect.error(server.ask(licenseKey=key), 400, _LICENCE_KEY)


@check("licences.refused.licence-key-first", _PAGE, "Both keys wrong: the licence key is named.")
def licence_key_first(cloud: Cloud) -> None:
    expect.error(ask(cloud, LicensedServer(cloud).organization.id, {}), 400, _LICENCE_KEY)


@check("licences.refused.sync-key-blank", _PAGE, "A missing or blank billing sync key is refused.")
def sync_key_blank(cloud: Cloud) -> None:
    server = LicensedServer(cloud)
    for key in (None, "", " "):
        expect.error(server.ask(billingSyncKey=key), 400, _SYNC_KEY)


@check("licences.refused.sync-key-wrong", _PAGE, "Another billing sync key, or letter case, is refused.")
def sync_key_wrong(cloud: Cloud) -> None:
    server = LicensedServer(cloud)
    for key in ("k" * 30, server.key.swapcase()):
        expect.error(server.ask(billingSyncKey=key), 400, _SYNC_KEY)


@check("licences.refused.never-generated", _PAGE, "An organization that never generated a key fails the server.")
def never_generated(cloud: Cloud) -> None:
    mine = cloud.organization()
    licence = expect.document(download(mine, cloud.installation.id))
    answer = ask(cloud, mine.id, {"licenseKey": licence["licenseKey"], "billingSyncKey": "k" * 30})
    expect.error(answer, 500, expect.UNHANDLED)


@check(
    "licences.refused.blank-before-never", _PAGE, "No key for an organization without one: the missing key is named."
)
def blank_before_never(cloud: Cloud) -> None:
    mine = cloud.organization()
    licence = expect.document(download(mine, cloud.installation.id))
    answer = ask(cloud, mine.id, {"licenseKey": licence["licenseKey"]})
    expect.error(answer, 400, _SYNC_KEY)


@check("licences.refused.rotated", _PAGE, "After a rotation the old key gets no licence.")
def rotated(cloud: Cloud) -> None:
    server = LicensedServer(cloud, cloud.organization())
    expect.status(server.ask(), 200)
    expect.status(server.organization.key(route="rotate-api-key"), 200)
    expect.error(server.ask(), 400, _SYNC_KEY)


@check(
    "licences.user.refused", "licensing-push-installations.md A.2", "An unknown person gets nothing, a bad id a 500."
)
def user(cloud: Cloud) -> None:
    token = cloud.installation_token("api.licensing")
    expect.empty(cloud.api("GET", f"/licenses/user/{cloud.guid()}?key=x", token=token), 204)
    expect.error(cloud.api("GET", "/licenses/user/mine?key=x", token=token), 500, expect.UNHANDLED)
