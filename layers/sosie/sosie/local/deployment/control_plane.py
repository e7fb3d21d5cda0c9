"""The first steps, before there is a world: is it reached, is it healthy, is it closed to strangers?"""

from __future__ import annotations

import json
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sosie import __version__
from sosie.conformance.wire import NoAnswerError
from sosie.local.deployment.probe import Taken
from sosie.local.doctor.reach import Step, reach
from sosie.local.options import HOW_TO_ASK
from sosie.local.output import Failure, SaysNo, Unreachable, WrongUse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sosie.conformance.wire import Answer, Wire
    from sosie.local.doctor.reach import Status
    from sosie.local.doctor.uris import Uri

_READ = ("/health", "/worlds", "/worlds/default", "/worlds/default/state", "/worlds/default/journal")
_PROBLEM = {"type", "title", "status", "detail"}
_CLOSE = (
    "Close it at once: whoever knows the address can read and reset every world. "
    "Let nothing on the way add the token to requests."
)
_BY_IAM = (
    "403 by the gateway and not by Sosie: it wants requests signed for AWS IAM (ControlAccess=iam), "
    "which no control token is, or a firewall keeps this machine out"
)
_INSTEAD_OF_IAM = (
    "Check a stage deployed with ControlAccess=bearer; or let a proxy that signs (SigV4) stand before this one, "
    "give its address as --url, and mind that it then is what has to be closed."
)
_TRUST = "Name its CA with --cacert or SOSIE_CACERT; a Sosie's own: sosie ca export DIR"


@dataclass
class ControlPlane:
    """The control plane at an address. `steps` are those taken; `failure` ends the check if set.

    `open_here`: it is on loopback and nobody gave a token, so that it need not ask for one.
    """

    url: str
    place: Uri
    token: str | None
    wire: Wire
    open_here: bool
    version: str | None = None
    steps: list[Taken] = field(default_factory=list)
    failure: Failure | None = None

    def look(self) -> None:
        """Take the steps, up to one that makes the others senseless."""
        try:
            self._look_at_health()
        except NoAnswerError as error:
            self._add("health", "failed", str(error), "Check what listens there.")
            self.failure = Unreachable(f"no Sosie answers at {self.url}: {error}")
        if self.failure is None:
            self._try_without_token()
            self._try_wrong_tokens()

    def _look_at_health(self) -> None:
        answer = self._ask("/health", self.token)
        health = _document(answer)
        if answer.status == 200 and health.get("status") == "ready":
            self.version = str(health.get("version"))
            self._compare_versions(answer, self.version)
            detail = f"ready, store {health.get('store')}, up {health.get('uptimeSeconds')} s"
            self._add("health", "ok", detail)
            return
        self.failure = self._explained(answer, health)

    def _compare_versions(self, answer: Answer, version: str) -> None:
        seen = answer.headers.get("x-sosie")
        if seen is None:
            remedy = "Let the headers x-sosie, x-sosie-request and x-sosie-hint pass."
            self._add("version", "failed", f"Sosie {version}, but its answer lacks the header x-sosie", remedy)
        else:
            remedy = "" if version == __version__ else f"This command is of Sosie {__version__}; use that of {version}."
            self._add("version", "ok", f"Sosie {seen}", remedy)

    def _explained(self, answer: Answer, problem: dict[str, Any]) -> Failure:
        """Say why there is no health to be seen; return how the command ends."""
        ours = set(problem) >= _PROBLEM
        if answer.status == 401 and ours:
            self._add("health", "failed", "401: the control token is missing or wrong", f"{HOW_TO_ASK.capitalize()}.")
            return WrongUse(HOW_TO_ASK)
        if answer.status == 403 and ours:
            remedy = "Ask from an address, and by a name, that it answers to."
            self._add("health", "failed", f"403: {problem['detail']}", remedy)
            return SaysNo("the control plane refuses this machine")
        if answer.status in (401, 403):
            self._add("health", "failed", _BY_IAM.replace("403", str(answer.status), 1), _INSTEAD_OF_IAM)
            return SaysNo("the control plane cannot be used with a token, so nothing else can be checked")
        told = answer.body[:120].decode("utf-8", "replace") or "without a body"
        remedy = "Give the base URL of a deployed Sosie (the stack's output Url), and see the functions' logs."
        self._add("health", "failed", f"{answer.status} {told}", remedy)
        return Unreachable(f"no Sosie answers at {self.url}: something else does ({answer.status})")

    def _try_without_token(self) -> None:
        self._expect_refusals("no token", "without a token", [None])

    def _try_wrong_tokens(self) -> None:
        bearers = ["Bearer wrong", "Bearer", "Basic c29zaWU6d3Jvbmc="]
        if self.token:
            bearers += [f"Bearer {self.token}x", f"Bearer {self.token[:-1]}"]
        self._expect_refusals("wrong token", "with a wrong one", bearers)

    def _expect_refusals(self, step: str, how: str, authorizations: Sequence[str | None]) -> None:
        for path in _READ:
            for authorization in authorizations:
                headers = {} if authorization is None else {"Authorization": authorization}
                try:
                    answer = self.wire.send("GET", f"{self.url}/_sosie{path}", headers=headers)
                except NoAnswerError as error:
                    self._add(step, "failed", str(error), "Check what listens there.")
                    return
                if answer.status == 200 and self.open_here:
                    self._add(step, "skipped", "on loopback it need not ask for one; give one, and it has to")
                    return
                if answer.status not in (401, 403):
                    self._add(step, "failed", f"GET /_sosie{path} {how}: {answer.status}", _CLOSE)
                    return
                if not _is_bare(answer):
                    detail = f"GET /_sosie{path} {how}: {answer.status}, and its body says more than that"
                    self._add(step, "failed", detail, "Let nothing on the way replace the refusal.")
                    return
        self._add(step, "ok", f"refused {how}, and told nothing")

    def _ask(self, path: str, token: str | None) -> Answer:
        return self.wire.send("GET", f"{self.url}/_sosie{path}", token=token)

    def _add(self, step: str, status: Status, detail: str, remedy: str = "") -> None:
        self.steps.append(Taken(Step(step, "control", status, detail, remedy, f"{self.url}/_sosie")))


def reached(place: Uri, cacert: Path | None) -> list[Taken]:
    """Return the steps to the host, up to the first that fails. Raises WrongUse for a CA that cannot be read."""
    try:
        trust = ssl.create_default_context(cafile=cacert)
    except (OSError, ValueError) as error:
        raise WrongUse(f"{cacert}: {getattr(error, 'strerror', None) or error}") from None
    steps = reach("control", place, trust, _TRUST)
    if place.scheme == "http" and steps[-1].status == "ok":
        steps.append(_unencrypted(place))
    return [Taken(step) for step in steps]


def _unencrypted(place: Uri) -> Step:
    if place.private:
        return Step("tls", "control", "skipped", "plain http, in a network of one's own")
    remedy = "Serve https: tokens and keys travel here, and vaultwarden wants nothing else."
    return Step("tls", "control", "failed", "plain http, readable on the way", remedy)


def _document(answer: Answer) -> dict[str, Any]:
    with suppress(ValueError):
        found = json.loads(answer.body)
        if isinstance(found, dict):
            return found
    return {}


def _is_bare(answer: Answer) -> bool:
    """Tell whether a refusal is Sosie's, or a gateway's of one sentence."""
    document = _document(answer)
    return set(document) == _PROBLEM or set(document) <= {"message", "Message"}
