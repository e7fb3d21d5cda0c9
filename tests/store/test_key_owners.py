"""Whose key signed a token: told from its key id, without making a key (ports.Keyring.owner_of)."""

from __future__ import annotations

from pathlib import Path

from sosie.domain.clock import SettableClock
from sosie.store.keyring import LocalKeyring
from tests.support.cloud import START

NOBODYS = "0" * 40 + "RS256"


def test_a_key_in_memory_is_recognized() -> None:
    keyring = LocalKeyring(SettableClock(START))
    kid = keyring.signer("team", "eu", "tokens").kid

    assert keyring.owner_of(kid, "default") == ("team", "eu")
    assert keyring.owner_of(NOBODYS, "default") is None


def test_a_key_is_recognized_after_a_restart(tmp_path: Path) -> None:
    clock = SettableClock(START)
    kid = LocalKeyring(clock, tmp_path).signer("team", "us", "tokens").kid

    assert LocalKeyring(clock, tmp_path).owner_of(kid, "default") == ("team", "us")


def test_looking_makes_no_key(tmp_path: Path) -> None:
    assert LocalKeyring(SettableClock(START), tmp_path).owner_of(NOBODYS, "default") is None
    assert list(tmp_path.iterdir()) == []


def test_a_key_of_another_purpose_has_no_owner() -> None:
    keyring = LocalKeyring(SettableClock(START))

    assert keyring.owner_of(keyring.signer("default", "us", "licences").kid, "default") is None


def test_keys_of_a_world_that_is_gone_are_forgotten(tmp_path: Path) -> None:
    keyring = LocalKeyring(SettableClock(START), tmp_path)
    kid = keyring.signer("team", "us", "tokens").kid
    keyring.forget("team")

    assert keyring.owner_of(kid, "default") is None
