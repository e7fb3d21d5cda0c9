"""A damaged snapshot document is refused by the name of the member, and nothing changes."""

from __future__ import annotations

import copy
import json
from enum import Enum
from typing import Any

import pytest

from sosie.services import snapshot_store
from tests.support.cloud import TestCloud
from tests.support.control import ask
from tests.support.families import (
    ACME,
    ALICE,
    generate_sync_key,
)
from tests.support.snapshots import SNAPSHOTS, carried, document, everything, restore, take


class Gone(Enum):
    """What is not there, with a name that every worker of a parallel run gives it."""

    GONE = "gone"


GONE = Gone.GONE


def damaged(made: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(made)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    if value is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("format",), "other", "format"),
        (("format",), GONE, "format"),
        (("version",), 2, "version"),
        (("version",), True, "version"),
        (("version",), GONE, "version"),
        (("more",), 1, "more"),
        (("at",), "yesterday", "at"),
        (("wallAt",), GONE, "wallAt"),
        (("parts",), ["push"], "parts[0]"),
        (("requests",), "5", "requests"),
        (("requests",), -1, "requests"),
        (("scenario",), None, "scenario"),
        (("scenario", "regions"), {"mars": {}}, "scenario.regions"),
        (("record",), [], "record"),
        (("record", "seed"), GONE, "record.seed"),
        (("record", "seed"), 5, "record.seed"),
        (("record", "name"), "x", "record.name"),
        (("record", "incarnation"), "x", "record.incarnation"),
        (("record", "clock", "mode"), "stopped", "record.clock.mode"),
        (("record", "clock", "offset"), "P1D", "record.clock.offset"),
        (("record", "clock", "offset"), 1e12, "record.clock"),
        (("record", "colour"), "red", "record.colour"),
        (("record", "penalty_delays"), "no", "record.penalty_delays"),
        (("record", "maintained_until"), "2026-03-04T05:06:07Z", "record.maintained_until"),
        (("items",), [], "items"),
        (("items", "us/cars"), {}, "items.us/cars"),
        (("items", "us/organization/nobody"), {}, "items.us/organization/nobody"),
        (("items", "world"), {"record": {"body": {}}}, "items.world.record"),
        (("items", "us/installations"), [], "items.us/installations"),
        (("items", "us/installations", "x" * 1025), {"body": {}}, f"items.us/installations.{'x' * 1025}"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_damaged_document_is_refused_by_its_member_and_nothing_changes(
    cloud: TestCloud, path: tuple[Any, ...], value: Any, where: str
) -> None:
    take(cloud)
    before = everything(cloud)

    answer = carried(cloud, damaged(document(cloud), path, value), "before")

    assert (answer.status, answer.json["where"]) == (400, where)
    assert everything(cloud) == before
    restore(cloud)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("body",), GONE, "body"),
        (("body",), "text", "body"),
        (("body", "enabled"), "yes", "body.enabled"),
        (("body", "key"), GONE, "body.key"),
        (("body", "creation_date"), "2026-03-04", "body.creation_date"),
        (("body", "colour"), "red", "body.colour"),
        (("orders",), {"by_weight": "1"}, "orders.by_weight"),
        (("orders",), {"by_name": "\0"}, "orders.by_name"),
        (("expires",), "soon", "expires"),
        (("version",), 3, "version"),
        (("body", "email"), "x" * 400_000, ""),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_damaged_item_is_refused_by_its_member(
    cloud: TestCloud, path: tuple[Any, ...], value: Any, where: str
) -> None:
    take(cloud)
    made, installation = document(cloud), cloud.installation().id

    answer = carried(cloud, damaged(made, ("items", "us/installations", installation, *path), value))

    place = f"items.us/installations.{installation}"
    assert (answer.status, answer.json["where"]) == (400, f"{place}.{where}".rstrip("."))
    assert [item["name"] for item in ask(cloud, "GET", SNAPSHOTS).json["items"]] == ["before"]


def test_members_of_every_type_are_checked(cloud: TestCloud) -> None:
    generate_sync_key(cloud)
    take(cloud)
    made, acme = document(cloud), cloud.organization(ACME).id
    alice = cloud.user(ALICE).id
    organizations, users = ("items", "us/organizations", acme, "body"), ("items", "us/users", f"id#{alice}", "body")

    for path, value in (
        ((*organizations, "plan_type"), "enterprise"),
        ((*organizations, "plan_type"), True),
        ((*organizations, "status"), 77),
        ((*organizations, "subscription", "status"), None),
        ((*organizations, "subscription", "period_end"), None),
        ((*users, "kdf", "iterations"), 5000.5),
        ((*users, "kdf"), None),
        (("items", f"us/organization/{acme}", "key#1", "body", "type"), 9),
        (("items", "us/users", f"email#{ALICE}", "body", "id"), 5),
        (("items", "us/users", f"email#{ALICE}", "body"), {}),
    ):
        answer = carried(cloud, damaged(made, path, value))
        assert answer.status == 400, path
        assert answer.json["where"].startswith(".".join(path)), path


@pytest.mark.parametrize("body", ["[]", '"x"', "{", "", '{"format": "sosie-snapshot"}'])
def test_what_is_no_document_is_refused(cloud: TestCloud, body: str) -> None:
    assert carried(cloud, body).status == 400


def test_a_snapshot_of_a_later_version_is_not_restored(cloud: TestCloud) -> None:
    take(cloud)
    later = damaged(document(cloud), ("version",), 2)
    header = snapshot_store.find_header(cloud.sosie.store, "default", "before")
    assert header is not None
    snapshot_store.keep_text(cloud.sosie.store, "default", header, json.dumps(later))
    before = everything(cloud)

    answer = ask(cloud, "POST", f"{SNAPSHOTS}/before/restore")

    assert (answer.status, answer.json["where"]) == (400, "version")
    assert everything(cloud) == before
