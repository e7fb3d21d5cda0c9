"""What a walk to the cloud found, and configurations that lead to a started Sosie."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.local.conftest import Sosie
from tests.local.doctor.files import Lines
from tests.local.started import Started

Doctor = Callable[..., dict[str, Any]]

ID_KEY = ("globalSettings__installation__id", "globalSettings__installation__key")
TOKENS = ["token api.push", "token api.installation", "token api.licensing"]
ROUTES = ["route push", "route sync", "route licence"]


def statuses(report: dict[str, Any], service: str | None = None) -> dict[str, str]:
    return {each["step"]: each["status"] for each in report["probes"] if service in (None, each["service"])}


def step(report: dict[str, Any], name: str, service: str | None = None) -> dict[str, Any]:
    return next(each for each in report["probes"] if each["step"] == name and service in (None, each["service"]))


def of_sosie(running: Started, region: str, lines: Lines, *, enabled: bool = True) -> Lines:
    """The lines with one of Sosie's installations of a region."""
    installations = running.summary["regions"][region]["installations"]
    chosen = next(each for each in installations if each["enabled"] is enabled)
    names = ID_KEY if ID_KEY[0] in lines else ("PUSH_INSTALLATION_ID", "PUSH_INSTALLATION_KEY")
    return lines | dict(zip(names, (chosen["id"], chosen["key"]), strict=True))


def pasted(sosie: Sosie, client: str, region: str, *more: str) -> Lines:
    lines = sosie("env", "--for", client, "--region", region, *more).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))
