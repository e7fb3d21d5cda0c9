"""A real licence file of its owner's in a scenario (docs/contract/licensing-push-installations.md A.10 (a)).

Sosie serves it as it is and checks no signature: a self-hosted server does that, and accepts what Bitwarden signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sosie.domain.document import Node
from sosie.domain.errors import ScenarioError
from sosie.domain.ids import parse_guid

LARGEST_LICENCE = 51_200
"""Bytes: a self-hosted server reads no larger one (A.9)."""

_OF_A_PERSON = 0  # its licenseType


class SeedLicence(NamedTuple):
    """`text` is what is served: the file's values in its order, under the wire's names."""

    id: str
    license_key: str
    installation_id: str
    text: str


def read_licence(node: Node | None) -> SeedLicence | None:
    """Return a checked licence file, None without one. Names may be PascalCase, as in files, or the wire's camelCase.

    Raises ScenarioError, which names the file's member.
    """
    if node is None:
        return None
    if not isinstance(node.value, Mapping):
        raise node.fail("must be the licence file's JSON, an object")
    members = _members(node, node.value)
    if "licenseType" in members and members["licenseType"].value == _OF_A_PERSON:
        raise members["licenseType"].fail("is a person's; an organization's is 1")
    text = json.dumps({name: each.value for name, each in members.items()}, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > LARGEST_LICENCE:
        raise node.fail(f"is larger than a licence can be, {LARGEST_LICENCE} bytes")
    return SeedLicence(
        id=_guid(node, members, "id"),
        license_key=_text(node, members, "licenseKey"),
        installation_id=_guid(node, members, "installationId"),
        text=text,
    )


def check_same(node: Node, name: str, given: str | None, licence: str) -> None:
    """Raise ScenarioError if an organization's member says otherwise than its licence."""
    if given is not None and given != licence:
        raise Node(None, f"{node.where}.{name}").fail("must be the licence's, or be left out")


def _members(node: Node, file: Mapping[Any, Any]) -> dict[str, Node]:
    members: dict[str, Node] = {}
    for name, value in file.items():
        member = Node(value, f"{node.where}.{name}")
        if not isinstance(name, str) or _wire_name(name) in members:
            raise member.fail("is there already, or is no name")
        _check_json(member)
        members[_wire_name(name)] = member
    return members


def _wire_name(name: str) -> str:
    return name.lower() if name.isupper() else name[:1].lower() + name[1:]


def _check_json(node: Node) -> None:
    """Raise ScenarioError for what cannot be served as the file has it."""
    value = node.value
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise node.fail("holds half a character") from None
    elif isinstance(value, Mapping):
        for name, member in value.items():
            _check_json(Node(str(name), f"{node.where}.{name}"))
            _check_json(Node(member, f"{node.where}.{name}"))
    elif isinstance(value, list):
        for at, member in enumerate(value):
            _check_json(Node(member, f"{node.where}[{at}]"))
    elif value is not None and not isinstance(value, int):
        # YAML makes a date of what stands without quotes, and a fraction may be written in several ways.
        raise node.fail("must be as in the file: a text in quotes, a whole number, true, false or null")


def _guid(node: Node, members: Mapping[str, Node], name: str) -> str:
    found = parse_guid(_text(node, members, name))
    if found is None:
        raise members[name].fail("must be a GUID")
    return found


def _text(node: Node, members: Mapping[str, Node], name: str) -> str:
    member = members.get(name)
    if member is None:
        raise ScenarioError(f"{node.where}.{name}", "is missing in the licence file")
    if not isinstance(member.value, str) or not member.value.strip():
        raise member.fail("must be a text")
    return member.value
