"""What the models of answers have in common: exactly the contract's members, dates, ids, enumerations."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sosie.wire.plan_wire import camel
from sosie.wire.rules import pascal

ABSENT: Any = None
"""The default of a member that is omitted where others would be null. All other members are always there."""

GuidText = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        json_schema_extra={"format": "uuid"},
    ),
]
"""Lower case, hyphenated (docs/contract/api.md §1.3)."""
DateText = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z$",
        json_schema_extra={"format": "date-time"},
    ),
]
"""UTC with up to seven digits of a fraction, and no trailing zeros (docs/contract/api.md §1.3)."""


class AnswerModel(BaseModel):
    """An object with these members and no others, in camelCase."""

    model_config = ConfigDict(alias_generator=camel, extra="forbid")


class PascalModel(BaseModel):
    """The same in PascalCase, as within the token endpoint's answers."""

    model_config = ConfigDict(alias_generator=pascal, extra="forbid")


class PlainModel(BaseModel):
    """The same with names as declared, as in OAuth's own answers."""

    model_config = ConfigDict(extra="forbid")


class ListAnswer(AnswerModel):
    """A list; there is never a next page."""

    object: Literal["list"]
    continuation_token: None


class PlanType(IntEnum):
    """docs/contract/api.md §5.2."""

    FREE = 0
    FAMILIES_ANNUALLY_2019 = 1
    TEAMS_MONTHLY_2019 = 2
    TEAMS_ANNUALLY_2019 = 3
    ENTERPRISE_MONTHLY_2019 = 4
    ENTERPRISE_ANNUALLY_2019 = 5
    CUSTOM = 6
    FAMILIES_ANNUALLY_2025 = 7
    TEAMS_MONTHLY_2020 = 8
    TEAMS_ANNUALLY_2020 = 9
    ENTERPRISE_MONTHLY_2020 = 10
    ENTERPRISE_ANNUALLY_2020 = 11
    TEAMS_MONTHLY_2023 = 12
    TEAMS_ANNUALLY_2023 = 13
    ENTERPRISE_MONTHLY_2023 = 14
    ENTERPRISE_ANNUALLY_2023 = 15
    TEAMS_STARTER_2023 = 16
    TEAMS_MONTHLY = 17
    TEAMS_ANNUALLY = 18
    ENTERPRISE_MONTHLY = 19
    ENTERPRISE_ANNUALLY = 20
    TEAMS_STARTER = 21
    FAMILIES_ANNUALLY = 22


class ProductTier(IntEnum):
    """docs/contract/api.md §5.3."""

    FREE = 0
    FAMILIES = 1
    TEAMS = 2
    ENTERPRISE = 3
    TEAMS_STARTER = 4


class KdfKind(IntEnum):
    """How a master key is derived (docs/contract/api.md §5.3)."""

    PBKDF2_SHA256 = 0
    ARGON2ID = 1
