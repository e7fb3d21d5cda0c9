"""The diagnoses: a stable code, why a request was refused, and what to change. Answers never depend on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`message` says why, `remedy` what to change."""

    code: str
    message: str
    remedy: str


_ALL = (
    Diagnosis(
        "ADDRESS_UNKNOWN",
        "The path names no region and service, and the host is none of the cloud's.",
        "Begin base URIs with /us/ or /eu/ and the service, for example /eu/identity/; `sosie env` prints them.",
    ),
    Diagnosis(
        "BASE_URI_GLUED",
        "The base URI has a path but no final slash, so the client glued the route to it.",
        "End the base URI with a slash, for example …/us/api/.",
    ),
    Diagnosis(
        "BODY_WITHOUT_CONTENT_TYPE",
        "The route needs a JSON body; neither a body nor a content type arrived.",
        "Send Content-Type: application/json; check that no proxy strips the body of a GET.",
    ),
    Diagnosis(
        "DOUBLE_SLASH",
        "The path holds a doubled slash, which the cloud does not route.",
        "Remove the final slash of the base URI; this client adds one itself.",
    ),
    Diagnosis(
        "BATCH_MISSING",
        "The request has no sponsorshipsBatch; the cloud fails here too.",
        "Send sponsorshipsBatch, an empty list if there is nothing to report.",
    ),
    Diagnosis(
        "CONTENT_TYPE_WRONG",
        "The body is not of the type this route reads.",
        "Send Content-Type: application/json; the token endpoint reads application/x-www-form-urlencoded.",
    ),
    Diagnosis(
        "ID_NOT_GUID",
        "The installation id is not a GUID.",
        "Use the id as it was given out: 36 characters with hyphens.",
    ),
    Diagnosis(
        "INSTALLATION_DISABLED",
        "The installation exists and its key is right, but it is disabled.",
        "Use an enabled installation, or request a new one.",
    ),
    Diagnosis(
        "INSTALLATION_UNKNOWN",
        "No region of this world knows the installation id.",
        "Check the id; request an installation with POST /installations.",
    ),
    Diagnosis(
        "OFFER_FOR_OTHER_EMAIL",
        "The offer was made to another e-mail address than the caller's.",
        "Sign in as the person the offer was sent to, or send a new offer.",
    ),
    Diagnosis(
        "OFFER_ALREADY_REDEEMED",
        "The offer was redeemed before, or withdrawn.",
        "Send a new offer; each can be redeemed once.",
    ),
    Diagnosis(
        "NOT_OWNER_STALE_TOKEN",
        "The caller owns the organization now, but the access token is older than that.",
        "Refresh the access token and try again.",
    ),
    Diagnosis(
        "NOT_SIMULATED",
        "The cloud has this route; Sosie does not simulate it.",
        "See docs/fidelity.md for what is simulated.",
    ),
    Diagnosis(
        "ORGANIZATION_OTHER_REGION",
        "The organization exists in the other region.",
        "Point the self-hosted server's identity and API URIs at the organization's region.",
    ),
    Diagnosis("ORGANIZATION_UNKNOWN", "No organization has this id.", "Use the id in the organization's licence file."),
    Diagnosis(
        "PUSH_DELETE_LEGACY_PATH",
        "The relay has no POST /push/delete/{id}: the device stays registered.",
        "Send POST /push/delete with the id in the body; vaultwarden cannot, and ignores the 404.",
    ),
    Diagnosis(
        "POST_BECAME_GET",
        "The token endpoint was asked with another method than POST, as after a redirect of a POST.",
        "Use the final address: a redirect turns a POST into a GET and drops its body.",
    ),
    Diagnosis(
        "REGION_MISSING",
        "The path begins with a service and names no region.",
        "Put /us or /eu in front of it, for example /us/identity/connect/token; `sosie env` prints base URIs.",
    ),
    Diagnosis(
        "REGION_MISMATCH",
        "The installation belongs to the other region.",
        "Set identityUri, apiUri and pushRelayBaseUri to that region; cloudRegion alone changes none of them.",
    ),
    Diagnosis(
        "SCOPE_NOT_GRANTED",
        "The token does not carry the scope this route asks for.",
        "Request a token with the route's scope: api.installation, api.licensing, api.push, or api for people.",
    ),
    Diagnosis(
        "SECRET_WRONG",
        "The client or person is known, but the secret is wrong.",
        "Copy it again, case and blanks count; a master password is sent as its hash (docs/contract/identity.md §11).",
    ),
    Diagnosis(
        "SOSIE_FAILED",
        "Sosie itself failed; this is a defect of the simulator, not of the client.",
        "Report it with the journal entry and the server's log.",
    ),
    Diagnosis(
        "SYNC_KEY_NEVER_GENERATED",
        "The organization has no billing sync key yet; the cloud fails here.",
        "As the owner, generate the billing sync token in the cloud first.",
    ),
    Diagnosis(
        "SYNC_KEY_WRONG",
        "The billing sync key is not the organization's current one.",
        "Copy the current token; rotating it invalidates the old one at once.",
    ),
    Diagnosis(
        "LICENCE_KEY_WRONG",
        "The licence key is not the organization's.",
        "Use the licence file of this organization.",
    ),
    Diagnosis(
        "TOKEN_MISSING",
        "No access token arrived.",
        "Send Authorization: Bearer <token>; check what proxies and redirects drop.",
    ),
    Diagnosis("TOKEN_EXPIRED", "The access token has expired.", "Request a new one."),
    Diagnosis(
        "TOKEN_UNKNOWN_KEY",
        "The access token was not signed by this world and region.",
        "Request the token from the same region and world as the API.",
    ),
    Diagnosis(
        "UNKNOWN_ROUTE",
        "The cloud has no such route.",
        "Check the path and the service; docs/fidelity.md lists the routes.",
    ),
    Diagnosis("WORLD_UNKNOWN", "No world has this name.", "Create it with PUT /_sosie/worlds/{world}."),
)

CATALOG = {diagnosis.code: diagnosis for diagnosis in _ALL}


def describe(code: str | None) -> dict[str, str] | None:
    """Return a diagnosis as the journal shows it."""
    if code is None:
        return None
    diagnosis = CATALOG[code]
    return {"code": diagnosis.code, "message": diagnosis.message, "remedy": diagnosis.remedy}
