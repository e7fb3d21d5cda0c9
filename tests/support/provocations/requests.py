"""Addresses, routes and bodies that are wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sosie.domain.errors import ConflictError
from sosie.services import repository as repo
from tests.support.cloud import TestCloud, WireAnswer
from tests.support.families import SPONSORSHIPS, guid, prepared
from tests.support.provocations.told import (
    BASE,
    FAILED,
    JSON,
    MISSED,
    SECURITY,
    UNKNOWN,
    Expected,
    Told,
    api_error,
    invalid,
    provokes,
)
from tests.support.refusals import error_body


def at(cloud: TestCloud, path: str, method: str = "GET") -> WireAnswer:
    """Send a request to a path as it is."""
    event = {
        "rawPath": path,
        "headers": {"host": "127.0.0.1:8787", "x-forwarded-proto": "http"},
        "requestContext": {"domainName": "127.0.0.1:8787", "http": {"method": method, "path": path}},
    }
    response = cloud.sosie.gate.handle(event)
    lowered = {name.lower(): value for name, value in response["headers"].items()}
    return WireAnswer(response["statusCode"], lowered, response["body"])


@provokes("ADDRESS_UNKNOWN")
def no_region(cloud: TestCloud) -> Told:
    return Told(
        at(cloud, "/gov/vault/alive"),
        MISSED,
        "The path /gov/vault/alive names no region and service, and the host 127.0.0.1 is none of the cloud's.",
        (f"{BASE}/us/api/", "sosie env"),
    )


@provokes("REGION_MISSING")
def service_first(cloud: TestCloud) -> Told:
    message = "The path /identity/connect/token begins with a service and names no region."
    return Told(at(cloud, "/identity/connect/token"), MISSED, message, ("Put /us or /eu in front", f"{BASE}/us/api/"))


@provokes("WORLD_UNKNOWN")
def no_such_world(cloud: TestCloud) -> Told:
    message = "No world is named nowhere."
    return Told(at(cloud, "/w/nowhere/us/api/alive"), MISSED, message, ("PUT /_sosie/worlds/nowhere",))


@provokes("BASE_URI_GLUED")
def no_final_slash(cloud: TestCloud) -> Told:
    # clients.md §2: .NET puts no slash between base and path.
    path = "/eu/apiorganization/sponsorship/sync"
    message = f"The path {path} is a base URI and a route glued together: this client puts no slash between them."
    return Told(at(cloud, path, "POST"), MISSED, message, (f"End the base URI with a slash: {BASE}/eu/api/.",))


@provokes("DOUBLE_SLASH")
def two_slashes(cloud: TestCloud) -> Told:
    answer = cloud.post("//push/send", {}, service="push")
    message = "The path //push/send holds a doubled slash, which the cloud does not route."
    return Told(answer, MISSED, message, (f"Take the final slash off the base URI {BASE}/us/push/",))


@provokes("UNKNOWN_ROUTE")
def misspelled(cloud: TestCloud) -> Told:
    answer = cloud.get("/licences/organisation/x")
    message = "No route of the api service is GET /licences/organisation/x."
    near = "GET /licenses/organization/{id} (api)"
    return Told(answer, MISSED, message, (f"the nearest known routes are {near}",), {"nearest": [near]})


@provokes("UNKNOWN_ROUTE")
def nothing_like_it(cloud: TestCloud) -> Told:
    message = "No route of the api service is GET /xyz."
    return Told(cloud.get("/xyz"), MISSED, message, ("Check the path; docs/fidelity.md",))


@provokes("ROUTE_OF_OTHER_SERVICE")
def token_at_the_api(cloud: TestCloud) -> Told:
    answer = cloud.request("POST", "/connect/token", form={"grant_type": "client_credentials"})
    message = "A route POST /connect/token is at the identity service, and the api service was asked."
    return Told(answer, MISSED, message, (f"Send it to {BASE}/us/identity/connect/token.",))


@provokes("METHOD_NOT_ALLOWED")
def wrong_method(cloud: TestCloud) -> Told:
    answer = cloud.request("POST", "/push/add-organization", json_body={}, service="push")
    message = "The route /push/add-organization takes PUT, not POST."
    return Told(answer, Expected(405, "", SECURITY | {"allow": "PUT"}), message, ("Send PUT",))


@provokes("METHOD_NOT_ALLOWED")
def misspelt_as_an_id(cloud: TestCloud) -> Told:
    # The word stands where another route has an id, so that the cloud knows the path, with another method.
    answer = cloud.request("POST", f"{SPONSORSHIPS}/synk", json_body={})
    message = f"The route {SPONSORSHIPS}/synk takes DELETE, not POST."
    remedy = (f"If POST {SPONSORSHIPS}/sync was meant, correct the path.",)
    return Told(answer, Expected(405, "", SECURITY | {"allow": "DELETE"}), message, remedy)


@provokes("RATE_LIMITED")
def a_third_installation(cloud: TestCloud) -> Told:
    # licensing-push-installations.md §0: two within two minutes; the documents do not speak of 429.
    cloud.checks_answers = False
    with prepared(cloud) as uow:
        uow.save_record(replace(uow.record, realistic_limits=True))
    for _ in range(2):
        cloud.post("/installations", {"email": "ops@acme.test"})
    cloud.clock.advance(timedelta(seconds=20))
    answer = cloud.post("/installations", {"email": "ops@acme.test"})
    return Told(
        answer,
        Expected(429, error_body("Slow down! Too many requests. Try again in 2m."), JSON | {"retry-after": "100"}),
        "One address sent more requests of POST /installations than the cloud takes in 2m.",
        ("Wait 100 s", "realisticLimits"),
    )


@provokes("POST_BECAME_GET")
def redirected_at_the_api(cloud: TestCloud) -> Told:
    # clients.md §3: after 301 or 302 the .NET client sends a GET without body and token.
    answer = cloud.get(f"{SPONSORSHIPS}/sync")
    message = (
        f"The route {SPONSORSHIPS}/sync takes DELETE, POST and was asked with GET; "
        "a POST that was redirected arrives like this."
    )
    remedy = (f"Write the final address into the client, {BASE}/us/api/", "301 or 302")
    return Told(answer, Expected(405, "", SECURITY | {"allow": "DELETE, POST"}), message, remedy)


@provokes("PUSH_DELETE_LEGACY_PATH")
def vaultwarden_unregisters(cloud: TestCloud) -> Told:
    path = f"/push/delete/{guid('phone')}"
    answer = cloud.request("POST", path, service="push", token=cloud.installation_token("api.push"))
    message = f"The relay has no POST {path}: the device stays registered."
    return Told(answer, MISSED, message, (f"POST {BASE}/us/push/push/delete", '{"id":"…"}'))


@provokes("NOT_SIMULATED")
def single_sign_on_in_a_browser(cloud: TestCloud) -> Told:
    answer = cloud.get("/connect/authorize", service="identity")
    expected = Expected(501, error_body("Sosie does not simulate GET /connect/authorize."), api_error(501, "").headers)
    message = "The cloud has GET /connect/authorize; Sosie does not simulate it."
    return Told(answer, expected, message, ("docs/fidelity.md",))


@provokes("SELF_HOSTED_ONLY")
def a_self_hosted_servers_route(cloud: TestCloud) -> Told:
    path = f"{SPONSORSHIPS}/self-hosted/{UNKNOWN}/families-for-enterprise"
    answer = cloud.request("POST", path, token=cloud.user_token("owner@acme.test"))
    message = f"The route POST {path} is a self-hosted server's own; the cloud always refuses it."
    return Told(answer, api_error(400, "Only allowed when self hosted."), message, ("API of the self-hosted server",))


@provokes("SOSIE_FAILED")
def a_defect_of_sosie(cloud: TestCloud) -> Told:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    cloud.checks_answers = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sosie.services.installations.read_installation", broken)
        answer = cloud.get(f"/installations/{UNKNOWN}")
    message = (
        f"Sosie itself failed at GET /installations/{UNKNOWN}; this is a defect of the simulator, not of the client."
    )
    return Told(answer, FAILED, message, ("Report it",))


@provokes("ANSWER_TOO_LARGE")
def more_than_a_function_can_answer(cloud: TestCloud) -> Told:
    def carries_failures_alone(_: Any, response: dict[str, Any]) -> dict[str, Any] | None:
        return response if response["statusCode"] == 500 else None

    before = repo.installations.list(cloud.unit())
    cloud.checks_answers = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud.sosie.gate, "_carry", carries_failures_alone)
        answer = cloud.post("/installations", {"email": "ops@acme.test"})
    assert repo.installations.list(cloud.unit()) == before
    message = (
        "The answer to POST /installations is larger than the 6 MB a Lambda function can give, "
        "so nothing of it happened."
    )
    return Told(answer, FAILED, message, ("Accept-Encoding: gzip", "smaller batches"))


@provokes("SOSIE_BUSY")
def many_at_once(cloud: TestCloud) -> Told:
    write = cloud.sosie.store.write

    def refuse_all_but_the_journal(changes: Any, **how: bool) -> None:
        if len(changes) > 1:
            raise ConflictError("somebody else is always faster")
        write(changes, **how)

    cloud.checks_answers = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud.sosie.store, "write", refuse_all_but_the_journal)
        answer = cloud.post("/installations", {"email": "ops@acme.test"})
    message = "Sosie could not store what POST /installations did: too much was going on at once."
    expected = Expected(503, FAILED.body, FAILED.headers | {"retry-after": "1"})
    return Told(answer, expected, message, ("as Retry-After says",))


@provokes("BODY_MISSING")
def a_proxy_strips_the_body_of_a_get(cloud: TestCloud) -> Told:
    # clients.md §12
    path = f"/licenses/organization/{UNKNOWN}"
    answer = cloud.get(path, token=cloud.installation_token("api.licensing"))
    message = f"The route GET {path} needs a JSON body, and none arrived."
    return Told(answer, Expected(415), message, ("strips the body of a GET",))


@provokes("BODY_MISSING")
def an_empty_body_of_the_right_type(cloud: TestCloud) -> Told:
    answer = cloud.request("POST", "/installations", body=b"", headers={"Content-Type": "application/json"})
    message = "The route POST /installations needs a JSON body, and none arrived."
    return Told(answer, invalid({"": ["A non-empty request body is required."]}), message, ("Send the body",))


@provokes("BODY_WITHOUT_CONTENT_TYPE")
def a_body_of_no_type(cloud: TestCloud) -> Told:
    answer = cloud.request("POST", "/installations", body=b'{"email":"ops@acme.test"}')
    message = "A body of 25 bytes arrived at /installations without a content type."
    return Told(answer, Expected(415), message, ("Send Content-Type: application/json.",))


@provokes("CONTENT_TYPE_WRONG")
def a_form_where_json_is_read(cloud: TestCloud) -> Told:
    answer = cloud.request("POST", "/installations", form={"email": "ops@acme.test"})
    message = (
        "The body that arrived at /installations says it is application/x-www-form-urlencoded, "
        "and the route reads application/json."
    )
    return Told(answer, Expected(415), message, ("Send Content-Type: application/json",))


@provokes("BODY_NOT_JSON")
def a_body_that_ends_too_early(cloud: TestCloud) -> Told:
    answer = cloud.request("POST", "/installations", body=b'{"email"', headers={"Content-Type": "application/json"})
    text = answer.errors["$"][0]
    message = f"The body that arrived at /installations cannot be read. {text}"
    return Told(answer, invalid({"$": [text]}), message, ("one valid JSON object",))


@provokes("FIELDS_INVALID")
def a_member_is_missing(cloud: TestCloud) -> Told:
    answer = cloud.post("/installations", {})
    message = "The request at /installations breaks the rules of Email."
    return Told(answer, invalid({"Email": ["The Email field is required."]}), message, ("validationErrors",))


@provokes("ID_NOT_GUID")
def a_typed_parameter(cloud: TestCloud) -> Told:
    answer = cloud.get("/installations/abc")
    message = "What was sent as id is not a GUID: it has 3 characters."
    return Told(answer, invalid({"id": ["The value 'abc' is not valid."]}), message, ("36 characters",))


@provokes("ID_NOT_GUID")
def a_parameter_that_the_action_parses(cloud: TestCloud) -> Told:
    body = {"licenseKey": "x", "billingSyncKey": "y"}
    token = cloud.installation_token("api.licensing")
    answer = cloud.request("GET", "/licenses/organization/acme", json_body=body, token=token)
    message = "What was sent as id is not a GUID: it has 4 characters."
    return Told(answer, FAILED, message, ("36 characters",))
