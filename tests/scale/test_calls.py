"""What each operation calls DynamoDB for, settings, state and journal together; docs/scale.md says the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from sosie.ports import Put
from sosie.store.dynamodb import DynamoDbStore, create_table
from sosie.store.keyring import LocalKeyring
from tests.scale.operations import operations
from tests.support.cloud import TestCloud, all_items, template_store
from tests.support.engines import Engine
from tests.support.units import Meter

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
TABLE = "calls"


@dataclass(frozen=True)
class Count:
    """One operation's: status, round trips, and units."""

    status: int
    reads: int
    writes: int
    read_units: int
    write_units: int

    @property
    def calls(self) -> int:
        return self.reads + self.writes


@pytest.fixture(scope="module")
def counted(dynamodb_local: Engine, keyring: LocalKeyring) -> dict[str, Count]:
    client = dynamodb_local.client()
    create_table(client, TABLE)
    store = DynamoDbStore(client, TABLE)
    store.write([Put(item, always=True) for item in all_items(template_store("families"))])
    cloud, meter = TestCloud(keyring=keyring, store=store, deployed=True), Meter(client)
    found: dict[str, Count] = {}
    for name, act in operations(cloud):
        with meter.reading() as bill:
            status = act().status
        reads = bill.calls["BatchGetItem"] + bill.calls["Query"]
        found[name] = Count(status, reads, bill.calls.total() - reads, bill.read, bill.written)
    client.delete_table(TableName=TABLE)
    client.close()
    return found


def test_every_operation_succeeds_but_the_one_without_a_token(counted: dict[str, Count]) -> None:
    refused = {name: each.status for name, each in counted.items() if each.status != 200}
    assert refused == {"refused without a token": 401}


@pytest.mark.parametrize(
    ("operation", "budget"),
    [
        ("token of an installation", 2),
        ("redeem", 6),
        ("sync of 1,000 new rows", 60),
        ("sync of the same 1,000", 60),
    ],
)
def test_calls_are_within_the_budget(counted: dict[str, Count], operation: str, budget: int) -> None:
    assert counted[operation].calls <= budget


def test_a_sync_costs_what_its_batch_costs_however_many_rows_there_are(counted: dict[str, Count]) -> None:
    assert counted["sync of 10, among 1,000 more"] == counted["sync of the same 10"]


def test_the_page_says_what_was_counted(counted: dict[str, Count]) -> None:
    assert rows_of("operation") == {
        name: [each.reads, each.writes, each.read_units, each.write_units] for name, each in counted.items()
    }


def rows_of(heading: str) -> dict[str, list[float]]:
    """Return a table of the page by its first column's heading."""
    table = re.search(rf"\| {heading} .*?\n\n", PAGE.read_text(), re.DOTALL)
    assert table is not None
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[0].strip().splitlines()[2:]]
    return {name: [float(cell.replace(",", "")) for cell in cells] for name, *cells in lines}


def test_the_costs_follow_from_the_counts_and_the_prices() -> None:
    units, price = rows_of("operation"), {name: cells[0] for name, cells in rows_of("price of").items()}
    day = [units["token of an installation"], units["sync of the same 10"]]
    for servers, (requests, written, read, dollars) in rows_of("servers").items():
        days = int(servers.replace(",", "")) * 30
        assert requests == days * len(day)
        assert written == days * sum(each[3] for each in day)
        assert read == days * sum(each[2] for each in day)
        cost = (
            written / 1e6 * price["a million write units"]
            + read / 1e6 * price["a million read units"]
            + requests / 1e6 * (price["a million HTTP API requests"] + price["a million function invocations"])
            + requests * 0.05 / 1e6 * price["a million gigabyte-seconds (arm64)"]
            + requests * 3 / 1024**2 * price["a gigabyte of logs"]
            + 7 * price["a secret, each month"]
        )
        assert dollars == round(cost, 2)
