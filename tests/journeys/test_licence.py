"""The licence: pulled by the server with its billing sync key, or downloaded by the owner, and checked by hand."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from tests.journeys.support import jwt
from tests.journeys.support import licence as rules
from tests.journeys.support.answers import NOT_FOUND, assert_error, assert_json
from tests.journeys.support.self_hosted import new_id


@pytest.fixture
def certified_key(region, world):
    """The key of the licence certificate Sosie publishes for this region."""
    pem = world.control("GET", "/certificates")[region.name]["licence"]
    return x509.load_pem_x509_certificate(pem.encode()).public_key()


def assert_describes_itself(licence, key):
    """Hash and signature recomputed from the fields alone, and the token signed by the same key."""
    assert licence.keys() == rules.FIELDS
    assert (licence["version"], licence["licenseType"]) == (15, 1)
    assert licence["hash"] == rules.hash_of(licence)
    rules.verify_signature(licence, key)
    return jwt.verify(licence["token"], key)


def assert_claims_agree(licence, token):
    """A.7: every licence claim is a string, and says what the field says."""
    assert token.header.get("typ") == "JWT"
    assert token.header["alg"] == "RS256"
    assert "kid" not in token.header
    claims = dict(token.claims)
    issued = claims.pop("iat")
    a_year = datetime.fromtimestamp(issued, UTC)
    years = {issued + 365 * 86400, int(a_year.replace(year=a_year.year + 1).timestamp())}
    assert claims.pop("nbf") == issued
    assert claims.pop("exp") in years
    assert claims.pop("iss") == "bitwarden"
    assert claims.pop("aud") == f"organization:{licence['id']}"
    assert claims.pop("jti")

    named = {rules.net_name(name): value for name, value in licence.items()}
    present = {name for name in rules.CLAIMS_UNLESS_NULL if named[name] is not None}
    assert claims.keys() == rules.CLAIMS_ALWAYS | present
    assert all(isinstance(value, str) for value in claims.values())
    assert claims.pop("LicenseType") == "Organization"
    rules.claim_seconds(claims.pop("Issued"))  # a clock read of its own, so only its form is promised
    for name in ("Expires", "Refresh", "ExpirationWithoutGracePeriod"):
        if (text := claims.pop(name, None)) is not None:
            assert abs(rules.claim_seconds(text) - rules.instant(named[name])) <= 2, name
    # Fields whose constructor is frozen keep their default in the JSON; the true value is only in the token.
    frozen = {"UseAutomaticUserConfirmation", "UseDisableSmAdsForUsers", "UsePhishingBlocker"}
    frozen |= {"UseMyItems", "UseInviteLinks", "UsePam"}
    assert all(named[name] is False for name in frozen)
    assert all(claims[name] in ("True", "False") for name in frozen)
    for name in claims.keys() - frozen:
        assert claims[name] == str(named[name]), name


def test_a_licence_sync_brings_a_licence_whose_hash_signature_and_token_hold(region, server, certified_key):
    organization = region.enterprise
    licence = assert_json(server.sync_licence(organization["licenseKey"]))
    token = assert_describes_itself(licence, certified_key)
    assert_claims_agree(licence, token)
    assert licence["id"] == organization["id"]
    assert licence["name"] == organization["name"]
    assert licence["licenseKey"] == organization["licenseKey"]
    assert licence["installationId"] == region.installation.id
    assert (licence["planType"], licence["enabled"], licence["selfHost"]) == (20, True, True)
    assert rules.instant(licence["refresh"]) - rules.instant(licence["issued"]) == 30 * 86400
    assert rules.instant(licence["expires"]) > rules.instant(licence["issued"]) + 60 * 86400


def test_an_altered_licence_no_longer_verifies(region, server, certified_key):
    licence = assert_json(server.sync_licence(region.enterprise["licenseKey"]))
    with pytest.raises(InvalidSignature):
        rules.verify_signature(licence | {"seats": 100_000}, certified_key)


def test_the_owner_downloads_the_licence_for_the_first_upload(region, owner, certified_key):
    answer = owner.download_licence(region.enterprise["id"], region.installation.id)
    licence = assert_json(answer)
    assert_claims_agree(licence, assert_describes_itself(licence, certified_key))
    assert licence["installationId"] == region.installation.id


def test_the_two_regions_sign_with_keys_of_their_own(region, other_region, server, world):
    certificates = world.control("GET", "/certificates")
    assert certificates[region.name]["licence"] != certificates[other_region.name]["licence"]
    licence = assert_json(server.sync_licence(region.enterprise["licenseKey"]))
    foreign = x509.load_pem_x509_certificate(certificates[other_region.name]["licence"].encode()).public_key()
    with pytest.raises(InvalidSignature):
        rules.verify_signature(licence, foreign)


def test_a_licence_sync_does_not_count_as_a_sponsorship_sync(region, server, owner):
    assert_json(server.sync_licence(region.enterprise["licenseKey"]))
    assert assert_json(owner.sync_status(region.enterprise["id"]))["lastSyncDate"] is None


def test_only_the_owner_may_download_the_licence(region, sign_in):
    member = sign_in(region.cast.member)
    assert_error(member.download_licence(region.enterprise["id"], region.installation.id), 404, NOT_FOUND)


def test_a_download_for_an_installation_nobody_knows_is_refused(region, owner, other_region):
    for installation in (new_id(), other_region.installation.id, region.disabled_installation.id):
        answer = owner.download_licence(region.enterprise["id"], installation)
        assert_error(answer, 400, "Invalid installation id")
    answer = owner.call("GET", f"/organizations/{region.enterprise['id']}/license")
    assert_error(answer, 400, "Invalid installation id")
