"""What CloudFormation makes of a template and its parameters, as far as tests look: conditions and what they choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NOTHING = {"Ref": "AWS::NoValue"}


class Stack:
    """A transformed template with its parameters. `resources` are those whose condition holds."""

    def __init__(self, template: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self._template = template
        self._parameters = {name: each.get("Default") for name, each in template["Parameters"].items()} | dict(given)
        self.resources: dict[str, dict[str, Any]] = {
            name: self.resolved(each) for name, each in template["Resources"].items() if self._exists(each)
        }
        self.outputs: dict[str, Any] = {
            name: self.resolved(each["Value"]) for name, each in template["Outputs"].items() if self._exists(each)
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of all resources of a type, by logical id."""
        return {name: each["Properties"] for name, each in self.resources.items() if each["Type"] == kind}

    def resolved(self, value: Any) -> Any:
        """Return a value with conditions and parameters replaced; what only AWS knows stays as it stands."""
        if isinstance(value, list):
            return [self.resolved(each) for each in value if self._chosen(each) != _NOTHING]
        if not isinstance(value, dict):
            return value
        chosen = self._chosen(value)
        if chosen is not value:
            return self.resolved(chosen)
        if set(value) == {"Ref"} and value["Ref"] in self._parameters:
            return self._parameters[value["Ref"]]
        if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
            return {"Fn::Sub": self._filled(value["Fn::Sub"])}
        return {name: self.resolved(each) for name, each in value.items() if self._chosen(each) != _NOTHING}

    def _chosen(self, value: Any) -> Any:
        if not (isinstance(value, dict) and set(value) == {"Fn::If"}):
            return value
        condition, then, otherwise = value["Fn::If"]
        return self._chosen(then if self._holds({"Condition": condition}) else otherwise)

    def _filled(self, text: str) -> str:
        for name, value in self._parameters.items():
            text = text.replace(f"${{{name}}}", str(value))
        return text

    def _exists(self, resource: Mapping[str, Any]) -> bool:
        return "Condition" not in resource or self._holds({"Condition": resource["Condition"]})

    def _holds(self, condition: Any) -> bool:
        ((kind, inner),) = condition.items()
        match kind:
            case "Condition":
                return self._holds(self._template["Conditions"][inner])
            case "Fn::Not":
                return not self._holds(inner[0])
            case "Fn::And":
                return all(self._holds(each) for each in inner)
            case "Fn::Equals":
                first, second = (str(self.resolved(each)) for each in inner)
                return first == second
        raise AssertionError(f"nobody knows the condition {kind}")
