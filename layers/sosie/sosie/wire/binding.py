"""Request bodies, bound and validated as the cloud's framework does it (docs/contract/api.md §1.3, §1.4, §1.7).

A request model is a pydantic model for the types, with `Required()`, `MaxLength(256)` and so on as `Annotated`
metadata for the texts. Types are checked first: the first value of a wrong type is the only error, keyed by JSON path.
Then all rules of all properties are evaluated, keyed by PascalCase property name; then the whole-model rule.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from sosie.domain.errors import InvalidError
from sosie.domain.ids import EMPTY_GUID
from sosie.wire.rules import Rule, pascal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sosie.wire.http import Call

_GUID_PATTERN = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_JSON_TYPES = re.compile(r"application/json|text/json|application/[\w.!#$&^+-]+\+json")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,16})?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_CHARSET_UTF16 = re.compile(r"charset\s*=\s*\"?utf-16", re.IGNORECASE)
_EMPTY_BODY = {"": ["A non-empty request body is required."]}


def _date_text(value: Any) -> Any:
    # pydantic alone would take more, such as seconds since 1970 or a space for the T.
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        raise ValueError("not a date")
    return value


def _not_too_deep(value: Any, room: int = 31) -> Any:
    """Refuse what is nested deeper than 32 levels, the body itself being the first."""
    if isinstance(value, (dict, list)):
        if room == 0:
            raise ValueError("nested too deep")
        for member in value.values() if isinstance(value, dict) else value:
            _not_too_deep(member, room - 1)
    return value


def _storable(value: Any) -> Any:
    """Refuse what cannot be written out again: too deep, or a number beyond all."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number beyond all")
    if isinstance(value, (dict, list)):
        for member in value.values() if isinstance(value, dict) else value:
            _storable(member)
    return value


Guid = Annotated[str, StringConstraints(pattern=_GUID_PATTERN, to_lower=True, strict=True)]
"""A GUID in the 36-character form, lower-cased. Missing is the all-zero GUID where the model says so."""
Text = Annotated[str, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
EnumByte = Annotated[int, Field(strict=True, ge=0, le=255)]
"""An enumeration's number; a quoted one is refused, one outside the enumeration is not refused here."""
Integer = Annotated[
    int,
    BeforeValidator(lambda v: int(v) if isinstance(v, str) and v.lstrip("-").isdigit() else v),
    Field(strict=True, ge=-(2**31), le=2**31 - 1),
]
"""A 32-bit number; it may be quoted."""
WireDate = Annotated[datetime, BeforeValidator(_date_text)]
AnyJson = Annotated[Any, BeforeValidator(_not_too_deep)]
"""Anything, null included. Without a default the JSON must have the member (see `raw_json` to pass it on)."""


JsonObject = Annotated[dict[str, Any], BeforeValidator(lambda value: _storable(_not_too_deep(value)))]
"""An object of anything, which is kept and shown again."""


class WireModel(BaseModel):
    """A request body. Names match in any letter case, unknown members are ignored, missing values take defaults."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    def whole_model_errors(self) -> list[str]:
        """Return the texts of rules about several properties at once; asked only when each property is fine."""
        return []


def bind_body(call: Call, model: type[WireModel]) -> WireModel:
    """Return the request's body as a model. Raises InvalidError. The content type was checked before."""
    try:
        text = call.body.decode("utf-16" if _CHARSET_UTF16.search(call.headers["content-type"]) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidError({"$": [_not_readable(error.reason, 0, error.start)]}) from None
    if not text.strip():
        raise InvalidError(_EMPTY_BODY)
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InvalidError({"$": [_not_readable(error.msg, error.lineno - 1, error.colno - 1)]}) from None
    except (ValueError, RecursionError):
        raise InvalidError({"$": [_not_readable("the document is too deep or not JSON", 0, 0)]}) from None
    if value is None:
        raise InvalidError(_EMPTY_BODY)
    if "\\ud" in text or "\\uD" in text:
        _check_surrogates(value)
    return bind_value(value, model)


def bind_value(value: Any, model: type[WireModel]) -> WireModel:
    """Return decoded JSON as a model. Raises InvalidError."""
    if not isinstance(value, dict):
        raise InvalidError({"$": [_not_convertible(model.__name__, "$")]})
    try:
        bound = model.model_validate(_canonical(value, model))
    except ValidationError as error:
        raise InvalidError(_type_error(error)) from None
    errors = _rule_errors(bound)
    if not errors and (texts := bound.whole_model_errors()):
        errors = {"": texts}
    if errors:
        raise InvalidError(errors)
    return bound


def is_json(call: Call) -> bool:
    """Tell whether the content type is one the cloud reads a body from."""
    return _JSON_TYPES.fullmatch(call.media_type) is not None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _check_surrogates(value: Any) -> None:
    """Raise InvalidError for half a character, escaped: no text can hold it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        raise InvalidError({"$": [_not_readable("a text holds half a character", 0, 0)]}) from None


def _not_readable(problem: str, line: int, column: int) -> str:
    return f"The JSON value could not be read: {problem}. Path: $ | LineNumber: {line} | BytePositionInLine: {column}."


def _not_convertible(kind: str, path: str) -> str:
    return f"The JSON value could not be converted to {kind}. Path: {path} | LineNumber: 0 | BytePositionInLine: 0."


def _type_error(error: ValidationError) -> dict[str, list[str]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    first = found[0]
    if first["type"] == "missing":
        # That a member is missing shows at its object's end: a wrong value within the object comes before.
        around = first["loc"][:-1]
        within = (each for each in found if each["loc"][: len(around)] == around and each["type"] != "missing")
        first = next(within, first)
    path = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"])
    if first["type"] == "missing":
        name = str(first["loc"][-1])
        text = f"JSON deserialization was missing required properties including: '{name}'."
        return {path.rpartition(".")[0] or "$": [text]}
    kinds = {
        "string_pattern_mismatch": "System.Guid",
        "string_type": "System.String",
        "bool_type": "System.Boolean",
        "int_type": "System.Int32",
        "datetime_from_date_parsing": "System.DateTime",
        "datetime_parsing": "System.DateTime",
    }
    return {path: [_not_convertible(kinds.get(first["type"], "the property's type"), path)]}


# Names in any letter case.


@cache  # the models are few and live as long as the process
def _fields(model: type[WireModel]) -> Mapping[str, tuple[str, type[WireModel] | None]]:
    """Return lower-case name -> canonical name, and the model of the member (or of its elements), if it is one."""
    return {
        (field.alias or name).lower(): (field.alias or name, _nested(field.annotation))
        for name, field in model.model_fields.items()
    }


def _nested(annotation: Any) -> type[WireModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, WireModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _nested(inner)) is not None), None)


@cache  # clients send few distinct sets of names; an odd one costs an entry
def _plan(model: type[WireModel], names: tuple[str, ...]) -> tuple[tuple[str, str, type[WireModel] | None], ...] | None:
    """Return how to rename these members, or None if they are canonical and flat, so that nothing is to do."""
    fields = _fields(model)
    steps = tuple((name, *fields[name.lower()]) for name in names if name.lower() in fields)
    if all(name == canonical and nested is None for name, canonical, nested in steps):
        return None
    return steps


def _canonical(value: Any, model: type[WireModel]) -> Any:
    if isinstance(value, list):
        return [_canonical(member, model) for member in value]
    if not isinstance(value, dict):
        return value
    names = tuple(value)
    steps = _plan(model, names) if len(names) <= _MAX_PLANNED else _plan.__wrapped__(model, names)
    if steps is None:
        return value
    return {
        canonical: value[name] if nested is None else _canonical(value[name], nested)
        for name, canonical, nested in steps
    }


_MAX_PLANNED = 32


# Rules.


@cache  # the models are few and live as long as the process
def _rules(model: type[WireModel]) -> tuple[tuple[str, str, tuple[Rule, ...], bool], ...]:
    rows = []
    for name, field in model.model_fields.items():
        rules = tuple(rule for rule in field.metadata if isinstance(rule, Rule))
        nested = _nested(field.annotation) is not None
        if rules or nested:
            rows.append((name, pascal(name), rules, nested))
    return tuple(rows)


def _rule_errors(model: WireModel, path: str = "") -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for name, key, rules, nested in _rules(type(model)):
        value = getattr(model, name)
        if texts := [text for rule in rules if (text := rule.check(key, value)) is not None]:
            errors[path + key] = texts
        if nested and isinstance(value, WireModel):
            errors |= _rule_errors(value, f"{path}{key}.")
        elif nested and isinstance(value, (list, tuple)):
            for at, member in enumerate(value):
                if isinstance(member, WireModel) and _rules(type(member)):
                    errors |= _rule_errors(member, f"{path}{key}[{at}].")
    return errors


__all__ = [
    "EMPTY_GUID",
    "AnyJson",
    "EnumByte",
    "Flag",
    "Guid",
    "Integer",
    "JsonObject",
    "Text",
    "WireDate",
    "WireModel",
    "bind_body",
    "bind_value",
    "is_json",
]
