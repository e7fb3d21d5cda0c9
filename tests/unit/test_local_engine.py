"""Where a start may make its table: on an engine of one's own, never in AWS (wiring.py)."""

from __future__ import annotations

import pytest

from sosie.wiring import names_local_engine


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://127.1.2.3:8000",
        "http://localhost:8000",
        "http://[::1]:8000",
        "http://dynamodb:8000",
        "http://dynamodb.localhost:8000",
        "http://host.docker.internal:8000",
        "http://host.containers.internal:8000",
    ],
)
def test_a_table_is_made_on_an_engine_of_ones_own(url: str) -> None:
    assert names_local_engine({"AWS_ENDPOINT_URL_DYNAMODB": url})
    assert names_local_engine({"AWS_ENDPOINT_URL": url})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8000",
        "https://dynamodb.eu-west-1.amazonaws.com",
        "https://vpce-1-2.dynamodb.eu-west-1.vpce.amazonaws.com",
        "http://10.0.0.1:8000",
        "http://[fd00::1]:8000",
        "http://localhost.example.test",
        "http://[",
    ],
)
def test_no_table_is_made_anywhere_else(url: str) -> None:
    assert not names_local_engine({"AWS_ENDPOINT_URL_DYNAMODB": url})


def test_the_services_own_variable_goes_before_the_general_one() -> None:
    aws = "https://dynamodb.eu-west-1.amazonaws.com"

    assert not names_local_engine({"AWS_ENDPOINT_URL_DYNAMODB": aws, "AWS_ENDPOINT_URL": "http://localhost:4566"})


def test_endpoints_that_are_to_be_ignored_are_none() -> None:
    ignored = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL_DYNAMODB": "http://localhost:8000"}

    assert not names_local_engine(ignored)
    assert not names_local_engine({})
