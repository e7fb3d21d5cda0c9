"""Files as the doctor reads them: env files as docker compose does, dumps as they are, JSON as .NET does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.local.doctor.configuration import Configuration
from sosie.local.doctor.keys import CLIENTS, nearest, recognized, role_of
from sosie.local.doctor.model import Document
from sosie.local.doctor.parse import decoded, parse
from sosie.local.doctor.rules import examine
from sosie.local.doctor.uris import near_cloud_host, parse_uri


def values(text: str) -> dict[str, str | None]:
    return {each.key: each.value for each in parse(text).entries}


# Env files: https://docs.docker.com/compose/env-file/.


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("VAR=VAL", "VAL"),
        ('VAR="VAL"', "VAL"),
        ("VAR='VAL'", "VAL"),
        ("VAR=VAL # comment", "VAL"),
        ("VAR=VAL# not a comment", "VAL# not a comment"),
        ('VAR="VAL # not a comment"', "VAL # not a comment"),
        ('VAR="VAL" # comment', "VAL"),
        ("VAR=   # a comment to a person, and a value to compose", "# a comment to a person, and a value to compose"),
        ("VAR='$OTHER'", "$OTHER"),
        ("VAR='Let\\'s go!'", "Let's go!"),
        ('VAR="some\\tvalue"', "some\tvalue"),
        ("VAR='some\\tvalue'", "some\\tvalue"),
        ('VAR="{\\"hello\\": \\"json\\"}"', '{"hello": "json"}'),
        ("export VAR=VAL", "VAL"),
        ("VAR = VAL  ", "VAL"),
        ("VAR: VAL", "VAL"),
        ("VAR=a=b=c", "a=b=c"),
        ("VAR=", ""),
        ("VAR=${OTHER:-default}", "default"),
        ("VAR=$UNSET", None),
        ("VAR=a${UNSET}b", None),
        ("VAR", None),
    ],
)
def test_a_line_of_an_env_file_has_the_value_that_compose_gives_it(line: str, value: str | None) -> None:
    assert values(line) == {"VAR": value}


def test_comments_and_blank_lines_are_none() -> None:
    assert values("# PUSH_ENABLED=true\n\n   # more\nPUSH_ENABLED=false\n") == {"PUSH_ENABLED": "false"}


def test_variables_are_those_of_the_lines_above() -> None:
    assert values("HOST=sim.test\nURI=https://${HOST}/api/\n")["URI"] == "https://sim.test/api/"


def test_a_value_in_quotes_may_have_several_lines_and_the_next_key_has_its_own_number() -> None:
    first, second = parse('A="one\ntwo"\nB=3\n').entries

    assert (first.value, first.line) == ("one\ntwo", 1)
    assert (second.value, second.line) == ("3", 3)


def test_a_quotation_mark_that_is_not_closed_costs_its_line_only() -> None:
    document = parse('A="one\nB=2\n')

    assert [(each.key, each.value) for each in document.entries] == [("B", "2")]
    assert [each.line for each in document.broken] == [1]


def test_a_line_that_is_nothing_is_named() -> None:
    assert [each.line for each in parse("A=1\nwhat is this?\n").broken] == [2]


def test_line_ends_and_marks_of_other_systems_are_understood() -> None:
    assert values(decoded("A=1\r\nB=2\r\n".encode("utf-8-sig"))) == {"A": "1", "B": "2"}
    assert values(decoded("A=1\r\nB=2\r\n".encode("utf-16"))) == {"A": "1", "B": "2"}


# Other formats.


def test_a_dump_of_an_environment_is_taken_as_it_is() -> None:
    document = parse('PATH=/bin\nHOME=/root\nPUSH_INSTALLATION_KEY="quoted" # kept\nodd line\n')

    assert document.format == "dump"
    assert document.entries[2].value == '"quoted" # kept'
    assert document.entries[2].line == 3


def test_docker_inspect_shows_the_containers_environment() -> None:
    text = json.dumps([{"Id": "1", "Config": {"Env": ["PATH=/bin", "PUSH_ENABLED=true"]}}], indent=4)
    document = parse(text)

    assert document.format == "inspect"
    assert [(each.key, each.value) for each in document.entries] == [("PATH", "/bin"), ("PUSH_ENABLED", "true")]
    assert text.split("\n")[document.entries[1].line - 1].strip() == '"PUSH_ENABLED=true"'


def test_an_appsettings_file_may_have_comments_and_trailing_commas_as_dotnet_allows() -> None:
    text = """{
      // of the installation
      "globalSettings": {
        "installation": {"id": "x", "key": "y"}, /* both */
        "selfHosted": true,
        "list": ["a", {"b": null}],
      },
    }"""
    document = parse(text)

    assert document.format == "json"
    assert {each.key: (each.value, each.line) for each in document.entries} == {
        "globalSettings:installation:id": ("x", 4),
        "globalSettings:installation:key": ("y", 4),
        "globalSettings:selfHosted": ("true", 5),
        "globalSettings:list:0": ("a", 6),
        "globalSettings:list:1:b": ("", 6),
    }


@pytest.mark.parametrize("text", ['{"a" "b"}', '{"a": {', '{"a": 1}}', '{"a": 1, 2}', "{:}", "[" * 100, '{"a": @}'])
def test_what_is_no_json_is_not_taken_for_it(text: str) -> None:
    assert parse(text).format == "env"


# Keys.


@pytest.mark.parametrize(
    "key",
    [
        "globalSettings__installation__id",
        "globalSettings:installation:id",
        "GLOBALSETTINGS__INSTALLATION__ID",
        "globalsettings__Installation:Id",
        "BW_INSTALLATION_ID",
    ],
)
def test_a_bitwarden_key_is_known_in_every_spelling(key: str) -> None:
    assert role_of("bitwarden", key, json=False) == "id"


def test_a_vaultwarden_key_is_upper_case_except_in_its_own_json() -> None:
    assert role_of("vaultwarden", "PUSH_ENABLED", json=False) == "push_enabled"
    assert role_of("vaultwarden", "push_enabled", json=False) is None
    assert role_of("vaultwarden", "push_enabled", json=True) == "push_enabled"


@pytest.mark.parametrize(
    ("text", "client"),
    [
        ("globalSettings__selfHosted=true", "bitwarden"),
        ("BW_DOMAIN=vault.acme.test\nBW_INSTALLATION_ID=x", "bitwarden"),
        ("PUSH_ENABLED=true", "vaultwarden"),
        ("DOMAIN=https://vault.acme.test\nADMIN_TOKEN=x", "vaultwarden"),
        ('{"push_enabled": true}', "vaultwarden"),
        ("POSTGRES_PASSWORD=x", None),
        ("", None),
    ],
)
def test_whose_file_it_is_shows_in_its_keys(text: str, client: str | None) -> None:
    document = parse(text)

    assert recognized(document.entries, json=document.format == "json") == client


# Whatever is in a file.

TEXTS = st.text(alphabet=st.sampled_from("aA=:_#\"'$\\{}[], \n\r\tPUSH_ID/.%é\x00\u2028"), max_size=60) | st.text()


@given(TEXTS)
def test_no_text_makes_the_doctor_raise(text: str) -> None:
    document = parse(text)

    assert all(1 <= each.line <= text.count("\n") + text.count("\r") + 1 for each in document.entries)
    for client in CLIENTS:
        examine(Configuration(client, document))
        for entry in document.entries:
            nearest(client, entry.key, json=document.format == "json")


@given(st.binary())
def test_no_bytes_make_the_doctor_raise(data: bytes) -> None:
    assert isinstance(parse(decoded(data)), Document)


@given(TEXTS)
def test_no_base_uri_makes_the_doctor_raise(text: str) -> None:
    for lead in ("", "https://", "http://identity.bitwarden.eu"):
        uri = parse_uri(lead + text)
        if uri is not None:
            near_cloud_host(uri.host)
            assert uri.text().startswith(uri.scheme)
    for key in ("globalSettings__installation__apiUri", "PUSH_RELAY_URI"):
        document = parse(f"PUSH_ENABLED=true\n{key}='{text}'\n")
        for client in CLIENTS:
            examine(Configuration(client, document))
