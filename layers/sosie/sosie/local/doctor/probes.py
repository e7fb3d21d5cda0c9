"""Walks the client's way to the cloud, step by step: the host, a token per scope, a route per service.

Nothing is changed where it arrives: a look-up, tokens, and calls that every cloud has to refuse.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from sosie.domain.ids import EMPTY_GUID, parse_guid
from sosie.domain.regions import REGIONS, other_region
from sosie.local.doctor.reach import Step, reach
from sosie.local.doctor.rules_region import wanted_region
from sosie.local.selfhost.transport import WireFailedError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.keys import Role
    from sosie.local.doctor.reach import Status
    from sosie.local.doctor.requests import Asker
    from sosie.local.doctor.targets import Cloud, Target
    from sosie.local.selfhost.transport import Reply

SCOPES = {"bitwarden": ("api.push", "api.installation", "api.licensing"), "vaultwarden": ("api.push",)}
CLOCK_TOLERANCE_SECONDS = 300
"""The cloud accepts a token that expired so long ago (clients.md §4)."""
_TLS_PORT_HINTS = ("bad status line", "remote end closed", "connection reset", "connection aborted")


class Walk:
    """One walk. `asker_for` gives what sends as the client does; `explain` says why a Sosie refused, and the remedy."""

    def __init__(
        self,
        configuration: Configuration,
        targets: Sequence[Target],
        cloud: Cloud | None,
        *,
        asker_for: Callable[[Target], Asker],
        trust_for: Callable[[Target], ssl.SSLContext],
        now: Callable[[], datetime],
        explain: Callable[[Reply], tuple[str, str] | None] = lambda _: None,
    ) -> None:
        self._configuration = configuration
        self._targets = {target.role: target for target in targets}
        self._cloud = cloud
        self._asker_for = asker_for
        self._trust_for = trust_for
        self._now = now
        self._explain = explain
        self._blocked: dict[Role, str] = {}
        self._tokens: dict[str, str] = {}
        self._clock: Step | None = None
        self.steps: list[Step] = []

    def run(self) -> list[Step]:
        """Take all steps and return them."""
        roles: tuple[Role, ...] = ("identity", "api", "push")
        roles = tuple(role for role in roles if self._configuration.dialect.has_role(role))
        for role in roles:
            self._reach(role)
        if "installer" in self._targets:
            self._reach("installer")
        stranger = self._know_installation()
        if self._configuration.client == "bitwarden":
            self._look_up("installer" if "installer" in self._targets else "api", stranger)
        for scope in SCOPES[self._configuration.client]:
            self._ask_for_token(scope, stranger)
        self.steps.append(self._clock or self._skipped("clock", "identity", self._blocked.get("identity", "no answer")))
        self._try_routes()
        return self.steps

    # The installation.

    @property
    def _id(self) -> str | None:
        return parse_guid(self._configuration.value("id") or "")

    def _know_installation(self) -> str:
        """Compare the id with Sosie's installations; return why its further steps make no sense, or nothing."""
        target = self._targets.get("identity")
        if self._cloud is None or target is None or not target.of_sosie:
            return ""
        region = target.configured.region or wanted_region(self._configuration)
        if self._id is None or region is None:
            self._add("region", "identity", "skipped", "the installation id is missing or no GUID")
            return ""
        homes = self._cloud.homes(self._id)
        if region in homes:
            self._add("region", "identity", "ok", f"installation {self._id} is known in {region.upper()}", target)
            return ""
        if homes:
            other = other_region(region).upper()
            detail = f"installation {self._id} is known in {other}, and not in {region.upper()}"
            self._add("region", "identity", "failed", detail, target, f"Write the base URIs of {other}.")
            return ""
        detail = f"installation {self._id} is unknown to world {self._cloud.world}; it has {self._seeded()}"
        if target.way == "direct":
            remedy = f"Write one of them: sosie env --for {self._configuration.client} --region {region}"
            self._add("region", "identity", "failed", detail, target, remedy)
            return ""
        self._add("region", "identity", "skipped", detail, target, "Take one of them, or add yours to the scenario.")
        return "the installation is unknown to this world"

    def _seeded(self) -> str:
        if self._cloud is None:
            return "none"
        found = [
            f"{each['id']} ({region.upper()}{'' if each['enabled'] else ', disabled'})"
            for region in REGIONS
            for each in self._cloud.installations(region)
        ]
        return ", ".join(found) or "none"

    def _look_up(self, role: Role, stranger: str) -> None:
        target = self._open_target("installation", role, stranger or ("" if self._id else "the id is no GUID"))
        if target is None or self._id is None:
            return
        asked = self._id
        reply = self._ask("installation", target, lambda asker: asker.look_up(target.role, target.base, asked))
        if reply is None:
            return
        if reply.status == 200 and reply.document().get("enabled") is True:
            self._add("installation", role, "ok", "known and enabled", target)
        elif reply.status == 200 and reply.document().get("enabled") is False:
            remedy = "Request a new installation at https://bitwarden.com/host, or have it enabled."
            self._add("installation", role, "failed", "known, but disabled", target, remedy)
        elif reply.status == 404 and reply.document().get("message") == "Resource not found.":
            remedy = "Correct the id, or the region of the base URIs."
            self._add("installation", role, "failed", "unknown here (404)", target, remedy)
        else:
            self._unexpected("installation", target, reply)

    def _ask_for_token(self, scope: str, stranger: str) -> None:
        step = f"token {scope}"
        configuration = self._configuration
        missing = "" if configuration.is_set("id") and configuration.is_set("key") else "id or key is missing"
        target = self._open_target(step, "identity", stranger or missing)
        if target is None:
            return
        # As the client sends it: .NET prints the GUID it read, vaultwarden what is written.
        text = (configuration.value("id") or "").strip()
        shown = (self._id or text) if configuration.client == "bitwarden" else text
        key = configuration.value("key") or ""
        reply = self._ask(step, target, lambda asker: asker.token(target.base, shown, key, scope))
        if reply is None:
            return
        self._read_clock(reply, target)
        token = reply.document().get("access_token")
        if reply.status == 200 and isinstance(token, str) and token.count(".") == 2:
            self._tokens[scope] = token
            self._add(step, "identity", "ok", f"valid for {reply.document().get('expires_in')} s", target)
        elif reply.status == 400 and reply.document().get("error") == "invalid_client":
            why, remedy = self._why_refused(reply)
            detail = f"400 invalid_client{why}"
            if configuration.client == "bitwarden":
                detail += " A server does not ask again for 24 hours after this."
            self._add(step, "identity", "failed", detail, target, remedy)
        elif reply.status == 200:
            self._add(step, "identity", "failed", "200, but no token in it", target, "Check what answers there.")
        else:
            self._unexpected(step, target, reply)

    def _why_refused(self, reply: Reply) -> tuple[str, str]:
        if (known := self._explain(reply)) is not None:
            return f": {known[0]}", known[1]
        return ".", "Check id, key and region, and whether the installation is enabled."

    def _read_clock(self, reply: Reply, target: Target) -> None:
        if self._clock is not None:
            return
        try:
            theirs = parsedate_to_datetime(reply.headers.get("date", ""))
            ahead = round((self._now() - theirs).total_seconds())
        except (ValueError, TypeError):
            self._clock = self._skipped("clock", "identity", "the answer has no date")
            return
        if abs(ahead) <= CLOCK_TOLERANCE_SECONDS:
            self._clock = Step(
                "clock", "identity", "ok", "this machine's agrees with the answer's date", "", target.base
            )
            return
        minutes = f"{abs(ahead) // 60} minutes {'ahead of' if ahead > 0 else 'behind'}"
        remedy = "Set the clock: a licence that is not valid yet is refused, and a token that seems expired is renewed."
        detail = f"this machine's is {minutes} the answer's date"
        self._clock = Step("clock", "identity", "failed", detail, remedy, target.base)

    # Routes.

    def _try_routes(self) -> None:
        self._try("push", "route push", "POST", "push/send", {}, "api.push", (400,))
        if self._configuration.client != "bitwarden":
            return
        nobody: dict[str, Any] = {
            "billingSyncKey": None,
            "sponsoringOrganizationCloudId": EMPTY_GUID,
            "sponsorshipsBatch": [],
        }
        sync = "organization/sponsorship/sync"
        self._try("api", "route sync", "POST", sync, nobody, "api.installation", (400,))
        route = f"licenses/organization/{EMPTY_GUID}"
        payload = {"licenseKey": None, "billingSyncKey": None}
        self._try("api", "route licence", "GET", route, payload, "api.licensing", (404,))

    def _try(
        self, role: Role, step: str, method: str, route: str, payload: Any, scope: str, wanted: tuple[int, ...]
    ) -> None:
        """Ask a route for what it has to refuse: 401 without a token, `wanted` with one."""
        target = self._open_target(step, role, "")
        if target is None:
            return
        reply = self._ask(step, target, lambda asker: asker.call(method, role, target.base, route, payload, None))
        if reply is None:
            return
        if reply.status != 401:
            self._unexpected(step, target, reply)
            return
        token = self._tokens.get(scope)
        if token is None:
            self._add(step, role, "ok", f"401 without a token, as it has to be; not tried with one of {scope}", target)
            return
        reply = self._ask(step, target, lambda asker: asker.call(method, role, target.base, route, payload, token))
        if reply is None:
            return
        if reply.status in wanted and (method != "GET" or reply.document().get("message") == "Resource not found."):
            arrived = ", and the chunked body of a GET arrives" if method == "GET" else ""
            detail = f"401 without a token, {reply.status} for nobody's data with one{arrived}"
            self._add(step, role, "ok", detail, target)
        elif method == "GET" and reply.status in (400, 411, 415):
            remedy = "Let the proxy between pass the body of a GET, and chunked framing."
            detail = f"{reply.status}: the chunked body of a GET does not arrive"
            self._add(step, role, "failed", detail, target, remedy)
        elif reply.status in (401, 403):
            remedy = "Let identity and this service be of one region: tokens of another are refused."
            detail = f"{reply.status} with a token of {scope}"
            self._add(step, role, "failed", detail, target, remedy)
        else:
            self._unexpected(step, target, reply)

    # What the steps share.

    def _reach(self, role: Role) -> None:
        target = self._targets.get(role)
        if target is None:
            why = "there is no base URI to ask"
            self._blocked[role] = why
            self.steps.append(self._skipped("resolve", role, why))
            return
        place = target.place
        if place is None:
            self._blocked[role] = f"{target.configured.host} is not contacted"
            self.steps.append(self._skipped("resolve", role, f"{self._blocked[role]}: {target.why}"))
            return
        found = reach(role, place, self._trust_for(target), self._whom_to_trust())
        self.steps += found
        if found[-1].status == "failed":
            self._blocked[role] = f"{found[-1].step} of {role} failed"

    def _whom_to_trust(self) -> str:
        if self._configuration.client == "vaultwarden":
            return "Write SSL_CERT_FILE with a PEM bundle that has its CA; for a Sosie's: sosie ca export DIR"
        return "Copy its CA into bwdata/ca-certificates/; for a Sosie's: sosie ca export DIR"

    def _open_target(self, step: str, role: Role, otherwise: str) -> Target | None:
        """Return a role's target, or None after noting why the step is skipped."""
        why = self._blocked.get(role) or otherwise
        if why:
            self.steps.append(self._skipped(step, role, why))
            return None
        return self._targets[role]

    def _ask(self, step: str, target: Target, send: Callable[[Asker], Reply]) -> Reply | None:
        try:
            return send(self._asker_for(target))
        except (WireFailedError, ValueError) as error:
            text = str(error)
            remedy = "Check what listens there, and proxies between."
            if target.configured.scheme == "http" and any(hint in text.lower() for hint in _TLS_PORT_HINTS):
                remedy = "Perhaps https is spoken there: write https://."
            self._add(step, target.role, "failed", text, target, remedy)
            return None

    def _unexpected(self, step: str, target: Target, reply: Reply) -> None:
        known = self._explain(reply)
        detail = f"{reply.method} {reply.url}: {reply.status}"
        remedy = "Check the base URI: another server answers there, or a proxy in between."
        if known is not None:
            detail, remedy = f"{detail}. {known[0]}", known[1]
        elif 300 <= reply.status < 400:
            remedy = "Write the address it redirects to: a redirect loses the token, or the body."
        elif reply.status == 429:
            remedy = f"Wait {reply.headers.get('retry-after', 'some')} s: the cloud allows 10 tokens a minute."
        elif reply.status == 404:
            remedy = "Check host, path and slashes of the base URI."
        elif reply.status >= 500:
            remedy = "The service fails; try again later."
        self._add(step, target.role, "failed", detail, target, remedy)

    def _add(
        self, step: str, service: str, status: Status, detail: str, target: Target | None = None, remedy: str = ""
    ) -> None:
        self.steps.append(Step(step, service, status, detail, remedy, target.base if target else None))

    @staticmethod
    def _skipped(step: str, service: str, why: str) -> Step:
        return Step(step, service, "skipped", why)
