"""The request bodies about organizations (docs/contract/api.md §4.10, §2.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator

from sosie.domain.html_text import encoded
from sosie.wire.binding import EnumByte, Flag, Integer, JsonObject, Text, WireModel
from sosie.wire.rules import EmailAddress, EncryptedText, InRange, MaxLength, Required

_INT_MAX = 2**31 - 1
_FREE = 0
_POSTAL_CODE_NEEDED = ("US", "CH")

HtmlText = Annotated[Text, AfterValidator(encoded)]
"""A text that is HTML-encoded as it is read, before any rule looks at it."""


@dataclass(frozen=True)
class NameLength(MaxLength):
    """A limit whose text is the organization's own; `label` is what it calls the property."""

    label: str

    def check(self, key: str, value: Any) -> str | None:
        if super().check(key, value) is None:
            return None
        return f"The field {self.label} exceeds the maximum length."


class OrganizationKeys(WireModel):
    """The organization's key pair; the private key is wrapped with the organization key."""

    public_key: Annotated[Text | None, Required()] = None
    encrypted_private_key: Annotated[Text | None, Required()] = None


class OrganizationCreateRequest(WireModel):
    """`POST /organizations/create-without-payment`. Members that nothing reads are bound for their types alone."""

    name: Annotated[HtmlText | None, Required(), NameLength(50, "Name")] = None
    business_name: Annotated[HtmlText | None, NameLength(50, "Business Name")] = None
    billing_email: Annotated[Text | None, Required(), EmailAddress(), MaxLength(256)] = None
    plan_type: EnumByte = _FREE
    key: Annotated[Text | None, Required()] = None
    keys: Annotated[OrganizationKeys | None, Required()] = None
    collection_name: Annotated[Text | None, EncryptedText(1000)] = None
    additional_seats: Annotated[Integer, InRange(0, _INT_MAX)] = 0
    additional_storage_gb: Annotated[Integer | None, InRange(0, 99)] = None
    premium_access_addon: Flag = False
    use_secrets_manager: Flag = False
    trial_length: Annotated[Integer | None, InRange(0, 30)] = None
    skip_trial: Flag = False
    payment_token: Text | None = None
    payment_method_type: EnumByte | None = None
    billing_address_country: Annotated[Text | None, MaxLength(2)] = None
    billing_address_postal_code: Text | None = None


class PaidOrganizationCreateRequest(OrganizationCreateRequest):
    """`POST /organizations`: the same, and somebody has to pay."""

    def payment_errors(self) -> dict[str, list[str]]:
        """Return what is missing to pay for the plan, by property; nothing for the Free plan."""
        if self.plan_type == _FREE:
            return {}
        errors = {}
        if _blank(self.payment_token):
            errors["PaymentToken"] = ["Payment required."]
        if self.payment_method_type is None:
            errors["PaymentMethodType"] = ["Payment method type required."]
        if _blank(self.billing_address_country):
            errors["BillingAddressCountry"] = ["Country required."]
        if self.billing_address_country in _POSTAL_CODE_NEEDED and _blank(self.billing_address_postal_code):
            errors["BillingAddressPostalCode"] = ["Zip / postal code is required."]
        return errors


class PolicyValues(WireModel):
    """What a policy is switched to."""

    enabled: Annotated[Flag | None, Required()] = None
    data: JsonObject | None = None


class PolicyRequest(WireModel):
    """`PUT /organizations/{orgId}/policies/{type}`."""

    policy: Annotated[PolicyValues | None, Required()] = None


def _blank(text: str | None) -> bool:
    return text is None or not text.strip()
