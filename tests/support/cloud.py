"""A cloud in this process, spoken to over payload 2.0 events: no socket, no sleeping, a clock set by hand."""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from sosie.domain.clock import SettableClock
from sosie.ports import Item, Put, Store
from sosie.services import repository as repo
from sosie.services.access_tokens import installation_claims, issue_access_token, user_claims
from sosie.services.unit_of_work import UnitOfWork
from sosie.settings import Settings
from sosie.store.sqlite import SqliteStore
from sosie.wire.cors import is_preflight
from sosie.wire.http import decoded_path
from sosie.wiring import Sosie
from tests.support import documented, stores

# Each unit of work of a test draws ids of its own.
_UNITS = itertools.count(1)
_REQUESTS = itertools.count(1)
START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@dataclass(frozen=True)
class WireAnswer:
    """An answer as a client sees it; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: str
    delay: float = 0.0
    wire: Any = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        return self.json["message"]

    @property
    def errors(self) -> dict[str, list[str]]:
        return self.json["validationErrors"]


@cache
def template_store(scenario: str) -> SqliteStore:
    """Return the store that others are copied from; nobody writes to it."""
    store = SqliteStore()
    Sosie(Settings(scenario=scenario), store=store, clock=SettableClock(START)).worlds.open("default")
    return store


def seeded_store(scenario: str = "families") -> Store:
    """Return a store with the default world as its scenario makes it: a copy, since seeding outlasts a short test."""
    template, store = template_store(scenario), stores.new_store()
    if isinstance(store, SqliteStore):
        template._db.backup(store._db)
    else:
        store.write([Put(item, always=True) for item in all_items(template)])
    return store


def all_items(store: SqliteStore) -> list[Item]:
    """Return everything in a store, of all worlds."""
    partitions = [name for (name,) in store._db.execute("SELECT DISTINCT partition FROM items")]
    return [item for name in partitions for item in store.query(name)]


class TestCloud:
    """One Sosie with its `families` world. `region` is the region that short paths are for.

    `deployed`: one of many processes, as a function is.

    Each answer is held against the OpenAPI document; where a test breaks the cloud on purpose it says so first with
    `checks_answers = False`.
    """

    __test__ = False
    checks_answers = True

    def __init__(
        self,
        region: str = "us",
        keyring: Any = None,
        store: Any = None,
        scenario: str = "families",
        *,
        deployed: bool = False,
    ) -> None:
        self.region = region
        self.clock = SettableClock(START)
        store = seeded_store(scenario) if store is None else store
        self.sosie = Sosie(
            Settings(scenario=scenario), store=store, clock=self.clock, keyring=keyring, many_processes=deployed
        )
        self.sosie.worlds.open("default")

    def request(
        self,
        method: str,
        path: str,
        *,
        service: str = "api",
        region: str | None = None,
        world: str | None = None,
        json_body: Any = None,
        form: dict[str, str] | None = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        token: str | None = None,
        client_ip: str = "192.0.2.1",
    ) -> WireAnswer:
        """Send one request to `/{region}/{service}{path}`."""
        sent = {"host": "127.0.0.1:8787", "x-forwarded-proto": "http"}
        data = body
        if json_body is not None:
            data, sent["content-type"] = json.dumps(json_body).encode(), "application/json; charset=utf-8"
        if form is not None:
            data, sent["content-type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        path, _, query = path.partition("?")
        prefix = f"/w/{world}" if world else ""
        full = decoded_path(f"{prefix}/{region or self.region}/{service}{path}")
        event = {
            "version": "2.0",
            "rawPath": full,
            "rawQueryString": query,
            "headers": sent,
            "requestContext": {
                "domainName": sent["host"],
                "requestId": f"request-{next(_REQUESTS):08d}" if self.sosie.many_processes else "",
                "stage": "$default",
                "http": {"method": method, "path": full, "sourceIp": client_ip},
            },
            "isBase64Encoded": True,
            "body": base64.b64encode(data or b"").decode(),
        }
        response = self.sosie.gate.handle(event)
        lowered = {name.lower(): value for name, value in response["headers"].items()}
        answer = WireAnswer(
            response["statusCode"], lowered, response["body"], response.get("delay", 0.0), response.get("wire")
        )
        if self.checks_answers and "x-sosie-fault" not in lowered:  # a fault is what no document promises
            documented.check(service, method, path, answer, preflight=is_preflight(method, sent))
        return answer

    def get(self, path: str, **more: Any) -> WireAnswer:
        return self.request("GET", path, **more)

    def post(self, path: str, json_body: Any = None, **more: Any) -> WireAnswer:
        return self.request("POST", path, json_body=json_body, **more)

    def unit(self, region: str | None = None) -> UnitOfWork:
        """Return a unit of work to look into the store with, or to prepare it (commit it yourself)."""
        return UnitOfWork(self.sosie.store, "default", region or self.region, self.clock, f"test-{next(_UNITS)}")

    def user(self, email: str) -> Any:
        return repo.user_by_email(self.unit(), email)

    def organization(self, name: str) -> Any:
        return next(each for each in repo.organizations.list(self.unit()) if each.name == name)

    def installation(self, *, enabled: bool = True, region: str | None = None) -> Any:
        return next(each for each in repo.installations.list(self.unit(region)) if each.enabled is enabled)

    def installation_token(self, scope: str, *, enabled: bool = True) -> str:
        """Return an installation's token, without asking the token endpoint."""
        installation = self.installation(enabled=enabled)
        return self._token(f"installation.{installation.id}", [scope], installation_claims(installation.id))

    def user_token(self, email: str) -> str:
        """Return a person's token with their current roles, without asking the token endpoint."""
        return self._token("web", ["api", "offline_access"], user_claims(self.unit(), self.user(email)))

    def _token(self, client_id: str, scopes: list[str], claims: dict[str, Any]) -> str:
        return issue_access_token(
            self.unit(), self.sosie.keyring, client_id=client_id, scopes=scopes, lifetime=3600, claims=claims
        )
