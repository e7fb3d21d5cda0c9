"""docs/faults.md says what the code does: its catalogue is the code's, and its examples can be sent as they are."""

from __future__ import annotations

import json
import re

import pytest

from tests.docs.faults_page import PAGE, page_now
from tests.support.cloud import TestCloud
from tests.support.control import ask

EXAMPLES = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_catalogue_on_the_page_is_the_codes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_now(), "run python -m tests.docs.faults_page"


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_sent_as_it_is(cloud: TestCloud, example: str) -> None:
    assert ask(cloud, "POST", "/worlds/default/faults", json.loads(example)).status == 200


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5
