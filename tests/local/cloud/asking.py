"""A client of the wire for tests that speak to a `sosie.Cloud`: plain requests, and what people do."""

from __future__ import annotations

from typing import Any

import httpx

from sosie import Cloud

SPONSORSHIP = "/organization/sponsorship"


def ask(method: str, url: str, body: Any = None, token: str | None = None, **form: str) -> httpx.Response:
    """Send one request, with JSON or a form."""
    # A client that does not say its version may not sign in.
    headers = {"Bitwarden-Client-Version": "2026.8.0"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = form or None
    with httpx.Client(trust_env=False, timeout=60) as client:
        return client.request(method, url, json=body, data=data, headers=headers)


def grant(cloud: Cloud, secret: str | None = None, region: str = "us", **fields: str) -> httpx.Response:
    """Ask for an installation's token."""
    place = cloud.region(region)
    installation = place.installation()
    return ask(
        "POST",
        f"{place.identity_url}/connect/token",
        **{
            "grant_type": "client_credentials",
            "client_id": f"installation.{installation.id}",
            "client_secret": secret or installation.key,
            "scope": "api.installation",
            **fields,
        },
    )


def offer(cloud: Cloud, to: str, by: str = "alice@acme.test", organization: str = "Acme") -> httpx.Response:
    """Let a member of the US region offer a sponsorship."""
    us = cloud.us
    url = f"{us.api_url}{SPONSORSHIP}/{us.organization(organization).id}/families-for-enterprise"
    body = {"planSponsorshipType": 0, "sponsoredEmail": to, "friendlyName": to}
    return ask("POST", url, body, cloud.token(us.user(by)))


def unusable_sync(cloud: Cloud) -> httpx.Response:
    """Sync without anything that the cloud would take."""
    token = cloud.token(cloud.us.installation())
    return ask("POST", f"{cloud.us.api_url}{SPONSORSHIP}/sync", {}, token)
