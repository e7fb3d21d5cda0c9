"""Signing in as official clients do: the answer opens with the master password, the token verifies with the JWKS."""

import pytest

from tests.journeys.support import crypto, jwt
from tests.journeys.support.answers import assert_empty, assert_json, assert_oauth_error, assert_token
from tests.journeys.support.person import CLIENT_HEADERS, Person

EXTRAS = {
    "PrivateKey",
    "AccountKeys",
    "Key",
    "MasterPasswordPolicy",
    "ForcePasswordReset",
    "Kdf",
    "KdfIterations",
    "KdfMemory",
    "KdfParallelism",
    "UserDecryptionOptions",
}
OAUTH = {"access_token", "expires_in", "token_type", "scope"}

WRONG_PASSWORD = {
    "error": "invalid_grant",
    "error_description": "invalid_username_or_password",
    "ErrorModel": {"Object": "error", "Message": "Username or password is incorrect. Try again."},
}
NO_VERSION = (
    "No client version header found, required to prevent encryption errors. "
    'Please confirm your client is supplying the header: "Bitwarden-Client-Version"'
)


def test_the_master_password_opens_the_users_private_and_organization_keys(region, owner):
    vault = owner.unlock()
    keys = owner.token_answer["AccountKeys"]["publicKeyEncryptionKeyPair"]
    assert keys["publicKey"] == crypto.b64(crypto.public_der(vault.private_key))
    assert keys["wrappedPrivateKey"] == owner.token_answer["PrivateKey"]
    assert vault.organization_keys.keys() == {region.enterprise["id"]}


def test_a_password_login_answers_with_everything_a_client_needs(region, owner):
    answer = owner.token_answer
    kdf = owner.prelogin()
    assert answer.keys() == OAUTH | {"refresh_token"} | EXTRAS
    assert (answer["expires_in"], answer["token_type"]) == (3600, "Bearer")
    assert answer["scope"] == "api offline_access"
    assert (answer["Kdf"], answer["KdfIterations"]) == (kdf.type, kdf.iterations)
    unlock = answer["UserDecryptionOptions"]["MasterPasswordUnlock"]
    assert unlock["MasterKeyEncryptedUserKey"] == answer["Key"]
    assert unlock["Salt"] == owner.email
    # and a later sync repeats the same keys
    sync = owner.sync()
    assert sync["profile"]["key"] == answer["Key"]
    assert sync["profile"]["privateKey"] == answer["PrivateKey"]
    assert sync["userDecryption"]["masterPasswordUnlock"]["masterKeyEncryptedUserKey"] == answer["Key"]


def test_a_users_access_token_verifies_with_the_published_key_and_names_what_they_own(region, owner, http):
    jwt.assert_key_is_well_formed(jwt.published_key(http, region))
    claims = jwt.verified(http, region, owner.token_answer["access_token"]).claims
    discovery = http.get(f"{region.identity}/.well-known/openid-configuration").json()
    assert claims["iss"] == discovery["issuer"]
    assert discovery["jwks_uri"].endswith("/.well-known/openid-configuration/jwks")
    assert "aud" not in claims
    assert claims["sub"] == region.user(owner.email)["id"]
    assert claims["email"] == owner.email
    assert claims["client_id"] == "web"
    assert claims["amr"] == ["Application"]
    assert claims["scope"] == ["api", "offline_access"]
    assert claims["orgowner"] == region.enterprise["id"], "one value is a string, not a list"
    assert claims["device"] == owner.device_identifier
    assert claims["devicetype"] == "ChromeBrowser"
    assert claims["nbf"] == claims["iat"]
    assert claims["exp"] == claims["iat"] + 3600


def test_refreshing_repeats_the_handle_and_brings_the_new_memberships(region, sign_in, http):
    # Given somebody without an organization
    newcomer = sign_in(region.cast.newcomer)
    newcomer.unlock()
    first = jwt.verified(http, region, newcomer.token_answer["access_token"]).claims
    assert "orgowner" not in first

    # When two organizations are created, the refreshed token names one, then both
    one = assert_json(newcomer.create_families("One"))["id"]
    answer = assert_token(newcomer.ask_for_token(newcomer.refresh_grant()))
    assert answer.keys() == OAUTH | {"refresh_token"}
    assert answer["refresh_token"] == newcomer.token_answer["refresh_token"]
    claims = jwt.verified(http, region, answer["access_token"]).claims
    assert claims["orgowner"] == one
    assert claims["auth_time"] == first["auth_time"]
    assert claims["jti"] != first["jti"]

    two = assert_json(newcomer.create_families("Two"))["id"]
    both = jwt.verified(http, region, newcomer.refresh().token_answer["access_token"]).claims
    assert sorted(both["orgowner"]) == sorted([one, two])


def test_an_api_key_signs_in_and_the_master_password_still_opens_the_vault(region, owner, http):
    answer = assert_token(owner.ask_for_token(owner.api_key_grant()))
    assert answer.keys() == OAUTH | EXTRAS
    assert answer["scope"] == "api"
    claims = jwt.verified(http, region, answer["access_token"]).claims
    assert claims["client_id"] == f"user.{claims['sub']}"
    assert claims["type"] == "User"

    other = Person(http, region, owner.email).login_with_api_key()
    assert other.unlock().user_key == owner.unlock().user_key


@pytest.mark.parametrize("email", [None, "nobody@else.test"], ids=["known user", "unknown user"])
def test_a_wrong_password_and_an_unknown_user_are_told_the_same(region, owner, email):
    fields = owner.password_grant() | {"password": crypto.b64(bytes(32))}
    assert_oauth_error(owner.ask_for_token(fields | ({"username": email} if email else {})), **WRONG_PASSWORD)


def test_a_login_without_a_client_version_is_refused_only_after_the_password(owner):
    headers = {name: value for name, value in CLIENT_HEADERS.items() if name != "Bitwarden-Client-Version"}
    model = {"Object": "error", "Message": NO_VERSION}
    assert_oauth_error(
        owner.ask_for_token(owner.password_grant(), headers),
        error="version_header_missing",
        error_description=NO_VERSION,
        ErrorModel=model,
    )
    wrong = owner.password_grant() | {"password": crypto.b64(bytes(32))}
    assert_oauth_error(owner.ask_for_token(wrong, headers), **WRONG_PASSWORD)


def test_a_login_without_a_device_is_refused(owner):
    fields = {name: value for name, value in owner.password_grant().items() if not name.startswith("device")}
    assert_oauth_error(
        owner.ask_for_token(fields),
        error="device_error",
        error_description="No device information provided",
        ErrorModel={"Object": "error", "Message": "no device information provided"},
    )


def test_a_refresh_token_belongs_to_its_client(owner):
    assert_oauth_error(owner.ask_for_token(owner.refresh_grant() | {"client_id": "cli"}), error="invalid_grant")
    assert_oauth_error(
        owner.ask_for_token(owner.refresh_grant() | {"refresh_token": "A" * 64 + "-1"}), error="invalid_grant"
    )


def test_an_installations_token_says_who_it_is_and_for_how_long(region, unconnected, http):
    answer = unconnected.client("api.installation").ask_for_token()
    body = assert_token(answer)
    assert body.keys() == OAUTH
    assert (body["expires_in"], body["scope"]) == (86400, "api.installation")
    claims = jwt.verified(http, region, body["access_token"]).claims
    assert claims.keys() == {"iss", "nbf", "iat", "exp", "scope", "client_id", "client_sub", "jti"}
    assert claims["client_sub"] == region.installation.id
    assert claims["client_id"] == f"installation.{region.installation.id}"
    assert claims["scope"] == ["api.installation"]
    assert claims["exp"] == claims["iat"] + 86400


def test_without_a_token_the_api_answers_401_and_nothing_else(region, http, owner):
    assert_empty(http.get(f"{region.api}/accounts/profile"), 401)
    broken = owner.token_answer["access_token"][:-6] + "AAAAAA"
    headers = {"Authorization": f"Bearer {broken}"}
    assert_empty(http.get(f"{region.api}/accounts/profile", headers=headers), 401)
