"""The journeys' own cryptography against the vectors of contract/identity.md §11.4 and licensing A.6."""

import hashlib

import pytest

from tests.journeys.support import crypto, licence
from tests.journeys.support.crypto import Kdf, SymmetricKey

PASSWORD = "correct horse battery staple"
USER_KEY = SymmetricKey.of(bytes(range(64)))

VECTORS = {
    "A": (
        "  User@Example.COM ",
        Kdf(0, 600_000),
        "55dc4a94e4881ffd792d6cb4173d7145756cd95ddc9b2310bb0fc931123c8248",
        "nfEypS52oCiXbQyehOT45BcIhAJYN/5ltdzSYVXHaWg=",
        "93ded3e35b9346cf64c4bdead65723856c45867ef3c3fb28696269fc2444394b",
        "29eaff41674c0bbb38f09f8fde3c77000e040ecc0e109479039c69b65acba1b7",
    ),
    "B": (
        "user@example.com",
        Kdf(1, 3, 64, 4),
        "26034d0eaf9c2631caec3e6cc7f47603bee30bf3d86f8d79968d05fa3245f702",
        "F5AT2yKzzrLd4OniXAMW5ngYFtDXgAcl+gxyAwyzaRA=",
        "5b9166810ed96495abc3a52500bdf2484de46141fb08dcce2e9059b8af5e596b",
        "d32321b646093d1ebbf7bbd86ea528bef3fef85a73ed965612fb0ad12e14247c",
    ),
}
KEY_A = (
    "2.AAECAwQFBgcICQoLDA0ODw==|CYCryEnF7wy/6x+Pnl9FPBMNYCTHjEag72hryyJHqSae9U68m9SdJ5h9NeEbakToNVtP6YNVZLR9tis"
    "kgKWG8qNF5dysUzMfzJ1oIEqmD3s=|7CVICGBixdX9l1Bzp4pNMEuqueEarQiqSQBRb64+Uvs="
)
HELLO = "2.EBESExQVFhcYGRobHB0eHw==|BGjxpSaepyRbuExk1FbpTQ==|wGR9fGga7qxs1rh5nR/8VCi0FzIK4hL5kD7uVJifZ0g="

LICENCE = {
    "licenseKey": "zQ7mExampleKey0001",
    "installationId": "0f0e0d0c-0b0a-4908-8706-050403020100",
    "id": "11111111-2222-4333-8444-555555555555",
    "name": "Acme & Co",
    "billingEmail": "billing@acme.example",
    "plan": "Enterprise (Annually)",
    "planType": 20,
    "version": 15,
    "seats": 25,
    "maxStorageGb": 1,
    "issued": "2026-01-02T03:04:05.6Z",
    "refresh": "2026-02-01T03:04:05.6Z",
    "expires": "2027-03-02T00:00:00Z",
    "expirationWithoutGracePeriod": "2027-01-01T00:00:00Z",
    **dict.fromkeys(("businessName", "maxCollections", "smSeats", "smServiceAccounts")),
    **dict.fromkeys(
        ("enabled", "selfHost", "usersGetPremium", "useCustomPermissions", "usePasswordManager", "use2fa"),
        True,
    ),
    **dict.fromkeys(("usePolicies", "useSso", "useKeyConnector", "useScim", "useGroups", "useEvents"), True),
    **dict.fromkeys(("useDirectory", "useTotp", "useApi", "useResetPassword"), True),
    "allowAdminAccessToAllCollectionItems": True,
    **dict.fromkeys(("limitCollectionCreationDeletion", "useSecretsManager", "trial", "usePam"), False),
    "licenseType": 1,
    "hash": "sQsLKwx7NetzpMG6OtEcwR2aFI4hwPzkGtZEjodHXAA=",
    "signature": "",
    "token": "",
}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_a_password_becomes_the_master_key_the_hash_and_the_stretched_key(vector):
    email, kdf, master, authentication, enc, mac = vector
    key = crypto.master_key(PASSWORD, email, kdf)
    assert key.hex() == master
    assert crypto.authentication_hash(key, PASSWORD) == authentication
    assert crypto.stretch(key) == SymmetricKey(bytes.fromhex(enc), bytes.fromhex(mac))


def test_argon2id_with_the_clients_defaults_gives_the_third_vector():
    key = crypto.master_key(PASSWORD, "user@example.com", Kdf(1, 6, 32, 4))
    assert crypto.authentication_hash(key, PASSWORD) == "qdYgvDUriQUWskjPImFAwtx6Hz2tS/z/BxGOyK7HvWg="


def test_an_enc_string_of_type_2_is_written_and_read_as_the_vectors_say():
    stretched = crypto.stretch(crypto.master_key(PASSWORD, "user@example.com", Kdf(0, 600_000)))
    assert crypto.encrypt(stretched, USER_KEY.raw(), iv=bytes(range(16))) == KEY_A
    assert crypto.decrypt(stretched, KEY_A) == USER_KEY.raw()
    assert crypto.encrypt(USER_KEY, b"hello", iv=bytes(range(16, 32))) == HELLO
    assert crypto.decrypt(USER_KEY, HELLO) == b"hello"


def test_an_enc_string_under_another_key_is_refused_by_its_mac():
    with pytest.raises(ValueError, match="mac"):
        crypto.decrypt(SymmetricKey.generate(), HELLO)


def test_an_enc_string_of_type_4_comes_back_through_the_private_key():
    pair = crypto.new_rsa_pair()
    assert len(crypto.public_der(pair)) == 294
    again = crypto.load_private_der(crypto.private_der(pair))
    assert crypto.rsa_decrypt(again, crypto.rsa_encrypt(pair.public_key(), b"organization key")) == (
        b"organization key"
    )


def test_the_licence_strings_hash_as_the_contracts_worked_example():
    assert licence.hash_of(LICENCE) == LICENCE["hash"]
    signed = licence.data_string(LICENCE, for_hash=False)
    assert hashlib.sha256(signed.encode()).hexdigest() == (
        "2838fa829d4d36c19c77085a315f047d838e855e76b4ea63b983fdedcb62bfe0"
    )
    assert len(signed.split("|")) == 1 + 39
