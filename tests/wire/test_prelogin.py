"""How to derive the master key: asked before every sign-in (docs/contract/identity.md §7)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sosie.domain.users import KdfSettings, KdfType
from sosie.services import repository as repo
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.token_client import cloud_headers

PATHS = ["/accounts/prelogin/password", "/accounts/prelogin"]
OWNER = "owner@acme.test"
HEADERS = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
    "content-type": "application/json; charset=utf-8",
}
POSSIBLE_FAKES = [
    (0, 600_000, None, None),
    (0, 100_000, None, None),
    (0, 5_000, None, None),
    (1, 3, 64, 4),
    (1, 6, 32, 4),
]


def prelogin(cloud: TestCloud, body: Any, path: str = PATHS[0], **more: Any) -> WireAnswer:
    return cloud.request("POST", path, service="identity", json_body=body, **more)


def assert_invalid(answer: WireAnswer, errors: dict[str, list[str]]) -> None:
    assert (answer.status, cloud_headers(answer)) == (400, HEADERS)
    assert list(answer.json.items()) == [
        ("object", "error"),
        ("message", "The model state is invalid."),
        ("validationErrors", errors),
        ("exceptionMessage", None),
        ("exceptionStackTrace", None),
        ("innerExceptionMessage", None),
    ]


def numbers(answer: WireAnswer) -> tuple[Any, ...]:
    return tuple(answer.json[name] for name in ("kdf", "kdfIterations", "kdfMemory", "kdfParallelism"))


@pytest.mark.parametrize("path", PATHS)
def test_an_accounts_settings_are_answered_twice_in_one_body(cloud: TestCloud, path: str) -> None:
    answer = prelogin(cloud, {"email": OWNER}, path)

    assert (answer.status, cloud_headers(answer)) == (200, HEADERS)
    assert answer.body == json.dumps(
        {
            "kdf": 0,
            "kdfIterations": 5000,
            "kdfMemory": None,
            "kdfParallelism": None,
            "kdfSettings": {"kdfType": 0, "iterations": 5000, "memory": None, "parallelism": None},
            "salt": None,
        },
        separators=(",", ":"),
    )


def test_an_argon2id_account_has_memory_and_parallelism_and_a_newer_one_its_salt(cloud: TestCloud) -> None:
    uow, user = cloud.unit(), cloud.user(OWNER)
    repo.users.get(uow, user.id)
    kdf = KdfSettings(KdfType.ARGON2ID, 3, 64, 4)
    repo.save_user(uow, replace(user, kdf=kdf, master_password_salt=OWNER))
    uow.commit()

    assert prelogin(cloud, {"email": OWNER}).json == {
        "kdf": 1,
        "kdfIterations": 3,
        "kdfMemory": 64,
        "kdfParallelism": 4,
        "kdfSettings": {"kdfType": 1, "iterations": 3, "memory": 64, "parallelism": 4},
        "salt": OWNER,
    }


def test_the_address_is_compared_in_lower_case(cloud: TestCloud) -> None:
    assert numbers(prelogin(cloud, {"email": "OWNER@Acme.Test"})) == (0, 5000, None, None)


def test_an_unknown_address_is_answered_like_a_known_one(cloud: TestCloud) -> None:
    known, unknown = prelogin(cloud, {"email": OWNER}), prelogin(cloud, {"email": "nobody@acme.test"})

    assert (unknown.status, cloud_headers(unknown)) == (known.status, cloud_headers(known))
    assert list(unknown.json) == list(known.json)
    assert list(unknown.json["kdfSettings"]) == list(known.json["kdfSettings"])


def test_fakes_are_stable_differ_and_are_the_clouds(cloud: TestCloud) -> None:
    emails = [f"nobody{number}@acme.test" for number in range(40)]

    first, second = ([prelogin(cloud, {"email": email}) for email in emails] for _ in range(2))

    assert [answer.body for answer in first] == [answer.body for answer in second]
    assert {numbers(answer) for answer in first} == set(POSSIBLE_FAKES)
    for email, answer in zip(emails, first, strict=True):
        settings = answer.json["kdfSettings"]
        assert (settings["kdfType"], settings["iterations"], settings["memory"], settings["parallelism"]) == numbers(
            answer
        )
        assert answer.json["salt"] in (None, email)
    assert {answer.json["salt"] is None for answer in first} == {True, False}


def test_a_fake_does_not_depend_on_case_and_blanks(cloud: TestCloud) -> None:
    assert (
        prelogin(cloud, {"email": " Nobody1@acme.test "}).body == prelogin(cloud, {"email": "nobody1@acme.test"}).body
    )


def test_users_of_the_other_region_are_unknown_here(cloud: TestCloud) -> None:
    emails = ["owner@dupont.test", "amelie@dupont.test", "bram@dupont.test", "tante@famille.test", "nieuw@gezin.test"]

    here, there = ({numbers(prelogin(cloud, {"email": email}, region=r)) for email in emails} for r in ("us", "eu"))

    assert there == {(0, 5000, None, None)}
    assert len(here) > 1


def test_members_match_in_any_letter_case_and_others_are_ignored(cloud: TestCloud) -> None:
    body = {"EMAIL": OWNER, "unknown": {"nested": [1]}}

    assert numbers(prelogin(cloud, body)) == (0, 5000, None, None)


# Refusals.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [{}, {"email": None}, {"mail": OWNER}])
def test_a_missing_address_is_required(cloud: TestCloud, path: str, body: dict[str, Any]) -> None:
    assert_invalid(prelogin(cloud, body, path), {"Email": ["The Email field is required."]})


@pytest.mark.parametrize("email", ["", "  "])
def test_a_blank_address_is_as_good_as_none(cloud: TestCloud, email: str) -> None:
    answer = prelogin(cloud, {"email": email})

    assert answer.status == 400
    assert "The Email field is required." in answer.errors["Email"]


@pytest.mark.parametrize("email", ["owner", "@acme.test", "owner@", "a@b@c"])
def test_what_is_not_shaped_like_an_address_is_refused(cloud: TestCloud, email: str) -> None:
    assert_invalid(prelogin(cloud, {"email": email}), {"Email": ["The Email field is not a valid e-mail address."]})


def test_256_characters_are_the_most(cloud: TestCloud) -> None:
    longest = "x" * 251 + "@a.te"

    assert prelogin(cloud, {"email": longest}).status == 200
    assert_invalid(
        prelogin(cloud, {"email": "x" + longest}),
        {"Email": ["The field Email must be a string with a maximum length of 256."]},
    )


@pytest.mark.parametrize("body", [b"", b"  ", b"null"])
def test_an_empty_body_is_refused(cloud: TestCloud, body: bytes) -> None:
    answer = cloud.request(
        "POST", PATHS[0], service="identity", body=body, headers={"Content-Type": "application/json"}
    )

    assert_invalid(answer, {"": ["A non-empty request body is required."]})


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"{", "$"),
        (b"[]", "$"),
        (b'"owner@acme.test"', "$"),
        (b"\xff\xfe", "$"),
        (b'{"email":5}', "$.email"),
        (b'{"email":["owner@acme.test"]}', "$.email"),
        (b'{"email":{}}', "$.email"),
        (b"[" * 100_000, "$"),
    ],
)
def test_what_is_not_the_expected_json_is_refused_by_its_path(cloud: TestCloud, body: bytes, key: str) -> None:
    answer = cloud.request(
        "POST", PATHS[0], service="identity", body=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status == 400
    assert list(answer.errors) == [key]


def test_half_a_character_is_refused_and_breaks_nothing(cloud: TestCloud) -> None:
    body = b'{"email":"\\ud800@acme.test"}'

    answer = cloud.request(
        "POST", PATHS[0], service="identity", body=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status == 400


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_another_content_type_is_415_without_a_body(cloud: TestCloud, content_type: str) -> None:
    answer = cloud.request(
        "POST", PATHS[0], service="identity", body=b'{"email":"a@b.c"}', headers={"Content-Type": content_type}
    )

    assert (answer.status, answer.body) == (415, "")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_another_method_is_405_and_told_which_is_allowed(cloud: TestCloud, path: str, method: str) -> None:
    answer = cloud.request(method, path, service="identity", json_body={"email": OWNER})

    assert (answer.status, answer.body, answer.headers["allow"]) == (405, "", "POST")


def test_no_token_is_asked_for_and_none_is_looked_at(cloud: TestCloud) -> None:
    assert prelogin(cloud, {"email": OWNER}, token="nonsense").status == 200
