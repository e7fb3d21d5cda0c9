"""What only an embedded `sosie.Cloud` has: a server of its own; and connecting, which starts nothing."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import textwrap
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

import sosie
from sosie.control.connection import NotReachableError, RefusedByControlError
from sosie.local.cloud import NotThereError
from sosie.local.cloud.embedded import EmbeddedCloudError
from sosie.local.cloud.mailbox import waits
from tests.local.cloud.asking import ask, grant, offer
from tests.local.started import Started, private_env

COUSIN = "cousin@family.test"


def python(code: str, home: Path) -> str:
    """Run code in an interpreter of its own, warnings being errors; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env=private_env(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_nobody_answers_after_the_end_of_the_block() -> None:
    with sosie.Cloud() as cloud:
        assert urlsplit(cloud.url).hostname == "127.0.0.1"
        assert ask("GET", f"{cloud.us.api_url}/alive").status_code == 200

    address = urlsplit(cloud.url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=5)
    cloud.close()


def test_two_clouds_at_once_share_nothing() -> None:
    with sosie.Cloud() as one, sosie.Cloud() as other:
        offer(one, COUSIN)
        one.clock.freeze()
        one.faults.add("alive", status=500)

        assert other.mail.list() == []
        assert other.journal.entries() == []
        assert other.clock.mode == "system"
        assert other.faults.list() == []
        assert ask("GET", f"{other.us.api_url}/alive").status_code == 200


def test_without_a_state_directory_everything_is_forgotten() -> None:
    with sosie.Cloud() as cloud:
        offer(cloud, COUSIN)

    with sosie.Cloud() as again:
        assert again.mail.list() == []


def test_a_state_directory_keeps_everything(tmp_path: Path) -> None:
    with sosie.Cloud(state=tmp_path) as cloud:
        offer(cloud, COUSIN)
        with pytest.raises(EmbeddedCloudError, match="is in use by another Sosie"):
            sosie.Cloud(state=tmp_path)

    with sosie.Cloud(state=str(tmp_path)) as again:
        assert again.mail.last(to=COUSIN)


def test_its_scenario_may_be_a_document_and_a_reset_returns_to_it() -> None:
    person = {"email": "dora@only.test", "name": "Dora", "masterPassword": "a b c d"}

    with sosie.Cloud({"version": 1, "name": "only", "regions": {"eu": {"users": [person]}}}) as cloud:
        cloud.reset()

        assert [each.email for each in cloud.eu.users] == ["dora@only.test"]
        assert cloud.us.users == []


def test_another_world_can_be_the_one_that_is_meant() -> None:
    with sosie.Cloud(world="team-a") as cloud:
        assert cloud.us.api_url == f"{cloud.url}/w/team-a/us/api"
        assert cloud.us.organization("Acme")


def test_a_scenario_that_nobody_knows_is_refused_and_nothing_is_left_running() -> None:
    with pytest.raises(EmbeddedCloudError, match="no scenario is named 'nosuch'; shipped are "):
        sosie.Cloud("nosuch")
    with pytest.raises(sosie.SosieError, match="No such file"):
        sosie.Cloud(Path("nosuch.yaml"))
    with sosie.Cloud() as cloud:
        assert cloud.us.users


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedCloudError, match=f"cannot listen on 127.0.0.1:{port}"):
            sosie.Cloud(port=port)


def test_tls_is_served_by_a_ca_of_its_own() -> None:
    with sosie.Cloud(tls=True) as cloud:
        assert cloud.us.api_url.startswith("https://localhost:")
        assert cloud.cacert is not None
        trust = ssl.create_default_context(cafile=str(cloud.cacert))
        with httpx.Client(verify=trust, trust_env=False) as client:
            assert client.get(f"{cloud.us.api_url}/alive").status_code == 200
        assert cloud.env("vaultwarden").variables["SSL_CERT_FILE"] == str(cloud.cacert)

    assert not cloud.cacert.exists()


def test_off_loopback_the_control_plane_wants_the_token_that_the_cloud_has() -> None:
    with sosie.Cloud(host="0.0.0.0", control_token=None) as cloud:
        assert cloud.control_token
        assert cloud.us.users
        with pytest.raises(RefusedByControlError) as refused:
            sosie.Cloud.connect(cloud.url)
        assert refused.value.status == 401
        with sosie.Cloud.connect(cloud.url, cloud.control_token) as same:
            assert same.us.users == cloud.us.users


def test_nobody_waits_for_the_penalty_of_a_wrong_secret_unless_asked_to() -> None:
    with sosie.Cloud() as cloud:
        entries = [grant(cloud, secret="wrong").headers["x-sosie-request"] for _ in range(2)]

        assert [cloud.journal.read(each).diagnosis.code for each in entries] == ["SECRET_WRONG"] * 2  # type: ignore[union-attr]


def test_when_its_server_dies_the_next_cloud_gets_another(tmp_path: Path) -> None:
    code = """
        import os, signal, sosie
        from sosie.control.connection import NotReachableError
        from sosie.local.cloud.embedded import child
        with sosie.Cloud() as cloud:
            os.kill(child()._process.pid, signal.SIGKILL)
            child()._process.wait()
            try:
                cloud.summary()
            except NotReachableError:
                print("gone")
        with sosie.Cloud() as next_one:
            print(next_one.clock.mode)
    """

    assert python(code, tmp_path) == "gone\nsystem\n"


def test_the_server_keeps_time_while_the_test_stands_still(tmp_path: Path) -> None:
    code = """
        import time, sosie
        with sosie.Cloud() as cloud:
            time.monotonic = time.time = lambda: 0.0
            before = cloud.clock.now
            try:
                cloud.mail.wait(timeout=0.2)
            except TimeoutError:
                print(cloud.clock.now > before)
    """

    assert python(code, tmp_path) == "True\n"


def test_a_long_wait_is_several_requests() -> None:
    assert list(waits(45)) == [20, 20, 5]
    assert list(waits(40)) == [20, 20]
    assert list(waits(0)) == list(waits(-1)) == [0]


def test_it_takes_nothing_from_the_environment_and_leaves_nothing_behind(tmp_path: Path) -> None:
    code = """
        import os, sosie
        os.environ |= {"SOSIE_STATE": "kept", "SOSIE_SCENARIO": "nosuch", "SOSIE_STORE": "dynamodb"}
        with sosie.Cloud() as cloud:
            print(cloud.us.organization("Acme").tier)
    """

    assert python(code, tmp_path) == "enterprise\n"
    assert list(tmp_path.iterdir()) == []


def test_files_of_the_users_folder_are_not_imported(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise SystemExit('the wrong uvicorn')")

    assert python("import sosie\nwith sosie.Cloud() as cloud: print(cloud.clock.mode)", tmp_path) == "system\n"


def test_its_process_ends_with_its_parent(tmp_path: Path) -> None:
    code = """
        import os, sosie
        from sosie.local.cloud.embedded import child
        cloud = sosie.Cloud()
        print(cloud.url, flush=True)
        os._exit(0)
    """

    address = urlsplit(python(code, tmp_path).strip())

    for _ in range(200):
        try:
            socket.create_connection((address.hostname, address.port), timeout=5).close()
        except ConnectionRefusedError:
            return
        subprocess.run([sys.executable, "-c", ""], check=True)
    raise AssertionError(f"{address.geturl()} still answers")


def test_a_forked_process_gets_a_server_of_its_own(tmp_path: Path) -> None:
    code = """
        import os, sosie
        with sosie.Cloud() as cloud:
            pid = os.fork()
            if pid == 0:
                with sosie.Cloud() as mine:
                    os._exit(0 if mine.url != cloud.url and mine.us.users else 1)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), len(cloud.us.users) > 0)
    """

    assert python(code, tmp_path) == "0 True\n"


def test_a_connection_leaves_the_server_as_it_is(shared: Started) -> None:
    with sosie.Cloud.connect(shared.url) as cloud:
        assert cloud.us.users
    with sosie.Cloud.connect(shared.url) as again:
        assert again.us.users


def test_connecting_to_nobody_or_to_no_world_fails_at_once(shared: Started) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotReachableError):
        sosie.Cloud.connect(f"http://127.0.0.1:{port}")
    with pytest.raises(RefusedByControlError, match="no world named 'nowhere'"):
        sosie.Cloud.connect(shared.url, world="nowhere")


def test_the_servers_of_this_machine_need_neither_token_nor_ca(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Started(tmp_path, "--tls", "--control-token", "t" * 20, "--json") as started:
        for name, value in private_env(tmp_path).items():
            monkeypatch.setenv(name, value)

        with sosie.Cloud.connect(started.url) as cloud:
            assert cloud.us.users


def test_importing_sosie_imports_no_cloud(tmp_path: Path) -> None:
    code = """
        import sys, sosie
        print([name for name in sys.modules if name.startswith("sosie")])
        print(sosie.Cloud.__name__, "uvicorn" in sys.modules)
        try:
            sosie.Clod
        except AttributeError as error:
            print(error)
    """

    assert python(code, tmp_path) == "['sosie']\nCloud False\nmodule 'sosie' has no attribute 'Clod'\n"


def test_a_region_that_nobody_has_is_refused(shared: Started) -> None:
    with sosie.Cloud.connect(shared.url) as cloud, pytest.raises(NotThereError, match="there are us, eu"):
        cloud.env(region="mars")
