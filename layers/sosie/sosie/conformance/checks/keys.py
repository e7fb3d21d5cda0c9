"""Organization API keys, the billing sync key above all (docs/contract/api.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.people import BILLING_SYNC, FAMILIES, TEAMS
from sosie.conformance.registry import check
from sosie.conformance.selfhosted import SelfHosted, send_sync, sync_body

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_KEY = r"[A-Za-z0-9]{30}"


@check("keys.generate.shape", "api.md §3.1", "The billing sync key is 30 letters and digits, with its date.")
def shape(cloud: Cloud) -> None:
    found = expect.document(cloud.shared.key())
    expect.members("key", found, ("object", "apiKey", "revisionDate"))
    expect.same("object", found["object"], "apiKey")
    expect.matches("apiKey", found["apiKey"], _KEY)
    expect.matches("revisionDate", found["revisionDate"], expect.WIRE_DATE)


@check("keys.generate.same-again", "api.md §3.3", "Asking again gives the same key and date.")
def same_again(cloud: Cloud) -> None:
    mine = cloud.shared
    expect.same("second answer", expect.document(mine.key()), expect.document(mine.key()))


@check("keys.generate.one-per-type", "api.md §3.1", "Each type has a key of its own.")
def one_per_type(cloud: Cloud) -> None:
    mine = cloud.shared
    found = {expect.document(mine.key(key_type))["apiKey"] for key_type in (0, 1, 2)}
    expect.same("different keys", len(found), 3)


@check("keys.generate.teams", "api.md §3.3", "A Teams organization may have a billing sync key.")
def teams(cloud: Cloud) -> None:
    expect.matches("apiKey", cloud.organization(TEAMS).sync_key(), _KEY)


@check("keys.generate.otp-field", "api.md §3.2", "The secret may stand in the field otp instead.", inferred=True)
def otp_field(cloud: Cloud) -> None:
    mine = cloud.shared
    answer = mine.key(masterPasswordHash=None, otp=mine.owner.password_hash)
    expect.matches("apiKey", expect.document(answer)["apiKey"], _KEY)


@check("keys.generate.wrong-password-creates", "api.md §3.3", "A wrong password still creates the key.")
def wrong_password_creates(cloud: Cloud) -> None:
    mine = cloud.organization()
    before = send_sync(cloud, sync_body(mine.id, "k" * 30, []))
    expect.error(before, 500, expect.UNHANDLED)
    expect.status(mine.key(masterPasswordHash="d3Jvbmc="), 400)
    types = [each["keyType"] for each in mine.key_information()]
    expect.holds("a key of type 1 after a wrong password", BILLING_SYNC in types, types)
    after = send_sync(cloud, sync_body(mine.id, "k" * 30, []))
    expect.error(after, 400, "Invalid Billing Sync Key")


@check("keys.rotate.new-key", "api.md §3.3", "Rotating gives another key and another date.")
def rotate(cloud: Cloud) -> None:
    mine = cloud.organization()
    old = expect.document(mine.key())
    new = expect.document(mine.key(route="rotate-api-key"))
    expect.members("key", new, ("object", "apiKey", "revisionDate"))
    expect.matches("apiKey", new["apiKey"], _KEY)
    expect.holds("another key", new["apiKey"] != old["apiKey"], "the same key")
    expect.holds("another date", new["revisionDate"] != old["revisionDate"], new["revisionDate"])
    expect.same("key asked for afterwards", expect.document(mine.key()), new)


@check("keys.rotate.old-key-invalid", "api.md §3.3", "After a rotation the old key is worth nothing at once.")
def old_key_invalid(cloud: Cloud) -> None:
    server = SelfHosted(cloud, cloud.organization())
    expect.status(server.sync([]), 200)
    new = expect.document(server.organization.key(route="rotate-api-key"))["apiKey"]
    expect.error(server.sync([]), 400, "Invalid Billing Sync Key")
    expect.status(server.sync([], billingSyncKey=new), 200)


@check("keys.rotate.families", "api.md §3.3", "A Families owner can create the key by rotating, though not by asking.")
def rotate_families(cloud: Cloud) -> None:
    mine = cloud.organization(FAMILIES)
    expect.error(mine.key(), 404, expect.NOT_FOUND)
    expect.matches("apiKey", expect.document(mine.key(route="rotate-api-key"))["apiKey"], _KEY)


@check("keys.rotate.wrong-password-keeps", "api.md §3.3", "A wrong password rotates nothing.")
def wrong_password_keeps(cloud: Cloud) -> None:
    mine = cloud.organization()
    known = expect.document(mine.key())
    answer = mine.key(route="rotate-api-key", masterPasswordHash="d3Jvbmc=")
    expect.invalid(answer, {"MasterPasswordHash": [expect.WRONG_PASSWORD]})
    expect.same("key afterwards", expect.document(mine.key()), known)


@check("keys.information.shape", "api.md §3.1", "The keys' types and dates are listed, not the keys.")
def information(cloud: Cloud) -> None:
    mine = cloud.shared
    made = expect.document(mine.key())
    answer = mine.owner.call("GET", f"/organizations/{mine.id}/api-key-information")
    found = expect.document(answer)
    expect.part("list", found, {"object": "list", "continuationToken": None})
    (entry,) = (each for each in found["data"] if each["keyType"] == BILLING_SYNC)
    expected = {"object": "keyInformation", "keyType": BILLING_SYNC, "revisionDate": made["revisionDate"]}
    expect.same("entry", entry, expected)


@check("keys.information.creates-nothing", "api.md §3.3", "Looking which keys exist creates none.")
def information_creates_nothing(cloud: Cloud) -> None:
    mine = cloud.organization()
    for _ in range(2):
        types = [each["keyType"] for each in mine.key_information()]
        expect.holds("no key of type 1", BILLING_SYNC not in types, types)


@check("keys.information.of-type", "api.md §3.3", "A type, by number or name, narrows the list.")
def information_of_type(cloud: Cloud) -> None:
    mine = cloud.shared
    mine.sync_key()
    for text in ("1", "BillingSync"):
        answer = mine.owner.call("GET", f"/organizations/{mine.id}/api-key-information/{text}")
        types = [each["keyType"] for each in expect.document(answer)["data"]]
        expect.same(f"types for {text}", types, [BILLING_SYNC])
