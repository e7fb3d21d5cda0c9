"""The events that ship, what their page says of them, and a cloud in this process that answers them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sam_local import events

if TYPE_CHECKING:
    from sosie.wiring import Sosie

CONTROL_TOKEN = "the-control-token-of-a-test"
_ROW = re.compile(
    r"\| `(?P<name>\w+)` \| `(?P<method>[A-Z]+) (?P<route>\S+)` \| (?P<status>\d+)\b[^|]*\|(?P<after>[^|]*)\|"
)


@dataclass(frozen=True)
class Shipped:
    """One row of the page: an event, the route it is for, the status it gets, and the events that come before."""

    name: str
    method: str
    route: str
    status: int
    after: tuple[str, ...]

    @property
    def function(self) -> str:
        return self.name.partition("_")[0]


def on_the_page() -> dict[str, Shipped]:
    """Return what `events/README.md` says, by name; the schedule's event has no route and is not among them."""
    rows = _ROW.finditer((events.EVENTS / "README.md").read_text(encoding="utf-8"))
    return {
        row["name"]: Shipped(
            row["name"], row["method"], row["route"], int(row["status"]), tuple(re.findall(r"`(\w+)`", row["after"]))
        )
        for row in rows
    }


class InThisProcess:
    """A cloud's handlers without a host, and its moment (`sam_local.events.Moment`)."""

    def __init__(self, sosie: Sosie) -> None:
        self._sosie = sosie

    def answer(self, name: str) -> dict[str, Any]:
        """Return what a shipped event is answered, completed for now."""
        return self.handle(name.partition("_")[0], events.completed(events.load(name), self))

    def handle(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        handler = self._sosie.control if function == "control" else self._sosie.gate
        return handler.handle(event)

    def control_token(self) -> str:
        return CONTROL_TOKEN

    def access_token(self, region: str, client: str) -> str:
        wish = json.dumps({"region": region, "client": client})
        return str(self._control("POST", "/worlds/default/tokens", body=wish)["accessToken"])

    def refresh_token(self) -> str:
        return str(json.loads(self.answer(events.SIGN_IN)["body"])["refresh_token"])

    def sponsorship_token(self, email: str) -> str:
        mails = self._control("GET", "/worlds/default/mail")["items"]
        return events.newest_sponsorship_token([mail for mail in mails if mail["to"] == email], email)

    def _control(self, method: str, path: str, body: str = "") -> Any:
        path = f"/_sosie{path}"
        event = {
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"authorization": f"Bearer {CONTROL_TOKEN}", "content-type": "application/json"},
            "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
            "body": body,
            "isBase64Encoded": False,
        }
        return json.loads(self.handle("control", event)["body"])
