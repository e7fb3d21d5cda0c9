"""The embedded server: uvicorn on loopback around one assembled Sosie."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sosie.control.connection import LOOPBACK
from sosie.domain.regions import REGIONS, SERVICES
from sosie.local.asgi import Application
from sosie.local.upkeep import keep_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import uvicorn

    from sosie.wiring import Sosie

_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen: `port` 0 is any free one; `ports` is the first of six with one service each at the root.

    `certificate` is a PEM file with the server's certificate chain and its key; with one, HTTPS is served.
    """

    host: str = "127.0.0.1"
    port: int = 8787
    ports: int | None = None
    certificate: Path | None = None

    @property
    def tls(self) -> bool:
        """Whether HTTPS is served instead of HTTP."""
        return self.certificate is not None

    @property
    def everywhere(self) -> bool:
        """Whether it listens on all addresses of this machine."""
        return self.host in ("0.0.0.0", "::")  # noqa: S104  compared, not bound

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK


@dataclass(frozen=True, slots=True)
class Place:
    """Open sockets, the base URL, and which port stands for which service's prefix, such as `/us/api`."""

    sockets: tuple[socket.socket, ...]
    url: str
    prefixes: Mapping[int, str] = field(default_factory=dict)

    def close(self) -> None:
        """Give the ports back."""
        for each in self.sockets:
            each.close()


class PortInUseError(OSError):
    """Somebody listens there already, or this user may not."""


def bind(listen: Listen) -> Place:
    """Open the sockets. From here on clients can connect, and wait until they are served. Raises PortInUseError."""
    another = 9000 if listen.port != 9000 else 9001
    sockets = [_open(listen.host, listen.port, f"take another: --port {another}, or --port 0 for any free one")]
    prefixes: dict[int, str] = {}
    if listen.ports is not None:
        names = [f"/{region}/{service}" for region in REGIONS for service in SERVICES]
        for offset, prefix in enumerate(names):
            try:
                port = listen.ports + offset if listen.ports else 0
                extra = _open(listen.host, port, "take other --ports, or --ports 0 for any free ones")
            except PortInUseError:
                Place(tuple(sockets), "").close()
                raise
            sockets.append(extra)
            prefixes[extra.getsockname()[1]] = prefix
    port = sockets[0].getsockname()[1]
    return Place(tuple(sockets), f"{'https' if listen.tls else 'http'}://{_shown(listen)}:{port}", prefixes)


def roots(place: Place) -> dict[str, dict[str, str]]:
    """Return the base URI of each region's services that have a port of their own."""
    base = place.url.rpartition(":")[0]
    found: dict[str, dict[str, str]] = {}
    for port, prefix in place.prefixes.items():
        _, region, service = prefix.split("/")
        found.setdefault(region, {})[service] = f"{base}:{port}"
    return found


def _shown(listen: Listen) -> str:
    """Return the host that clients on this machine use."""
    if listen.host in ("127.0.0.1", "0.0.0.0") and listen.tls:  # noqa: S104  compared, not bound
        return "localhost"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104  shown, not bound
    return f"[{host}]" if ":" in host else host


def _open(host: str, port: int, advice: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, because asyncio turns Nagle's delay off only where it sees TCP.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        # At once: until somebody listens, a second process could bind here as well.
        opened.listen(_BACKLOG)
    except OSError as error:
        opened.close()
        text = f"cannot listen on {host}:{port}: {error.strerror or error}"
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            text += f"; {advice}"
        raise PortInUseError(text) from error
    return opened


def serve(sosie: Sosie, listen: Listen, place: Place, ready: Callable[[], None]) -> None:
    """Serve until interrupted. `ready` is called once requests are answered."""
    with contextlib.suppress(KeyboardInterrupt):
        server_of(sosie, listen, place, ready).run(sockets=list(place.sockets))


def server_of(
    sosie: Sosie, listen: Listen, place: Place, ready: Callable[[], None], *, signals: bool = True
) -> uvicorn.Server:
    """Return what serves one Sosie; `run` or `serve` it. Without `signals` only `should_exit` ends it."""
    import uvicorn

    from sosie.local.protocol import Protocol

    application = Application(sosie, prefixes=place.prefixes, loopback=listen.loopback)
    options: dict[str, Any] = {}
    if listen.certificate is not None:
        options = {"ssl_certfile": listen.certificate, "ssl_keyfile": listen.certificate}
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        http=Protocol,
        ws="none",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=75,
        **options,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()
            self.upkeep = asyncio.create_task(keep_up(sosie))

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            with super().capture_signals() if signals else contextlib.nullcontext():
                yield

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            self.upkeep.cancel()
            application.close()  # uvicorn waits for what is being answered, and a stream never ends by itself
            await super().shutdown(sockets)

    return Server(config)
