"""The push relay's enumerations: numbers on the wire, exact names, and which client a device belongs to.

docs/contract/licensing-push-installations.md C.5. Device types stand in `domain/users.py`; an unknown number of any
kind stands for itself, as .NET prints it.
"""

from __future__ import annotations

from sosie.domain.devices import DEVICE_TYPES

PUSH_TYPES: dict[int, str] = dict(
    enumerate(
        (
            "SyncCipherUpdate",
            "SyncCipherCreate",
            "SyncLoginDelete",
            "SyncFolderDelete",
            "SyncCiphers",
            "SyncVault",
            "SyncOrgKeys",
            "SyncFolderCreate",
            "SyncFolderUpdate",
            "SyncCipherDelete",
            "SyncSettings",
            "LogOut",
            "SyncSendCreate",
            "SyncSendUpdate",
            "SyncSendDelete",
            "AuthRequest",
            "AuthRequestResponse",
            "SyncOrganizations",
            "SyncOrganizationStatusChanged",
            "SyncOrganizationCollectionSettingChanged",
            "Notification",
            "NotificationStatus",
            "RefreshSecurityTasks",
            "OrganizationBankAccountVerified",
            "ProviderBankAccountVerified",
            "PolicyChanged",
            "AutoConfirm",
            "PremiumStatusChanged",
        )
    )
)
CLIENT_TYPES: dict[int, str] = dict(enumerate(("All", "Web", "Browser", "Desktop", "Mobile", "Cli")))
_ALL_CLIENTS = 0

_CLIENT_OF_DEVICE: dict[int, int] = {
    **dict.fromkeys((9, 10, 11, 12, 13, 14, 17, 18, 26), 1),
    **dict.fromkeys((2, 3, 4, 5, 19, 20), 2),
    **dict.fromkeys((6, 7, 8, 16), 3),
    **dict.fromkeys((0, 1, 15), 4),
    **dict.fromkeys((23, 24, 25), 5),
}


def push_type_name(number: int) -> str:
    """Return a PushType's name."""
    return PUSH_TYPES.get(number, str(number))


def device_type_name(number: int) -> str:
    """Return a DeviceType's name."""
    return DEVICE_TYPES.get(number, str(number))


def client_type_name(number: int) -> str:
    """Return a ClientType's name."""
    return CLIENT_TYPES.get(number, str(number))


def client_type_of(device_type: int) -> int:
    """Return the ClientType that a DeviceType belongs to; `All` if to none."""
    return _CLIENT_OF_DEVICE.get(device_type, _ALL_CLIENTS)
