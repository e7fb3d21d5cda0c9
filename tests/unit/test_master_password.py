"""From a master password to its keys (docs/contract/identity.md §11.1, vectors of §11.4)."""

import shutil
import subprocess

import pytest

from sosie.crypto.encstring import SymmetricKey, encrypt
from sosie.crypto.master_password import ARGON2ID, PBKDF2, Kdf, authentication_hash, master_key, stretch

PASSWORD = "correct horse battery staple"

VECTOR_A = (
    "  User@Example.COM ",
    Kdf(PBKDF2, 600_000),
    "55dc4a94e4881ffd792d6cb4173d7145756cd95ddc9b2310bb0fc931123c8248",
    "nfEypS52oCiXbQyehOT45BcIhAJYN/5ltdzSYVXHaWg=",
    "93ded3e35b9346cf64c4bdead65723856c45867ef3c3fb28696269fc2444394b",
    "29eaff41674c0bbb38f09f8fde3c77000e040ecc0e109479039c69b65acba1b7",
)
VECTOR_B = (
    "user@example.com",
    Kdf(ARGON2ID, 3, 64, 4),
    "26034d0eaf9c2631caec3e6cc7f47603bee30bf3d86f8d79968d05fa3245f702",
    "F5AT2yKzzrLd4OniXAMW5ngYFtDXgAcl+gxyAwyzaRA=",
    "5b9166810ed96495abc3a52500bdf2484de46141fb08dcce2e9059b8af5e596b",
    "d32321b646093d1ebbf7bbd86ea528bef3fef85a73ed965612fb0ad12e14247c",
)


@pytest.fixture(scope="module", params=[VECTOR_A, VECTOR_B], ids=["PBKDF2", "Argon2id"])
def vector(request):
    email, kdf, *expected = request.param
    return master_key(PASSWORD, email, kdf), expected


def test_the_contracts_master_key_is_reproduced(vector):
    key, (expected, *_) = vector
    assert key.hex() == expected


def test_the_contracts_authentication_hash_is_reproduced(vector):
    key, (_, expected, *_) = vector
    assert authentication_hash(PASSWORD, key) == expected


def test_the_contracts_stretched_key_is_reproduced(vector):
    key, (_, _, enc, mac) = vector
    stretched = stretch(key)
    assert (stretched.enc.hex(), stretched.mac.hex()) == (enc, mac)


def test_the_clients_argon2_defaults_give_the_contracts_authentication_hash():
    key = master_key(PASSWORD, "user@example.com", Kdf(ARGON2ID, 6, 32, 4))
    assert authentication_hash(PASSWORD, key) == "qdYgvDUriQUWskjPImFAwtx6Hz2tS/z/BxGOyK7HvWg="


def test_the_contracts_wrapped_user_key_is_reproduced():
    stretched = SymmetricKey(bytes.fromhex(VECTOR_A[4]), bytes.fromhex(VECTOR_A[5]))
    assert encrypt(bytes(range(64)), stretched, bytes(range(16))) == (
        "2.AAECAwQFBgcICQoLDA0ODw=="
        "|CYCryEnF7wy/6x+Pnl9FPBMNYCTHjEag72hryyJHqSae9U68m9SdJ5h9NeEbakToNVtP6YNVZLR9tiskgKWG8qNF5dysUzMfzJ1oIEqmD3s="
        "|7CVICGBixdX9l1Bzp4pNMEuqueEarQiqSQBRb64+Uvs="
    )


def test_letter_case_and_blanks_around_the_email_do_not_matter():
    kdf = Kdf(PBKDF2, 1)
    assert master_key(PASSWORD, "\t ÉVA@Example.com\n", kdf) == master_key(PASSWORD, "éva@example.com", kdf)


def test_letter_case_and_blanks_in_the_password_matter():
    kdf = Kdf(PBKDF2, 1)
    keys = {master_key(password, "a@b.test", kdf) for password in ("secret", "Secret", " secret", "secret ")}
    assert len(keys) == 4


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize("label", ["enc", "mac"])
def test_openssl_expands_a_master_key_to_the_same_halves(label):
    key = bytes(range(32))
    options = ["digest:SHA256", "mode:EXPAND_ONLY", f"hexkey:{key.hex()}", f"info:{label}"]
    command = [
        "openssl",
        "kdf",
        "-keylen",
        "32",
        *(word for option in options for word in ("-kdfopt", option)),
        "HKDF",
    ]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert getattr(stretch(key), label).hex() == printed.strip().replace(":", "").lower()


@pytest.mark.parametrize(
    "numbers",
    [
        (2, 600_000),
        (PBKDF2, 0),
        (PBKDF2, 600_000, 64, 4),
        (ARGON2ID, 3),
        (ARGON2ID, 3, 64),
        (ARGON2ID, 3, 64, 0),
        (ARGON2ID, 3, -1, 4),
    ],
)
def test_a_key_derivation_that_no_account_can_have_is_refused(numbers):
    with pytest.raises(ValueError):  # noqa: PT011  every one has its own text
        Kdf(*numbers)
