"""`samconfig.toml`: every environment builds and deploys what the template has, and says where."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from tests.support import tools
from tests.support.template import ROOT, TEMPLATE

CONFIGURATION = tomllib.loads((ROOT / "samconfig.toml").read_text())
ENVIRONMENTS = [name for name in CONFIGURATION if name != "version"]
PARAMETERS = TEMPLATE["Parameters"]


def section(environment: str, command: str) -> dict[str, object]:
    return CONFIGURATION[environment][command]["parameters"]


def overrides(environment: str, command: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in str(section(environment, command)["parameter_overrides"]).split())


def test_there_is_an_environment_for_a_first_try_for_staging_on_both_sides_of_the_ocean_and_for_a_pipeline():
    assert ENVIRONMENTS == ["default", "staging-us", "staging-eu", "ci"]


@pytest.mark.parametrize("command", ["build", "deploy"])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_parameters_exist_and_take_these_values(environment, command):
    for name, value in overrides(environment, command).items():
        parameter = PARAMETERS[name]
        assert value in parameter.get("AllowedValues", [value])
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), value)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_built_is_what_is_deployed(environment):
    built, deployed = overrides(environment, "build"), overrides(environment, "deploy")
    assert built.items() <= deployed.items()
    assert {"Stage", "Architecture"} == {*built}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_stack_is_named_after_its_stage(environment):
    assert section(environment, "global")["stack_name"] == f"sosie-{overrides(environment, 'deploy')['Stage']}"


def test_two_environments_are_never_the_same_stack():
    places = [(section(name, "global")["stack_name"], section(name, "global").get("region")) for name in ENVIRONMENTS]
    assert len({*places}) == len(ENVIRONMENTS)


def test_only_a_pipeline_deploys_without_being_asked():
    assert [name for name in ENVIRONMENTS if not section(name, "deploy")["confirm_changeset"]] == ["ci"]


@pytest.mark.sam
def test_sam_reads_it():
    command = [tools.sam(), "validate", "--config-env", "staging-eu", "--debug"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "'region': 'eu-central-1'" in ended.stderr
