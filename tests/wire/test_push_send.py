"""The push relay: messages, and what a test can inspect (docs/contract/licensing-push-installations.md C)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sosie.control.problems import ProblemError
from sosie.control.pushes import read_push
from sosie.services import push_relay
from tests.support.cloud import TestCloud
from tests.support.relay import (
    CIPHER,
    IDENTIFIER,
    MESSAGE,
    NOBODY,
    ORGANIZATION,
    PHONE,
    REGISTRATION,
    SERVICES,
    STRANGER,
    TABLET,
    USER,
    Relay,
    assert_done,
    assert_invalid,
    assert_unreadable,
)


@pytest.fixture
def relay(cloud: TestCloud) -> Relay:
    return Relay(cloud)


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


def test_only_so_many_reached_devices_are_named_but_all_are_counted(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_relay, "LIST_LIMIT", 1)
    relay.register()
    relay.register(deviceId=TABLET)

    relay.send()

    assert (len(relay.sends[0]["reached"]), relay.sends[0]["reachedCount"]) == (1, 2)


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
