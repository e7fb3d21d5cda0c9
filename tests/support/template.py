"""`template.yaml` as data: CloudFormation's short forms as the long ones, and which function a path leads to."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SERVICES = ("identity", "api", "push")
ROUTED = (*SERVICES, "control")
FUNCTIONS = (*ROUTED, "maintenance")
DEFAULT_ROUTE = "$default"


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as the long ones: `!Ref X` as `{"Ref": "X"}`, others as `{"Fn::…": …}`."""


def _long_form(loader: Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    read: Any = {
        yaml.ScalarNode: loader.construct_scalar,
        yaml.SequenceNode: lambda sequence: loader.construct_sequence(sequence, deep=True),
        yaml.MappingNode: lambda mapping: loader.construct_mapping(mapping, deep=True),
    }[type(node)]
    value = read(node)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


Loader.add_multi_constructor("!", _long_form)

TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader)
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type, by logical id."""
    return {name: resource["Properties"] for name, resource in RESOURCES.items() if resource["Type"] == kind}


def function(name: str) -> dict[str, Any]:
    """Return a function's properties, `name` in lower case."""
    properties: dict[str, Any] = RESOURCES[f"{name.capitalize()}Function"]["Properties"]
    return properties


def as_list(value: Any) -> list[Any]:
    """Return a value that may stand alone or in a list as a list."""
    return value if isinstance(value, list) else [value]


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a role of the template, those of its managed policies included."""
    managed = [RESOURCES[policy["Ref"]]["Properties"]["PolicyDocument"] for policy in role["ManagedPolicyArns"]]
    own = [policy["PolicyDocument"] for policy in role["Policies"]]
    return [statement for document in (*managed, *own) for statement in document["Statement"]]


def routes() -> dict[tuple[str, str], str]:
    """Return each route, method and path, with the function it leads to."""
    return {
        (each.get("Method", "ANY"), each.get("Path", DEFAULT_ROUTE)): name
        for name in ROUTED
        for each in (event["Properties"] for event in function(name)["Events"].values())
    }


@cache
def pattern(path: str) -> re.Pattern[str]:
    """Return what an HTTP API matches with a route's path: `{x}` is one segment, `{x+}` is all that follow."""
    if path == DEFAULT_ROUTE:
        return re.compile("(?s:.*)")
    parts = re.split(r"(\{\w+\+?\})", path)
    return re.compile("".join(_of_part(part) for part in parts))


def _of_part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part.strip("{}")
    return f"(?P<{name.rstrip('+')}>{'.+' if name.endswith('+') else '[^/]+'})"


def chosen(method: str, path: str, table: Any) -> tuple[str, str] | None:
    """Return the route an HTTP API chooses: the most specific path, and of one path the route that names the method.

    A full match comes before one with a greedy variable, that before `$default`.
    """
    found = [each for each in table if each[0] in ("ANY", method) and pattern(each[1]).fullmatch(path)]
    return max(found, key=_specificity, default=None)


def _specificity(route: tuple[str, str]) -> tuple[bool, bool, int, int, bool]:
    method, path = route
    literal = re.sub(r"\{\w+\+?\}", "", path)
    return path != DEFAULT_ROUTE, "+}" not in path, len(literal), -path.count("{"), method != "ANY"
