"""Percent-encoding of a path: undone once, by whoever carries the request, as API Gateway does it."""

from __future__ import annotations

import pytest

from sosie.wire.http import decoded_path
from tests.support.cloud import TestCloud


@pytest.mark.parametrize(
    ("sent", "handed_on"),
    [
        ("/us/api/%61live", "/us/api/alive"),
        ("/us/api/caf%C3%A9", "/us/api/café"),
        ("/us/api/100%25", "/us/api/100%"),
        ("/us/api/a%2525b", "/us/api/a%25b"),
        ("/us/api/a%2Fb", "/us/api/a%2Fb"),
        ("/us/api/a%2fb", "/us/api/a%2Fb"),
        ("/us/api/a+b", "/us/api/a+b"),
        ("/us/api/%zz", "/us/api/%zz"),
        ("/us/api/%ff", "/us/api/�"),
    ],
)
def test_a_path_is_decoded_once_but_for_an_encoded_slash(sent: str, handed_on: str) -> None:
    assert decoded_path(sent) == handed_on


def test_a_route_is_found_however_its_letters_are_encoded(cloud: TestCloud) -> None:
    cloud.checks_answers = False  # the document knows the path as it is written
    assert cloud.get("/%61live").status == 200
    identifier = cloud.installation().id.replace("-", "%2D")
    assert cloud.get(f"/installations/{identifier}").status == 200


def test_an_encoded_slash_is_none(cloud: TestCloud) -> None:
    assert cloud.get(f"/installations%2F{cloud.installation().id}").status == 404
