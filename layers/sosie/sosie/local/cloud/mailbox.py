"""The captured mail of a world from Python."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sosie.local.cloud.clock import to_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sosie.control.client import ControlClient

_LONGEST_WAIT = 20.0
"""Seconds that one request waits; longer waits are several."""
_CODE = re.compile(r"^([0-9]{6,8})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail the cloud sent. `sponsorship_token` is that of an offer, `links` is every link."""

    id: str
    at: datetime
    region: str
    to: str
    subject: str
    category: str
    text: str
    html: str
    links: tuple[str, ...]
    sponsorship_token: str | None

    @property
    def code(self) -> str | None:
        """The code to sign in with, if the mail has one on a line of its own."""
        found = _CODE.search(self.text)
        return found[1] if found else None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Mail:
        """Return a mail of the control plane."""
        return cls(
            id=document["id"],
            at=to_time(document["at"]),
            region=document["region"],
            to=document["to"],
            subject=document["subject"],
            category=document["category"],
            text=document["text"],
            html=document["html"],
            links=tuple(document["links"]),
            sponsorship_token=document["sponsorshipToken"],
        )


class Mailbox:
    """Everything one world's cloud mailed, in both regions.

    Filters are `to`, `region`, `category` and `subject`, compared whole in any letter case.
    """

    def __init__(self, client: ControlClient, world: str) -> None:
        self._client = client
        self._world = world

    def list(self, to: str | None = None, *, after: Mail | None = None, **filters: str) -> builtins.list[Mail]:
        """Return the mails that match, oldest first; with `after`, those that came later."""
        return self._read(to, after, filters)

    def last(self, to: str | None = None, **filters: str) -> Mail | None:
        """Return the newest mail that matches, if there is one."""
        found = self._read(to, None, filters)
        return found[-1] if found else None

    def wait(self, to: str | None = None, *, timeout: float = 5.0, after: Mail | None = None, **filters: str) -> Mail:
        """Return the newest mail that matches, waiting for one if there is none yet. Raises TimeoutError.

        With `after` only mails that came later count.
        """
        for wait in waits(timeout):
            found = self._read(to, after, filters, wait)
            if found:
                return found[-1]
        raise TimeoutError(self._missing(to, filters, timeout))

    def clear(self) -> None:
        """Forget all mail."""
        self._client.clear_mail(self._world)

    def _read(
        self, to: str | None, after: Mail | None, filters: Mapping[str, str], wait: float | None = None
    ) -> builtins.list[Mail]:
        asked = {**filters, "to": to, "after": None if after is None else after.id, "wait": wait}
        return [Mail.of(each) for each in self._client.mail(self._world, **asked)]

    def _missing(self, to: str | None, filters: Mapping[str, str], timeout: float) -> str:
        wanted = ", ".join(f"{name} {value!r}" for name, value in {"to": to, **filters}.items() if value is not None)
        there = "\n".join(f"  to {each.to}: {each.subject}" for each in self.list())
        said = f"no mail came within {timeout:g} s" + (f" ({wanted})" if wanted else "")
        return f"{said}; the mailbox has\n{there}" if there else f"{said}; the mailbox is empty"


def waits(timeout: float) -> Iterator[float]:
    """Yield how long each request waits, at least one. The server does it: this process's clock may be frozen."""
    left = max(timeout, 0.0)
    yield min(left, _LONGEST_WAIT)
    while (left := left - _LONGEST_WAIT) > 0:
        yield min(left, _LONGEST_WAIT)
