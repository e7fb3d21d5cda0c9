"""The push relay: all five answer without a body (docs/contract/licensing-push-installations.md C)."""

from __future__ import annotations

from sosie.wire.answers.errors import FAULT, REFUSED
from sosie.wire.answers.operation import Operation, Operations


def _relayed(name: str, route: str, summary: str, section: str, *, can_fail: bool = False) -> dict[str, Operation]:
    row = Operation(
        id=name,
        summary=summary,
        tag="Push relay",
        contract=f"licensing-push-installations.md {section}",
        answers={200: None, **REFUSED, **(FAULT if can_fail else {})},
    )
    return {route: row}


OPERATIONS: Operations = {
    **_relayed("registerDevice", "POST /push/register", "Register a device", "C.1", can_fail=True),
    **_relayed("deleteDevice", "POST /push/delete", "Forget a device", "C.2", can_fail=True),
    **_relayed(
        "addOrganizationToDevices", "PUT /push/add-organization", "Add an organization to devices", "C.3", can_fail=True
    ),
    **_relayed(
        "deleteOrganizationFromDevices",
        "PUT /push/delete-organization",
        "Take an organization from devices",
        "C.3",
        can_fail=True,
    ),
    **_relayed("sendPush", "POST /push/send", "Send a message to devices", "C.4"),
}
