"""What an organization may use follows from its plan and a few settings of its own (docs/contract/api.md §4.2)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from sosie.domain.errors import ServerFaultError
from sosie.domain.organization_flags import organization_flags
from sosie.domain.organizations import Organization
from tests.wire.organization_fields import members

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ENTERPRISE_ONLY = members(
    """
    use_policies use_sso use_key_connector use_organization_domains use_reset_password use_custom_permissions
    use_activate_autofill_policy use_my_items use_invite_links
    """
)
BUSINESS = members("use_scim use_groups use_directory use_events use_2fa use_api")
ALWAYS = members("use_password_manager allow_admin_access_to_all_collection_items")
FREE, FAMILIES, TEAMS, ENTERPRISE = 0, 22, 18, 20


def organization(plan_type: int, **more) -> Organization:
    return Organization("id", "Acme", "a@acme.test", plan_type, True, None, NOW, NOW, **more)


def flags_on(plan_type: int, **more) -> set[str]:
    return {name for name, on in asdict(organization_flags(organization(plan_type, **more))).items() if on}


@pytest.mark.parametrize(
    ("plan_type", "expected"),
    [
        (FREE, ALWAYS),
        (FAMILIES, ALWAYS | {"use_totp", "users_get_premium", "self_host"}),
        (TEAMS, ALWAYS | BUSINESS | {"use_totp", "users_get_premium"}),
        (ENTERPRISE, ALWAYS | BUSINESS | ENTERPRISE_ONLY | {"use_totp", "users_get_premium", "self_host"}),
    ],
)
def test_each_tier_may_use_this_and_no_more(plan_type, expected):
    assert flags_on(plan_type) == expected


@pytest.mark.parametrize("setting", ["use_admin_sponsored_families", "use_secrets_manager"])
def test_some_flags_are_the_organizations_own(setting):
    assert flags_on(ENTERPRISE, **{setting: True}) - flags_on(ENTERPRISE) == {setting}


def test_events_can_be_switched_against_the_plan():
    assert flags_on(ENTERPRISE) - flags_on(ENTERPRISE, use_events=False) == {"use_events"}
    assert flags_on(FAMILIES, use_events=True) - flags_on(FAMILIES) == {"use_events"}


def test_a_plan_number_that_no_plan_has_fails():
    with pytest.raises(ServerFaultError):
        organization_flags(organization(200))
