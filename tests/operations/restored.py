"""Several processes that go on from one moment, as Lambda restores functions from a snapshot.

`python -m tests.operations.restored cold|warm FILE` loads the functions and, warm, lets them handle events. It forks,
and each child draws whatever is drawn by chance, from the same events at the same time of the clock. What Python does
after a fork to be safe is undone: a restored machine does not know that it is one. The draws go to FILE as JSON.
"""

from __future__ import annotations

import itertools
import json
import os
import random  # noqa: TID251  its state is a part of what a snapshot holds
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx

from sosie.domain.clock import SystemClock
from sosie.store import dynamodb
from tests.operations import deployment as api_gateway
from tests.operations.deployment import ENVIRONMENT, Deployment, make_what_the_template_makes
from tests.support.engines import moto_in_this_process
from tests.support.passwords import authentication_hash
from tests.support.token_client import DEVICE, VERSION

CHILDREN = 2
NEW_WORLD = {
    "version": 1,
    "name": "one installation",
    "regions": {"us": {"installations": [{"email": "ops@acme.test"}]}},
}
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
WORLD = "/_sosie/worlds/default"


def main() -> None:
    how, file = sys.argv[1:]
    os.environ.update(ENVIRONMENT)
    SystemClock.now = lambda _: AT  # type: ignore[method-assign]  # or the time would be what makes them differ
    with moto_in_this_process():
        make_what_the_template_makes(boto3.client)
        deployment = Deployment()
        if how == "warm":
            draw(deployment, "earlier")
        state = random.getstate()
        drawn = [in_a_child(deployment, number, state) for number in range(1, CHILDREN + 1)]
    Path(file).write_text(json.dumps(drawn))


def in_a_child(deployment: Deployment, number: int, state: Any) -> dict[str, Any]:
    """Return what a copy of this process draws."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        random.setstate(state)
        # API Gateway goes on counting, whatever it sends its requests to.
        api_gateway._NUMBERS = itertools.count(1_000_000 * number)
        try:
            os.write(writing, json.dumps(draw(deployment, "later")).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        drawn: dict[str, Any] = json.loads(pipe.read())
    os.wait()
    return drawn


def draw(deployment: Deployment, new_world: str) -> dict[str, Any]:
    """Return everything that is made by chance, by name."""
    http, plane = deployment.client(headers=VERSION), deployment.control()
    us = body(plane.get(WORLD))["regions"]["us"]
    installation = us["installations"][0]
    made = http.post("/us/api/installations", json={"email": "ops@acme.test"})
    server = {
        "grant_type": "client_credentials",
        "scope": "api.push",
        "client_id": f"installation.{installation['id']}",
        "client_secret": installation["key"],
    }
    password = next(user["masterPassword"] for user in us["users"] if user["email"] == "alice@acme.test")
    person = {
        "grant_type": "password",
        "scope": "api offline_access",
        "client_id": "cli",
        "username": "alice@acme.test",
        "password": authentication_hash("alice@acme.test", password),
        **DEVICE,
    }
    signed_in = body(http.post("/us/identity/connect/token", data=person))
    odd = {"region": "us", "client": f"installation.{installation['id']}"}
    other = body(plane.put(f"/_sosie/worlds/{new_world}", json={"scenario": NEW_WORLD}))
    return {
        "journal id": made.headers["x-sosie-request"],
        "installation id": body(made)["id"],
        "installation key": body(made)["key"],
        "installation token": body(http.post("/us/identity/connect/token", data=server))["access_token"],
        "person's token": signed_in["access_token"],
        "refresh token": signed_in["refresh_token"],
        "sponsorship token": offered(deployment, us, signed_in["access_token"]),
        "odd token": body(plane.post(f"{WORLD}/tokens", json=odd))["accessToken"],
        "key in a new world": other["regions"]["us"]["installations"][0]["key"],
        "signing key of a new world": body(plane.get(f"/_sosie/worlds/{new_world}/certificates"))["us"]["tokens"],
        "pauses before further attempts": pauses(),
    }


def offered(deployment: Deployment, us: dict[str, Any], token: str) -> str:
    """Return the token of an offer, which is sealed with a nonce."""
    organization = next(each["id"] for each in us["organizations"] if each["name"] == "Acme Corporation")
    friend = f"friend-{next(api_gateway._NUMBERS)}@mail.test"
    offer = {"planSponsorshipType": 0, "sponsoredEmail": friend, "friendlyName": friend}
    path = f"/us/api/organization/sponsorship/{organization}/families-for-enterprise"
    http = deployment.client(headers={"Authorization": f"Bearer {token}"})
    answer = http.post(path, json=offer)
    if answer.status_code == 400:  # warm, it was offered before the snapshot
        http.delete(f"/us/api/organization/sponsorship/{organization}")
        answer = http.post(path, json=offer)
    assert answer.status_code == 200, answer.text
    mails = body(deployment.control().get(f"{WORLD}/mail"))["items"]
    return str(mails[-1]["sponsorshipToken"])


def pauses() -> list[float]:
    """Return for how long a process would wait before its next attempts."""
    slept: list[float] = []
    sleep, dynamodb.time.sleep = dynamodb.time.sleep, slept.append  # type: ignore[assignment]
    try:
        for attempt in range(4):
            dynamodb.back_off(attempt)
    finally:
        dynamodb.time.sleep = sleep
    return slept


def body(answer: httpx.Response) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


if __name__ == "__main__":
    main()
