"""Nothing acknowledged is lost and nothing half-done is seen: SIGKILL amid concurrent writes, again and again."""

import os

import httpx
import pytest

from tests.journeys.support.answers import assert_done, assert_json
from tests.journeys.support.crash import Writers, post_batch
from tests.journeys.support.mailbox import Mailbox
from tests.journeys.support.person import Person
from tests.journeys.support.region import Region
from tests.journeys.support.self_hosted import SelfHosted
from tests.journeys.support.server import Sosie, pause

# More of them in CI, where nobody waits.
ROUNDS = 6 if os.environ.get("SOSIE_THOROUGH") == "true" else 3
WRITING_SECONDS = 0.3


class Cloud:
    """One life of the server; the tokens, keys and rows of earlier lives are carried over by the test."""

    def __init__(self, home, region_name):
        self.sosie = Sosie.start(home, "--state", str(home / "state"))
        self.region = Region(region_name, self.sosie.summary["regions"][region_name])
        self.http = httpx.Client(trust_env=False, timeout=30)

    def kill(self):
        self.http.close()
        self.sosie.kill()

    def sync(self, kept, batch):
        organization = self.region.enterprise["id"]
        return post_batch(self.http, self.region.api, kept.token, organization, kept.key, batch)

    def still_there(self, kept, rows):
        """Which of these rows exist. A marked row that was never synced is skipped when the cloud has none (§2.8),
        and deleted and answered when it has one: the only way to ask without creating what is missing."""
        probe = [row | {"toDelete": True, "lastSyncDate": None} for row in rows]
        items = []
        for start in range(0, len(probe), 1000):
            items += assert_json(self.sync(kept, probe[start : start + 1000]))["sponsorshipsBatch"]
        assert all(item["cloudSponsorshipRemoved"] for item in items)
        return ids(items)


class Kept:
    """What was issued in the first life and has to hold in all others."""

    def __init__(self, cloud):
        region = cloud.region
        self.installation = region.installation
        server = SelfHosted(region)
        self.owner = Person(cloud.http, region, region.cast.owner).login()
        self.owner_token = self.owner.token_answer["access_token"]
        self.refresh_token = self.owner.token_answer["refresh_token"]
        self.key = assert_json(self.owner.api_key(region.enterprise["id"]))["apiKey"]
        server.billing_sync_key = self.key
        self.token = server.client("api.installation").ask_for_token().json()["access_token"]

        # One sponsorship that is active already: its end has to stay as it is.
        family = Person(cloud.http, region, region.cast.families_owner).login()
        self.active = server.offer(family.email)
        server.sync()
        offer = Mailbox(cloud.sosie, cloud.http).offer_token(region, family.email)
        assert_done(family.redeem(offer, region.families["id"]))
        server.sync()
        assert self.active.status == "active"
        server.close()


def ids(rows):
    return {row["sponsoringOrganizationUserId"] for row in rows}


def token_status(cloud, installation):
    fields = {
        "grant_type": "client_credentials",
        "client_id": f"installation.{installation.id}",
        "client_secret": installation.key,
        "scope": "api.push",
    }
    return cloud.http.post(f"{cloud.region.identity}/connect/token", data=fields).status_code


def assert_installations_exist(cloud, installations):
    for installation in installations:
        answer = cloud.http.get(f"{cloud.region.api}/installations/{installation.id}")
        assert answer.status_code == 200, f"acknowledged and lost: {installation.id} {answer.status_code}"
    for installation in installations[-5:]:
        assert token_status(cloud, installation) == 200


def assert_first_life_holds(cloud, kept):
    """Tokens, keys and the active sponsorship from before the first kill."""
    headers = {"Authorization": f"Bearer {kept.owner_token}"}
    assert_json(cloud.http.get(f"{cloud.region.api}/accounts/profile", headers=headers))
    assert token_status(cloud, kept.installation) == 200
    refresh = {"grant_type": "refresh_token", "client_id": "web", "refresh_token": kept.refresh_token}
    assert cloud.http.post(f"{cloud.region.identity}/connect/token", data=refresh).status_code == 200
    (item,) = assert_json(cloud.sync(kept, [kept.active.to_wire()]))["sponsorshipsBatch"]
    assert (item["validUntil"], item["toDelete"]) == (kept.active.valid_until, False)


@pytest.mark.parametrize("region_name", ["us", "eu"])
def test_what_was_acknowledged_survives_being_killed_amid_writes(tmp_path, region_name):
    # Given a server with a state directory and, in it, things from its first life
    cloud = Cloud(tmp_path, region_name)
    installations, alive, deleted = [], [], set()
    try:
        kept = Kept(cloud)
        for life in range(ROUNDS):
            # When two threads register installations and two sync sponsorships, and the server is killed
            writers = Writers()
            for _ in range(2):
                writers.register_installations(cloud.region.api)
                writers.sync_sponsorships(cloud.region.api, kept.token, cloud.region.enterprise["id"], kept.key)
            writers.wait_until_both_kinds_were_acknowledged()
            pause(WRITING_SECONDS + life / 37)
            cloud.kill()
            record = writers.join()
            assert record.unexpected == []
            installations += record.installations

            # Then the next life knows everything that was acknowledged
            cloud = Cloud(tmp_path, region_name)
            assert_first_life_holds(cloud, kept)
            assert_installations_exist(cloud, record.installations)
            # each row (half are deleted by the question, the others stay for the last life)
            asked, left = record.rows[::2], record.rows[1::2]
            assert cloud.still_there(kept, asked) == ids(asked)
            alive += left
            deleted |= ids(asked)
            # and of what was under way, each batch is there as a whole or not at all
            for batch in record.in_flight:
                assert cloud.still_there(kept, batch) in (set(), ids(batch))

        # In the end everything that was kept is there, and what was deleted stayed deleted
        assert_installations_exist(cloud, installations)
        assert cloud.still_there(kept, alive) == ids(alive)
        assert cloud.still_there(kept, alive) == set()
        gone = [{"sponsoringOrganizationUserId": member, "planSponsorshipType": 0} for member in deleted]
        assert cloud.still_there(kept, gone) == set()
    finally:
        cloud.kill()


def test_a_server_that_was_stopped_politely_goes_on_where_it_was(tmp_path):
    cloud = Cloud(tmp_path, "us")
    try:
        kept = Kept(cloud)
        cloud.http.close()
        cloud.sosie.stop()
        cloud = Cloud(tmp_path, "us")
        assert_first_life_holds(cloud, kept)
    finally:
        cloud.kill()
