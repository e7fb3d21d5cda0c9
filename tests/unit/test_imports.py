"""Start-up is a budget: what a start on SQLite must not import, seen in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

HEAVY = ("boto3", "httpx", "cryptography", "pydantic", "jwt", "argon2")


def loaded_after(code: str) -> set[str]:
    """Run code in a child; return which of the heavy modules it has loaded by then."""
    report = f"\nimport json, sys\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code) + report], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


ANSWER_ONE_REQUEST = """
    import asyncio

    from sosie.local.asgi import Application
    from sosie.settings import Settings
    from sosie.wiring import Sosie

    application = Application(Sosie(Settings()))
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "scheme": "http", "method": METHOD, "path": PATH, "raw_path": PATH.encode(),
             "query_string": b"", "http_version": "1.1", "headers": [(b"host", b"127.0.0.1:8787")]}
    asyncio.run(application(scope, receive, send))
    assert sent[0]["status"] == STATUS, sent
"""


def answering(path: str, status: int = 200, method: str = "GET") -> str:
    return f"METHOD, PATH, STATUS = {method!r}, {path!r}, {status}" + textwrap.dedent(ANSWER_ONE_REQUEST)


def test_the_check_itself_notices_a_heavy_module() -> None:
    assert loaded_after("import httpx") >= {"httpx"}


def test_the_command_line_with_all_its_verbs_is_light() -> None:
    code = """
        import click
        from sosie.local.cli import main

        context = click.Context(main)
        assert all(main.get_command(context, name) for name in main.list_commands(context))
    """
    assert loaded_after(code) == set()


def test_building_a_sosie_and_a_control_client_is_light() -> None:
    code = """
        from sosie.control.client import ControlClient
        from sosie.wiring import Sosie

        Sosie(), ControlClient()
    """
    assert loaded_after(code) == set()


def test_a_seeded_sosie_that_answered_one_wire_request_is_light() -> None:
    assert loaded_after(answering("/us/api/alive")) == set()


def test_so_is_one_that_answered_the_control_plane() -> None:
    assert loaded_after(answering("/_sosie/health")) == set()


def test_start_up_to_the_first_request_is_light() -> None:
    code = """
        from click.testing import CliRunner

        from sosie.local import server
        from sosie.local.cli import main

        server.serve = lambda sosie, listen, place, ready: (ready(), place.close())
        for options in (["--json"], []):
            done = CliRunner().invoke(main, ["start", "--port", "0", *options])
            assert done.exit_code == 0, done.output
    """
    assert loaded_after(code) == set()
