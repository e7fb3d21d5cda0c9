"""The settings of self-hosted servers that remedies name (docs/contract/clients.md §7)."""

INSTALLATION = (
    "globalSettings__installation__id and globalSettings__installation__key "
    "(vaultwarden: PUSH_INSTALLATION_ID and PUSH_INSTALLATION_KEY)"
)
KEY = "globalSettings__installation__key (vaultwarden: PUSH_INSTALLATION_KEY)"
OTHER_REGION_URIS = (
    "Set globalSettings__installation__identityUri to {other_identity_uri}, "
    "globalSettings__installation__apiUri to {other_api_uri} and globalSettings__pushRelayBaseUri to {other_push_uri}"
)
VAULTWARDEN_URIS = "vaultwarden: PUSH_IDENTITY_URI and PUSH_RELAY_URI, each without its final slash"
