"""`sosie.Cloud`: a stand-in for the Bitwarden cloud in a test, embedded or over HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

from sosie.control.client import ControlClient
from sosie.control.connection import NotReachableError, RefusedByControlError
from sosie.domain.ids import unguessable_token
from sosie.local.cloud.clock import Clock, Happening, WorldSettings, to_happening
from sosie.local.cloud.environment import Environment, environment
from sosie.local.cloud.faults import Fault, Faults, rule_of
from sosie.local.cloud.journal import Journal
from sosie.local.cloud.mailbox import Mailbox
from sosie.local.cloud.residents import Installation, Region, User

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    Scenario = str | PathLike[str] | Mapping[str, Any]

_DEFAULT = "default"
_FILES = (".yaml", ".yml", ".json")
_checkpoints = count(1)


class Cloud:
    """One world of a Sosie: both regions, with their clock, mail, journal and faults.

    `Cloud()` starts a Sosie of its own on a free port of this machine and stops it at the end of the `with`, or with
    `close()`. A child process serves it, one for all embedded clouds of this process: the first cloud starts as fast as
    in a thread (about half a second, for the imports) and the others as well (a hundredth of that), but a test that
    freezes time, patches sockets or turns warnings into errors does so to itself alone (measured in `embedded`).
    `Cloud.connect(url)` is the same over HTTP for a Sosie that runs already.

    `scenario` is the name of one that ships, a file, or a document; `world` another world than `default`, made from it.
    `state` is a directory to keep everything in. `tls` serves HTTPS with a CA whose certificate is at `cacert`.
    `penalty_delays` makes wrong secrets cost two seconds, as in the cloud. Off loopback (`host`) there is a control
    token, drawn if none is given. What goes wrong raises errors derived from `sosie.SosieError`.
    """

    url: str
    """The address, without a final slash."""
    name: str
    """The world."""
    control: ControlClient
    """The control plane's verbs, as documents."""
    control_token: str | None
    cacert: Path | None

    def __init__(
        self,
        scenario: Scenario = "families",
        *,
        world: str | None = None,
        state: str | PathLike[str] | None = None,
        tls: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        control_token: str | None = None,
        penalty_delays: bool = False,
    ) -> None:
        from sosie.local.cloud.embedded import child

        scratch = tempfile.TemporaryDirectory(prefix="sosie-") if tls and state is None else None
        home = Path(scratch.name) if scratch else None if state is None else Path(state).absolute()
        server, given = child(), document_of(scenario)
        try:
            opened = server.open(
                scenario=given,
                state=None if state is None else str(home),
                tls=str(home) if tls else None,
                host=host,
                port=port,
                token=control_token,
                penaltyDelays=penalty_delays,
            )
        except BaseException:
            if scratch:
                scratch.cleanup()
            raise
        cacert = home / "tls" / "sosie-ca.pem" if tls and home else None
        client = ControlClient(opened["url"], opened["token"], cacert=cacert)

        def end() -> None:
            client.close()
            server.close(client.url)
            if scratch:
                scratch.cleanup()

        self._become(client, world or _DEFAULT, opened["token"], cacert, end)
        if self.name != _DEFAULT:
            with self._closed_if_it_fails():
                client.create_world(self.name, given)

    @classmethod
    def connect(
        cls,
        url: str,
        token: str | None = None,
        world: str = _DEFAULT,
        cacert: str | PathLike[str] | None = None,
    ) -> Self:
        """Return a world of a Sosie that runs already; closing it leaves that as it is.

        `token` is the control token, `cacert` a PEM file with the CA to trust; for a `sosie start` of this user on this
        machine both are known. Raises NotReachableError, and RefusedByControlError if there is no such world.
        """
        from sosie.local.running import find

        note = find(url)
        token = token or (note.control_token if note else None)
        trusted = cacert or (note.cacert if note else None)
        ca = None if trusted is None else Path(trusted)
        client = ControlClient(url, token, cacert=ca)
        found = cls.__new__(cls)
        found._become(client, world, token, ca, client.close)  # noqa: SLF001  the same class, made another way
        with found._closed_if_it_fails():  # noqa: SLF001  the same class, made another way
            client.summary(world)
        return found

    def _become(
        self, client: ControlClient, world: str, token: str | None, cacert: Path | None, end: Callable[[], None]
    ) -> None:
        self.url = client.url
        self.name = world
        self.control = client
        self.control_token = token
        self.cacert = cacert
        self._end = end
        self._regions: dict[str, Region] = {}
        self.clock = Clock(client, world)
        self.mail = Mailbox(client, world)
        self.journal = Journal(client, world)
        self.faults = Faults(client, world)
        self.settings = WorldSettings(client, world)

    @contextmanager
    def _closed_if_it_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<Cloud {self.url} world {self.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what this object started: the server, or nothing if it is only connected; drop a world of `world()`."""
        end, self._end = self._end, lambda: None
        end()

    # Who lives there.

    @property
    def us(self) -> Region:
        """The US region."""
        return self.region("us")

    @property
    def eu(self) -> Region:
        """The EU region."""
        return self.region("eu")

    def region(self, name: str) -> Region:
        """Return a region, `us` or `eu`. Raises NotThereError."""
        if name not in self._regions:
            self._regions[name] = Region(name, self.summary)
        return self._regions[name]

    def summary(self) -> dict[str, Any]:
        """Return the world's addresses and what its scenario put there, as a document."""
        return self.control.summary(self.name)

    @overload
    def state(self, kind: None = None, *, region: str | None = None) -> dict[str, dict[str, list[dict[str, Any]]]]: ...
    @overload
    def state(self, kind: str, *, region: str | None = None) -> list[dict[str, Any]]: ...
    def state(self, kind: str | None = None, *, region: str | None = None) -> Any:
        """Return the rows of a kind, such as `sponsorships`; without one, all: `{region: {kind: [rows]}}`.

        For the kinds see docs/control-plane.md; an unknown one raises RefusedByControlError.
        """
        regions = self.control.state(self.name, region=region, kind=kind)["regions"]
        return regions if kind is None else [row for kinds in regions.values() for row in kinds[kind]]

    def push(self, *, region: str | None = None, installation: str | None = None) -> list[dict[str, Any]]:
        """Return per installation `region`, `id`, its registered `devices` with what they received, and its `sends`."""
        regions = self.control.push(self.name, region=region, installation=installation)["regions"]
        return [{"region": name, **each} for name, facts in regions.items() for each in facts["installations"]]

    def env(self, client: str = "dotenv", *, region: str = "us", reached_as: str | None = None) -> Environment:
        """Return the lines that point a client at a region: `bitwarden`, `vaultwarden`, `bw` or `dotenv`.

        `reached_as` is the URL by which the client reaches this Sosie, if not by `url`. Raises NotThereError.
        """
        return environment(self.summary(), client, self.region(region).name, self.url, reached_as, self.cacert)

    # What can be done to it.

    def fault(
        self,
        route: str | None = None,
        *,
        method: str | None = None,
        service: str | None = None,
        region: str | None = None,
        installation: str | None = None,
        organization: str | None = None,
        nth: int | None = None,
        kind: str | None = None,
        times: int | None = None,
        until: datetime | None = None,
        probability: float | None = None,
        name: str | None = None,
        **parameters: Any,
    ) -> Fault:
        """Return a fault for a `with`; see `faults.add` for one that stays.

        `route` is a path of the service or a route's template, with a method before it if it matters: `POST
        /connect/token`. What happens is `status=503`, `latency=` seconds, or a `kind` of `faults.catalog()` with its
        parameters in snake_case. The other arguments narrow down when. Raises RefusedByControlError when it begins.
        """
        rule = rule_of(
            route,
            method=method,
            service=service,
            region=region,
            installation=installation,
            organization=organization,
            nth=nth,
            kind=kind,
            times=times,
            until=until,
            probability=probability,
            name=name,
            **parameters,
        )
        return self.faults.make(rule)

    def seed(self, scenario: Scenario) -> None:
        """Apply a scenario on top, all or nothing: a name, a file or a document."""
        self.control.seed(document_of(scenario), self.name)

    def reset(self) -> None:
        """Return to the world's scenario: data, clock, faults, mailbox and journal."""
        self.control.reset(self.name)

    def maintenance(self) -> list[Happening]:
        """Run the cloud's scheduled jobs now, and return what happened, in order."""
        return [to_happening(each) for each in self.control.maintenance(self.name)]

    def snapshot(self, name: str) -> None:
        """Keep the world as it is under a name, mailbox and journal included."""
        self.control.snapshot(name, self.name, parts=("mail", "journal"))

    def restore(self, name: str) -> None:
        """Return to a snapshot: everything at once."""
        self.control.restore(name, self.name)

    @contextmanager
    def checkpoint(self) -> Iterator[None]:
        """Return to this moment at the end of the `with`, whatever happens in it."""
        name = f"checkpoint-{next(_checkpoints)}-{unguessable_token()[:12]}"
        self.snapshot(name)
        try:
            yield
        finally:
            self.restore(name)
            self.control.drop_snapshot(name, self.name)

    def token(
        self,
        client: str | Installation | User,
        odd: str = "none",
        *,
        region: str = "us",
        scope: str | None = None,
        expires_in: int | None = None,
    ) -> str:
        """Return an access token that is odd on purpose, such as `expired`, or a right one.

        `client` is an installation or somebody with an account, also as `installation.{id}` or `user.{email}`. Raises
        RefusedByControlError, which lists the oddities for one that it does not know.
        """
        if isinstance(client, Installation):
            client = f"installation.{client.id}"
        elif isinstance(client, User):
            client = f"user.{client.id}"
        more = {name: value for name, value in (("scope", scope), ("expiresIn", expires_in)) if value is not None}
        return str(self.control.odd_token(region, client, odd, world=self.name, **more)["accessToken"])

    # Other worlds.

    def world(self, name: str, scenario: Scenario = "families") -> Self:
        """Return another world of the same Sosie, made from a scenario unless it exists.

        As a context manager it is dropped at the end. Names are of lower-case letters, digits and hyphens, at most 63.
        """
        self.control.create_world(name, document_of(scenario))
        found = type(self).__new__(type(self))

        def end() -> None:
            if name != _DEFAULT:
                _drop(self.control, name)

        found._become(self.control, name, self.control_token, self.cacert, end)  # noqa: SLF001  the same class, made another way
        return found


def _drop(client: ControlClient, world: str) -> None:
    """Drop a world, unless it or its server is gone already."""
    try:
        client.drop_world(world)
    except NotReachableError:
        client.close()
    except RefusedByControlError as error:
        if error.status != 404:
            raise


def document_of(scenario: Scenario) -> str | dict[str, Any]:
    """Return a scenario as the control plane takes it: a shipped name, or a file's document. Raises ScenarioError."""
    if isinstance(scenario, Mapping):
        return dict(scenario)
    text = fspath(scenario)
    if not isinstance(scenario, str) or text.endswith(_FILES):
        from sosie.services.scenarios import load_scenario  # a file needs its parser

        return load_scenario(text)
    return text
