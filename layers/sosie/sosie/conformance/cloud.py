"""One region of the target, spoken to as its clients speak (docs/contract/clients.md §3)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sosie.conformance import expect
from sosie.conformance.expect import DeviationError, NotCheckableError
from sosie.conformance.people import ENTERPRISE, Organization, Person, create_organization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.conformance.target import Installation, Region, Target
    from sosie.conformance.wire import Answer, RawRequest, Wire

ALL_SCOPES = "api.installation api.licensing api.push"


class Cloud:
    """A region. Paths are a service's own, and each method returns whatever was answered.

    What is asked for often, such as an installation's token, is asked for once per run.
    """

    def __init__(self, wire: Wire, target: Target, region: Region) -> None:
        self.region = region
        self.name = region.name
        self.target = target
        self._wire = wire
        self._tokens: dict[str, str] = {}
        self._people: dict[str, Person] = {}
        self._made = 0

    # Requests.

    def identity(self, method: str, path: str, **request: Any) -> Answer:
        """Ask the identity service; for what a request can have see `Wire.send`."""
        return self._wire.send(method, f"{self.region.identity}{path}", **request)

    def api(self, method: str, path: str, **request: Any) -> Answer:
        """Ask the API."""
        return self._wire.send(method, f"{self.region.api}{path}", **request)

    def push(self, method: str, path: str, **request: Any) -> Answer:
        """Ask the push relay, for the installation unless another token is given."""
        request.setdefault("token", self.installation_token("api.push"))
        return self._wire.send(method, f"{self.region.push}{path}", **request)

    def raw(self, *requests: RawRequest, service: str = "api") -> list[Answer]:
        """Send bytes to a service, all on one connection."""
        return self._wire.exchange(str(getattr(self.region, service)), *requests)

    def grant(self, headers: Mapping[str, str] | None = None, /, **fields: str) -> Answer:
        """Ask the token endpoint for a grant with these fields."""
        return self.identity("POST", "/connect/token", form=fields, headers=headers)

    # Installations.

    @cached_property
    def installation(self) -> Installation:
        """The first enabled one."""
        found = next((each for each in self.region.installations if each.enabled), None)
        if found is None:
            raise NotCheckableError("the target names no enabled installation")
        return found

    @property
    def disabled_installation(self) -> Installation:
        """The first disabled one."""
        found = next((each for each in self.region.installations if not each.enabled), None)
        if found is None:
            raise NotCheckableError("the target names no disabled installation")
        return found

    def credentials(self, scope: str | None = "api.push", **changes: str) -> dict[str, str]:
        """Return the form fields of the installation's grant; `changes` replace some."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": f"installation.{self.installation.id}",
            "client_secret": self.installation.key,
        }
        return fields | ({} if scope is None else {"scope": scope}) | changes

    def installation_token(self, scope: str) -> str:
        """Return an access token of the installation."""
        if scope not in self._tokens:
            answer = self.grant(**self.credentials(scope))
            granted = expect.document(answer)
            self._tokens[scope] = granted["access_token"]
        return self._tokens[scope]

    # People and what is theirs.

    @cached_property
    def owner(self) -> Person:
        """The owner of an Enterprise organization, signed in."""
        return self.person(self._enterprise_owners()[0])

    @cached_property
    def friend(self) -> Person:
        """Somebody whom the owner can offer a sponsorship to, signed in; no member of what the owner creates."""
        for each in self.region.organizations:
            if each.tier == "families" and each.owner and each.owner != self.owner.email:
                return self.person(each.owner)
        for user in self.region.users:
            if user.email != self.owner.email:
                return self.person(user.email)
        raise NotCheckableError("the target names a single person; offers need two")

    def person(self, email: str) -> Person:
        """Return somebody of the target, signed in."""
        if email not in self._people:
            for user in self.region.users:
                if user.email == email:
                    person = Person(self, user)
                    person.sign_in()
                    self._people[email] = person
                    break
            else:
                raise NotCheckableError(f"the target names no master password of {email}")
        return self._people[email]

    def organization(self, plan: int = ENTERPRISE, owner: Person | None = None) -> Organization:
        """Create an organization, so that a check may spoil it."""
        return create_organization(owner or self._founder(), plan, f"Conformance {self.target.label} {self._next()}")

    @cached_property
    def shared(self) -> Organization:
        """An organization for the checks that leave it as it is, apart from rows of members of their own."""
        return self.organization()

    def _founder(self) -> Person:
        """Return the owners of Enterprise organizations in turn: a token names every organization one owns."""
        owners = [each for each in self._enterprise_owners() if each != self.friend.email]
        return self.person(owners[self._made % len(owners)])

    def _enterprise_owners(self) -> list[str]:
        known = {user.email for user in self.region.users}
        found = [each.owner for each in self.region.organizations if each.tier == "enterprise" and each.enabled]
        owners = list(dict.fromkeys(owner for owner in found if owner in known))
        if not owners:
            raise NotCheckableError("the target names no Enterprise organization with an owner who can sign in")
        return [str(owner) for owner in owners]

    # Names of this run's own.

    def guid(self) -> str:
        """Return an id that nothing has yet."""
        return str(uuid5(NAMESPACE_URL, f"{self.target.label}/{self.name}/{self._next()}"))

    def email(self, name: str = "pat") -> str:
        """Return an address that nobody has yet."""
        return f"{name}-{self._next()}@{self.target.label}.conformance.test"

    def _next(self) -> int:
        self._made += 1
        return self._made

    # What only some targets have.

    def offer_tokens(self, to: str) -> list[str]:
        """Return the sponsorship tokens in the mails to an address, oldest first."""
        control = self.target.control
        if control is None:
            raise NotCheckableError("needs the mailbox of a Sosie: the token of an offer travels by mail alone")
        mails = control.mail(self.target.world, to=to, region=self.name)
        return [each["sponsorshipToken"] for each in mails if each.get("sponsorshipToken")]

    def offer_token(self, to: str) -> str:
        """Return the sponsorship token of the newest mail to an address."""
        tokens = self.offer_tokens(to)
        if not tokens:
            raise DeviationError(f"expected a mail with an offer to {to}, saw none")
        return tokens[-1]

    def stored(self, kind: str) -> list[dict[str, Any]]:
        """Return the rows of a kind as the target keeps them."""
        control = self.target.control
        if control is None:
            raise NotCheckableError("needs the state of a Sosie: the wire does not show it")
        found = control.state(self.target.world, region=self.name, kind=kind)
        rows: list[dict[str, Any]] = found["regions"][self.name][kind]
        return rows

    @cached_property
    def elsewhere(self) -> Cloud:
        """Return another region of the target."""
        found = next((each for each in self.target.regions.values() if each.name != self.name), None)
        if found is None:
            raise NotCheckableError("the target has a single region")
        return Cloud(self._wire, self.target, found)
