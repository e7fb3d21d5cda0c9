"""What only the DynamoDB store does: retries of half answers, groups in order, conflicts by reason."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from sosie.domain.errors import ConflictError, StoreBusyError
from sosie.ports import Delete, Item, Key, Put
from sosie.store import dynamodb as adapter
from sosie.store.dynamodb import DynamoDbStore

HERE = "acme/us/members"
ALICE = Key(HERE, "alice")
BOB = Key(HERE, "bob")


class Client:
    """A client in front of moto's. Notes every call; `answers[method]` are given instead of moto's while they last.

    An answer is a function of the client behind this one and of the call's parameters.
    """

    def __init__(self, behind) -> None:
        self.behind = behind
        self.exceptions = behind.exceptions
        self.calls: list[tuple[str, dict]] = []
        self.answers: dict[str, list] = {}

    def _call(self, method, parameters):
        self.calls.append((method, parameters))
        answers = self.answers.get(method)
        return answers.pop(0)(self.behind, parameters) if answers else getattr(self.behind, method)(**parameters)

    def batch_get_item(self, **parameters):
        return self._call("batch_get_item", parameters)

    def batch_write_item(self, **parameters):
        return self._call("batch_write_item", parameters)

    def query(self, **parameters):
        return self._call("query", parameters)

    def transact_write_items(self, **parameters):
        return self._call("transact_write_items", parameters)

    def put_item(self, **parameters):
        return self._call("put_item", parameters)

    def delete_item(self, **parameters):
        return self._call("delete_item", parameters)

    def get_paginator(self, operation):
        return self.behind.get_paginator(operation)

    def close(self):
        self.behind.close()

    def parameters_of(self, method) -> list[dict]:
        return [parameters for called, parameters in self.calls if called == method]


@pytest.fixture
def client(dynamodb) -> Client:
    return Client(dynamodb)


@pytest.fixture
def pauses() -> list[int]:
    return []


@pytest.fixture
def store(client, new_table, pauses) -> DynamoDbStore:
    return DynamoDbStore(client, new_table(), pause=pauses.append)


def put(sort, body=None, **rest) -> Put:
    return Put(Item(Key(HERE, sort), body or {}, **rest))


def puts(count, body=None) -> list[Put]:
    return [put(f"{n:03}", body) for n in range(count)]


def sorts(items) -> list[str]:
    return [item.key.sort for item in items]


# Answers that moto would never give.


def half_read(behind, parameters):
    ((table, request),) = parameters["RequestItems"].items()
    half = len(request["Keys"]) // 2
    answer = behind.batch_get_item(RequestItems={table: {**request, "Keys": request["Keys"][:half]}})
    return {**answer, "UnprocessedKeys": {table: {**request, "Keys": request["Keys"][half:]}}}


def nothing_read(_behind, parameters):
    return {"Responses": {}, "UnprocessedKeys": parameters["RequestItems"]}


def half_deleted(behind, parameters):
    ((table, requests),) = parameters["RequestItems"].items()
    half = len(requests) // 2
    behind.batch_write_item(RequestItems={table: requests[:half]})
    return {"UnprocessedItems": {table: requests[half:]}}


def cancelled(*codes):
    response = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }

    def answer(behind, _parameters):
        raise behind.exceptions.TransactionCanceledException(response, "TransactWriteItems")

    return answer


def in_a_transaction(behind, _parameters):
    response = {"Error": {"Code": "TransactionConflictException", "Message": "busy"}}
    raise behind.exceptions.TransactionConflictException(response, "PutItem")


def lost_and_repeated(method):
    """Answer as botocore does when the answer to its first attempt got lost: the second meets the first's work."""

    def answer(behind, parameters):
        getattr(behind, method)(**parameters)
        try:
            return getattr(behind, method)(**parameters)
        except ClientError as error:
            error.response["ResponseMetadata"]["RetryAttempts"] = 1
            raise

    return answer


# Half answers.


def test_keys_that_a_batch_left_out_are_asked_for_again_a_little_later_each_time(store, client, pauses):
    store.write(puts(20))
    client.answers["batch_get_item"] = [half_read, nothing_read, half_read]
    assert len(store.get_many([each.item.key for each in puts(20)])) == 20
    assert pauses == [0, 1, 2]


def test_reads_of_many_keys_go_in_groups_and_each_group_is_completed(store, client):
    store.write(puts(250))
    client.answers["batch_get_item"] = [half_read, half_read]
    assert len(store.get_many([each.item.key for each in puts(250)])) == 250
    assert len(client.parameters_of("batch_get_item")) == 5


def test_a_store_that_stays_busy_gives_up_with_a_clear_error(store, client, pauses):
    client.answers["batch_get_item"] = [nothing_read] * 100
    with pytest.raises(StoreBusyError, match="no capacity left after 14 attempts"):
        store.get_many([ALICE])
    assert pauses == list(range(13))


def test_removals_that_a_batch_left_out_are_repeated_when_a_world_is_dropped(store, client, pauses):
    store.write(puts(60))
    client.answers["batch_write_item"] = [half_deleted, half_deleted, half_deleted]
    store.drop("acme/", [HERE])
    assert store.query(HERE) == []
    assert len(pauses) == 3


def test_pauses_grow_differ_and_stay_short(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(adapter.time, "sleep", slept.append)
    for attempt in range(9):
        adapter.back_off(attempt)
    assert all(0 <= pause <= min(2.0, 0.05 * 2**attempt) for attempt, pause in enumerate(slept))
    assert len(set(slept)) > 1


# Consistency and order.


def test_every_read_is_strongly_consistent(store, client):
    store.get_many([ALICE])
    store.query(HERE)
    store.query(HERE, "a", order="by_name", newest_first=True, limit=1)
    (batch,) = client.parameters_of("batch_get_item")
    assert [request["ConsistentRead"] for request in batch["RequestItems"].values()] == [True]
    assert [query["ConsistentRead"] for query in client.parameters_of("query")] == [True, True]


def test_the_groups_of_a_large_write_go_one_after_the_other_in_the_given_order(store, client):
    store.write(puts(230))
    groups = [parameters["TransactItems"] for parameters in client.parameters_of("transact_write_items")]
    assert [len(group) for group in groups] == [100, 100, 30]
    written = [change["Put"]["Item"]["sk"]["S"] for group in groups for change in group]
    assert written == [each.item.key.sort for each in puts(230)]


def test_a_group_that_is_too_heavy_for_one_transaction_is_written_in_two(store, client):
    store.write(puts(15, {"text": "x" * 300_000}))
    assert [len(call["TransactItems"]) for call in client.parameters_of("transact_write_items")] == [12, 3]


def test_groups_before_a_failing_one_stay_and_none_after_it_is_tried(store, client):
    store.write([put("150")])
    with pytest.raises(ConflictError):
        store.write(puts(300))
    assert sorts(store.query(HERE)) == [f"{n:03}" for n in [*range(100), 150]]
    assert len(client.parameters_of("transact_write_items")) == 2


def test_one_change_is_no_transaction(store, client):
    store.write([put("alice")])
    store.write([put("alice", version=1)])
    store.write([Delete(ALICE, version=2)])
    assert [method for method, _ in client.calls] == ["put_item", "put_item", "delete_item"]


def test_a_transaction_carries_a_token_so_that_botocore_cannot_apply_it_twice(store, dynamodb):
    sent: list[dict] = []

    def note(params, **_):
        sent.append(json.loads(params["body"]))

    dynamodb.meta.events.register("before-call.dynamodb.TransactWriteItems", note)
    try:
        store.write([put("alice"), put("bob")])
        store.write([put("alice", version=1), put("bob", version=1)])
    finally:
        dynamodb.meta.events.unregister("before-call.dynamodb.TransactWriteItems", note)
    tokens = [parameters["ClientRequestToken"] for parameters in sent]
    assert len(set(tokens)) == 2


# Conflicts and want of capacity.


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "TransactionConflict"])
def test_a_transaction_cancelled_by_another_writer_is_a_conflict(store, client, code):
    client.answers["transact_write_items"] = [cancelled("None", code)]
    with pytest.raises(ConflictError):
        store.write([put("alice"), put("bob")])


def test_a_single_write_that_meets_a_transaction_is_a_conflict(store, client):
    client.answers["put_item"] = [in_a_transaction]
    with pytest.raises(ConflictError):
        store.write([put("alice")])


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_cancelled_for_want_of_capacity_is_repeated(store, client, pauses, code):
    client.answers["transact_write_items"] = [cancelled("None", code), cancelled(code, code)]
    store.write([put("alice"), put("bob")])
    assert sorts(store.query(HERE)) == ["alice", "bob"]
    assert pauses == [0, 1]


def test_a_transaction_cancelled_for_want_of_capacity_and_by_another_writer_is_a_conflict(store, client):
    client.answers["transact_write_items"] = [cancelled("ThrottlingError", "ConditionalCheckFailed")]
    with pytest.raises(ConflictError):
        store.write([put("alice"), put("bob")])


def test_a_transaction_cancelled_for_another_reason_is_raised_as_it_is(store, client):
    client.answers["transact_write_items"] = [cancelled("None", "ItemCollectionSizeLimitExceeded")]
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        store.write([put("alice"), put("bob")])


def test_a_write_whose_answer_got_lost_and_that_was_repeated_is_no_conflict(store, client):
    client.answers["put_item"] = [lost_and_repeated("put_item")]
    store.write([put("alice", {"n": 1})])
    client.answers["delete_item"] = [lost_and_repeated("delete_item")]
    store.write([Delete(ALICE, version=1)])
    assert store.query(HERE) == []


def test_a_repeated_write_that_meets_somebody_elses_is_a_conflict(store, client):
    def somebody_else_was_first(behind, parameters):
        other = {**parameters, "Item": {**parameters["Item"], "body": {"S": '{"by":"somebody else"}'}}}
        behind.put_item(**other)
        return lost_and_repeated("put_item")(behind, parameters)

    client.answers["put_item"] = [somebody_else_was_first]
    with pytest.raises(ConflictError):
        store.write([put("alice", {"by": "me"})])
