"""Eight worlds on one server, each with traffic, a clock and perhaps a fault of its own: nothing may cross over.

    .venv/bin/python bench/worlds.py [--seconds 60] [--worlds 8] [--rate 50] [--url URL]

All worlds are made from the same scenario, so ids and keys are equal in all of them, and only the world tells them
apart. At the end every world's state, clock, mailbox, journal and faults must hold its own and nothing else.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

import sosie

SYNC = "/organization/sponsorship/sync"
FAULTY_STATUS = 503


@dataclass
class Traffic:
    """What one world is asked, and what came of it. `number` tells the world apart: its clock, its fault, its names."""

    world: sosie.Cloud
    number: int
    synced: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.world.name

    @property
    def days(self) -> int:
        """How far its clock is ahead."""
        return 10 * self.number

    @property
    def faulty(self) -> bool:
        return self.number % 2 == 1

    def prepare(self) -> None:
        if self.days:
            self.world.clock.advance(days=self.days)
        if self.faulty:
            self.world.faults.add("GET /alive", status=FAULTY_STATUS, name=f"fault-of-{self.name}")
        us = self.world.us
        self.globex = us.organization("Globex")
        (self.key,) = (
            each["apiKey"]
            for each in self.world.state("keys", region="us")
            if each["organizationId"] == self.globex.id and each["type"] == 1
        )
        self.installation = us.installation()
        self.token = self.world.token(self.installation)
        self.connection = http.client.HTTPConnection(urlsplit(us.api_url).netloc, timeout=60)
        self.api, self.identity = urlsplit(us.api_url).path, urlsplit(us.identity_url).path

    def step(self, count: int) -> None:
        """Make the next request: a sync, a token, a health check and a look at the installation, in turn."""
        kind = count % 4
        if kind == 0:
            self._sync(count)
        elif kind == 1:
            form = {
                "grant_type": "client_credentials",
                "client_id": f"installation.{self.installation.id}",
                "client_secret": self.installation.key,
                "scope": "api.installation",
            }
            self._expect(
                200, self._ask("POST", f"{self.identity}/connect/token", urlencode(form), "x-www-form-urlencoded")
            )
        elif kind == 2:
            self._expect(FAULTY_STATUS if self.faulty else 200, self._ask("GET", f"{self.api}/alive"))
        else:
            self._expect(200, self._ask("GET", f"{self.api}/installations/{self.installation.id}"))

    def _sync(self, count: int) -> None:
        # The same member ids in every world; only the address says whose row it is.
        email = f"friend-{count}@{self.name}.test"
        row = {
            "sponsoringOrganizationUserId": str(uuid5(NAMESPACE_URL, f"member {count}")),
            "friendlyName": email,
            "offeredToEmail": email,
            "planSponsorshipType": 0,
            "lastSyncDate": None,
            "validUntil": None,
            "toDelete": False,
        }
        body = {
            "billingSyncKey": self.key,
            "sponsoringOrganizationCloudId": self.globex.id,
            "sponsorshipsBatch": [row],
        }
        status, answer = self._ask("POST", self.api + SYNC, json.dumps(body), "json")
        self._expect(200, (status, answer))
        self.synced.append(email)
        if answer and [each["offeredToEmail"] for each in json.loads(answer)["sponsorshipsBatch"]] != [email]:
            self.problems.append(f"{email}: answered {answer.decode()}")

    def _ask(self, method: str, path: str, body: str | None = None, kind: str = "") -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Content-Type": f"application/{kind}"} if kind else {})
        started = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        self.seconds.append(time.perf_counter() - started)
        self.answers[answer.status] += 1
        world = answer.headers["x-sosie"].partition("world=")[2]
        if world != self.name:
            self.problems.append(f"{method} {path}: answered by world {world}")
        return answer.status, content

    def _expect(self, status: int, answer: tuple[int, bytes]) -> None:
        if answer[0] != status:
            self.problems.append(f"expected {status}, was {answer[0]}: {answer[1].decode()[:200]}")

    def close(self) -> None:
        self.connection.close()


def run(traffic: list[Traffic], requests: int, rate: float | None) -> float:
    """Let all worlds be asked at once, each so often, at so many requests a second if given; return the seconds."""
    started = time.perf_counter()

    def ask(mine: Traffic) -> None:
        for count in range(requests):
            if rate and (early := started + count / rate - time.perf_counter()) > 0:
                time.sleep(early)
            mine.step(count)

    threads = [threading.Thread(target=ask, args=(each,)) for each in traffic]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return time.perf_counter() - started


def crossings(mine: Traffic) -> list[str]:
    """Return everything in a world that is not its own, or that it lacks."""
    world, name = mine.world, mine.name
    found = list(mine.problems)

    def same(what: str, seen: object, wanted: object) -> None:
        if seen != wanted:
            found.append(f"{what} is {str(seen)[:300]}, not {str(wanted)[:300]}")

    rows = [row["offeredToEmail"] for row in world.state("sponsorships")]
    same("state", sorted(rows), sorted(mine.synced))
    same("mailbox", sorted(mail.to for mail in world.mail.list()), sorted(mine.synced))
    same("faults", [each.id for each in world.faults.list()], [f"fault-of-{name}"] if mine.faulty else [])
    clock = world.control.clock(name)
    same(
        "clock",
        (clock["mode"], round(clock["offsetSeconds"] / 86400)),
        ("shifted" if mine.days else "system", mine.days),
    )
    entries = _whole_journal(world)
    same("journal's size", len(entries), sum(mine.answers.values()))
    same("journal's worlds", {each["path"].split("/")[2] for each in entries}, {name})
    same("journal's statuses", Counter(each["status"] for each in entries), mine.answers)
    same(
        "journal's faults",
        {each["fault"]["id"] for each in entries if each["fault"]},
        {f"fault-of-{name}"} if mine.faulty else set(),
    )
    bodies = "".join(each["request"]["body"] for each in entries)
    same("names in the journal", bodies.count("friend-"), bodies.count(f"@{name}.test"))
    return [f"{name}: {each}" for each in found]


def _whole_journal(world: sosie.Cloud) -> list[dict]:
    found: list[dict] = []
    while page := world.control.journal(world.name, limit=1000, after=found[-1]["id"] if found else "0"):
        found += page
    return found


def measure(
    server: sosie.Cloud, worlds: int, requests: int, rate: float | None
) -> tuple[list[Traffic], float, list[str]]:
    """Make the worlds, let them be asked, and return what was done, in how many seconds, and what crossed over."""
    made = [server.world(f"bench-{number}") for number in range(worlds)]
    traffic = [Traffic(world, number) for number, world in enumerate(made)]
    try:
        for each in traffic:
            each.prepare()
        for each in traffic:
            each.world.journal.clear()
        took = run(traffic, requests, rate)
        return traffic, took, [problem for each in traffic for problem in crossings(each)]
    finally:
        for each in traffic:
            each.close()
            each.world.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--worlds", type=int, default=8)
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second and world")
    parser.add_argument("--url", help="a Sosie that runs, instead of an embedded one")
    asked = parser.parse_args()
    with sosie.Cloud.connect(asked.url) if asked.url else sosie.Cloud() as server:
        traffic, took, problems = measure(server, asked.worlds, round(asked.seconds * asked.rate), asked.rate)
    for each in traffic:
        middle, late = statistics.median(each.seconds), statistics.quantiles(each.seconds, n=100)[98]
        print(
            f"{each.name}: {len(each.seconds):,} requests, {len(each.seconds) / took:5.1f}/s, "
            f"median {middle * 1000:5.1f} ms, 99th {late * 1000:6.1f} ms, {len(each.synced):,} syncs, "
            f"clock +{each.days} d, {each.answers[FAULTY_STATUS]:,} by fault"
        )
    total = sum(len(each.seconds) for each in traffic)
    print(f"together: {total:,} requests in {took:.1f} s, {total / took:.0f}/s; crossed over: {len(problems)}")
    for problem in problems[:20]:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
