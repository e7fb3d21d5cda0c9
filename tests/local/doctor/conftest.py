"""`sosie doctor` as a test asks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import Sosie
from tests.local.doctor.files import Lines, write
from tests.local.doctor.walks import Doctor


@pytest.fixture
def doctor(sosie: Sosie, home: Path) -> Doctor:
    """What `sosie doctor --json` says about lines, and its exit code."""

    def examine(lines: Lines, *options: str) -> dict[str, Any]:
        done = sosie("doctor", str(write(home / "file.env", lines)), "--json", *options)
        (line,) = done.stdout.splitlines()
        return json.loads(line) | {"exit": done.exit_code}

    return examine
