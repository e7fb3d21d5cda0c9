"""One Sosie per test session and worker, reset before each test; a region; and the people in it.

With SOSIE_JOURNEY_URL the journeys walk through a Sosie that already runs (its control token, if it wants one, in
SOSIE_CONTROL_TOKEN); it needs scenario `families` and --no-penalty-delays. With --store the server they start keeps
its state on that engine.
"""

import os
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.journeys.support.answers import assert_json
from tests.journeys.support.mailbox import Mailbox
from tests.journeys.support.person import Person
from tests.journeys.support.region import Region
from tests.journeys.support.self_hosted import SelfHosted
from tests.journeys.support.server import Sosie
from tests.support import stores

OTHER = {"us": "eu", "eu": "us"}

SignIn = Callable[..., Person]


@pytest.fixture(scope="session")
def sosie(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Sosie]:
    url = os.environ.get("SOSIE_JOURNEY_URL")
    if url:
        running = Sosie.connect(url)
    else:
        options, env = stores.for_a_start(request)
        running = Sosie.start(tmp_path_factory.mktemp("sosie"), *options, **env)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def world(sosie: Sosie) -> Sosie:
    """The scenario as it ships: nothing offered, no mail, the billing sync key not generated yet."""
    sosie.reset()
    return sosie


@pytest.fixture(params=["us", "eu"])
def region(request: pytest.FixtureRequest, world: Sosie) -> Region:
    return Region(request.param, world.summary["regions"][request.param])


@pytest.fixture
def other_region(region: Region, world: Sosie) -> Region:
    name = OTHER[region.name]
    return Region(name, world.summary["regions"][name])


@pytest.fixture
def mailbox(world: Sosie, http: httpx.Client) -> Mailbox:
    return Mailbox(world, http)


@pytest.fixture
def sign_in(http: httpx.Client, region: Region) -> SignIn:
    """Signs somebody in at the web vault; of this region unless another is named."""

    def signed_in(email: str, where: Region | None = None) -> Person:
        return Person(http, where or region, email).login()

    return signed_in


@pytest.fixture
def owner(sign_in: SignIn, region: Region) -> Person:
    """Owner of the Enterprise organization."""
    return sign_in(region.cast.owner)


@pytest.fixture
def family_owner(sign_in: SignIn, region: Region) -> Person:
    """Owner of an existing Families organization, in no other."""
    return sign_in(region.cast.families_owner)


@pytest.fixture
def unconnected(region: Region) -> Iterator[SelfHosted]:
    """A self-hosted server with cloud communication on and the region chosen: step 1 of the article."""
    server = SelfHosted(region)
    yield server
    server.close()


@pytest.fixture
def server(unconnected: SelfHosted, owner: Person, region: Region) -> SelfHosted:
    """Steps 2 and 3 done as well: the owner generated the token and the server has it."""
    answer = owner.api_key(region.enterprise["id"])
    unconnected.billing_sync_key = assert_json(answer)["apiKey"]
    return unconnected
