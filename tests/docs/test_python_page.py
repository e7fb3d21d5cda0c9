"""docs/python.md: its examples run in order, are typed, and its pytest examples are run by pytest."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs/python.md"
USES = Path(__file__).parents[1] / "local/cloud/typed_uses.py"


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_examples_run_in_their_order() -> None:
    names: dict[str, object] = {}
    first, *others = blocks()
    exec(compile(first, str(PAGE), "exec"), names)
    try:
        for block in others:
            exec(compile(block, str(PAGE), "exec"), names)
    finally:
        names["cloud"].close()  # type: ignore[attr-defined]


def test_the_tests_on_the_page_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOSIE_URL", raising=False)
    pytester.makepyfile("import httpx\nimport sosie\n" + "\n".join(each for each in blocks() if "def test_" in each))

    pytester.runpytest_subprocess("-p", "no:cacheprovider", "--strict-markers").assert_outcomes(passed=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where type checkers work, and remember what they know of the package."""
    return tmp_path_factory.mktemp("typed")


def test_type_checkers_understand_the_examples_and_every_use(folder: Path) -> None:
    page = folder / "page.py"
    page.write_text("\n".join(blocks()))

    done = mypy(folder, page, USES)

    assert done.stdout == "Success: no issues found in 2 source files\n", done.stderr


def test_type_checkers_find_a_misuse(folder: Path) -> None:
    misuse = folder / "misuse.py"
    misuse.write_text(
        textwrap.dedent("""
            import sosie

            with sosie.Cloud() as cloud:
                cloud.us.organisation("Acme")
                cloud.clock.advance(day=1)
                offset: int = cloud.mail.wait().subject
        """)
    )

    done = mypy(folder, misuse)

    assert re.findall(r"\[([\w-]+)\]", done.stdout) == ["attr-defined", "call-arg", "assignment"]


def mypy(folder: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """Check files as a user of the installed package would."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={folder / 'cache'}"]
    return subprocess.run(
        [*command, *map(str, files)], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
