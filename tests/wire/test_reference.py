"""What anybody may ask: configuration and plans (docs/contract/api.md §4.5, §4.8, §6)."""

from __future__ import annotations

import json

import pytest

from tests.support.cloud import TestCloud
from tests.wire import organization_fields as fields

CLOUD_REGIONS = {"us": "US", "eu": "EU"}
VAULTS = {"us": "https://vault.bitwarden.com", "eu": "https://vault.bitwarden.eu"}
DOMAINS = {"us": "bitwarden.com", "eu": "bitwarden.eu"}


def ask_real_host(cloud: TestCloud, host: str, path: str) -> dict:
    """Send a request that came by one of the cloud's own host names."""
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": host, "x-forwarded-proto": "https"},
        "requestContext": {
            "domainName": host,
            "requestId": "",
            "stage": "$default",
            "http": {"method": "GET", "path": path},
        },
        "isBase64Encoded": False,
        "body": "",
    }
    return json.loads(cloud.sosie.gate.handle(event)["body"])


class TestConfig:
    def test_it_is_what_the_contract_shows_and_points_here(self, cloud, region):
        answer = cloud.get("/config", region=region)

        assert answer.status == 200
        assert answer.json == {
            "object": "config",
            "version": "2026.8.0",
            "gitHash": "ac309aa1",
            "server": None,
            "environment": {
                "cloudRegion": CLOUD_REGIONS[region],
                "vault": VAULTS[region],
                "api": f"http://127.0.0.1:8787/{region}/api",
                "identity": f"http://127.0.0.1:8787/{region}/identity",
                "notifications": f"http://127.0.0.1:8787/{region}/notifications",
                "sso": f"http://127.0.0.1:8787/{region}/sso",
            },
            "featureStates": {},
            "push": {"pushTechnology": 0, "vapidPublicKey": None},
            "communication": None,
            "settings": {"disableUserRegistration": False, "suppressOnboardingInterstitials": False},
        }

    def test_in_another_world_it_stays_in_that_world(self, cloud):
        cloud.sosie.worlds.create("team-a", "families")

        environment = cloud.get("/config", world="team-a").json["environment"]

        assert environment["api"] == "http://127.0.0.1:8787/w/team-a/us/api"
        assert environment["identity"] == "http://127.0.0.1:8787/w/team-a/us/identity"

    def test_who_comes_by_the_clouds_host_name_gets_the_clouds_host_names(self, cloud, region):
        domain = DOMAINS[region]

        environment = ask_real_host(cloud, f"api.{domain}", "/config")["environment"]

        assert environment == {
            "cloudRegion": CLOUD_REGIONS[region],
            "vault": VAULTS[region],
            "api": f"https://api.{domain}",
            "identity": f"https://identity.{domain}",
            "notifications": f"https://notifications.{domain}",
            "sso": f"https://sso.{domain}",
        }

    def test_the_address_it_names_leads_back_to_it(self, cloud):
        address = cloud.get("/config").json["environment"]["api"].removeprefix("http://127.0.0.1:8787/us/api")

        assert cloud.get(f"{address}/config").status == 200


class TestPlans:
    @pytest.fixture
    def plans(self, cloud) -> dict[int, dict]:
        return {plan["type"]: plan for plan in cloud.get("/plans").json["data"]}

    def test_they_are_a_list(self, cloud):
        answer = cloud.get("/plans")

        assert answer.status == 200
        assert set(answer.json) == {"object", "data", "continuationToken"}
        assert (answer.json["object"], answer.json["continuationToken"]) == ("list", None)

    def test_each_has_exactly_the_contracts_members(self, plans):
        for plan in plans.values():
            assert plan["object"] == "plan"
            assert set(plan) == fields.PLAN
            assert set(plan["passwordManager"]) == fields.PASSWORD_MANAGER
            assert plan["secretsManager"] is None or set(plan["secretsManager"]) == fields.SECRETS_MANAGER

    def test_those_a_web_vault_needs_are_there_and_on_sale(self, plans):
        assert {0, 22, 18, 20, 7} <= set(plans)
        assert not any(plan["disabled"] for plan in plans.values())

    def test_numbers_are_numbers_and_never_null_where_the_contract_wants_them(self, plans):
        for plan in plans.values():
            product = plan["passwordManager"]
            names = ("basePrice", "seatPrice", "providerPortalSeatPrice", "premiumAccessOptionPrice")
            assert all(type(product[name]) in (int, float) for name in (*names, "additionalStoragePricePerGb"))
            assert type(product["baseSeats"]) is int
            if plan["secretsManager"] is not None:
                second = plan["secretsManager"]
                assert all(type(second[name]) in (int, float) for name in ("basePrice", "seatPrice"))
                assert all(type(second[name]) is int for name in ("baseSeats", "maxProjects"))

    def test_two_flags_are_false_whatever_a_plan_offers(self, plans):
        assert not any(plan["hasApi"] or plan["canBeUsedByBusiness"] for plan in plans.values())

    def test_families_is_six_seats_and_one_gigabyte(self, plans):
        families = plans[22]

        assert (families["productTier"], families["nameLocalizationKey"]) == (1, "planNameFamilies")
        assert (families["isAnnual"], families["trialPeriodDays"], families["legacyYear"]) == (True, 7, None)
        assert (families["usersGetPremium"], families["hasSelfHost"], families["hasPolicies"]) == (True, True, False)
        assert families["secretsManager"] is None
        product = families["passwordManager"]
        assert (product["baseSeats"], product["maxSeats"], product["baseStorageGb"]) == (6, 6, 1)
        assert (product["hasAdditionalSeatsOption"], product["stripeSeatPlanId"]) == (False, None)

    def test_families_2025_is_the_one_with_a_year(self, plans):
        assert (plans[7]["productTier"], plans[7]["legacyYear"]) == (1, 2025)

    def test_enterprise_sells_seats_and_nearly_everything(self, plans):
        enterprise = plans[20]

        assert (enterprise["productTier"], enterprise["trialPeriodDays"]) == (3, 7)
        names = "hasSelfHost hasPolicies hasGroups hasDirectory hasEvents hasTotp has2fa hasSso hasResetPassword"
        assert all(enterprise[name] for name in names.split())
        product = enterprise["passwordManager"]
        assert (product["baseSeats"], product["maxSeats"]) == (0, None)
        assert (product["hasAdditionalSeatsOption"], product["allowSeatAutoscale"]) == (True, True)

    def test_free_costs_nothing_and_has_two_seats_and_collections(self, plans):
        product = plans[0]["passwordManager"]

        assert (product["basePrice"], product["seatPrice"], product["stripePlanId"]) == (0, 0, None)
        assert (product["baseSeats"], product["maxSeats"], product["maxCollections"]) == (2, 2, 2)


@pytest.mark.parametrize("path", ["/config", "/plans"])
def test_a_token_is_not_looked_at(cloud: TestCloud, path: str) -> None:
    assert cloud.get(path, token="not a token").status == 200
