"""Each odd token is refused exactly as its name says (docs/contract/api.md §1.1); `none` is accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sosie.services.odd_tokens import ODDITIES
from tests.support import jwt
from tests.support.cloud import START, TestCloud, WireAnswer
from tests.support.control import ask
from tests.support.families import OWNER

TOKENS = "/worlds/default/tokens"
NOW = int(START.timestamp())
UNAUTHENTICATED = {
    "expired", "not-yet-valid", "without-exp", "wrong-key", "wrong-signature", "unsigned", "wrong-region",
    "wrong-issuer", "wrong-type",
}  # fmt: skip
FORBIDDEN = {"wrong-scope", "without-scope", "scope-as-text"}
INSTALLATION_ROUTES = (
    ("POST", "/organization/sponsorship/sync"),
    ("GET", "/licenses/organization/6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"),
    ("POST", "/push/send"),
)


def make(cloud: TestCloud, odd: str = "none", client: str | None = None, **more: Any) -> dict[str, Any]:
    client = client or f"installation.{cloud.installation().id}"
    answer = ask(cloud, "POST", TOKENS, {"region": "us", "client": client, "odd": odd, **more})
    assert answer.status == 200, answer.body
    made: dict[str, Any] = answer.json
    return made


def sync(cloud: TestCloud, made: dict[str, Any]) -> WireAnswer:
    return cloud.request("POST", "/organization/sponsorship/sync", token=made["accessToken"])


def profile(cloud: TestCloud, made: dict[str, Any]) -> WireAnswer:
    return cloud.get("/accounts/profile", token=made["accessToken"])


def test_every_oddity_is_refused_in_one_way() -> None:
    assert set(ODDITIES) == {"none"} | UNAUTHENTICATED | FORBIDDEN


@pytest.mark.parametrize(("method", "path"), INSTALLATION_ROUTES)
def test_nothing_odd_is_let_in(cloud: TestCloud, method: str, path: str) -> None:
    # Without a content type, which is looked at after the token only.
    assert cloud.request(method, path, token=make(cloud)["accessToken"]).status == 415


@pytest.mark.parametrize("client", [f"user.{OWNER}", f"user.{OWNER.upper()}", "user.{id}"])
def test_a_person_is_named_by_address_or_id(cloud: TestCloud, client: str) -> None:
    made = make(cloud, client=client.replace("{id}", cloud.user(OWNER).id))

    assert profile(cloud, made).json["email"] == OWNER


@pytest.mark.parametrize("odd", sorted(UNAUTHENTICATED))
@pytest.mark.parametrize("of", ["installation", "person"])
def test_no_token_at_all_is_what_these_are(cloud: TestCloud, odd: str, of: str) -> None:
    made = make(cloud, odd, None if of == "installation" else f"user.{OWNER}")

    answer = sync(cloud, made) if of == "installation" else profile(cloud, made)

    assert (answer.status, answer.body) == (401, "")
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert made["why"].endswith(": 401.")


@pytest.mark.parametrize("odd", sorted(FORBIDDEN))
@pytest.mark.parametrize(("method", "path"), INSTALLATION_ROUTES)
def test_good_tokens_that_open_nothing_are_what_these_are(cloud: TestCloud, odd: str, method: str, path: str) -> None:
    made = make(cloud, odd)

    answer = cloud.request(method, path, token=made["accessToken"])

    assert (answer.status, answer.body) == (403, "")
    assert made["why"].endswith(": 403.")


@pytest.mark.parametrize("odd", sorted(FORBIDDEN))
def test_a_persons_token_that_opens_nothing(cloud: TestCloud, odd: str) -> None:
    assert profile(cloud, make(cloud, odd, f"user.{OWNER}")).status == 403


# That each is odd in its own way, and in no other.


def test_an_expired_token_was_good(cloud: TestCloud) -> None:
    made = make(cloud, "expired")
    cloud.clock.at = START - timedelta(hours=1)

    assert sync(cloud, made).status == 415


def test_a_token_of_the_future_becomes_good(cloud: TestCloud) -> None:
    made = make(cloud, "not-yet-valid")
    cloud.clock.advance(timedelta(hours=1))

    assert sync(cloud, made).status == 415


def test_another_regions_token_is_good_there(cloud: TestCloud) -> None:
    made = make(cloud, "wrong-region")

    answer = cloud.request("POST", "/organization/sponsorship/sync", token=made["accessToken"], region="eu")

    assert answer.status == 415
    assert made["claims"]["iss"] == "https://identity.bitwarden.eu"


@pytest.mark.parametrize("odd", sorted(ODDITIES))
def test_what_is_told_is_what_is_in_the_token(cloud: TestCloud, odd: str) -> None:
    made = make(cloud, odd)

    assert jwt.decode(made["accessToken"]) == (made["header"], made["claims"])


def test_the_right_key_signs_all_but_two(cloud: TestCloud) -> None:
    tokens, licences = (cloud.sosie.keyring.signer("default", "us", purpose).kid for purpose in ("tokens", "licences"))

    assert make(cloud, "wrong-issuer")["header"]["kid"] == tokens
    assert make(cloud, "wrong-signature")["header"]["kid"] == tokens
    assert make(cloud, "wrong-key")["header"]["kid"] == licences
    assert "kid" not in make(cloud, "unsigned")["header"]


def test_a_scope_and_a_life_can_be_wished_for(cloud: TestCloud) -> None:
    made = make(cloud, scope="api.push api.installation", expiresIn=60)

    assert made["claims"]["scope"] == ["api.installation", "api.push"]
    assert (made["claims"]["iat"], made["claims"]["exp"]) == (NOW, NOW + 60)
    assert make(cloud, "scope-as-text", scope="api.push")["claims"]["scope"] == "api.push"
    assert cloud.request("GET", INSTALLATION_ROUTES[1][1], token=made["accessToken"]).status == 403


def test_a_token_is_like_the_endpoints_unless_told_otherwise(cloud: TestCloud) -> None:
    claims = make(cloud)["claims"]

    assert claims["scope"] == ["api.installation", "api.licensing", "api.push"]
    assert claims["exp"] - claims["iat"] == 86_400
    assert claims["client_id"] == f"installation.{claims['client_sub']}"


def test_two_tokens_are_two(cloud: TestCloud) -> None:
    assert make(cloud)["claims"]["jti"] != make(cloud)["claims"]["jti"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "`region`"),
        ({"region": "mars", "client": f"user.{OWNER}"}, "`region`"),
        ({"region": "us"}, "`client`"),
        ({"region": "us", "client": 5}, "`client`"),
        ({"region": "us", "client": "user.nobody@acme.test"}, "`client`"),
        ({"region": "us", "client": OWNER}, "`client`"),
        ({"region": "us", "client": "installation.6f1c0a52-3d4e-4b7a-9c21-0d5e8f7a6b90"}, "`client`"),
        ({"region": "us", "client": "organization.x"}, "`client`"),
        ({"region": "eu", "client": f"user.{OWNER}"}, "`client`"),
        ({"region": "us", "client": f"user.{OWNER}", "odd": "strange"}, "`odd`"),
        ({"region": "us", "client": f"user.{OWNER}", "odd": None}, "`odd`"),
        ({"region": "us", "client": f"user.{OWNER}", "scope": ["api"]}, "`scope`"),
        ({"region": "us", "client": f"user.{OWNER}", "expiresIn": 0}, "`expiresIn`"),
        ({"region": "us", "client": f"user.{OWNER}", "expiresIn": True}, "`expiresIn`"),
        ({"region": "us", "client": f"user.{OWNER}", "expires": 5}, "'expires'"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(cloud: TestCloud, body: dict[str, Any], named: str) -> None:
    answer = ask(cloud, "POST", TOKENS, body)

    assert answer.status == 400
    assert named in answer.json["detail"]
