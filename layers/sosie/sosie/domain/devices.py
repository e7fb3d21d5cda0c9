"""The devices people sign in from: their types, and what is kept of them (docs/contract/identity.md §4.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sosie.domain.utf16 import utf16_cut

LONGEST_DEVICE_FIELD = 50
LONGEST_PUSH_TOKEN = 255


@dataclass(frozen=True, slots=True)
class Device:
    """A device a user signed in from, known by its identifier."""

    id: str
    user_id: str
    identifier: str
    name: str
    type: int
    creation_date: datetime
    push_token: str | None = None


@dataclass(frozen=True, slots=True)
class PresentedDevice:
    """A device as a sign-in names it, cut to what is stored: 50 characters, a push token 255."""

    identifier: str
    name: str
    type: int
    push_token: str | None


def present_device(identifier: str, name: str, kind: str, push_token: str) -> PresentedDevice | None:
    """Return the device that three fields name, or None if one is blank or the type is unknown (identity.md §4.6)."""
    type_ = parse_device_type(kind)
    if not identifier.strip() or not name.strip() or type_ is None:
        return None
    return PresentedDevice(
        identifier=utf16_cut(identifier, LONGEST_DEVICE_FIELD),
        name=utf16_cut(name, LONGEST_DEVICE_FIELD),
        type=type_,
        push_token=utf16_cut(push_token, LONGEST_PUSH_TOKEN) if push_token.strip() else None,
    )


# Numbers and exact names (docs/contract/licensing-push-installations.md C.5); tokens carry the name.
DEVICE_TYPES: dict[int, str] = dict(
    enumerate(
        (
            "Android",
            "iOS",
            "ChromeExtension",
            "FirefoxExtension",
            "OperaExtension",
            "EdgeExtension",
            "WindowsDesktop",
            "MacOsDesktop",
            "LinuxDesktop",
            "ChromeBrowser",
            "FirefoxBrowser",
            "OperaBrowser",
            "EdgeBrowser",
            "IEBrowser",
            "UnknownBrowser",
            "AndroidAmazon",
            "UWP",
            "SafariBrowser",
            "VivaldiBrowser",
            "VivaldiExtension",
            "SafariExtension",
            "SDK",
            "Server",
            "WindowsCLI",
            "MacOsCLI",
            "LinuxCLI",
            "DuckDuckGoBrowser",
        )
    )
)

# What mails call the types; where the two differ (identity.md §4.6).
_DEVICE_LABELS = {
    1: "iOS",
    6: "Windows",
    7: "macOS",
    8: "Linux",
    9: "Chrome",
    10: "Firefox",
    11: "Opera",
    12: "Edge",
    13: "Internet Explorer",
    15: "Android",
    16: "UWP",
    17: "Safari",
    18: "Vivaldi",
    21: "SDK",
    24: "MacOs CLI",
    26: "DuckDuckGo",
}
_SECOND_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")


def device_label(type_: int) -> str:
    """Return what a mail calls a type of device, such as `Linux CLI`; nothing for a number without a name."""
    return _DEVICE_LABELS.get(type_) or _SECOND_WORD.sub(" ", DEVICE_TYPES.get(type_, ""))


def parse_device_type(text: str) -> int | None:
    """Return the number of a device type given as 0 to 255 or by exact name, else None (identity.md §4.6)."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        digits = text.lstrip("0") or "0"
        return int(digits) if len(digits) <= 3 and int(digits) <= 255 else None
    return next((number for number, name in DEVICE_TYPES.items() if name == text), None)
