"""Diagnoses of access tokens: what is wrong with the token, or with what it says (docs/contract/api.md §1.1, §1.2)."""

from __future__ import annotations

from sosie.diagnosis.model import Diagnosis
from sosie.diagnosis.settings import OTHER_REGION_URIS

TOKENS = (
    Diagnosis(
        "TOKEN_MISSING",
        "No access token arrived.",
        "No access token arrived at {path}{how}.",
        "Send Authorization: Bearer <token>; a client that follows a redirect drops it, and so do some proxies.",
    ),
    Diagnosis(
        "TOKEN_MALFORMED",
        "What arrived as access token is no JWT.",
        "What arrived as access token is no JWT: it has {parts} parts between dots, and a token has three that can be "
        "read.",
        "Send the access_token of the answer of {identity_uri}connect/token as it is.",
    ),
    Diagnosis(
        "TOKEN_UNKNOWN_KEY",
        "The access token was signed with a key that Sosie does not have.",
        "The access token was signed with a key that no world of this Sosie has; it says it is of {issuer}.",
        "Request the token from {identity_uri}connect/token. A Sosie without a state directory has new keys after each "
        "start.",
    ),
    Diagnosis(
        "TOKEN_CHANGED",
        "The access token names this region's key, and its signature does not fit.",
        "The access token names the key of {region}, and its signature does not fit: it was changed or cut on its way.",
        "Send the access_token of the answer of {identity_uri}connect/token as it is.",
    ),
    Diagnosis(
        "TOKEN_OTHER_REGION",
        "The access token was issued by the other region.",
        "The access token of {holder} was issued by {other}, and {region} was asked.",
        f"Request the token from {{identity_uri}}connect/token; or, if the client belongs to the other region: "
        f"{OTHER_REGION_URIS}.",
    ),
    Diagnosis(
        "TOKEN_OTHER_WORLD",
        "The access token was issued by another world of this Sosie.",
        "The access token of {holder} was issued by the world {issuing_world}, and the world {world} was asked.",
        "Give the client one world in all its base URIs, such as {identity_uri} and {api_uri}.",
    ),
    Diagnosis(
        "TOKEN_TYPE_WRONG",
        "A token of this Sosie that is no access token.",
        "The token's header says typ {typ}, and an access token says at+jwt.",
        "Send the access_token of the answer of {identity_uri}connect/token.",
    ),
    Diagnosis(
        "TOKEN_OTHER_ISSUER",
        "The access token names another issuer than this region's.",
        "The access token names the issuer {issuer}, and {region} has {expected}.",
        "Request the token from {identity_uri}connect/token.",
    ),
    Diagnosis(
        "TOKEN_EXPIRED",
        "The access token ran out, more than five minutes ago.",
        "The access token of {holder} ran out at {expired}; it is {now} in this world.",
        "Request a new one; if this surprises you, see whether the world's clock was moved.",
    ),
    Diagnosis(
        "TOKEN_NOT_YET_VALID",
        "The access token begins in the future, more than five minutes from now.",
        "The access token of {holder} begins at {starts}; it is {now} in this world.",
        "Request a new one: the world's clock was set back after this token was issued.",
    ),
    Diagnosis(
        "SCOPE_NOT_GRANTED",
        "The client may not have the scope it asks for, or the token does not carry the scope a route needs.",
        "The scope {wanted} is not {where}, only {granted}.",
        "Ask {identity_uri}connect/token for {advice}.",
    ),
    Diagnosis(
        "SCOPE_AS_TEXT",
        "The token carries its scopes as one text.",
        "The token's scope is the text {scope}; the cloud reads only an array of scopes.",
        "Put the scopes into the token as a JSON array, or use a token of {identity_uri}connect/token.",
    ),
    Diagnosis(
        "NOT_OWNER",
        "The caller does not own the organization.",
        "The token of {caller} says that they are {role} of {organization}, not its owner.",
        "Use the token of an owner.",
    ),
    Diagnosis(
        "NOT_OWNER_STALE_TOKEN",
        "The caller owns the organization now, and the access token is older than that.",
        "The account {caller} owns {organization} now, but its token of {issued} is older than that.",
        "Refresh the access token and try again: roles are as old as the token.",
    ),
    Diagnosis(
        "ROLE_MISSING",
        "The caller's role does not allow this.",
        "The token of {caller} says that they are {role} of {organization}, and this asks for {wanted}.",
        "Use the token of an owner or admin, or give the custom role that permission.",
    ),
    Diagnosis(
        "ROLE_STALE_TOKEN",
        "The caller's role allows this now, and the access token is older than that.",
        "The account {caller} is {current} of {organization} now, but its token of {issued} is older than that.",
        "Refresh the access token and try again: roles are as old as the token.",
    ),
)

PUSH = (
    Diagnosis(
        "PUSH_NOT_AN_INSTALLATION",
        "The token carries api.push and is no installation's.",
        "The token's client {client} is no installation, and the relay serves only those.",
        "Request the token with client_id=installation.<id> and scope=api.push.",
    ),
    Diagnosis(
        "PUSH_OTHER_INSTALLATION",
        "The message is for another installation than the token's.",
        "The message is for installation {addressed}, and the token is of installation {installation}.",
        "Send the installationId of the token, or none.",
    ),
    Diagnosis(
        "PUSH_DEVICE_NOT_GUID",
        "A device id is no GUID, which chooses the shard of the push hub: the cloud fails.",
        "A device id of the request is not a GUID: it has {length} characters.",
        "Send the device's id with hyphens and nothing around it.",
    ),
)
