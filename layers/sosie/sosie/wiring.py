"""The only place where real things are chosen. Builds nothing at import.

`Sosie` is one assembled cloud: its handlers take API Gateway payload 2.0 events, whoever carries them.
"""

from __future__ import annotations

import time
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from sosie.domain.clock import Clock, SystemClock
from sosie.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sosie.control.handler import ControlHandler
    from sosie.domain.regions import Service
    from sosie.ports import Keyring, Store
    from sosie.services.request_ids import RequestIds
    from sosie.services.worlds import Worlds
    from sosie.wire.app import ServiceApp
    from sosie.wire.gate import Gate


ASK_AGAIN_AFTER = 0.05
"""Seconds between two looks for what a caller of the control plane waits for."""


class Sosie:
    """Everything one process needs, each part made when first used. Parts can be given, for tests."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        store: Store | None = None,
        clock: Clock | None = None,
        keyring: Keyring | None = None,
        many_processes: bool = False,
    ) -> None:
        self.settings = settings or Settings.from_environment()
        self.clock: Clock = clock or SystemClock()
        self.many_processes = many_processes
        self._store = store
        self._keyring = keyring
        self._apps: dict[tuple[Service, str], ServiceApp] = {}

    @cached_property
    def store(self) -> Store:
        """The store the settings name."""
        if self._store is not None:
            return self._store
        if self.settings.store == "sqlite":
            from sosie.store.sqlite import SqliteStore

            state = self.settings.state
            return SqliteStore(None if state is None else state / "sosie.sqlite")
        from sosie.store import dynamodb  # boto3 comes with this adapter alone

        if self.settings.store == "localstack":
            return dynamodb.localstack(self.settings.table)
        return dynamodb.connect(self.settings.table)

    @cached_property
    def keyring(self) -> Keyring:
        """The signing keys: files in the state directory, or memory."""
        if self._keyring is not None:
            return self._keyring
        if self.settings.secret_prefix is not None:
            from sosie.store.secrets_manager import SecretsManagerKeyring

            return SecretsManagerKeyring(self.clock, self.settings.secret_prefix)
        from sosie.store.keyring import LocalKeyring

        state = self.settings.state
        return LocalKeyring(self.clock, None if state is None else state / "keys")

    @cached_property
    def request_ids(self) -> RequestIds:
        """Sequential for one process, by time for many."""
        from sosie.services.request_ids import SequentialIds, TimedIds

        return TimedIds() if self.many_processes else SequentialIds(self.store)

    @cached_property
    def worlds(self) -> Worlds:
        """The use cases on whole worlds."""
        from sosie.services.scenarios import load_scenario
        from sosie.services.worlds import Worlds

        return Worlds(
            store=self.store,
            keyring=self.keyring,
            clock=self.clock,
            request_ids=self.request_ids,
            load_scenario=load_scenario,
            default_scenario=self.settings.scenario,
            guessable=not self.many_processes,
        )

    @cached_property
    def gate(self) -> Gate:
        """The door of the wire surface, for all services."""
        from sosie.wire.gate import Gate

        return Gate(
            store=self.store,
            keyring=self.keyring,
            clock=self.clock,
            request_ids=self.request_ids,
            apps=self.app,
            ensure_world=self.worlds.ensure,
            vault_origins=self.settings.vault_origins,
            penalty_delays=self.settings.penalty_delays,
            realistic_limits=self.settings.realistic_limits,
        )

    @cached_property
    def control(self) -> ControlHandler:
        """The control plane."""
        from sosie.control.handler import ControlHandler

        return ControlHandler(
            worlds=self.worlds,
            keyring=self.keyring,
            token=self._control_token(),
            store_name=self.settings.store,
            by_iam=self.settings.control_by_iam,
            owns_sockets=not self.many_processes,
        )

    def _control_token(self) -> str | None:
        if self.settings.control_secret is None:
            return self.settings.control_token
        from sosie.store.secrets_manager import read_secret

        return read_secret(self.settings.control_secret)

    def app(self, service: Service, path: str) -> ServiceApp:
        """Return the part of a service that a path belongs to, built once."""
        from sosie.wire.routes import AREAS, area_of

        area = area_of(path)
        if area not in AREAS[service]:
            area = ""
        if (service, area) not in self._apps:
            from sosie.wire.app import ServiceApp
            from sosie.wire.routes import routes_of

            self._apps[service, area] = ServiceApp(routes_of(service, area))
        return self._apps[service, area]

    def close(self) -> None:
        """Release what the parts hold open."""
        self.store.close()


@cache  # one assembled cloud per Lambda process
def deployed() -> Sosie:
    """Return the cloud of this process, as the environment describes it."""
    return Sosie(many_processes=True)


def lambda_service(name: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of a service or of the control plane. Nothing is built before the first event."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if name == "control":
            return _settled(deployed().control, event, context)
        return deployed().gate.handle(event, context)

    return handle


def _settled(control: ControlHandler, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Ask again until what the caller waits for has happened. A stream is one piece; its reader comes back for more."""
    from sosie.control.http import asked_again

    response, started = control.handle(event, context), time.monotonic()
    while response.get("pending"):
        time.sleep(ASK_AGAIN_AFTER)  # noqa: TID251  this is the host
        again = asked_again(event, waited=time.monotonic() - started, resume=response["resume"])
        response = control.handle(again, context)
    response.pop("resume", None)
    return response


def lambda_maintenance() -> Callable[[], int]:
    """Return what the schedule calls: it catches up in every world, and returns how many things happened."""

    def run() -> int:
        from sosie.services.maintenance import maintain

        return sum(len(happened) for happened in maintain(deployed().worlds))

    return run


def wait(response: dict[str, Any]) -> dict[str, Any]:
    """Wait as long as the response says, and return it as the client gets it. For hosts that serve one at a time."""
    response.pop("wire", None)  # a rule of a host with sockets, which shares the store
    delay = response.pop("delay", 0.0)
    if delay:
        time.sleep(delay)  # noqa: TID251  this is the host
    return response
