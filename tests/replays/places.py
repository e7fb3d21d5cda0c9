"""One running Sosie for the replays, the two forms of its addresses, and what stands for a capture's placeholders."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

import sosie
from tests.local.started import Started
from tests.replays.captures import Capture, Request, load
from tests.replays.raw import Answer, Connection, Pattern, whole
from tests.support.passwords import authentication_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER = {"us": "eu", "eu": "us"}
SECRETS = {"us": ("kEy+us/0=of the first", "us" * 15), "eu": ("kEy+eu/0=of the first", "eu" * 15)}
"""Each region's installation key, with everything in it that a form has to encode, and billing sync key."""


def scenario_for_replays(folder: Path) -> Path:
    """Write `families` with secrets that are known beforehand."""
    shipped = Path(sosie.__file__).parent / "scenarios" / "families.yaml"
    document = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    for region, (installation_key, sync_key) in SECRETS.items():
        seed = document["regions"][region]
        seed["installations"][0]["key"] = installation_key
        (synced,) = [each for each in seed["organizations"] if each.get("billingSyncKey")]
        synced["billingSyncKey"] = sync_key
    path = folder / "replays.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Place:
    """A region as a client addresses it: `form` is `prefix` (all on one port) or `ports` (one port per service)."""

    running: Started
    region: str
    form: str

    def base(self, service: str) -> str:
        """Return what stands before a service's own paths."""
        return f"/{self.region}/{service}" if self.form == "prefix" else ""

    def port(self, service: str) -> int:
        if self.form == "prefix":
            return self.running.port
        return urlsplit(self.running.summary["roots"][self.region][service]).port or 0

    def connect(self, service: str) -> Connection:
        return Connection(self.port(service))


class Stage:
    """Replays captures against one Sosie, and looks behind it through the control plane."""

    def __init__(self, home: Path) -> None:
        scenario = scenario_for_replays(home)
        options = ("--scenario", str(scenario), "--ports", "0", "--no-penalty-delays", "--json")
        self.running = Started(home / "sosie", *options)
        self._answers: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._values: dict[str, dict[str, str]] = {}

    def reset(self) -> None:
        self.running.control("POST", "/worlds/default/reset")
        self._answers.clear()

    def place(self, region: str, form: str) -> Place:
        return Place(self.running, region, form)

    def request(self, capture: Capture, place: Place) -> Request:
        """Return the bytes of a capture for a place, with the tokens it needs."""
        service = capture.notes["to"]
        values = self.values(place.region) | {
            "base": place.base(service),
            "host": f"127.0.0.1:{place.port(service)}",
        }
        if before := capture.notes.get("after"):
            values |= self._granted(before, place)
        return capture.render(values)

    def replay(self, name: str, place: Place, pattern: Pattern = whole) -> Answer:
        """Send a capture on a connection of its own."""
        capture = load(name)
        with place.connect(capture.notes["to"]) as connection:
            return connection.exchange(self.request(capture, place), pattern)

    def _granted(self, name: str, place: Place) -> dict[str, str]:
        key = (name, place.region)
        if key not in self._answers:
            answer = self.replay(name, place)
            assert answer.status == 200, answer
            self._answers[key] = answer.json
        return {member: value for member, value in self._answers[key].items() if isinstance(value, str)}

    def values(self, region: str) -> dict[str, str]:
        """Return what stands for the placeholders, but for addresses and tokens. A reset changes none of it."""
        if region not in self._values:
            self._values[region] = self._read_values(region)
        return self._values[region]

    def _read_values(self, region: str) -> dict[str, str]:
        known = self.running.summary["regions"]
        (first,) = [each for each in known[region]["installations"] if each["enabled"]]
        (disabled,) = [each for each in known[region]["installations"] if not each["enabled"]]
        (key,) = [each for each in self.state(region, "keys") if each["apiKey"] == SECRETS[region][1]]
        (synced,) = [each for each in known[region]["organizations"] if each["id"] == key["organizationId"]]
        (owner,) = [each for each in self.state(region, "users") if each["email"] == synced["owner"]]
        return {
            "region": region,
            "installation.id": first["id"],
            "installation.key": SECRETS[region][0],
            "disabled.id": disabled["id"],
            "other_region.installation.id": known[OTHER[region]]["installations"][0]["id"],
            "synced.id": synced["id"],
            "synced.licenseKey": synced["licenseKey"],
            "synced.key": SECRETS[region][1],
            "owner.id": owner["id"],
            "owner.email": owner["email"],
            "owner.hash": authentication_hash(owner["email"]),
            "owner.apiKey": owner["apiKey"],
        }

    def state(self, region: str, kind: str) -> list[dict[str, Any]]:
        path = f"/worlds/default/state?region={region}&kind={kind}"
        rows: list[dict[str, Any]] = self.running.control("GET", path)["regions"][region][kind]
        return rows

    def pushed(self, region: str) -> dict[str, Any]:
        """Return the devices and messages of the region's first installation."""
        installation = self.values(region)["installation.id"]
        path = f"/worlds/default/push?region={region}&installation={installation}"
        (found,) = self.running.control("GET", path)["regions"][region]["installations"]
        return dict(found)

    def journal_of(self, answer: Answer) -> dict[str, Any]:
        return dict(self.running.control("GET", f"/worlds/default/journal/{answer.one('x-sosie-request')}"))
