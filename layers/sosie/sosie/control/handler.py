"""The control plane: what only Sosie has, all under `/_sosie/` (design: control plane)."""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver, Response

from sosie import __version__
from sosie.control import access, mailbox, pushes, requests, state, summary
from sosie.control.problems import ProblemError, bad_request, no_such
from sosie.domain.errors import ConflictError, ScenarioError
from sosie.domain.regions import REGIONS
from sosie.services.scenarios import shipped_scenarios
from sosie.services.world_record import DEFAULT_WORLD, is_world_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sosie.ports import Keyring
    from sosie.services.worlds import Worlds

logger = logging.getLogger("sosie.control")


@dataclass(slots=True)
class Request:
    """One request to the control plane. Header names are lower case."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    base_url: str
    params: Mapping[str, str]

    def document(self) -> Any:
        """Return the JSON body; None without one. Raises ProblemError."""
        if not self.body.strip():
            return None
        try:
            document = json.loads(self.body)
            json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError) as error:
            raise bad_request(f"The body is not JSON that can be kept: {error}.") from None
        return document


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
    ) -> None:
        self._worlds = worlds
        self._keyring = keyring
        self._token = token
        self._store_name = store_name
        self._by_iam = by_iam
        self._started = time.monotonic()
        self._resolver = APIGatewayHttpResolver()
        for method, path, action in self._routes():
            rule = "/_sosie" + re.sub(r"\{(\w+)\}", r"<\1>", path)
            self._resolver.route(rule, method=[method])(self._serve(action))
        self._resolver.not_found(self._unrouted)

    def _routes(self) -> tuple[tuple[str, str, Callable[[Request], Any]], ...]:
        return (
            ("GET", "/health", self.health),
            ("GET", "/worlds", self.list_worlds),
            ("GET", "/worlds/{world}", self.read_world),
            ("PUT", "/worlds/{world}", self.create_world),
            ("DELETE", "/worlds/{world}", self.drop_world),
            ("GET", "/worlds/{world}/state", self.read_state),
            ("GET", "/worlds/{world}/certificates", self.read_certificates),
            ("POST", "/worlds/{world}/seed", self.seed),
            ("POST", "/worlds/{world}/reset", self.reset),
            ("GET", "/worlds/{world}/mail", self.list_mail),
            ("GET", "/worlds/{world}/mail/{id}", self.read_mail),
            ("GET", "/worlds/{world}/push", self.read_push),
            ("GET", "/worlds/{world}/journal", self.list_journal),
            ("GET", "/worlds/{world}/journal/{id}", self.read_entry),
        )

    # The verbs.

    def health(self, _: Request) -> Any:
        """Ready, version, store, uptime in seconds."""
        return {
            "status": "ready",
            "version": __version__,
            "store": self._store_name,
            "uptimeSeconds": round(time.monotonic() - self._started, 3),
        }

    def list_worlds(self, _: Request) -> Any:
        """All worlds by name; the default one always exists."""
        self._worlds.open(DEFAULT_WORLD)
        return {"items": [{"world": name} for name in self._worlds.names()]}

    def read_world(self, request: Request) -> Any:
        """A world's summary with every base URI."""
        return self._summary(request)

    def create_world(self, request: Request) -> Any:
        """Create a world from `{"scenario": name or document}`; one that exists stays as it is."""
        world = request.params["world"]
        if not is_world_name(world):
            raise bad_request("A world's name is of lower-case letters, digits and hyphens, at most 63.")
        document = request.document() or {}
        if not isinstance(document, dict):
            raise bad_request('Send an object, such as {"scenario": "families"}, or nothing.')
        if self._worlds.open(world) is None:
            self._worlds.create(world, _scenario(document.get("scenario", "families")))
        return self._summary(request)

    def drop_world(self, request: Request) -> Any:
        """Remove a world and its keys; the default one is reset instead."""
        world = self._known_world(request)
        if world == DEFAULT_WORLD:
            raise ProblemError(409, "Conflict", "The default world always exists; reset it instead.")
        self._worlds.drop(world)
        return None

    def read_state(self, request: Request) -> Any:
        """Organizations, members, sponsorships, installations, keys and policies; `?region=&kind=`."""
        world = self._known_world(request)
        return state.read_state(self._worlds, world, request.query.get("region"), request.query.get("kind"))

    def read_certificates(self, request: Request) -> Any:
        """The certificates that licences and tokens of each region are signed with."""
        world = self._known_world(request)
        return {
            region: {
                "licence": self._keyring.signer(world, region, "licences").certificate_pem,
                "tokens": self._keyring.signer(world, region, "tokens").certificate_pem,
            }
            for region in REGIONS
        }

    def seed(self, request: Request) -> Any:
        """Apply a scenario on top, all or nothing: a name, or a document."""
        world = self._known_world(request)
        document = request.document()
        self._worlds.seed(
            world, _scenario(document.get("scenario", document) if isinstance(document, dict) else document)
        )
        return self._summary(request)

    def reset(self, request: Request) -> Any:
        """Back to the world's scenario: data, clock, mailbox and journal."""
        self._worlds.reset(self._known_world(request))
        return self._summary(request)

    def list_mail(self, request: Request) -> Any:
        """Captured mail, oldest first; `?to=&region=`."""
        found = mailbox.list_mail(self._worlds.store, self._known_world(request), request.query)
        return {"items": found}

    def read_mail(self, request: Request) -> Any:
        """One mail."""
        found = mailbox.read_mail(self._worlds.store, self._known_world(request), request.params["id"])
        if found is None:
            raise no_such("mail", request.params["id"])
        return found

    def read_push(self, request: Request) -> Any:
        """Registered devices and what each would have received; `?region=&installation=`."""
        world = self._known_world(request)
        return pushes.read_push(self._worlds, world, request.query.get("region"), request.query.get("installation"))

    def list_journal(self, request: Request) -> Any:
        """Entries, oldest first; filters are the entry's own member names, `limit` and `after`."""
        return requests.list_requests(self._worlds.store, self._known_world(request), request.query)

    def read_entry(self, request: Request) -> Any:
        """One entry."""
        found = requests.read_request(self._worlds.store, self._known_world(request), request.params["id"])
        if found is None:
            raise no_such("journal entry", request.params["id"])
        return found

    # How a request gets to its verb.

    def handle(self, event: Mapping[str, Any], context: object = None, *, trusted: bool = False) -> dict[str, Any]:
        """Return the payload 2.0 response. `trusted`: the server can be reached from this machine only."""
        self._resolver.append_context(trusted=trusted)  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
        response: dict[str, Any] = self._resolver.resolve(event, context)  # type: ignore[arg-type]  # no verb looks at it
        return response

    def front_page(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Say what answers here, to whoever opens the address in a browser."""
        host = event["headers"].get("host", "")
        text = (
            f"Sosie {__version__}: a stand-in for the Bitwarden cloud. Not affiliated with Bitwarden Inc.\n\n"
            f"Wire surface   /{{us,eu}}/{{identity,api,push}}/…   at {host}\n"
            f"Control plane  /_sosie/health, /_sosie/worlds/default, …/journal, …/mail\n"
        )
        return {"statusCode": 200, "headers": {"Content-Type": "text/plain; charset=utf-8"}, "body": text}

    def _serve(self, action: Callable[[Request], Any]) -> Callable[..., Response[str]]:
        def serve(**params: str) -> Response[str]:
            event = self._resolver.current_event.raw_event
            headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
            try:
                trusted = self._resolver.context["trusted"]
                access.check_access(headers, self._token, trusted=trusted, signed=self._is_signed(event))
                answer = action(_request(event, headers, params))
            except ProblemError as problem:
                return _problem(problem)
            except ScenarioError as error:
                return _problem(bad_request(str(error), where=error.where, problem=error.problem))
            except ConflictError as error:
                return _problem(ProblemError(409, "Conflict", f"Something of it is there already: {error}."))
            except Exception:
                logger.exception("%s failed", action.__name__)
                return _problem(ProblemError(500, "Internal error", "Sosie itself failed; its log says why."))
            if answer is None:
                return Response(204)
            return Response(200, "application/json", json.dumps(answer, ensure_ascii=False), {"x-sosie": __version__})

        return serve

    def _is_signed(self, event: Mapping[str, Any]) -> bool:
        """Tell whether API Gateway checked an IAM signature; only a deployment that asks for it says so."""
        return self._by_iam and bool((event["requestContext"].get("authorizer") or {}).get("iam"))

    def _unrouted(self, _: Exception) -> Response[str]:
        path = self._resolver.current_event.path
        return _problem(ProblemError(404, "Not found", f"The control plane has no route {path}."))

    def _known_world(self, request: Request) -> str:
        world = request.params["world"]
        if not is_world_name(world) or self._worlds.open(world) is None:
            raise no_such("world", world)
        return world

    def _summary(self, request: Request) -> dict[str, Any]:
        return summary.summarize(self._worlds, self._known_world(request), request.base_url)


def _request(event: Mapping[str, Any], headers: Mapping[str, str], params: Mapping[str, str]) -> Request:
    body = event.get("body") or ""
    scheme = headers.get("x-forwarded-proto", "https")
    return Request(
        method=event["requestContext"]["http"]["method"],
        headers=headers,
        query=dict(parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True)),
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        base_url=f"{scheme}://{headers.get('host') or event['requestContext'].get('domainName', '')}",
        params={name: unquote(value) for name, value in params.items()},
    )


def _scenario(given: Any) -> str | dict[str, Any]:
    """Return a scenario's document, or the name of one that ships: no file of the server is read for a caller."""
    if isinstance(given, dict):
        return given
    if isinstance(given, str) and given in shipped_scenarios():
        return given
    shipped = ", ".join(shipped_scenarios())
    raise bad_request(f"Send a scenario: a document, or the name of one that ships ({shipped}), not {given!r}.")


def _problem(problem: ProblemError) -> Response[str]:
    body = json.dumps(problem.body, ensure_ascii=False)
    return Response(problem.status, "application/problem+json", body, {"x-sosie": __version__})
