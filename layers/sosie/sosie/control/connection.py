"""How the control plane is reached over HTTP, and what can go wrong on the way.

httpx is imported with the first request: who only builds a client should not wait for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from sosie.domain.errors import SosieError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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


class Connection:
    """One Sosie's control plane, reached with the first request.

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
