"""Secrets never reach the journal; equal ones can still be recognized (design: journal and diagnosis)."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sosie.domain.redaction import Redactor

SECRET = "aB3dE6gH9jK2mN5pQ8rS"
FINGERPRINT = re.compile(r"\[redacted [0-9a-f]{8}\]")
REDACTOR = Redactor("families")

# What the contract calls a client secret, password hash, sync key, licence key, token or private key, on the wire.
SECRET_MEMBERS = [
    "client_secret",
    "password",
    "refresh_token",
    "access_token",
    "masterPasswordHash",
    "otp",
    "authRequestAccessCode",
    "apiKey",
    "billingSyncKey",
    "licenseKey",
    "LicenseKey",
    "Signature",
    "Token",
    "sponsorshipToken",
    "key",
    "Key",
    "PrivateKey",
    "privateKey",
    "encryptedPrivateKey",
    "wrappedPrivateKey",
    "MasterKeyEncryptedUserKey",
    "twoFactorToken",
    "SsoEmail2faSessionToken",
    "newDeviceOtp",
    "devicePushToken",
    "pushToken",
    "paymentToken",
]
names = st.sampled_from(SECRET_MEMBERS).flatmap(lambda name: st.sampled_from([name, name.lower(), name.upper()]))
secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def test_a_fingerprint_is_short_and_says_what_it_is() -> None:
    assert FINGERPRINT.fullmatch(REDACTOR.fingerprint(SECRET))


def test_equal_secrets_have_equal_fingerprints_and_others_have_others() -> None:
    assert REDACTOR.fingerprint(SECRET) == REDACTOR.fingerprint(SECRET)
    assert REDACTOR.fingerprint(SECRET) != REDACTOR.fingerprint(SECRET.lower())


def test_each_world_has_fingerprints_of_its_own() -> None:
    assert Redactor("families").fingerprint(SECRET) != Redactor("another seed").fingerprint(SECRET)


# Texts. A redacted text is the text with a fingerprint in place of each secret, and nothing else changed.


@given(names, secrets)
@example("password", "a b#c")
@example("client_secret", "a+b/c==")
@example("token", "x&password=y")
def test_a_field_of_a_form_leaves_its_fingerprint(name: str, secret: str) -> None:
    form = urlencode({"grant_type": "password", name: secret, "deviceName": "linux"})

    expected = f"grant_type=password&{name}={REDACTOR.fingerprint(secret)}&deviceName=linux"
    assert REDACTOR.text(form) == expected


@given(names, secrets, st.booleans())
@example("key", 'say "no"', False)
@example("key", "2.AAE=|BB+B=|CC/C=", False)
@example("password", "back\\slash\\", True)
@example("password", "null", True)
def test_a_member_of_an_object_leaves_its_fingerprint(name: str, secret: str, ascii_only: bool) -> None:
    def document(value: str) -> str:
        members = {"first": [1], name: value, "nested": {name: value, "last": None}}
        return json.dumps(members, ensure_ascii=ascii_only)

    assert REDACTOR.text(document(secret)) == document(REDACTOR.fingerprint(secret))


@given(names, secrets, st.sampled_from(["/us/api/licenses/user/1", "", "/w/a/us/push/x"]))
def test_a_parameter_of_a_query_leaves_its_fingerprint(name: str, secret: str, path: str) -> None:
    url = f"{path}?first=1&{name}={quote(secret, safe='')}&last=2"

    assert REDACTOR.text(url) == f"{path}?first=1&{name}={REDACTOR.fingerprint(secret)}&last=2"


@pytest.mark.parametrize("value", ["null", "true", "false", '""'])
def test_what_is_no_secret_stays(value: str) -> None:
    text = f'{{"key":{value},"otp":{value}}}'

    assert REDACTOR.text(text) == text


def test_an_empty_field_stays_empty() -> None:
    assert REDACTOR.text("client_secret=&password=&scope=api") == "client_secret=&password=&scope=api"


@pytest.mark.parametrize(
    "text",
    [
        '{"publicKey":"MIIB","email":"a@b.test","keys":2,"monkey":"see","tokenCount":3,"expires_in":86400}',
        "grant_type=client_credentials&scope=api.push&client_id=installation.1&monkey=see",
        "/us/api/organizations/1/api-key?type=1&friendlyName=token",
        "the password was wrong",
        "",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert REDACTOR.text(text) == text


def test_a_secret_is_recognized_wherever_it_was_sent() -> None:
    secret = "nfEypS52oCiXbQyehOT45B+cIhAJYN/5ltdzSYVXHaWg="
    texts = [
        urlencode({"password": secret}),
        json.dumps({"masterPasswordHash": secret}),
        json.dumps({"MasterPasswordHash": secret}).replace("+", "\\u002B"),
        f"/x?key={quote(secret)}",
        "key=" + quote(secret).replace("%2B", "%2b"),
    ]

    found = {print_ for text in texts for print_ in FINGERPRINT.findall(REDACTOR.text(text))}
    assert found == {REDACTOR.fingerprint(secret)}


@pytest.mark.parametrize("prefix", ["installation.", "installation.installation.", "organization.", ""])
@pytest.mark.parametrize("key", [SECRET, SECRET + "0123456789"])
def test_a_key_that_was_sent_as_the_id_is_a_secret(prefix: str, key: str) -> None:
    form = f"client_id={prefix}{key}&scope=api.push"

    assert REDACTOR.text(form) == f"client_id={prefix}{REDACTOR.fingerprint(key)}&scope=api.push"


@pytest.mark.parametrize(
    "client_id",
    [
        "cli",
        "installation.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90",
        "user.6F1C0A523D4E4B7A9C210D5E8F7A6B90",
        "installation.abc",
    ],
)
def test_an_id_is_no_secret(client_id: str) -> None:
    assert REDACTOR.text(f"client_id={client_id}") == f"client_id={client_id}"


# Malformed ones: whatever a client sends by mistake may hold a secret as well.


@pytest.mark.parametrize(
    "text",
    [
        f"client_secret={SECRET}",
        f"client_secret=with blank {SECRET}",
        f"password=with#hash{SECRET}&x=1",
        f'password=with"quote{SECRET}&x=1',
        f"client%5Fsecret={SECRET}",
        f"x=1&&PASSWORD={SECRET}&&",
        f"?access_token={SECRET}#fragment",
        f'{{"password" : "{SECRET}"',
        f'{{"password":"{SECRET}',
        f'{{"password":"with \\" {SECRET}"}}',
        f'{{"password":\n\t"{SECRET}"}}',
        f'{{"password":"two\nlines {SECRET}"}}',
        f'{{"password":["{SECRET}"]}}',
        f'{{"password":["a", "{SECRET}"',
        f'{{"key":{{"inner":"{SECRET}"}}}}',
        f'{{"password":{SECRET}}}',
        f'{{"password":two words {SECRET}}}',
        f"{{'password': '{SECRET}', 'x': 1}}",
        f'[{{"key":"{SECRET}"}},{{"key":"{SECRET}"}}]',
        f'client_id=x&{{"password":"{SECRET}"}}',
        f'{{"url":"https://x.test/?token={SECRET}","next":1}}',
    ],
)
def test_a_malformed_text_gives_no_secret_away(text: str) -> None:
    redacted = REDACTOR.text(text)

    assert SECRET not in redacted
    assert FINGERPRINT.search(redacted)


def test_a_link_within_a_document_loses_its_secret_and_the_document_nothing_else() -> None:
    text = f'{{"url":"https://x.test/?email=a&token={SECRET}","next":[1,2]}}'

    assert REDACTOR.text(text) == text.replace(SECRET, REDACTOR.fingerprint(SECRET))


@given(st.text(), st.text())
def test_any_text_can_be_redacted_and_one_that_names_no_secret_stays(before: str, after: str) -> None:
    text = f'{before}=&?:"{{[{after}'

    assert SECRET not in REDACTOR.text(f"{before}&password={SECRET}")
    if not any(name.lower() in text.lower() for name in SECRET_MEMBERS):
        assert REDACTOR.text(text) == text


# Headers.


@pytest.mark.parametrize("name", ["authorization", "Authorization", "Proxy-Authorization"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Basic"])
def test_an_authorization_keeps_its_scheme_only(name: str, scheme: str) -> None:
    assert REDACTOR.headers({name: f"{scheme} {SECRET}"}) == {name: f"{scheme} {REDACTOR.fingerprint(SECRET)}"}


@pytest.mark.parametrize("value", [SECRET, f"Bearer\t{SECRET}", f"AWS4-HMAC-SHA256 {SECRET}", f" {SECRET}"])
def test_an_authorization_of_another_shape_keeps_nothing(value: str) -> None:
    assert SECRET not in REDACTOR.headers({"authorization": value})["authorization"]


@pytest.mark.parametrize("name", ["Cookie", "Set-Cookie", "X-Api-Key"])
def test_a_header_that_is_a_secret_is_redacted(name: str) -> None:
    assert SECRET not in REDACTOR.headers({name: f"session={SECRET}; Path=/"})[name]


def test_a_link_in_a_header_loses_its_secret() -> None:
    headers = {"referer": f"https://x.test/?access_token={SECRET}"}

    assert REDACTOR.headers(headers) == {"referer": f"https://x.test/?access_token={REDACTOR.fingerprint(SECRET)}"}


def test_other_headers_stay() -> None:
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "bitwarden-client-version": "2026.6.0",
        "user-agent": "Bitwarden_CLI/2026.6.0 (LINUX)",
        "host": "127.0.0.1:8787",
    }

    assert REDACTOR.headers(headers) == headers


def test_the_token_of_a_header_has_the_fingerprint_it_had_in_a_body() -> None:
    in_body = FINGERPRINT.findall(REDACTOR.text(json.dumps({"access_token": SECRET})))
    in_header = FINGERPRINT.findall(REDACTOR.headers({"authorization": f"Bearer {SECRET}"})["authorization"])

    assert in_body == in_header


def test_basic_credentials_cannot_be_read_back() -> None:
    encoded = base64.b64encode(f"installation.1:{SECRET}".encode()).decode()

    assert encoded not in REDACTOR.headers({"authorization": f"Basic {encoded}"})["authorization"]
