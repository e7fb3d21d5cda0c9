"""Signing keys and tokens (docs/contract/identity.md §4.3 and §9, licensing-push-installations.md A.6 and A.7)."""

import base64
import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime

import jwt
import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sosie.crypto.signing import BadTokenError, SigningKey

NOW = datetime(2026, 8, 18, 12, 0, tzinfo=UTC)
NAME = "Sosie token signing (not Bitwarden)"
PAYLOAD = {
    "iss": "https://identity.bitwarden.com",
    "nbf": 1787000000,
    "iat": 1787000000,
    "exp": 1787086400,
    "scope": ["api.push"],
    "client_id": "installation.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
    "jti": "0F1E2D3C4B5A69788796A5B4C3D2E1F0",
}

KEY = SigningKey.create(NAME, NOW)
OTHER_KEY = SigningKey.create(NAME, NOW)
ACCESS_TOKEN_HEADERS = {"kid": KEY.kid, "x5t": KEY.x5t, "typ": "at+jwt"}
TOKEN = KEY.encode_jwt(PAYLOAD, ACCESS_TOKEN_HEADERS)


def segment(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header, payload):
    """A token around any two byte strings, really signed with the key."""
    text = f"{segment(header)}.{segment(payload)}"
    return f"{text}.{segment(KEY.sign(text.encode()))}"


def header_of(token):
    text = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")


@needs_openssl
def test_openssl_accepts_a_signature_as_rsa_with_sha256(tmp_path):
    for name, data in (
        ("c.pem", KEY.certificate_pem.encode()),
        ("data", b"license:user|"),
        ("sig", KEY.sign(b"license:user|")),
    ):
        (tmp_path / name).write_bytes(data)
    public = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "c.pem", "-pubkey", "-noout"], capture_output=True, check=True
    )
    (tmp_path / "k.pem").write_bytes(public.stdout)
    command = ["openssl", "dgst", "-sha256", "-verify", "k.pem", "-signature", "sig", "data"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert checked.stdout == b"Verified OK\n"


@needs_openssl
def test_the_key_id_is_the_certificates_thumbprint_and_the_algorithm(tmp_path):
    (tmp_path / "c.pem").write_text(KEY.certificate_pem)
    command = ["openssl", "x509", "-in", tmp_path / "c.pem", "-noout", "-fingerprint", "-sha1"]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    thumbprint = printed.strip().partition("=")[2].replace(":", "")
    assert KEY.kid == thumbprint.upper() + "RS256"
    assert KEY.x5t == segment(bytes.fromhex(thumbprint))


def test_the_certificate_is_self_signed_and_says_whose_it_is():
    certificate = x509.load_pem_x509_certificate(KEY.certificate_pem.encode())
    assert certificate.subject.rfc4514_string() == f"CN={NAME}" == certificate.issuer.rfc4514_string()
    certificate.verify_directly_issued_by(certificate)
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc


def test_the_published_key_has_exactly_the_contracts_members():
    jwk = KEY.jwk()
    assert list(jwk) == ["kty", "use", "kid", "x5t", "e", "n", "x5c", "alg"]
    assert (jwk["kty"], jwk["use"], jwk["alg"], jwk["e"]) == ("RSA", "sig", "RS256", "AQAB")
    assert (jwk["kid"], jwk["x5t"]) == (KEY.kid, KEY.x5t)
    assert len(jwk["n"]) == 342  # 2048 bits, no leading zero, no padding
    (der,) = (base64.b64decode(text) for text in jwk["x5c"])
    assert segment(hashlib.sha1(der).digest()) == KEY.x5t


def test_a_stranger_verifies_an_access_token_with_the_published_key():
    claims = jwt.decode(
        TOKEN,
        jwt.PyJWK(KEY.jwk()),
        algorithms=["RS256"],
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert claims == PAYLOAD


def test_an_access_token_has_these_header_members_and_the_algorithm():
    assert header_of(TOKEN) == {"alg": "RS256", "kid": KEY.kid, "x5t": KEY.x5t, "typ": "at+jwt"}


def test_a_licence_token_has_no_key_id():
    assert header_of(KEY.encode_jwt(PAYLOAD, {"typ": "JWT"})) == {"alg": "RS256", "typ": "JWT"}


def test_a_header_gets_no_member_that_was_not_asked_for_and_no_other_algorithm():
    assert header_of(KEY.encode_jwt({}, {"alg": "none"})) == {"alg": "RS256"}


def test_a_token_decodes_to_its_headers_and_payload():
    assert KEY.decode_jwt(TOKEN) == ({**ACCESS_TOKEN_HEADERS, "alg": "RS256"}, PAYLOAD)


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())))
@settings(deadline=None, max_examples=40)
def test_every_payload_comes_back_as_it_was(payload):
    payload = {name: value for name, value in payload.items() if name != "iss"}
    assert KEY.decode_jwt(KEY.encode_jwt(payload, ACCESS_TOKEN_HEADERS))[1] == payload


def test_an_expired_token_decodes_because_time_is_the_worlds():
    claims = {"exp": 1, "nbf": 2**40, "iat": "yesterday", "aud": 7, "sub": 3, "jti": 4}
    assert KEY.decode_jwt(KEY.encode_jwt(claims, {}))[1] == claims


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..",
        "a.b.c",
        "not a token",
        TOKEN + "=",
        TOKEN + "==",
        TOKEN + "!",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN + ".e30",
        TOKEN.rpartition(".")[0] + ".",
        OTHER_KEY.encode_jwt(PAYLOAD, ACCESS_TOKEN_HEADERS),
        jwt.encode(PAYLOAD, None, algorithm="none"),
        jwt.encode(PAYLOAD, KEY.certificate_pem[:64].encode().ljust(64).hex(), algorithm="HS256"),
        "\ud800.\udfff.é",
        "\N{NO-BREAK SPACE}" + TOKEN,
        signed(b'{"alg":"RS512"}', b"{}"),
        signed(b'{"alg":["RS256"]}', b"{}"),
        signed(b'{"typ":"at+jwt"}', b"{}"),
        signed(b'{"alg":"RS256","kid":7}', b"{}"),
        signed(b'{"alg":"RS256","crit":["exp"]}', b"{}"),
        signed(b'{"alg":"RS256","b64":false}', b"{}"),
        signed(b"[]", b"{}"),
        signed(b"\xff", b"{}"),
        signed(b"[" * 100_000, b"{}"),
        signed(b'{"alg":"RS256"}', b"[" * 100_000),
        signed(b'{"alg":"RS256"}', b'{"exp":' + b"9" * 5000 + b"}"),
        signed(b'{"alg":"RS256"}', b"[]"),
        signed(b'{"alg":"RS256"}', b"\xff\xfe"),
        signed(b'{"alg":"RS256"}', b""),
    ],
)
def test_what_is_no_token_of_this_key_is_refused(token):
    with pytest.raises(BadTokenError):
        KEY.decode_jwt(token)


@given(st.integers(0, len(TOKEN) - 1), st.characters())
@settings(deadline=None, max_examples=100)
def test_a_token_with_one_character_changed_is_refused(at, character):
    changed = TOKEN[:at] + character + TOKEN[at + 1 :]
    if changed != TOKEN:
        with pytest.raises(BadTokenError):
            KEY.decode_jwt(changed)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
header_names = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "x5t", "zip"])
header_values = st.sampled_from(["RS256", "none", "HS256", ["b64"], False]) | json_values
segments = st.binary(max_size=30) | st.dictionaries(header_names, header_values).map(
    lambda value: json.dumps(value).encode()
)


@given(
    st.text(st.characters())
    | st.lists(segments.map(segment), max_size=5).map(".".join)
    | st.builds(signed, segments, segments)
)
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_at_all_raises_another_error(text):
    try:
        headers, payload = KEY.decode_jwt(text)
    except BadTokenError:
        return
    assert headers["alg"] == "RS256"
    assert isinstance(payload, dict)


def test_a_key_read_back_from_its_pem_text_is_the_same_key():
    again = SigningKey.from_pem(KEY.to_pem())
    assert again.jwk() == KEY.jwk()
    assert again.certificate_pem == KEY.certificate_pem
    assert again.encode_jwt(PAYLOAD, ACCESS_TOKEN_HEADERS) == TOKEN


def test_key_and_certificate_may_stand_in_either_order():
    key = KEY.to_pem().removesuffix(KEY.certificate_pem)
    assert SigningKey.from_pem(KEY.certificate_pem + key).kid == KEY.kid


def test_a_certificate_of_another_key_is_refused():
    key = KEY.to_pem().removesuffix(KEY.certificate_pem)
    with pytest.raises(ValueError, match="another key"):
        SigningKey.from_pem(key + OTHER_KEY.certificate_pem)


@pytest.mark.parametrize("text", ["", "no PEM", KEY.certificate_pem, KEY.to_pem().removesuffix(KEY.certificate_pem)])
def test_a_text_without_key_or_certificate_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  the library's own text
        SigningKey.from_pem(text)
