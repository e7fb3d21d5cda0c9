"""Faults of a world from Python: the cloud misbehaves on purpose, for the length of a `with` or until removed."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from sosie.control.client import ControlClient

_KIND_BY_PARAMETER = {"status": "status", "latency": "latency", "retry_after": "rate-limit", "location": "redirect"}


class Fault:
    """One fault. As a context manager it acts in the `with` and is removed at the end; `applied` stays readable."""

    def __init__(self, client: ControlClient, world: str, rule: Mapping[str, Any]) -> None:
        self._client = client
        self._world = world
        self._counted = {"seen": 0, "applied": 0}
        self._active = "applied" in rule
        self.rule: dict[str, Any] = dict(rule)
        """The rule as the control plane has it: `id`, `match`, `effect`, `limit`."""

    def __repr__(self) -> str:
        return f"<Fault {self.rule.get('id', 'not made yet')} {self.rule['effect']['kind']}>"

    def __enter__(self) -> Self:
        if not self._active:
            self.rule = self._client.add_fault(self.rule, self._world)
            self._active = True
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    @property
    def id(self) -> str:
        """What the rule is called, in the journal and in the header `x-sosie-fault`."""
        return str(self.rule["id"])

    @property
    def seen(self) -> int:
        """How many requests matched it."""
        return self._count()["seen"]

    @property
    def applied(self) -> int:
        """How many requests it changed."""
        return self._count()["applied"]

    def remove(self) -> None:
        """Take it away, if it is still there."""
        counted = self._count()
        if self._active and self._found() is not None:
            self._client.drop_fault(self.id, self._world)
        self._counted, self._active = counted, False

    def _count(self) -> dict[str, int]:
        found = self._found() if self._active else None
        if found is not None:
            self._counted = {"seen": found["seen"], "applied": found["applied"]}
        return self._counted

    def _found(self) -> Mapping[str, Any] | None:
        return next((each for each in self._client.faults(self._world) if each["id"] == self.rule["id"]), None)


class Faults:
    """All faults of one world."""

    def __init__(self, client: ControlClient, world: str) -> None:
        self._client = client
        self._world = world

    def add(self, route: str | None = None, **what: Any) -> Fault:
        """Add a fault that stays until it is removed; for the arguments see `Cloud.fault`."""
        return self.make(rule_of(route, **what)).__enter__()

    def make(self, rule: Mapping[str, Any]) -> Fault:
        """Return a fault that begins with its `with`; `rule` as in docs/control-plane.md."""
        return Fault(self._client, self._world, rule)

    def list(self) -> builtins.list[Fault]:
        """Return the faults there are, in the order in which they are asked."""
        return [Fault(self._client, self._world, rule) for rule in self._client.faults(self._world)]

    def clear(self) -> None:
        """Take all faults away."""
        self._client.clear_faults(self._world)

    def catalog(self) -> builtins.list[dict[str, Any]]:
        """Return every effect with its parameters and what it does."""
        return self._client.fault_catalog()


def rule_of(
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
) -> dict[str, Any]:
    """Return the rule that the arguments of `Cloud.fault` describe. Raises TypeError if they name no effect."""
    if route is not None and " " in route:
        method, _, route = route.partition(" ")
    if kind is None:
        kind = next((found for parameter, found in _KIND_BY_PARAMETER.items() if parameter in parameters), None)
    if kind is None:
        raise TypeError("say what happens: `status`, `latency`, or a `kind` of the catalogue")
    if (latency := parameters.pop("latency", None)) is not None:
        parameters["milliseconds"] = round(latency * 1000)
    if route is not None:
        route = f"/{route.strip().removeprefix('/')}"
    match = {
        "service": service,
        "region": region,
        "method": method.upper() if method else None,
        "route": route,
        "installation": installation,
        "organization": organization,
        "nth": nth,
    }
    limit = {"times": times, "until": None if until is None else until.isoformat(), "probability": probability}
    effect = {_camel(parameter): value for parameter, value in parameters.items()}
    rule = {
        "id": name,
        "match": _given(match),
        "effect": {"kind": kind.replace("_", "-"), **effect},
        "limit": _given(limit),
    }
    return {member: value for member, value in rule.items() if value}


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
