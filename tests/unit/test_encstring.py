"""EncStrings (docs/contract/identity.md §11.2, vectors of §11.4)."""

import base64
import hmac
import json
import shutil
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sosie.crypto.encstring import (
    EncStringError,
    SymmetricKey,
    decrypt,
    encrypt,
    encrypt_for,
    is_encrypted_string,
)
from sosie.crypto.rsa import generate_pair

USER_KEY = SymmetricKey.from_bytes(bytes(range(64)))
IV = bytes(range(16, 32))
HELLO = "2.EBESExQVFhcYGRobHB0eHw==|BGjxpSaepyRbuExk1FbpTQ==|wGR9fGga7qxs1rh5nR/8VCi0FzIK4hL5kD7uVJifZ0g="

keys = st.binary(min_size=64, max_size=64).map(SymmetricKey.from_bytes)
ivs = st.binary(min_size=16, max_size=16)


@pytest.fixture(scope="module")
def pair():
    return generate_pair()


def test_the_contracts_folder_name_is_reproduced():
    assert encrypt(b"hello", USER_KEY, IV) == HELLO


def test_the_contracts_folder_name_decrypts():
    assert decrypt(HELLO, USER_KEY) == b"hello"


def test_a_user_key_splits_into_encryption_half_and_mac_half():
    assert (USER_KEY.enc, USER_KEY.mac) == (bytes(range(32)), bytes(range(32, 64)))
    assert USER_KEY.to_bytes() == bytes(range(64))


def test_a_wrapped_user_key_has_a_ciphertext_of_80_bytes():
    _, ciphertext, _ = encrypt(bytes(64), USER_KEY, IV).split("|")
    assert len(base64.b64decode(ciphertext)) == 80


@given(st.binary(max_size=200), keys, ivs)
@settings(deadline=None, max_examples=60)
def test_what_was_encrypted_decrypts(plain, key, iv):
    text = encrypt(plain, key, iv)
    assert is_encrypted_string(text)
    assert decrypt(text, key) == plain


@given(keys.filter(lambda key: key.mac != USER_KEY.mac))
@settings(deadline=None, max_examples=30)
def test_another_key_does_not_decrypt(key):
    with pytest.raises(EncStringError):
        decrypt(HELLO, key)


@given(st.integers(0, len(HELLO) - 1), st.characters(codec="ascii"))
@settings(deadline=None, max_examples=60)
def test_a_changed_text_never_decrypts_to_something_else(at, character):
    changed = HELLO[:at] + character + HELLO[at + 1 :]
    try:
        assert decrypt(changed, USER_KEY) == b"hello"  # the same bytes, written with other stray bits
    except EncStringError:
        assert changed != HELLO


@given(st.text(st.characters(), max_size=60))
@settings(deadline=None)
def test_a_text_that_is_no_encstring_is_refused_with_one_error(text):
    with pytest.raises(EncStringError):
        decrypt(text, USER_KEY)


def test_an_authentic_text_that_is_no_cbc_message_is_refused_with_the_same_error():
    iv, ciphertext = b"short", b"odd"
    parts = (iv, ciphertext, hmac.digest(USER_KEY.mac, iv + ciphertext, "sha256"))
    with pytest.raises(EncStringError):
        decrypt("2." + "|".join(base64.b64encode(part).decode() for part in parts), USER_KEY)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_node_decrypts_what_was_encrypted():
    script = """
      const [, enc, text] = process.argv, crypto = require('crypto');
      const [iv, ct] = text.slice(2).split('|').map(part => Buffer.from(part, 'base64'));
      const aes = crypto.createDecipheriv('aes-256-cbc', Buffer.from(enc, 'hex'), iv);
      process.stdout.write(Buffer.concat([aes.update(ct), aes.final()]));
    """
    text = encrypt("naïve café".encode(), USER_KEY, IV)
    command = ["node", "-e", script, USER_KEY.enc.hex(), text]
    assert subprocess.run(command, capture_output=True, check=True).stdout.decode() == "naïve café"


def test_a_pair_has_the_shapes_that_the_wire_carries(pair):
    assert len(pair.public_spki_b64) == 392
    assert len(base64.b64decode(pair.public_spki_b64)) == 294
    wrapped = encrypt(pair.private_pkcs8_der, USER_KEY, IV).split("|")[1]
    assert 1200 <= len(base64.b64decode(wrapped)) <= 1248


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_openssl_opens_what_was_encrypted_for_a_pair(pair, tmp_path):
    text = encrypt_for(pair.public_spki_b64, bytes(range(64)))
    key = tmp_path / "key.der"
    key.write_bytes(pair.private_pkcs8_der)
    command = ["openssl", "pkeyutl", "-decrypt", "-inkey", key, "-keyform", "DER"]
    command += ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha1"]
    opened = subprocess.run(command, input=base64.b64decode(text.removeprefix("4.")), capture_output=True, check=True)
    assert opened.stdout == bytes(range(64))
    assert is_encrypted_string(text)


def test_what_does_not_fit_under_a_pair_is_refused(pair):
    with pytest.raises(ValueError):  # noqa: PT011  the library's own text
        encrypt_for(pair.public_spki_b64, bytes(215))
    with pytest.raises(ValueError):  # noqa: PT011
        encrypt_for("no key", b"")


@pytest.mark.parametrize(
    "text",
    [
        HELLO,
        "0.QUFB|QkI=",
        "1.QUFB|QkI=|Qw==",
        "3.QUFB",
        "4.QUFB",
        "5.QUFB|QkI=",
        "6.QUFB|QkI=",
        "7.QUFB",
        "AesCbc256_HmacSha256_B64.QUFB|QkI=|Qw==",
        "Rsa2048_OaepSha1_B64.QUFB",
        "QUFB|QkI=",
        "QUFB|QkI=|Qw==",
        "4.QkJ=",  # stray bits before the padding: clients produce them
    ],
)
def test_every_official_type_is_an_encrypted_string(text):
    assert is_encrypted_string(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "|",
        "||",
        "a plain note",
        "plaintext",
        "8.QUFB",
        "254.QUFB",
        "-1.QUFB",
        "2.QUFB",
        "2.QUFB|QkI=",
        "2.QUFB|QkI=|Qw==|Qw==",
        "2.QUFB|QkI=|",
        "2.|QkI=|Qw==",
        "4.QUFB|QkI=",
        "4.QkI",
        "4.QUF\n",
        "4.QUFB\n",
        "4.====",
        "4.Q===",
        "4.QU=B",
        "4.QU_-",
        "4.QUFB.QUFB",
        "Unknown.QUFB",
        "QUFB",
        "QUFB|QkI=|Qw==|Qw==",
    ],
)
def test_anything_else_is_no_encrypted_string(text):
    assert not is_encrypted_string(text)


def test_a_symmetric_key_has_two_halves_of_32_bytes_and_never_shows_them():
    with pytest.raises(ValueError, match="32 bytes"):
        SymmetricKey.from_bytes(bytes(63))
    assert repr(USER_KEY) == "SymmetricKey()"


def test_importing_the_crypto_modules_loads_no_heavy_library():
    script = """
import json, sys
from sosie.crypto import authority, encstring, master_password, rsa, signing
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
    loaded = json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)
    assert not {"cryptography", "jwt", "argon2"} & set(loaded)
