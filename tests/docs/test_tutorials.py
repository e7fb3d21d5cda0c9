"""Every command of the tutorials is run, in order, and what they promise to print comes out."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.local.started import Started, private_env

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_MARK = "=== step"
OPTIONS = {
    "self-hosted-server.md": (),
    "vaultwarden.md": ("--tls",),
    "administrator.md": (),
    "ci.md": ("--no-penalty-delays",),
}


@dataclass
class Step:
    commands: str
    promised: list[str] = field(default_factory=list)


def steps(page: str) -> list[Step]:
    found: list[Step] = []
    for kind, text in _BLOCK.findall((TUTORIALS / page).read_text(encoding="utf-8")):
        if kind == "sh":
            found.append(Step(text))
        else:
            found[-1].promised += text.splitlines()
    return found


def pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, line.split("…"))))


def test_every_tutorial_is_run() -> None:
    assert set(OPTIONS) == {path.name for path in TUTORIALS.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("page", OPTIONS)
def test_a_tutorial_does_what_it_says(page: str, tmp_path: Path) -> None:
    walk = steps(page)
    script = "\n".join(f"printf '\\n%s\\n' '{_MARK} {number}'\n{step.commands}" for number, step in enumerate(walk))
    with Started(tmp_path / "sosie", "--json", *OPTIONS[page]) as started:
        environment = private_env(tmp_path) | {
            "PATH": f"{Path(sys.executable).parent}:{private_env(tmp_path)['PATH']}",
            "SOSIE_URL": started.url,
            "NO_COLOR": "1",
            "XDG_STATE_HOME": private_env(tmp_path / "sosie")["XDG_STATE_HOME"],
            "XDG_DATA_HOME": private_env(tmp_path / "sosie")["XDG_DATA_HOME"],
        }
        done = subprocess.run(
            [shutil.which("bash") or "bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    outputs = re.split(rf"^{_MARK} \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    for step, output in zip(walk, outputs, strict=True):
        missing = [
            line for line in step.promised if not any(pattern(line).search(told) for told in output.splitlines())
        ]
        assert missing == [], f"after\n{step.commands}\ncame\n{output}"
