"""Discovery, published keys, liveness, and what is not there (docs/contract/identity.md §2, §9, §10, §12)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support import jwt
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.token_client import ask, cloud_headers, installation_form

SECURITY = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}
FRAMEWORK_JSON = SECURITY | {"content-type": "application/json; charset=UTF-8"}
JSON = SECURITY | {"content-type": "application/json; charset=utf-8"}
CONFIGURATION = "/.well-known/openid-configuration"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]


def get(cloud: TestCloud, path: str, **more: Any) -> WireAnswer:
    return cloud.get(path, service="identity", **more)


def configuration(issuer: str, base: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "jwks_uri": f"{base}/.well-known/openid-configuration/jwks",
        "authorization_endpoint": f"{base}/connect/authorize",
        "token_endpoint": f"{base}/connect/token",
        "device_authorization_endpoint": f"{base}/connect/deviceauthorization",
        "backchannel_authentication_endpoint": f"{base}/connect/ciba",
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
        "request_object_signing_alg_values_supported": ALGORITHMS,
        "dpop_signing_alg_values_supported": ALGORITHMS,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_token_delivery_modes_supported": ["poll"],
        "backchannel_user_code_parameter_supported": True,
    }


# Discovery.


@pytest.mark.parametrize("path", [CONFIGURATION, "/.well-known/oauth-authorization-server"])
def test_the_document_is_exactly_the_contracts(cloud: TestCloud, region: str, path: str) -> None:
    answer = get(cloud, path, region=region)

    assert (answer.status, cloud_headers(answer)) == (200, FRAMEWORK_JSON)
    issuer = {"us": "https://identity.bitwarden.com", "eu": "https://identity.bitwarden.eu"}[region]
    assert answer.json == configuration(issuer, f"http://127.0.0.1:8787/{region}/identity")


def test_endpoints_are_where_the_request_came_to(cloud: TestCloud) -> None:
    cloud.sosie.worlds.create("other", "families")

    behind_tls = {"Host": "sosie.test:8443", "X-Forwarded-Proto": "https"}
    answer = get(cloud, CONFIGURATION, world="other", headers=behind_tls)

    assert answer.json == configuration("https://identity.bitwarden.com", "https://sosie.test:8443/w/other/us/identity")


def test_the_endpoints_named_are_the_endpoints_served(cloud: TestCloud) -> None:
    document = get(cloud, CONFIGURATION).json

    base = "http://127.0.0.1:8787/us/identity"
    assert get(cloud, document["jwks_uri"].removeprefix(base)).status == 200
    token_path = document["token_endpoint"].removeprefix(base)
    form = installation_form(cloud.installation())
    assert cloud.request("POST", token_path, service="identity", form=form).status == 200


@pytest.mark.parametrize("path", [CONFIGURATION, f"{CONFIGURATION}/jwks"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_discovery_is_read_only(cloud: TestCloud, path: str, method: str) -> None:
    answer = cloud.request(method, path, service="identity")

    assert (answer.status, answer.body) == (405, "")


# Keys.


def test_one_rsa_key_is_published_with_its_certificate(cloud: TestCloud) -> None:
    answer = get(cloud, f"{CONFIGURATION}/jwks")

    assert (answer.status, cloud_headers(answer)) == (200, FRAMEWORK_JSON)
    assert list(answer.json) == ["keys"]
    (key,) = answer.json["keys"]
    assert key.keys() == {"kty", "use", "kid", "x5t", "e", "n", "x5c", "alg"}
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    (certificate,) = key["x5c"]
    der = base64.b64decode(certificate, validate=True)
    thumbprint = hashlib.sha1(der).digest()
    assert key["kid"] == thumbprint.hex().upper() + "RS256"
    assert key["x5t"] == base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")
    certified = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(certified, rsa.RSAPublicKey)
    assert certified.public_numbers() == jwt.rsa_key(key).public_numbers()
    assert certified.key_size == 2048


def test_each_region_and_each_world_has_a_key_of_its_own_and_keeps_it(cloud: TestCloud) -> None:
    cloud.sosie.worlds.create("other", "families")

    def keys() -> list[str]:
        places = [{"region": "us"}, {"region": "eu"}, {"region": "us", "world": "other"}]
        return [get(cloud, f"{CONFIGURATION}/jwks", **place).json["keys"][0]["kid"] for place in places]

    assert len(set(keys())) == 3
    assert keys() == keys()


def test_one_regions_token_does_not_verify_with_the_other_regions_key(cloud: TestCloud) -> None:
    token = ask(cloud, installation_form(cloud.installation())).json["access_token"]

    assert jwt.decode(token).header["kid"] == jwt.published_key(cloud, "us")["kid"]
    assert jwt.decode(token).header["kid"] != jwt.published_key(cloud, "eu")["kid"]


# Liveness.


@pytest.mark.parametrize("path", ["/alive", "/now"])
def test_the_time_is_a_bare_json_string(cloud: TestCloud, path: str) -> None:
    answer = get(cloud, path)

    assert (answer.status, cloud_headers(answer)) == (200, JSON)
    assert answer.body == '"2026-03-04T05:06:07Z"'


def test_the_version_is_a_bare_json_string(cloud: TestCloud) -> None:
    answer = get(cloud, "/version")

    assert (answer.status, cloud_headers(answer), answer.body) == (200, JSON, '"2026.8.0"')


# What is not there.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/healthz"),
        ("GET", "/identity/connect/token"),
        ("GET", "/connect/userinfo"),
        ("POST", "/connect/introspect"),
        ("POST", "/connect/revocation"),
        ("GET", "/connect/endsession"),
        ("GET", "/connect/checksession"),
        ("POST", "/connect/par"),
        ("POST", "/accounts/register"),
        ("POST", "/connect"),
        ("POST", "/connect/token/more"),
        ("GET", "/.well-known/openid-configuration/jwks/more"),
        ("GET", "/xwell-known/openid-configuration"),
        ("GET", "/installations/6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"),
    ],
)
def test_anything_else_is_404_without_a_body(cloud: TestCloud, method: str, path: str) -> None:
    answer = cloud.request(method, path, service="identity")

    assert (answer.status, answer.body, cloud_headers(answer)) == (404, "", SECURITY)
    assert "x-sosie-hint" in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/connect/authorize"),
        ("POST", "/connect/authorize"),
        ("GET", "/connect/authorize/callback"),
        ("GET", "/sso/prevalidate?domainHint=acme"),
        ("GET", "/sso/login"),
        ("GET", "/sso/externalchallenge"),
        ("GET", "/sso/externalcallback"),
        ("GET", "/accounts/webauthn/assertion-options"),
        ("POST", "/accounts/register/verification-email-clicked"),
        ("POST", "/accounts/trial/send-verification-email"),
        ("POST", "/connect/deviceauthorization"),
        ("POST", "/connect/ciba"),
    ],
)
def test_what_sosie_does_not_simulate_says_so(cloud: TestCloud, method: str, path: str) -> None:
    answer = cloud.request(method, path, service="identity")

    assert (answer.status, cloud_headers(answer)) == (501, JSON)
    assert list(answer.json) == [
        "object",
        "message",
        "validationErrors",
        "exceptionMessage",
        "exceptionStackTrace",
        "innerExceptionMessage",
    ]
    assert answer.json["object"] == "error"
    assert "Sosie" in answer.message
    assert answer.headers["x-sosie-hint"] == "NOT_SIMULATED"
