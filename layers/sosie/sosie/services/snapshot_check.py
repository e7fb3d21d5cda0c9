"""Checks a snapshot's document that somebody else wrote, member by member, before anything is made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sosie.domain.devices import Device
from sosie.domain.document import Node
from sosie.domain.errors import ScenarioError
from sosie.domain.installations import Installation
from sosie.domain.limits import LONGEST_SORT_KEY
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
from sosie.domain.push import PushDevice, SentPush
from sosie.domain.regions import REGIONS
from sosie.domain.scenario import parse_scenario
from sosie.domain.sponsorships import Sponsorship
from sosie.domain.users import User
from sosie.services.record_check import check_members, check_record
from sosie.services.records import parse_time
from sosie.services.refresh_tokens import RefreshGrant
from sosie.services.snapshot_document import OWN, PARTS, check_version, record_of
from sosie.services.world_record import WorldRecord

if TYPE_CHECKING:
    from collections.abc import Collection

Json = dict[str, Any]

_ELSEWHERE = frozenset({"record", "scenario", "claim", "requests"})
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_MEMBERS = ("format", "version", "parts", "at", "wallAt", "record", "scenario", "requests", "items")
_OWNED = re.compile(r"(us|eu)/(organization|push)/(.+)")
_LARGEST_ITEM = 380_000
"""Bytes of JSON: what DynamoDB takes, shared with the copies that an item's places in further orders are."""

# What lies in a partition, by the beginning of its sort texts: a record's class, or the members of a pointer.
_KINDS: Mapping[str, Mapping[str, type | Mapping[str, type]]] = {
    "installations": {"": Installation},
    "users": {"id#": User, "email#": {"id": str}, "member#": {"organizationId": str}, "device#": Device},
    "organizations": {"": Organization},
    "gone-organizations": {"": GoneOrganization},
    "licence-downloads": {"": OrganizationInstallation},
    "refresh": {"": RefreshGrant},
    "push": {"claim#": {"installationId": str}},
    "organization/": {
        "member#": Member,
        "key#": OrganizationApiKey,
        "policy#": Policy,
        "event#": OrganizationEvent,
        "licence": LicenceFile,
        "sponsorship#": Sponsorship,
        "sponsored": {"organizationId": str, "memberId": str, "rowId": str},
        "duplicates": {"members": int},
    },
    "push/": {"device#": PushDevice, "sent#": SentPush},
    "mail": {"": {"id": str, "at": str, "region": str, "to": str, "subject": str, "category": str}},
    "journal": {"": {"id": str, "at": str, "method": str, "path": str, "status": int}},
}


def check_document(document: Any, partitions: Collection[str]) -> None:
    """Raise ScenarioError, which names the member, unless a world can be made of this.

    `partitions` are those of any world, without its name and without those of single organizations and installations.
    """
    check_version(document)
    _check_top(document)
    check_record(WorldRecord, {"name": "", **document["record"]}, "record")
    _check_clock(document)
    try:
        parse_scenario(document["scenario"])
    except ScenarioError as error:
        raise ScenarioError(f"scenario.{error.where}".rstrip("."), error.problem) from None
    items = document["items"]
    for partition, members in items.items():
        where = f"items.{partition}"
        check_members(members, where)
        if partition not in partitions and not _has_owner(partition, items):
            raise ScenarioError(where, "no world has such a partition, or what it belongs to is not there")
        for sort, item in members.items():
            if partition == "world" and sort in _ELSEWHERE:
                raise ScenarioError(f"{where}.{sort}", "has a member of its own in the document")
            _check_item(partition, sort, item, f"{where}.{sort}")


def _check_top(document: Json) -> None:
    for name in sorted(set(document) - set(_MEMBERS)):
        raise ScenarioError(name, f"no such member; known are {', '.join(_MEMBERS)}")
    check_members(document, "", {"at": datetime, "wallAt": datetime, "requests": int})
    if document["requests"] < 0:
        raise ScenarioError("requests", "must not be negative")
    for name in ("record", "scenario", "items"):
        check_members(document.get(name), name)
    parts = Node(document, "").each("parts", lambda node: node.value)
    for at, part in enumerate(parts):
        if part not in PARTS:
            raise ScenarioError(f"parts[{at}]", f"must be one of {', '.join(PARTS)}")
    for name in sorted(OWN & set(document["record"])):
        raise ScenarioError(f"record.{name}", "belongs to a world, and is not in a snapshot")


def _check_clock(document: Json) -> None:
    try:
        now = record_of(document, "").clock.at(parse_time(document["wallAt"]))
    except OverflowError:
        now = _LATEST
    if not _EARLIEST <= now < _LATEST:
        raise ScenarioError("record.clock", f"leads to a time from {_EARLIEST.year} to {_LATEST.year - 1}")


def _has_owner(partition: str, items: Mapping[str, Any]) -> bool:
    """Tell whether a partition is an organization's or an installation's that the document has."""
    match = _OWNED.fullmatch(partition)
    if match is None or match[1] not in REGIONS:
        return False
    owners = ("organizations", "gone-organizations") if match[2] == "organization" else ("installations",)
    return any(match[3] in (items.get(f"{match[1]}/{name}") or ()) for name in owners)


def _check_item(partition: str, sort: str, item: Any, where: str) -> None:
    check_members(item, where)
    for name in sorted(set(item) - {"body", "orders", "expires"}):
        raise ScenarioError(f"{where}.{name}", "no such member; known are body, expires, orders")
    body, orders = item.get("body"), item.get("orders", {})
    if not isinstance(body, dict):
        raise ScenarioError(f"{where}.body", "must be an object")
    check_members(orders, f"{where}.orders")
    for name, place in orders.items():
        if name not in ("by_name", "by_sync") or not isinstance(place, str) or "\0" in place:
            raise ScenarioError(f"{where}.orders.{name}", "must be `by_name` or `by_sync`, with a text without NUL")
    if not isinstance(item.get("expires", 0), int):
        raise ScenarioError(f"{where}.expires", "must be a whole number of Unix seconds")
    if not sort or len(sort.encode()) > LONGEST_SORT_KEY or _size(body) * (1 + len(orders)) > _LARGEST_ITEM:
        raise ScenarioError(where, "is more than every store takes")
    kind = _kind(partition, sort)
    if isinstance(kind, Mapping):
        check_members(body, f"{where}.body", kind)
    elif kind is not None:
        check_record(kind, body, f"{where}.body")


def _size(body: Json) -> int:
    return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def _kind(partition: str, sort: str) -> type | Mapping[str, type] | None:
    """Return what an item has to be; None if that is not known here."""
    match = _OWNED.fullmatch(partition)
    kinds = _KINDS.get(f"{match[2]}/" if match else partition.partition("/")[2] or partition, {})
    return next((kind for prefix, kind in kinds.items() if sort.startswith(prefix)), None)
