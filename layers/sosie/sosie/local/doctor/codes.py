"""The shape of a code in the doctor's catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sosie.local.doctor.keys import Client
    from sosie.local.doctor.model import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """`meaning` is a sentence about the configuration, `remedy` what to change; `group` is for the page."""

    code: str
    severity: Severity
    meaning: str
    remedy: str
    clients: tuple[Client, ...]
    group: str


SERVER: tuple[Client, ...] = ("bitwarden",)
VAULTWARDEN: tuple[Client, ...] = ("vaultwarden",)


def group(name: str, *codes: tuple[str, Severity, tuple[Client, ...], str, str]) -> list[Code]:
    """Return a group's codes, each from its name, severity, clients, meaning and remedy."""
    return [Code(code, severity, meaning, remedy, clients, name) for code, severity, clients, meaning, remedy in codes]
