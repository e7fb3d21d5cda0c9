"""What is stored comes back as it was, through JSON, for every class that is stored."""

from __future__ import annotations

import enum
import json
import types
import typing
from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sosie.domain.devices import Device
from sosie.domain.installations import Installation
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
from sosie.domain.sponsorships import Sponsorship
from sosie.domain.users import User
from sosie.services import repository
from sosie.services.records import from_body, parse_time, time_text, to_body
from sosie.services.refresh_tokens import RefreshGrant
from sosie.services.world_record import WorldRecord

STORED = [
    Device,
    GoneOrganization,
    Installation,
    LicenceFile,
    Member,
    Organization,
    OrganizationApiKey,
    OrganizationEvent,
    OrganizationInstallation,
    Policy,
    PushDevice,
    RefreshGrant,
    SentPush,
    Sponsorship,
    User,
    WorldRecord,
]
times = st.datetimes(timezones=st.just(UTC))
texts = st.text(max_size=20)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: times,
    timedelta: st.timedeltas(timedelta(days=-36_500), timedelta(days=36_500)),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Return anything that a field of this type can hold."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([st.none() if each is types.NoneType else values(each) for each in arguments])
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(texts, st.none() | st.integers() | texts, max_size=3)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if issubclass(hint, enum.Enum):
        return st.sampled_from(list(hint))
    return _PLAIN[hint] if hint in _PLAIN else records(hint)


def records(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Return any record of a class."""
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{each.name: values(hints[each.name]) for each in fields(cls)})


def through_json(record: Any) -> Any:
    return json.loads(json.dumps(to_body(record)))


@pytest.mark.parametrize("cls", STORED)
def test_a_record_comes_back_as_it_was(cls: type[Any]) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(records(cls))
    def holds(record: Any) -> None:
        assert from_body(cls, through_json(record)) == record

    holds()


def test_every_collection_of_the_repository_is_tested_here() -> None:
    found = {each.cls for each in vars(repository).values() if isinstance(each, repository.Collection)}

    assert len(found) >= 9
    assert found <= set(STORED)


@pytest.mark.parametrize("cls", STORED)
def test_a_body_from_before_a_field_was_added_gets_its_default(cls: type[Any]) -> None:
    optional = {each.name for each in fields(cls) if each.default is not MISSING or each.default_factory is not MISSING}

    @settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(records(cls))
    def holds(record: Any) -> None:
        older = {name: value for name, value in through_json(record).items() if name not in optional}
        newest = from_body(cls, older)
        assert replace(record, **{name: getattr(newest, name) for name in optional}) == newest

    holds()


def test_a_body_with_a_field_that_nobody_knows_any_more_is_read() -> None:
    installation = Installation(
        "id", "ops@acme.test", "key", enabled=True, creation_date=datetime(2026, 1, 1, tzinfo=UTC)
    )

    assert from_body(Installation, to_body(installation) | {"retired": 1}) == installation


# Times.


def test_a_time_is_utc_with_microseconds() -> None:
    east = timezone(timedelta(hours=2))

    assert time_text(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)) == "2026-03-04T05:06:07.000000Z"
    assert time_text(datetime(2026, 3, 4, 5, 6, 7, 120, tzinfo=east)) == "2026-03-04T03:06:07.000120Z"


@given(times)
def test_a_time_comes_back_as_it_was(moment: datetime) -> None:
    assert parse_time(time_text(moment)) == moment
    assert len(time_text(moment)) == 27


@given(times, times)
def test_the_order_of_the_texts_is_the_order_of_the_times(one: datetime, other: datetime) -> None:
    assert (time_text(one) < time_text(other)) == (one < other)
