"""The loop of the help article *Families for Enterprise, self-hosted*, in one region, step by step."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sosie.conformance import expect, tokens
from sosie.conformance.expect import NotCheckableError
from sosie.conformance.licence import LicensedServer, certificate_key, hash_of, verify_signature
from sosie.local.deployment.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Callable

    from sosie.conformance.cloud import Cloud
    from sosie.conformance.people import Person

_SAME_AS_ABOVE = "See the steps above first; else the functions' logs say why."


class Article:
    """One walk. A step that depends on one that failed is skipped."""

    def __init__(self) -> None:
        self._row: dict[str, Any] = {}
        self._done: set[str] = set()
        self._server: LicensedServer | None = None

    @cached_property
    def probes(self) -> list[Probe]:
        """The steps in their order."""
        ask = (
            ("article: token", "identity", "", self.token),
            ("article: key", "api", "", self.key),
            ("article: offer", "api", "article: key", self.offer),
            ("article: redeem", "api", "article: offer", self.redeem),
            ("article: active", "api", "article: redeem", self.active),
            ("article: licence", "api", "article: key", self.licence),
            ("article: push", "push", "", self.push),
        )
        return [
            Probe(step, service, _SAME_AS_ABOVE, self._after(needs, step, run)) for step, service, needs, run in ask
        ]

    def _after(self, needs: str, step: str, run: Callable[[Cloud], str]) -> Callable[[Cloud], str]:
        def after(cloud: Cloud) -> str:
            if needs and needs not in self._done:
                raise NotCheckableError(f"{needs} did not succeed")
            seen = run(cloud)
            self._done.add(step)
            return seen

        return after

    @property
    def server(self) -> LicensedServer:
        """The self-hosted server, once it has a key."""
        if self._server is None:
            raise NotCheckableError("there is no billing sync key")
        return self._server

    def _friend(self, cloud: Cloud) -> tuple[Person, str]:
        """Return who is offered something, and the Families organization they own."""
        friend = cloud.friend
        for each in cloud.region.organizations:
            if each.owner == friend.email and each.tier == "families":
                return friend, each.id
        raise NotCheckableError("the world has no owner of a Families organization")

    def token(self, cloud: Cloud) -> str:
        """Get a token for syncing."""
        cloud.installation_token("api.installation")
        return "the installation gets a token"

    def key(self, cloud: Cloud) -> str:
        """Sign in as the owner, and generate the billing sync key."""
        self._server = LicensedServer(cloud)
        return f"{cloud.owner.email} signs in and generates the billing sync key"

    def offer(self, cloud: Cloud) -> str:
        """Sync an offer; expect a mail with its token."""
        friend, _ = self._friend(cloud)
        self._row, item = self.server.synced_row(friendlyName=friend.email, offeredToEmail=friend.email)
        expect.matches("lastSyncDate", item["lastSyncDate"], expect.WIRE_DATE)
        self._row["lastSyncDate"] = item["lastSyncDate"]
        valid = expect.document(friend.validate(cloud.offer_token(friend.email)))
        expect.part("the offer", valid, {"isTokenValid": True})
        return f"the sync offers a plan to {friend.email}, who is mailed a token"

    def redeem(self, cloud: Cloud) -> str:
        """Redeem the offer for the friend's organization."""
        friend, family = self._friend(cloud)
        expect.done(friend.redeem(cloud.offer_token(friend.email), family))
        return f"{friend.email} redeems it for a Families organization"

    def active(self, _: Cloud) -> str:
        """Sync again; expect the sponsorship to have an end."""
        (item,) = self.server.synced(self._row)
        expect.matches("validUntil", item["validUntil"], expect.WIRE_DATE)
        return "the next sync shows it active"

    def licence(self, cloud: Cloud) -> str:
        """Sync the licence, and verify it by the certificate that the region publishes."""
        licence, key = self.server.licence(), certificate_key(cloud)
        expect.same("id", licence["id"], self.server.organization.id.lower())
        expect.same("hash", licence["hash"], hash_of(licence))
        verify_signature(licence, key)
        tokens.verify("the licence's token", licence["token"], key)
        return "the licence is synced, and its signatures fit the region's certificate"

    def push(self, cloud: Cloud) -> str:
        """Ask the push relay for what it has to refuse."""
        expect.status(cloud.push("POST", "/push/send", json={}), 400)
        return "the push relay takes a token, and refuses an empty message"
