"""The diagnoses: a stable code, why a request was refused, and what to change. Answers never depend on them.

docs/diagnoses.md lists them (diagnosis/page.py).
"""

from __future__ import annotations

from typing import Any

from sosie.diagnosis.model import Diagnosis, Finding, filled, general
from sosie.diagnosis.of_requests import REQUESTS
from sosie.diagnosis.of_sign_ins import CLIENTS, PEOPLE
from sosie.diagnosis.of_sponsorships import SPONSORSHIPS
from sosie.diagnosis.of_syncs import LICENCES, ORGANIZATIONS, SYNCS
from sosie.diagnosis.of_tokens import PUSH, TOKENS

SECTIONS: dict[str, tuple[Diagnosis, ...]] = {
    "Addresses, routes and bodies": REQUESTS,
    "Clients of the token endpoint": CLIENTS,
    "People who sign in": PEOPLE,
    "Access tokens and roles": TOKENS,
    "Organizations": ORGANIZATIONS,
    "Sponsorship syncs": SYNCS,
    "Licences": LICENCES,
    "Offers and sponsorships": SPONSORSHIPS,
    "Push": PUSH,
}
CATALOG = {diagnosis.code: diagnosis for section in SECTIONS.values() for diagnosis in section}


def describe(finding: Finding | None) -> dict[str, Any] | None:
    """Return a diagnosis as the journal shows it: `code`, `message`, `remedy`, and `details` if there are any."""
    if finding is None:
        return None
    told: dict[str, Any] = {"code": finding.code, **_sentences(finding)}
    details = dict(finding.details)
    if finding.rows:
        details["rows"] = [
            {
                "sponsoringOrganizationUserId": row.member_id,
                "code": row.code,
                "message": _message(CATALOG[row.code], Finding(row.code, row.facts)),
            }
            for row in finding.rows
        ]
    return told | ({"details": details} if details else {})


def advice(code: str) -> str | None:
    """Return what a code means and what to change, for somebody who has the code alone; None for an unknown one."""
    diagnosis = CATALOG.get(code)
    return None if diagnosis is None else f"{diagnosis.when} {general(diagnosis.remedy)}"


def _sentences(finding: Finding) -> dict[str, str]:
    diagnosis = CATALOG[finding.code]
    remedy = filled(diagnosis.remedy, finding.facts) or general(diagnosis.remedy)
    return {"message": _message(diagnosis, finding), "remedy": remedy}


def _message(diagnosis: Diagnosis, finding: Finding) -> str:
    return finding.preface + (filled(diagnosis.message, finding.facts) or diagnosis.when)
