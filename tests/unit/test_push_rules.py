"""Which devices a push would reach (docs/contract/licensing-push-installations.md C)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sosie.domain.errors import ServerFaultError
from sosie.domain.push import (
    PushDevice,
    PushMessage,
    Reach,
    Registration,
    Target,
    audience_of,
    reach,
    registered,
    target_of,
    with_organization,
    without_organization,
)
from sosie.domain.push_names import PUSH_TYPES, client_type_name, client_type_of, device_type_name, push_type_name

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
INSTALLATION = "0f0e0d0c-0b0a-4908-8706-050403020100"
OTHER_INSTALLATION = "1f0e0d0c-0b0a-4908-8706-050403020100"
DEVICE = "b1f20000-0000-4000-8000-000000000001"
USER = "7d0c0000-0000-4000-8000-000000000002"
ORGANIZATION = "0a0b0000-0000-4000-8000-000000000003"
IDENTIFIER = "c0ffee00-0000-4000-8000-000000000004"
NOBODY = "00000000-0000-0000-0000-000000000000"

PHONE = Registration(DEVICE, "token", USER, 0, IDENTIFIER, (ORGANIZATION,))
TO_USER = PushMessage(type=1, user_id=USER)


def a_device(registration: Registration = PHONE, before: PushDevice | None = None) -> PushDevice:
    return registered(INSTALLATION, registration, before, NOW, "1")


def reached(device: PushDevice, message: PushMessage, *, strict: bool = False) -> Reach:
    return reach([device], audience_of(INSTALLATION, message), message.identifier, strict=strict)


# Names.


def test_the_push_types_are_the_contracts() -> None:
    assert PUSH_TYPES == {
        0: "SyncCipherUpdate",
        1: "SyncCipherCreate",
        2: "SyncLoginDelete",
        3: "SyncFolderDelete",
        4: "SyncCiphers",
        5: "SyncVault",
        6: "SyncOrgKeys",
        7: "SyncFolderCreate",
        8: "SyncFolderUpdate",
        9: "SyncCipherDelete",
        10: "SyncSettings",
        11: "LogOut",
        12: "SyncSendCreate",
        13: "SyncSendUpdate",
        14: "SyncSendDelete",
        15: "AuthRequest",
        16: "AuthRequestResponse",
        17: "SyncOrganizations",
        18: "SyncOrganizationStatusChanged",
        19: "SyncOrganizationCollectionSettingChanged",
        20: "Notification",
        21: "NotificationStatus",
        22: "RefreshSecurityTasks",
        23: "OrganizationBankAccountVerified",
        24: "ProviderBankAccountVerified",
        25: "PolicyChanged",
        26: "AutoConfirm",
        27: "PremiumStatusChanged",
    }


@pytest.mark.parametrize(
    ("client", "devices"),
    [
        ("Mobile", [0, 1, 15]),
        ("Desktop", [6, 7, 8, 16]),
        ("Cli", [23, 24, 25]),
        ("Browser", [2, 3, 4, 5, 19, 20]),
        ("Web", [9, 10, 11, 12, 13, 14, 17, 18, 26]),
        ("All", [21, 22]),
    ],
)
def test_each_device_type_belongs_to_a_client_type(client: str, devices: list[int]) -> None:
    assert {client_type_name(client_type_of(device)) for device in devices} == {client}


def test_an_unknown_number_stands_for_itself_and_belongs_to_all_clients() -> None:
    assert (push_type_name(200), device_type_name(200), client_type_name(77)) == ("200", "200", "77")
    assert client_type_name(client_type_of(200)) == "All"


# Devices.


def test_a_device_is_stored_under_prefixed_ids_and_tags() -> None:
    device = a_device()

    assert device.id == f"{INSTALLATION}_{DEVICE}"
    assert device.tags == (
        f"userId:{INSTALLATION}_{USER}",
        "clientType:Mobile",
        f"organizationId:{INSTALLATION}_{ORGANIZATION}",
        f"deviceIdentifier:{INSTALLATION}_{IDENTIFIER}",
    )
    assert (device.device_id, device.identifier, device.organization_ids) == (DEVICE, IDENTIFIER, (ORGANIZATION,))


@pytest.mark.parametrize(("claimed", "fits"), [(INSTALLATION, True), (OTHER_INSTALLATION, False)])
def test_the_installation_in_the_body_becomes_an_unprefixed_tag_whoever_it_is(claimed: str, fits: bool) -> None:
    device = a_device(replace(PHONE, claimed_installation_id=claimed))

    assert f"installationId:{claimed}" in device.tags
    assert device.claim_fits is fits


@pytest.mark.parametrize("claimed", [None, NOBODY])
def test_no_installation_or_the_all_zero_one_gets_no_tag(claimed: str | None) -> None:
    device = a_device(replace(PHONE, claimed_installation_id=claimed))

    assert not [tag for tag in device.tags if tag.startswith("installationId:")]
    assert device.claim_fits is None


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_organization_is_a_tag_without_a_value(blank: str | None) -> None:
    assert "organizationId:" in a_device(replace(PHONE, organization_ids=(blank,))).tags


def test_registering_again_replaces_the_tags_and_remembers_how() -> None:
    later = NOW + timedelta(days=1)

    device = registered(INSTALLATION, replace(PHONE, organization_ids=("x",)), a_device(), later, "2")

    assert device.organization_ids == ("x",)
    assert (device.creation_date, device.revision_date) == (NOW, later)
    change = device.tag_changes[-1]
    assert (change.date, change.request_id) == (later, "2")
    assert change.added == (f"organizationId:{INSTALLATION}_x",)
    assert change.removed == (f"organizationId:{INSTALLATION}_{ORGANIZATION}",)


def test_adding_an_organization_twice_adds_it_once() -> None:
    once = with_organization(a_device(), "x", NOW, "2")

    twice = with_organization(once, "x", NOW, "3")

    assert twice.organization_ids == (ORGANIZATION, "x")
    assert [change.request_id for change in twice.tag_changes] == ["1", "2"]


def test_removing_an_organization_leaves_the_others() -> None:
    device = without_organization(with_organization(a_device(), "x", NOW, "2"), ORGANIZATION, NOW, "3")

    assert device.organization_ids == ("x",)
    assert without_organization(device, "unknown", NOW, "4").tags == device.tags


@pytest.mark.parametrize("device_id", ["abc", "", "b1f20000-0000-4000-8000", f" {DEVICE}"])
def test_a_device_id_that_is_no_guid_makes_the_cloud_fail(device_id: str) -> None:
    with pytest.raises(ServerFaultError):
        a_device(replace(PHONE, device_id=device_id))


def test_a_device_id_keeps_the_form_it_was_sent_in() -> None:
    digits = DEVICE.replace("-", "").upper()

    assert a_device(replace(PHONE, device_id=digits)).id == f"{INSTALLATION}_{digits}"


def test_more_than_a_record_can_hold_makes_the_cloud_fail() -> None:
    with pytest.raises(ServerFaultError):
        a_device(replace(PHONE, push_token="x" * 200_000))
    with pytest.raises(ServerFaultError):
        a_device(replace(PHONE, organization_ids=("x" * 2_000,)))


def test_only_the_latest_changes_of_tags_are_remembered() -> None:
    device = a_device()
    for number in range(2, 50):
        change = with_organization if number % 2 else without_organization
        device = change(device, ORGANIZATION, NOW, str(number))

    assert [change.request_id for change in device.tag_changes] == [str(number) for number in range(30, 50)]


# Targets and tag expressions.


def test_an_installation_goes_before_a_user_and_a_user_before_an_organization() -> None:
    message = PushMessage(type=1, user_id=USER, organization_id=ORGANIZATION, installation_id=INSTALLATION)

    assert target_of(message) == Target("installation", INSTALLATION)
    assert target_of(replace(message, installation_id=None)) == Target("user", USER)
    assert target_of(replace(message, installation_id=None, user_id=None)) == Target("organization", ORGANIZATION)


@pytest.mark.parametrize(
    ("message", "expression"),
    [
        (TO_USER, f"(template:payload_userId:{INSTALLATION}_{USER})"),
        (
            PushMessage(type=1, organization_id=ORGANIZATION),
            f"(template:payload && organizationId:{INSTALLATION}_{ORGANIZATION})",
        ),
        (
            PushMessage(type=1, installation_id=INSTALLATION),
            f"(template:payload && installationId:{INSTALLATION})",
        ),
        (
            replace(TO_USER, identifier="c0f fee'/ö_:-", client_type=3),
            f"(template:payload_userId:{INSTALLATION}_{USER} && !deviceIdentifier:c0ffee_:- && clientType:Desktop)",
        ),
        (
            replace(TO_USER, client_type=77),
            f"(template:payload_userId:{INSTALLATION}_{USER} && clientType:77)",
        ),
        (replace(TO_USER, identifier="  ", client_type=0), f"(template:payload_userId:{INSTALLATION}_{USER})"),
    ],
)
def test_a_message_becomes_the_contracts_tag_expression(message: PushMessage, expression: str) -> None:
    assert audience_of(INSTALLATION, message).expression == expression


def test_an_identifier_no_tag_can_hold_makes_the_cloud_fail() -> None:
    with pytest.raises(ServerFaultError):
        audience_of(INSTALLATION, replace(TO_USER, identifier="x" * 2_000))


# Reach.


@pytest.mark.parametrize("type_", [0, 1, 15])
def test_a_phone_of_the_user_is_reached(type_: int) -> None:
    device = a_device(replace(PHONE, type=type_))

    assert reached(device, TO_USER) == Reach(reached=(device.id,))


@pytest.mark.parametrize("type_", [8, 9, 22, 200])
def test_a_device_without_a_template_is_reached_by_nothing(type_: int) -> None:
    device = a_device(replace(PHONE, type=type_, claimed_installation_id=INSTALLATION))

    for message in (
        TO_USER,
        PushMessage(type=1, organization_id=ORGANIZATION),
        PushMessage(type=20, installation_id=INSTALLATION),
    ):
        assert reached(device, message) == Reach()


@pytest.mark.parametrize(
    "message",
    [
        PushMessage(type=1, user_id=ORGANIZATION),
        PushMessage(type=1, organization_id=USER),
        PushMessage(type=20, installation_id=INSTALLATION),
    ],
)
def test_a_device_of_somebody_else_is_not_reached(message: PushMessage) -> None:
    assert reached(a_device(), message) == Reach()


def test_the_same_user_of_another_installation_is_not_reached() -> None:
    assert reach([a_device()], audience_of(OTHER_INSTALLATION, TO_USER), None) == Reach()


def test_a_device_is_reached_through_its_organization_until_it_is_removed() -> None:
    message = PushMessage(type=25, organization_id=ORGANIZATION)
    device = a_device()

    assert reached(device, message).reached == (device.id,)
    assert reached(without_organization(device, ORGANIZATION, NOW, "2"), message) == Reach()


def test_an_installations_message_reaches_whoever_claims_to_be_it() -> None:
    foreign = a_device(replace(PHONE, claimed_installation_id=OTHER_INSTALLATION))
    audience = audience_of(OTHER_INSTALLATION, PushMessage(type=20, installation_id=OTHER_INSTALLATION))

    assert reach([foreign], audience, None).reached == (foreign.id,)


@pytest.mark.parametrize(("client_type", "found"), [(None, True), (0, True), (4, True), (3, False)])
def test_a_client_type_filters_unless_it_is_all(client_type: int | None, found: bool) -> None:
    assert bool(reached(a_device(), replace(TO_USER, client_type=client_type)).reached) is found


def test_the_acting_phone_is_reached_all_the_same_because_its_tag_is_prefixed() -> None:
    device = a_device()

    assert reached(device, replace(TO_USER, identifier=IDENTIFIER)) == Reach((device.id,), (), (device.id,))


def test_strictly_the_acting_phone_is_left_out() -> None:
    device = a_device()

    assert reached(device, replace(TO_USER, identifier=IDENTIFIER), strict=True) == Reach((), (device.id,), ())


def test_a_server_that_sends_the_prefix_itself_does_leave_the_phone_out() -> None:
    device = a_device()

    assert reached(device, replace(TO_USER, identifier=f"{INSTALLATION}_{IDENTIFIER}")) == Reach((), (device.id,), ())
