"""Faults and rate limits at the door: before a handler acts, and on the answer it gave.

A request's rules come with the first thing it reads, together with its world's record, so that a world without rules
pays nothing for them. Handlers read before they act: a fault that strikes `before` ends the handler right there, and
whatever it may have buffered is thrown away.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sosie.services.unit_of_work import StruckError
from sosie.wire.cors import is_preflight

if TYPE_CHECKING:
    from collections.abc import Callable

    from sosie.domain.faults import Asked
    from sosie.domain.rate_limits import Exceeded
    from sosie.ports import Item
    from sosie.services.faults import Decision
    from sosie.services.world_record import WorldRecord
    from sosie.wire.http import Answer, Call


def answer_at_the_door(call: Call, serve: Callable[[], Answer], *, realistic_limits: bool) -> Answer:
    """Return what `serve` answers, or what a fault or a limit makes of it; notes the fault and the counters.

    Raises UnknownWorldError and ConflictError as `serve` does.
    """
    watch = _Watch(call, realistic_limits=realistic_limits)
    call.uow.when_opened = watch.look
    try:
        answer = serve()
        call.uow.require_world()  # there are answers that nothing had to be read for
    except StruckError:
        call.uow.discard()
        call.exchange.diagnosis = None
        watch.explain_limit()
        if watch.answer is None:
            raise
        answer = watch.answer
    return watch.finish(answer)


class _Watch:
    """What faults and limits have to say about one request."""

    def __init__(self, call: Call, *, realistic_limits: bool) -> None:
        self._call = call
        self._realistic_limits = realistic_limits
        self._preflight = is_preflight(call.method, call.headers)
        self._decision: Decision | None = None
        self._struck = False
        self._exceeded: Exceeded | None = None
        self.answer: Answer | None = None

    def look(self, record: WorldRecord, rules: Item | None) -> None:
        """Ask rules and limits, as soon as they are known. Raises StruckError if one of them answers."""
        if rules is not None:
            self._ask_rules(record, rules)
        if (self._realistic_limits or record.realistic_limits) and not self._preflight:
            self._ask_limits()

    def finish(self, answer: Answer) -> Answer:
        """Return the answer as a fault that strikes afterwards makes it, and note what was decided."""
        if self._decision is None:
            return answer
        exchange, rule = self._call.exchange, self._decision.rule
        applied = self._struck
        if rule is not None and not applied:
            from sosie.wire.fault_answers import changed

            after = changed(self._call, rule, answer)
            answer, applied = (answer, False) if after is None else (after, True)
        if rule is not None and applied:
            exchange.fault = {"id": rule.id, "kind": rule.kind}
        exchange.bookkeeping += self._decision.counted(applied=applied)
        return answer

    def explain_limit(self) -> None:
        """Name a limit as the reason, if one was exceeded; a fault says by itself that it is one."""
        if self._exceeded is not None:
            period, seconds = self._exceeded
            self._call.exchange.suspect("RATE_LIMITED", period=period, seconds=str(seconds))

    def _ask_rules(self, record: WorldRecord, rules: Item) -> None:
        from sosie.services.faults import decide  # late: most worlds have no rules

        self._decision = decide(rules, self._asked, record.seed, self._call.uow.now)
        rule = self._decision.rule
        if rule is not None and rule.strikes_before:
            from sosie.wire.fault_answers import instead

            self._struck, self.answer = True, instead(self._call, rule)
            raise StruckError

    def _ask_limits(self) -> None:
        from sosie.services.rate_limits import count_request  # late: limits are off unless somebody wants them
        from sosie.wire.errors import too_many_requests

        call, exchange = self._call, self._call.exchange
        counters, exceeded = count_request(
            call.uow, exchange.client_ip, exchange.address.service, call.method, call.path
        )
        exchange.bookkeeping += counters
        if exceeded is not None:
            self._exceeded = exceeded
            self.answer = too_many_requests(exceeded.period, exceeded.retry_after)
            raise StruckError

    def _asked(self, with_ids: bool) -> Asked:
        from sosie.domain.faults import Asked

        call, exchange = self._call, self._call.exchange
        return Asked(
            service=exchange.address.service,
            region=call.region,
            method=call.method,
            path=call.path,
            route=exchange.route,
            preflight=self._preflight,
            text=_naming_text(call) if with_ids else "",
        )


def _naming_text(call: Call) -> str:
    """Return all of a request that may name an installation or organization, in lower case and without hyphens.

    Nothing is checked: a fault is looked for before anybody knows whether the token is good.
    """
    sent = f"{call.path}\n{call.exchange.query}\n{call.body.decode('utf-8', 'replace')}"
    return f"{unquote(sent)}\n{_sender(call)}".lower().replace("-", "")


def _sender(call: Call) -> str:
    """Return the client id of the bearer token or of the basic credentials, or an empty text."""
    scheme, _, credentials = call.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "basic":
        return _decoded(credentials).partition(":")[0]
    if scheme.lower() != "bearer" or credentials.count(".") != 2:
        return ""
    try:
        claims: Any = json.loads(_decoded(credentials.split(".")[1]))
    except (ValueError, RecursionError):
        return ""
    return str(claims.get("client_id", "")) if isinstance(claims, dict) else ""


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text.strip() + "==").decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
