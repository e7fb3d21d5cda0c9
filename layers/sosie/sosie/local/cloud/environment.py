"""The lines that point a client at one region, from Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosie.local.cloud.residents import NotThereError
from sosie.local.env_lines import CLIENTS, place_of

if TYPE_CHECKING:
    from pathlib import Path

    from sosie.domain.regions import Region


@dataclass(frozen=True, slots=True)
class Environment:
    """`variables` in order, shell `commands` after them, both as `text` to paste, and `warnings` for people."""

    variables: Mapping[str, str]
    commands: tuple[str, ...]
    text: str
    warnings: tuple[str, ...]


def environment(
    summary: Mapping[str, Any], client: str, region: Region, url: str, reached_as: str | None, cacert: Path | None
) -> Environment:
    """Return what a client needs. Raises NotThereError for an unknown client or a region without installations."""
    if client not in CLIENTS:
        raise NotThereError(f"there are no lines for {client!r}; there are some for {', '.join(CLIENTS)}")
    ca = str(cacert.absolute()) if cacert else "sosie-ca.pem"
    try:
        place = place_of(summary, region, url, reached_as, ca)
    except LookupError as error:
        raise NotThereError(str(error.args[0])) from None
    lines = CLIENTS[client](place)
    return Environment(dict(lines.variables), lines.commands, "\n".join(lines.text()) + "\n", lines.warnings)
