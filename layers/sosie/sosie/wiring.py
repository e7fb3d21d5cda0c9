"""The only place where real things are chosen. Builds nothing at import.

`Sosie` is one assembled cloud: its handlers take API Gateway payload 2.0 events, whoever carries them.
"""

from __future__ import annotations

import logging
import os
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sosie.domain.clock import Clock, SystemClock
from sosie.domain.payloads import carried  # what a Lambda function can answer
from sosie.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sosie.control.handler import ControlHandler
    from sosie.domain.regions import Service
    from sosie.ports import Keyring, Store
    from sosie.services.request_ids import RequestIds
    from sosie.services.scheduled_jobs import Happening
    from sosie.services.worlds import Worlds
    from sosie.wire.app import ServiceApp
    from sosie.wire.gate import Gate


logger = logging.getLogger("sosie")

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
        # An engine of one's own begins empty. In AWS a table is made by the template, and never by a start.
        create = not self.many_processes and names_local_engine(os.environ)
        return dynamodb.connect(self.settings.table, create=create)

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
            guessable=self._guessable(),
        )

    def _guessable(self) -> bool:
        """Tell whether new worlds follow from their scenarios alone: never where a deployment could serve them."""
        in_aws = self.settings.store == "dynamodb" and not names_local_engine(os.environ)
        return self.settings.guessable or not (self.many_processes or in_aws)

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
            domain=self.settings.domain,
            penalty_delays=self.settings.penalty_delays,
            realistic_limits=self.settings.realistic_limits,
            carry=carried if self.many_processes else None,
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
            domain=self.settings.domain,
            owns_sockets=not self.many_processes,
            carry=carried if self.many_processes else None,
        )

    def _control_token(self) -> str | None:
        if self.settings.control_secret is None:
            return self.settings.control_token
        from sosie.store.secrets_manager import read_secret

        return read_secret(self.settings.control_secret)

    def lets_in(self, client_ip: str) -> bool:
        """Tell whether a client may come in at all, and log one that may not. For hosts without a firewall."""
        if not self.settings.allowed_addresses:
            return True
        from sosie.domain.addresses import is_let_in, parse_networks

        if is_let_in(client_ip, parse_networks(self.settings.allowed_addresses)):
            return True
        logger.warning("shut out: %s is in no network of SOSIE_ALLOWED_ADDRESSES", client_ip)
        return False

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
        if not deployed().lets_in(event["requestContext"]["http"].get("sourceIp") or ""):
            return _shut_out(name)
        if name == "control":
            return deployed().control.handle(event, context)
        return deployed().gate.handle(event, context)

    return handle


def _shut_out(name: str) -> dict[str, Any]:
    if name == "control":
        from sosie.control.access import shut_out
    else:
        from sosie.wire.http import shut_out
    return shut_out()


def lambda_maintenance() -> Callable[[], Iterator[Sequence[Happening]]]:
    """Return what the schedule calls: it catches up in every world by steps, and yields what happens in each."""

    def run() -> Iterator[Sequence[Happening]]:
        from sosie.services.maintenance import maintain

        return maintain(deployed().worlds)

    return run


def names_local_engine(environment: Mapping[str, str]) -> bool:
    """Tell whether the AWS environment leads to a DynamoDB engine of one's own and not to AWS.

    That is loopback, a name without a dot (another container), or what a container calls its host. A private address
    could be a network's way to AWS.
    """
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return False
    url = environment.get("AWS_ENDPOINT_URL_DYNAMODB") or environment.get("AWS_ENDPOINT_URL") or ""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # no address at all; boto3 says so
        return False
    if ":" in host:
        return host == "::1"
    own = host.startswith("127.") or host.endswith((".localhost", ".docker.internal", ".containers.internal"))
    return bool(host) and (own or "." not in host)
