"""The functions on a quick store, or on AWS as moto plays it; and what they printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from sosie.settings import Settings
from sosie.wiring import Sosie
from tests.operations.deployment import (
    CONTROL_TOKEN,
    ENVIRONMENT,
    Deployment,
    fresh_process,
    make_what_the_template_makes,
)
from tests.support.cloud import TestCloud
from tests.support.engines import moto_in_this_process
from tests.support.token_client import share_one_rsa_pair

Printed = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A function's environment, in which nobody waits for a penalty and RSA pairs are quick."""
    with fresh_process():
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "")
        monkeypatch.setattr("sosie.functions.waiting.pause", lambda _: None)
        share_one_rsa_pair(monkeypatch)
        yield


@pytest.fixture
def deployed(environment: None, cloud: TestCloud, monkeypatch: pytest.MonkeyPatch) -> Sosie:
    """What the functions are made of, on the store of this test's cloud and with its clock."""
    del environment
    settings, parts = Settings(control_token=CONTROL_TOKEN), cloud.sosie
    assembled = Sosie(settings, store=parts.store, clock=cloud.clock, keyring=parts.keyring, many_processes=True)
    monkeypatch.setattr("sosie.wiring.deployed", lambda: assembled)
    return assembled


@pytest.fixture
def deployment(deployed: Sosie) -> Deployment:
    """The five functions, whatever they keep their state in."""
    del deployed
    return Deployment()


@pytest.fixture
def deployment_on_aws(environment: None) -> Iterator[Deployment]:
    """The five functions as they are in AWS: nothing is chosen but by the environment, and the table is empty."""
    del environment
    with moto_in_this_process():
        make_what_the_template_makes(boto3.client)
        yield Deployment()


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """What has been printed since the last look: one JSON object a line, log lines and metrics, and nothing else."""

    def read() -> list[dict[str, Any]]:
        captured = capsys.readouterr()
        assert captured.err == ""
        return [json.loads(line) for line in captured.out.splitlines()]

    return read


@pytest.fixture
def logged(printed: Printed) -> Printed:
    """The log lines since the last look."""
    return lambda: [line for line in printed() if "_aws" not in line]
