"""A function that is unlucky once: when UNLUCKY, a file, says so, it is killed or hangs at one of its calls to AWS.

The file holds `{"mishap": "killed" or "hangs", "operation", "nth", "moment": "before" or "after"}` and is removed when
it happens. With `nth` 0 nothing happens, and UNLUCKY.count holds how many such calls there were.
"""

import json
import os
import signal
import threading
from pathlib import Path

from app import handler as lucky_handler
from botocore.client import BaseClient

PLAN = Path(os.environ["UNLUCKY"])
COUNT = PLAN.with_suffix(".count")
call_aws = BaseClient._make_api_call
turn = threading.Lock()
counters = {}


def handler(event, context):
    counters.clear()
    return lucky_handler(event, context)


def call_unluckily(client, operation, parameters):
    plan = json.loads(PLAN.read_text()) if PLAN.exists() else {}
    if operation != plan.get("operation"):
        return call_aws(client, operation, parameters)
    with turn:  # so that "the second call" is one, whoever makes it
        seen = counters[operation] = counters.get(operation, 0) + 1
        COUNT.write_text(str(seen))
        if seen == plan["nth"] and plan["moment"] == "before":
            suffer(plan["mishap"])
        answer = call_aws(client, operation, parameters)
        if seen == plan["nth"]:
            suffer(plan["mishap"])
        return answer


def suffer(mishap):
    PLAN.unlink()
    if mishap == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()


BaseClient._make_api_call = call_unluckily
