"""What a user of `sosie.Cloud` may write; a type checker reads it, nobody runs it (tests/docs/test_python_page.py)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import sosie
from sosie import Cloud
from sosie.local.cloud import Entry, Fault, Happening, Installation, Mail, Organization, Region, User


def read(cloud: Cloud) -> None:
    region: Region = cloud.region("us")
    installation: Installation = region.installation(enabled=False)
    user: User = region.user("alice@acme.test")
    organization: Organization = region.organization("Acme")
    names: list[str] = [each.name for each in region.organizations]
    password: str | None = user.master_password
    mails: list[Mail] = cloud.mail.list(to="a@b.test", region="us")
    last: Mail | None = cloud.mail.last()
    entries: list[Entry] = cloud.journal.entries(status=400, limit=3)
    ids: list[str] = cloud.journal.verify("POST /x", times=1, within=0.5)
    everything: dict[str, dict[str, list[dict[str, object]]]] = dict(cloud.state())
    rows: list[dict[str, object]] = list(cloud.state("users", region="eu"))
    lines: str = cloud.env("bw").text
    del installation, organization, names, password, mails, last, entries, ids, everything, rows, lines


def change(cloud: Cloud) -> None:
    now: datetime = cloud.clock.freeze()
    happened: list[Happening] = cloud.clock.advance(timedelta(days=1))
    happened += cloud.clock.advance("P1M") + cloud.clock.advance(to=now) + cloud.maintenance()
    with cloud.fault("POST /connect/token", status=503, times=2) as fault, cloud.checkpoint():
        applied: int = fault.applied
    faults: list[Fault] = [*cloud.faults.list(), cloud.faults.add(kind="outage", service="push")]
    token: str = cloud.token(cloud.us.installation(), "expired", expires_in=60)
    cloud.seed(Path("scenario.yaml"))
    with cloud.world("other", {"version": 1, "name": "other"}) as other:
        same: Cloud = other
    cloud.settings["penaltyDelays"] = True
    del applied, faults, token, same


def connect() -> None:
    try:
        with sosie.Cloud.connect("http://127.0.0.1:8787", world="team-a") as cloud:
            read(cloud)
        with sosie.Cloud("families", state=Path("state"), tls=True) as embedded:
            change(embedded)
    except sosie.SosieError:
        pass
