"""All rules, in the order of their findings: the file first, then what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.local.doctor import (
    rules_file,
    rules_installation,
    rules_region,
    rules_switches,
    rules_trust,
    rules_uris,
)
from sosie.local.doctor.model import SEVERITIES

if TYPE_CHECKING:
    from sosie.local.doctor.configuration import Configuration
    from sosie.local.doctor.model import Finding

RULES = (
    *rules_file.RULES,
    *rules_installation.RULES,
    *rules_region.RULES,
    *rules_uris.RULES,
    *rules_switches.RULES,
    *rules_trust.RULES,
)


def examine(configuration: Configuration) -> list[Finding]:
    """Return what all rules find: errors first, then warnings, then hints, each by line."""
    found = [each for rule in RULES for each in rule(configuration)]
    return sorted(found, key=lambda each: (SEVERITIES.index(each.severity), each.line or 0))
