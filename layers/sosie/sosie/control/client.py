"""The control plane's verbs over HTTP, for the command line and for tests (design: control plane).

httpx is imported with the first request: who only builds a client should not wait for it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from sosie.domain.errors import SosieError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from ssl import SSLContext

    import httpx

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
        """Release the connections."""
        if "_http" in self.__dict__:
            self._http.close()

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

    def mail(self, world: str = "default", *, to: str | None = None, region: str | None = None) -> list[dict[str, Any]]:
        """Return captured mails, oldest first."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/mail", query={"to": to, "region": region})["items"]
        return found

    def read_mail(self, mail_id: str, world: str = "default") -> dict[str, Any]:
        """Return one mail."""
        found: dict[str, Any] = self._in(world, "GET", f"/mail/{quote(mail_id, safe='')}")
        return found

    def journal(self, world: str = "default", **filters: str | int | None) -> list[dict[str, Any]]:
        """Return journal entries, oldest first; filters are entries' member names, `limit` and `after`."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/journal", query=filters)["items"]
        return found

    def read_entry(self, entry_id: str, world: str = "default") -> dict[str, Any]:
        """Return one journal entry."""
        found: dict[str, Any] = self._in(world, "GET", f"/journal/{quote(entry_id, safe='')}")
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
        self, world: str, method: str, path: str, body: Any = None, query: Mapping[str, str | int | None] | None = None
    ) -> Any:
        return self._ask(method, f"/worlds/{quote(world, safe='')}{path}", body, query)

    def _ask(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str | int | None] | None = None
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
