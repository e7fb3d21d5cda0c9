"""How a password is stretched, told before anybody signs in (docs/contract/identity.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.conformance import expect
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_PATH = "/accounts/prelogin/password"
_MEMBERS = ("kdf", "kdfIterations", "kdfMemory", "kdfParallelism", "kdfSettings", "salt")
_FAKES = ((0, 600000, None, None), (0, 100000, None, None), (0, 5000, None, None), (1, 3, 64, 4), (1, 6, 32, 4))


def _ask(cloud: Cloud, email: str, path: str = _PATH) -> Any:
    return expect.document(cloud.identity("POST", path, json={"email": email}))


def _expect_shape(found: Any) -> None:
    expect.members("prelogin answer", found, _MEMBERS)
    expect.members("kdfSettings", found["kdfSettings"], ("kdfType", "iterations", "memory", "parallelism"))
    expect.kind("kdfIterations", found["kdfIterations"], int)
    repeated = {
        "kdfType": found["kdf"],
        "iterations": found["kdfIterations"],
        "memory": found["kdfMemory"],
        "parallelism": found["kdfParallelism"],
    }
    expect.part("kdfSettings", found["kdfSettings"], repeated)
    expect.holds("kdf 0 or 1", found["kdf"] in (0, 1), found["kdf"])
    for name in ("kdfMemory", "kdfParallelism"):
        expect.kind(name, found[name], type(None) if found["kdf"] == 0 else int)


@check("identity.prelogin.known", "identity.md §7", "A known person's answer has all members, said twice alike.")
def known(cloud: Cloud) -> None:
    _expect_shape(_ask(cloud, cloud.owner.email))


@check(
    "identity.prelogin.unknown", "identity.md §7", "An unknown e-mail is answered 200, with values of the known list."
)
def unknown(cloud: Cloud) -> None:
    for _ in range(4):
        email = cloud.email()
        found = _ask(cloud, email)
        _expect_shape(found)
        values = tuple(found[name] for name in _MEMBERS[:4])
        expect.holds(f"fake values out of {_FAKES}", values in _FAKES, values)
        expect.holds("salt null or the e-mail", found["salt"] in (None, email), found["salt"])


@check(
    "identity.prelogin.stable", "identity.md §7", "An unknown e-mail always has the same answer, in any letter case."
)
def stable(cloud: Cloud) -> None:
    email = cloud.email()
    first = _ask(cloud, email)
    expect.same("second answer", _ask(cloud, email), first)
    expect.same("answer in capitals", _ask(cloud, email.upper()), first)


@check("identity.prelogin.alias", "identity.md §7", "The older path gives the same answer.")
def alias(cloud: Cloud) -> None:
    for email in (cloud.owner.email, cloud.email()):
        expect.same(f"answer for {email}", _ask(cloud, email, "/accounts/prelogin"), _ask(cloud, email))


@check("identity.prelogin.email-missing", "identity.md §7", "The e-mail is required.")
def email_missing(cloud: Cloud) -> None:
    answer = cloud.identity("POST", _PATH, json={})
    expect.invalid(answer, {"Email": ["The Email field is required."]})


@check("identity.prelogin.email-invalid", "identity.md §7", "The e-mail has to look like one.", inferred=True)
def email_invalid(cloud: Cloud) -> None:
    answer = cloud.identity("POST", _PATH, json={"email": "nobody"})
    expect.invalid(answer, {"Email": ["The Email field is not a valid e-mail address."]})


@check("identity.prelogin.email-too-long", "identity.md §7", "The e-mail has at most 256 characters.", inferred=True)
def email_too_long(cloud: Cloud) -> None:
    answer = cloud.identity("POST", _PATH, json={"email": "a" * 250 + "@mail.test"})
    text = "The field Email must be a string with a maximum length of 256."
    expect.invalid(answer, {"Email": [text]})


@check("identity.prelogin.empty-body", "identity.md §7", "A body has to be there.", inferred=True)
def empty_body(cloud: Cloud) -> None:
    answer = cloud.identity("POST", _PATH, content=b"", headers={"Content-Type": "application/json"})
    expect.invalid(answer, {"": [expect.NO_BODY]})


@check("identity.prelogin.content-type", "identity.md §7", "Another content type is a 415.", inferred=True)
def content_type(cloud: Cloud) -> None:
    expect.empty(cloud.identity("POST", _PATH, form={"email": "a@mail.test"}), 415)


@check("identity.prelogin.method", "identity.md §7", "Another method is a 405 that allows POST.", inferred=True)
def method(cloud: Cloud) -> None:
    answer = cloud.identity("GET", _PATH)
    expect.empty(answer, 405)
    expect.header(answer, "Allow", "POST")
