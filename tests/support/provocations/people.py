"""People who sign in and cannot (identity.md §4.6, §4.8, §5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sosie.services import repository as repo
from tests.support.cloud import TestCloud
from tests.support.families import ACME, ALICE, OWNER, key_request, prepared, set_require_sso
from tests.support.people import change_user
from tests.support.provocations.told import (
    BASE,
    FAILED,
    Expected,
    Told,
    api_error,
    invalid,
    named,
    provokes,
    token_error,
)
from tests.support.second_step import CAREFUL, SECRET, add_careful, add_people, try_step
from tests.support.token_client import (
    LEGACY_TEXT,
    NO_DEVICE,
    NO_VERSION,
    TOKEN_HEADERS,
    VERSION,
    WRONG_PASSWORD,
    api_key_form,
    ask,
    password_form,
    refresh_form,
    sign_in,
)

INVALID_GRANT = token_error("invalid_grant")
EUROPEAN = "owner@dupont.test"
VERA = "vera@device.test"


@provokes("USERNAME_MISSING")
def no_name(cloud: TestCloud) -> Told:
    answer = ask(cloud, password_form(OWNER, username=" "), VERSION)
    message = "The request signs in with a password and names nobody: username is missing or blank."
    return Told(answer, INVALID_GRANT, message, ("e-mail address",))


@provokes("PERSON_UNKNOWN")
def a_stranger(cloud: TestCloud) -> Told:
    answer = ask(cloud, password_form("pat@mail.test"), VERSION)
    message = "No region of this world has an account pat@mail.test."
    return Told(answer, token_error(*WRONG_PASSWORD), message, ("Check the spelling",))


@provokes("PERSON_OTHER_REGION")
def a_person_of_the_other_region(cloud: TestCloud) -> Told:
    answer = ask(cloud, password_form(EUROPEAN), VERSION)
    message = f"The account {EUROPEAN} is in eu, not in us."
    return Told(answer, token_error(*WRONG_PASSWORD), message, (f"{BASE}/eu/identity/", f"{BASE}/eu/api/"))


@provokes("SECRET_WRONG")
def the_password_of_somebody_else(cloud: TestCloud) -> Told:
    sent = password_form(OWNER, password=password_form(ALICE)["password"])
    message = f"The master password's hash that was sent is not that of {OWNER}."
    return Told(ask(cloud, sent, VERSION), token_error(*WRONG_PASSWORD), message, ("identity.md §11",))


@provokes("SECRET_WRONG")
def the_password_instead_of_its_hash(cloud: TestCloud) -> Told:
    sent = password_form(OWNER, password="correct horse battery staple")
    message = (
        f"The master password's hash that was sent is not that of {OWNER}: "
        "it is no base64 of 32 bytes, so perhaps the password itself."
    )
    return Told(ask(cloud, sent, VERSION), token_error(*WRONG_PASSWORD), message, ("identity.md §11",))


@provokes("SECRET_MISSING")
def no_password(cloud: TestCloud) -> Told:
    answer = ask(cloud, password_form(OWNER, "password"), VERSION)
    message = f"The master password's hash of {OWNER} was not sent."
    return Told(answer, token_error(*WRONG_PASSWORD), message, ("Send it as password.",))


@provokes("SECRET_WRONG")
def a_wrong_personal_api_key(cloud: TestCloud) -> Told:
    user = cloud.user(OWNER)
    answer = ask(cloud, api_key_form(user, client_secret="Z" * 30), VERSION)
    message = f"The personal API key that was sent is not that of user {user.id}."
    return Told(answer, token_error("invalid_client"), message, ("Copy the personal API key again",))


@provokes("SECRET_WRONG")
def a_wrong_password_for_a_sync_key(cloud: TestCloud) -> Told:
    path = f"/organizations/{cloud.organization(ACME).id}/api-key"
    sent = key_request(OWNER, masterPasswordHash=password_form(ALICE)["password"])
    answer = cloud.post(path, sent, token=cloud.user_token(OWNER))
    message = f"The master password's hash that was sent is not that of {OWNER}."
    return Told(answer, invalid({"MasterPasswordHash": ["Invalid password."]}), message, ("identity.md §11",))


@provokes("SECRET_NOT_VERIFIED")
def an_access_code_alone(cloud: TestCloud) -> Told:
    path = f"/organizations/{cloud.organization(ACME).id}/api-key"
    answer = cloud.post(path, {"type": 1, "authRequestAccessCode": "code"}, token=cloud.user_token(OWNER))
    message = "Only authRequestAccessCode was sent, which the cloud never verifies: it fails instead."
    return Told(answer, FAILED, message, ("masterPasswordHash",))


@provokes("ACCOUNT_GONE")
def an_account_that_was_deleted(cloud: TestCloud) -> Told:
    token = cloud.user_token(ALICE)
    with prepared(cloud) as uow:
        repo.users.delete(uow, cloud.user(ALICE).id)
    answer = cloud.get("/accounts/profile", token=token)
    message = f"The account of the token, {ALICE}, does not exist any more."
    return Told(answer, api_error(401, "Unauthorized."), message, ("Sign in",))


@provokes("NOT_SIMULATED")
def an_auth_request(cloud: TestCloud) -> Told:
    answer = ask(cloud, password_form(OWNER, authRequest="6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"), VERSION)
    message = "The cloud has signing in with an auth request; Sosie does not simulate it."
    return Told(answer, token_error(*WRONG_PASSWORD), message, ("docs/fidelity.md",))


@provokes("CLIENT_VERSION_MISSING")
def no_version(cloud: TestCloud) -> Told:
    message = "The header Bitwarden-Client-Version is missing; a person's client must send one."
    return Told(ask(cloud, password_form(OWNER)), token_error(*NO_VERSION), message, ("2026.6.0",))


@provokes("DEVICE_FIELDS_MISSING")
def no_device(cloud: TestCloud) -> Told:
    answer = ask(cloud, password_form(OWNER, "deviceName", deviceType="toaster"), VERSION)
    message = "The fields deviceName, deviceType (no such number or name) are missing or cannot be used."
    return Told(answer, token_error(*NO_DEVICE), message, ("deviceIdentifier, deviceName and deviceType",))


def add_vera(cloud: TestCloud) -> None:
    """Seed somebody whose new devices are verified, and who used one device."""
    add_people(cloud, {"email": VERA, "newDeviceVerification": True, "createdDaysAgo": 1})
    assert ask(cloud, api_key_form(cloud.user(VERA)), VERSION).status == 200


@provokes("NEW_DEVICE_UNVERIFIED")
def a_new_device(cloud: TestCloud) -> Told:
    add_vera(cloud)
    answer = ask(cloud, password_form(VERA, deviceIdentifier="second"), VERSION)
    expected = token_error("device_error", "New device verification required", "new device verification required")
    message = f"The device second is new to {VERA}, whose new devices are verified; a code was mailed."
    return Told(answer, expected, message, ("newDeviceOtp", "sosie mail latest"))


@provokes("NEW_DEVICE_CODE_WRONG")
def a_wrong_code_for_a_new_device(cloud: TestCloud) -> Told:
    add_vera(cloud)
    answer = ask(cloud, password_form(VERA, deviceIdentifier="second", newDeviceOtp="00000000"), VERSION)
    expected = token_error("device_error", "Invalid New Device OTP", "invalid new device otp")
    message = f"The newDeviceOtp that was sent is not the last code that was mailed to {VERA}, or that one ran out."
    return Told(answer, expected, message, ("newest code",))


@provokes("TWO_STEP_REQUIRED")
def no_second_step(cloud: TestCloud) -> Told:
    add_careful(cloud)
    body = {
        "error": "invalid_grant",
        "error_description": "Two factor required.",
        "TwoFactorProviders": ["0"],
        "TwoFactorProviders2": {"0": None},
        "MasterPasswordPolicy": {"Object": "masterPasswordPolicy"},
    }
    message = f"The account {CAREFUL} has two-step login, and the request has no second step that is good."
    return Told(try_step(cloud), Expected(400, body, TOKEN_HEADERS), message, ("twoFactorToken", "authenticator"))


@provokes("TWO_STEP_CODE_WRONG")
def a_wrong_second_step(cloud: TestCloud) -> Told:
    add_careful(cloud, authenticator=SECRET, email=True)
    expected = token_error("invalid_grant", "invalid_username_or_password", "Two-step token is invalid. Try again.")
    message = f"The second step of {CAREFUL} is not right: a code that is wrong, was used before, or ran out."
    return Told(try_step(cloud, "000000", "0"), expected, message, ("authenticator, email",))


@provokes("TWO_STEP_NO_PROVIDER")
def no_provider(cloud: TestCloud) -> Told:
    add_careful(cloud)
    two_step: Any = cloud.user(CAREFUL).two_step
    change_user(cloud, CAREFUL, two_step=replace(two_step, authenticator=None))
    expected = token_error("invalid_grant", "invalid_username_or_password", "No two-step providers enabled.")
    message = f"The account {CAREFUL} has two-step login and no provider that could be used."
    return Told(try_step(cloud), expected, message, ("in the scenario",))


@provokes("SSO_REQUIRED")
def single_sign_on(cloud: TestCloud) -> Told:
    set_require_sso(cloud, ACME)
    text = "Sso authentication is required."
    message = f"Policy 4 (require single sign-on) of {named(cloud, ACME)} binds {ALICE}."
    answer = ask(cloud, password_form(ALICE), VERSION)
    return Told(answer, token_error("invalid_grant", text, text), message, ("Switch the policy off",))


@provokes("LEGACY_ACCOUNT")
def an_account_without_user_key(cloud: TestCloud) -> Told:
    sign_in(cloud, ALICE)
    keys: Any = cloud.user(ALICE).keys
    change_user(cloud, ALICE, keys=replace(keys, key=""))
    expected = token_error("invalid_grant", "invalid_username_or_password", LEGACY_TEXT)
    message = f"The account {ALICE} has a master password and no user key: only an old web vault may go on with it."
    return Told(ask(cloud, password_form(ALICE), VERSION), expected, message, ("give this one keys",))


@provokes("REFRESH_TOKEN_MISSING")
def no_refresh_token(cloud: TestCloud) -> Told:
    answer = ask(cloud, {"grant_type": "refresh_token", "client_id": "cli"})
    message = "The request has grant_type=refresh_token and no refresh_token."
    return Told(answer, token_error("invalid_request"), message, ("offline_access",))


@provokes("REFRESH_TOKEN_UNKNOWN")
def a_refresh_token_nobody_has(cloud: TestCloud) -> Told:
    answer = ask(cloud, refresh_form("F" * 64 + "-1"))
    message = "The refresh token that was sent is known to nobody in us."
    return Told(answer, INVALID_GRANT, message, (f"{BASE}/us/identity/",))


@provokes("REFRESH_TOKEN_EXPIRED")
def a_refresh_token_too_late(cloud: TestCloud) -> Told:
    handle = sign_in(cloud, OWNER)["refresh_token"]
    cloud.clock.advance(timedelta(days=31))
    message = (
        f"The refresh token of {OWNER} ran out at 2026-04-03 05:06:07 UTC; it is 2026-04-04 05:06:07 UTC in this world."
    )
    return Told(ask(cloud, refresh_form(handle)), INVALID_GRANT, message, ("Sign in again",))


@provokes("REFRESH_TOKEN_OF_OTHER_CLIENT")
def another_clients_refresh_token(cloud: TestCloud) -> Told:
    handle = sign_in(cloud, OWNER)["refresh_token"]
    message = "The refresh token was given to the client cli, and web sent it."
    return Told(ask(cloud, refresh_form(handle, "web")), INVALID_GRANT, message, ("client_id=cli",))


@provokes("REFRESH_TOKEN_REVOKED")
def a_new_security_stamp(cloud: TestCloud) -> Told:
    handle = sign_in(cloud, OWNER)["refresh_token"]
    change_user(cloud, OWNER, security_stamp="another")
    message = f"The refresh token is from before {OWNER} was deleted or got another security stamp."
    return Told(ask(cloud, refresh_form(handle)), INVALID_GRANT, message, ("Sign in again",))
