"""Discovery, keys, liveness and browsers (docs/contract/identity.md §3.4, §9, §10, §12)."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_der_x509_certificate

from sosie.conformance import expect, tokens
from sosie.conformance.registry import check

if TYPE_CHECKING:
    from sosie.conformance.cloud import Cloud

_CONFIGURATION = "/.well-known/openid-configuration"
_JWKS = f"{_CONFIGURATION}/jwks"
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_ENDPOINTS = {
    "jwks_uri": _JWKS,
    "authorization_endpoint": "/connect/authorize",
    "token_endpoint": "/connect/token",
    "device_authorization_endpoint": "/connect/deviceauthorization",
    "backchannel_authentication_endpoint": "/connect/ciba",
}
_SCOPES = (
    "api api.push api.licensing api.organization api.installation internal api.secrets api.send.access offline_access"
)
_CLAIMS = (
    "name email email_verified sstamp premium device devicetype orgowner orgadmin orguser orgcustom "
    "providerprovideradmin providerserviceuser accesssecretsmanager accesspam sub send_id organization"
)
_GRANTS = (
    "authorization_code client_credentials refresh_token implicit password "
    "urn:ietf:params:oauth:grant-type:device_code urn:openid:params:grant-type:ciba webauthn send_access"
)
_FIXED: dict[str, Any] = {
    "scopes_supported": _SCOPES.split(),
    "claims_supported": _CLAIMS.split(),
    "grant_types_supported": _GRANTS.split(),
    "response_types_supported": [
        *("code", "token", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
    ],
    "response_modes_supported": ["form_post", "query", "fragment"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "id_token_signing_alg_values_supported": ["RS256"],
    "subject_types_supported": ["public"],
    "code_challenge_methods_supported": ["plain", "S256"],
    "request_parameter_supported": True,
    "request_object_signing_alg_values_supported": _ALGORITHMS,
    "dpop_signing_alg_values_supported": _ALGORITHMS,
    "prompt_values_supported": ["none", "login", "consent", "select_account"],
    "authorization_response_iss_parameter_supported": True,
    "backchannel_token_delivery_modes_supported": ["poll"],
    "backchannel_user_code_parameter_supported": True,
}
_VAULTS = {"us": "https://vault.bitwarden.com", "eu": "https://vault.bitwarden.eu"}


def _configuration(cloud: Cloud) -> Any:
    return expect.document(cloud.identity("GET", _CONFIGURATION))


@check("identity.discovery.members", "identity.md §9", "The discovery document has exactly its members.")
def members(cloud: Cloud) -> None:
    expect.members("discovery document", _configuration(cloud), ("issuer", *_ENDPOINTS, *_FIXED))


@check("identity.discovery.endpoints", "identity.md §9", "The endpoints are below the identity service's base URL.")
def endpoints(cloud: Cloud) -> None:
    expected = {name: f"{cloud.region.identity}{path}" for name, path in _ENDPOINTS.items()}
    expect.part("discovery document", _configuration(cloud), expected)


@check("identity.discovery.values", "identity.md §9", "Every other member of the discovery document has its one value.")
def values(cloud: Cloud) -> None:
    expect.part("discovery document", _configuration(cloud), _FIXED)


@check("identity.discovery.issuer", "identity.md §9", "The issuer is the one that tokens name.")
def issuer(cloud: Cloud) -> None:
    claimed = tokens.claims(cloud.installation_token("api.push"))
    expect.same("issuer", _configuration(cloud)["issuer"], claimed["iss"])


@check(
    "identity.discovery.headers", "identity.md §3.2", "Discovery has the framework's content type, no cache headers."
)
def headers(cloud: Cloud) -> None:
    for path in (_CONFIGURATION, _JWKS):
        answer = cloud.identity("GET", path)
        expect.header(answer, "Content-Type", "application/json; charset=UTF-8")
        expect.no_header(answer, "Cache-Control")


@check("identity.discovery.method", "identity.md §9", "Discovery has GET alone.")
def method(cloud: Cloud) -> None:
    for path in (_CONFIGURATION, _JWKS):
        expect.status(cloud.identity("POST", path), 405)


@check("identity.jwks.shape", "identity.md §9", "One RSA key is published, with its certificate.")
def jwks_shape(cloud: Cloud) -> None:
    found = expect.document(cloud.identity("GET", _JWKS))
    expect.members("key set", found, ["keys"])
    expect.same("number of keys", len(found["keys"]), 1)
    (key,) = found["keys"]
    expect.members("key", key, ("kty", "use", "kid", "x5t", "e", "n", "x5c", "alg"))
    expect.part("key", key, {"kty": "RSA", "use": "sig", "alg": "RS256"})


@check("identity.jwks.certificate", "identity.md §4.3", "kid and x5t are the certificate's thumbprint, n is its key's.")
def jwks_certificate(cloud: Cloud) -> None:
    (key,) = expect.document(cloud.identity("GET", _JWKS))["keys"]
    der = base64.b64decode(key["x5c"][0], validate=True)
    thumbprint = hashlib.sha1(der, usedforsecurity=False)
    expect.same("kid", key["kid"], f"{thumbprint.hexdigest().upper()}RS256")
    expect.same("x5t", key["x5t"], base64.urlsafe_b64encode(thumbprint.digest()).rstrip(b"=").decode())
    public = load_der_x509_certificate(der).public_key()
    if not isinstance(public, RSAPublicKey):
        raise expect.DeviationError("x5c: expected the certificate of an RSA key, saw another")
    number = public.public_numbers().n
    encoded = base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))
    expect.same("n", key["n"], encoded.rstrip(b"=").decode())


@check("identity.alive", "identity.md §10", "alive and now tell the time as a JSON string.")
def alive(cloud: Cloud) -> None:
    for path in ("/alive", "/now"):
        expect.matches(path, expect.document(cloud.identity("GET", path)), expect.WIRE_DATE)


@check("identity.version", "identity.md §10", "version is a bare JSON string.")
def version(cloud: Cloud) -> None:
    expect.matches("/version", expect.document(cloud.identity("GET", "/version")), r"\d{4}\.\d+\.\d+")


@check("identity.no-healthz", "identity.md §2", "The identity service has neither healthz nor a root.")
def no_healthz(cloud: Cloud) -> None:
    for path in ("/healthz", "/"):
        expect.empty(cloud.identity("GET", path), 404)


@check("identity.switched-off", "identity.md §12", "What the cloud has switched off is unknown.")
def switched_off(cloud: Cloud) -> None:
    for name in ("userinfo", "introspect", "revocation", "endsession", "checksession", "par"):
        expect.empty(cloud.identity("GET", f"/connect/{name}"), 404)
    expect.empty(cloud.identity("POST", "/accounts/register", json={}), 404)


def _preflight(cloud: Cloud, origin: str, path: str = "/accounts/prelogin/password") -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,device-type",
    }
    return cloud.identity("OPTIONS", path, headers=asked)


@check("identity.cors.preflight", "identity.md §13.11", "A preflight from the vault is answered 204, with credentials.")
def preflight(cloud: Cloud) -> None:
    origin = _VAULTS.get(cloud.name, "https://bitwarden.com")
    answer = _preflight(cloud, origin)
    expect.empty(answer, 204)
    expect.header(answer, "Access-Control-Allow-Origin", origin)
    expect.header(answer, "Access-Control-Allow-Credentials", "true")


@check("identity.cors.echo", "identity.md §3.4", "A preflight's answer echoes method and headers.", inferred=True)
def echo(cloud: Cloud) -> None:
    answer = _preflight(cloud, "https://bitwarden.com")
    expect.header(answer, "Access-Control-Allow-Methods", "POST")
    expect.header(answer, "Access-Control-Allow-Headers", "content-type,device-type")
    expect.header(answer, "Vary", "Origin")


@check("identity.cors.stranger", "identity.md §13.11", "Another origin gets no CORS headers.")
def stranger(cloud: Cloud) -> None:
    origins = ("https://evil.example", "https://bitwarden.com.evil.example", "http://bitwarden.com")
    for origin in origins:
        answer = _preflight(cloud, origin)
        expect.empty(answer, 204)
        expect.no_header(answer, "Access-Control-Allow-Origin")
        expect.no_header(answer, "Access-Control-Allow-Credentials")


@check("identity.cors.actual", "identity.md §3.4", "An allowed origin's request is answered for it, refusals included.")
def actual(cloud: Cloud) -> None:
    for origin in ("https://bitwarden.com", "file://", "bw-desktop-file://bundle"):
        answer = cloud.grant({"Origin": origin}, **cloud.credentials(client_secret="x"))  # noqa: S106  no secret
        expect.status(answer, 400)
        expect.header(answer, "Access-Control-Allow-Origin", origin)
