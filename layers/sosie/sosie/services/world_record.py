"""A world's own settings, as stored: its seed, scenario and clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from sosie.domain.clock import WorldClock
from sosie.ports import Key

DEFAULT_WORLD = "default"
_WORLD_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class WorldRecord:
    """`scenario` names the seed; the document itself is kept beside it (`scenario_key`), read only to reset.

    `incarnation` is another one after each creation and reset, so that clients can tell that their past is gone.
    `keys` is what the keyring knows it by (empty: its name). A deployed world has another one after each creation, so
    that no process goes on with the keys of one that was dropped.
    `maintained_until` is the world's time up to which everything on schedule has happened (services/maintenance.py).
    """

    name: str
    scenario: str
    seed: str
    clock: WorldClock = field(default_factory=WorldClock)
    penalty_delays: bool = True
    realistic_limits: bool = False
    incarnation: str = ""
    keys: str = ""
    maintained_until: datetime | None = None

    @property
    def guessable(self) -> bool:
        """Whether all that the scenario makes follows from its document, which everybody may know."""
        return not self.keys

    @property
    def keyring_name(self) -> str:
        """What the keyring knows this world by; its name up to the first dot."""
        return self.keys or self.name


def world_key(world: str) -> Key:
    """Return where a world's record lives."""
    return Key(f"{world}/world", "record")


def scenario_key(world: str) -> Key:
    """Return where the scenario document lives that a reset returns to."""
    return Key(f"{world}/world", "scenario")


def claim_key(world: str) -> Key:
    """Return where it is kept who makes a world, and from which seed, while that is under way."""
    return Key(f"{world}/world", "claim")


def requests_key(world: str) -> Key:
    """Return where it is kept how many requests a world has had, if its journal no longer tells."""
    return Key(f"{world}/world", "requests")


def faults_key(world: str) -> Key:
    """Return where a world's fault rules are kept with their counters; nothing is there without rules."""
    return Key(f"{world}/faults", "rules")


def is_world_name(text: str) -> bool:
    """Tell whether a text can name a world: lower-case letters, digits and hyphens, at most 63."""
    return _WORLD_NAME.fullmatch(text) is not None
