"""Gateways as they are met before a deployed Sosie, each with one defect. `DEFECTS` says which step has to name it."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, unquote, urlencode

from tests.local.altering import Meddle, Passing, PassOn, Sending

TOKEN = "the-control-token"
JSON = {"content-type": "application/json"}
LIMIT = 512 * 1024
NOT_FOUND = b'{"message":"Not Found"}'
FORBIDDEN = b'{"message":"Forbidden"}'


def own_answer(sent: Sending, status: int, body: bytes = FORBIDDEN) -> Passing:
    return Passing(sent.method, sent.path, status, JSON, body)


def only_where(applies: Callable[[Sending], bool], change: Callable[[Sending], Sending]) -> Meddle:
    """A gateway that changes some requests, and no answer."""
    return lambda sent, pass_on: pass_on(change(sent) if applies(sent) else sent)


def on_answers(change: Callable[[Passing], Passing]) -> Meddle:
    return lambda sent, pass_on: change(pass_on(sent))


def refuses(applies: Callable[[Sending], bool], status: int, body: bytes = FORBIDDEN) -> Meddle:
    return lambda sent, pass_on: own_answer(sent, status, body) if applies(sent) else pass_on(sent)


def is_form(sent: Sending) -> bool:
    return (sent.header("content-type") or "").startswith("application/x-www-form-urlencoded")


def is_framed(sent: Sending) -> bool:
    return any(sent.header(name) is not None for name in ("content-length", "transfer-encoding"))


def of_control(sent: Sending) -> bool:
    return sent.path.startswith("/_sosie")


def lower_cased(sent: Sending) -> Sending:
    return replace(sent, headers={name.lower(): value for name, value in sent.headers.items()})


def decoded(sent: Sending) -> Sending:
    path, question, query = sent.path.partition("?")
    return replace(sent, path=quote(unquote(path), safe="/%:@+") + question + query)


def without_empty_values(sent: Sending) -> Sending:
    path, question, query = sent.path.partition("?")
    return replace(sent, path=path + question + urlencode(parse_qsl(query)))


def written_anew(sent: Sending) -> Sending:
    fields = parse_qsl(sent.body.decode(), keep_blank_values=True)
    return replace(sent, body=urlencode(fields, quote_via=quote).encode())


def with_token(sent: Sending) -> Sending:
    return sent if sent.header("authorization") else sent.with_header("Authorization", f"Bearer {TOKEN}")


def without_marks(answer: Passing) -> Passing:
    kept = {name: value for name, value in answer.headers.items() if not name.startswith("x-sosie")}
    return replace(answer, headers=kept)


def remapped(answer: Passing) -> Passing:
    value = answer.headers.get("www-authenticate")
    if value is None:
        return answer
    return answer.with_header("www-authenticate", None).with_header("x-amzn-remapped-www-authenticate", value)


def with_cors(sent: Sending, pass_on: PassOn) -> Passing:
    answer = Passing(sent.method, sent.path, 200) if sent.method == "OPTIONS" else pass_on(sent)
    return answer.with_header("access-control-allow-origin", "*")


def with_error_page(answer: Passing) -> Passing:
    return replace(answer, body=b"<html>Oops</html>") if answer.status == 500 else answer


def cacheable(answer: Passing) -> Passing:
    return answer.with_header("cache-control", "max-age=60") if "cache-control" in answer.headers else answer


@dataclass(frozen=True)
class Defect:
    """What a gateway does, the steps that name it, and the steps that may fail for the same reason."""

    meddle: Meddle
    named: set[str]
    also: Container[str] = ()


class Anything:
    """Contains every step: without what this gateway takes away, much else cannot succeed."""

    def __contains__(self, _: object) -> bool:
        return True


ANYTHING = Anything()
DEFECTS = {
    "drops the body of a GET": Defect(
        only_where(lambda sent: sent.method == "GET", lambda sent: replace(sent, body=b"")),
        {"GET with body", "GET with length", "article: licence"},
    ),
    "refuses a GET with a body": Defect(
        refuses(lambda sent: sent.method == "GET" and bool(sent.body), 403, b"<html>Request blocked</html>"),
        {"GET with body", "GET with length", "article: licence"},
    ),
    "answers 404 by itself where it has no route": Defect(
        refuses(lambda sent: not re.match(r"/_sosie/|/w/[^/]+/us/(identity|api|push)/[^/]", sent.path), 404, NOT_FOUND),
        {"doubled slash", "glued path"},
    ),
    "answers 404 by itself for routes that it was not given": Defect(
        refuses(lambda sent: sent.path.endswith("/planets"), 404, NOT_FOUND), {"unknown route"}
    ),
    "answers for methods that it was not given": Defect(
        refuses(lambda sent: (sent.method, sent.path[-14:]) == ("DELETE", "/installations"), 403), {"other method"}
    ),
    "merges slashes": Defect(
        only_where(lambda _: True, lambda sent: replace(sent, path=re.sub("//+", "/", sent.path))), {"doubled slash"}
    ),
    "decodes paths": Defect(only_where(lambda _: True, decoded), {"encoded path"}),
    "drops empty values of a query": Defect(only_where(lambda sent: "?" in sent.path, without_empty_values), {"query"}),
    "limits the size of a body": Defect(refuses(lambda sent: len(sent.body) > LIMIT, 413), {"large body"}),
    "writes forms anew": Defect(only_where(is_form, written_anew), {"form body"}),
    "reads bodies as ASCII": Defect(
        only_where(lambda _: True, lambda sent: replace(sent, body=sent.body.decode().encode("ascii", "replace"))),
        {"UTF-8 body"},
    ),
    "adds a content type": Defect(
        only_where(
            lambda sent: bool(sent.body) and sent.header("content-type") is None,
            lambda sent: sent.with_header("Content-Type", "application/json"),
        ),
        {"no content type"},
    ),
    "wants a length": Defect(
        refuses(lambda sent: sent.method == "POST" and not is_framed(sent), 411), {"no body"}, {"unknown route"}
    ),
    "drops headers that it does not know": Defect(
        only_where(lambda _: True, lambda sent: sent.with_header("device-identifier", None)), {"header names"}
    ),
    "drops the client's version": Defect(
        only_where(lambda _: True, lambda sent: sent.with_header("bitwarden-client-version", None)),
        {"header names", "client version", "article: key"},
        ANYTHING,
    ),
    "wants a User-Agent": Defect(
        refuses(lambda sent: sent.header("user-agent") is None, 403), {"no User-Agent"}, ANYTHING
    ),
    "strips the headers of Sosie": Defect(
        on_answers(without_marks),
        {"version", "marks", "doubled slash", "glued path", "no content type", "unknown route"},
    ),
    "renames WWW-Authenticate": Defect(on_answers(remapped), {"WWW-Authenticate", "same headers"}),
    "has CORS settings of its own": Defect(with_cors, {"preflight", "CORS", "same headers"}),
    "answers HEAD by itself": Defect(refuses(lambda sent: sent.method == "HEAD", 200, b""), {"HEAD"}),
    "puts pages in the place of errors": Defect(on_answers(with_error_page), {"error body"}),
    "makes answers cacheable": Defect(on_answers(cacheable), {"no-store", "same headers"}),
    "adds a cookie": Defect(on_answers(lambda answer: answer.with_header("set-cookie", "lb=1")), {"same headers"}),
    "does not date answers": Defect(on_answers(lambda answer: answer.with_header("date", None)), {"date"}),
    "hides the host that clients use": Defect(
        only_where(lambda _: True, lambda sent: sent.with_header("host", "10.0.0.1:8080")), {"base URIs"}
    ),
    "loses the world of a path": Defect(
        only_where(lambda _: True, lambda sent: replace(sent, path=re.sub("^/w/[^/]+", "", sent.path))),
        {"marks", "isolation"},
        ANYTHING,
    ),
    "opens the control plane": Defect(only_where(of_control, with_token), {"no token"}),
    "opens the control plane whatever token is given": Defect(
        only_where(of_control, lambda sent: sent.with_header("authorization", f"Bearer {TOKEN}")),
        {"no token", "wrong token"},
    ),
}
