"""What a fault answers: in a handler's place (`instead`), or made of the answer a handler gave (`changed`).

A 400 of the token endpoint silences a self-hosted server's push for a day (docs/contract/identity.md §6), so there is
none unless a rule asks for exactly that.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sosie.domain.errors import TokenRefusedError
from sosie.wire.app import JSON
from sosie.wire.errors import SERVER_FAULT, answer_to, error_body, too_many_requests
from sosie.wire.http import Answer
from sosie.wire.json_out import body_text, dumps_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sosie.domain.faults import Rule
    from sosie.wire.http import Call

_HTML = "text/html; charset=utf-8"
_WITHOUT_BODY = frozenset({401, 403, 404, 405, 415})
_TEXTS = {409: "Conflict."}
_SOME_ERROR = "An error has occurred."


def instead(call: Call, rule: Rule) -> Answer:
    """Return what a fault that strikes before the handler answers."""
    return _INSTEAD[rule.kind](call, rule)


def changed(call: Call, rule: Rule, answer: Answer) -> Answer | None:
    """Return what a fault makes of the handler's answer; None if there is nothing in it that it could change.

    An expired token needs a token, a missing row needs a row: what the handler refused stays refused.
    """
    return _CHANGED[rule.kind](call, rule, answer)


def _status(call: Call, rule: Rule) -> Answer:
    """Return an error as the cloud writes it (docs/contract/api.md §1.6; identity.md §5 for the token endpoint)."""
    status, message = rule.value("status"), rule.value("message")
    is_token_endpoint = call.exchange.address.service == "identity" and call.path.lower() == "/connect/token"
    if status == 400 and is_token_endpoint:
        answer = answer_to(TokenRefusedError(rule.value("error"), message=message or ""))
    elif status == 429:
        answer = too_many_requests("1m", 60)
        if message:
            answer.body = error_body(message)
    elif status in _WITHOUT_BODY and not message:
        answer = Answer(status)
    else:
        usual = _TEXTS.get(status, SERVER_FAULT if status >= 500 else _SOME_ERROR)
        answer = Answer(status, error_body(message or usual))
    if status == 401 and call.exchange.address.service != "identity":
        answer.headers["WWW-Authenticate"] = "Bearer"
    _set_headers(answer, rule.value("headers") or {})
    return answer


def _rate_limit(_: Call, rule: Rule) -> Answer:
    return too_many_requests(rule.value("period"), rule.value("retryAfter"))


def _firewall_page(_: Call, rule: Rule) -> Answer:
    return Answer(rule.value("status"), _page("Access denied", "This request was blocked."), {"Content-Type": _HTML})


def _outage(_: Call, rule: Rule) -> Answer:
    answer = Answer(503, _page("Service unavailable", "Please try again later."), {"Content-Type": _HTML})
    if rule.value("retryAfter") is not None:
        answer.headers["Retry-After"] = str(rule.value("retryAfter"))
    return answer


def _redirect(call: Call, rule: Rule) -> Answer:
    exchange = call.exchange
    same = exchange.service_url + exchange.address.path + (f"?{exchange.query}" if exchange.query else "")
    return Answer(rule.value("status"), headers={"Location": rule.value("location") or same})


def _reset_at_once(_: Call, rule: Rule) -> Answer:
    # Nobody sees this status, unless the host has no socket to reset.
    return Answer(503, wire={"kind": rule.kind, "when": "before-headers"})


def _status_after(call: Call, rule: Rule, _: Answer) -> Answer:
    return _status(call, rule)


def _late(_: Call, rule: Rule, answer: Answer) -> Answer:
    return replace(answer, delay=answer.delay + rule.value("milliseconds") / 1000)


def _empty(_: Call, __: Rule, answer: Answer) -> Answer:
    if answer.body is None:
        return answer
    return replace(answer, body=b"", headers={"Content-Type": JSON, **answer.headers})


def _malformed(_: Call, __: Rule, answer: Answer) -> Answer:
    text = body_text(answer.body)
    # Half of an object, a list or a text is none; half of a number or nothing at all could still be read.
    half = text[: len(text) // 2] if text[:1] in ("{", "[", '"') else "{" + text
    return replace(answer, body=half.encode("utf-8", "surrogatepass"), headers={"Content-Type": JSON, **answer.headers})


def _on_the_wire(*parameters: str) -> Callable[[Call, Rule, Answer], Answer]:
    def change(_: Call, rule: Rule, answer: Answer) -> Answer:
        return replace(answer, wire={"kind": rule.kind, **{name: rule.value(name) for name in parameters}})

    return change


def _expired_token(call: Call, rule: Rule, answer: Answer) -> Answer | None:
    document = _document(answer)
    if document is None or "access_token" not in document:
        return None
    address = call.exchange.address
    signer = call.exchange.keyring.signer(call.uow.keyring_name, address.region, "tokens")
    header, claims = signer.decode_jwt(document["access_token"])
    expired = int(call.uow.now.timestamp()) - rule.value("secondsAgo")
    issued = expired - (claims["exp"] - claims["iat"])
    claims |= {"nbf": issued, "iat": issued, "exp": expired}
    token = signer.encode_jwt(claims, {name: value for name, value in header.items() if name != "alg"})
    return replace(answer, body=dumps_token(document | {"access_token": token}).encode())


def _null_batch(_: Call, __: Rule, answer: Answer) -> Answer | None:
    if _document(answer) is None:
        return None
    return replace(answer, body={"sponsorshipsBatch": None})


def _invented_rows(call: Call, rule: Rule, answer: Answer) -> Answer | None:
    document = _document(answer)
    if document is None:
        return None
    ids = call.uow.derived(f"fault|{rule.id}|{call.exchange.request_id}")
    rows = [_row_of(ids.guid(), document["sponsorshipsBatch"]) for _ in range(rule.value("rows"))]
    return replace(answer, body={"sponsorshipsBatch": [*document["sponsorshipsBatch"], *rows]})


def _dropped_rows(_: Call, rule: Rule, answer: Answer) -> Answer | None:
    document = _document(answer)
    if document is None or not document["sponsorshipsBatch"]:
        return None
    return replace(answer, body={"sponsorshipsBatch": document["sponsorshipsBatch"][rule.value("rows") :]})


def _unsupported_licence(_: Call, rule: Rule, answer: Answer) -> Answer | None:
    document = _document(answer)
    if document is None:
        return None
    document["version"] = rule.value("version")
    if not rule.value("keepToken"):
        document["token"] = None
    return replace(answer, body=document)


_INSTEAD: Mapping[str, Callable[[Call, Rule], Answer]] = {
    "status": _status,
    "rate-limit": _rate_limit,
    "waf-html": _firewall_page,
    "outage": _outage,
    "redirect": _redirect,
    "connection-reset": _reset_at_once,
}
_CHANGED: Mapping[str, Callable[[Call, Rule, Answer], Answer | None]] = {
    "status": _status_after,
    "latency": _late,
    "empty-body": _empty,
    "malformed-json": _malformed,
    "truncated-body": _on_the_wire("bytes"),
    "slow-body": _on_the_wire("pieceBytes", "pauseMilliseconds"),
    "connection-reset": _on_the_wire("when"),
    "expired-token": _expired_token,
    "sync-null-batch": _null_batch,
    "sync-invents-row": _invented_rows,
    "sync-drops-row": _dropped_rows,
    "licence-version-unsupported": _unsupported_licence,
}


def _document(answer: Answer) -> dict[str, Any] | None:
    """Return the object of a successful answer."""
    if answer.status != 200:
        return None
    document = json.loads(body_text(answer.body))
    return document if isinstance(document, dict) else None


def _row_of(member_id: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a sync's item (api.md §2.8) about a member that nobody reported."""
    return {
        "sponsoringOrganizationUserId": member_id,
        "friendlyName": "invented@mail.test",
        "offeredToEmail": "invented@mail.test",
        "planSponsorshipType": 0,
        "lastSyncDate": rows[0]["lastSyncDate"] if rows else None,
        "validUntil": None,
        "toDelete": False,
        "cloudSponsorshipRemoved": False,
        "isAdminInitiated": False,
    }


def _page(title: str, text: str) -> bytes:
    html = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
    return html.encode()


def _set_headers(answer: Answer, headers: Mapping[str, str]) -> None:
    """Set headers over those of the same name in any letter case."""
    given = {name.lower() for name in headers}
    kept = {name: value for name, value in answer.headers.items() if name.lower() not in given}
    named = {("Content-Type" if name.lower() == "content-type" else name): value for name, value in headers.items()}
    answer.headers = kept | named
