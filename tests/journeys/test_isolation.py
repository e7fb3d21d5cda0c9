"""Two regions share a clock and nothing else: what happens in one is unknown, and refused, in the other."""

from tests.journeys.support import jwt
from tests.journeys.support.answers import assert_done, assert_empty, assert_error, assert_json, assert_oauth_error
from tests.journeys.support.person import Person


def test_an_access_token_of_one_region_is_refused_by_the_other(region, other_region, server, owner, http):
    tokens = [owner.token_answer["access_token"]]
    tokens.append(server.client("api.installation").ask_for_token().json()["access_token"])
    for token in tokens:
        headers = {"Authorization": f"Bearer {token}"}
        assert_empty(http.get(f"{other_region.api}/accounts/profile", headers=headers), 401)
        url = f"{other_region.api}/organization/sponsorship/sync"
        assert_empty(http.post(url, json={}, headers=headers), 401)
        assert_empty(http.post(f"{other_region.push}/push/send", json={}, headers=headers), 401)


def test_identity_of_one_region_and_api_of_the_other_do_not_fit(region, other_region, server):
    # The administrator changed identityUri and forgot apiUri.
    row = server.offer("half@else.test").to_wire()
    client = server.client("api.installation", f"{other_region.api}/")
    assert_empty(server.send_batch([row], client), 401)


def test_the_regions_issue_in_their_own_name_with_their_own_key(region, other_region, http):
    mine, theirs = (jwt.published_key(http, each) for each in (region, other_region))
    assert mine["kid"] != theirs["kid"]
    assert mine["n"] != theirs["n"]
    for each in (region, other_region):
        config = assert_json(http.get(f"{each.api}/config"))
        assert config["environment"]["cloudRegion"] == each.name.upper()


def test_nobody_signs_in_or_refreshes_in_the_other_region(region, other_region, owner, http):
    stranger = Person(http, other_region, owner.email, owner.password)
    stranger.token_answer = owner.token_answer
    wrong = {"Object": "error", "Message": "Username or password is incorrect. Try again."}
    assert_oauth_error(
        stranger.ask_for_token(owner.password_grant()),
        error="invalid_grant",
        error_description="invalid_username_or_password",
        ErrorModel=wrong,
    )
    assert_oauth_error(stranger.ask_for_token(owner.refresh_grant()), error="invalid_grant")
    assert_oauth_error(stranger.ask_for_token(owner.api_key_grant()), error="invalid_client")


def test_what_one_region_creates_the_other_never_sees(region, other_region, server, sign_in, mailbox, http):
    # Given the other region as it was
    other_owner = sign_in(other_region.cast.owner, other_region)
    other_organization = other_region.enterprise["id"]
    before = (other_owner.profile(), other_owner.api_key_information(other_organization).json())
    assert_json(other_owner.sync_status(other_organization))

    # When here a sponsorship is synced, a family created and an installation registered
    newcomer = sign_in(region.cast.newcomer)
    newcomer.unlock()
    server.offer(newcomer.email)
    server.sync()
    token = mailbox.offer_token(region, newcomer.email)
    created = assert_json(newcomer.create_families("Only Here"))["id"]
    newcomer.refresh()
    registered = assert_json(http.post(f"{region.api}/installations", json={"email": "ops@else.test"}))

    # Then over there nothing moved
    assert (other_owner.profile(), other_owner.api_key_information(other_organization).json()) == before
    assert assert_json(other_owner.sync_status(other_organization))["lastSyncDate"] is None
    assert mailbox.received(other_region, newcomer.email) == []
    answer = http.get(f"{other_region.api}/installations/{registered['id']}")
    assert_error(answer, 404, "Resource not found.")
    assert http.get(f"{region.api}/installations/{registered['id']}").status_code == 200
    # and neither the link nor the organization means anything there
    other_family = sign_in(other_region.cast.families_owner, other_region)
    assert assert_json(other_family.validate_token(token))["isTokenValid"] is False
    answer = other_family.redeem(token, created)
    assert_error(answer, 400, "Failed to parse sponsorship token.")
    assert_done(newcomer.redeem(token, created))


def test_the_same_address_may_be_offered_in_both_regions_with_one_mail_each(
    region, other_region, server, sign_in, mailbox
):
    # Given the same person invited by an organization of each region
    assert_done(sign_in(region.cast.owner).offer(region.enterprise["id"], "both@else.test"))
    other_owner = sign_in(other_region.cast.owner, other_region)
    assert_done(other_owner.offer(other_region.enterprise["id"], "both@else.test"))
    tokens = {mailbox.offer_token(each, "both@else.test", new_account=True) for each in (region, other_region)}
    assert len(tokens) == 2
    for each in (region, other_region):
        assert len(mailbox.received(each, "both@else.test")) == 1
