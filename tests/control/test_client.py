"""The control plane's verbs over HTTP, and the two ways in which one can fail."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sosie.control.client import ControlClient
from sosie.control.connection import ControlClientError, NotReachableError, RefusedByControlError
from sosie.domain.errors import SosieError
from tests.local.started import Started, request_token


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with Started(tmp_path_factory.mktemp("controlled"), "--no-penalty-delays", "--json") as running:
        yield running


@pytest.fixture
def client(started: Started) -> Iterator[ControlClient]:
    with ControlClient(started.url + "/") as made:
        made.reset()
        yield made


def test_health_says_ready_and_which_version(client: ControlClient) -> None:
    health = client.health()

    assert (health["status"], health["store"]) == ("ready", "sqlite")
    assert health["uptimeSeconds"] > 0


def test_the_summary_is_the_one_start_printed(client: ControlClient, started: Started) -> None:
    summary = client.summary()

    assert summary["regions"] == started.summary["regions"]
    assert summary["console"] == started.summary["console"]


def test_reset_brings_back_what_the_scenario_has(client: ControlClient, started: Started) -> None:
    request_token(started)
    assert len(client.journal()) == 1

    summary = client.reset()

    assert summary["scenario"] == "families"
    assert client.journal() == []
    assert client.reset()["regions"] == summary["regions"]


def test_maintenance_tells_what_happened(client: ControlClient) -> None:
    assert client.maintenance() == []
    sponsorship = {"organization": "Acme Corporation", "member": "alice@acme.test", "validForDays": -91}
    client.seed({"version": 1, "name": "late", "regions": {"us": {"sponsorships": [sponsorship]}}})

    (purge,) = client.maintenance()

    assert (purge["kind"], purge["region"], purge["organizationName"]) == ("purge", "us", "Acme Corporation")


def test_worlds_come_and_go(client: ControlClient) -> None:
    created = client.create_world("team-a", "families")
    assert created["world"] == "team-a"
    assert client.worlds() == ["default", "team-a"]

    client.drop_world("team-a")

    assert client.worlds() == ["default"]


def test_a_document_seeds_a_world(client: ControlClient) -> None:
    person = {"email": "dora@acme.test", "name": "Dora", "masterPassword": "a b c d"}

    client.seed({"version": 1, "name": "more", "seed": "more", "regions": {"eu": {"users": [person]}}})

    users = client.state(region="eu", kind="users")["regions"]["eu"]["users"]
    assert "dora@acme.test" in [user["email"] for user in users]
    client.reset()


def test_the_journal_is_filtered_and_paged(client: ControlClient, started: Started) -> None:
    for secret in (None, "wrong", None):
        request_token(started, secret)

    first, second, third = client.journal()

    assert [each["status"] for each in (first, second, third)] == [200, 400, 200]
    assert client.journal(status=400) == [second]
    assert client.journal(after=first["id"], limit=1) == [second]
    assert client.journal(limit=1) == [third]
    assert client.read_entry(third["id"]) == third


def test_requests_are_verified_and_archived_and_forgotten(client: ControlClient, started: Started) -> None:
    request_token(started)

    assert client.verify("POST /connect/token")["met"] is True
    assert client.verify({"status": 400}, times=0, within=0.1)["count"] == 0
    assert [entry["response"]["status"] for entry in client.har(status=200)["log"]["entries"]] == [200]
    client.clear_journal()
    assert client.journal() == []


def test_a_world_is_kept_carried_and_returned_to(client: ControlClient) -> None:
    client.snapshot("one", parts=["mail"])
    client.seed({"version": 1, "name": "more", "regions": {"eu": {"installations": [{"email": "ops@more.test"}]}}})

    restored = client.restore("one")
    document = client.read_snapshot("one")
    client.upload_snapshot("two", document)

    assert len(restored["regions"]["eu"]["installations"]) == 2
    assert document["parts"] == ["mail"]
    assert [each["name"] for each in client.snapshots()] == ["one", "two"]
    client.drop_snapshot("one")
    client.drop_snapshot("two")
    assert client.snapshots() == []


def test_an_odd_token_says_why_it_is_refused(client: ControlClient) -> None:
    made = client.odd_token("us", "user.owner@acme.test", "expired", scope="api")

    assert made["claims"]["scope"] == ["api"]
    assert "expired" in made["why"]


def test_the_control_plane_describes_itself(client: ControlClient) -> None:
    assert client.openapi()["info"]["title"] == "Sosie control plane"


def test_an_empty_mailbox_is_an_empty_list(client: ControlClient) -> None:
    assert client.mail() == []
    assert client.mail(to="cousin@family.test", region="us") == []


def test_each_region_has_certificates_of_its_own(client: ControlClient) -> None:
    certificates = client.certificates()

    pems = {certificates[region][use] for region in ("us", "eu") for use in ("licence", "tokens")}
    assert len(pems) == 4
    assert {pem.splitlines()[0] for pem in pems} == {"-----BEGIN CERTIFICATE-----"}


def test_a_refusal_carries_the_problem_document(client: ControlClient) -> None:
    with pytest.raises(RefusedByControlError) as refused:
        client.summary("nowhere")

    assert refused.value.status == 404
    assert refused.value.problem["title"] == "Not found"
    assert str(refused.value) == "There is no world named 'nowhere'."


def test_a_scenario_that_cannot_be_applied_says_where(client: ControlClient) -> None:
    with pytest.raises(RefusedByControlError) as refused:
        client.seed({"version": 1, "name": "wrong", "regions": {"us": {"users": [{"name": "Nobody"}]}}})

    assert refused.value.status == 400
    assert refused.value.problem["where"].startswith("regions.us.users[0]")


def test_a_name_cannot_leave_its_place_in_the_path(client: ControlClient) -> None:
    with pytest.raises(RefusedByControlError) as refused:
        client.read_mail("../../default")

    assert refused.value.status == 404


def test_nobody_there_is_not_reachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with ControlClient(f"http://127.0.0.1:{port}") as client, pytest.raises(NotReachableError) as failed:
        client.health()

    assert failed.value.url == f"http://127.0.0.1:{port}"


class Foreign(http.server.BaseHTTPRequestHandler):
    """Another program at the address."""

    def do_GET(self) -> None:
        body = b'{"hello":"world"}' if self.path.endswith("/worlds") else b"<html>Not found</html>"
        self.send_response(404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_something_else_there_is_not_reachable_either() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Foreign) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with ControlClient(f"http://127.0.0.1:{server.server_port}") as client:
            for verb in (client.health, client.worlds):
                with pytest.raises(NotReachableError, match="something else answers there"):
                    verb()
        server.shutdown()


def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"

    with ControlClient("https://127.0.0.1:1", cacert=missing) as client, pytest.raises(NotReachableError) as failed:
        client.health()

    assert "missing.pem" in str(failed.value)


def test_both_failures_are_of_one_family() -> None:
    assert issubclass(NotReachableError, ControlClientError)
    assert issubclass(RefusedByControlError, ControlClientError)
    assert issubclass(ControlClientError, SosieError)
