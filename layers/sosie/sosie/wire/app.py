"""A service's routes on a Powertools resolver: matching, policy, binding, and the shape of every answer.

The steps of one request are the cloud's (docs/contract/licensing-push-installations.md C): route, 401, 403, 415,
400 for parameters and body, then the action.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Response

from sosie.domain.errors import ConflictError, InvalidError, RefusedError, StoreUnavailableError
from sosie.domain.ids import parse_guid
from sosie.services.unit_of_work import StruckError, UnknownWorldError
from sosie.wire.auth import authenticate, authorize
from sosie.wire.errors import answer_to, server_fault
from sosie.wire.http import Answer, Param, Policy
from sosie.wire.json_out import body_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sosie.wire.http import Call, Route

logger = logging.getLogger("sosie.wire")

SECURITY_HEADERS = {
    "x-frame-options": "SAMEORIGIN",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
}
JSON = "application/json; charset=utf-8"
_PARAMETER = re.compile(r"\{(\w+)\}")


class RouteMissedError(Exception):
    """A route constraint did not hold, so the request has no route after all."""


class ServiceApp:
    """One service: its route table, resolved by Powertools."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._patterns = [(re.compile(_pattern(route.path, "[^/]+"), re.IGNORECASE), route) for route in routes]
        # Said, because POWERTOOLS_DEV would switch it on: it prints every event, with all that a client sent.
        self._resolver = APIGatewayHttpResolver(debug=False)
        for route in routes:
            # (?i:…) because the cloud's paths match in any letter case.
            rule = "(?i:" + _PARAMETER.sub(r"<\1>", _escape_literals(route.path)) + ")"
            self._resolver.route(rule, method=[route.method])(self._serve(route))
        self._resolver.not_found(self._answer_unrouted)

    def answer(self, event: Mapping[str, Any], call: Call) -> Answer:
        """Return the service's answer to a request.

        Raises ConflictError, StoreUnavailableError, StruckError and UnknownWorldError.
        """
        self._resolver.append_context(call=call)  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
        self._resolver.resolve(event, context=None)  # type: ignore[arg-type]  # no handler looks at the Lambda context
        if call.exchange.interruption is not None:
            raise call.exchange.interruption
        answer = call.exchange.answer
        if answer is None:
            raise RuntimeError("the resolver returned without an answer")
        return answer

    def allowed_methods(self, path: str) -> list[str]:
        """Return the methods that have a route at a path."""
        found = ((route, pattern.fullmatch(path)) for pattern, route in self._patterns)
        return sorted({route.method for route, match in found if match and _holds(route, match.groupdict())})

    def _serve(self, route: Route) -> Callable[..., Response[str]]:
        def serve(**raw: str) -> Response[str]:
            call: Call = self._resolver.context["call"]
            call.exchange.route = route.path
            try:
                call.exchange.answer = _act(route, call, raw)
            except RouteMissedError:
                call.exchange.route = None
                call.exchange.answer = self._unrouted(call)
            except RefusedError as error:
                from sosie.wire.diagnosing import suspect_refusal  # late: only what is refused needs it

                suspect_refusal(call, route, error)
                call.exchange.answer = answer_to(error)
            except (ConflictError, StoreUnavailableError, StruckError, UnknownWorldError) as error:
                # No failure: the gate knows what to do. Powertools would log what passes through it.
                call.exchange.interruption = error
                return Response(500)
            except Exception:
                about = {"correlation_id": call.exchange.request_id}
                logger.exception("%s %s failed", route.method, route.path, extra=about)
                call.uow.discard()
                call.exchange.suspect("SOSIE_FAILED")
                call.exchange.answer = server_fault()
            return Response(call.exchange.answer.status)

        return serve

    def _answer_unrouted(self, _: Exception) -> Response[str]:
        call: Call = self._resolver.context["call"]
        call.exchange.answer = self._unrouted(call)
        return Response(call.exchange.answer.status)

    def _unrouted(self, call: Call) -> Answer:
        from sosie.wire.diagnosing import suspect_route  # late: only what is refused needs it

        methods = [method for method in self.allowed_methods(call.path) if method != call.method]
        suspect_route(call, methods)
        return Answer(405, headers={"Allow": ", ".join(methods)}) if methods else Answer(404)


def _act(route: Route, call: Call, raw: Mapping[str, str]) -> Answer:
    call.params = {name: unquote(value) for name, value in raw.items()}
    if not _holds(route, call.params):
        raise RouteMissedError
    if route.policy is not Policy.ANONYMOUS:
        call.exchange.caller = authenticate(call)
        authorize(call.exchange.caller, route.policy)
    if route.requirement is not None:
        route.requirement(call)
    errors = _bind_params(route, call)
    if route.model is not None:
        from sosie.wire.binding import bind_body, is_json  # pydantic comes with the first body

        if not is_json(call):
            from sosie.wire.diagnosing import suspect_body  # late: only what is refused needs it

            suspect_body(call)
            return Answer(415)
        try:
            call.model = bind_body(call, route.model())
        except InvalidError as error:
            errors = {**errors, **error.errors}
    if errors:
        raise InvalidError(errors)
    return route.handler(call)


def _holds(route: Route, params: Mapping[str, str]) -> bool:
    """Tell whether a route's constraints let these parameters through (§1.7: `:guid`)."""
    guids = (params[name] for name, kind in route.params.items() if kind is Param.GUID_ROUTE)
    return all(parse_guid(text) is not None for text in guids)


def _bind_params(route: Route, call: Call) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for name, kind in route.params.items():
        if kind in (Param.GUID, Param.GUID_ROUTE):
            guid = parse_guid(call.params[name])
            if guid is None:
                errors[name] = [f"The value '{call.params[name]}' is not valid."]
            else:
                call.params[name] = guid
    return errors


def _pattern(path: str, parameter: str) -> str:
    return _PARAMETER.sub(lambda match: f"(?P<{match[1]}>{parameter})", _escape_literals(path))


def _escape_literals(path: str) -> str:
    return path.replace(".", r"\.")


def to_response(answer: Answer) -> dict[str, Any]:
    """Return an answer as a payload 2.0 response. `delay` (seconds) and `wire` are for the host, which removes them."""
    headers = {**SECURITY_HEADERS, **answer.headers}
    if answer.body is not None:
        headers.setdefault("Content-Type", JSON)
    response: dict[str, Any] = {
        "statusCode": answer.status,
        "headers": headers,
        "body": body_text(answer.body),
        "isBase64Encoded": False,
    }
    if answer.delay:
        response["delay"] = answer.delay
    if answer.wire is not None:
        response["wire"] = answer.wire
    return response
