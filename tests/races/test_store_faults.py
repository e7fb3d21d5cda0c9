"""Whole use cases while DynamoDB fails, at botocore's door on a real engine: done as if nothing had been, or reported.

Each is held against the same request on SQLite in fair weather. A fault that passes is not noticed; one that lasts is
answered with a failure, leaves nothing but what its answer's loss left, and the repeated request does the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import weather
from tests.support.control import ask as ask_control
from tests.support.families import (
    ALICE,
    COUSIN,
    GLOBEX,
    GLOBEX_OWNER,
    key_request,
    offer,
    redeem_newest,
    sync,
    sync_row,
)
from tests.support.races import named, request_of, without_versions
from tests.support.stormy import as_unversioned, check_failed, check_same, without_journal
from tests.support.weather import FOREVER, READS, WRITES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.support.cloud import TestCloud
    from tests.support.races import Act
    from tests.support.stormy import Stormy

PEOPLE = {
    "version": 1,
    "name": "more",
    "regions": {"eu": {"users": [{"email": "dora@more.test", "masterPassword": "half way there"}]}},
}


def redeemed(cloud: TestCloud) -> Act:
    assert offer(cloud, ALICE, COUSIN).status == 200
    return request_of(cloud, lambda: redeem_newest(cloud))


def synced(cloud: TestCloud) -> Act:
    return request_of(cloud, lambda: sync(cloud, [sync_row("zoe"), sync_row("pat")]))


def rotated(cloud: TestCloud) -> Act:
    path = f"/organizations/{cloud.organization(GLOBEX).id}/rotate-api-key"
    token = cloud.user_token(GLOBEX_OWNER)
    return request_of(cloud, lambda: cloud.post(path, key_request(GLOBEX_OWNER), token=token))


def seeded(cloud: TestCloud) -> Act:
    return request_of(cloud, lambda: ask_control(cloud, "POST", "/worlds/default/seed", PEOPLE))


def reset(cloud: TestCloud) -> Act:
    assert sync(cloud, [sync_row("zoe")]).status == 200
    return request_of(cloud, lambda: ask_control(cloud, "POST", "/worlds/default/reset"))


def restored(cloud: TestCloud) -> Act:
    assert ask_control(cloud, "PUT", "/worlds/default/snapshots/before").status == 200
    assert sync(cloud, [sync_row("zoe")]).status == 200
    return request_of(cloud, lambda: ask_control(cloud, "POST", "/worlds/default/snapshots/before/restore"))


WIRE = {"redeem": redeemed, "sync": synced, "rotate": rotated}
CONTROL = {"seed": seeded, "reset": reset, "restore": restored}
ALL = WIRE | CONTROL

THROTTLES = {
    code: weather.refused(code)
    for code in ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
}
ANYWHERE = {
    **THROTTLES,
    "InternalServerError": weather.refused("InternalServerError", 500),
    "cut off": weather.cut_off,
    "silent": weather.silent,
    "unreachable": weather.unreachable,
}
WRITING = {
    **ANYWHERE,
    "lost": weather.lost,
    "too late": weather.too_late,
    "TransactionInProgress": weather.refused("TransactionInProgressException"),
}
CANCELLED = {
    code: weather.cancelled("None", code)
    for code in ("ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict", "ConditionalCheckFailed")
}


# Every fault befalls one request, and these befall all of them.
def pairs(faults: Iterable[str], *, to_all: str) -> list[tuple[str, str]]:
    return [(case, fault) for fault in faults for case in (ALL if fault == to_all else ("redeem",))]


# Faults that pass.


@pytest.mark.parametrize(("case", "fault"), pairs(ANYWHERE, to_all="InternalServerError"))
def test_a_read_that_fails_once_is_not_noticed(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], case: str, fault: str
) -> None:
    act = named(ALL[case](cloud), "first")
    here = stormy(cloud)
    here.weather.strike(READS, ANYWHERE[fault], skip=1)

    answer = here.send(act)

    assert here.weather.struck == 1
    check_same(as_unversioned(answer, here.state()), without_versions(here.in_fair_weather(act)))


@pytest.mark.parametrize(("case", "fault"), pairs(WRITING, to_all="lost"))
def test_a_write_that_fails_once_is_done_once(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], case: str, fault: str
) -> None:
    act = named(ALL[case](cloud), "first")
    here = stormy(cloud)
    here.weather.strike(WRITES, WRITING[fault])

    answer = here.send(act)

    assert here.weather.struck == 1
    check_same(as_unversioned(answer, here.state()), without_versions(here.in_fair_weather(act)))


@pytest.mark.parametrize("code", CANCELLED)
def test_a_transaction_that_is_cancelled_once_is_done_once(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], code: str
) -> None:
    act = named(synced(cloud), "first")
    here = stormy(cloud)
    here.weather.strike(("TransactWriteItems",), CANCELLED[code])

    answer = here.send(act)

    assert here.weather.struck == 1
    check_same(as_unversioned(answer, here.state()), without_versions(here.in_fair_weather(act)))


@pytest.mark.parametrize(("case", "operation"), [("redeem", "BatchGetItem"), ("reset", "BatchWriteItem")])
def test_what_a_batch_leaves_undone_is_done_after_all(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], case: str, operation: str
) -> None:
    act = named(ALL[case](cloud), "first")
    here = stormy(cloud)
    here.weather.strike((operation,), weather.unprocessed, times=3)

    answer = here.send(act)

    assert here.weather.struck == 3
    check_same(as_unversioned(answer, here.state()), without_versions(here.in_fair_weather(act)))


# Faults that last.

LASTING = {
    **{name: ANYWHERE[name] for name in ("ThrottlingException", "InternalServerError", "silent", "unreachable")},
    "expired credentials": weather.refused("ExpiredTokenException"),
    "access denied": weather.refused("AccessDeniedException"),
}


@pytest.mark.parametrize(("case", "fault"), pairs(LASTING, to_all="silent"))
def test_a_store_that_cannot_be_read_is_told_and_nothing_happened(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], case: str, fault: str
) -> None:
    act = named(ALL[case](cloud), "first")
    here = stormy(cloud)
    before = here.state()
    here.weather.strike((*READS, *WRITES), LASTING[fault], times=FOREVER)

    answer = here.send(act)

    check_failed(act, answer)
    assert here.state() == before


@pytest.mark.parametrize(("case", "fault"), pairs(LASTING, to_all="silent"))
def test_a_write_that_keeps_failing_is_told_and_done_when_it_is_repeated(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], case: str, fault: str
) -> None:
    act = named(ALL[case](cloud), "first")
    here = stormy(cloud)
    before = without_journal(here.state())
    here.weather.strike(WRITES, LASTING[fault], times=FOREVER)

    answer = here.send(act)
    between = without_journal(here.state())
    here.weather.calm()
    again = here.send(act, "again")

    check_failed(act, answer)
    assert between == before
    expected = without_versions(here.in_fair_weather(named(act, "again")))
    check_same(as_unversioned(again, here.state()), expected)


@pytest.mark.parametrize("case", WIRE)
@pytest.mark.parametrize("fault", ["lost", "too late"])
def test_a_write_whose_answers_are_all_lost_is_done_once_whatever_is_told(
    cloud: TestCloud, stormy: Callable[[TestCloud], Stormy], case: str, fault: str
) -> None:
    act = named(ALL[case](cloud), "first")
    here = stormy(cloud)
    here.weather.strike(WRITES, WRITING[fault], times=FOREVER)

    answer = here.send(act)

    check_failed(act, answer)
    assert here.weather.struck == 4
    assert here.state() == here.in_fair_weather(act).state
