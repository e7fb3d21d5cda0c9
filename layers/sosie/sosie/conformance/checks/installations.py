"""Installations: ask for one, look one up (docs/contract/licensing-push-installations.md B)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.conformance import expect
from sosie.conformance.registry import check
from sosie.conformance.wire import FORM

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_ASK = "licensing-push-installations.md B.1"
_LOOK = "licensing-push-installations.md B.2"
_PATH = "/installations"


@check("installations.register.shape", _ASK, "A new installation has an id and a key of 20 letters and digits.")
def shape(cloud: Cloud) -> None:
    made = expect.document(cloud.api("POST", _PATH, json={"email": cloud.email("ops")}))
    expect.members("installation", made, ("id", "key", "enabled", "object"))
    expect.part("installation", made, {"enabled": True, "object": "installation"})
    expect.matches("id", made["id"], expect.GUID)
    expect.matches("key", made["key"], r"[A-Za-z0-9]{20}")


@check("installations.register.again", _ASK, "The same e-mail gets another installation each time.")
def again(cloud: Cloud) -> None:
    body = {"email": cloud.email("ops")}
    first, second = (expect.document(cloud.api("POST", _PATH, json=body)) for _ in range(2))
    expect.holds("two ids", first["id"] != second["id"], second["id"])
    expect.holds("two keys", first["key"] != second["key"], "the same key twice")


@check("installations.register.email-missing", _ASK, "The e-mail is required.")
def email_missing(cloud: Cloud) -> None:
    for body in ({}, {"email": None}, {"email": " "}):
        answer = cloud.api("POST", _PATH, json=body)
        expect.status(answer, 400)
        expect.holds(
            "the text that it is required",
            "The Email field is required." in answer.json()["validationErrors"].get("Email", ()),
            answer.body,
        )


@check("installations.register.email-invalid", _ASK, "The e-mail has one @, neither first nor last.")
def email_invalid(cloud: Cloud) -> None:
    for email in ("ops", "@mail.test", "ops@", "a@b@mail.test"):
        answer = cloud.api("POST", _PATH, json={"email": email})
        expect.invalid(answer, {"Email": ["The Email field is not a valid e-mail address."]})


@check("installations.register.email-too-long", _ASK, "The e-mail has at most 256 characters.")
def email_too_long(cloud: Cloud) -> None:
    answer = cloud.api("POST", _PATH, json={"email": "a" * 247 + "@mail.test"})
    text = "The field Email must be a string with a maximum length of 256."
    expect.invalid(answer, {"Email": [text]})


@check("installations.register.empty-body", _ASK, "A body has to be there.", inferred=True)
def empty_body(cloud: Cloud) -> None:
    answer = cloud.api("POST", _PATH, content=b"", headers={"Content-Type": "application/json"})
    expect.invalid(answer, {"": [expect.NO_BODY]})


@check("installations.register.content-type", _ASK, "Another content type, or none, is a 415.", inferred=True)
def content_type(cloud: Cloud) -> None:
    body = b'{"email":"ops@mail.test"}'
    expect.empty(cloud.api("POST", _PATH, content=body, headers={"Content-Type": FORM}), 415)
    expect.empty(cloud.api("POST", _PATH, content=body), 415)


@check("installations.read.shape", _LOOK, "The installer finds an installation, without its key.")
def read(cloud: Cloud) -> None:
    found = expect.document(cloud.api("GET", f"{_PATH}/{cloud.installation.id}"))
    expected = {"id": cloud.installation.id.lower(), "key": None, "enabled": True, "object": "installation"}
    expect.same("installation", found, expected)


@check("installations.read.disabled", _LOOK, "A disabled installation is answered too, and says so.")
def read_disabled(cloud: Cloud) -> None:
    found = expect.document(cloud.api("GET", f"{_PATH}/{cloud.disabled_installation.id}"))
    expect.part("installation", found, {"key": None, "enabled": False})


@check("installations.read.unknown", _LOOK, "An unknown id is not found.")
def read_unknown(cloud: Cloud) -> None:
    expect.error(cloud.api("GET", f"{_PATH}/{cloud.guid()}"), 404, expect.NOT_FOUND)


@check("installations.read.not-a-guid", _LOOK, "An id that is no GUID is invalid.")
def read_not_a_guid(cloud: Cloud) -> None:
    expect.invalid_at(cloud.api("GET", f"{_PATH}/mine"), "id")


@check("installations.read.text-of-not-a-guid", _LOOK, "What is wrong with the id is said.", inferred=True)
def read_text(cloud: Cloud) -> None:
    expect.invalid(cloud.api("GET", f"{_PATH}/mine"), {"id": ["The value 'mine' is not valid."]})


@check("installations.read.any-form", "api.md §1.3", "An id in capitals, or without dashes, is found.")
def read_any_form(cloud: Cloud) -> None:
    known = cloud.installation.id
    for text in (known.upper(), known.replace("-", "")):
        found = expect.document(cloud.api("GET", f"{_PATH}/{text}"))
        expect.same(f"id for {text}", found["id"], known.lower())


@check("installations.read.any-token", "licensing-push-installations.md B", "A bad token does not matter here.")
def read_any_token(cloud: Cloud) -> None:
    answer = cloud.api("GET", f"{_PATH}/{cloud.installation.id}", token="not.a.token")  # noqa: S106  no secret
    expect.same("id", expect.document(answer)["id"], cloud.installation.id.lower())
