"""No secret reaches logs, metrics, the journal or an error's body: a whole story is told to the deployed functions, all
that is printed at the most talkative level is kept, and each secret that occurred is searched in it.
"""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import boto3
import httpx
import pytest

from tests.operations.deployment import CONTROL_TOKEN, SECRET_PREFIX, TABLE, Deployment
from tests.operations.secrets_of import SHORTEST, forms_of, found_in, members, pem_lines
from tests.support.passwords import authentication_hash
from tests.support.token_client import VERSION

SEEDED_PASSWORD = "a password of the seed document"
SEEDED_KEY = "SeededInstallKey0123"
SEED = {
    "version": 1,
    "name": "further",
    "regions": {
        "us": {
            "installations": [
                {"id": "1f0e7d5c-7c2a-4a53-9a57-2f1f3a4c5b6d", "key": SEEDED_KEY, "email": "ops@seed.test"}
            ],
            "users": [{"email": "new@seed.test", "masterPassword": SEEDED_PASSWORD}],
        }
    },
}
PUSH_TOKEN = "fcm-token-of-a-phone-0123456789"
WORLD = "/_sosie/worlds/default"


class Story:
    """Everybody's part in it, and the secrets it was told with."""

    def __init__(self, deployment: Deployment) -> None:
        self.http = deployment.client()
        self.plane = deployment.control()
        self.secrets: dict[str, str] = {"control token": CONTROL_TOKEN}
        self.refusals: list[str] = []
        self.entries: list[dict[str, Any]] = []
        self.us = self._summary()["regions"]["us"]
        self.installation = self.us["installations"][0]

    def tell(self) -> None:
        tokens = self._tokens()
        self._billing_sync(tokens["owner"])
        self._sponsorship(tokens)
        self._licence(tokens["owner"])
        self._push()
        self._control_plane()

    def keep(self, name: str, *secrets: str) -> None:
        for number, secret in enumerate(secrets):
            assert len(secret) >= SHORTEST, f"{name} is too short to be searched for"
            self.secrets[f"{name} {number}"] = secret

    def send(self, method: str, path: str, status: int, token: str | None = None, **more: Any) -> httpx.Response:
        headers = {**VERSION, **({"Authorization": f"Bearer {token}"} if token else {}), **more.pop("headers", {})}
        answer = self.http.request(method, path, headers=headers, **more)
        return self._checked(answer, status)

    def control(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = self._checked(self.plane.request(method, path, **more), status)
        return answer.json() if answer.content else None

    def _checked(self, answer: httpx.Response, status: int) -> httpx.Response:
        assert answer.status_code == status, answer.text
        if status >= 400:
            self.refusals.append(answer.text + str(answer.headers))
        return answer

    def _summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = self.control("GET", WORLD)
        self.keep("of the scenario", *set(members(summary, "masterPassword", "key", "licenseKey", "apiKey")))
        return summary

    def _token(self, form: dict[str, str], status: int = 200, **more: Any) -> str:
        self.keep(f"sent for {form['grant_type']} {status}", *members(form, "password", "client_secret"))
        answer = self.send("POST", "/us/identity/connect/token", status, data=form, **more).json()
        given = list(members(answer, "access_token", "refresh_token", "Key", "PrivateKey", "TwoFactorToken"))
        self.keep(f"given for {form['grant_type']} {form.get('username')}", *given)
        return str(answer.get("refresh_token" if more.pop("refresh", False) else "access_token", ""))

    def _form(self, email: str, **changes: str) -> dict[str, str]:
        password = next(user["masterPassword"] for user in self.us["users"] if user["email"] == email)
        return {
            "grant_type": "password",
            "scope": "api offline_access",
            "client_id": "cli",
            "deviceIdentifier": "4f0a8f1c-5a0e-4c7e-9d3b-2b1f6a7c8d9e",
            "deviceName": "linux",
            "deviceType": "25",
            "username": email,
            "password": authentication_hash(email, password),
            **changes,
        }

    def _installation_form(self, scope: str, **changes: str) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_id": f"installation.{self.installation['id']}",
            "client_secret": self.installation["key"],
            **changes,
        }

    def _tokens(self) -> dict[str, str]:
        owner = "owner@acme.test"
        self._token(self._form(owner, password=authentication_hash(owner, "another password")), 400)
        self._token(self._form(owner, password="typed in clear by mistake"), 400)
        answer = self.send("POST", "/us/identity/connect/token", 200, data=self._form(owner)).json()
        self.keep("of a sign-in", *members(answer, "access_token", "refresh_token", "Key", "PrivateKey"))
        refresh = {"grant_type": "refresh_token", "client_id": "cli", "refresh_token": answer["refresh_token"]}
        self._token(refresh)
        lost = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF-1"
        self.keep("a refresh token that is none", lost)
        self._token(refresh | {"refresh_token": lost}, 400)
        person = next(user for user in self.us["users"] if user["email"] == owner)
        if "apiKey" in person:
            api = {"grant_type": "client_credentials", "scope": "api", "client_id": f"user.{person['id']}"}
            device = {name: value for name, value in self._form(owner).items() if name.startswith("device")}
            self._token({**api, **device, "client_secret": person["apiKey"]})
            self._token({**api, **device, "client_secret": "NotTheKeyOfThisPerson012345678"}, 400)
        wrong = self._installation_form("api.push", client_secret="NotTheKeyOfThisServ")
        self._token(wrong, 400)
        swapped = self._installation_form("api.push", client_id=f"installation.{self.installation['key']}")
        self._token(swapped, 400)
        basic = base64.b64encode(f"installation.{self.installation['id']}:{self.installation['key']}".encode()).decode()
        self.keep("basic credentials", basic)
        form = {"grant_type": "client_credentials", "scope": "api.push"}
        self.send(
            "POST", "/us/identity/connect/token", 200, data=form, headers={"Authorization": f"Basic {basic}"}
        ).json()
        named = {"owner": owner, "member": "alice@acme.test", "cousin": "cousin@family.test"}
        return {part: self._token(self._form(email)) for part, email in named.items()}

    def _organization(self, name: str) -> dict[str, Any]:
        return next(each for each in self.us["organizations"] if each["name"] == name)

    def _billing_sync(self, token: str) -> None:
        path = f"/us/api/organizations/{self._organization('Acme Corporation')['id']}"
        secret = self._form("owner@acme.test")["password"]
        wrong = authentication_hash("owner@acme.test", "mistyped")
        self.keep("a mistyped password", wrong)
        for verb in ("api-key", "rotate-api-key"):
            self.send("POST", f"{path}/{verb}", 400, token, json={"type": 1, "masterPasswordHash": wrong})
            answer = self.send("POST", f"{path}/{verb}", 200, token, json={"type": 1, "masterPasswordHash": secret})
            self.sync_key = answer.json()["apiKey"]
            self.keep(f"the sync key after {verb}", self.sync_key)
        self.send("POST", f"{path}/api-key", 401, "a.token.that-nobody-gave", json={})

    def _sponsorship(self, tokens: dict[str, str]) -> None:
        enterprise, family = self._organization("Acme Corporation"), self._organization("Cousin Family")
        offer = {"planSponsorshipType": 0, "sponsoredEmail": "cousin@family.test", "friendlyName": "cousin@family.test"}
        path = f"/us/api/organization/sponsorship/{enterprise['id']}/families-for-enterprise"
        self.send("POST", path, 200, tokens["member"], json=offer)
        (mail,) = self.control("GET", f"{WORLD}/mail?to=cousin@family.test&category=FamiliesForEnterpriseOffer")[
            "items"
        ]
        token = mail["sponsorshipToken"]
        self.keep("a sponsorship token", token, token.removeprefix("BWOrganizationSponsorship_"))
        query = f"?sponsorshipToken={token}"
        sponsorship = "/us/api/organization/sponsorship"
        self.send("POST", f"{sponsorship}/validate-token{query}", 200, tokens["cousin"])
        body = {"planSponsorshipType": 0, "sponsoredOrganizationId": family["id"]}
        self.send("POST", f"{sponsorship}/redeem{query}", 200, tokens["cousin"], json=body)
        self.send("POST", f"{sponsorship}/redeem{query}", 400, tokens["cousin"], json=body)
        server = self._token(self._installation_form("api.installation"))
        sync = {"sponsoringOrganizationCloudId": enterprise["id"], "sponsorshipsBatch": [], "billingSyncKey": None}
        self.send("POST", f"{sponsorship}/sync", 200, server, json=sync | {"billingSyncKey": self.sync_key})
        self.keep("a wrong sync key", "NotTheSyncKeyOfThisOrganization")
        wrong = sync | {"billingSyncKey": "NotTheSyncKeyOfThisOrganization"}
        self.send("POST", f"{sponsorship}/sync", 400, server, json=wrong)
        self.send("POST", f"{sponsorship}/sync", 400, server, content=json.dumps(wrong)[:-4], headers=_JSON)

    def _licence(self, owner: str) -> None:
        enterprise = self._organization("Acme Corporation")
        path = f"/us/api/organizations/{enterprise['id']}/license?installationId={self.installation['id']}"
        licence = self.send("GET", path, 200, owner).json()
        self.keep("of a licence", licence["token"], licence["signature"], licence["licenseKey"])
        server = self._token(self._installation_form("api.licensing"))
        body = {"licenseKey": licence["licenseKey"], "billingSyncKey": self.sync_key}
        path = f"/us/api/licenses/organization/{enterprise['id']}"
        self.send("GET", path, 200, server, json=body)
        self.keep("a wrong licence key", "NotTheLicenceKeyOfIt")
        self.send("GET", path, 400, server, json=body | {"licenseKey": "NotTheLicenceKeyOfIt"})

    def _push(self) -> None:
        self.keep("a device's push token", PUSH_TOKEN)
        token = self._token(self._installation_form("api.push"))
        device = {
            "deviceId": "6a1b2c3d-0000-4000-8000-000000000001",
            "pushToken": PUSH_TOKEN,
            "userId": "6a1b2c3d-0000-4000-8000-000000000002",
            "identifier": "phone",
            "type": 0,
            "organizationIds": [],
            "installationId": self.installation["id"],
        }
        self.send("POST", "/us/push/push/register", 200, token, json=device)

    def _control_plane(self) -> None:
        self.keep("of the seed", SEEDED_PASSWORD, SEEDED_KEY)
        self.control("POST", f"{WORLD}/seed", json=SEED)
        self.control("POST", f"{WORLD}/seed", 409, json=SEED)
        broken = json.loads(json.dumps(SEED))
        broken["regions"]["us"]["users"][0] |= {"email": "next@seed.test", "kdf": SEEDED_PASSWORD}
        self.control("POST", f"{WORLD}/seed", 400, json=broken)
        self.control("PUT", f"{WORLD}/snapshots/now")
        snapshot = self.control("GET", f"{WORLD}/snapshots/now")
        self.entries = journal()
        self.control("POST", f"{WORLD}/snapshots/now/restore")
        self.keep("the world's seed", *{text for text in members(snapshot, "seed") if len(text) >= SHORTEST})
        for odd in ("none", "expired", "wrong-key", "unsigned"):
            wish = {"region": "us", "client": f"installation.{self.installation['id']}", "odd": odd}
            token = self.control("POST", f"{WORLD}/tokens", json=wish)["accessToken"]
            self.keep(f"a token, {odd}", token)
            status = 403 if odd == "none" else 401
            self.send("POST", "/us/push/push/send", 400 if odd == "none" else status, token, json={})
        self.plane.get(WORLD, headers={"Authorization": "Bearer guessed-by-somebody-else"})


_JSON = {"content-type": "application/json"}


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every level is wanted, and whatever gets to the root logger is kept, as the runtime's handler there would."""
    for name, value in {
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        "POWERTOOLS_LOGGER_LOG_EVENT": "true",
    }.items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.DEBUG)
    # The client's side of this test, which logs what it asks for.
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)
    return caplog


def kept_in_secrets_manager() -> dict[str, str]:
    """Return what each key is made of, line by line."""
    client, found = boto3.client("secretsmanager"), {}
    for secret in client.list_secrets()["SecretList"]:
        if secret["Name"].startswith(SECRET_PREFIX):
            text = client.get_secret_value(SecretId=secret["Name"])["SecretString"]
            lines = pem_lines(text) if "PRIVATE KEY" in text else [text]
            found |= {f"{secret['Name']} line {number}": line for number, line in enumerate(lines)}
    return {name: line for name, line in found.items() if len(line) >= SHORTEST}


def private_part(secrets: dict[str, str], certificates: str) -> dict[str, str]:
    """Return the secrets without the lines of certificates, which are for everybody."""
    return {name: line for name, line in secrets.items() if line not in certificates}


def journal() -> list[dict[str, Any]]:
    """Return the entries of all worlds as they lie in the table."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE)
    items = [item for page in pages for item in page["Items"]]
    return [json.loads(item["body"]["S"]) for item in items if item["pk"]["S"].endswith("/journal")]


def test_no_secret_of_a_whole_story_is_printed_or_journalled_or_told_in_a_refusal(
    environment: None,
    talkative: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    deployment_on_aws: Deployment,
) -> None:
    del environment
    story = Story(deployment_on_aws)
    story.tell()
    deployment_on_aws.catch_up()
    certificates = json.dumps(story.control("GET", f"{WORLD}/certificates"))
    secrets = story.secrets | private_part(kept_in_secrets_manager(), certificates.replace("\\n", "\n"))

    captured = capfd.readouterr()
    entries = [*story.entries, *journal()]

    places = {
        "standard output": captured.out,
        "standard error": captured.err,
        "the root logger": talkative.text,
        "the journal": json.dumps(entries),
        "refusals": "".join(story.refusals),
    }
    named = {text: name for name, text in secrets.items()}
    told = {place: {named[each] for each in found_in(text, named)} for place, text in places.items()}
    assert {place: names for place, names in told.items() if names} == {}
    assert len(secrets) > 60
    assert len(entries) > 25
    assert captured.out.count('"xray_trace_id"') > 40
    assert '"_aws"' in captured.out


def test_what_is_held_back_is_there_to_be_found(
    environment: None,
    talkative: pytest.LogCaptureFixture,
    deployment_on_aws: Deployment,
) -> None:
    """Without the functions' own care the search above would find something."""
    del environment
    for name in ("botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.DEBUG)

    story = Story(deployment_on_aws)

    assert story.installation["key"] in found_in(talkative.text, story.secrets.values())


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
@pytest.mark.parametrize("secret", ["correct horse battery staple", "pw/with+signs=and\"quotes'", "Schlüssel für alle"])
def test_the_search_finds_a_secret_however_it_is_wrapped(secret: str, before: str) -> None:
    whole = f'{before}{secret}", further text'

    for text in (
        whole,
        json.dumps(whole),
        base64.b64encode(whole.encode()).decode(),
        base64.urlsafe_b64encode(whole.encode()).decode(),
        json.dumps({"body": base64.b64encode(whole.encode()).decode()}),
        str(httpx.QueryParams({"password": whole})),
    ):
        assert found_in(text, [secret]) == {secret}, text
    assert found_in("something else, and more of it", [secret]) == set()
    assert all(len(form) >= SHORTEST for form in forms_of(secret))
