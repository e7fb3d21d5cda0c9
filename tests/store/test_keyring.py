"""Keys of each world and region: one suite for every place they can be kept in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from sosie.domain.clock import SettableClock
from sosie.store.keyring import LocalKeyring, StoredKeyring
from sosie.store.secrets_manager import SecretsManagerKeyring

CLOCK = SettableClock(datetime(2026, 1, 1, tzinfo=UTC))
NONCE = bytes(12)


@pytest.fixture(params=["files", "secrets-manager"])
def keyring(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], StoredKeyring]]:
    """Open the same place again and again, as restarts and further processes do."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="eu-central-1")
        yield {
            "files": lambda: LocalKeyring(CLOCK, tmp_path / "keys"),
            "secrets-manager": lambda: SecretsManagerKeyring(CLOCK, "/sosie/test/", client),
        }[request.param]


def test_a_restart_finds_the_same_signing_key(keyring: Callable[[], StoredKeyring]) -> None:
    first = keyring().signer("default", "us", "tokens")

    assert keyring().signer("default", "us", "tokens").kid == first.kid


def test_a_restart_opens_what_was_sealed_before(keyring: Callable[[], StoredKeyring]) -> None:
    sealed = keyring().seal("default", "us", "offers", b"an offer", NONCE)

    assert keyring().unseal("default", "us", "offers", sealed) == b"an offer"


def test_regions_worlds_and_purposes_have_keys_of_their_own(keyring: Callable[[], StoredKeyring]) -> None:
    ring = keyring()

    kids = {
        ring.signer(world, region, purpose).kid
        for world, region, purpose in (
            ("default", "us", "tokens"),
            ("default", "eu", "tokens"),
            ("default", "us", "licences"),
            ("other", "us", "tokens"),
        )
    }

    assert len(kids) == 4


def test_what_one_region_sealed_the_other_cannot_open(keyring: Callable[[], StoredKeyring]) -> None:
    ring = keyring()

    assert ring.unseal("default", "eu", "offers", ring.seal("default", "us", "offers", b"an offer", NONCE)) is None


@pytest.mark.parametrize("text", ["", "A", "not a seal", "é", "AAAA" * 20])
def test_nothing_else_can_be_opened(keyring: Callable[[], StoredKeyring], text: str) -> None:
    assert keyring().unseal("default", "us", "offers", text) is None


def test_the_first_of_two_who_make_a_key_at_once_wins(keyring: Callable[[], StoredKeyring]) -> None:
    one, other = keyring(), keyring()
    assert one._keep("default/us-offers", "11" * 32) == "11" * 32

    assert other._keep("default/us-offers", "22" * 32) == "11" * 32
    assert other._load("default/us-offers") == "11" * 32


def test_a_forgotten_world_gets_new_keys_and_others_keep_theirs(keyring: Callable[[], StoredKeyring]) -> None:
    ring = keyring()
    gone, kept = ring.signer("gone", "us", "tokens").kid, ring.signer("kept", "us", "tokens").kid

    ring.forget("gone")

    assert ring.signer("gone", "us", "tokens").kid != gone
    assert keyring().signer("kept", "us", "tokens").kid == kept


def test_key_files_are_for_their_owner_only(tmp_path: Path) -> None:
    LocalKeyring(CLOCK, tmp_path / "keys").signer("default", "us", "tokens")

    (file,) = (tmp_path / "keys").rglob("*.pem")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_seal_uses_only_characters_that_need_no_escaping_in_a_link() -> None:
    sealed = LocalKeyring(CLOCK).seal("default", "us", "offers", bytes(range(256)), NONCE)

    assert set(sealed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
