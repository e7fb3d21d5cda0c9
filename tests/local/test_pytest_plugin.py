"""The pytest plugin, seen by child runs of pytest: what it gives, what it reports, and that it leaves others alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sosie.control.client import ControlClient
from tests.local.started import Started

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]

ASK = """
    import urllib.error, urllib.request

    def ask(url, **headers):
        request = urllib.request.Request(url, headers=headers)
        try:
            return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).status
        except urllib.error.HTTPError as error:
            return error.code
"""
OURS = ("sosie.local.pytest_plugin", "xdist")
SECTION = "*- Sosie journal (last 10 requests) -*"


@pytest.fixture
def child(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest on some tests, in a process that knows no Sosie; warnings are errors, and so are unknown marks."""
    for name in ("SOSIE_URL", "SOSIE_CONTROL_TOKEN", "SOSIE_CACERT", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)

    # Other plugins of this environment take seconds to load; that ours is found by itself is a test of its own.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(tests: str, *options: str, plugins: Sequence[str] | None = OURS) -> pytest.RunResult:
        if plugins is None:
            monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
        named = [word for plugin in plugins or () for word in ("-p", plugin)]
        pytester.makepyfile(asking=ASK)
        pytester.makepyfile(test_it=tests)
        options = ("-p", "no:cacheprovider", "-W", "error", "--strict-markers", "--strict-config", *named, *options)
        return pytester.runpytest_subprocess(*options)

    return run


def test_each_test_gets_a_world_of_its_own_made_from_the_scenario(child: Run) -> None:
    result = child(
        """
        from asking import ask

        seen = []

        def test_first_one(cloud):
            assert cloud.us.organization("Acme").tier == "enterprise"
            assert ask(cloud.us.api_url + "/alive") == 200
            cloud.clock.freeze()
            seen.append(cloud.name)

        def test_second_one(cloud, sosie_server):
            assert cloud.clock.mode == "system"
            assert cloud.journal.entries() == []
            assert seen[0].startswith("gw-test-first-one-")
            assert sosie_server.control.worlds() == ["default", cloud.name]
        """
    )

    result.assert_outcomes(passed=2)


def test_a_failing_tests_report_has_the_journal_of_its_world(child: Run) -> None:
    result = child(
        """
        from asking import ask

        def test_it(cloud):
            with cloud.fault("alive", status=503):
                ask(cloud.us.api_url + "/alive")
            assert ask(cloud.us.api_url + "/organizations//x") == 200
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            SECTION,
            "GET /w/gw-test-it-*/us/api/alive 503 (fault status)",
            "GET /w/gw-test-it-*/us/api/organizations//x 404",
            "    DOUBLE_SLASH: * holds a doubled slash*Take the final slash off the base URI*",
        ]
    )


def test_of_many_requests_the_last_ten_are_shown(child: Run) -> None:
    result = child(
        """
        from asking import ask

        def test_it(cloud):
            for number in range(12):
                ask(f"{cloud.us.api_url}/alive?number={number}")
            assert False
        """
    )

    shown = [line.split("number=")[1] for line in result.outlines if line.startswith("GET /w/")]
    assert shown == [f"{number} 200" for number in range(2, 12)]


def test_a_fixture_that_fails_after_the_cloud_is_reported_alike(child: Run) -> None:
    result = child(
        """
        import pytest

        @pytest.fixture
        def broken(cloud):
            raise ValueError("broken")

        def test_it(broken):
            pass
        """
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([SECTION, "No request came."])


def test_a_server_that_is_gone_does_not_hide_why_the_test_failed(child: Run) -> None:
    result = child(
        """
        def test_it(cloud, sosie_server):
            sosie_server.close()
            assert 1 == 2
        """
    )

    result.stdout.fnmatch_lines(["E       assert 1 == 2", SECTION])
    assert result.parseoutcomes()["failed"] == 1


def test_what_passes_or_never_asked_is_reported_as_ever(child: Run) -> None:
    result = child(
        """
        from asking import ask

        def test_passing(cloud):
            assert ask(cloud.us.api_url + "/nonsense") == 404

        def test_failing():
            assert False
        """,
        "-rA",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*Sosie*")


PARALLEL = """
    import json, pathlib, pytest, urllib.request
    from asking import ask

    @pytest.mark.parametrize("number", range(8))
    def test_alone(cloud, number, worker_id):
        us = cloud.us
        token = cloud.token(us.user("alice@acme.test"))
        to = f"friend-{number}@mail.test"
        body = json.dumps({"planSponsorshipType": 0, "sponsoredEmail": to, "friendlyName": to}).encode()
        acme = us.organization("Acme").id
        request = urllib.request.Request(
            f"{us.api_url}/organization/sponsorship/{acme}/families-for-enterprise",
            body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
        cloud.clock.advance(days=number + 1)
        assert [mail.to for mail in cloud.mail.list()] == [to]
        assert [row["offeredToEmail"] for row in cloud.state("sponsorships")] == [to]
        assert len(cloud.journal.entries()) == 1
        assert round(cloud.control.clock(cloud.name)["offsetSeconds"] / 86400) == number + 1
        pathlib.Path(f"seen-{number}").write_text(json.dumps([worker_id, cloud.url, cloud.name]))

    def test_failing(cloud):
        ask(cloud.eu.push_url + "/nonsense")
        assert False
"""


def seen(pytester: pytest.Pytester) -> list[tuple[str, str, str]]:
    """Return worker, URL and world of each test that ran."""
    return [tuple(json.loads(path.read_text())) for path in sorted(pytester.path.glob("seen-*"))]


def test_in_parallel_no_test_sees_anothers_world(child: Run, pytester: pytest.Pytester) -> None:
    result = child(PARALLEL, "-n", "2")

    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines([SECTION, "GET /w/gw?-test-failing-*/eu/push/nonsense 404", "    UNKNOWN_ROUTE: *"])
    workers, urls, worlds = (set(each) for each in zip(*seen(pytester), strict=True))
    assert len(worlds) == 8
    assert len(urls) == len(workers) == 2


def test_all_workers_may_use_a_sosie_that_runs(
    child: Run, pytester: pytest.Pytester, shared: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOSIE_URL", shared.url)

    result = child(PARALLEL, "-n", "2")

    result.assert_outcomes(passed=8, failed=1)
    _, urls, worlds = (set(each) for each in zip(*seen(pytester), strict=True))
    assert urls == {shared.url}
    assert len(worlds) == 8
    with ControlClient(shared.url) as client:
        assert not worlds & set(client.worlds())


def test_the_ini_file_may_name_the_sosie_and_the_scenario(
    child: Run, pytester: pytest.Pytester, tmp_path: Path
) -> None:
    person = {"email": "dora@only.test", "name": "Dora", "masterPassword": "a b c d"}
    scenario = {"version": 1, "name": "only", "regions": {"us": {"users": [person]}}}
    pytester.path.joinpath("only.json").write_text(json.dumps(scenario))
    with Started(tmp_path / "server", "--json", "--control-token", "t" * 20) as started:
        pytester.makeini(f"[pytest]\nsosie_url = {started.url}\nsosie_token = {'t' * 20}\nsosie_scenario = only.json\n")

        result = child(
            f"""
            import pytest

            def test_ini(cloud, sosie_region):
                assert cloud.url == {started.url!r}
                assert [each.email for each in sosie_region.users] == ["dora@only.test"]

            @pytest.mark.sosie(scenario="families", region="eu")
            def test_mark(cloud, sosie_region):
                assert sosie_region.organization("Dupont")
                assert sosie_region is cloud.eu
            """
        )

    result.assert_outcomes(passed=2)


def test_a_fixture_of_the_suites_own_wins(child: Run) -> None:
    result = child(
        """
        import pytest

        @pytest.fixture
        def cloud():
            return "mine"

        def test_it(cloud):
            assert cloud == "mine"
            raise ValueError
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Sosie*")


def test_the_mark_and_the_fixtures_are_described(child: Run) -> None:
    result = child("", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.sosie(scenario=..., region=...): *"])

    result = child("", "--fixtures", plugins=None)
    result.stdout.fnmatch_lines(["cloud -- *pytest_plugin.py*", "*world of this test's own*"])


def test_a_run_that_does_not_ask_imports_nothing_of_it(
    child: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other people's plugins import what they like.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(
        """
        import json, pathlib, sys

        def pytest_unconfigure():
            pathlib.Path("modules").write_text(json.dumps(sorted(sys.modules)))
        """
    )

    def modules(*options: str) -> set[str]:
        child("def test_it():\n    pass", *options, plugins=())
        return set(json.loads(pytester.path.joinpath("modules").read_text()))

    for options in (["--collect-only"], []):
        added = modules("-p", "sosie.local.pytest_plugin", *options) - modules(*options)
        assert added == {"sosie", "sosie.local", "sosie.local.pytest_plugin"}


def test_the_package_ships_its_plugin_and_its_types() -> None:
    from importlib import metadata, resources

    (entry,) = metadata.entry_points(group="pytest11", name="sosie")
    assert entry.value == "sosie.local.pytest_plugin"
    assert resources.files("sosie").joinpath("py.typed").is_file()
