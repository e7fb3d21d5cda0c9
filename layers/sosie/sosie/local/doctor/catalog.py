"""The codes of the doctor's findings: stable, each with a severity, what it means and what to change.

docs/doctor.md lists them; a test holds the list against this table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.local.doctor import codes_of_the_cloud, codes_of_the_server
from sosie.local.doctor.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sosie.local.doctor.codes import Code
    from sosie.local.doctor.model import Change

CATALOG: dict[str, Code] = {
    each.code: each for group in (*codes_of_the_cloud.CODES, *codes_of_the_server.CODES) for each in group
}


def finding(
    code: str, message: str, *, line: int | None = None, changes: Iterable[Change] = (), remedy: str | None = None
) -> Finding:
    """Return a finding of a code. Raises KeyError for a code that is not in the catalog."""
    known = CATALOG[code]
    return Finding(code, known.severity, message, remedy or known.remedy, line, tuple(changes))
