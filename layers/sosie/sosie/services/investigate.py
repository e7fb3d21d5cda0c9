"""Finds out why a request was refused: the sentence's facts, and often a more exact diagnosis than the use case's.

A use case names a code and hands over what it has. It never looks further, because whoever succeeds should not pay for
an explanation; that is done here, once the answer is decided (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sosie.services import investigate_clients as clients
from sosie.services import investigate_offers as offers
from sosie.services import investigate_requests as requests
from sosie.services import investigate_syncs as syncs
from sosie.services import investigate_tokens as tokens

if TYPE_CHECKING:
    from sosie.diagnosis.model import Finding
    from sosie.services.cases import Case

INVESTIGATIONS: dict[str, Callable[[Case], Finding]] = {
    "ALREADY_SPONSORED": offers.already_sponsored,
    "ALREADY_SPONSORING": offers.redeemed,
    "CLIENT_UNKNOWN": clients.unknown,
    "DEVICE_FIELDS_MISSING": clients.device_fields,
    "DUPLICATE_MEMBER": syncs.duplicates,
    "GRANT_UNKNOWN": clients.grant,
    "ID_NOT_GUID": requests.no_guid,
    "INSTALLATION_DISABLED": clients.disabled,
    "INSTALLATION_UNKNOWN": clients.installation_unknown,
    "LICENCE_KEY_WRONG": syncs.licence_key,
    "METHOD_NOT_ALLOWED": requests.wrong_method,
    "NOT_A_MEMBER": syncs.organization_first,
    "NOT_OWNER": tokens.not_owner,
    "OFFER_ALREADY_REDEEMED": offers.redeemed,
    "OFFER_UNREADABLE": offers.unreadable,
    "ORGANIZATION_DISABLED": clients.organization_disabled,
    "ORGANIZATION_UNKNOWN": syncs.organization_unknown,
    "PERSON_UNKNOWN": clients.person_unknown,
    "POLICY_FORBIDS": offers.policy,
    "ROLE_MISSING": tokens.role_missing,
    "ROWS_SKIPPED": syncs.rows,
    "SCOPE_NOT_GRANTED": tokens.scope,
    "SECRET_WRONG": clients.secret,
    "SUBSCRIPTION_NONE": syncs.no_subscription,
    "SYNC_KEY_WRONG": syncs.sync_key,
    "TOKEN_EXPIRED": tokens.expired,
    "TOKEN_NOT_YET_VALID": tokens.not_yet_valid,
    "TOKEN_UNKNOWN_KEY": tokens.unknown_key,
    "UNKNOWN_ROUTE": requests.unknown_route,
}
"""What a use case can name and what finds out more; any other code is told with the clues as they are."""


def investigate(case: Case) -> Finding:
    """Return what is behind a case. Reads a few items more; never writes."""
    found = INVESTIGATIONS.get(case.code)
    return case.found() if found is None else found(case)
