"""The control plane's verbs over HTTP, for the command line and for tests (design: control plane)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sosie.control.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sosie.control.event_lines import Event


class ControlClient(Connection):
    """The verbs. Each raises NotReachableError and RefusedByControlError (`control/connection.py`)."""

    def health(self) -> dict[str, Any]:
        """Return `status`, `version`, `store` and `uptimeSeconds`."""
        found: dict[str, Any] = self._ask("GET", "/health")
        return found

    def worlds(self) -> list[str]:
        """Return all worlds' names."""
        return [item["world"] for item in self._ask("GET", "/worlds")["items"]]

    def create_world(self, world: str, scenario: str | Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Create a world from a scenario, unless it exists, and return its summary."""
        document = {} if scenario is None else {"scenario": scenario}
        found: dict[str, Any] = self._ask("PUT", f"/worlds/{quote(world, safe='')}", document)
        return found

    def drop_world(self, world: str) -> None:
        """Remove a world and everything in it."""
        self._ask("DELETE", f"/worlds/{quote(world, safe='')}")

    def summary(self, world: str = "default") -> dict[str, Any]:
        """Return a world's addresses and what its scenario put there."""
        found: dict[str, Any] = self._in(world, "GET", "")
        return found

    def state(self, world: str = "default", *, region: str | None = None, kind: str | None = None) -> dict[str, Any]:
        """Return `{"world", "regions": {region: {kind: [rows]}}}`."""
        found: dict[str, Any] = self._in(world, "GET", "/state", query={"region": region, "kind": kind})
        return found

    def certificates(self, world: str = "default") -> dict[str, dict[str, str]]:
        """Return per region the PEM certificates that its `licence` and `tokens` are signed with."""
        found: dict[str, dict[str, str]] = self._in(world, "GET", "/certificates")
        return found

    def seed(self, scenario: str | Mapping[str, Any], world: str = "default") -> dict[str, Any]:
        """Apply a scenario on top, a name or a document, and return the summary."""
        found: dict[str, Any] = self._in(world, "POST", "/seed", scenario)
        return found

    def reset(self, world: str = "default") -> dict[str, Any]:
        """Return a world to its scenario, and return the summary."""
        found: dict[str, Any] = self._in(world, "POST", "/reset")
        return found

    def maintenance(self, world: str = "default") -> list[dict[str, Any]]:
        """Run the cloud's scheduled jobs now, and return what happened, in order."""
        found: list[dict[str, Any]] = self._in(world, "POST", "/maintenance")["items"]
        return found

    def clock(self, world: str = "default") -> dict[str, Any]:
        """Return `mode`, `now` and `offsetSeconds`."""
        found: dict[str, Any] = self._in(world, "GET", "/clock")
        return found

    def put_clock(self, mode: str, now: str | None = None, world: str = "default") -> dict[str, Any]:
        """Put the clock: `system`, `frozen` or `shifted`, at an ISO 8601 time. Nothing happens in between."""
        given = {"mode": mode} if now is None else {"mode": mode, "now": now}
        found: dict[str, Any] = self._in(world, "PUT", "/clock", given)
        return found

    def advance(self, by: str | None = None, *, to: str | None = None, world: str = "default") -> dict[str, Any]:
        """Move the clock on by an ISO 8601 duration or to a time; return `clock`, and what happened, as `items`."""
        given = {name: value for name, value in (("by", by), ("to", to)) if value is not None}
        found: dict[str, Any] = self._in(world, "POST", "/clock/advance", given)
        return found

    def settings(self, world: str = "default") -> dict[str, Any]:
        """Return how a world departs from the cloud."""
        found: dict[str, Any] = self._in(world, "GET", "/settings")
        return found

    def put_settings(self, settings: Mapping[str, Any], world: str = "default") -> dict[str, Any]:
        """Change settings; what is not named stays."""
        found: dict[str, Any] = self._in(world, "PUT", "/settings", dict(settings))
        return found

    def fault_catalog(self) -> list[dict[str, Any]]:
        """Return every effect: `kind`, `description`, `strikes`, and the JSON `schema` of its parameters."""
        found: list[dict[str, Any]] = self._ask("GET", "/faults/catalog")["items"]
        return found

    def faults(self, world: str = "default") -> list[dict[str, Any]]:
        """Return the fault rules with `seen` and `applied`, in the order in which they are asked."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/faults")["items"]
        return found

    def read_fault(self, fault_id: str, world: str = "default") -> dict[str, Any]:
        """Return one fault rule with its counters."""
        found: dict[str, Any] = self._in(world, "GET", f"/faults/{quote(fault_id, safe='')}")
        return found

    def add_fault(self, rule: Mapping[str, Any], world: str = "default") -> dict[str, Any]:
        """Add a fault rule, `{"id"?, "match"?, "effect", "limit"?}`, and return it with its id."""
        found: dict[str, Any] = self._in(world, "POST", "/faults", dict(rule))
        return found

    def add_faults(self, rules: Iterable[Mapping[str, Any]], world: str = "default") -> list[dict[str, Any]]:
        """Add fault rules, all or none, and return them with their ids."""
        found: list[dict[str, Any]] = self._in(world, "POST", "/faults", [dict(rule) for rule in rules])["items"]
        return found

    def drop_fault(self, fault_id: str, world: str = "default") -> None:
        """Remove a fault rule."""
        self._in(world, "DELETE", f"/faults/{quote(fault_id, safe='')}")

    def clear_faults(self, world: str = "default") -> None:
        """Remove all fault rules."""
        self._in(world, "DELETE", "/faults")

    def mail(self, world: str = "default", **filters: str | float | None) -> list[dict[str, Any]]:
        """Return captured mails, oldest first; `to`, `region`, `category`, `subject`, `after`, and `wait` seconds."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/mail", query=filters)["items"]
        return found

    def clear_mail(self, world: str = "default") -> None:
        """Forget the captured mail."""
        self._in(world, "DELETE", "/mail")

    def push(
        self, world: str = "default", *, region: str | None = None, installation: str | None = None
    ) -> dict[str, Any]:
        """Return per region and installation the registered devices and what was sent to them."""
        query = {"region": region, "installation": installation}
        found: dict[str, Any] = self._in(world, "GET", "/push", query=query)
        return found

    def read_mail(self, mail_id: str, world: str = "default") -> dict[str, Any]:
        """Return one mail."""
        found: dict[str, Any] = self._in(world, "GET", f"/mail/{quote(mail_id, safe='')}")
        return found

    def journal(self, world: str = "default", **filters: str | float | None) -> list[dict[str, Any]]:
        """Return journal entries, oldest first; filters are those of the verb, and `limit`, `after`, `wait`."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/journal", query=filters)["items"]
        return found

    def read_entry(self, entry_id: str, world: str = "default") -> dict[str, Any]:
        """Return one journal entry."""
        found: dict[str, Any] = self._in(world, "GET", f"/journal/{quote(entry_id, safe='')}")
        return found

    def har(self, world: str = "default", **filters: str | float | None) -> dict[str, Any]:
        """Return journal entries as an HTTP Archive (HAR 1.2)."""
        found: dict[str, Any] = self._in(world, "GET", "/journal", query={**filters, "format": "har"})
        return found

    def clear_journal(self, world: str = "default") -> None:
        """Forget all journal entries."""
        self._in(world, "DELETE", "/journal")

    def verify(
        self,
        match: str | Mapping[str, Any],
        *,
        times: int | Mapping[str, int] | None = None,
        within: float | None = None,
        world: str = "default",
    ) -> dict[str, Any]:
        """Return `met`, `count`, `entries` (ids) and `nearestMisses`; wait up to `within` seconds for it to be met.

        `match` is a method and a path or route, or filters and a `body`. At least once unless `times` says otherwise.
        """
        given = {"match": match if isinstance(match, str) else dict(match), "times": times, "within": within}
        body = {name: value for name, value in given.items() if value is not None}
        found: dict[str, Any] = self._in(world, "POST", "/journal/verify", body)
        return found

    def events(self, world: str = "default", *, kinds: Iterable[str] = (), after: str | None = None) -> Iterator[Event]:
        """Yield what happens from now on, or behind an event's id, until the server ends the stream."""
        from sosie.control.event_lines import read_events  # late: few listen

        query = {"kinds": ",".join(kinds) or None, "after": after}
        with self._streamed(f"/worlds/{quote(world, safe='')}/events", query) as lines:
            yield from read_events(lines)

    def snapshots(self, world: str = "default") -> list[dict[str, Any]]:
        """Return a world's snapshots, by name."""
        found: list[dict[str, Any]] = self._in(world, "GET", "/snapshots")["items"]
        return found

    def snapshot(self, name: str, world: str = "default", *, parts: Iterable[str] = ()) -> dict[str, Any]:
        """Take a snapshot, in place of the one of that name; `parts` may be `mail` and `journal`."""
        query = {"with": ",".join(parts) or None}
        found: dict[str, Any] = self._in(world, "PUT", f"/snapshots/{quote(name, safe='')}", query=query)
        return found

    def read_snapshot(self, name: str, world: str = "default") -> dict[str, Any]:
        """Return a snapshot's portable document."""
        found: dict[str, Any] = self._in(world, "GET", f"/snapshots/{quote(name, safe='')}")
        return found

    def upload_snapshot(self, name: str, document: Mapping[str, Any], world: str = "default") -> dict[str, Any]:
        """Keep a document under a name."""
        found: dict[str, Any] = self._in(world, "POST", f"/snapshots/{quote(name, safe='')}", dict(document))
        return found

    def restore(self, name: str, world: str = "default") -> dict[str, Any]:
        """Return a world to a snapshot, and return the summary."""
        found: dict[str, Any] = self._in(world, "POST", f"/snapshots/{quote(name, safe='')}/restore")
        return found

    def drop_snapshot(self, name: str, world: str = "default") -> None:
        """Forget a snapshot."""
        self._in(world, "DELETE", f"/snapshots/{quote(name, safe='')}")

    def odd_token(self, region: str, client: str, odd: str = "none", *, world: str = "default", **more: Any) -> Any:
        """Return `accessToken`, `header`, `claims`, and `why` it is refused; further members are `scope`, `expiresIn`.

        `client` is `installation.{id}` or `user.{email or id}`.
        """
        return self._in(world, "POST", "/tokens", {"region": region, "client": client, "odd": odd, **more})

    def openapi(self) -> dict[str, Any]:
        """Return the control plane's OpenAPI document."""
        found: dict[str, Any] = self._ask("GET", "/openapi.json")
        return found
