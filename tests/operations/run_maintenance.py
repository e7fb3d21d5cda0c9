"""The maintenance function in a process of its own, which can be told to die after so many writes, as a host may.

`python -m tests.operations.run_maintenance [WRITES]`. It says `ready` on its standard output, and begins when its
standard input ends.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from sosie.wiring import deployed
from tests.operations.deployment import Context, Deployment, schedule_event

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


class DyingAfter:
    """Ends the process as SIGKILL does, once that many writes have been answered: nothing after the last one runs."""

    def __init__(self, writes: int) -> None:
        self._left = writes

    def __call__(self, model: Any, **_: Any) -> None:
        self._left -= model.name in WRITES
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    deployment, client = Deployment(), deployed().store._client  # type: ignore[attr-defined]
    if len(sys.argv) > 1:
        client.meta.events.register("after-call.dynamodb", DyingAfter(int(sys.argv[1])))
    deployed().worlds.names()  # a connection, so that all who are let go begin at once
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    deployment.invoke("maintenance", schedule_event(), Context("maintenance", 900.0))


if __name__ == "__main__":
    main()
