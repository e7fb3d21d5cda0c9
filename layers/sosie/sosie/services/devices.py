"""The device somebody signs in from: known or new, verified if it must be (docs/contract/identity.md §4.6 item 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sosie.domain import mail
from sosie.domain.devices import Device, PresentedDevice, device_label, present_device
from sosie.domain.errors import TokenRefusedError
from sosie.domain.two_step import DEVICE_CODE_DIGITS, MAILED_CODE_LIFETIME, MailedCode
from sosie.services import repository as repo
from sosie.services.mail import capture

if TYPE_CHECKING:
    from sosie.domain.users import User
    from sosie.services.grants import TokenRequest
    from sosie.services.unit_of_work import UnitOfWork

_VERIFIED_FROM = timedelta(hours=24)
"""A younger account's devices are not verified."""
_MAILED_AFTER = timedelta(minutes=10)
"""A younger account is not told about a new device."""


def sign_in_device(uow: UnitOfWork, user: User, request: TokenRequest, *, verifies: bool) -> tuple[User, Device]:
    """Return the account and the device that signs in. A known one is kept as it is, a new one stored.

    `verifies` says that a new device may have to be verified by mail. Raises TokenRefusedError.
    """
    presented = present_device(
        *(request.field(name) for name in ("deviceidentifier", "devicename", "devicetype", "devicepushtoken"))
    )
    if presented is None:
        refusal = TokenRefusedError("device_error", "No device information provided", "no device information provided")
        raise refusal.because("DEVICE_FIELDS_MISSING", form=request.form)
    known = repo.devices.get(uow, user.id, presented.identifier)
    # Whoever sends a code was asked for one, so a code is checked even if the device is known by now.
    if known is not None and not request.field("newdeviceotp"):
        return user, known
    if verifies and _is_verified_by_mail(uow, user):
        user = _verified(uow, user, request)
    return user, known or _add(uow, user, presented)


def _is_verified_by_mail(uow: UnitOfWork, user: User) -> bool:
    old_enough = uow.now - user.creation_date >= _VERIFIED_FROM
    return user.new_device_verification and user.verify_devices and old_enough


def _verified(uow: UnitOfWork, user: User, request: TokenRequest) -> User:
    """Return the account once the mailed code was sent, or if this is its first device. Raises TokenRefusedError."""
    presented = request.form.get("newdeviceotp")
    if presented is not None:
        expected = user.device_code
        if expected is None or not expected.is_right(presented, user.security_stamp, uow.now):
            refusal = TokenRefusedError("device_error", "Invalid New Device OTP", "invalid new device otp")
            raise refusal.because("NEW_DEVICE_CODE_WRONG", person=user)
        user = replace(user, device_code=None, email_verified=True)
        repo.save_user(uow, user)
        return user
    if not repo.devices.list(uow, user.id):
        return user
    _mail_code(uow, user)
    required = TokenRefusedError("device_error", "New device verification required", "new device verification required")
    raise required.because("NEW_DEVICE_UNVERIFIED", person=user, device=request.field("deviceidentifier"))


def _mail_code(uow: UnitOfWork, user: User) -> None:
    code = uow.ids.digits(DEVICE_CODE_DIGITS)
    mailed = MailedCode(code, user.security_stamp, uow.now + MAILED_CODE_LIFETIME)
    repo.save_user(uow, replace(user, device_code=mailed))
    capture(uow, mail.verification_code(user.email, code))


def _add(uow: UnitOfWork, user: User, presented: PresentedDevice) -> Device:
    device = Device(
        id=uow.ids.guid(),
        user_id=user.id,
        identifier=presented.identifier,
        name=presented.name,
        type=presented.type,
        creation_date=uow.now,
        push_token=presented.push_token,
    )
    repo.devices.save(uow, device, user.id, device.identifier)
    if uow.now - user.creation_date > _MAILED_AFTER:
        capture(uow, mail.new_device(user.email, device_label(device.type), uow.now))
    return device
