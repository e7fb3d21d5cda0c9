"""All operations of the wire surface, by method and path template."""

from __future__ import annotations

from sosie.wire.answers import accounts, identity, licences, organizations, push, reference, removals, sponsorships
from sosie.wire.answers.operation import Operations

OPERATIONS: Operations = {
    **identity.OPERATIONS,
    **reference.OPERATIONS,
    **licences.OPERATIONS,
    **organizations.OPERATIONS,
    **sponsorships.OPERATIONS,
    **accounts.OPERATIONS,
    **removals.OPERATIONS,
    **push.OPERATIONS,
}
