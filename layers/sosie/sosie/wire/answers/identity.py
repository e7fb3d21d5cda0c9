"""The identity service: tokens, prelogin, discovery, and what is refused (docs/contract/identity.md)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sosie.wire.answers.base import ABSENT, AnswerModel, KdfKind, PlainModel
from sosie.wire.answers.errors import ErrorBody, TokenError, TwoFactorRequired
from sosie.wire.answers.identity_parts import MasterPasswordPolicy, TokenAccountKeys, UserDecryptionOptions
from sosie.wire.answers.operation import Operation, Operations, Query
from sosie.wire.answers.token_forms import TokenForm


class TokenAnswer(PlainModel):
    """§4.2: an access token, for whoever is no person, and after a refresh."""

    access_token: str = Field(pattern=r"^[\w-]+\.[\w-]+\.[\w-]+$")
    expires_in: int = Field(description="Seconds.")
    token_type: Literal["Bearer"]
    refresh_token: str = Field(default=ABSENT, pattern=r"^[0-9A-F]{64}-1$")
    scope: str


class PersonTokenAnswer(TokenAnswer):
    """§4.7: the same with what a client needs to unlock a person's vault."""

    private_key: str = Field(default=ABSENT, alias="PrivateKey")
    account_keys: TokenAccountKeys = Field(default=ABSENT, alias="AccountKeys")
    key: str = Field(default=ABSENT, alias="Key")
    master_password_policy: MasterPasswordPolicy = Field(alias="MasterPasswordPolicy")
    force_password_reset: bool = Field(alias="ForcePasswordReset")
    kdf: KdfKind = Field(alias="Kdf")
    kdf_iterations: int = Field(alias="KdfIterations")
    kdf_memory: int | None = Field(alias="KdfMemory")
    kdf_parallelism: int | None = Field(alias="KdfParallelism")
    user_decryption_options: UserDecryptionOptions = Field(alias="UserDecryptionOptions")
    two_factor_token: str = Field(default=ABSENT, alias="TwoFactorToken")
    api_use_key_connector: Literal[True] = Field(default=ABSENT, alias="ApiUseKeyConnector")


class KdfSettings(AnswerModel):
    """Parameters of the key derivation; the last two are null for PBKDF2."""

    kdf_type: KdfKind
    iterations: int
    memory: int | None
    parallelism: int | None


class Prelogin(AnswerModel):
    """§7: how to derive the master key."""

    kdf: KdfKind
    kdf_iterations: int
    kdf_memory: int | None
    kdf_parallelism: int | None
    kdf_settings: KdfSettings
    salt: str | None


class Discovery(PlainModel):
    """§9."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str
    token_endpoint: str
    device_authorization_endpoint: str
    backchannel_authentication_endpoint: str
    scopes_supported: list[str]
    claims_supported: list[str]
    grant_types_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    subject_types_supported: list[str]
    code_challenge_methods_supported: list[str]
    request_parameter_supported: bool
    request_object_signing_alg_values_supported: list[str]
    dpop_signing_alg_values_supported: list[str]
    prompt_values_supported: list[str]
    authorization_response_iss_parameter_supported: bool
    backchannel_token_delivery_modes_supported: list[str]
    backchannel_user_code_parameter_supported: bool


class SigningKey(PlainModel):
    """An RSA key; `x5c` holds its certificate."""

    kty: Literal["RSA"]
    use: Literal["sig"]
    kid: str
    x5t: str
    e: str
    n: str
    x5c: list[str]
    alg: Literal["RS256"]


class SigningKeys(PlainModel):
    """§9: the keys that sign access tokens."""

    keys: list[SigningKey]


def _discovery(name: str, path: str) -> dict[str, Operation]:
    row = Operation(
        id=name,
        summary="Where the endpoints are and what they can do",
        tag="Discovery",
        contract="identity.md §9",
        answers={200: Discovery},
    )
    return {f"GET /.well-known/{path}": row}


def _prelogin(name: str, path: str) -> dict[str, Operation]:
    row = Operation(
        id=name,
        summary="How a person's master key is derived",
        tag="Prelogin",
        contract="identity.md §7",
        answers={200: Prelogin},
    )
    return {f"POST {path}": row}


def _refused_method(method: str) -> dict[str, Operation]:
    row = Operation(
        id=f"{method.lower()}Token",
        summary=f"Refuse {method} at the token endpoint",
        tag="Token",
        contract="identity.md §4.1",
        answers={400: TokenError},
        note="No other method than POST is a 405 here: each gets `invalid_request`.",
    )
    return {f"{method} /connect/token": row}


def _not_simulated(name: str, route: str, purpose: str, section: str = "§12") -> dict[str, Operation]:
    row = Operation(
        id=name, summary=purpose, tag="Not simulated", contract=f"identity.md {section}", answers={501: ErrorBody}
    )
    return {route: row}


OPERATIONS: Operations = {
    "POST /connect/token": Operation(
        id="issueToken",
        summary="Get an access token",
        tag="Token",
        contract="identity.md §4",
        answers={200: PersonTokenAnswer | TokenAnswer, 400: TwoFactorRequired | TokenError},
        headers=(Query("Bitwarden-Client-Version", "Two to four numbers between dots; people cannot do without."),),
        form=TokenForm,
        note="Client id and secret may come as HTTP Basic credentials instead.",
    ),
    **_refused_method("GET"),
    **_refused_method("PUT"),
    **_refused_method("PATCH"),
    **_refused_method("DELETE"),
    **_refused_method("HEAD"),
    **_refused_method("OPTIONS"),
    **_prelogin("prelogin", "/accounts/prelogin/password"),
    **_prelogin("preloginOfOlderClients", "/accounts/prelogin"),
    **_discovery("readConfiguration", "openid-configuration"),
    **_discovery("readAuthorizationServer", "oauth-authorization-server"),
    "GET /.well-known/openid-configuration/jwks": Operation(
        id="readKeys",
        summary="The keys that sign access tokens",
        tag="Discovery",
        contract="identity.md §9",
        answers={200: SigningKeys},
    ),
    **_not_simulated("authorize", "GET /connect/authorize", "Start single sign-on"),
    **_not_simulated("authorizeByForm", "POST /connect/authorize", "Start single sign-on with a form"),
    **_not_simulated("continueAuthorization", "GET /connect/authorize/callback", "Continue single sign-on"),
    **_not_simulated("prevalidateSso", "GET /sso/prevalidate", "Ask whether an organization has single sign-on"),
    **_not_simulated("loginBySso", "GET /sso/login", "Sign in by single sign-on"),
    **_not_simulated("challengeBySso", "GET /sso/externalchallenge", "Go to an identity provider"),
    **_not_simulated("returnFromSso", "GET /sso/externalcallback", "Return from an identity provider"),
    **_not_simulated("readPasskeyOptions", "GET /accounts/webauthn/assertion-options", "How to sign in with a passkey"),
    **_not_simulated(
        "sendVerificationEmail",
        "POST /accounts/register/send-verification-email",
        "Start a registration",
        section="§8",
    ),
    **_not_simulated("finishRegistration", "POST /accounts/register/finish", "Finish a registration", section="§8"),
    **_not_simulated(
        "noteVerificationClick", "POST /accounts/register/verification-email-clicked", "Check a registration's link"
    ),
    **_not_simulated("startTrial", "POST /accounts/trial/send-verification-email", "Start a trial"),
    **_not_simulated("authorizeDevice", "POST /connect/deviceauthorization", "Start a sign-in on another device"),
    **_not_simulated("authorizeByBackchannel", "POST /connect/ciba", "Start a sign-in over a back channel"),
}
