"""Push relay: what a .NET server and what vaultwarden send, and how the cloud answers each."""

import httpx
import pytest

from tests.journeys.support.answers import (
    assert_done,
    assert_empty,
    assert_error,
    assert_invalid,
    assert_invalid_key,
    describe,
)
from tests.journeys.support.self_hosted import new_id

REQUIRED = "The {} field is required."


@pytest.fixture
def device():
    """A phone as a .NET server registers it."""
    return {
        "deviceId": new_id(),
        "pushToken": f"token-{new_id()}",
        "userId": new_id(),
        "type": 1,
        "identifier": new_id(),
        "organizationIds": [new_id()],
        "installationId": None,
    }


@pytest.fixture
def message(device):
    """All eight properties, always."""
    return {
        "userId": device["userId"],
        "organizationId": None,
        "deviceId": device["deviceId"],
        "identifier": device["identifier"],
        "type": 1,
        "payload": {"id": new_id(), "userId": device["userId"], "revisionDate": "2026-01-02T03:04:05.1234567Z"},
        "clientType": None,
        "installationId": None,
    }


@pytest.fixture
def push(unconnected, device):
    device["installationId"] = unconnected.installation.id
    return unconnected.pushing.send


@pytest.fixture
def relayed(world, region):
    """What the control plane says about this region's installation: its devices, and each message it sent."""

    def read():
        installations = world.control("GET", "/push")["regions"][region.name]["installations"]
        (mine,) = [each for each in installations if each["id"] == region.installation.id]
        return mine

    return read


def test_a_dotnet_server_registers_adds_sends_and_deletes_with_one_token(unconnected, push, device, message, relayed):
    assert_done(push("POST", "push/register", device))
    assert_done(push("POST", "push/register", device | {"pushToken": "renewed"}))
    membership = {"devices": [{"id": device["deviceId"]}], "organizationId": new_id()}
    assert_done(push("PUT", "push/add-organization", membership))
    assert_done(push("POST", "push/send", message))
    assert_done(push("PUT", "push/delete-organization", membership))
    assert [each["deviceId"] for each in relayed()["devices"]] == [device["deviceId"]], "registering is an upsert"
    assert_done(push("POST", "push/delete", {"id": device["deviceId"]}))
    assert relayed()["devices"] == []
    assert unconnected.pushing.token_requests == 1
    # Deleting what is not there is no error.
    assert_done(push("POST", "push/delete", {"id": new_id()}))
    assert_done(push("PUT", "push/add-organization", {"devices": [], "organizationId": new_id()}))


def test_a_device_carries_the_tags_of_its_user_and_organizations(region, push, device, relayed):
    def tags():
        (only,) = relayed()["devices"]
        return set(only["tags"])

    def prefixed(text):
        return f"{region.installation.id}_{text}"

    (first,), second = device["organizationIds"], new_id()
    always = {
        f"userId:{prefixed(device['userId'])}",
        "clientType:Mobile",
        f"deviceIdentifier:{prefixed(device['identifier'])}",
        f"installationId:{region.installation.id}",
    }
    push("POST", "push/register", device)
    assert tags() == always | {f"organizationId:{prefixed(first)}"}
    push("PUT", "push/add-organization", {"devices": [{"id": device["deviceId"]}], "organizationId": second})
    assert tags() == always | {f"organizationId:{prefixed(each)}" for each in (first, second)}
    push("PUT", "push/delete-organization", {"devices": [{"id": device["deviceId"]}], "organizationId": first})
    assert tags() == always | {f"organizationId:{prefixed(second)}"}
    # Registering again replaces the list.
    push("POST", "push/register", device)
    assert tags() == always | {f"organizationId:{prefixed(first)}"}


def test_a_message_reaches_the_devices_of_its_user_and_nobody_elses(region, push, device, message, relayed):
    # Given two phones of the user and one of somebody else
    stranger = device | {"deviceId": new_id(), "userId": new_id(), "organizationIds": []}
    second = device | {"deviceId": new_id(), "identifier": new_id()}
    for each in (device, second, stranger):
        push("POST", "push/register", each)

    # When a message to the user, and one to the organization, is relayed
    assert_done(push("POST", "push/send", message))
    organization = {"userId": None, "organizationId": device["organizationIds"][0], "identifier": None}
    assert_done(push("POST", "push/send", message | organization))

    # Then each reached the two, with the payload as it was sent, in chunks
    mine, installation = {device["deviceId"], second["deviceId"]}, region.installation.id
    for sent in relayed()["sends"]:
        assert set(sent["reached"]) == {f"{installation}_{each}" for each in mine}
        assert (sent["payload"], sent["framing"]) == (message["payload"], "chunked")
    received = {each["deviceId"]: len(each["received"]) for each in relayed()["devices"]}
    assert received == dict.fromkeys(mine, 2) | {stranger["deviceId"]: 0}
    expressions = [
        f"(template:payload_userId:{installation}_{message['userId']} && !deviceIdentifier:{message['identifier']})",
        f"(template:payload && organizationId:{installation}_{device['organizationIds'][0]})",
    ]
    assert sorted(sent["expression"] for sent in relayed()["sends"]) == sorted(expressions)


def test_the_push_routes_answer_on_the_api_host_too(unconnected, push, device):
    # vaultwarden's template sends its EU traffic there.
    assert_done(unconnected.client("api.push", unconnected.api_uri).send("POST", "push/register", device))


def test_a_message_to_an_organization_and_to_the_installation_itself_is_taken(region, push, message):
    nobody = message | {"userId": None}
    assert_done(push("POST", "push/send", nobody | {"organizationId": new_id()}))
    assert_done(push("POST", "push/send", nobody | {"installationId": region.installation.id}))
    answer = push("POST", "push/send", nobody | {"installationId": new_id()})
    assert_error(answer, 400, "InstallationId does not match current context.")


def test_a_message_to_nobody_or_without_a_type_is_refused(push, message):
    nobody = message | {"userId": None}
    text = "UserId or OrganizationId or InstallationId is required."
    assert_invalid(push("POST", "push/send", nobody), {"": [text]})
    for missing in ("type", "payload"):
        answer = push("POST", "push/send", {name: message[name] for name in message.keys() - {missing}})
        assert answer.status_code == 400, describe(answer)
        assert next(iter(answer.json()["validationErrors"])).startswith("$")
    assert_invalid_key(push("POST", "push/send", message | {"userId": ""}), "$.userId")


@pytest.mark.parametrize("field", ["deviceId", "pushToken", "userId", "identifier"])
def test_a_registration_needs_its_four_texts(push, device, field):
    name = field[0].upper() + field[1:]
    for blank in ({}, {field: None}, {field: " "}):
        body = {key: value for key, value in device.items() if key != field} | blank
        assert_invalid(push("POST", "push/register", body), {name: [REQUIRED.format(name)]})


def test_wrong_shapes_of_delete_and_membership_are_refused(push):
    assert_invalid(push("POST", "push/delete", {}), {"Id": [REQUIRED.format("Id")]})
    answer = push("PUT", "push/add-organization", {"devices": [{}], "organizationId": new_id()})
    assert_invalid_key(answer, "Devices[0].Id")
    wrong_method = push("POST", "push/add-organization", {"devices": [], "organizationId": new_id()})
    assert_empty(wrong_method, 405)
    assert wrong_method.headers["Allow"] == "PUT"


def test_push_needs_its_own_scope_and_a_token(region, unconnected, message, http):
    other = unconnected.client("api.installation", unconnected.push_uri)
    assert_empty(other.send("POST", "push/send", message), 403)
    assert_empty(http.post(f"{region.push}/push/send", json=message), 401)


class Vaultwarden:
    """`src/api/push.rs` on the wire: lengths instead of chunks, a name of its own, no slash trimmed or added."""

    def __init__(self, region):
        self.region = region
        self.http = httpx.Client(trust_env=False, timeout=10, headers={"User-Agent": "Vaultwarden"})
        self.bearer = {}

    def token(self):
        fields = {
            "grant_type": "client_credentials",
            "scope": "api.push",
            "client_id": f"installation.{self.region.installation.id}",
            "client_secret": self.region.installation.key,
        }
        answer = self.http.post(f"{self.region.identity}/connect/token", data=fields)
        self.bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return answer.json()

    def post(self, path, body=None):
        return self.http.post(f"{self.region.push}{path}", json=body, headers=self.bearer)


@pytest.fixture
def vaultwarden(region):
    made = Vaultwarden(region)
    yield made
    made.http.close()


def test_vaultwarden_registers_and_sends_but_its_delete_meets_no_route(vaultwarden, device, message):
    # Given its token, of which it reads these two members
    token = vaultwarden.token()
    assert isinstance(token["expires_in"], int)

    # When it registers, without organizations, and sends to the user
    del device["organizationIds"]
    device["installationId"] = vaultwarden.region.installation.id
    assert_done(vaultwarden.post("/push/register", device))
    logout = {"userId": message["userId"], "date": "2026-01-02T03:04:05.123456Z"}
    assert_done(vaultwarden.post("/push/send", message | {"type": 11, "payload": logout, "identifier": None}))

    # Then its way to unregister is one the cloud never had
    assert_empty(vaultwarden.post(f"/push/delete/{device['deviceId']}"), 404)


def test_a_vaultwarden_uri_with_a_final_slash_meets_no_route(vaultwarden, message):
    vaultwarden.token()
    assert_empty(vaultwarden.post("//push/send", message), 404)
    answer = vaultwarden.http.post(f"{vaultwarden.region.identity}//connect/token", data={})
    assert_empty(answer, 404)
