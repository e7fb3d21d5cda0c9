"""The lines that point each client at a region: the forms of docs/contract/clients.md §2 and §8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sosie.local.env_lines import CLIENTS, Place
from tests.local.conftest import Sosie
from tests.local.started import Started

# The contract's own examples: ids, keys and addresses are those of §8.
US = Place(
    region="us",
    world="default",
    base_url="https://sim.test:8443",
    uris={
        "identity": "https://sim.test:8443/us/identity",
        "api": "https://sim.test:8443/us/api",
        "push": "https://sim.test:8443/us/push",
    },
    installation_id="0f0e0d0c-0b0a-4908-8706-050403020100",
    installation_key="aB3dE6gH9jK2mN5pQ8rS",
    ca="/certs/sim-ca.pem",
)
EU = Place(
    region="eu",
    world="default",
    base_url="https://sim.test:8443",
    uris={
        "identity": "https://sim.test:8443/eu/identity",
        "api": "https://sim.test:8443/eu/api",
        "push": "https://sim.test:8443/eu/push",
    },
    installation_id="1f0e0d0c-0b0a-4908-8706-050403020100",
    installation_key="Zz9yY8xX7wW6vV5uU4tT",
    ca="/certs/sim-ca.pem",
)


def pasted(client: str, place: Place) -> list[str]:
    return [line for line in CLIENTS[client](place).text() if not line.startswith("#")]


def test_the_bitwarden_server_gets_base_uris_that_end_in_a_slash() -> None:
    assert pasted("bitwarden", EU) == [
        "globalSettings__installation__id=1f0e0d0c-0b0a-4908-8706-050403020100",
        "globalSettings__installation__key=Zz9yY8xX7wW6vV5uU4tT",
        "globalSettings__installation__identityUri=https://sim.test:8443/eu/identity/",
        "globalSettings__installation__apiUri=https://sim.test:8443/eu/api/",
        "globalSettings__pushRelayBaseUri=https://sim.test:8443/eu/push/",
        "globalSettings__enableCloudCommunication=true",
        "globalSettings__baseServiceUri__cloudRegion=EU",
    ]


def test_the_bitwarden_installers_base_uri_has_no_final_slash() -> None:
    remarks = [line for line in CLIENTS["bitwarden"](EU).text() if line.startswith("#")]

    assert any(line.endswith("BW_INSTALLATION_URL=https://sim.test:8443/eu/api") for line in remarks)


def test_vaultwarden_gets_base_uris_that_do_not_end_in_a_slash() -> None:
    assert pasted("vaultwarden", US) == [
        "PUSH_ENABLED=true",
        "PUSH_INSTALLATION_ID=0f0e0d0c-0b0a-4908-8706-050403020100",
        "PUSH_INSTALLATION_KEY=aB3dE6gH9jK2mN5pQ8rS",
        "PUSH_RELAY_URI=https://sim.test:8443/us/push",
        "PUSH_IDENTITY_URI=https://sim.test:8443/us/identity",
        "HTTP_REQUEST_BLOCK_NON_GLOBAL_IPS=false",
        "SSL_CERT_FILE=/certs/sim-ca.pem",
    ]


def test_bw_gets_shell_lines_with_the_authority_a_home_of_its_own_and_one_base_url() -> None:
    assert pasted("bw", EU) == [
        'export NODE_EXTRA_CA_CERTS=/certs/sim-ca.pem BITWARDENCLI_APPDATA_DIR="$HOME/.bw-eu"',
        "bw config server https://sim.test:8443/eu",
    ]


def test_a_path_with_blanks_is_quoted_for_the_shell() -> None:
    place = Place(**{name: getattr(EU, name) for name in EU.__slots__} | {"ca": "/my certs/ca.pem"})

    assert "NODE_EXTRA_CA_CERTS='/my certs/ca.pem'" in pasted("bw", place)[0]


def test_dotenv_names_everything_a_test_suite_needs() -> None:
    assert pasted("dotenv", US) == [
        "SOSIE_URL=https://sim.test:8443",
        "SOSIE_WORLD=default",
        "SOSIE_REGION=us",
        "SOSIE_IDENTITY_URI=https://sim.test:8443/us/identity",
        "SOSIE_API_URI=https://sim.test:8443/us/api",
        "SOSIE_PUSH_URI=https://sim.test:8443/us/push",
        "SOSIE_INSTALLATION_ID=0f0e0d0c-0b0a-4908-8706-050403020100",
        "SOSIE_INSTALLATION_KEY=aB3dE6gH9jK2mN5pQ8rS",
        "SOSIE_CACERT=/certs/sim-ca.pem",
    ]


# The verb.


@pytest.mark.parametrize("client", ["vaultwarden", "bw"])
def test_clients_that_need_https_are_warned_about_on_stderr(sosie: Sosie, client: str) -> None:
    done = sosie("env", "--for", client)

    assert done.exit_code == 0
    assert "https://" in done.stderr
    assert "--tls" in done.stderr
    assert "CERT" not in done.stdout


def test_containers_cannot_reach_loopback_and_that_is_said(sosie: Sosie) -> None:
    assert "--as" in sosie("env", "--for", "bitwarden").stderr
    assert sosie("env", "--for", "bitwarden", "--as", "http://sosie.test:8787").stderr == ""


def test_the_address_a_client_uses_may_be_another_than_ours(read_json: Callable[..., Any], running: Started) -> None:
    lines = read_json("env", "--for", "bitwarden", "--region", "eu", "--as", "http://sosie.test:8787/")["variables"]
    installation = running.summary["regions"]["eu"]["installations"][0]

    assert lines["globalSettings__installation__apiUri"] == "http://sosie.test:8787/eu/api/"
    assert lines["globalSettings__installation__id"] == installation["id"]
    assert lines["globalSettings__installation__key"] == installation["key"]


def test_another_worlds_addresses_carry_its_prefix(sosie: Sosie, running: Started) -> None:
    sosie("worlds", "create", "team-a")

    lines = sosie("env", "--for", "dotenv", "--world", "team-a").stdout.splitlines()

    assert f"SOSIE_API_URI={running.url}/w/team-a/us/api" in lines
    assert "SOSIE_WORLD=team-a" in lines


def test_a_world_that_does_not_exist_is_a_no(sosie: Sosie) -> None:
    done = sosie("env", "--for", "dotenv", "--world", "nowhere")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "nowhere" in done.stderr


def test_an_address_to_be_reached_at_begins_with_http(sosie: Sosie) -> None:
    done = sosie("env", "--for", "bw", "--as", "host.docker.internal:8787")

    assert done.exit_code == 2
    assert "begins with http:// or https://" in done.stderr
