"""What is tested: the base URLs of each region, and what the seeded world holds.

It is read from the document that Sosie's control plane gives for a world, or from a file of the same shape that
describes any other implementation (docs/conformance.md). A Sosie gets a world of the suite's own.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SCENARIO = "families"
_SERVICES = ("identity", "api", "push")


class TargetError(Exception):
    """A description that cannot be used; its text names the member."""


class Control(Protocol):
    """The control plane of a Sosie, as far as the suite uses it."""

    def create_world(self, world: str, scenario: str | Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Create a world, and return its summary."""
        ...

    def drop_world(self, world: str) -> None:
        """Remove a world."""
        ...

    def mail(self, world: str = "default", *, to: str | None = None, region: str | None = None) -> list[dict[str, Any]]:
        """Return captured mails, oldest first."""
        ...

    def state(self, world: str = "default", *, region: str | None = None, kind: str | None = None) -> dict[str, Any]:
        """Return rows as they are stored."""
        ...

    def certificates(self, world: str = "default") -> dict[str, dict[str, str]]:
        """Return per region the PEM certificates, by purpose."""
        ...


@dataclass(frozen=True, slots=True)
class Installation:
    """Id and key of a self-hosted server."""

    id: str
    key: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in. `api_key` None: not known."""

    email: str
    master_password: str
    id: str | None
    api_key: str | None


@dataclass(frozen=True, slots=True)
class Organization:
    """`owner` is an e-mail; `tier` a word such as enterprise."""

    id: str
    name: str
    tier: str
    enabled: bool
    owner: str | None
    licence_key: str | None


@dataclass(frozen=True, slots=True)
class Region:
    """One region's addresses (without a final slash) and people. `licence_certificate` is PEM, None if not known."""

    name: str
    identity: str
    api: str
    push: str
    installations: Sequence[Installation]
    users: Sequence[User]
    organizations: Sequence[Organization]
    licence_certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """`label` makes names and ids of this run its own. `control` is there for a Sosie alone."""

    label: str
    regions: Mapping[str, Region]
    world: str = "default"
    control: Control | None = field(default=None, repr=False)


def read_target(document: Any, label: str, control: Control | None = None) -> Target:
    """Return the target that a document describes. Raises TargetError."""
    facts = _object(document, "the document")
    world = facts.get("world") or "default"
    certificates = control.certificates(world) if control is not None else {}
    found = _object(facts.get("regions"), "regions")
    regions = {name: _region(name, each, certificates.get(name, {})) for name, each in found.items()}
    if not regions:
        raise TargetError("regions: describe at least one, such as us")
    return Target(label, regions, world, control)


@contextmanager
def own_world(control: Control, label: str, kind: str = "conformance") -> Iterator[Target]:
    """Give a world `{kind}-{label}` that the suite may use up, and drop it at the end, however that comes."""
    world = f"{kind}-{label}"
    summary = control.create_world(world, SCENARIO)
    try:
        yield read_target(summary, label, control)
    finally:
        control.drop_world(world)


def _region(name: str, value: Any, certificates: Mapping[str, str]) -> Region:
    where = f"regions.{name}"
    facts = _object(value, where)
    urls = {service: _url(facts, service, where) for service in _SERVICES}
    own = facts.get("certificates") or {}
    return Region(
        name=name,
        **urls,
        installations=[
            Installation(_text(each, "id", at), _text(each, "key", at), each.get("enabled", True) is not False)
            for at, each in _items(facts, "installations", where)
        ],
        users=[
            User(_text(each, "email", at), each["masterPassword"], each.get("id"), each.get("apiKey"))
            for at, each in _items(facts, "users", where)
            if each.get("masterPassword")
        ],
        organizations=[
            Organization(
                _text(each, "id", at),
                str(each.get("name") or ""),
                str(each.get("tier") or "").lower(),
                each.get("enabled", True) is not False,
                each.get("owner"),
                each.get("licenseKey"),
            )
            for at, each in _items(facts, "organizations", where)
        ],
        licence_certificate=certificates.get("licence") or own.get("licence"),
    )


def _items(facts: Mapping[str, Any], name: str, where: str) -> list[tuple[str, Mapping[str, Any]]]:
    items = facts.get(name) or []
    if not isinstance(items, list):
        raise TargetError(f"{where}.{name}: write a list")
    return [(f"{where}.{name}[{at}]", _object(each, f"{where}.{name}[{at}]")) for at, each in enumerate(items)]


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TargetError(f"{where}: write an object")
    return value


def _text(facts: Mapping[str, Any], name: str, where: str) -> str:
    value = facts.get(name)
    if not isinstance(value, str) or not value:
        raise TargetError(f"{where}.{name}: write a text")
    return value


def _url(facts: Mapping[str, Any], service: str, where: str) -> str:
    url = _text(facts, service, where)
    if not url.startswith(("http://", "https://")):
        raise TargetError(f"{where}.{service}: write a base URL that begins with http:// or https://")
    return url.rstrip("/")
