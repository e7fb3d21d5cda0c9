"""The push relay (docs/contract/licensing-push-installations.md C)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from sosie.control.problems import ProblemError
from sosie.control.pushes import read_push
from tests.support.cloud import TestCloud, WireAnswer

USER = "7d0c0000-0000-4000-8000-000000000001"
ORGANIZATION = "0a0b0000-0000-4000-8000-000000000002"
PHONE = "b1f20000-0000-4000-8000-000000000003"
TABLET = "b1f20000-0000-4000-8000-000000000004"
IDENTIFIER = "c0ffee00-0000-4000-8000-000000000005"
STRANGER = "dead0000-0000-4000-8000-000000000006"
NOBODY = "00000000-0000-0000-0000-000000000000"

REGISTRATION = {
    "deviceId": PHONE,
    "pushToken": "phone-token",
    "userId": USER,
    "type": 1,
    "identifier": IDENTIFIER,
    "organizationIds": [ORGANIZATION],
}
CIPHER = {"id": STRANGER, "userId": USER, "collectionIds": None, "revisionDate": "2026-01-02T03:04:05.1234567Z"}
MESSAGE = {
    "userId": USER,
    "organizationId": None,
    "deviceId": PHONE,
    "identifier": IDENTIFIER,
    "type": 1,
    "payload": CIPHER,
    "clientType": None,
    "installationId": None,
}
UPDATE = {"devices": [{"id": PHONE}], "organizationId": ORGANIZATION}
ROUTES = [
    ("POST", "/push/register", REGISTRATION),
    ("POST", "/push/delete", {"id": PHONE}),
    ("PUT", "/push/add-organization", UPDATE),
    ("PUT", "/push/delete-organization", UPDATE),
    ("POST", "/push/send", MESSAGE),
]
SERVICES = ["push", "api"]
REQUIRED = "The {} field is required."
HTML_FORM = {"content-type": "application/x-www-form-urlencoded"}

each_route = pytest.mark.parametrize(("method", "path", "body"), ROUTES)


class Relay:
    """A self-hosted server of the cloud's first installation, with an `api.push` token."""

    def __init__(self, cloud: TestCloud) -> None:
        self.cloud = cloud
        self.installation = cloud.installation().id
        self.token = cloud.installation_token("api.push")

    def call(self, method: str, path: str, json_body: Any = None, **more: Any) -> WireAnswer:
        more = {"service": "push", "token": self.token, "json_body": json_body} | more
        return self.cloud.request(method, path, **more)

    def raw(self, path: str, body: bytes, method: str = "POST") -> WireAnswer:
        return self.call(method, path, body=body, headers={"content-type": "application/json"})

    def register(self, **changes: Any) -> WireAnswer:
        return self.call("POST", "/push/register", REGISTRATION | changes)

    def send(self, **changes: Any) -> WireAnswer:
        return self.call("POST", "/push/send", MESSAGE | changes)

    @property
    def kept(self) -> dict[str, Any]:
        regions = read_push(self.cloud.sosie.worlds, "default")["regions"]
        return next(each for each in regions["us"]["installations"] if each["id"] == self.installation)

    @property
    def devices(self) -> dict[str, dict[str, Any]]:
        return {device["deviceId"]: device for device in self.kept["devices"]}

    @property
    def sends(self) -> list[dict[str, Any]]:
        return self.kept["sends"]

    def hub_id(self, device_id: str) -> str:
        return f"{self.installation}_{device_id}"

    def tag(self, name: str, value: str) -> str:
        return f"{name}:{self.installation}_{value}"


@pytest.fixture
def relay(cloud: TestCloud) -> Relay:
    return Relay(cloud)


def assert_done(answer: WireAnswer) -> None:
    assert (answer.status, answer.body) == (200, "")


def assert_invalid(answer: WireAnswer, errors: dict[str, list[str]]) -> None:
    assert (answer.status, answer.message) == (400, "The model state is invalid.")
    assert answer.errors == errors


def assert_unreadable(answer: WireAnswer, path: str) -> None:
    assert (answer.status, answer.message) == (400, "The model state is invalid.")
    assert list(answer.errors) == [path]


# What all five routes have in common.


@each_route
@pytest.mark.parametrize("service", SERVICES)
def test_success_is_200_without_a_body_at_both_hosts(relay: Relay, service, method, path, body) -> None:
    answer = relay.call(method, path, body, service=service)

    assert_done(answer)
    assert "content-type" not in answer.headers


@each_route
@pytest.mark.parametrize("service", SERVICES)
def test_without_a_token_a_call_is_401_without_a_body(relay: Relay, service, method, path, body) -> None:
    answer = relay.call(method, path, body, service=service, token=None)

    assert (answer.status, answer.body, answer.headers["www-authenticate"]) == (401, "", "Bearer")


@each_route
def test_an_expired_token_is_refused_before_anything_is_read(relay: Relay, method, path, body) -> None:
    relay.cloud.clock.advance(timedelta(hours=1, minutes=5, seconds=1))

    answer = relay.call(method, path, body=b"{", headers=HTML_FORM)

    assert (answer.status, answer.body) == (401, "")
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token", error_description="')


@each_route
@pytest.mark.parametrize("scope", ["api.installation", "api.licensing"])
def test_another_scope_is_403_without_a_body(relay: Relay, scope, method, path, body) -> None:
    answer = relay.call(method, path, body, token=relay.cloud.installation_token(scope))

    assert (answer.status, answer.body) == (403, "")


@each_route
def test_a_person_is_403_even_if_the_body_has_no_content_type(relay: Relay, method, path, body) -> None:
    answer = relay.call(method, path, body=b"{}", token=relay.cloud.user_token("owner@acme.test"))

    assert (answer.status, answer.body) == (403, "")


@each_route
@pytest.mark.parametrize("headers", [{}, HTML_FORM, {"content-type": "text/plain"}])
def test_another_content_type_than_json_is_415_without_a_body(relay: Relay, headers, method, path, body) -> None:
    answer = relay.call(method, path, body=json.dumps(body).encode(), headers=headers)

    assert (answer.status, answer.body) == (415, "")


@each_route
@pytest.mark.parametrize("empty", [b"", b"  ", b"null"])
def test_an_empty_body_is_refused(relay: Relay, empty, method, path, body) -> None:
    assert_invalid(relay.raw(path, empty, method), {"": ["A non-empty request body is required."]})


@each_route
@pytest.mark.parametrize("broken", [b"{", b"[]", b'"x"', b"\xff", b'{"id":NaN}', b'{"identifier":"\\ud800"}'])
def test_a_body_that_cannot_be_read_is_refused_by_json_path(relay: Relay, broken, method, path, body) -> None:
    assert_unreadable(relay.raw(path, broken, method), "$")


@each_route
def test_a_token_without_an_installation_is_not_configured_for_relays(relay: Relay, method, path, body) -> None:
    other_client = relay.cloud._token("web", ["api.push"], {"client_sub": relay.installation})

    answer = relay.call(method, path, body, token=other_client)

    assert (answer.status, answer.message) == (400, "Not correctly configured for push relays.")
    assert answer.errors is None


@each_route
def test_the_body_is_validated_before_the_installation_is_asked_for(relay: Relay, method, path, body) -> None:
    other_client = relay.cloud._token("web", ["api.push"], {})

    answer = relay.call(method, path, {"type": 1, "payload": 1}, token=other_client)

    assert answer.message == "The model state is invalid."


@each_route
def test_an_installation_that_was_disabled_meanwhile_keeps_working(relay: Relay, method, path, body) -> None:
    token = relay.cloud.installation_token("api.push", enabled=False)

    assert_done(relay.call(method, path, body, token=token))


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in ROUTES])
def test_another_method_is_405_without_a_body_and_names_the_right_one(relay: Relay, method, path) -> None:
    other = {"POST": "PUT", "PUT": "POST"}[method]

    answer = relay.call(other, path, UPDATE)

    assert (answer.status, answer.body, answer.headers["allow"]) == (405, "", method)


@pytest.mark.parametrize("service", SERVICES)
def test_vaultwardens_way_to_unregister_is_404_without_a_body(relay: Relay, service) -> None:
    relay.register()

    answer = relay.call("POST", f"/push/delete/{PHONE}", service=service)

    assert (answer.status, answer.body) == (404, "")
    assert answer.headers["x-sosie-hint"] == "PUSH_DELETE_LEGACY_PATH"
    assert PHONE in relay.devices


def test_a_doubled_slash_is_404(relay: Relay) -> None:
    answer = relay.call("POST", "//push/send", MESSAGE)

    assert (answer.status, answer.body, answer.headers["x-sosie-hint"]) == (404, "", "DOUBLE_SLASH")


# C.1 register.


def test_a_registered_device_is_kept_with_prefixed_tags(relay: Relay) -> None:
    relay.register(installationId=relay.installation.upper())

    device = relay.devices[PHONE]
    assert device["id"] == relay.hub_id(PHONE)
    assert device["tags"] == [
        relay.tag("userId", USER),
        "clientType:Mobile",
        relay.tag("organizationId", ORGANIZATION),
        relay.tag("deviceIdentifier", IDENTIFIER),
        f"installationId:{relay.installation}",
    ]
    assert {name: device[name] for name in ("pushToken", "type", "typeName", "userId", "identifier")} == {
        "pushToken": "phone-token",
        "type": 1,
        "typeName": "iOS",
        "userId": USER,
        "identifier": IDENTIFIER,
    }
    assert device["organizationIds"] == [ORGANIZATION]


@pytest.mark.parametrize("name", ["deviceId", "pushToken", "userId", "identifier"])
@pytest.mark.parametrize("blank", [{}, None, "", "  "])
def test_the_four_texts_of_a_registration_are_required(relay: Relay, name, blank) -> None:
    body = {key: value for key, value in REGISTRATION.items() if key != name}
    if blank != {}:
        body[name] = blank
    key = name[0].upper() + name[1:]

    assert_invalid(relay.call("POST", "/push/register", body), {key: [REQUIRED.format(key)]})


def test_all_missing_texts_are_named_at_once(relay: Relay) -> None:
    names = ("DeviceId", "PushToken", "UserId", "Identifier")

    assert_invalid(relay.call("POST", "/push/register", {}), {name: [REQUIRED.format(name)] for name in names})


def test_a_device_id_that_is_no_guid_makes_the_cloud_fail(relay: Relay) -> None:
    answer = relay.register(deviceId="my phone")

    assert (answer.status, answer.message) == (500, "An unhandled server error has occurred.")
    assert relay.devices == {}


def test_a_registration_without_a_type_is_an_android(relay: Relay) -> None:
    body = {name: value for name, value in REGISTRATION.items() if name != "type"}

    assert_done(relay.call("POST", "/push/register", body))
    assert (relay.devices[PHONE]["type"], relay.devices[PHONE]["typeName"]) == (0, "Android")


@pytest.mark.parametrize(("type_", "name"), [(255, "255"), (26, "DuckDuckGoBrowser"), (15, "AndroidAmazon")])
def test_any_byte_is_a_device_type(relay: Relay, type_, name) -> None:
    assert_done(relay.register(type=type_))
    assert relay.devices[PHONE]["typeName"] == name


@pytest.mark.parametrize("type_", [256, -1, "1", None, 1.5, True])
def test_what_is_no_byte_is_no_device_type(relay: Relay, type_) -> None:
    assert_unreadable(relay.register(type=type_), "$.type")


@pytest.mark.parametrize("organizations", [{}, None, []])
def test_a_registration_may_have_no_organizations(relay: Relay, organizations) -> None:
    body = {name: value for name, value in REGISTRATION.items() if name != "organizationIds"}
    if organizations != {}:
        body["organizationIds"] = organizations

    assert_done(relay.call("POST", "/push/register", body))
    assert relay.devices[PHONE]["organizationIds"] == []


def test_a_null_installation_cannot_be_read_while_an_absent_one_is_none(relay: Relay) -> None:
    assert_unreadable(relay.register(installationId=None), "$.installationId")

    assert_done(relay.register())
    assert relay.devices[PHONE]["claimedInstallationId"] is None


def test_the_all_zero_installation_is_none(relay: Relay) -> None:
    assert_done(relay.register(installationId=NOBODY))

    assert (relay.devices[PHONE]["claimedInstallationId"], relay.devices[PHONE]["claimedInstallationFits"]) == (
        None,
        None,
    )


def test_the_installation_of_the_body_is_not_compared_with_the_tokens(relay: Relay) -> None:
    assert_done(relay.register(installationId=STRANGER))

    device = relay.devices[PHONE]
    assert (device["claimedInstallationId"], device["claimedInstallationFits"]) == (STRANGER, False)
    assert f"installationId:{STRANGER}" in device["tags"]


def test_registering_again_replaces_the_registration(relay: Relay) -> None:
    relay.register()

    assert_done(relay.register(pushToken="renewed", organizationIds=[STRANGER], userId=STRANGER))

    device = relay.devices[PHONE]
    assert len(relay.devices) == 1
    assert (device["pushToken"], device["userId"], device["organizationIds"]) == ("renewed", STRANGER, [STRANGER])
    assert relay.tag("organizationId", ORGANIZATION) in device["tagChanges"][-1]["removed"]
    relay.send()
    relay.send(userId=STRANGER)
    assert [sent["reached"] for sent in relay.sends] == [[], [relay.hub_id(PHONE)]]


def test_names_match_in_any_letter_case_and_unknown_ones_are_ignored(relay: Relay) -> None:
    body = {name.upper(): value for name, value in REGISTRATION.items()} | {"colour": {"deep": [1]}}

    assert_done(relay.call("POST", "/push/register", body))
    assert relay.devices[PHONE]["organizationIds"] == [ORGANIZATION]


def test_two_installations_never_see_each_others_devices(relay: Relay) -> None:
    relay.register()
    other = relay.cloud.installation_token("api.push", enabled=False)

    relay.call("POST", "/push/delete", {"id": PHONE}, token=other)
    relay.call("POST", "/push/send", MESSAGE, token=other)

    assert PHONE in relay.devices
    assert relay.devices[PHONE]["received"] == []


# C.2 delete.


def test_a_deleted_device_is_gone(relay: Relay) -> None:
    relay.register()

    assert_done(relay.call("POST", "/push/delete", {"id": PHONE}))
    assert relay.devices == {}


def test_deleting_an_unknown_device_is_no_error(relay: Relay) -> None:
    assert_done(relay.call("POST", "/push/delete", {"id": STRANGER}))


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": ""}, {"id": " "}])
def test_deleting_needs_an_id(relay: Relay, body) -> None:
    assert_invalid(relay.call("POST", "/push/delete", body), {"Id": [REQUIRED.format("Id")]})


def test_deleting_what_is_no_guid_makes_the_cloud_fail(relay: Relay) -> None:
    assert relay.call("POST", "/push/delete", {"id": "my phone"}).status == 500


# C.3 organizations.


def test_an_organization_is_added_to_and_removed_from_known_devices(relay: Relay) -> None:
    relay.register()
    relay.register(deviceId=TABLET)
    update = {"devices": [{"id": PHONE}, {"id": STRANGER}, {"id": TABLET}], "organizationId": STRANGER}

    assert_done(relay.call("PUT", "/push/add-organization", update))
    assert [each["organizationIds"] for each in relay.devices.values()] == [[ORGANIZATION, STRANGER]] * 2
    assert set(relay.devices) == {PHONE, TABLET}

    assert_done(relay.call("PUT", "/push/delete-organization", update))
    assert [each["organizationIds"] for each in relay.devices.values()] == [[ORGANIZATION]] * 2


def test_the_changes_of_a_devices_tags_are_remembered_in_order(relay: Relay) -> None:
    relay.register(organizationIds=[])
    added = relay.call("PUT", "/push/add-organization", UPDATE)
    relay.cloud.clock.advance(timedelta(days=1))
    relay.token = relay.cloud.installation_token("api.push")
    removed = relay.call("PUT", "/push/delete-organization", UPDATE)

    tag = relay.tag("organizationId", ORGANIZATION)
    assert relay.devices[PHONE]["tagChanges"][1:] == [
        {
            "at": "2026-03-04T05:06:07.000000Z",
            "requestId": added.headers["x-sosie-request"],
            "added": [tag],
            "removed": [],
        },
        {
            "at": "2026-03-05T05:06:07.000000Z",
            "requestId": removed.headers["x-sosie-request"],
            "added": [],
            "removed": [tag],
        },
    ]


@pytest.mark.parametrize("path", ["/push/add-organization", "/push/delete-organization"])
@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({}, ["Devices", "OrganizationId"]),
        ({"devices": None, "organizationId": " "}, ["Devices", "OrganizationId"]),
        ({"devices": [{"id": PHONE}, {}], "organizationId": ORGANIZATION}, ["Devices[1].Id"]),
        ({"devices": [{"id": ""}]}, ["Devices[0].Id", "OrganizationId"]),
    ],
)
def test_devices_their_ids_and_the_organization_are_required(relay: Relay, path, body, keys) -> None:
    texts = {key: [REQUIRED.format(key.rpartition(".")[2])] for key in keys}

    assert_invalid(relay.call("PUT", path, body), texts)


@pytest.mark.parametrize("path", ["/push/add-organization", "/push/delete-organization"])
def test_no_devices_is_valid_and_does_nothing(relay: Relay, path) -> None:
    assert_done(relay.call("PUT", path, {"devices": [], "organizationId": ORGANIZATION}))


@pytest.mark.parametrize("unusable", [{"id": "my phone"}, None])
def test_devices_before_an_unusable_one_are_changed_before_the_cloud_fails(relay: Relay, unusable) -> None:
    relay.register(organizationIds=[])
    relay.register(deviceId=TABLET, organizationIds=[])
    update = {"devices": [{"id": PHONE}, unusable, {"id": TABLET}], "organizationId": ORGANIZATION}

    assert relay.call("PUT", "/push/add-organization", update).status == 500
    assert relay.devices[PHONE]["organizationIds"] == [ORGANIZATION]
    assert relay.devices[TABLET]["organizationIds"] == []


# C.4 send.


def test_a_message_to_a_user_reaches_all_their_phones(relay: Relay) -> None:
    relay.register()
    relay.register(deviceId=TABLET, identifier="tablet", type=0)
    relay.register(deviceId=STRANGER, userId=STRANGER)

    assert_done(relay.send(identifier=None))

    (sent,) = relay.sends
    assert sent["target"] == {"kind": "user", "id": USER}
    assert sent["expression"] == f"({relay.tag('template:payload_userId', USER)})"
    assert set(sent["reached"]) == {relay.hub_id(PHONE), relay.hub_id(TABLET)}
    assert sent["reachedCount"] == 2


def test_the_acting_phone_is_reached_too_although_it_is_meant_to_be_excluded(relay: Relay) -> None:
    relay.register()
    relay.register(deviceId=TABLET, identifier="tablet")

    relay.send()

    (sent,) = relay.sends
    user = relay.tag("template:payload_userId", USER)
    assert sent["expression"] == f"({user} && !deviceIdentifier:{IDENTIFIER})"
    assert set(sent["reached"]) == {relay.hub_id(PHONE), relay.hub_id(TABLET)}
    assert (sent["excluded"], sent["notExcluded"]) == ([], [relay.hub_id(PHONE)])


def test_a_message_to_an_organization_reaches_its_devices(relay: Relay) -> None:
    relay.register()
    relay.register(deviceId=TABLET, organizationIds=[])

    assert_done(relay.send(userId=None, organizationId=ORGANIZATION.upper(), identifier=None))

    (sent,) = relay.sends
    assert sent["target"] == {"kind": "organization", "id": ORGANIZATION}
    assert sent["expression"] == f"(template:payload && {relay.tag('organizationId', ORGANIZATION)})"
    assert sent["reached"] == [relay.hub_id(PHONE)]


def test_a_message_to_the_installation_reaches_the_devices_that_claim_it(relay: Relay) -> None:
    relay.register(installationId=relay.installation)
    relay.register(deviceId=TABLET)

    assert_done(relay.send(installationId=relay.installation, identifier=None))

    (sent,) = relay.sends
    assert sent["target"] == {"kind": "installation", "id": relay.installation}
    assert sent["expression"] == f"(template:payload && installationId:{relay.installation})"
    assert sent["reached"] == [relay.hub_id(PHONE)]


def test_a_message_to_the_installation_reaches_a_foreign_device_that_claims_it(relay: Relay) -> None:
    other = relay.cloud.installation(enabled=False).id
    foreign = relay.cloud.installation_token("api.push", enabled=False)
    claiming = REGISTRATION | {"installationId": relay.installation}
    relay.call("POST", "/push/register", claiming, token=foreign)
    relay.send(installationId=relay.installation)
    relay.call("POST", "/push/register", REGISTRATION, token=foreign)
    relay.send(installationId=relay.installation)
    relay.call("POST", "/push/register", claiming, token=foreign)
    relay.call("POST", "/push/delete", {"id": PHONE}, token=foreign)
    relay.send(installationId=relay.installation)

    assert [sent["reached"] for sent in relay.sends] == [[f"{other}_{PHONE}"], [], []]


def test_the_installation_goes_before_the_user_before_the_organization(relay: Relay) -> None:
    relay.send(organizationId=ORGANIZATION, installationId=relay.installation)
    relay.send(organizationId=ORGANIZATION)

    assert [sent["target"]["kind"] for sent in relay.sends] == ["installation", "user"]


@pytest.mark.parametrize("installation", [STRANGER, NOBODY])
def test_another_installation_than_the_tokens_is_refused(relay: Relay, installation) -> None:
    answer = relay.send(installationId=installation)

    assert (answer.status, answer.message) == (400, "InstallationId does not match current context.")
    assert relay.sends == []


def test_a_message_to_nobody_is_refused_by_a_rule_of_the_whole_model(relay: Relay) -> None:
    text = "UserId or OrganizationId or InstallationId is required."

    assert_invalid(relay.send(userId=None), {"": [text]})
    assert_invalid(relay.call("POST", "/push/send", {"type": 1, "payload": None}), {"": [text]})


@pytest.mark.parametrize("name", ["type", "payload"])
def test_type_and_payload_must_be_in_the_json(relay: Relay, name) -> None:
    body = {key: value for key, value in MESSAGE.items() if key != name}

    assert_unreadable(relay.call("POST", "/push/send", body), "$")


def test_a_value_that_cannot_be_read_comes_before_a_missing_one(relay: Relay) -> None:
    assert_unreadable(relay.call("POST", "/push/send", {"installationId": "x"}), "$.installationId")


@pytest.mark.parametrize("name", ["userId", "organizationId", "deviceId", "installationId"])
@pytest.mark.parametrize("value", ["", "x", USER.replace("-", ""), 1])
def test_what_is_no_hyphenated_guid_cannot_be_read(relay: Relay, name, value) -> None:
    assert_unreadable(relay.send(**{name: value}), f"$.{name}")


@pytest.mark.parametrize("name", ["type", "clientType"])
@pytest.mark.parametrize("value", [256, -1, "1"])
def test_what_is_no_byte_is_neither_a_push_type_nor_a_client_type(relay: Relay, name, value) -> None:
    assert_unreadable(relay.send(**{name: value}), f"$.{name}")


def test_a_null_type_cannot_be_read(relay: Relay) -> None:
    assert_unreadable(relay.send(type=None), "$.type")


@pytest.mark.parametrize(
    ("type_", "name"), [(11, "LogOut"), (27, "PremiumStatusChanged"), (9, "SyncCipherDelete"), (255, "255")]
)
def test_any_byte_is_a_push_type(relay: Relay, type_, name) -> None:
    assert_done(relay.send(type=type_))

    (sent,) = relay.sends
    assert (sent["type"], sent["typeName"], sent["properties"]["type"]) == (type_, name, str(type_))


@pytest.mark.parametrize(("client_type", "reached"), [(None, 1), (0, 1), (4, 1), (3, 0), (200, 0)])
def test_a_client_type_filters_unless_it_is_null_or_all(relay: Relay, client_type, reached) -> None:
    relay.register()

    assert_done(relay.send(clientType=client_type))
    assert relay.sends[0]["reachedCount"] == reached


def test_a_device_that_is_no_phone_is_kept_and_reached_by_nothing(relay: Relay) -> None:
    relay.register(type=8)

    relay.send()

    assert relay.devices[PHONE]["hasTemplate"] is False
    assert relay.sends[0]["reached"] == []


def test_an_acting_device_is_not_needed(relay: Relay) -> None:
    assert_done(relay.send(deviceId=None, identifier=None))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"null", "null"),
        (b' "a b" ', '"a b"'),
        (b"[ 1.10, 1e2, -0, 12345678901234567890123 ]", "[1.10,1e2,-0,12345678901234567890123]"),
        (b'{ "b" : { "x" : [ ] } , "a" : "\\u002B \\" , } \\\\" }', '{"b":{"x":[]},"a":"\\u002B \\" , } \\\\"}'),
        ('{"name":"Zoë 🦊"}'.encode(), '{"name":"Zoë 🦊"}'),
    ],
)
def test_any_payload_is_passed_on_as_it_was_sent_but_for_blanks(relay: Relay, sent, kept) -> None:
    body = b'\xef\xbb\xbf {"type":4, "UserId":"%s",\r\n\t"Payload":%s, "x":{"payload":1}}' % (USER.encode(), sent)

    assert_done(relay.raw("/push/send", body))
    assert relay.sends[0]["properties"]["payload"] == kept
    assert relay.sends[0]["payload"] == json.loads(kept)


def test_the_last_of_several_payloads_counts(relay: Relay) -> None:
    body = b'{"payload":{"payload":0},"type":4,"userId":"%s","PAYLOAD":[2]}' % USER.encode()

    assert_done(relay.raw("/push/send", body))
    assert relay.sends[0]["properties"]["payload"] == "[2]"


def test_a_payload_may_be_nested_31_levels_deep(relay: Relay) -> None:
    def nested(depth: int) -> Any:
        return [nested(depth - 1)] if depth else 1

    assert_done(relay.send(payload=nested(31)))
    assert_unreadable(relay.send(payload=nested(32)), "$.payload")


def test_a_refused_message_is_not_kept(relay: Relay) -> None:
    relay.send(userId=None)
    relay.send(type="1")

    assert relay.sends == []


# C.8 what a test wants to inspect.


@pytest.mark.parametrize(
    ("headers", "framing"),
    [({"transfer-encoding": "chunked"}, "chunked"), ({"content-length": "300"}, "length"), ({}, None)],
)
@pytest.mark.parametrize("service", SERVICES)
def test_a_message_is_kept_with_how_it_came(relay: Relay, service, headers, framing) -> None:
    answer = relay.call("POST", "/push/send", MESSAGE, service=service, headers=headers)

    (sent,) = relay.sends
    assert sent["id"] == answer.headers["x-sosie-request"]
    assert (sent["service"], sent["framing"]) == (service, framing)
    assert sent["clientId"] == f"installation.{relay.installation}"
    assert len(sent["tokenId"]) == 32
    assert (sent["deviceId"], sent["identifier"]) == (PHONE, IDENTIFIER)
    assert json.loads(sent["body"]) == MESSAGE
    assert sent["bodySize"] == len(json.dumps(MESSAGE))


def test_a_device_knows_what_it_would_have_received(relay: Relay) -> None:
    relay.register()
    relay.send()
    relay.send(userId=STRANGER)
    last = relay.send(type=11, payload={"userId": USER, "reason": None})

    first, second = relay.devices[PHONE]["received"]
    assert (first["typeName"], first["payload"]) == ("SyncCipherCreate", CIPHER)
    assert second == {
        "id": last.headers["x-sosie-request"],
        "at": "2026-03-04T05:06:07.000000Z",
        "type": 11,
        "typeName": "LogOut",
        "properties": {"type": "11", "payload": f'{{"userId":"{USER}","reason":null}}'},
        "payload": {"userId": USER, "reason": None},
    }


def test_a_body_too_large_to_keep_is_cut_and_its_size_is_told(relay: Relay) -> None:
    assert_done(relay.send(payload="ö" * 100_000))

    (sent,) = relay.sends
    assert sent["bodySize"] > 600_000
    assert len(sent["body"].encode()) <= 64 * 1024
    assert sent["payload"] is None


def test_regions_and_worlds_keep_their_devices_to_themselves(relay: Relay) -> None:
    relay.register()
    relay.cloud.sosie.worlds.create("other", "families")

    here = read_push(relay.cloud.sosie.worlds, "default")
    there = read_push(relay.cloud.sosie.worlds, "other")
    assert [len(each["devices"]) for each in here["regions"]["eu"]["installations"]] == [0, 0]
    assert [len(each["devices"]) for each in there["regions"]["us"]["installations"]] == [0, 0]


def test_one_region_or_installation_can_be_asked_for(relay: Relay) -> None:
    relay.register()

    found = read_push(relay.cloud.sosie.worlds, "default", "us", relay.installation.upper())

    assert list(found["regions"]) == ["us"]
    assert [each["id"] for each in found["regions"]["us"]["installations"]] == [relay.installation]
    with pytest.raises(ProblemError):
        read_push(relay.cloud.sosie.worlds, "default", "mars")


def test_a_reset_forgets_devices_and_messages(relay: Relay) -> None:
    relay.register(installationId=STRANGER)
    relay.send()

    relay.cloud.sosie.worlds.reset("default")

    assert (relay.kept["devices"], relay.kept["sends"]) == ([], [])
