"""A TLS server of its own for the real clients, and the official CLI, wherever it is installed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.journeys.support.region import Region
from tests.journeys.support.server import Sosie, private_env

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def bw_program() -> str:
    """`bw` from SOSIE_BW, from PATH, or from a local `npm install`."""
    local = REPOSITORY / "node_modules" / ".bin" / "bw"
    found = os.environ.get("SOSIE_BW") or shutil.which("bw") or (str(local) if local.exists() else None)
    if found:
        return found
    missing = "no bw: set SOSIE_BW, or `npm install @bitwarden/cli`"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="session")
def sosie(bw_program: str, home: Path) -> Iterator[Sosie]:
    running = Sosie.start(home, "--tls", "--state", str(home / "state"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def ca(sosie: Sosie, home: Path) -> Path:
    """Sosie's own certificate authority, exported as its users would do it."""
    folder = home / "exported"
    command = [sys.executable, "-m", "sosie", "ca", "export", str(folder), "--state", str(home / "state")]
    done = subprocess.run(command, env=private_env(home), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert (folder / "sosie-ca.crt").exists()
    return folder / "sosie-ca.pem"


@pytest.fixture(params=["us", "eu"])
def region(request: pytest.FixtureRequest, sosie: Sosie) -> Region:
    return Region(request.param, sosie.summary["regions"][request.param])


@pytest.fixture
def base(region: Region) -> str:
    """One base URL per region; the CLI appends /api and /identity itself."""
    address = urlsplit(region.api)
    assert address.scheme == "https"
    return f"https://localhost:{address.port}/{region.name}"


class Bw:
    """The official command line, unmodified; each instance is a machine of its own."""

    def __init__(self, program: str, home: Path, ca: Path):
        self._program = program
        self._env = private_env(home) | {
            "BITWARDENCLI_APPDATA_DIR": str(home / "bw"),
            "NODE_EXTRA_CA_CERTS": str(ca),
            "BW_NOINTERACTION": "true",
        }
        for name in ("BW_SESSION", "BW_CLIENTID", "BW_CLIENTSECRET", "BW_PASSWORD"):
            self._env.pop(name, None)

    def run(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self._program, *arguments],
            env=self._env | env,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )

    def __call__(self, *arguments: str, **env: str) -> str:
        """What it prints, when it succeeds."""
        done = self.run(*arguments, **env)
        assert done.returncode == 0, f"bw {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()


@pytest.fixture
def bw(bw_program: str, home: Path, tmp_path: Path, ca: Path, base: str, region: Region) -> Bw:
    """A CLI that is configured for the region and not logged in; configured once, since each start takes seconds."""
    configured = home / f"bw-{region.name}"
    if not configured.exists():
        Bw(bw_program, configured, ca)("config", "server", base)
    shutil.copytree(configured, tmp_path, dirs_exist_ok=True)
    return Bw(bw_program, tmp_path, ca)
