"""The container engine that SAM uses, and how its containers reach servers on this machine.

A container has a loopback of its own, so what is to serve it cannot listen on ours, and what listens on every address
would serve the whole network. In between there are, depending on the engine:

- Linux: the bridge that containers are on. This machine has an address there, which nobody else reaches.
- Engines in a virtual machine (Docker Desktop, and all of them on a Mac): a name that leads to this machine's loopback.
- Rootless engines on Linux: neither. Somebody has to say at which address containers reach this machine.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

LOOPBACK = "127.0.0.1"


class NoEngineError(Exception):
    """There is no container engine, or none whose containers are known to reach this machine. The text helps."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where servers for containers listen, and what containers call that address."""

    bind: str
    name: str


class Engine:
    """One engine, by the part of Docker's API that every engine SAM takes has. `host` is as in DOCKER_HOST."""

    def __init__(self, host: str) -> None:
        self.host = host
        scheme, _, where = host.partition("://")
        if scheme not in ("unix", "tcp", "http"):
            raise NoEngineError(f"DOCKER_HOST is {host}; sockets (unix://) and plain TCP (tcp://) are understood here")
        self._socket = where if scheme == "unix" else None
        self._base = "http://engine" if scheme == "unix" else f"http://{where}"

    @classmethod
    def find(cls) -> Engine:
        """Return the engine that DOCKER_HOST names, or the first of the usual sockets that answers."""
        if named := os.environ.get("DOCKER_HOST"):
            engine = cls(named)
            if not engine.answers():
                raise NoEngineError(f"no container engine answers at {named}, which DOCKER_HOST names")
            return engine
        for socket in _usual_sockets():
            if socket.is_socket() and (engine := cls(f"unix://{socket}")).answers():
                return engine
        raise NoEngineError(
            "no container engine answers: start Docker, or podman with `podman system service`, and set DOCKER_HOST"
        )

    def answers(self) -> bool:
        """Tell whether an engine is there."""
        try:
            return self._get("/_ping").is_success
        except httpx.HTTPError:
            return False

    def has_image(self, name: str) -> bool:
        """Tell whether an image need not be pulled."""
        return self._get(f"/images/{name}/json").is_success

    def remove_containers(self, variable: str) -> None:
        """Remove all whose environment has `NAME=value`: SAM may make another for a function and forget the first."""
        for container in self._ask("/containers/json?all=true"):
            about = self._get(f"/containers/{container['Id']}/json")
            if about.is_success and variable in (about.json()["Config"]["Env"] or ()):
                self._request("DELETE", f"/containers/{container['Id']}?force=true")

    def reach(self) -> Reach:
        """Return how containers reach this machine. Raises NoEngineError if that cannot be known."""
        info = self._ask("/info")
        if sys.platform == "darwin" or "Docker Desktop" in info.get("OperatingSystem", ""):
            return Reach(LOOPBACK, "host.containers.internal" if self._is_podman() else "host.docker.internal")
        if any("rootless" in option for option in info.get("SecurityOptions") or ()):
            raise NoEngineError(
                "containers of a rootless engine reach this machine at none of its private addresses; name one that "
                "they do reach, such as this machine's own on its network, with --address (others reach it too)"
            )
        return self._bridge()

    def _bridge(self) -> Reach:
        (config, *_) = self._ask("/networks/bridge")["IPAM"]["Config"]
        gateway = config.get("Gateway") or str(next(ipaddress.ip_network(config["Subnet"]).hosts()))
        return Reach(gateway, gateway)

    def _is_podman(self) -> bool:
        components = self._ask("/version").get("Components") or ()
        return any("podman" in component["Name"].lower() for component in components)

    def _ask(self, path: str) -> Any:
        return self._get(path).raise_for_status().json()

    def _get(self, path: str) -> httpx.Response:
        return self._request("GET", path)

    def _request(self, method: str, path: str) -> httpx.Response:
        with httpx.Client(transport=httpx.HTTPTransport(uds=self._socket), timeout=30) as client:
            return client.request(method, self._base + path)


def _usual_sockets() -> list[Path]:
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"))
    home = Path.home()
    return [
        Path("/var/run/docker.sock"),
        home / ".docker/run/docker.sock",
        runtime / "docker.sock",
        runtime / "podman/podman.sock",
        Path("/run/podman/podman.sock"),
    ]
