"""Wrong turns before the first call: the installation, its scope, its token and the base URI."""

import pytest

from tests.journeys.support.answers import assert_empty, assert_json, assert_oauth_error, assert_token
from tests.journeys.support.dotnet import IdentityClient, NoTokenError, Wire
from tests.journeys.support.region import Installation
from tests.journeys.support.self_hosted import new_id

SCOPES = ("api.installation", "api.licensing", "api.push")


@pytest.fixture
def wire():
    made = Wire()
    yield made
    made.close()


@pytest.fixture
def ask(wire, region):
    """Asks this region for a token as a .NET server with that installation."""

    def asked(installation, scope="api.installation"):
        client = IdentityClient(wire, f"{region.identity}/", f"{region.api}/", installation, scope)
        return client.ask_for_token()

    return asked


@pytest.mark.parametrize("scope", SCOPES)
def test_a_wrong_installation_is_refused_with_the_same_bytes_whatever_is_wrong(region, other_region, ask, scope):
    right, disabled = region.installation, region.disabled_installation
    wrong = {
        "the other region's": other_region.installation,
        "unknown": Installation(new_id(), right.key),
        "not a guid": Installation("not-a-guid", right.key),
        "empty": Installation("", right.key),
        "wrong key": Installation(right.id, right.key[::-1]),
        "key with a blank": Installation(right.id, right.key + " "),
        "no key": Installation(right.id, ""),
        "disabled": disabled,
        "id and key swapped": Installation(right.key, right.id),
        "prefix doubled": Installation(f"installation.{right.id}", right.key),
    }
    for installation in wrong.values():
        assert_oauth_error(ask(installation, scope), error="invalid_client")
    bodies = {name: ask(installation, scope).content for name, installation in wrong.items()}
    assert set(bodies.values()) == {b'{"error":"invalid_client"}'}, bodies


def test_the_right_installation_is_known_in_any_spelling_of_its_id(region, ask):
    right = region.installation
    for spelling in (right.id.upper(), right.id.replace("-", ""), f"{{{right.id}}}"):
        answer = ask(Installation(spelling, right.key))
        assert answer.status_code == 200, spelling


def test_an_installation_may_ask_for_its_three_scopes_and_no_other(region, ask):
    for scope in (*SCOPES, " ".join(SCOPES)):
        assert ask(region.installation, scope).json()["scope"] == scope
    for scope in ("api", "api.organization", "offline_access", "api.push api", "nonsense"):
        assert_oauth_error(ask(region.installation, scope), error="invalid_scope")


def test_the_token_endpoint_names_what_is_missing_in_the_contracts_order(region, http):
    url = f"{region.identity}/connect/token"
    right = {
        "client_id": f"installation.{region.installation.id}",
        "client_secret": region.installation.key,
        "grant_type": "client_credentials",
        "scope": "api.push",
    }
    assert_oauth_error(http.get(url), error="invalid_request")
    assert_oauth_error(http.post(url, json=right), error="invalid_request")
    assert_oauth_error(http.post(url, data={"grant_type": "client_credentials"}), error="invalid_request")
    unknown = right | {"client_id": f"installation.{new_id()}", "grant_type": "nonsense"}
    assert_oauth_error(http.post(url, data=unknown), error="invalid_client")
    assert_oauth_error(http.post(url, data=right | {"grant_type": "nonsense"}), error="unsupported_grant_type")
    assert_oauth_error(http.post(url, data=right | {"grant_type": "password"}), error="unauthorized_client")
    # Basic credentials and capital field names do as well.
    capital = {name.upper(): value for name, value in right.items()}
    assert http.post(url, data=capital).status_code == 200
    basic = (right.pop("client_id"), right.pop("client_secret"))
    assert http.post(url, data=right, auth=basic).status_code == 200


def test_a_refused_server_stays_silent_for_a_day_and_asks_again_after(region, wire):
    # Given a push client of a server with a wrong key, and a clock we can move
    now = [1_800_000_000.0]
    wrong = Installation(region.installation.id, "wrong")
    client = IdentityClient(wire, f"{region.identity}/", f"{region.push}/", wrong, "api.push", lambda: now[0])

    # When it was refused once, it does not even ask
    for _ in range(3):
        with pytest.raises(NoTokenError):
            client.send("POST", "push/delete", {"id": new_id()})
    assert client.token_requests == 1
    now[0] += 24 * 3600 + 1
    with pytest.raises(NoTokenError):
        client.send("POST", "push/delete", {"id": new_id()})
    assert client.token_requests == 2


@pytest.mark.parametrize("scope", ["api.licensing", "api.push"])
def test_a_token_of_another_scope_may_not_sync(server, scope):
    row = server.offer("scope@else.test")
    assert_empty(server.send_batch([row.to_wire()], server.client(scope)), 403)


@pytest.mark.parametrize("scope", ["api.installation", "api.push"])
def test_a_token_of_another_scope_may_not_pull_a_licence(region, server, scope):
    payload = {"licenseKey": region.enterprise["licenseKey"], "billingSyncKey": server.billing_sync_key}
    path = f"licenses/organization/{region.enterprise['id']}"
    assert_empty(server.client(scope).send("GET", path, payload), 403)


def test_an_owner_may_not_sync_and_a_server_may_not_read_an_account(region, owner, unconnected, http):
    body = {"sponsoringOrganizationCloudId": region.enterprise["id"], "sponsorshipsBatch": []}
    assert_empty(owner.call("POST", "/organization/sponsorship/sync", json=body), 403)
    token = assert_token(unconnected.client("api.installation").ask_for_token())
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert_empty(http.get(f"{region.api}/accounts/profile", headers=headers), 403)


def test_a_sync_without_a_token_is_refused_before_its_body_is_read(region, http):
    assert_empty(http.post(f"{region.api}/organization/sponsorship/sync", content=b"{"), 401)


def test_a_base_uri_without_its_slash_or_with_two_meets_no_route(region, server):
    row = server.offer("glued@else.test")
    for base in (region.api, f"{region.api}//"):
        client = server.client("api.installation", base)
        assert_empty(server.send_batch([row.to_wire()], client), 404)
    server.identity_uri = region.identity
    assert_empty(server.client("api.push").ask_for_token(), 404)


def test_the_installer_finds_its_installation_in_its_region_alone(region, other_region, http):
    def looked_up(where, installation):
        return http.get(f"{where.api}/installations/{installation.id}")

    mine, disabled = region.installation, region.disabled_installation
    shape = {"key": None, "object": "installation"}
    assert assert_json(looked_up(region, mine)) == shape | {"id": mine.id, "enabled": True}
    assert assert_json(looked_up(region, disabled)) == shape | {"id": disabled.id, "enabled": False}
    answer = looked_up(other_region, mine)
    assert (answer.status_code, answer.json()["message"]) == (404, "Resource not found.")
    assert http.get(f"{region.api}/installations/abc").json()["validationErrors"].keys() == {"id"}
