"""What `sosie.Cloud` does: faults, seeds, snapshots, odd tokens, worlds. Each test runs embedded and connected."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import sosie
from sosie.control.connection import RefusedByControlError
from sosie.local.cloud import NotThereError
from tests.local.cloud.asking import ask, grant, offer

COUSIN = "cousin@family.test"
LATER = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


# Faults.


def test_a_fault_lasts_as_long_as_its_block(cloud: sosie.Cloud) -> None:
    with cloud.fault("connect/token", status=503, times=2) as fault:
        answers = [grant(cloud).status_code for _ in range(3)]
        assert (fault.applied, fault.seen) == (2, 3)

    assert answers == [503, 503, 200]
    assert fault.applied == 2
    assert cloud.faults.list() == []


def test_a_fault_is_removed_when_its_block_fails(cloud: sosie.Cloud) -> None:
    def limited() -> None:
        with cloud.fault("POST /connect/token", kind="rate_limit", retry_after=7):
            assert grant(cloud).headers["retry-after"] == "7"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        limited()

    assert grant(cloud).status_code == 200


def test_a_fault_strikes_only_what_it_is_for(cloud: sosie.Cloud) -> None:
    with cloud.fault("connect/token", region="eu", nth=2, status=500):
        assert [grant(cloud, region="eu").status_code for _ in range(3)] == [200, 500, 200]
        assert [grant(cloud).status_code for _ in range(3)] == [200, 200, 200]


def test_faults_stay_until_they_are_removed(cloud: sosie.Cloud) -> None:
    added = cloud.faults.add("/connect/token", latency=0.001, name="slow", until=LATER)
    cloud.faults.add(service="push", kind="outage")

    assert [each.id for each in cloud.faults.list()] == ["slow", cloud.faults.list()[1].id]
    assert added.rule["effect"] == {"kind": "latency", "milliseconds": 1}
    grant(cloud)
    assert cloud.faults.list()[0].applied == added.applied == 1

    added.remove()
    added.remove()
    assert [each.rule["effect"]["kind"] for each in cloud.faults.list()] == ["outage"]

    cloud.faults.clear()
    assert cloud.faults.list() == []


def test_a_fault_that_makes_no_sense_is_refused(cloud: sosie.Cloud) -> None:
    with pytest.raises(TypeError, match="say what happens"):
        cloud.fault("connect/token")
    with pytest.raises(RefusedByControlError, match=r"effect\.status"):
        cloud.faults.add("connect/token", status=999)
    assert {"status", "latency", "outage"} <= {each["kind"] for each in cloud.faults.catalog()}


# State, and what can be done to it.


def test_state_is_rows_of_a_kind_or_everything(cloud: sosie.Cloud) -> None:
    offer(cloud, COUSIN)

    (row,) = cloud.state("sponsorships")

    assert row["offeredToEmail"] == COUSIN
    assert cloud.state("sponsorships", region="eu") == []
    assert cloud.state()["us"]["sponsorships"] == [row]


def test_registered_devices_are_listed_per_installation(cloud: sosie.Cloud) -> None:
    places = [(each["region"], each["id"]) for each in cloud.push()]

    assert {("us", each.id) for each in cloud.us.installations} <= set(places)
    (one,) = cloud.push(region="eu", installation=cloud.eu.installation().id)
    assert (one["devices"], one["sends"]) == ([], [])


def test_a_scenario_on_top_may_be_a_document_or_a_file(cloud: sosie.Cloud, tmp_path: Path) -> None:
    people = [{"email": f"{name}@more.test", "name": name, "masterPassword": "a b c d"} for name in ("dora", "emil")]
    first, second = ({"version": 1, "name": "more", "regions": {"eu": {"users": [each]}}} for each in people)
    file = tmp_path / "more.json"
    file.write_text(json.dumps(second))

    cloud.seed(first)
    cloud.seed(file)

    assert cloud.eu.user("dora@more.test").name == "dora"
    assert cloud.eu.user("emil@more.test").name == "emil"


def test_a_checkpoint_takes_everything_back(cloud: sosie.Cloud) -> None:
    offer(cloud, COUSIN)
    before = cloud.state(), cloud.mail.list(), cloud.journal.entries(), cloud.clock.mode

    with cloud.checkpoint():
        offer(cloud, "newcomer@family.test", "bob@acme.test")
        cloud.clock.advance(days=40)
        cloud.faults.add("alive", status=500)

    assert before == (cloud.state(), cloud.mail.list(), cloud.journal.entries(), cloud.clock.mode)
    assert cloud.faults.list() == []
    assert cloud.control.snapshots(cloud.name) == []


def test_a_snapshot_is_returned_to_by_name(cloud: sosie.Cloud) -> None:
    cloud.snapshot("before")
    offer(cloud, COUSIN)

    cloud.restore("before")

    assert cloud.state("sponsorships") == []
    cloud.control.drop_snapshot("before", cloud.name)


def test_scheduled_jobs_are_run_at_once(cloud: sosie.Cloud) -> None:
    assert cloud.maintenance() == []
    late = {"organization": "Acme Corporation", "member": "alice@acme.test", "validForDays": -91}
    cloud.seed({"version": 1, "name": "late", "regions": {"us": {"sponsorships": [late]}}})

    (purge,) = cloud.maintenance()

    assert (purge.kind, purge.region, purge.organization_name) == ("purge", "us", "Acme Corporation")


def test_tokens_are_right_or_odd_in_one_way(cloud: sosie.Cloud) -> None:
    us, alice = cloud.us, cloud.us.user("alice@acme.test")

    def profile(token: str) -> int:
        return ask("GET", f"{us.api_url}/accounts/profile", token=token).status_code

    assert profile(cloud.token(alice)) == profile(cloud.token("user.alice@acme.test", scope="api")) == 200
    assert profile(cloud.token(alice, "expired")) == 401
    assert profile(cloud.token(alice, "wrong-scope")) == 403
    assert profile(cloud.token(us.installation(), expires_in=60)) == 403


def test_settings_are_read_and_changed(cloud: sosie.Cloud) -> None:
    assert cloud.settings["penaltyDelays"] is True

    cloud.settings["penaltyDelays"] = False

    assert cloud.settings.all()["penaltyDelays"] is False
    with pytest.raises(RefusedByControlError, match="no setting 'gravity'"):
        cloud.settings.change({"gravity": True})


@pytest.mark.parametrize("client", ["bitwarden", "vaultwarden", "bw", "dotenv"])
def test_each_client_gets_its_lines(cloud: sosie.Cloud, client: str) -> None:
    found = cloud.env(client, region="eu", reached_as="https://sosie.test:8787")

    assert found.variables
    assert "sosie.test:8787" in found.text


def test_lines_for_an_unknown_client_are_refused(cloud: sosie.Cloud) -> None:
    assert cloud.env().variables["SOSIE_INSTALLATION_KEY"] == cloud.us.installation().key
    with pytest.raises(NotThereError, match="'outlook'; there are some for bitwarden, vaultwarden, bw, dotenv"):
        cloud.env("outlook")


# Worlds.


def test_another_world_lasts_as_long_as_its_block(cloud: sosie.Cloud) -> None:
    with cloud.world("elsewhere") as other:
        offer(other, COUSIN)
        other.clock.freeze(LATER)
        assert other.us.api_url == f"{cloud.url}/w/elsewhere/us/api"
        assert other.mail.last()

        assert cloud.mail.last() is None
        assert cloud.clock.mode == "system"
        assert cloud.state("sponsorships") == []
        assert cloud.journal.entries() == []

    assert "elsewhere" not in cloud.control.worlds()


def test_the_default_world_outlives_every_block(cloud: sosie.Cloud) -> None:
    with cloud.world("default") as same:
        assert same.us.api_url == cloud.us.api_url

    assert cloud.clock.mode == "system"
