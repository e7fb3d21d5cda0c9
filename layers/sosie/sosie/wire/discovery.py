"""Discovery and published keys (docs/contract/identity.md §9), and what the cloud has and Sosie refuses (§12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sosie.domain.regions import FACTS
from sosie.wire.errors import error_body
from sosie.wire.http import Answer, Route
from sosie.wire.json_out import dumps

if TYPE_CHECKING:
    from sosie.wire.http import Call

_HEADERS = {"Content-Type": "application/json; charset=UTF-8"}
_REQUEST_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_FIXED: dict[str, Any] = {
    "scopes_supported": [
        "api",
        "api.push",
        "api.licensing",
        "api.organization",
        "api.installation",
        "internal",
        "api.secrets",
        "api.send.access",
        "offline_access",
    ],
    "claims_supported": [
        "name",
        "email",
        "email_verified",
        "sstamp",
        "premium",
        "device",
        "devicetype",
        "orgowner",
        "orgadmin",
        "orguser",
        "orgcustom",
        "providerprovideradmin",
        "providerserviceuser",
        "accesssecretsmanager",
        "accesspam",
        "sub",
        "send_id",
        "organization",
    ],
    "grant_types_supported": [
        "authorization_code",
        "client_credentials",
        "refresh_token",
        "implicit",
        "password",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:openid:params:grant-type:ciba",
        "webauthn",
        "send_access",
    ],
    "response_types_supported": [
        "code",
        "token",
        "id_token",
        "id_token token",
        "code id_token",
        "code token",
        "code id_token token",
    ],
    "response_modes_supported": ["form_post", "query", "fragment"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "subject_types_supported": ["public"],
    "code_challenge_methods_supported": ["plain", "S256"],
    "request_parameter_supported": True,
    "request_object_signing_alg_values_supported": _REQUEST_ALGORITHMS,
    "dpop_signing_alg_values_supported": _REQUEST_ALGORITHMS,
    "prompt_values_supported": ["none", "login", "consent", "select_account"],
    "authorization_response_iss_parameter_supported": True,
    "backchannel_token_delivery_modes_supported": ["poll"],
    "backchannel_user_code_parameter_supported": True,
}


def read_configuration(call: Call) -> Answer:
    """The discovery document. The issuer is the region's own; the endpoints are where this request came to."""
    base = call.exchange.service_url
    document = {
        "issuer": FACTS[call.region].issuer,
        "jwks_uri": f"{base}/.well-known/openid-configuration/jwks",
        "authorization_endpoint": f"{base}/connect/authorize",
        "token_endpoint": f"{base}/connect/token",
        "device_authorization_endpoint": f"{base}/connect/deviceauthorization",
        "backchannel_authentication_endpoint": f"{base}/connect/ciba",
        **_FIXED,
    }
    return Answer(body=dumps(document).encode(), headers=dict(_HEADERS))


def read_keys(call: Call) -> Answer:
    """The one key that signs this world's and region's access tokens."""
    address = call.exchange.address
    call.uow.require_world()  # one that nobody created must not get keys
    signer = call.exchange.keyring.signer(call.uow.keyring_name, address.region, "tokens")
    return Answer(body=dumps({"keys": [signer.jwk()]}).encode(), headers=dict(_HEADERS))


def refuse_unsimulated(call: Call) -> Answer:
    """The cloud answers here; Sosie says that it does not."""
    call.exchange.suspect("NOT_SIMULATED", what=f"{call.method} {call.path}")
    return Answer(501, error_body(f"Sosie does not simulate {call.method} {call.path}."))


_NOT_SIMULATED = (
    ("GET", "/connect/authorize"),
    ("POST", "/connect/authorize"),
    ("GET", "/connect/authorize/callback"),
    ("GET", "/sso/prevalidate"),
    ("GET", "/sso/login"),
    ("GET", "/sso/externalchallenge"),
    ("GET", "/sso/externalcallback"),
    ("GET", "/accounts/webauthn/assertion-options"),
    ("POST", "/accounts/register/send-verification-email"),
    ("POST", "/accounts/register/finish"),
    ("POST", "/accounts/register/verification-email-clicked"),
    ("POST", "/accounts/trial/send-verification-email"),
    ("POST", "/connect/deviceauthorization"),
    ("POST", "/connect/ciba"),
)
ROUTES = (
    Route("GET", "/.well-known/openid-configuration", read_configuration),
    Route("GET", "/.well-known/oauth-authorization-server", read_configuration),
    Route("GET", "/.well-known/openid-configuration/jwks", read_keys),
    *(Route(method, path, refuse_unsimulated) for method, path in _NOT_SIMULATED),
)
