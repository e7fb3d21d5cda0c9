"""One request stands just before its first write while another goes through: they meet in this order each time.

The first has read everything, the second has read and written; then the first writes, or decides again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sosie.store.dynamodb import DynamoDbStore
from tests.support.control import ask as ask_control
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    GLOBEX,
    GLOBEX_OWNER,
    OWNER,
    STRANGER,
    key_request,
    offer,
    redeem_newest,
    sync,
    sync_row,
)
from tests.support.races import (
    Outcome,
    Participant,
    difference,
    fill,
    named,
    one_of_many,
    orders_of,
    perform,
    request_of,
    start_of,
    state_of,
    table_items,
)
from tests.support.removals import delete_account, delete_organization, remove_member
from tests.support.withdrawals import remove, revoke

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.cloud import TestCloud
    from tests.support.engines import Engine
    from tests.support.races import Act

ROWS = [sync_row("zoe"), sync_row("pat")]


def rotate(cloud: TestCloud) -> Any:
    path = f"/organizations/{cloud.organization(GLOBEX).id}/rotate-api-key"
    return cloud.post(path, key_request(GLOBEX_OWNER), token=cloud.user_token(GLOBEX_OWNER))


REQUESTS: dict[str, Callable[[TestCloud], Any]] = {
    "redeem": redeem_newest,
    "revoke": lambda cloud: revoke(cloud, ALICE),
    "remove": lambda cloud: remove(cloud, COUSIN, FAMILY),
    "offer": lambda cloud: offer(cloud, ALICE, STRANGER),
    "another offer": lambda cloud: offer(cloud, ALICE, COUSIN, friendlyName="another"),
    "sync": lambda cloud: sync(cloud, ROWS),
    "another sync": lambda cloud: sync(cloud, [sync_row("pat", toDelete=True), sync_row("kim")]),
    "rotate": rotate,
    "delete the sponsor": lambda cloud: delete_organization(cloud, OWNER, ACME),
    "delete the family": lambda cloud: delete_organization(cloud, COUSIN, FAMILY),
    "delete Globex": lambda cloud: delete_organization(cloud, GLOBEX_OWNER, GLOBEX),
    "remove the member": lambda cloud: remove_member(cloud, OWNER, ALICE),
    "remove another member": lambda cloud: remove_member(cloud, OWNER, BOB),
    "delete the account": lambda cloud: delete_account(cloud, ALICE),
    "maintenance": lambda cloud: ask_control(cloud, "POST", "/worlds/default/maintenance"),
}
MEETINGS = [
    ("redeem", "revoke"),
    ("redeem", "redeem"),
    ("redeem", "offer"),
    ("redeem", "delete the family"),
    ("redeem", "delete the sponsor"),
    ("remove", "revoke"),
    ("offer", "another offer"),
    ("offer", "remove the member"),
    ("offer", "delete the account"),
    ("offer", "delete the sponsor"),
    ("sync", "another sync"),
    ("sync", "rotate"),
    ("sync", "delete Globex"),
    ("delete the sponsor", "remove another member"),
    ("delete the account", "remove the member"),
    ("maintenance", "redeem"),
]
EITHER_WAY = [*MEETINGS, *((second, first) for first, second in MEETINGS if first != second)]


@pytest.mark.parametrize(("first", "second"), EITHER_WAY)
def test_a_request_that_was_overtaken_ends_as_in_some_order(
    cloud: TestCloud,
    dynamodb_local: Engine,
    client: Any,
    new_table: Callable[[], str],
    keys: Path,
    first: str,
    second: str,
) -> None:
    assert offer(cloud, ALICE, COUSIN).status == 200
    acts = [named(request_of(cloud, lambda name=name: REQUESTS[name](cloud)), name) for name in (first, second)]
    start, table = start_of(cloud), new_table()
    fill(client, table, start)

    outcome = overtaken(acts, lambda: DynamoDbStore(dynamodb_local.client(), table), keys)

    found = Outcome(outcome, state_of(table_items(client, table)))
    orders = [difference(found, order) for order in orders_of(start, acts, keys)]
    assert "" in orders, "no order of the requests leads here:\n" + "\n\n".join(orders)


def overtaken(acts: list[Act], open_store: Callable[[], Any], keys: Path) -> tuple[Any, ...]:
    """Return the answers of two requests; the second goes through just before the first one's first write."""
    answers: dict[int, Any] = {}
    other, own = open_store(), open_store()

    def overtake() -> None:
        answers[1] = perform(one_of_many(other, keys), acts[1])

    answers[0] = perform(one_of_many(Participant(own, overtake), keys), acts[0])
    own.close()
    other.close()
    return answers[0], answers[1]
