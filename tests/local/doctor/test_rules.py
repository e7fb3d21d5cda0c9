"""Every code: a file that provokes it, next to one that does not (docs/contract/clients.md §2, §5 to §9, §12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sosie.local.doctor.catalog import CATALOG
from sosie.local.doctor.configuration import CaFile
from tests.local.doctor.files import (
    CLEAN,
    EU,
    ID,
    KEY,
    SIM,
    US,
    VAULTWARDEN,
    VAULTWARDEN_EU,
    VAULTWARDEN_SIM,
    Lines,
    codes,
    errors,
    findings,
    mended,
    written,
    written_as_json,
    written_with_colons,
)

INSTALLATION_ID = "globalSettings__installation__id"
INSTALLATION_KEY = "globalSettings__installation__key"
IDENTITY = "globalSettings__installation__identityUri"
API = "globalSettings__installation__apiUri"
PUSH = "globalSettings__pushRelayBaseUri"
COMMUNICATION = "globalSettings__enableCloudCommunication"
CLOUD_REGION = "globalSettings__baseServiceUri__cloudRegion"

DAY = datetime(2026, 3, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A clean file, what is changed in it, and the codes that are then found, errors first."""

    title: str
    lines: Lines
    changed: Lines
    codes: list[str]
    options: dict[str, Any] = field(default_factory=dict)
    after: str = ""

    @property
    def spoilt(self) -> Lines:
        return {**self.lines, **self.changed}

    @property
    def text(self) -> str:
        return written(self.spoilt) + self.after


def ca(**facts: Any) -> dict[str, Any]:
    return {"ca_files": (CaFile("/certs/ca.pem", **facts),)}


REGION = [
    Case("only cloudRegion is EU", US, {CLOUD_REGION: "EU"}, ["REGION_DEFAULT_US"] * 3),
    Case("--region says EU", US, {}, ["REGION_DEFAULT_US"] * 3 + ["CLOUD_REGION_DIFFERS"], {"region": "eu"}),
    Case(
        "--region says US",
        EU,
        {},
        ["REGION_NOT_AS_ASKED"] * 3 + ["CLOUD_REGION_DIFFERS"],
        {"region": "us"},
    ),
    Case("the push URI is missing", EU, {PUSH: None}, ["REGION_DEFAULT_US"]),
    Case("cloudRegion is EU, the API is US", EU, {API: "https://api.bitwarden.com"}, ["REGION_MIXED"]),
    Case(
        "cloudRegion is US, the API is US, the rest is EU",
        EU,
        {API: "https://api.bitwarden.com", CLOUD_REGION: "US"},
        ["REGION_MIXED"] * 2,
    ),
    Case("one of Sosie's URIs is US", SIM, {API: "http://sim.test:8080/us/api/"}, ["REGION_MIXED"]),
    Case("all URIs are EU, cloudRegion is US", EU, {CLOUD_REGION: "US"}, ["CLOUD_REGION_DIFFERS"]),
    Case("all URIs are EU, cloudRegion is missing", EU, {CLOUD_REGION: None}, ["CLOUD_REGION_DIFFERS"]),
    Case("cloudRegion is a word", US, {CLOUD_REGION: "Europe"}, ["CLOUD_REGION_UNKNOWN"]),
    Case(
        "vaultwarden's relay alone is EU",
        VAULTWARDEN,
        {"PUSH_RELAY_URI": "https://api.bitwarden.eu"},
        ["REGION_DEFAULT_US"],
    ),
    Case(
        "vaultwarden's URIs are of both regions",
        VAULTWARDEN_EU,
        {"PUSH_RELAY_URI": "https://push.bitwarden.com"},
        ["REGION_MIXED"],
    ),
    Case("vaultwarden's region is asked for", VAULTWARDEN, {}, ["REGION_DEFAULT_US"] * 2, {"region": "eu"}),
    Case(
        "push is left at the cloud",
        SIM,
        {PUSH: "https://push.bitwarden.eu"},
        ["CLOUD_LEFT_IN"],
    ),
    Case(
        "identity is left at the cloud by default",
        VAULTWARDEN_SIM,
        {"PUSH_IDENTITY_URI": None},
        ["CLOUD_LEFT_IN"],
    ),
]

INSTALLATION = [
    Case("no id", US, {INSTALLATION_ID: None}, ["ID_MISSING"]),
    Case("a blank id", VAULTWARDEN, {"PUSH_INSTALLATION_ID": ""}, ["ID_MISSING"]),
    Case("an id of zeros", US, {INSTALLATION_ID: "00000000-0000-0000-0000-000000000000"}, ["ID_ZERO"]),
    Case("a prefix", US, {INSTALLATION_ID: f"installation.{ID}"}, ["ID_PREFIX"]),
    Case("a doubled prefix", VAULTWARDEN, {"PUSH_INSTALLATION_ID": f"installation.installation.{ID}"}, ["ID_PREFIX"]),
    Case("an id that is too short", US, {INSTALLATION_ID: ID[:-1]}, ["ID_NOT_GUID"]),
    Case("id and key exchanged", US, {INSTALLATION_ID: KEY, INSTALLATION_KEY: ID}, ["ID_KEY_SWAPPED"]),
    Case(
        "id and key exchanged, with the prefix",
        VAULTWARDEN,
        {"PUSH_INSTALLATION_ID": KEY, "PUSH_INSTALLATION_KEY": f"installation.{ID}"},
        ["ID_KEY_SWAPPED"],
    ),
    Case("no key", US, {INSTALLATION_KEY: None}, ["KEY_MISSING"]),
    Case("a key that stands for none", US, {INSTALLATION_KEY: "REPLACE"}, ["KEY_MISSING"]),
    Case("a key with a blank inside", US, {INSTALLATION_KEY: f"{KEY[:9]} {KEY[9:]}"}, ["KEY_BLANKS"]),
    Case(
        "a key in quotes in quotes",
        VAULTWARDEN,
        {"PUSH_INSTALLATION_KEY": f"\"'{KEY}'\""},
        ["KEY_BLANKS", "VALUE_QUOTED"],
    ),
    Case("a key that is too long", US, {INSTALLATION_KEY: f"{KEY}0"}, ["KEY_SHAPE"]),
    Case("a key with a hyphen", VAULTWARDEN, {"PUSH_INSTALLATION_KEY": f"{KEY[:-1]}-"}, ["KEY_SHAPE"]),
]

URIS = [
    Case("no scheme", EU, {API: "api.bitwarden.eu"}, ["URI_UNPARSABLE"]),
    Case("host and port only", SIM, {API: "sim.test:8080"}, ["URI_UNPARSABLE"]),
    Case("another scheme", EU, {API: "ftp://api.bitwarden.eu"}, ["URI_UNPARSABLE"]),
    Case("identity REPLACE, which only push takes for none", EU, {IDENTITY: "REPLACE"}, ["URI_UNPARSABLE"]),
    Case("a port that is none", SIM, {API: "http://sim.test:port/eu/api/"}, ["URI_UNPARSABLE"]),
    Case("vaultwarden's empty URI", VAULTWARDEN, {"PUSH_RELAY_URI": ""}, ["URI_UNPARSABLE"]),
    Case("a path without its slash", SIM, {API: "http://sim.test:8080/eu/api"}, ["URI_SLASH_MISSING"]),
    Case(
        "vaultwarden's URI with a slash",
        VAULTWARDEN_EU,
        {"PUSH_RELAY_URI": "https://api.bitwarden.eu/"},
        ["URI_SLASH_SUPERFLUOUS"],
    ),
    Case(
        "the installer's URL with a slash",
        SIM,
        {"BW_INSTALLATION_URL": "http://sim.test:8080/eu/api/"},
        ["URI_SLASH_SUPERFLUOUS"],
    ),
    Case("a doubled slash", SIM, {API: "http://sim.test:8080//eu/api/"}, ["URI_DOUBLE_SLASH"]),
    Case("a query", EU, {API: "https://api.bitwarden.eu?x=1"}, ["URI_QUERY"]),
    Case("a fragment", EU, {API: "https://api.bitwarden.eu#x"}, ["URI_QUERY"]),
    Case("a password", EU, {API: "https://user:pass@api.bitwarden.eu"}, ["URI_CREDENTIALS"]),
    Case(
        "vaultwarden by http",
        VAULTWARDEN_SIM,
        {"PUSH_RELAY_URI": "http://sim.test:8443/us/push"},
        ["URI_NOT_HTTPS"],
    ),
    Case("the cloud by http", EU, {API: "http://api.bitwarden.eu"}, ["URI_REDIRECTED"]),
    Case("identity on the API's host", EU, {IDENTITY: "https://api.bitwarden.eu"}, ["URI_WRONG_SERVICE"]),
    Case("the API on the vault's host", EU, {API: "https://vault.bitwarden.eu"}, ["URI_WRONG_SERVICE"]),
    Case("the API on Sosie's push", SIM, {API: "http://sim.test:8080/eu/push/"}, ["URI_WRONG_SERVICE"]),
    Case("no service's host", EU, {PUSH: "https://bitwarden.eu"}, ["URI_WRONG_SERVICE"]),
    Case("a letter too few", EU, {IDENTITY: "https://identity.bitwarden.e"}, ["URI_HOST_MISSPELT"]),
    Case("two letters exchanged", EU, {IDENTITY: "https://idnetity.bitwarden.eu"}, ["URI_HOST_MISSPELT"]),
    Case("loopback", SIM, {API: "http://127.0.0.1:8787/eu/api/"}, ["URI_LOOPBACK"]),
    Case("localhost", SIM, {API: "http://localhost:8787/eu/api/"}, ["URI_LOOPBACK"]),
    Case("loopback in IPv6", SIM, {API: "http://[::1]:8787/eu/api/"}, ["URI_LOOPBACK"]),
    Case("the EU's other push host", EU, {PUSH: "https://api.bitwarden.eu"}, ["EU_PUSH_HOST"]),
    Case(
        "vaultwarden's other push host",
        VAULTWARDEN_EU,
        {"PUSH_RELAY_URI": "https://push.bitwarden.eu"},
        ["EU_PUSH_HOST"],
    ),
    Case(
        "a private name and nothing said",
        VAULTWARDEN_SIM,
        {"HTTP_REQUEST_BLOCK_NON_GLOBAL_IPS": None},
        ["PRIVATE_BLOCKED"],
    ),
    Case(
        "a private address and blocked",
        VAULTWARDEN_SIM,
        {"HTTP_REQUEST_BLOCK_NON_GLOBAL_IPS": "true", "PUSH_RELAY_URI": "https://10.1.2.3/us/push"},
        ["PRIVATE_BLOCKED"],
    ),
]

SWITCHES = [
    Case("not self-hosted", US, {"globalSettings__selfHosted": "false"}, ["SELF_HOSTED_OFF"]),
    Case("no word of communication", US, {COMMUNICATION: None}, ["COMMUNICATION_OFF"]),
    Case("no communication", EU, {COMMUNICATION: "False"}, ["COMMUNICATION_OFF"]),
    Case("a switch in words", US, {COMMUNICATION: "yes"}, ["SWITCH_UNREADABLE"]),
    Case("a number, which .NET cannot read", US, {COMMUNICATION: "1"}, ["SWITCH_UNREADABLE"]),
    Case("vaultwarden's switch", VAULTWARDEN, {"PUSH_ENABLED": "on"}, ["SWITCH_UNREADABLE"]),
    Case("push REPLACE", EU, {PUSH: "REPLACE"}, ["PUSH_NOT_SET"]),
    Case("push secret", US, {PUSH: "secret"}, ["PUSH_NOT_SET"]),
    Case("push blank", US, {PUSH: ""}, ["PUSH_NOT_SET"]),
    Case("push disabled", VAULTWARDEN, {"PUSH_ENABLED": "0"}, ["PUSH_DISABLED"]),
    Case(
        "nothing about push in vaultwarden's file",
        {"DOMAIN": "https://vault.acme.test", "PUSH_ENABLED": "true"},
        {"PUSH_ENABLED": None},
        ["PUSH_DISABLED"],
    ),
]

CERTIFICATES = [
    Case("vaultwarden knows no CA", VAULTWARDEN_SIM, {"SSL_CERT_FILE": None}, ["CA_MISSING"]),
    Case(
        "nothing beside a Bitwarden server's file",
        SIM,
        {API: "https://sim.test:8443/eu/api/"},
        ["CA_MISSING"],
    ),
    Case("not on this machine", VAULTWARDEN_SIM, {}, ["CA_NOT_HERE"], ca(exists=False)),
    Case("no right to read it", VAULTWARDEN_SIM, {}, ["CA_UNREADABLE"], ca(certificates=None, why_not="no")),
    Case("DER for vaultwarden", VAULTWARDEN_SIM, {}, ["CA_DER"], ca(certificates=1, der=True)),
    Case("an empty bundle", VAULTWARDEN_SIM, {}, ["CA_EMPTY"], ca(certificates=0)),
    Case("out of date", VAULTWARDEN_SIM, {}, ["CA_EXPIRED"], ca(certificates=1, expired=True, last_day=DAY)),
    Case("not a root", US, {}, ["CA_NOT_ROOT"], ca(certificates=1, issued=("CN=sim.test",))),
    Case(
        "a small bundle for the cloud",
        VAULTWARDEN,
        {"SSL_CERT_FILE": "/certs/ca.pem"},
        ["CA_REPLACES_SYSTEM"],
        ca(certificates=1),
    ),
]

FILE = [
    Case("a line that is nothing", US, {}, ["LINE_BROKEN"], after="what is this?\n"),
    Case("a key twice", US, {}, ["KEY_TWICE"], after=f"{INSTALLATION_KEY}={KEY}\n"),
    Case("a key twice in two spellings", US, {}, ["KEY_TWICE"], after=f"GLOBALSETTINGS__INSTALLATION__KEY={KEY}\n"),
    Case("a misspelt key", US, {}, ["KEY_UNKNOWN"], after="globalSettings__instalation__apiUri=x\n"),
    Case("a key in the wrong section", US, {}, ["KEY_UNKNOWN"], after="globalSettings__apiUri=x\n"),
    Case("single underscores", US, {}, ["KEY_UNKNOWN"], after="globalSettings_installation_apiUri=x\n"),
    Case("a key without its section", US, {}, ["KEY_UNKNOWN"], after="installation__apiUri=x\n"),
    Case("vaultwarden's URL", VAULTWARDEN, {}, ["KEY_UNKNOWN"], after="PUSH_RELAY_URL=x\n"),
    Case("vaultwarden's key in lower case", VAULTWARDEN, {}, ["KEY_UNKNOWN"], after="push_relay_uri=x\n"),
    Case("vaultwarden's key of another name", VAULTWARDEN, {}, ["KEY_UNKNOWN"], after="PUSH_RELAY_BASE_URI=x\n"),
    Case("quotes", US, {INSTALLATION_KEY: f'"{KEY}"'}, ["VALUE_QUOTED"]),
    Case("a variable", US, {INSTALLATION_KEY: "${THE_KEY}"}, ["VALUE_FROM_ELSEWHERE"]),
]

CASES = [*REGION, *INSTALLATION, *URIS, *SWITCHES, *CERTIFICATES, *FILE]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.codes[0]}: {case.title}")
def test_a_file_with_one_thing_wrong_gets_that_code_and_no_other(case: Case) -> None:
    assert codes(case.text, **case.options) == case.codes


@pytest.mark.parametrize("lines", CLEAN.values(), ids=CLEAN)
def test_a_file_with_nothing_wrong_gets_none(lines: Lines) -> None:
    assert codes(written(lines)) == []


@pytest.mark.parametrize("lines", [US, EU, SIM], ids=["us", "eu", "sim"])
def test_the_other_spelling_of_keys_is_as_good(lines: Lines) -> None:
    assert codes(written_with_colons(lines)) == ["KEY_WITH_COLONS"]
    assert errors(written_as_json(EU | lines)) == []


IN_DOTNET_SPELLINGS = [
    case
    for case in (*REGION, *INSTALLATION, *URIS, *SWITCHES)
    if INSTALLATION_ID in case.lines and "BW_INSTALLATION_URL" not in case.spoilt
]


@pytest.mark.parametrize("case", IN_DOTNET_SPELLINGS, ids=lambda case: f"{case.codes[0]}: {case.title}")
def test_the_same_codes_are_found_in_the_other_spelling(case: Case) -> None:
    found = codes(written_with_colons(case.spoilt), **case.options)

    assert sorted(found) == sorted([*case.codes, "KEY_WITH_COLONS"])


def test_every_code_has_a_file_that_provokes_it() -> None:
    elsewhere = {"KEY_WITH_COLONS", "FILE_OF_INSTALLER"}

    assert {code for case in CASES for code in case.codes} | elsewhere == set(CATALOG)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.codes[0]}: {case.title}")
def test_a_finding_points_to_its_line_and_writes_in_the_files_spelling(case: Case) -> None:
    lines = case.text.split("\n")
    for each in findings(case.text, **case.options):
        for change in each.changes:
            key = change.text.partition("=")[0]
            if change.at is None:
                assert not any(line.startswith(f"{key}=") for line in lines)
            elif each.code != "KEY_UNKNOWN":
                assert lines[change.at - 1].startswith(f"{key}=")
        assert KEY not in f"{each.message}{each.remedy}{each.changes}"


# The installer's file, and files that are all there is.


def test_the_installers_file_is_not_blamed_for_what_stands_in_the_other_one() -> None:
    text = "globalSettings__selfHosted=true\nglobalSettings__pushRelayBaseUri=https://push.bitwarden.com\n"

    assert codes(text, name="global.env") == ["FILE_OF_INSTALLER"]
    assert errors(text) == ["ID_MISSING", "KEY_MISSING", "COMMUNICATION_OFF"]


def test_what_is_missing_in_a_dump_is_not_set() -> None:
    dump = "PATH=/bin\nHOSTNAME=api\n" + written(US)

    assert codes(dump) == ["SELF_HOSTED_OFF", "PUSH_NOT_SET"]


def test_the_lite_images_own_names_are_read() -> None:
    text = f"BW_DOMAIN=vault.acme.test\nBW_INSTALLATION_ID={ID}\nBW_INSTALLATION_KEY={KEY}\n{COMMUNICATION}=true\n"

    assert codes(text) == []


def test_an_unset_cloud_region_in_the_us_is_fine() -> None:
    assert codes(written(US | {CLOUD_REGION: None})) == []


def test_a_file_named_by_vaultwarden_for_a_secret_is_not_missing() -> None:
    text = written(VAULTWARDEN | {"PUSH_INSTALLATION_KEY": None}) + "PUSH_INSTALLATION_KEY_FILE=/run/secrets/key\n"

    assert codes(text) == []


def test_a_key_that_nothing_resembles_is_left_alone() -> None:
    own = "globalSettings__mail__smtp__host=smtp.acme.test\nglobalSettings__internalIdentityKey=x\n"
    own += "globalSettings__identityServer__certificatePassword=x\nadminSettings__admins=\n"

    assert codes(written(US) + own) == []


# The printed lines work.


MENDABLE = [
    case for case in CASES if case not in CERTIFICATES and any(CATALOG[c].severity == "error" for c in case.codes)
]


@pytest.mark.parametrize("case", MENDABLE, ids=lambda case: f"{case.codes[0]}: {case.title}")
def test_a_file_with_the_printed_lines_has_no_error_left(case: Case) -> None:
    found = findings(case.text, **case.options)

    assert errors(mended(case.text, found), **case.options) == []


# In a JSON file a missing push URI is none, and not the installer's.
MENDABLE_IN_DOTNET = [
    case for case in MENDABLE if case in IN_DOTNET_SPELLINGS and case.title != "the push URI is missing"
]


@pytest.mark.parametrize("write", [written_with_colons, written_as_json])
@pytest.mark.parametrize("case", MENDABLE_IN_DOTNET, ids=lambda case: f"{case.codes[0]}: {case.title}")
def test_so_it_is_in_the_other_spellings(case: Case, write: Any) -> None:
    text = write(case.spoilt)
    broken = errors(text, **case.options)

    assert broken != []
    assert errors(mended(text, findings(text, **case.options)), **case.options) == []


def test_a_file_with_everything_wrong_is_mended_by_its_lines() -> None:
    text = written(
        {
            INSTALLATION_ID: f"installation.{ID}",
            INSTALLATION_KEY: f"{KEY}!",
            IDENTITY: "http://api.bitwarden.com/identity",
            API: "api.bitwarden.eu/",
            COMMUNICATION: "no",
            CLOUD_REGION: "EU",
            "globalSettings__selfHosted": "false",
        }
    )
    found = findings(text)

    assert len(errors(text)) >= 7
    assert codes(mended(text, found)) == []
