"""The push relay: its routes, devices and their organizations (docs/contract/licensing-push-installations.md C)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.cloud import TestCloud
from tests.support.relay import (
    IDENTIFIER,
    MESSAGE,
    NOBODY,
    ORGANIZATION,
    PHONE,
    REGISTRATION,
    SERVICES,
    STRANGER,
    TABLET,
    UPDATE,
    USER,
    Relay,
    assert_done,
    assert_invalid,
    assert_unreadable,
)

ROUTES = [
    ("POST", "/push/register", REGISTRATION),
    ("POST", "/push/delete", {"id": PHONE}),
    ("PUT", "/push/add-organization", UPDATE),
    ("PUT", "/push/delete-organization", UPDATE),
    ("POST", "/push/send", MESSAGE),
]
REQUIRED = "The {} field is required."
HTML_FORM = {"content-type": "application/x-www-form-urlencoded"}

each_route = pytest.mark.parametrize(("method", "path", "body"), ROUTES)


@pytest.fixture
def relay(cloud: TestCloud) -> Relay:
    return Relay(cloud)


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
