"""Push relay: registered devices, whom a message addresses, and which devices it would reach.

The rules are docs/contract/licensing-push-installations.md, part C. Behind the relay is a hub that knows nothing but
devices and their tags: a message names tags, and every device that carries them gets it. All installations share the
hub, which is why ids are prefixed with the installation's; a tag that is not prefixed is common to all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sosie.domain.errors import ServerFaultError
from sosie.domain.ids import EMPTY_GUID, parse_guid
from sosie.domain.limits import LARGEST_RECORD
from sosie.domain.push_names import client_type_name, client_type_of

_WITH_TEMPLATE = frozenset({0, 1, 15})
_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9\-_:]")
_ORGANIZATION = "organizationId:"

# The contract has no limits here; these keep a record within what every store takes.
_LONGEST_TAG = 1024
_LARGEST_DEVICE = LARGEST_RECORD
_MOST_CHANGES = 20
_LARGEST_HISTORY = 64 * 1024

TargetKind = Literal["user", "organization", "installation"]


def prefixed(installation_id: str, value: str | None) -> str | None:
    """Return `{installation id}_{value}`; None for nothing or blanks."""
    return f"{installation_id}_{value}" if value and value.strip() else None


def hub_device_id(installation_id: str, device_id: str) -> str:
    """Return what the hub calls a device. Raises ServerFaultError unless it is a GUID: that chooses the hub's shard."""
    if parse_guid(device_id) is None or device_id != device_id.strip():
        raise ServerFaultError("a device id is a GUID").because("PUSH_DEVICE_NOT_GUID", length=len(device_id))
    return f"{installation_id}_{device_id}"


# Devices.


@dataclass(frozen=True, slots=True)
class Registration:
    """What a server says about a device (C.1). Ids as they were sent; `claimed_installation_id` None without one."""

    device_id: str
    push_token: str
    user_id: str
    type: int
    identifier: str
    organization_ids: tuple[str | None, ...] = ()
    claimed_installation_id: str | None = None


@dataclass(frozen=True, slots=True)
class TagChange:
    """How one request changed a device's tags."""

    date: datetime
    request_id: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PushDevice:
    """A registered device. `id` is the hub's name for it; `installation_id` is the token's that registered it.

    `identifier` is raw, the tags hold it prefixed: see `Reach`. `tag_changes` are the latest, oldest first.
    """

    id: str
    installation_id: str
    device_id: str
    push_token: str
    user_id: str
    type: int
    identifier: str
    claimed_installation_id: str | None
    tags: tuple[str, ...]
    creation_date: datetime
    revision_date: datetime
    tag_changes: tuple[TagChange, ...] = ()

    @property
    def has_template(self) -> bool:
        """Whether the hub renders messages for this type of device: only mobile ones get any."""
        return self.type in _WITH_TEMPLATE

    @property
    def organization_ids(self) -> tuple[str, ...]:
        """The organizations whose messages it gets, without prefix."""
        start = f"{_ORGANIZATION}{self.installation_id}_"
        return tuple(tag.removeprefix(start) for tag in self.tags if tag.startswith(start))

    @property
    def claim_fits(self) -> bool | None:
        """Whether the installation id in the body is the token's, which nobody checks; None without one."""
        return None if self.claimed_installation_id is None else self.claimed_installation_id == self.installation_id


def registered(
    installation_id: str, registration: Registration, before: PushDevice | None, now: datetime, request_id: str
) -> PushDevice:
    """Return the device after a registration; what it was `before` is replaced. Raises ServerFaultError."""
    claimed = registration.claimed_installation_id
    if claimed == EMPTY_GUID:
        claimed = None
    device = PushDevice(
        id=hub_device_id(installation_id, registration.device_id),
        installation_id=installation_id,
        device_id=registration.device_id,
        push_token=registration.push_token,
        user_id=registration.user_id,
        type=registration.type,
        identifier=registration.identifier,
        claimed_installation_id=claimed,
        tags=before.tags if before else (),
        creation_date=before.creation_date if before else now,
        revision_date=now,
        tag_changes=before.tag_changes if before else (),
    )
    tags = [
        f"userId:{prefixed(installation_id, registration.user_id)}",
        f"clientType:{client_type_name(client_type_of(registration.type))}",
        *(_organization_tag(installation_id, each) for each in registration.organization_ids),
        f"deviceIdentifier:{prefixed(installation_id, registration.identifier)}",
    ]
    if claimed is not None:
        tags.append(f"installationId:{claimed}")
    return _retagged(device, tags, now, request_id)


def with_organization(device: PushDevice, organization_id: str, now: datetime, request_id: str) -> PushDevice:
    """Return a device that also gets an organization's messages. Raises ServerFaultError."""
    tag = _organization_tag(device.installation_id, organization_id)
    return _retagged(device, [*device.tags, tag], now, request_id)


def without_organization(device: PushDevice, organization_id: str, now: datetime, request_id: str) -> PushDevice:
    """Return a device that no longer gets an organization's messages."""
    gone = _organization_tag(device.installation_id, organization_id)
    return _retagged(device, [tag for tag in device.tags if tag != gone], now, request_id)


def _organization_tag(installation_id: str, organization_id: str | None) -> str:
    return f"{_ORGANIZATION}{prefixed(installation_id, organization_id) or ''}"


def _retagged(device: PushDevice, tags: Iterable[str], now: datetime, request_id: str) -> PushDevice:
    unique = tuple(dict.fromkeys(tags))
    text = "".join((*unique, device.push_token, device.user_id, device.identifier))
    if any(len(tag) > _LONGEST_TAG for tag in unique) or len(text.encode()) > _LARGEST_DEVICE:
        raise ServerFaultError("a device with such tags is more than the hub takes")
    added = tuple(tag for tag in unique if tag not in device.tags)
    removed = tuple(tag for tag in device.tags if tag not in unique)
    changes = device.tag_changes
    if added or removed:
        changes = _latest([*changes, TagChange(now, request_id, added, removed)])
    return replace(device, tags=unique, revision_date=now, tag_changes=changes)


def _latest(changes: list[TagChange]) -> tuple[TagChange, ...]:
    room, first = _LARGEST_HISTORY, len(changes)
    for change in reversed(changes[-_MOST_CHANGES:]):
        room -= len("".join((*change.added, *change.removed)).encode())
        if room < 0:
            break
        first -= 1
    return tuple(changes[first:])


# Messages.


@dataclass(frozen=True, slots=True)
class PushMessage:
    """What a server wants delivered (C.4), but for the payload. `device_id`, `identifier`: the acting device's."""

    type: int
    user_id: str | None = None
    organization_id: str | None = None
    installation_id: str | None = None
    device_id: str | None = None
    identifier: str | None = None
    client_type: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a message is for; the id without prefix."""

    kind: TargetKind
    id: str


@dataclass(frozen=True, slots=True)
class Audience:
    """The tag expression of a message: all `tags`, and not the `excluded` one."""

    tags: tuple[str, ...]
    excluded: str | None = None
    client: str | None = None

    @property
    def expression(self) -> str:
        """The expression as the hub is given it."""
        terms = [*self.tags]
        if self.excluded is not None:
            terms.append(f"!{self.excluded}")
        if self.client is not None:
            terms.append(self.client)
        return f"({' && '.join(terms)})"


@dataclass(frozen=True, slots=True)
class Reach:
    """Which devices a message would reach, by their `id`.

    The cloud means to leave the acting device out, but compares the raw identifier with prefixed tags: so the acting
    device of a relayed message is reached as well. `not_excluded` are those; `excluded` are the ones left out.
    """

    reached: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    not_excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a message came to the relay: whose token, at which host, and how its body was framed."""

    service: str
    framing: Literal["chunked", "length"] | None
    client_id: str
    jti: str | None


@dataclass(frozen=True, slots=True)
class SentPush:
    """A message that was taken. `id` is the request's, `payload` what a device would get, `body` what was sent.

    Both texts, and the lists in `reach`, may be cut: `body_size` (bytes) and `reached_count` say how much there was.
    """

    id: str
    date: datetime
    installation_id: str
    message: PushMessage
    target: Target
    expression: str
    reach: Reach
    reached_count: int
    payload: str
    body: str
    body_size: int
    arrival: Arrival


def target_of(message: PushMessage) -> Target:
    """Return whom a message is for: the installation before the user before the organization."""
    if message.installation_id is not None:
        return Target("installation", message.installation_id)
    if message.user_id is not None:
        return Target("user", message.user_id)
    if message.organization_id is not None:
        return Target("organization", message.organization_id)
    raise ValueError("a message is for a user, an organization or an installation")


def audience_of(installation_id: str, message: PushMessage) -> Audience:
    """Return the tag expression of a message of this installation. Raises ServerFaultError."""
    target = target_of(message)
    if target.kind == "user":
        tags: tuple[str, ...] = (f"template:payload_userId:{installation_id}_{target.id}",)
    elif target.kind == "organization":
        tags = ("template:payload", _organization_tag(installation_id, target.id))
    else:
        tags = ("template:payload", f"installationId:{target.id}")
    excluded = client = None
    if message.identifier and message.identifier.strip():
        excluded = f"deviceIdentifier:{_NOT_IN_A_TAG.sub('', message.identifier)}"
        if len(excluded) > _LONGEST_TAG:
            raise ServerFaultError("such a tag is more than the hub takes")
    if message.client_type:
        client = f"clientType:{client_type_name(message.client_type)}"
    return Audience(tags, excluded, client)


def hub_tags(device: PushDevice) -> frozenset[str]:
    """Return everything a tag expression can find a device by."""
    if not device.has_template:
        return frozenset(device.tags)
    user = f"template:payload_userId:{prefixed(device.installation_id, device.user_id)}"
    return frozenset((*device.tags, "template:payload", user))


def reach(devices: Iterable[PushDevice], audience: Audience, identifier: str | None, *, strict: bool = False) -> Reach:
    """Return which devices a message would reach. `strict`: as if leaving the acting device out worked."""
    reached, excluded, not_excluded = [], [], []
    for device in devices:
        tags = hub_tags(device)
        if not tags.issuperset(audience.tags) or (audience.client is not None and audience.client not in tags):
            continue
        acting = bool(identifier) and device.identifier == identifier
        if audience.excluded in tags or (strict and acting):
            excluded.append(device.id)
            continue
        reached.append(device.id)
        if acting:
            not_excluded.append(device.id)
    return Reach(tuple(reached), tuple(excluded), tuple(not_excluded))
