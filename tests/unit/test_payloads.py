"""What a Lambda function can answer: 6 MB as JSON, or what fits into that once it is compressed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import Any

import pytest

from sosie.domain.payloads import LARGEST_ANSWER, carried, payload_size

TAKEN_BY_LAMBDA = 6_291_556
BROWSER = {"accept-encoding": "gzip, deflate, br"}
HEADERS = {"Content-Type": "application/json"}


def response(body: str) -> dict[str, Any]:
    return {"statusCode": 200, "headers": HEADERS, "body": body, "isBase64Encoded": False}


def unpacked(answer: dict[str, Any]) -> str:
    return gzip.decompress(base64.b64decode(answer["body"])).decode()


def as_lambda_writes_it(answer: dict[str, Any]) -> bytes:
    """The runtime's encoder is simplejson, which escapes two characters more than Python's own."""
    text = json.dumps(answer, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


@pytest.mark.parametrize("asked", [{}, BROWSER])
def test_an_answer_that_fits_is_left_alone(asked):
    answer = response("é" * (LARGEST_ANSWER // 2 - 200))

    assert carried(asked, answer) == answer


def test_one_that_is_too_large_is_compressed_for_who_takes_that():
    text = json.dumps([{"offeredToEmail": f"person-{number}@family.test"} for number in range(200_000)])

    answer = carried(BROWSER, response(text))

    assert answer is not None
    assert answer["isBase64Encoded"] is True
    assert answer["headers"] == HEADERS | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    assert unpacked(answer) == text
    assert len(as_lambda_writes_it(answer)) <= TAKEN_BY_LAMBDA


@pytest.mark.parametrize(
    "accepted",
    ["gzip", "GZIP", "x-gzip", "deflate, gzip;q=0.5", "br;q=1.0,gzip", "gzip;q=1, *;q=0", "gzip ; q=0.001"],
)
def test_who_takes_gzip_may_say_so_in_many_ways(accepted):
    assert carried({"accept-encoding": accepted}, response("x" * LARGEST_ANSWER)) is not None


@pytest.mark.parametrize("accepted", ["", "br", "identity", "gzip;q=0", "gzip; q=0.000, br", "notgzip", "gzipped"])
def test_nobody_else_gets_what_they_could_not_read(accepted):
    assert carried({"accept-encoding": accepted}, response("x" * LARGEST_ANSWER)) is None


def test_what_does_not_fit_even_compressed_cannot_be_carried():
    noise = hashlib.shake_256(b"noise").hexdigest(LARGEST_ANSWER)

    assert carried(BROWSER, response(noise)) is None


@pytest.mark.parametrize("character", ["x", '"', "\\", "\n", "\0", "é", "€", "\u2028", "\u2029", "😀"])
def test_a_body_weighs_what_it_does_within_json(character):
    written = len(as_lambda_writes_it(response(character))) - len(as_lambda_writes_it(response("")))
    most = response(character * ((LARGEST_ANSWER - 300) // written))
    over = response(character * (TAKEN_BY_LAMBDA // written + 1))

    assert len(as_lambda_writes_it(most)) <= payload_size(most) <= LARGEST_ANSWER
    assert payload_size(over) > LARGEST_ANSWER
    assert carried({}, most) == most
    assert carried({}, over) is None
