"""The events of `events/` as they can be sent now.

A committed event cannot carry a token that is good today. Where one belongs it names whose: `Bearer user.{e-mail}`,
`Bearer installation.{id}`, `Bearer control`, a form's `refresh_token=user.{e-mail}`, and for the one in somebody's
newest mail `sponsorshipToken=mail.{e-mail}`. `completed` puts real ones there.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.control.client import ControlClient

EVENTS = Path(__file__).parents[1] / "events"
SIGN_IN = "identity_token_password"
"""The event whose answer has the refresh token of its person."""
_OURS = ("host", "content-length")


class Moment(Protocol):
    """What is good now, in one cloud."""

    def control_token(self) -> str:
        """Return what the control plane asks for."""
        ...

    def access_token(self, region: str, client: str) -> str:
        """Return a token of `user.{e-mail}` or `installation.{id}`."""
        ...

    def refresh_token(self) -> str:
        """Return the refresh token of whom `SIGN_IN` signs in."""
        ...

    def sponsorship_token(self, email: str) -> str:
        """Return the token of the newest offer to somebody. Raises LookupError if nothing was offered."""
        ...


class RunningCloud:
    """The moment of a cloud that answers over HTTP."""

    def __init__(self, client: ControlClient, control_token: str) -> None:
        self._client = client
        self._control_token = control_token

    def control_token(self) -> str:
        return self._control_token

    def access_token(self, region: str, client: str) -> str:
        return str(self._client.odd_token(region, client)["accessToken"])

    def refresh_token(self) -> str:
        import httpx  # late, as in the control client

        event = load(SIGN_IN)
        # What the client sent, without what API Gateway added and what the body decides.
        sent = {
            name: text for name, text in event["headers"].items() if not name.startswith("x-") and name not in _OURS
        }
        url = self._client.url + event["rawPath"]
        answer = httpx.post(url, content=base64.b64decode(event["body"]), headers=sent, timeout=60, trust_env=False)
        return str(answer.raise_for_status().json()["refresh_token"])

    def sponsorship_token(self, email: str) -> str:
        return newest_sponsorship_token(self._client.mail(to=email), email)


def newest_sponsorship_token(mails: list[dict[str, Any]], email: str) -> str:
    """Return the token of the newest of these mails that has one. Raises LookupError for none."""
    tokens = [mail["sponsorshipToken"] for mail in mails if mail["sponsorshipToken"]]
    if not tokens:
        raise LookupError(f"nothing has been offered to {email}; send api_sponsorship_offer first")
    return str(tokens[-1])


def load(name: str) -> dict[str, Any]:
    """Return a committed event."""
    document: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return document


def function_of(name: str) -> str:
    """Return the function of `template.yaml` that an event is for."""
    return f"{name.partition('_')[0].capitalize()}Function"


def completed(event: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """Return the event with the tokens of the moment."""
    if "rawPath" not in event:  # the schedule's, which nobody has to be allowed
        return dict(event)
    return dict(event) | _with_bearer(event, moment) | _with_query(event, moment) | _with_form(event, moment)


def _with_bearer(event: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    _, _, bearer = event["headers"].get("authorization", "").partition(" ")
    if not bearer:
        return {}
    token = moment.control_token() if bearer == "control" else moment.access_token(_region(event), bearer)
    return {"headers": event["headers"] | {"authorization": f"Bearer {token}"}}


def _region(event: Mapping[str, Any]) -> str:
    found: str = event.get("pathParameters", {}).get("region") or event["rawPath"].split("/")[1]
    return found


def _with_query(event: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    query = dict(event.get("queryStringParameters", {}))
    offered_to = query.get("sponsorshipToken", "")
    if not offered_to.startswith("mail."):
        return {}
    query["sponsorshipToken"] = moment.sponsorship_token(offered_to.removeprefix("mail."))
    return {"rawQueryString": urlencode(query), "queryStringParameters": query}


def _with_form(event: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    if not event["isBase64Encoded"]:
        return {}
    form = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    if not form.get("refresh_token", "").startswith("user."):
        return {}
    body = urlencode(form | {"refresh_token": moment.refresh_token()}).encode()
    headers = event["headers"] | {"content-length": str(len(body))}
    return {"headers": headers, "body": base64.b64encode(body).decode()}
