"""People's tokens: password and API key (docs/contract/identity.md §4.6, §4.7, §5, §11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.conformance import expect, tokens
from sosie.conformance.expect import NotCheckableError
from sosie.conformance.password import decrypt, stretch
from sosie.conformance.people import CLIENT_VERSION, device_fields
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud
    from sosie.conformance.wire import Answer

_EXTRAS = (
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
)
_ENVELOPE = ("access_token", "expires_in", "token_type", "scope")
_WRONG = {
    "error_description": "invalid_username_or_password",
    "ErrorModel": {"Object": "error", "Message": "Username or password is incorrect. Try again."},
}
_NO_VERSION = (
    "No client version header found, required to prevent encryption errors. Please confirm your client is supplying "
    'the header: "Bitwarden-Client-Version"'
)
_VERSION_ERROR = {"error_description": _NO_VERSION, "ErrorModel": {"Object": "error", "Message": _NO_VERSION}}
_DEVICE_ERROR = {
    "error_description": "No device information provided",
    "ErrorModel": {"Object": "error", "Message": "no device information provided"},
}


@check("identity.password.envelope", "identity.md §4.2", "A password login has a refresh token and these extras.")
def envelope(cloud: Cloud) -> None:
    granted = expect.document(cloud.owner.password_grant())
    expect.members("token answer", granted, (*_ENVELOPE, "refresh_token", *_EXTRAS))
    expect.part("token answer", granted, {"expires_in": 3600, "token_type": "Bearer", "scope": "api offline_access"})


@check(
    "identity.password.refresh-token-shape", "identity.md §3.5", "A refresh token is 64 upper-case hex digits and -1."
)
def refresh_token_shape(cloud: Cloud) -> None:
    granted = expect.document(cloud.owner.password_grant())
    expect.matches("refresh_token", granted["refresh_token"], r"[0-9A-F]{64}-1")


@check("identity.password.kdf", "identity.md §4.7", "The extras repeat what prelogin said about the password.")
def kdf(cloud: Cloud) -> None:
    granted, prelogin = cloud.owner.granted_by_password(), cloud.owner.prelogin
    names = {"Kdf": "kdf", "KdfIterations": "kdfIterations", "KdfMemory": "kdfMemory"}
    names["KdfParallelism"] = "kdfParallelism"
    expect.part("token answer", granted, {name: prelogin[theirs] for name, theirs in names.items()})


@check(
    "identity.password.no-policy", "identity.md §4.7", "Without a policy on passwords the object has its name alone."
)
def no_policy(cloud: Cloud) -> None:
    granted = cloud.owner.granted_by_password()
    expected = {"MasterPasswordPolicy": {"Object": "masterPasswordPolicy"}, "ForcePasswordReset": False}
    expect.part("token answer", granted, expected)


@check(
    "identity.password.account-keys", "identity.md §4.7", "AccountKeys has camelCase members beside PascalCase Object."
)
def account_keys(cloud: Cloud) -> None:
    granted = cloud.owner.granted_by_password()
    keys = granted["AccountKeys"]
    expect.members("AccountKeys", keys, ("publicKeyEncryptionKeyPair", "Object"))
    expect.same("AccountKeys.Object", keys["Object"], "privateKeys")
    pair = keys["publicKeyEncryptionKeyPair"]
    expect.members("key pair", pair, ("wrappedPrivateKey", "publicKey", "Object"))
    expect.same("key pair Object", pair["Object"], "publicKeyEncryptionKeyPair")
    expect.same("wrappedPrivateKey", pair["wrappedPrivateKey"], granted["PrivateKey"])


@check("identity.password.decryption-options", "identity.md §4.7", "UserDecryptionOptions tell how to unlock.")
def decryption_options(cloud: Cloud) -> None:
    granted = cloud.owner.granted_by_password()
    options = granted["UserDecryptionOptions"]
    expect.members("UserDecryptionOptions", options, ("HasMasterPassword", "MasterPasswordUnlock", "Object"))
    expect.part("UserDecryptionOptions", options, {"HasMasterPassword": True, "Object": "userDecryptionOptions"})
    unlock = options["MasterPasswordUnlock"]
    expect.members("MasterPasswordUnlock", unlock, ("Kdf", "MasterKeyEncryptedUserKey", "Salt"))
    expected = {"MasterKeyEncryptedUserKey": granted["Key"]}
    if cloud.owner.prelogin["salt"] is None:
        expected["Salt"] = cloud.owner.email.strip().lower()
    expect.part("MasterPasswordUnlock", unlock, expected)
    values = {"KdfType": granted["Kdf"], "Iterations": granted["KdfIterations"]}
    expect.part("MasterPasswordUnlock.Kdf", unlock["Kdf"], values)


@check(
    "identity.password.unlocks",
    "identity.md §11.3",
    "The master password opens the user key, and that the private key.",
)
def unlocks(cloud: Cloud) -> None:
    granted = cloud.owner.granted_by_password()
    user_key = decrypt(stretch(cloud.owner.master_key), granted["Key"])
    expect.same("bytes of the user key", len(user_key), 64)
    private_key = decrypt(user_key, granted["PrivateKey"])
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    load_der_private_key(private_key, None)


@check("identity.password.claims", "identity.md §4.3", "A person's token says who signed in, how, and on which device.")
def claims(cloud: Cloud) -> None:
    granted = cloud.owner.granted_by_password()
    claimed = tokens.claims(granted["access_token"])
    expected = {
        "client_id": "web",
        "scope": ["api", "offline_access"],
        "amr": ["Application"],
        "idp": "bitwarden",
        "email": cloud.owner.email,
        "device": cloud.owner.device,
        "devicetype": "ChromeBrowser",
    }
    expect.part("claims", claimed, expected)
    for name, kind in (("email_verified", bool), ("premium", bool), ("auth_time", int), ("sstamp", str)):
        expect.kind(f"claim {name}", claimed.get(name), kind)
    expect.matches("claim sub", claimed.get("sub"), expect.GUID)
    for name in ("aud", "client_sub", "type"):
        expect.holds(f"no claim {name}", name not in claimed, claimed.get(name))


@check("identity.password.wrong", "identity.md §5", "A wrong password is refused with the text that clients know.")
def wrong(cloud: Cloud) -> None:
    expect.oauth_error(cloud.owner.password_grant(password="d3Jvbmc="), "invalid_grant", **_WRONG)  # noqa: S106  no secret


@check("identity.password.unknown-user", "identity.md §4.6", "An unknown person is refused like a wrong password.")
def unknown_user(cloud: Cloud) -> None:
    expect.oauth_error(cloud.owner.password_grant(username=cloud.email()), "invalid_grant", **_WRONG)


@check("identity.password.username-letter-case", "identity.md §4.6", "The e-mail may be typed in any letter case.")
def username_letter_case(cloud: Cloud) -> None:
    granted = expect.document(cloud.owner.password_grant(username=cloud.owner.email.upper()))
    expect.same("claim email", tokens.claims(granted["access_token"])["email"], cloud.owner.email)


@check("identity.password.username-blank", "identity.md §5", "A missing or blank username is an invalid grant.")
def username_blank(cloud: Cloud) -> None:
    for username in (None, " "):
        body = expect.document(cloud.owner.password_grant(username=username), 400)
        expect.same("error", body["error"], "invalid_grant")


@check(
    "identity.password.no-version", "identity.md §13.6", "Without the client's version the right password is refused."
)
def no_version(cloud: Cloud) -> None:
    expect.oauth_error(cloud.owner.password_grant(version=None), "version_header_missing", **_VERSION_ERROR)


@check("identity.password.odd-version", "identity.md §4.6", "A version that is none counts as missing.")
def odd_version(cloud: Cloud) -> None:
    for version in ("new", "2026", "2026.8.0-beta"):
        answer = cloud.owner.password_grant(version=version)
        expect.oauth_error(answer, "version_header_missing", **_VERSION_ERROR)


@check(
    "identity.password.password-before-version", "identity.md §13.6", "A wrong password without version: the password."
)
def password_before_version(cloud: Cloud) -> None:
    answer = cloud.owner.password_grant(password="d3Jvbmc=", version=None)  # noqa: S106  no secret
    expect.oauth_error(answer, "invalid_grant", **_WRONG)


@check("identity.password.no-device", "identity.md §13.7", "Each device field is required.")
def no_device(cloud: Cloud) -> None:
    for field in device_fields(""):
        expect.oauth_error(cloud.owner.password_grant(**{field: None}), "device_error", **_DEVICE_ERROR)


@check("identity.password.odd-device-type", "identity.md §4.6", "A device type is a number from 0 to 255 or a name.")
def odd_device_type(cloud: Cloud) -> None:
    for text in ("256", "Toaster", " "):
        expect.oauth_error(cloud.owner.password_grant(deviceType=text), "device_error", **_DEVICE_ERROR)


@check("identity.password.device-type-name", "identity.md §4.6", "A device type may be given by its exact name.")
def device_type_name(cloud: Cloud) -> None:
    answer = cloud.owner.password_grant(deviceType="LinuxCLI", deviceIdentifier=cloud.guid())
    claimed = tokens.claims(expect.document(answer)["access_token"])
    expect.same("claim devicetype", claimed["devicetype"], "LinuxCLI")


@check(
    "identity.password.version-before-device", "identity.md §4.6", "Neither version nor device: the version is named."
)
def version_before_device(cloud: Cloud) -> None:
    answer = cloud.owner.password_grant(version=None, deviceType=None)
    expect.oauth_error(answer, "version_header_missing", **_VERSION_ERROR)


@check("identity.password.api-alone", "identity.md §4.6", "With scope api alone there is no refresh token.")
def api_alone(cloud: Cloud) -> None:
    granted = expect.document(cloud.owner.password_grant(scope="api"))
    expect.same("scope", granted["scope"], "api")
    expect.holds("no refresh_token", "refresh_token" not in granted, sorted(granted))


@check("identity.password.scope-refused", "identity.md §4.1", "People do not get installations' scopes.")
def scope_refused(cloud: Cloud) -> None:
    expect.oauth_error(cloud.owner.password_grant(scope="api api.push"), "invalid_scope")


@check("identity.password.grant-not-allowed", "identity.md §4.1", "The web vault has no client_credentials grant.")
def grant_not_allowed(cloud: Cloud) -> None:
    expect.oauth_error(cloud.owner.password_grant(grant_type="client_credentials"), "unauthorized_client")


@check("identity.password.one-organization", "identity.md §13.9", "The id of a single owned organization is a text.")
def one_organization(cloud: Cloud) -> None:
    owners = {each.owner for each in cloud.region.organizations if each.owner and each.enabled}
    known = {user.email for user in cloud.region.users}
    for email in sorted(owners & known):
        person = cloud.person(email)
        mine = expect.document(person.call("GET", "/organizations"))["data"]
        if [each["type"] for each in mine] == [0]:
            person.sign_in()
            expect.same("claim orgowner", tokens.claims(person.token).get("orgowner"), mine[0]["id"])
            return
    raise NotCheckableError("nobody whom the target names owns exactly one organization")


@check(
    "identity.password.two-organizations", "identity.md §13.9", "The ids of several owned organizations are an array."
)
def two_organizations(cloud: Cloud) -> None:
    made = {cloud.organization(owner=cloud.owner).id, cloud.organization(owner=cloud.owner).id}
    owned = tokens.claims(cloud.owner.token).get("orgowner")
    expect.kind("claim orgowner", owned, list)
    expect.holds("claim orgowner with both new organizations", made <= set(owned or ()), owned)


def _api_key_grant(cloud: Cloud, **changes: Any) -> Answer:
    user = cloud.owner.user
    if user.api_key is None or user.id is None:
        raise NotCheckableError("the target names no API key of the owner")
    fields = {
        "grant_type": "client_credentials",
        "client_id": f"user.{user.id}",
        "client_secret": user.api_key,
        "scope": "api",
        **device_fields(cloud.owner.device),
        **changes,
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    return cloud.grant({"Bitwarden-Client-Version": CLIENT_VERSION}, **kept)


@check("identity.api-key.envelope", "identity.md §4.7", "An API key gets the extras and no refresh token.")
def api_key_envelope(cloud: Cloud) -> None:
    granted = expect.document(_api_key_grant(cloud))
    expect.members("token answer", granted, (*_ENVELOPE, *_EXTRAS))
    expect.part("token answer", granted, {"expires_in": 3600, "scope": "api"})


@check("identity.api-key.claims", "identity.md §4.3", "An API key's token is a user's, without idp and auth_time.")
def api_key_claims(cloud: Cloud) -> None:
    claimed = tokens.claims(expect.document(_api_key_grant(cloud))["access_token"])
    user = cloud.owner.user.id
    expected = {"client_id": f"user.{user}", "sub": user, "type": "User", "scope": ["api"], "amr": ["Application"]}
    expect.part("claims", claimed, expected)
    for name in ("idp", "auth_time", "client_sub", "aud"):
        expect.holds(f"no claim {name}", name not in claimed, claimed.get(name))


@check("identity.api-key.wrong", "identity.md §5", "A wrong API key is an invalid client, without a text.")
def api_key_wrong(cloud: Cloud) -> None:
    expect.oauth_error(_api_key_grant(cloud, client_secret="x" * 30), "invalid_client")  # no secret


@check("identity.api-key.offline-access", "identity.md §4.6", "An API key cannot have offline_access.")
def api_key_offline_access(cloud: Cloud) -> None:
    expect.oauth_error(_api_key_grant(cloud, scope="api offline_access"), "invalid_scope")


@check("identity.api-key.no-device", "identity.md §4.6", "An API key login names its device too.")
def api_key_no_device(cloud: Cloud) -> None:
    expect.oauth_error(_api_key_grant(cloud, deviceName=None), "device_error", **_DEVICE_ERROR)
