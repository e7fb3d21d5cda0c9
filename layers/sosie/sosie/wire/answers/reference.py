"""What anybody may ask, and installations (api.md §4.5, §4.8; identity.md §10; licensing-push-installations.md B)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from sosie.wire.answers.base import ABSENT, AnswerModel, DateText, GuidText
from sosie.wire.answers.errors import NOT_FOUND, REFUSED
from sosie.wire.answers.operation import Operation, Operations, PlainText
from sosie.wire.answers.plans import PlanList

_PAGE = "licensing-push-installations.md"


class Environment(AnswerModel):
    """Where the services are."""

    cloud_region: Literal["US", "EU"]
    vault: str
    api: str
    identity: str
    notifications: str
    sso: str
    fill_assist_rules: str = ABSENT


class PushSettings(AnswerModel):
    """How clients are told of changes."""

    push_technology: Literal[0, 1]
    vapid_public_key: str | None


class ServerSettings(AnswerModel):
    """What the server switches off for clients."""

    disable_user_registration: bool
    suppress_onboarding_interstitials: bool


class Config(AnswerModel):
    """api.md §4.5: `server` is for servers of third parties."""

    object: Literal["config"]
    version: str
    git_hash: str
    server: None
    environment: Environment
    feature_states: dict[str, Any]
    push: PushSettings
    communication: None
    settings: ServerSettings


class NewInstallation(AnswerModel):
    """B.1: the only time that the key is shown."""

    id: GuidText
    key: str = Field(pattern="^[A-Za-z0-9]{20}$")
    enabled: bool
    object: Literal["installation"]


class Installation(AnswerModel):
    """B.2: a disabled one is shown like any other."""

    id: GuidText
    key: None
    enabled: bool
    object: Literal["installation"]


def _alive(name: str, path: str, note: str = "") -> dict[str, Operation]:
    row = Operation(
        id=name,
        summary="What time it is",
        tag="Reference",
        contract="identity.md §10",
        answers={200: DateText},
        note=note,
    )
    return {f"GET {path}": row}


OPERATIONS: Operations = {
    **_alive("alive", "/alive"),
    **_alive("now", "/now", "The same as `/alive`, which has taken its place."),
    "GET /version": Operation(
        id="version",
        summary="The version of the cloud that is simulated",
        tag="Reference",
        contract="identity.md §10",
        answers={200: str},
    ),
    "GET /healthz": Operation(
        id="health",
        summary="Whether the API is well",
        tag="Reference",
        contract="identity.md §10",
        answers={200: PlainText("Healthy")},
    ),
    "GET /config": Operation(
        id="readConfig",
        summary="Where the services are, and what the server can do",
        tag="Reference",
        contract="api.md §4.5",
        answers={200: Config},
    ),
    "GET /plans": Operation(
        id="listPlans",
        summary="The plans on sale",
        tag="Reference",
        contract="api.md §4.8",
        answers={200: PlanList},
    ),
    "POST /installations": Operation(
        id="requestInstallation",
        summary="Ask for an installation id and key",
        tag="Installations",
        contract=f"{_PAGE} B.1",
        answers={200: NewInstallation, **REFUSED},
    ),
    "GET /installations/{id}": Operation(
        id="readInstallation",
        summary="Whether an installation exists and is enabled",
        tag="Installations",
        contract=f"{_PAGE} B.2",
        answers={200: Installation, **NOT_FOUND},
    ),
}
