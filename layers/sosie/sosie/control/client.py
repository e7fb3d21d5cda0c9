"""The control plane's verbs over HTTP, for the command line and for tests (design: control plane).

httpx is imported with the first request: who only builds a client should not wait for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from sosie.domain.errors import SosieError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from ssl import SSLContext

    import httpx

    from sosie.control.event_lines import Event

DEFAULT_URL = "http://127.0.0.1:8787"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""How this machine is called by itself."""


class ControlClientError(SosieError):
    """The root of what a `ControlClient` raises."""


class NotReachableError(ControlClientError):
    """Nobody answers at the address, or somebody who is no Sosie."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"no Sosie answers at {url}: {reason}")
        self.url = url
        self.reason = reason


class RefusedByControlError(ControlClientError):
    """The control plane says no. `problem` is its RFC 9457 document, `status` the status."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title")))
        self.problem = dict(problem)
        self.status = int(problem.get("status", 0))


class ControlClient:
    """One Sosie's control plane. Every verb raises NotReachableError and RefusedByControlError.

    `token` is the control token, `cacert` a PEM file with the only authority to trust, `timeout` in seconds.
    """

    def __init__(
        self, url: str = DEFAULT_URL, token: str | None = None, *, cacert: Path | None = None, timeout: float = 30.0
    ) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._cacert = cacert
        self._timeout = timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the connections; a later verb makes new ones."""
        if "_http" in self.__dict__:
            self.__dict__.pop("_http").close()

    # The verbs.

    def health(self) -> dict[str, Any]:
        """Return `status`, `version`, `store` and `uptimeSeconds`."""
        found: dict[str, Any] = self._ask("GET", "/health")
        return found

    def worlds(self) -> list[str]:
        """Return all worlds' names."""
        return [item["world"] for item in self._ask("GET", "/worlds")["items"]]

    def create_world(self, world: str, scenario: str | Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Create a world from a scenario, unless it exists, and return its summary."""
        document = {} if scenario is None else {"scenario": scenario}
        found: dict[str, Any] = self._ask("PUT", f"/worlds/{quote(world, safe='')}", document)
        return found

    def drop_world(self, world: str) -> None:
        """Remove a world and everything in it."""
        self._ask("DELETE", f"/worlds/{quote(world, safe='')}")

    def summary(self, world: str = "default") -> dict[str, Any]:
        """Return a world's addresses and what its scenario put there."""
        found: dict[str, Any] = self._in(world, "GET", "")
        return found

    def state(self, world: str = "default", *, region: str | None = None, kind: str | None = None) -> dict[str, Any]:
        """Return `{"world", "regions": {region: {kind: [rows]}}}`."""
        found: dict[str, Any] = self._in(world, "GET", "/state", query={"region": region, "kind": kind})
        return found

    def certificates(self, world: str = "default") -> dict[str, dict[str, str]]:
        """Return per region the PEM certificates that its `licence` and `tokens` are signed with."""
        found: dict[str, dict[str, str]] = self._in(world, "GET", "/certificates")
        return found

    def seed(self, scenario: str | Mapping[str, Any], world: str = "default") -> dict[str, Any]:
        """Apply a scenario on top, a name or a document, and return the summary."""
        found: dict[str, Any] = self._in(world, "POST", "/seed", scenario)
        return found

    def reset(self, world: str = "default") -> dict[str, Any]:
        """Return a world to its scenario, and return the summary."""
        found: dict[str, Any] = self._in(world, "POST", "/reset")
        return found

    def maintenance(self, world: str = "default") -> list[dict[str, Any]]:
        """Run the cloud's scheduled jobs now, and return what happened, in order."""
        found: list[dict[str, Any]] = self._in(world, "POST", "/maintenance")["items"]
        return found

    def clock(self, world: str = "default") -> dict[str, Any]:
        """Return `mode`, `now` and `offsetSeconds`."""
        found: dict[str, Any] = self._in(world, "GET", "/clock")
        return found

    def put_clock(self, mode: str, now: str | None = None, world: str = "default") -> dict[str, Any]:
        """Put the clock: `system`, `frozen` or `shifted`, at an ISO 8601 time. Nothing happens in between."""
        given = {"mode": mode} if now is None else {"mode": mode, "now": now}
        found: dict[str, Any] = self._in(world, "PUT", "/clock", given)
        return found

    def advance(self, by: str | None = None, *, to: str | None = None, world: str = "default") -> dict[str, Any]:
        """Move the clock on by an ISO 8601 duration or to a time; return `clock`, and what happened, as `items`."""
        given = {name: value for name, value in (("by", by), ("to", to)) if value is not None}
        found: dict[str, Any] = self._in(world, "POST", "/clock/advance", given)
        return found

    def settings(self, world: str = "default") -> dict[str, Any]:
        """Return how a world departs from the cloud."""
        found: dict[str, Any] = self._in(world, "GET", "/settings")
        return found

    def put_settings(self, settings: Mapping[str, Any], world: str = "default") -> dict[str, Any]:
        """Change settings; what is not named stays."""
        found: dict[str, Any] = self._in(world, "PUT", "/settings", dict(settings))
        return found

    def fault_catalog(self) -> list[dict[str, Any]]:
        """Return every effect: `kind`, `description`, `strikes`, and the JSON `schema` of its parameters."""
        found: list[dict[str, Any]] = self._ask("GET", "/faults/catalog")["items"]
        return found

    def faults(self, world: str = "default") -> list[dict[str, Any]]:
        """Return the fault rules with `seen` and `applied`, in the order in which they are asked."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/faults")["items"]
        return found

    def read_fault(self, fault_id: str, world: str = "default") -> dict[str, Any]:
        """Return one fault rule with its counters."""
        found: dict[str, Any] = self._in(world, "GET", f"/faults/{quote(fault_id, safe='')}")
        return found

    def add_fault(self, rule: Mapping[str, Any], world: str = "default") -> dict[str, Any]:
        """Add a fault rule, `{"id"?, "match"?, "effect", "limit"?}`, and return it with its id."""
        found: dict[str, Any] = self._in(world, "POST", "/faults", dict(rule))
        return found

    def add_faults(self, rules: Iterable[Mapping[str, Any]], world: str = "default") -> list[dict[str, Any]]:
        """Add fault rules, all or none, and return them with their ids."""
        found: list[dict[str, Any]] = self._in(world, "POST", "/faults", [dict(rule) for rule in rules])["items"]
        return found

    def drop_fault(self, fault_id: str, world: str = "default") -> None:
        """Remove a fault rule."""
        self._in(world, "DELETE", f"/faults/{quote(fault_id, safe='')}")

    def clear_faults(self, world: str = "default") -> None:
        """Remove all fault rules."""
        self._in(world, "DELETE", "/faults")

    def mail(self, world: str = "default", **filters: str | float | None) -> list[dict[str, Any]]:
        """Return captured mails, oldest first; `to`, `region`, `category`, `subject`, `after`, and `wait` seconds."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/mail", query=filters)["items"]
        return found

    def clear_mail(self, world: str = "default") -> None:
        """Forget the captured mail."""
        self._in(world, "DELETE", "/mail")

    def push(
        self, world: str = "default", *, region: str | None = None, installation: str | None = None
    ) -> dict[str, Any]:
        """Return per region and installation the registered devices and what was sent to them."""
        query = {"region": region, "installation": installation}
        found: dict[str, Any] = self._in(world, "GET", "/push", query=query)
        return found

    def read_mail(self, mail_id: str, world: str = "default") -> dict[str, Any]:
        """Return one mail."""
        found: dict[str, Any] = self._in(world, "GET", f"/mail/{quote(mail_id, safe='')}")
        return found

    def journal(self, world: str = "default", **filters: str | float | None) -> list[dict[str, Any]]:
        """Return journal entries, oldest first; filters are those of the verb, and `limit`, `after`, `wait`."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/journal", query=filters)["items"]
        return found

    def read_entry(self, entry_id: str, world: str = "default") -> dict[str, Any]:
        """Return one journal entry."""
        found: dict[str, Any] = self._in(world, "GET", f"/journal/{quote(entry_id, safe='')}")
        return found

    def har(self, world: str = "default", **filters: str | float | None) -> dict[str, Any]:
        """Return journal entries as an HTTP Archive (HAR 1.2)."""
        found: dict[str, Any] = self._in(world, "GET", "/journal", query={**filters, "format": "har"})
        return found

    def clear_journal(self, world: str = "default") -> None:
        """Forget all journal entries."""
        self._in(world, "DELETE", "/journal")

    def verify(
        self,
        match: str | Mapping[str, Any],
        *,
        times: int | Mapping[str, int] | None = None,
        within: float | None = None,
        world: str = "default",
    ) -> dict[str, Any]:
        """Return `met`, `count`, `entries` (ids) and `nearestMisses`; wait up to `within` seconds for it to be met.

        `match` is a method and a path or route, or filters and a `body`. At least once unless `times` says otherwise.
        """
        given = {"match": match if isinstance(match, str) else dict(match), "times": times, "within": within}
        body = {name: value for name, value in given.items() if value is not None}
        found: dict[str, Any] = self._in(world, "POST", "/journal/verify", body)
        return found

    def events(self, world: str = "default", *, kinds: Iterable[str] = (), after: str | None = None) -> Iterator[Event]:
        """Yield what happens from now on, or behind an event's id, until the server ends the stream."""
        from sosie.control.event_lines import read_events  # late: few listen

        query = {"kinds": ",".join(kinds) or None, "after": after}
        with self._streamed(f"/worlds/{quote(world, safe='')}/events", query) as lines:
            yield from read_events(lines)

    def snapshots(self, world: str = "default") -> list[dict[str, Any]]:
        """Return a world's snapshots, by name."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/snapshots")["items"]
        return found

    def snapshot(self, name: str, world: str = "default", *, parts: Iterable[str] = ()) -> dict[str, Any]:
        """Take a snapshot, in place of the one of that name; `parts` may be `mail` and `journal`."""
        query = {"with": ",".join(parts) or None}
        found: dict[str, Any] = self._in(world, "PUT", f"/snapshots/{quote(name, safe='')}", query=query)
        return found

    def read_snapshot(self, name: str, world: str = "default") -> dict[str, Any]:
        """Return a snapshot's portable document."""
        found: dict[str, Any] = self._in(world, "GET", f"/snapshots/{quote(name, safe='')}")
        return found

    def upload_snapshot(self, name: str, document: Mapping[str, Any], world: str = "default") -> dict[str, Any]:
        """Keep a document under a name."""
        found: dict[str, Any] = self._in(world, "POST", f"/snapshots/{quote(name, safe='')}", dict(document))
        return found

    def restore(self, name: str, world: str = "default") -> dict[str, Any]:
        """Return a world to a snapshot, and return the summary."""
        found: dict[str, Any] = self._in(world, "POST", f"/snapshots/{quote(name, safe='')}/restore")
        return found

    def drop_snapshot(self, name: str, world: str = "default") -> None:
        """Forget a snapshot."""
        self._in(world, "DELETE", f"/snapshots/{quote(name, safe='')}")

    def odd_token(self, region: str, client: str, odd: str = "none", *, world: str = "default", **more: Any) -> Any:
        """Return `accessToken`, `header`, `claims`, and `why` it is refused; further members are `scope`, `expiresIn`.

        `client` is `installation.{id}` or `user.{email or id}`.
        """
        return self._in(world, "POST", "/tokens", {"region": region, "client": client, "odd": odd, **more})

    def openapi(self) -> dict[str, Any]:
        """Return the control plane's OpenAPI document."""
        found: dict[str, Any] = self._ask("GET", "/openapi.json")
        return found

    # How a verb gets there.

    @cached_property
    def _http(self) -> httpx.Client:
        import httpx  # late: building a client costs nothing

        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        # Loading the public authorities is the slow part of a client, and http:// never meets one.
        verify: SSLContext | bool = self.url.startswith("https:")
        if self._cacert is not None and verify:
            import ssl  # late, as above

            verify = ssl.create_default_context(cafile=str(self._cacert))
        # A proxy of the environment cannot reach this machine's own loopback.
        trust_env = urlsplit(self.url).hostname not in LOOPBACK
        return httpx.Client(headers=headers, verify=verify, timeout=self._timeout, trust_env=trust_env)

    def _in(
        self,
        world: str,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str | float | None] | None = None,
    ) -> Any:
        return self._ask(method, f"/worlds/{quote(world, safe='')}{path}", body, query)

    @contextmanager
    def _streamed(self, path: str, query: Mapping[str, str | None]) -> Iterator[Iterator[str]]:
        import httpx

        params = {name: value for name, value in query.items() if value is not None}
        try:
            with self._http.stream("GET", f"{self.url}/_sosie{path}", params=params) as answer:
                if not answer.is_success:
                    answer.read()
                    self._document_of(answer)
                yield answer.iter_lines()
        except httpx.HTTPError as error:
            raise NotReachableError(self.url, _reason(error)) from error

    def _ask(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str | float | None] | None = None
    ) -> Any:
        import httpx

        url = f"{self.url}/_sosie{path}"
        params = {name: str(value) for name, value in (query or {}).items() if value is not None}
        try:
            answer = self._http.request(method, url, params=params, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotReachableError(self.url, _reason(error)) from error
        except OSError as error:  # an authority's file that is missing or holds no certificate
            raise NotReachableError(self.url, f"{self._cacert}: {error.strerror or error}") from error
        return self._document_of(answer)

    def _document_of(self, answer: httpx.Response) -> Any:
        if answer.status_code == 204:
            return None
        try:
            document = answer.json()
        except ValueError:
            raise NotReachableError(self.url, f"something else answers there ({answer.status_code})") from None
        if answer.is_success:
            return document
        if not isinstance(document, dict) or "detail" not in document:
            raise NotReachableError(self.url, f"something else answers there ({answer.status_code})")
        raise RefusedByControlError(document)


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not trusted; name Sosie's CA with --cacert or SOSIE_CACERT"
    if "disconnected without sending" in text:
        return "it hung up; perhaps it speaks https there"
    return text
