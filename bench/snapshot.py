"""Taking and restoring a snapshot of a world with 1,000 sponsorships, against copying the file it lies in.

    .venv/bin/python bench/snapshot.py [rounds]

Floor: a copy of the closed SQLite file, on disk before it returns. Prints medians and ratios. A reset to the scenario
stands beside it, and the portable document checked member by member, as when it is uploaded.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.support.cloud import TestCloud
from tests.support.families import GLOBEX, guid

from sosie.domain.sponsorships import Sponsorship
from sosie.services import snapshots
from sosie.services.sponsorship_rows import add_row
from sosie.store.sqlite import SqliteStore

ROWS = 1_000


def fill(cloud: TestCloud) -> None:
    uow, organization = cloud.unit(), cloud.organization(GLOBEX)
    for number in range(ROWS):
        address = f"p{number}@family.test"
        row = Sponsorship(guid(f"row {number}"), organization.id, guid(f"member {number}"), address, address)
        add_row(uow, organization.id, row)
    uow.commit()


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def measure(cloud: TestCloud, rounds: int) -> dict[str, list[float]]:
    worlds = cloud.sosie.worlds
    fill(cloud)
    document = snapshots.document_of(worlds, "default")
    acts: dict[str, Callable[[], object]] = {
        "take": lambda: snapshots.take(worlds, "default", "one"),
        "restore": lambda: snapshots.restore(worlds, "default", "one"),
        "upload": lambda: snapshots.keep(worlds, "default", "two", document),
    }
    times: dict[str, list[float]] = {name: [] for name in (*acts, "reset")}
    for _ in range(rounds):
        for name, act in acts.items():
            times[name].append(seconds(act))
        times["reset"].append(seconds(lambda: worlds.reset("default")))
        snapshots.restore(worlds, "default", "one")
    return times


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state" / "sosie.sqlite"
        store = SqliteStore(path)
        in_file = measure(TestCloud(store=store), rounds)
        store.close()
        floor = statistics.median(seconds(lambda: copy(path, Path(folder) / "copy")) for _ in range(rounds))
        size = path.stat().st_size
    in_memory = measure(TestCloud(), rounds)
    print(f"floor: a copy of {size / 1e6:.1f} MB, synced {floor * 1000:10.1f} ms")
    for where, found in (("in a file", in_file), ("in memory", in_memory)):
        for name, times in found.items():
            middle = statistics.median(times)
            print(f"{name:8} {ROWS:,} rows {where:10} {middle * 1000:16.1f} ms   {middle / floor:6.1f} x floor")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
