"""The embedded server: uvicorn on loopback around one assembled Sosie."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosie.domain.regions import REGIONS, SERVICES
from sosie.local.asgi import Application

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sosie.wiring import Sosie

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen: `port` 0 is any free one; `ports` is the first of six with one service each at the root."""

    host: str = "127.0.0.1"
    port: int = 8787
    ports: int | None = None
    certificate: Path | None = None
    private_key: Path | None = None

    @property
    def tls(self) -> bool:
        """Whether HTTPS is served instead of HTTP."""
        return self.certificate is not None

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in LOOPBACK


class PortInUseError(OSError):
    """Somebody listens there already."""


def bind(listen: Listen) -> tuple[list[socket.socket], str, dict[int, str]]:
    """Open the sockets. Returns them, the base URL, and which port stands for which service's prefix.

    Raises PortInUseError.
    """
    main = _open(listen.host, listen.port)
    port = main.getsockname()[1]
    prefixes: dict[int, str] = {}
    sockets = [main]
    if listen.ports is not None:
        names = [f"/{region}/{service}" for region in REGIONS for service in SERVICES]
        for offset, prefix in enumerate(names):
            extra = _open(listen.host, listen.ports + offset if listen.ports else 0)
            sockets.append(extra)
            prefixes[extra.getsockname()[1]] = prefix
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    shown = "localhost" if listen.tls and listen.loopback else ("127.0.0.1" if host in ("0.0.0.0", "[::]") else host)  # noqa: S104  shown, not bound
    return sockets, f"{'https' if listen.tls else 'http'}://{shown}:{port}", prefixes


def _open(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise PortInUseError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return opened


def serve(
    sosie: Sosie, listen: Listen, sockets: list[socket.socket], prefixes: dict[int, str], ready: Callable[[], None]
) -> None:
    """Serve until interrupted. `ready` is called once requests are accepted."""
    import uvicorn

    application = Application(sosie, prefixes=prefixes, loopback=listen.loopback)
    options: dict[str, Any] = {}
    if listen.certificate is not None and listen.private_key is not None:
        options = {"ssl_certfile": listen.certificate, "ssl_keyfile": listen.private_key}
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        http="httptools",
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

    with contextlib.suppress(KeyboardInterrupt):
        Server(config).run(sockets=sockets)
