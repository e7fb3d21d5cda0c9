"""Each answer's members as the contract's pages list them, read from the pages and from nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.contract.pages import Page, UnreadablePageError, codes, read_members, read_run
from tests.contract.shapes import ANYTHING, PLAIN, Shape, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Pages = Mapping[str, Page]

ABSENT = {"–", "**absent**"}


# identity.md


def token_answer(pages: Pages) -> Shape:
    """§4.2, without the extras of people."""
    rows = pages["identity"].section("4.2").table("field", "type", "when", at_least=6)
    named = {name: row["when"] for row in rows for name in codes(row["field"])}
    return Shape(dict.fromkeys(named, PLAIN), frozenset(name for name, when in named.items() if when != "always"))


def refresh_answer(pages: Pages) -> Shape:
    """§4.8: the sentence that says there are no extras."""
    sentence = pages["identity"].section("4.8").said(r"\*\*Answer has no extras\*\*: ([^.]+)\.")[1]
    names = codes(sentence)
    if len(names) < 5:
        raise UnreadablePageError(f"section 4.8: only {names} are found")
    return Shape(dict.fromkeys(names, PLAIN))


def extras(pages: Pages) -> Shape:
    """§4.7: what a person's answer has besides, nested."""
    section = pages["identity"].section("4.7")
    rows = section.table("key", "type", "presence", at_least=11)
    named = {name: row["presence"] for row in rows for name in codes(row["key"])}
    optional = frozenset(name for name, presence in named.items() if not presence.startswith("always"))
    shape = Shape(dict.fromkeys(named, PLAIN), optional)
    for row in section.table("object", "members", at_least=3):
        (name,) = codes(row["object"])
        shape = shape.put(name, read_members(row["members"]))
    return shape


def person_answer(pages: Pages) -> Shape:
    """§4.2 and §4.7 together."""
    return token_answer(pages) | extras(pages)


def token_header(pages: Pages) -> Shape:
    """§4.3, the first sentence."""
    return read_run(pages["identity"].section("4.3").said(r"Header[^:]*:(.*?)\. The API host")[1])


def token_claims(pages: Pages, client: str) -> Shape:
    """§4.3, one column of the table. Claims of roles, and what may be blank, are optional."""
    section = pages["identity"].section("4.3")
    rows = section.table("claim", "installation", "organization", "user API key", "password / refresh", at_least=20)
    columns = list(rows[0])
    members: dict[str, Shape | Value] = {}
    optional = set()
    for row in rows:
        column = columns.index(client)
        while row[columns[column]] == "same":
            column -= 1
        told = row[columns[column]]
        if told in ABSENT:
            continue
        for name in codes(row["claim"]):
            members[name] = PLAIN
            if "ids" in told.split() or "absent when" in told:
                optional.add(name)
    if len(members) < 8:
        raise UnreadablePageError(f"section 4.3: only {sorted(members)} are claimed for {client}")
    return Shape(members, frozenset(optional))


def token_error(pages: Pages) -> Shape:
    """§5: `error` alone is always there."""
    section = pages["identity"].section("5")
    left_out = codes(section.said(r"(`[^.]*?) are omitted when unset\.")[1])
    return section.example("error", "ErrorModel", at_least=5).with_optional(*left_out)


def prelogin(pages: Pages) -> Shape:
    return pages["identity"].section("7").example("kdfSettings", at_least=9)


def discovery(pages: Pages) -> Shape:
    rows = pages["identity"].section("9").table("member", "value", at_least=20)
    return Shape(dict.fromkeys((name for row in rows for name in codes(row["member"])), PLAIN))


def published_keys(pages: Pages) -> Shape:
    return pages["identity"].section("9").example("keys", at_least=9)


# api.md


def api_error(pages: Pages) -> Shape:
    """§1.6: both forms have the same members; the errors of a validation have the fields' names."""
    forms = [dict.fromkeys(each) for each in pages["api"].section("1.6").examples() if "message" in each]
    if len(forms) != 2 or forms[0] != forms[1] or len(forms[0]) < 6:
        raise UnreadablePageError("section 1.6: there are no two forms with the same members")
    return Shape(dict.fromkeys(forms[0], PLAIN)).put("validationErrors", ANYTHING)


def list_answer(pages: Pages) -> Shape:
    return pages["api"].section("1.3").example("data", at_least=3)


def token_validity(pages: Pages) -> Shape:
    return pages["api"].section("2.6").example("isTokenValid", at_least=2)


def sync_answer(pages: Pages) -> Shape:
    items = [each for each in pages["api"].section("2.8").examples() if each.get("sponsorshipsBatch")]
    answers = [each for each in items if "cloudSponsorshipRemoved" in each["sponsorshipsBatch"][0]]
    if len(answers) != 1 or len(answers[0]["sponsorshipsBatch"][0]) < 9:
        raise UnreadablePageError("section 2.8: there is no answer to a sync")
    (answer,) = answers
    return Shape(dict.fromkeys(answer, PLAIN)).put(
        "sponsorshipsBatch", Shape(dict.fromkeys(answer["sponsorshipsBatch"][0], PLAIN))
    )


def sync_status(pages: Pages) -> Shape:
    return pages["api"].section("2.9").example("lastSyncDate", at_least=2)


def sponsored_list(pages: Pages) -> Shape:
    return pages["api"].section("2.10").example("data", at_least=13)


def api_key(pages: Pages) -> Shape:
    return pages["api"].section("3.1").example("apiKey", at_least=3)


def key_information(pages: Pages) -> Shape:
    return list_answer(pages).put("data", pages["api"].section("3.1").example("keyType", at_least=3))


def profile_organization(pages: Pages) -> Shape:
    section = pages["api"].section("4.2")
    rows = section.table("Field", "Value", at_least=5)
    sponsorship = Shape(dict.fromkeys((name for row in rows for name in codes(row["Field"])), PLAIN))
    return section.fields('object: "profileOrganization"', at_least=70) | sponsorship


def profile(pages: Pages) -> Shape:
    section = pages["api"].section("4.3")
    organization = profile_organization(pages)
    return (
        section.fields('object: "profile"', at_least=22)
        .put("accountKeys", section.example("accountKeys", at_least=8).members["accountKeys"])
        .put("organizations", organization)
        .put("organizationsNew", organization)
    )


def organization_list(pages: Pages) -> Shape:
    return list_answer(pages).put("data", profile_organization(pages))


def policy(pages: Pages) -> Shape:
    return pages["api"].section("4.4").example("organizationId", at_least=7)


def sync(pages: Pages) -> Shape:
    section = pages["api"].section("4.4")
    return (
        section.fields('object: "sync"', at_least=23)
        .put("profile", profile(pages))
        .put("policies", policy(pages))
        .put("policiesNew", policy(pages))
        .with_optional(*section.omitted(at_least=3))
    )


def config(pages: Pages) -> Shape:
    section = pages["api"].section("4.5")
    flags = section.said(r"`(\w+)` maps flag to JSON value")[1]
    return section.example("featureStates", at_least=19).put(flags, ANYTHING).with_optional(*section.omitted())


def plan(pages: Pages) -> Shape:
    section = pages["api"].section("4.8")
    return (
        section.fields('object: "plan"', at_least=29)
        .put("passwordManager", section.fields("passwordManager", at_least=20))
        .put("secretsManager", section.fields("secretsManager", at_least=16))
    )


def plans(pages: Pages) -> Shape:
    return list_answer(pages).put("data", plan(pages))


def organization(pages: Pages) -> Shape:
    """§4.6."""
    fields = pages["api"].section("4.6").fields('object: "organization"', at_least=46)
    return fields.put("plan", plan(pages))


def subscription(pages: Pages) -> Shape:
    """§4.7: the organization's members and those of the table, of which some are objects."""
    section = pages["api"].section("4.7")
    own = Shape({})
    for row in section.table("Field", "Without subscription id", "With subscription", at_least=9):
        names = Shape(dict.fromkeys(codes(row["Field"]), PLAIN))
        for code in codes(row["With subscription"]):
            (name,) = names.names
            nested = read_run(f"`{name}` `{code}`").members[name] if code.startswith("{") else read_run(f"`{code}`")
            names = names.put(name, nested)
        own |= names
    return organization(pages) | own.put("subscription", section.fields("subscription", at_least=20))


def billing_warnings(pages: Pages) -> Shape:
    return pages["api"].section("4.11").example("freeTrial", at_least=5)


def billing_metadata(pages: Pages) -> Shape:
    return pages["api"].section("4.11").example("organizationOccupiedSeats", at_least=2)


# licensing-push-installations.md


def _licensing(pages: Pages) -> Page:
    return pages["licensing-push-installations"]


def organization_licence(pages: Pages) -> Shape:
    """A.4: a table in two halves, names without backticks."""
    rows = _licensing(pages).section("A.4").table("JSON name", "type", "C", "JSON name", "type", "C", at_least=18)
    cells = [row[column] for row in rows for column in ("JSON name", "JSON name 2")]
    names = [name.strip() for cell in cells for name in cell.split(",") if name.strip()]
    if len(names) < 50:
        raise UnreadablePageError(f"section A.4: only {names} are found")
    return Shape(dict.fromkeys(names, PLAIN))


def user_licence(pages: Pages) -> Shape:
    return _licensing(pages).section("A.5").listed("", at_least=15)


def organization_claims(pages: Pages) -> Shape:
    """A.7: as many as the page says, 35 and 12, and those of any token."""
    section = _licensing(pages).section("A.7")
    always = section.said(r"Always present \((\d+)\):")
    known = section.said(r"Only when the value is not null \((\d+)\):")
    required = section.listed(always[0], at_least=int(always[1]))
    optional = section.listed(known[0], at_least=int(known[1]))
    if (len(required.names), len(optional.names)) != (int(always[1]), int(known[1])):
        raise UnreadablePageError("section A.7: more claims are listed than counted")
    return (required | _jwt_claims(pages)).with_optional(*optional.names)


def user_claims(pages: Pages) -> Shape:
    section = _licensing(pages).section("A.7")
    optional = section.listed("and when known", at_least=6)
    return (section.listed("User token:", at_least=5) | _jwt_claims(pages)).with_optional(*optional.names)


def _jwt_claims(pages: Pages) -> Shape:
    """A.7: the point of the list that begins with the issuer."""
    point = _licensing(pages).section("A.7").said(r"(?s)\n- `iss` = .*?\n- ")[0]
    names = re.findall(r"`(\w+)` = ", point)
    if len(names) < 6:
        raise UnreadablePageError(f"section A.7: only {names} are found")
    return Shape(dict.fromkeys(names, PLAIN))


def licence_header(pages: Pages) -> Shape:
    return _licensing(pages).section("A.7").example("typ", at_least=2)


def new_installation(pages: Pages) -> Shape:
    return _licensing(pages).section("B.1").example("enabled", at_least=4)


def known_installation(pages: Pages) -> Shape:
    return _licensing(pages).section("B.2").example("enabled", at_least=4)


EVERY_LIST: Mapping[str, Callable[[Pages], Shape]] = {
    reader.__name__: reader
    for reader in (
        refresh_answer,
        person_answer,
        token_header,
        token_error,
        prelogin,
        discovery,
        published_keys,
        api_error,
        token_validity,
        sync_answer,
        sync_status,
        sponsored_list,
        api_key,
        key_information,
        organization_list,
        sync,
        config,
        plans,
        subscription,
        billing_warnings,
        billing_metadata,
        organization_licence,
        user_licence,
        organization_claims,
        user_claims,
        licence_header,
        new_installation,
        known_installation,
    )
}
