"""What a web vault sends to create a Families organization (docs/contract/api.md §4.10)."""

from __future__ import annotations

from typing import Any

FREE_OF_CHARGE = "/organizations/create-without-payment"
PAID = "/organizations"
ENCRYPTED = "2.AAECAwQFBgcICQoLDA0ODw==|BGjxpSaepyRbuExk1FbpTQ==|wGR9fGga7qxs1rh5nR/8VCi0FzIK4hL5kD7uVJifZ0g="
FAMILY: dict[str, Any] = {
    "name": "Our Family",
    "billingEmail": "newcomer@family.test",
    "planType": 22,
    "key": "4.d3JhcHBlZA==",
    "keys": {"publicKey": "cHVibGlj", "encryptedPrivateKey": "2.private"},
    "collectionName": ENCRYPTED,
}
PAYMENT: dict[str, Any] = {
    "paymentToken": "pm_card",
    "paymentMethodType": 0,
    "billingAddressCountry": "US",
    "billingAddressPostalCode": "12345",
}
