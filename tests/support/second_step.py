"""A person's second step: codes as an authenticator shows them, by hmac alone, and people who need one."""

from __future__ import annotations

import base64
import hmac
import re
from typing import TYPE_CHECKING, Any

from tests.support.families import mails_to
from tests.support.passwords import MASTER_PASSWORD
from tests.support.token_client import VERSION, ask, password_form

if TYPE_CHECKING:
    from tests.support.cloud import TestCloud, WireAnswer

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The secret of RFC 6238's vectors, in Base32."""
CAREFUL = "careful@step.test"
WRONG_CODE = ("invalid_grant", "invalid_username_or_password", "Two-step token is invalid. Try again.")


def add_people(cloud: TestCloud, *users: dict[str, Any], organizations: tuple[dict[str, Any], ...] = ()) -> None:
    """Seed further people of the us region; they have everybody's master password and derivation."""
    region = {"users": list(users), "organizations": list(organizations)}
    defaults = {"masterPassword": MASTER_PASSWORD}
    document = {"version": 1, "name": "further", "defaults": defaults, "regions": {"us": region}}
    cloud.sosie.worlds.seed("default", document)


def add_careful(cloud: TestCloud, **two_step: Any) -> None:
    """Seed somebody with two-step login; with an authenticator unless told otherwise."""
    add_people(cloud, {"email": CAREFUL, "twoStep": two_step or {"authenticator": SECRET}})


def code(cloud: TestCloud, steps: int = 0, secret: str = SECRET) -> str:
    """Return what an authenticator shows at the world's time, or some steps of 30 seconds later."""
    counter = int(cloud.clock.now().timestamp()) // 30 + steps
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    start = digest[19] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**6).zfill(6)


def try_step(cloud: TestCloud, token: str | None = None, provider: str | None = None, **changes: str) -> WireAnswer:
    """Ask for a token with the right master password and this second step."""
    step = {"twoFactorToken": token, "twoFactorProvider": provider}
    sent = {name: value for name, value in step.items() if value is not None}
    return ask(cloud, password_form(CAREFUL, **sent, **changes), VERSION)


def mailed_code(cloud: TestCloud, to: str = CAREFUL) -> str:
    """Return the code of the newest mail to somebody, which is about a code."""
    mail = mails_to(cloud, to)[-1]
    assert (mail["subject"], mail["category"]) == ("Your Bitwarden Verification Code", "TwoFactorEmail")
    (found,) = re.findall(r"^(\d+)$", mail["text"], re.MULTILINE)
    assert found in mail["html"]
    return found


def categories(cloud: TestCloud, to: str = CAREFUL) -> list[str]:
    return [mail["category"] for mail in mails_to(cloud, to)]
