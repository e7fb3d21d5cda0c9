"""The control plane: what only Sosie has, all under `/_sosie/` (design: control plane)."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Response

from sosie import __version__
from sosie.control import (
    access,
    clock,
    events,
    faults,
    mailbox,
    openapi,
    pushes,
    requests,
    snapshots,
    tokens,
    verify,
    worlds,
)
from sosie.control.http import PendingError, Plane, Reply, Verb, read_request
from sosie.control.problems import ProblemError, answer_too_large, bad_request
from sosie.domain.errors import ConflictError, ScenarioError, StoreUnavailableError
from sosie.domain.payloads import LARGEST_ANSWER, payload_size
from sosie.services.world_record import is_world_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sosie.ports import Keyring
    from sosie.services.worlds import Worlds

logger = logging.getLogger("sosie.control")

VERBS: tuple[Verb, ...] = (
    *worlds.VERBS,
    *clock.VERBS,
    *faults.VERBS,
    *mailbox.VERBS,
    *pushes.VERBS,
    *requests.VERBS,
    *verify.VERBS,
    *events.VERBS,
    *snapshots.VERBS,
    *tokens.VERBS,
    *openapi.VERBS,
)
PENDING = "x-sosie-pending"
"""Marks, between this handler and its host, an answer that is not final; hosts never let it out."""


class ControlHandler:
    """Handles payload 2.0 events under `/_sosie/`."""

    def __init__(
        self,
        *,
        worlds: Worlds,
        keyring: Keyring,
        token: str | None = None,
        store_name: str = "sqlite",
        by_iam: bool = False,
        owns_sockets: bool = False,
        domain: str | None = None,
        carry: Callable[[Mapping[str, str], Mapping[str, Any]], dict[str, Any] | None] | None = None,
    ) -> None:
        self._plane = Plane(worlds, keyring, store_name, time.monotonic(), owns_sockets, domain)
        self._token = token
        self._carry = carry
        self._by_iam = by_iam
        # Said, because POWERTOOLS_DEV would switch it on: it prints every event, with all that a client sent.
        self._resolver = APIGatewayHttpResolver(debug=False)
        for verb in VERBS:
            rule = "/_sosie" + re.sub(r"\{(\w+)\}", r"<\1>", verb.path)
            self._resolver.route(rule, method=[verb.method])(self._serve(verb))
        self._resolver.not_found(self._unrouted)

    def handle(self, event: Mapping[str, Any], context: object = None, *, trusted: bool = False) -> dict[str, Any]:
        """Return the payload 2.0 response. `trusted`: the server can be reached from this machine only.

        A member `pending` says that the host asks again in a moment (`http.asked_again`). With `resume`, what to ask
        again with, and no `pending`, the body is the next piece of a stream. `noted` is what the host may log.
        """
        noted: dict[str, Any] = {}
        self._resolver.append_context(trusted=trusted, noted=noted)  # type: ignore[no-untyped-call]  # as Powertools has it
        response: dict[str, Any] = self._resolver.resolve(event, context)  # type: ignore[arg-type]  # no verb looks at it
        if (mark := response["headers"].pop(PENDING, None)) is not None:
            response |= {"resume": mark} | ({"pending": True} if response["statusCode"] == 204 else {})
        if self._carry is not None:
            response = self._carry(_headers(event), response) or _too_large(event, response)
        return response | {"noted": noted}

    def front_page(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Say what answers here, to whoever opens the address in a browser."""
        host = event["headers"].get("host", "")
        text = (
            f"Sosie {__version__}: a stand-in for the Bitwarden cloud. Not affiliated with Bitwarden Inc.\n\n"
            f"Wire surface   /{{us,eu}}/{{identity,api,push}}/…   at {host}\n"
            f"Control plane  /_sosie/health, /_sosie/worlds/default, …/journal, …/mail\n"
        )
        return {"statusCode": 200, "headers": {"Content-Type": "text/plain; charset=utf-8"}, "body": text}

    def _serve(self, verb: Verb) -> Callable[..., Response[str]]:
        def serve(**params: str) -> Response[str]:
            event = self._resolver.current_event.raw_event
            headers = _headers(event)
            noted = self._resolver.context["noted"]
            noted |= {"method": verb.method, "route": f"/_sosie{verb.path}", "world": _world_of(params)}
            try:
                trusted = self._resolver.context["trusted"]
                access.check_access(headers, self._token, trusted=trusted, signed=self._is_signed(event))
                answer = verb.action(read_request(self._plane, event, headers, params))
            except PendingError as pending:
                return Response(204, headers={PENDING: pending.resume})
            except ProblemError as problem:
                return _problem(problem)
            except ScenarioError as error:
                line = {} if error.line is None else {"line": error.line}
                return _problem(bad_request(str(error), where=error.where, problem=error.problem, **line))
            except ConflictError as error:
                return _problem(
                    ProblemError(409, "Conflict", f"Something is there already, or somebody else was faster: {error}.")
                )
            except StoreUnavailableError as error:
                logger.exception("%s %s cannot be served: the store does not", verb.method, verb.path)
                noted["diagnosis"] = "SOSIE_BUSY"
                return _problem(ProblemError(503, "Store unavailable", f"Ask again in a moment: {error}."))
            except Exception:
                logger.exception("%s %s failed", verb.method, verb.path)
                noted["diagnosis"] = "SOSIE_FAILED"
                return _problem(_FAILURE)
            return _response(answer)

        return serve

    def _is_signed(self, event: Mapping[str, Any]) -> bool:
        """Tell whether API Gateway checked an IAM signature; only a deployment that asks for it says so."""
        return self._by_iam and bool((event["requestContext"].get("authorizer") or {}).get("iam"))

    def _unrouted(self, _: Exception) -> Response[str]:
        path = self._resolver.current_event.path
        return _problem(ProblemError(404, "Not found", f"The control plane has no route {path}."))


_FAILURE = ProblemError(500, "Internal error", "Sosie itself failed; its log says why.")


def failure() -> dict[str, Any]:
    """Return the payload 2.0 response to a request that never got as far as a verb."""
    return _problem_response(_FAILURE) | {"noted": {"diagnosis": "SOSIE_FAILED"}}


def _too_large(event: Mapping[str, Any], response: Mapping[str, Any]) -> dict[str, Any]:
    method = event["requestContext"]["http"]["method"]
    return _problem_response(answer_too_large(method, payload_size(response), LARGEST_ANSWER))


def _problem_response(problem: ProblemError) -> dict[str, Any]:
    headers = {"Content-Type": "application/problem+json", "x-sosie": __version__}
    body = json.dumps(problem.body, ensure_ascii=False)
    return {"statusCode": problem.status, "headers": headers, "body": body, "isBase64Encoded": False}


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def _world_of(params: Mapping[str, str]) -> str | None:
    """Return the world that a path names, if it could be one: what is no name is anybody's text."""
    world = params.get("world", "")
    return world if is_world_name(world) else None


def _response(answer: Any) -> Response[str]:
    if answer is None:
        return Response(204, headers={"x-sosie": __version__})
    if not isinstance(answer, Reply):
        answer = Reply(json.dumps(answer, ensure_ascii=False))
    headers: dict[str, str | list[str]] = {"x-sosie": __version__, **answer.headers}
    if answer.resume is not None:
        headers[PENDING] = answer.resume
    return Response(answer.status, answer.content_type, answer.body, headers)


def _problem(problem: ProblemError) -> Response[str]:
    body = json.dumps(problem.body, ensure_ascii=False)
    return Response(problem.status, "application/problem+json", body, {"x-sosie": __version__})
