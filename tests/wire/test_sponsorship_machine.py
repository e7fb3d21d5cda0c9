"""Whatever several people, a self-hosted server and the cloud's own jobs do, and in whatever order, a row goes through
the states of docs/contract/api.md §2.1 and no others.

The model is §2.4 to §2.11 over plain dictionaries. Hypothesis makes up the order; each step's answer is compared, and
after each step all rows, the mails and the sync status.
"""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run

from tests.support.cloud import TestCloud, WireAnswer
from tests.support.control import ask
from tests.support.effort import examples
from tests.support.families import (
    ACME,
    ALICE,
    BOB,
    COUSIN,
    FAMILY,
    NEWCOMER,
    OWNER,
    SPONSORSHIPS,
    STRANGER,
    change_organization,
    change_subscription,
    generate_sync_key,
    mails,
    member,
    offer,
    redeem,
    resend,
    sync,
    sync_row,
    validate,
)
from tests.support.refusals import assert_done, assert_error, assert_failed
from tests.wire import organization_bodies
from tests.wire.test_sync_model import Model, in_any_order, rows_as_dictionaries, wire

SECOND = "Second Family"
SPONSORS = [OWNER, ALICE, BOB]
PEOPLE = {COUSIN: FAMILY, NEWCOMER: SECOND}
NAMES = ["first", "FIRST", "second", None]
DAY = timedelta(days=1)

sponsors = st.sampled_from(SPONSORS)
people = st.sampled_from([*PEOPLE, OWNER])
families = st.sampled_from(list(PEOPLE.values()))
addresses = st.sampled_from([*PEOPLE, STRANGER, ALICE])
names = st.sampled_from(NAMES)
reported = st.builds(
    sync_row,
    st.sampled_from(["ann", "bea"]),
    friendlyName=st.sampled_from(["ann's", "bea's"]),
    offeredToEmail=st.sampled_from([COUSIN, NEWCOMER, STRANGER]),
    lastSyncDate=st.sampled_from([None, "2026-02-03T04:05:06Z"]),
    toDelete=st.sampled_from([False, False, True]),
)


class Sponsorships(RuleBasedStateMachine):
    """The cloud, and beside it what the contract says about it."""

    tokens = Bundle("tokens")
    keyring: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.cloud = TestCloud(keyring=self.keyring)
        self.model = Model(enterprise=True, enabled=True, uses_events=True, expiration=None, rows=[])
        self.numbers = itertools.count()

    @initialize()
    def an_organization_that_may_offer_and_two_families(self) -> None:
        change_organization(self.cloud, ACME, use_admin_sponsored_families=True, seats=None)
        generate_sync_key(self.cloud)
        body = organization_bodies.FAMILY | {"name": SECOND}
        made = self.cloud.post(organization_bodies.FREE_OF_CHARGE, body, token=self.cloud.user_token(NEWCOMER))
        assert made.status == 200, made.body
        self.members = {email: member(self.cloud, email).id for email in SPONSORS}
        self.ends = {name: self.cloud.organization(name).expiration_date for name in PEOPLE.values()}
        self.families = {name: self.cloud.organization(name).id for name in PEOPLE.values()}
        self.paying = dict.fromkeys(self.families, True)

    # What people do.

    @rule(target=tokens, by=sponsors, to=addresses, name=names, as_admin=st.booleans())
    def offer(self, by: str, to: str, name: str | None, as_admin: bool) -> Any:
        answer = offer(self.cloud, by, to, friendlyName=name, isAdminInitiated=as_admin)
        if to == by:
            return self.nothing_sent(
                answer, "Cannot offer a Families Organization Sponsorship to yourself. Choose a different email."
            )
        row = next((row for row in self.model.rows if row["name"] == name), None)
        if row is None and as_admin and by != OWNER:
            assert (answer.status, answer.message) == (401, "Unauthorized.")
            return multiple()
        if row is None and not as_admin and (own := self.own(by)) and own["family"]:
            return self.nothing_sent(answer, "Can only sponsor one organization per Organization User.")
        assert_done(answer)
        if row is None:
            row = None if as_admin else self.own(by)
            if row is None:
                row = {"number": next(self.numbers)}
                self.model.rows.append(row)
            row |= self.offered(self.members[by], to, name, as_admin)
        return self.sent(row)

    @rule(target=tokens, by=sponsors, name=names)
    def resend(self, by: str, name: str | None) -> Any:
        found = self.named(name)
        if len(found) > 1:
            return multiple()  # the contract does not say which row is the first
        answer = resend(self.cloud, by, name)
        if by != OWNER:
            assert (answer.status, answer.body) == (403, "")
            return multiple()
        if found and found[0]["email"] is None:
            return self.nothing_sent(answer, "Cannot find an outstanding sponsorship offer for this organization.")
        assert_done(answer)
        return self.sent(found[0]) if found else multiple()

    @rule(by=people, token=tokens)
    def look_at_an_offer(self, by: str, token: Any) -> None:
        answer = validate(self.cloud, by, token["text"])

        assert answer.json == {"isTokenValid": self.is_good(token, by), "isFreeFamilyPolicyEnabled": False}

    @rule(by=people, token=tokens, family=families)
    def redeem(self, by: str, token: Any, family: str) -> None:
        answer = redeem(self.cloud, by, token["text"], family)
        if not self.is_good(token, by):
            return self.refused(answer, "Failed to parse sponsorship token.")
        if PEOPLE.get(by) != family:
            return self.refused(answer, "Can only redeem sponsorship for an organization you own.")
        if self.sponsoring(family):
            return self.refused(
                answer,
                "Cannot redeem a sponsorship offer for an organization that is already sponsored. "
                "Revoke existing sponsorship first.",
            )
        row = self.row(token)
        if row["last_sync"] and self.now - row["last_sync"] > timedelta(days=182.5):
            self.model.rows.remove(row)
            return self.refused(answer, "This sponsorship offer is more than 6 months old and has expired.")
        if not self.paying[family]:
            return self.refused(
                answer, "You do not have an active subscription. Reinstate your subscription to make changes."
            )
        assert_done(answer)
        row |= {"family": self.families[family], "email": None, "valid_until": self.ends[family]}
        return None

    @rule(by=sponsors)
    def revoke(self, by: str) -> None:
        organization = self.cloud.organization(ACME).id
        answer = self.cloud.request("DELETE", f"{SPONSORSHIPS}/{organization}", token=self.cloud.user_token(by))
        row = self.own(by)
        if row is None:
            return self.refused(answer, "You are not currently sponsoring an organization.")
        assert_done(answer)
        return self.withdraw(row)

    @rule(by=sponsors, name=st.sampled_from(["first", "Second", "ann's", "nobody's"]))
    def revoke_as_admin(self, by: str, name: str) -> None:
        found = self.named(name)
        if len(found) > 1:
            return None  # as above
        path = f"{SPONSORSHIPS}/{self.cloud.organization(ACME).id}/{name}/revoke"
        answer = self.cloud.request("DELETE", path, token=self.cloud.user_token(by))
        if by != OWNER:
            assert (answer.status, answer.body) == (403, "")
            return None
        if not found:
            return self.refused(
                answer,
                "The specified sponsored organization could not be found under the given sponsoring organization.",
            )
        assert_done(answer)
        return self.withdraw(found[0])

    @rule(by=people, family=families)
    def remove(self, by: str, family: str) -> None:
        path = f"{SPONSORSHIPS}/sponsored/{self.families[family]}"
        answer = self.cloud.request("DELETE", path, token=self.cloud.user_token(by))
        if PEOPLE.get(by) != family:
            return self.refused(answer, "Only the owner of an organization can remove sponsorship.")
        row = self.sponsoring(family)
        if row is None:
            return self.refused(answer, "The requested organization is not currently being sponsored.")
        assert_done(answer)
        row["marked"] = True
        return None

    # What a self-hosted server does.

    @rule(
        target=tokens, batch=st.lists(reported, max_size=3, unique_by=lambda row: row["sponsoringOrganizationUserId"])
    )
    def sync(self, batch: list[dict[str, Any]]) -> Any:
        return self.synced(batch)

    @rule(target=tokens, name=st.sampled_from(["ann", "bea"]))
    def sync_a_member_twice(self, name: str) -> Any:
        row = sync_row(name, friendlyName=f"{name}'s", offeredToEmail=STRANGER)
        return self.synced([row, row])

    def synced(self, batch: list[dict[str, Any]]) -> Any:
        answer = sync(self.cloud, batch, ACME)
        expected = self.model.sync(batch, self.now)
        if expected is None:
            assert_failed(answer)
            return multiple()
        assert (answer.status, answer.json) == (200, {"sponsorshipsBatch": expected})
        fresh = [row for row in self.model.rows if "number" not in row]
        for row in fresh:
            row["number"] = next(self.numbers)
        return multiple(*[self.sent(row, at) for at, row in enumerate(fresh, len(mails(self.cloud)) - len(fresh))])

    # What time does.

    @rule(days=st.sampled_from([1, 30, 95, 183, 200]))
    def time_passes(self, days: int) -> None:
        self.cloud.clock.advance(days * DAY)

    @rule(family=families)
    def a_family_stops_paying(self, family: str) -> None:
        change_subscription(self.cloud, family, status="canceled")
        self.paying[family] = False

    @rule()
    def the_clouds_jobs_run(self) -> None:
        assert ask(self.cloud, "POST", "/worlds/default/maintenance").status == 200
        for name in self.families:
            while self.paying[name] and (end := self.ends[name]) <= self.now:
                self.ends[name] = end.replace(year=end.year + 1)
                if row := self.sponsoring(name):
                    row["valid_until"] = self.ends[name]
        self.model.rows = [row for row in self.model.rows if not self.is_long_over(row)]

    # What is then true.

    @invariant()
    def the_cloud_has_the_models_rows(self) -> None:
        told = [{name: value for name, value in row.items() if name != "number"} for row in self.model.rows]
        assert in_any_order(rows_as_dictionaries(self.cloud, ACME)) == in_any_order(told)

    @invariant()
    def a_row_is_in_a_state_the_contract_knows(self) -> None:
        for row in self.model.rows:
            assert (row["email"] is None) == (row["family"] is not None)
            assert row["valid_until"] is None or row["family"]

    @invariant()
    def the_sync_status_is_the_newest_of_all_rows(self) -> None:
        path = f"{SPONSORSHIPS}/{self.cloud.organization(ACME).id}/sync-status"
        answer = self.cloud.get(path, token=self.cloud.user_token(OWNER))
        assert answer.json["lastSyncDate"] == wire(self.model.last_sync())

    # The model's own words.

    @property
    def now(self) -> datetime:
        return self.cloud.clock.now()

    def own(self, email: str) -> dict[str, Any] | None:
        rows = (row for row in self.model.rows if row["member"] == self.members[email] and not row["admin"])
        return next(rows, None)

    def named(self, name: str | None) -> list[dict[str, Any]]:
        return [row for row in self.model.rows if name and row["name"] and row["name"].lower() == name.lower()]

    def sponsoring(self, family: str) -> dict[str, Any] | None:
        return next((row for row in self.model.rows if row["family"] == self.families[family]), None)

    def row(self, token: Any) -> Any:
        return next((row for row in self.model.rows if row["number"] == token["row"]), None)

    def is_good(self, token: Any, email: str) -> bool:
        row = self.row(token)
        return row is not None and row["email"] == token["email"] == email

    def is_long_over(self, row: dict[str, Any]) -> bool:
        return row["valid_until"] is not None and row["valid_until"] < self.now - timedelta(days=90)

    def withdraw(self, row: dict[str, Any]) -> None:
        if row["family"]:
            row["marked"] = True
        else:
            self.model.rows.remove(row)

    @staticmethod
    def offered(member_id: str, to: str, name: str | None, as_admin: bool) -> dict[str, Any]:
        return {
            "member": member_id,
            "name": name,
            "email": to,
            "family": None,
            "last_sync": None,
            "valid_until": None,
            "marked": False,
            "admin": as_admin,
        }

    def sent(self, row: dict[str, Any], at: int = -1) -> Any:
        """Return the token of the mail a row was offered with; a redeemed row sends none."""
        if row["email"] is None:
            return multiple()
        mail = mails(self.cloud)[at]
        assert mail["to"] == row["email"]
        return {"text": mail["sponsorshipToken"], "row": row["number"], "email": row["email"]}

    @staticmethod
    def refused(answer: WireAnswer, text: str) -> None:
        assert_error(answer, 400, text)

    def nothing_sent(self, answer: WireAnswer, text: str) -> Any:
        self.refused(answer, text)
        return multiple()


def test_a_row_goes_through_the_contracts_states_whoever_does_what(keyring: Any) -> None:
    machine = type("OneKeyring", (Sponsorships,), {"keyring": keyring})
    run(
        machine,
        settings=settings(
            max_examples=examples(25),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
