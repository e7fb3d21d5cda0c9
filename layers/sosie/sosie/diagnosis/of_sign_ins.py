"""Diagnoses of the token endpoint: clients, people, grants (docs/contract/identity.md §4 to §6)."""

from __future__ import annotations

from sosie.diagnosis.model import Diagnosis
from sosie.diagnosis.settings import INSTALLATION, OTHER_REGION_URIS, VAULTWARDEN_URIS

CLIENTS = (
    Diagnosis(
        "CLIENT_ID_MISSING",
        "The token request names no client.",
        "The token request names no client: client_id is missing or blank.",
        "Send client_id=installation.<id> for a self-hosted server, user.<id> for a personal API key, or web or cli.",
    ),
    Diagnosis(
        "CLIENT_UNKNOWN",
        "The client id is of no kind the endpoint knows.",
        "The client id is of a kind that no client has: {client}.",
        "Use installation.<id>, organization.<id>, user.<id>, or one of web, browser, desktop, cli, mobile, connector.",
    ),
    Diagnosis(
        "FIELD_TOO_LONG",
        "A field of the token request is longer than the endpoint takes.",
        "The field {field} has more than {limit} characters.",
        "Send the value as it was given out.",
    ),
    Diagnosis(
        "ID_KEY_SWAPPED",
        "Id and key of an installation stand in each other's place.",
        "The key of an installation seems to stand in the place of its id, and a GUID in the place of the key.",
        f"Exchange the values of {INSTALLATION}.",
    ),
    Diagnosis(
        "ID_PREFIX_DOUBLED",
        "The client id begins with its prefix twice.",
        "The client id begins with {prefix} twice: the client puts it in front of the id itself.",
        "Write only {id} into globalSettings__installation__id (vaultwarden: PUSH_INSTALLATION_ID).",
    ),
    Diagnosis(
        "ID_PREFIX_MISSING",
        "The client id is a bare GUID.",
        "The client id is the bare GUID {id}; the cloud takes it for an access token of Secrets Manager.",
        "Send client_id=installation.{id}.",
    ),
    Diagnosis(
        "INSTALLATION_UNKNOWN",
        "No region of the world knows the installation.",
        "No region of this world knows installation {installation}.",
        f"Check {INSTALLATION}; request an installation with POST {{api_uri}}installations, or name it in the "
        "scenario.",
    ),
    Diagnosis(
        "REGION_MISMATCH",
        "The installation belongs to the other region.",
        "Installation {installation} is known in {other}, not in {region}: it was asked for at the {region} {service} "
        "service.",
        f"{OTHER_REGION_URIS}; cloudRegion alone changes none of them ({VAULTWARDEN_URIS}).",
    ),
    Diagnosis(
        "INSTALLATION_DISABLED",
        "The installation is disabled; its key may be right, and its token older than that.",
        "Installation {installation} is disabled in {region}{since}.",
        f"Set {INSTALLATION} to those of an enabled installation, or enable this one in the scenario.",
    ),
    Diagnosis(
        "SECRET_MISSING",
        "The client or person is known and sent no secret.",
        "The {secret} of {who} was not sent.",
        "Send it as {field}.",
    ),
    Diagnosis(
        "SECRET_WRONG",
        "The client or person is known, and the secret is wrong.",
        "The {secret} that was sent is not that of {who}{how}.",
        "Copy the {secret} again, case and blanks count{where}.",
    ),
    Diagnosis(
        "SECRET_NOT_VERIFIED",
        "Only an access code of an auth request was sent, which the cloud never verifies.",
        "Only authRequestAccessCode was sent, which the cloud never verifies: it fails instead.",
        "Send masterPasswordHash.",
    ),
    Diagnosis(
        "GRANT_UNKNOWN",
        "The grant type is missing, or no grant is called that.",
        "The grant_type of the request is {grant}.",
        "Send grant_type=client_credentials for a self-hosted server or an API key, password or refresh_token for "
        "people.",
    ),
    Diagnosis(
        "GRANT_NOT_ALLOWED",
        "The client may not use this grant.",
        "The client {client} may not use the grant {grant}.",
        "Send grant_type={allowed}.",
    ),
    Diagnosis(
        "TOKEN_STORM",
        "A client asks for tokens again and again, although the ones it has are good. The answer is a token all the "
        "same.",
        "Installation {installation} asked for {count} tokens since {since}.",
        "Keep an access token until it runs out. A Bitwarden server whose first token ran out asks before every call: "
        "restart it (docs/contract/clients.md §4).",
    ),
)

PEOPLE = (
    Diagnosis(
        "USERNAME_MISSING",
        "Nobody's name was sent with the password.",
        "The request signs in with a password and names nobody: username is missing or blank.",
        "Send username with the account's e-mail address.",
    ),
    Diagnosis(
        "PERSON_UNKNOWN",
        "No region of the world has such an account.",
        "No region of this world has an account {person}.",
        "Check the spelling, blanks count; add the person to the scenario.",
    ),
    Diagnosis(
        "PERSON_OTHER_REGION",
        "The account is in the other region.",
        "The account {person} is in {other}, not in {region}.",
        "Sign in at {other_identity_uri}, with the API at {other_api_uri}.",
    ),
    Diagnosis(
        "ACCOUNT_GONE",
        "The account of the token was deleted after the token was issued.",
        "The account of the token, {caller}, does not exist any more.",
        "Sign in with an account that exists.",
    ),
    Diagnosis(
        "CLIENT_VERSION_MISSING",
        "A person's client did not say its version.",
        "The header Bitwarden-Client-Version is {sent}; a person's client must send one.",
        "Send it with two to four numbers between dots, such as 2026.6.0.",
    ),
    Diagnosis(
        "DEVICE_FIELDS_MISSING",
        "A person signs in without saying from which device.",
        "The fields {fields} are missing or cannot be used.",
        "Send deviceIdentifier, deviceName and deviceType (a number or an exact name, such as 25 or LinuxCLI).",
    ),
    Diagnosis(
        "NEW_DEVICE_UNVERIFIED",
        "The device is new to the account, and the account verifies new devices.",
        "The device {device} is new to {person}, whose new devices are verified; a code was mailed.",
        "Take the code from the mailbox (`sosie mail latest`) and send it as newDeviceOtp.",
    ),
    Diagnosis(
        "NEW_DEVICE_CODE_WRONG",
        "The code that verifies a new device is wrong, used or too old.",
        "The newDeviceOtp that was sent is not the last code that was mailed to {person}, or that one ran out.",
        "Take the newest code from the mailbox; each is good once and for five minutes.",
    ),
    Diagnosis(
        "TWO_STEP_REQUIRED",
        "The account has two-step login, and no usable second step was sent.",
        "The account {person} has two-step login, and the request has no second step that is good.",
        "Send twoFactorToken and twoFactorProvider, one of: {providers}.",
    ),
    Diagnosis(
        "TWO_STEP_CODE_WRONG",
        "The code of the second step is wrong, used or too old.",
        "The second step of {person} is not right: a code that is wrong, was used before, or ran out.",
        "Send a fresh code of one of the providers: {providers}.",
    ),
    Diagnosis(
        "TWO_STEP_NO_PROVIDER",
        "The account has two-step login with no provider that could be used.",
        "The account {person} has two-step login and no provider that could be used.",
        "Give the account a provider in the scenario.",
    ),
    Diagnosis(
        "SSO_REQUIRED",
        "A policy of the person's organization asks for single sign-on.",
        "Policy 4 (require single sign-on) of {organizations} binds {person}.",
        "Switch the policy off, sign in as an owner or admin, or use a personal API key.",
    ),
    Diagnosis(
        "LEGACY_ACCOUNT",
        "The account has no user key, and only the web vault may still sign in to it.",
        "The account {person} has a master password and no user key: only an old web vault may go on with it.",
        "Use another account, or give this one keys in the scenario.",
    ),
    Diagnosis(
        "REFRESH_TOKEN_MISSING",
        "The refresh token was not sent.",
        "The request has grant_type=refresh_token and no refresh_token.",
        "Send the refresh_token of the last answer; only sign-ins with scope offline_access give one.",
    ),
    Diagnosis(
        "REFRESH_TOKEN_UNKNOWN",
        "Nobody has this refresh token in this region and world.",
        "The refresh token that was sent is known to nobody in {region}.",
        "Sign in again at {identity_uri}; a reset or a token of the other region leads here too.",
    ),
    Diagnosis(
        "REFRESH_TOKEN_EXPIRED",
        "The refresh token was not used in time.",
        "The refresh token of {person} ran out at {expired}; it is {now} in this world.",
        "Sign in again.",
    ),
    Diagnosis(
        "REFRESH_TOKEN_OF_OTHER_CLIENT",
        "Another client got the refresh token.",
        "The refresh token was given to the client {owner}, and {client} sent it.",
        "Send it with client_id={owner}.",
    ),
    Diagnosis(
        "REFRESH_TOKEN_REVOKED",
        "The account changed its security stamp or was deleted.",
        "The refresh token is from before {person} was deleted or got another security stamp.",
        "Sign in again.",
    ),
)
