"""JSON schemas of request bodies and answers, from the models that bind and describe them.

The rules of a request (`Required`, `MaxLength`, …) become keywords as far as JSON Schema has them; what it cannot say,
such as rules about several members, stays with the server.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from sosie.wire.binding import Guid, WireModel
from sosie.wire.rules import EmailAddress, EncryptedText, InRange, MaxLength, Required, Rule, SupportedEmail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import core_schema

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
_SECTION = re.compile(r"^(?:\S+\.md )?(?:§\d+(?:\.\d+)*|[A-C]\.\d)[.:](?:\s+|$)")
_GUID_PATTERN = TypeAdapter(Guid).json_schema()["pattern"]


class _Generator(GenerateJsonSchema):
    """Pydantic's generator without titles, without null defaults, and with the names of enumerations' values."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        described = super().default_schema(schema)
        if described.get("default", ...) is None:
            del described["default"]
        return described

    def enum_schema(self, schema: core_schema.EnumSchema) -> Schema:
        return {**super().enum_schema(schema), "x-enum-varnames": [member.name for member in schema["members"]]}


def schemas_of(kinds: Mapping[str, Any]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Return a schema for each type by its key, and the schemas by name that these refer to."""
    inputs = [(key, "validation", TypeAdapter(kind)) for key, kind in kinds.items()]
    by_key, shared = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE, schema_generator=_Generator)  # type: ignore[arg-type]  # the mode is a Literal there
    definitions: dict[str, Schema] = shared.get("$defs", {})
    for name, model in _request_models(kinds.values()).items():
        _apply_rules(definitions[name], model)
    for schema in _all_schemas([*by_key.values(), *definitions.values()]):
        _tidy(schema)
    return {key: schema for (key, _), schema in by_key.items()}, definitions


def without_section(text: str) -> str:
    """Return a docstring's first paragraph without the section of the contract that it starts with."""
    paragraph = " ".join(text.partition("\n\n")[0].split())
    rest = _SECTION.sub("", paragraph)
    return rest[:1].upper() + rest[1:]


def _request_models(kinds: Any) -> dict[str, type[WireModel]]:
    """Return the request models among some types, and those within them, by name."""
    found: dict[str, type[WireModel]] = {}
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, WireModel):
            found[kind.__name__] = kind
            found |= _request_models(field.annotation for field in kind.model_fields.values())
        else:
            found |= _request_models(get_args(kind))
    return found


def _apply_rules(schema: Schema, model: type[WireModel]) -> None:
    required = set(schema.get("required", ()))
    for name, field in model.model_fields.items():
        alias = field.alias or name
        rules = [rule for rule in field.metadata if isinstance(rule, Rule)]
        if any(isinstance(rule, Required) for rule in rules):
            required.add(alias)
            schema["properties"][alias] = _without_null(schema["properties"][alias])
        target = _value_schema(schema["properties"][alias])
        for rule in rules:
            target |= _keywords(rule, target)
    if required:
        schema["required"] = sorted(required)


def _keywords(rule: Rule, schema: Schema) -> Schema:
    match rule:
        case Required() if schema.get("type") == "string":
            return {"minLength": 1, "pattern": r"\S"}
        case MaxLength(limit=limit):
            return {"maxLength": limit}
        case EncryptedText(limit=int(limit)):
            return {"maxLength": limit}
        case InRange(low=low, high=high):
            return {"minimum": low, "maximum": high}
        case EmailAddress() | SupportedEmail():
            return {"format": "email"}
    return {}


def _without_null(schema: Schema) -> Schema:
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) != 1:
        return schema
    return {**{key: value for key, value in schema.items() if key != "anyOf"}, **choices[0]}


def _value_schema(schema: Schema) -> Schema:
    """Return the part that describes the value where there is one."""
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            found: Schema = choice
            return found
    return schema


def _all_schemas(schemas: Any) -> Iterator[Schema]:
    for schema in schemas:
        if isinstance(schema, dict):
            yield schema
            yield from _all_schemas(schema.get("properties", {}).values())
            inner = schema.get("items"), schema.get("additionalProperties")
            yield from _all_schemas([*inner, *schema.get("anyOf", ()), *schema.get("oneOf", ())])


def _tidy(schema: Schema) -> None:
    schema.pop("title", None)
    for constraint, keyword in (("ge", "minimum"), ("le", "maximum")):
        # Pydantic leaves them under their own names behind a validator of ours.
        if constraint in schema:
            schema.setdefault(keyword, schema.pop(constraint))
            schema.pop(constraint, None)
    if schema.get("pattern") == _GUID_PATTERN:
        schema["format"] = "uuid"
    if isinstance(schema.get("description"), str):
        schema["description"] = without_section(schema["description"])
        if not schema["description"]:
            del schema["description"]
