"""Where each kind of record lives, and how it is read and written in a unit of work.

Partitions (each prefixed with `{world}/{region}/`):

    installations          {id}                          Installation
    users                  id#{id}                       User
                           email#{lower e-mail}          -> user id
                           member#{user id}#{member id}  -> organization id
                           device#{user id}#{identifier} Device
    organizations          {id}                          Organization
    gone-organizations     {id}                          GoneOrganization; its rows stay where they are
    licence-downloads      {installation id}             OrganizationInstallation
    organization/{id}      member#{member id}            Member
                           key#{type}                    OrganizationApiKey
                           policy#{type}                 Policy
                           event#{time}#{id}             OrganizationEvent
                           licence                       LicenceFile
                           sponsored                     -> the row that sponsors this organization
                           sponsorship#{member}#{slot}   Sponsorship (see services/sponsorship_rows.py)
    refresh                {fingerprint}                 RefreshGrant
    push/{installation id} …                             (see services/push_relay.py)

`{world}/world` holds the world's record and scenario; `{world}/mail` and `{world}/journal` span both regions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sosie.domain.devices import Device
from sosie.domain.errors import ServerFaultError
from sosie.domain.installations import Installation
from sosie.domain.limits import is_storable
from sosie.domain.members import Member
from sosie.domain.organizations import (
    GoneOrganization,
    LicenceFile,
    Organization,
    OrganizationApiKey,
    OrganizationEvent,
    OrganizationInstallation,
    Policy,
)
from sosie.domain.users import User
from sosie.ports import Item, Key
from sosie.services.records import from_body, time_text, to_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sosie.services.unit_of_work import UnitOfWork

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Collection(Generic[R]):
    """One kind of record: its class, and the partition and sort text that its identity gives."""

    cls: type[R]
    partition: Callable[..., str]
    sort: Callable[..., str]
    prefix: str = ""

    def key(self, uow: UnitOfWork, *identity: Any) -> Key:
        """Return where the record of this identity lives."""
        return Key(uow.partition(self.partition(*identity)), self.sort(*identity))

    def get(self, uow: UnitOfWork, *identity: Any) -> R | None:
        """Return one record, or None."""
        item = uow.get(self.key(uow, *identity))
        return None if item is None else from_body(self.cls, item.body)

    def get_many(self, uow: UnitOfWork, identities: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], R]:
        """Return the records that exist, by identity."""
        keys = {identity: self.key(uow, *identity) for identity in identities}
        found = uow.get_many(keys.values())
        return {identity: from_body(self.cls, found[key].body) for identity, key in keys.items() if key in found}

    def list(self, uow: UnitOfWork, *owner: Any) -> list[R]:
        """Return all records of an owner (of the region, where a collection has none), in key order."""
        found = uow.query(self.partition(*owner, *[""] * 2), self.prefix.format(*owner))
        return [from_body(self.cls, item.body) for item in found]

    def save(self, uow: UnitOfWork, record: R, *identity: Any, always: bool = False) -> None:
        """Write a record at the end of the request.

        Raises ServerFaultError for one that is too large, as the cloud's storage would; then nothing is written at all.
        """
        key, body = self.key(uow, *identity), to_body(record)
        if not is_storable(key.sort, body):
            uow.discard()
            raise ServerFaultError("the record is more than storage takes")
        uow.put(Item(key, body), always=always)

    def delete(self, uow: UnitOfWork, *identity: Any, always: bool = False) -> None:
        """Remove a record at the end of the request, if it is there."""
        item = uow.get(self.key(uow, *identity))
        if item is not None:
            uow.delete(item, always=always)


def _organization(organization_id: str, *_: Any) -> str:
    return f"organization/{organization_id}"


installations = Collection(Installation, lambda *_: "installations", lambda id_, *_: id_)
users = Collection(User, lambda *_: "users", lambda id_, *_: f"id#{id_}", "id#")
devices = Collection(
    Device, lambda *_: "users", lambda user, identifier, *_: f"device#{user}#{identifier}", "device#{0}#"
)
organizations = Collection(Organization, lambda *_: "organizations", lambda id_, *_: id_)
gone_organizations = Collection(GoneOrganization, lambda *_: "gone-organizations", lambda id_, *_: id_)
licence_files = Collection(LicenceFile, _organization, lambda *_: "licence", "licence")
members = Collection(Member, _organization, lambda _, id_, *__: f"member#{id_}", "member#")
api_keys = Collection(OrganizationApiKey, _organization, lambda _, type_, *__: f"key#{int(type_)}", "key#")
policies = Collection(Policy, _organization, lambda _, type_, *__: f"policy#{int(type_)}", "policy#")
organization_installations = Collection(
    OrganizationInstallation, lambda *_: "licence-downloads", lambda installation_id, *_: installation_id
)
events = Collection(
    OrganizationEvent, _organization, lambda _, date, id_, *__: f"event#{time_text(date)}#{id_}", "event#"
)


def email_key(uow: UnitOfWork, email: str) -> Key:
    """Return where an account is found by its e-mail, in any letter case."""
    return Key(uow.partition("users"), f"email#{email.lower()}")


def user_by_email(uow: UnitOfWork, email: str) -> User | None:
    """Return the account with this e-mail, compared in lower case and as it is otherwise."""
    pointer = uow.get(email_key(uow, email))
    return None if pointer is None else users.get(uow, pointer.body["id"])


def add_user(uow: UnitOfWork, user: User) -> None:
    """Write a new account and its e-mail; a second account with the e-mail is a conflict."""
    users.save(uow, user, user.id)
    uow.put(Item(email_key(uow, user.email), {"id": user.id}))


def save_user(uow: UnitOfWork, user: User) -> None:
    """Write an account that keeps its e-mail."""
    users.save(uow, user, user.id)


def add_member(uow: UnitOfWork, member: Member) -> None:
    """Write a membership, and how its person finds it."""
    members.save(uow, member, member.organization_id, member.id)
    if member.user_id is not None:
        uow.put(Item(_membership_key(uow, member.user_id, member.id), {"organizationId": member.organization_id}))


def remove_member(uow: UnitOfWork, member: Member, *, always: bool = False) -> None:
    """Remove a membership, and how its person finds it."""
    members.delete(uow, member.organization_id, member.id, always=always)
    if member.user_id is not None:
        pointer = uow.get(_membership_key(uow, member.user_id, member.id))
        if pointer is not None:
            uow.delete(pointer, always=always)


def memberships_of(uow: UnitOfWork, user_id: str) -> list[Member]:
    """Return a person's memberships in any state, in the order of their ids; none of deleted organizations."""
    pointers = uow.query("users", f"member#{user_id}#")
    identities = [(item.body["organizationId"], item.key.sort.rsplit("#", 1)[1]) for item in pointers]
    owners = {organization_id: organizations.key(uow, organization_id) for organization_id, _ in identities}
    there = uow.get_many([*owners.values(), *(members.key(uow, *identity) for identity in identities)])
    found = members.get_many(uow, (identity for identity in identities if owners[identity[0]] in there))
    return [found[identity] for identity in identities if identity in found]


def _membership_key(uow: UnitOfWork, user_id: str, member_id: str) -> Key:
    return Key(uow.partition("users"), f"member#{user_id}#{member_id}")


def member_of(uow: UnitOfWork, organization_id: str, user_id: str) -> Member | None:
    """Return a person's membership of one organization, current, whatever the token says."""
    return next((m for m in memberships_of(uow, user_id) if m.organization_id == organization_id), None)


def log_event(uow: UnitOfWork, event: OrganizationEvent) -> None:
    """Add an entry to an organization's event log."""
    events.save(uow, event, event.organization_id, event.date, event.id, always=True)
