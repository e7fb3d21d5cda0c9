"""The verbs on whole worlds: create, look, seed, reset, drop; and the cloud's own jobs."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sosie import __version__
from sosie.control.happenings import happenings_to_json
from sosie.control.http import Verb
from sosie.control.problems import ProblemError, bad_request
from sosie.control.state import KINDS, read_state
from sosie.control.summary import summarize
from sosie.domain.errors import ScenarioError
from sosie.domain.regions import REGIONS
from sosie.services.maintenance import run_now
from sosie.services.scenario_lines import line_of
from sosie.services.scenarios import parse_yaml, shipped_scenarios
from sosie.services.world_record import DEFAULT_WORLD, is_world_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sosie.control.http import Request

_YAML = frozenset({"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"})


def health(request: Request) -> Any:
    """Ready, version, store, uptime in seconds."""
    return {
        "status": "ready",
        "version": __version__,
        "store": request.plane.store_name,
        "uptimeSeconds": round(time.monotonic() - request.plane.started, 3),
    }


def list_worlds(request: Request) -> Any:
    """All worlds by name; the default one always exists."""
    request.plane.worlds.open(DEFAULT_WORLD)
    return {"items": [{"world": name} for name in request.plane.worlds.names()]}


def read_world(request: Request) -> Any:
    """A world's summary with every base URI."""
    return summarize(request.plane.worlds, request.world, request.base_url, request.plane.domain)


def create_world(request: Request) -> Any:
    """Create a world from `{"scenario": name or document}`, JSON or YAML; one that exists stays as it is."""
    world = request.params["world"]
    if not is_world_name(world):
        raise bad_request("A world's name is of lower-case letters, digits and hyphens, at most 63.")
    document, text = _document(request)
    if not isinstance(document or {}, dict):
        raise bad_request('Send an object, such as {"scenario": "families"}, or nothing.')
    if request.plane.worlds.open(world) is None:
        scenario = _scenario((document or {}).get("scenario", "families"))
        with _naming_the_line(text, "scenario"):
            request.plane.worlds.create(world, scenario)
    return read_world(request)


def drop_world(request: Request) -> Any:
    """Remove a world and its keys; the default one is reset instead."""
    world = request.world
    if world == DEFAULT_WORLD:
        raise ProblemError(409, "Conflict", "The default world always exists; reset it instead.")
    request.plane.worlds.drop(world)


def list_state(request: Request) -> Any:
    """Organizations, members, sponsorships, installations, keys and policies; `?region=&kind=`."""
    return read_state(request.plane.worlds, request.world, request.query.get("region"), request.query.get("kind"))


def read_certificates(request: Request) -> Any:
    """The certificates that licences and tokens of each region are signed with."""
    record, keyring = request.plane.worlds.open(request.world), request.plane.keyring
    name = request.world if record is None else record.keyring_name
    return {
        region: {
            "licence": keyring.signer(name, region, "licences").certificate_pem,
            "tokens": keyring.signer(name, region, "tokens").certificate_pem,
        }
        for region in REGIONS
    }


def seed(request: Request) -> Any:
    """Apply a scenario on top, all or nothing: a name, or a document, JSON or YAML.

    400 names the field that is wrong, and in YAML the `line`.
    """
    world = request.world
    document, text = _document(request)
    inside = isinstance(document, dict) and "scenario" in document
    scenario = _scenario(document["scenario"] if inside else document)
    with _naming_the_line(text, "scenario" if inside else ""):
        request.plane.worlds.seed(world, scenario)
    return read_world(request)


def reset(request: Request) -> Any:
    """Back to the world's scenario: data, clock, mailbox and journal."""
    request.plane.worlds.reset(request.world)
    return read_world(request)


def maintenance(request: Request) -> Any:
    """Run the cloud's scheduled jobs now; answers what happened, in order."""
    return happenings_to_json(run_now(request.plane.worlds, request.world))


def _document(request: Request) -> tuple[Any, str | None]:
    """Return the body's document, and the text if it is YAML."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _YAML:
        return request.document(), None
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        raise bad_request("The body is no text in UTF-8.") from None
    return (parse_yaml(text) if text.strip() else None), text


@contextmanager
def _naming_the_line(text: str | None, member: str) -> Iterator[None]:
    """Add the line to what is wrong with a scenario that stands in a YAML text, under a member of it or as a whole."""
    try:
        yield
    except ScenarioError as error:
        if text is None:
            raise
        line = line_of(text, f"{member}.{error.where}")
        raise ScenarioError(error.where, error.problem, line=line) from None


def _scenario(given: Any) -> str | dict[str, Any]:
    """Return a scenario's document, or the name of one that ships: no file of the server is read for a caller."""
    if isinstance(given, dict):
        return given
    if isinstance(given, str) and given in shipped_scenarios():
        return given
    shipped = ", ".join(shipped_scenarios())
    raise bad_request(f"Send a scenario: a document, or the name of one that ships ({shipped}), not {given!r}.")


VERBS = (
    Verb("GET", "/health", health, answer="Health"),
    Verb("GET", "/worlds", list_worlds, answer="Worlds"),
    Verb("GET", "/worlds/{world}", read_world, answer="Summary"),
    Verb("PUT", "/worlds/{world}", create_world, body="NewWorld", answer="Summary"),
    Verb("DELETE", "/worlds/{world}", drop_world, answer=None),
    Verb(
        "GET",
        "/worlds/{world}/state",
        list_state,
        query={"region": "`us` or `eu`.", "kind": f"One of {', '.join(KINDS)}."},
        answer="State",
    ),
    Verb("GET", "/worlds/{world}/certificates", read_certificates, answer="Certificates"),
    Verb("POST", "/worlds/{world}/seed", seed, body="ScenarioChoice", answer="Summary"),
    Verb("POST", "/worlds/{world}/reset", reset, answer="Summary"),
    Verb("POST", "/worlds/{world}/maintenance", maintenance, answer="Happenings"),
)
