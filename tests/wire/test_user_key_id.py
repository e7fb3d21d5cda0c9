"""Newer clients name their user key (docs/contract/api.md §4.12)."""

from __future__ import annotations

from tests.support.cloud import TestCloud

PATH = "/accounts/key-management/user-key-id"
KEY_ID = "4d79f13926a3a2ee52f3c8e1c44d27fb"


def test_a_key_id_is_kept_and_shown_by_the_next_sync(cloud: TestCloud) -> None:
    token = cloud.user_token("owner@acme.test")
    assert "userKeyId" not in cloud.get("/sync", token=token).json["userDecryption"]

    answer = cloud.post(PATH, {"userKeyId": KEY_ID}, token=token)

    assert (answer.status, answer.body) == (200, "")
    assert cloud.get("/sync", token=token).json["userDecryption"]["userKeyId"] == KEY_ID


def test_somebody_elses_key_keeps_its_id(cloud: TestCloud) -> None:
    cloud.post(PATH, {"userKeyId": KEY_ID}, token=cloud.user_token("owner@acme.test"))

    other = cloud.get("/sync", token=cloud.user_token("alice@acme.test")).json
    assert "userKeyId" not in other["userDecryption"]


def test_a_missing_key_id_is_refused(cloud: TestCloud) -> None:
    answer = cloud.post(PATH, {}, token=cloud.user_token("owner@acme.test"))

    assert (answer.status, answer.errors) == (400, {"UserKeyId": ["The UserKeyId field is required."]})


def test_a_key_id_is_set_once(cloud: TestCloud) -> None:
    token = cloud.user_token("owner@acme.test")
    cloud.post(PATH, {"userKeyId": KEY_ID}, token=token)

    answer = cloud.post(PATH, {"userKeyId": "0" * 32}, token=token)

    assert (answer.status, answer.message) == (400, "User key id is already set.")
    assert cloud.get("/sync", token=token).json["userDecryption"]["userKeyId"] == KEY_ID
