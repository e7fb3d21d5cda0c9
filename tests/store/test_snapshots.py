"""A restore gives back every item, on every store, whatever was done meanwhile (Hypothesis looks for what)."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sosie.domain.errors import ConflictError
from sosie.services import snapshots
from tests.support.cloud import TestCloud
from tests.support.control import ask
from tests.support.effort import examples
from tests.support.families import (
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    GLOBEX,
    NEWCOMER,
    OWNER,
    STRANGER,
    key_request,
    mails_to,
    offer,
    redeem,
    sync,
    sync_row,
)
from tests.support.passwords import authentication_hash
from tests.support.snapshots import everything
from tests.support.token_client import VERSION, password_form
from tests.support.token_client import ask as ask_for_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from sosie.store.keyring import LocalKeyring


def offer_one(cloud: TestCloud, number: int) -> None:
    by, to = [(ALICE, COUSIN), (BOB, NEWCOMER), (OWNER, STRANGER), (BOB, COUSIN)][number % 4]
    offer(cloud, by, to)


def sync_some(cloud: TestCloud, number: int) -> None:
    rows = [sync_row(f"m{at}", toDelete=(at + number) % 3 == 0, lastSyncDate=None) for at in range(1 + number % 4)]
    sync(cloud, rows)


def redeem_one(cloud: TestCloud, number: int) -> None:
    to = [COUSIN, NEWCOMER][number % 2]
    tokens = [mail["sponsorshipToken"] for mail in mails_to(cloud, to) if mail["sponsorshipToken"]]
    with suppress(StopIteration):  # the family was deleted
        for token in tokens[-1:]:
            redeem(cloud, to, token)


def rotate(cloud: TestCloud, number: int) -> None:
    verb = ["api-key", "rotate-api-key"][number % 2]
    path = f"/organizations/{cloud.organization('Acme Corporation').id}/{verb}"
    cloud.post(path, key_request(OWNER), token=cloud.user_token(OWNER))


def install(cloud: TestCloud, number: int) -> None:
    cloud.post("/installations", {"email": f"ops{number}@acme.test"}, region=["us", "eu"][number % 2])


def delete_family(cloud: TestCloud, number: int) -> None:
    del number
    with suppress(StopIteration):
        path = f"/organizations/{cloud.organization(FAMILY).id}"
        body = {"masterPasswordHash": authentication_hash(COUSIN)}
        cloud.request("DELETE", path, json_body=body, token=cloud.user_token(COUSIN))


def sign_in(cloud: TestCloud, number: int) -> None:
    ask_for_token(cloud, password_form([OWNER, ALICE, COUSIN][number % 3]), VERSION)


def push(cloud: TestCloud, number: int) -> None:
    device = {
        "pushToken": f"p{number}",
        "deviceId": "0f0e0d0c-0b0a-4908-8706-05040302010" + str(number % 10),
        "userId": "u",
        "identifier": "i",
        "type": number % 2,
        "organizationIds": [cloud.organization(GLOBEX).id],
    }
    cloud.post("/push/register", device, service="push", token=cloud.installation_token("api.push"))


def advance(cloud: TestCloud, number: int) -> None:
    ask(cloud, "POST", "/worlds/default/clock/advance", {"by": f"P{1 + number * 40}D"})


def change_settings(cloud: TestCloud, number: int) -> None:
    ask(cloud, "PUT", "/worlds/default/settings", {"penaltyDelays": number % 2 == 0})


def seed(cloud: TestCloud, number: int) -> None:
    person = {"email": f"p{number}@more.test", "masterPassword": "a b c d"}
    with suppress(ConflictError):
        cloud.sosie.worlds.seed("default", {"version": 1, "name": "more", "regions": {"eu": {"users": [person]}}})


OPERATIONS = (
    offer_one, sync_some, redeem_one, rotate, install, delete_family, sign_in, push, advance, change_settings, seed,
)  # fmt: skip
one_step = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 9))
steps, few = st.lists(one_step, max_size=8), st.lists(one_step, min_size=1, max_size=2)
SLOW = HealthCheck.too_slow
FIXTURE = HealthCheck.function_scoped_fixture


def does_what_it_says(cloud: TestCloud, before: Any, after: Any, *, upload: bool = True) -> None:
    for operation, number in before:
        operation(cloud, number)
    was = everything(cloud)
    snapshots.take(cloud.sosie.worlds, "default", "then")
    portable = snapshots.document_of(cloud.sosie.worlds, "default")
    for operation, number in after:
        operation(cloud, number)

    snapshots.restore(cloud.sosie.worlds, "default", "then")
    assert everything(cloud) == was

    if not upload:
        return
    # The portable form is as good, and a restored world goes on.
    snapshots.keep(cloud.sosie.worlds, "default", "uploaded", portable)
    for operation, number in after:
        operation(cloud, number)
    snapshots.restore(cloud.sosie.worlds, "default", "uploaded")
    assert everything(cloud) == was
    assert cloud.post("/installations", {"email": "ops@acme.test"}).status == 200


@settings(max_examples=examples(12, in_ci=80), deadline=None, suppress_health_check=[SLOW, FIXTURE])
@given(before=steps, after=steps)
def test_a_restore_gives_back_everything(keyring: LocalKeyring, before: Any, after: Any) -> None:
    does_what_it_says(TestCloud(keyring=keyring), before, after)


@settings(max_examples=examples(4), deadline=None, suppress_health_check=[SLOW, FIXTURE])
@given(before=steps, after=steps)
def test_a_restore_gives_back_everything_from_a_file(
    open_sqlite_file: Any, keyring: LocalKeyring, before: Any, after: Any
) -> None:
    with closing(open_sqlite_file()) as store:
        does_what_it_says(TestCloud(keyring=keyring, store=store), before, after)


@settings(
    max_examples=examples(1, in_ci=2), deadline=None, phases=[Phase.generate], suppress_health_check=[SLOW, FIXTURE]
)
@given(before=few, after=few)
def test_a_restore_gives_back_everything_from_dynamodb(
    open_dynamodb_moto: Any, keyring: LocalKeyring, before: Any, after: Any
) -> None:
    # The next test uploads a document to it; moto takes seconds for each world it writes.
    with closing(open_dynamodb_moto()) as store:
        does_what_it_says(TestCloud(keyring=keyring, store=store), before, after, upload=False)


def test_a_snapshot_of_one_store_is_restored_into_another(
    open_sqlite_memory: Any, open_dynamodb_moto: Any, keyring: LocalKeyring
) -> None:
    with closing(open_sqlite_memory()) as here, closing(open_dynamodb_moto()) as there:
        source, target = (TestCloud(keyring=keyring, store=store) for store in (here, there))
        for operation, number in ((offer_one, 0), (redeem_one, 0), (sync_some, 3), (sign_in, 0), (push, 1)):
            operation(source, number)
        document = snapshots.document_of(source.sosie.worlds, "default")

        snapshots.keep(target.sosie.worlds, "default", "carried", document)
        snapshots.restore(target.sosie.worlds, "default", "carried")

        assert everything(target) == everything(source)


def test_a_snapshot_too_large_for_one_item_fits_into_every_store(
    open_store: Callable[[], Any], keyring: LocalKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sosie.services.snapshot_store.zlib.compress", lambda data, _: _stored(data))
    with closing(open_store()) as store:
        cloud = TestCloud(keyring=keyring, store=store)
        text = "".join(chr(0x21 + at % 90) for at in range(9_000))
        people = [{"email": f"p{number}@more.test", "name": text, "masterPassword": "a b c d"} for number in range(40)]
        cloud.sosie.worlds.seed("default", {"version": 1, "name": "x", "regions": {"us": {"users": people}}})
        was = everything(cloud)
        header = snapshots.take(cloud.sosie.worlds, "default", "large")
        offer_one(cloud, 0)

        snapshots.restore(cloud.sosie.worlds, "default", "large")

        assert header.pieces > 1
        assert everything(cloud) == was


def _stored(data: bytes) -> bytes:
    """Return data in the compressed format, without being any smaller."""
    import zlib

    packer = zlib.compressobj(0)
    return packer.compress(data) + packer.flush()
