"""The SOSIE_* environment as one typed value. The command line's options win over it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

StoreKind = Literal["sqlite", "dynamodb", "localstack"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be chosen from outside. Each field's variable is named beside it."""

    store: StoreKind = "sqlite"  # SOSIE_STORE
    table: str = "sosie"  # SOSIE_TABLE, the DynamoDB table
    state: Path | None = None  # SOSIE_STATE, a directory; without one everything is in memory
    scenario: str = "families"  # SOSIE_SCENARIO, a shipped name or a file
    guessable: bool = False  # SOSIE_SEED=scenario: ids and keys that documentation can print, from Lambda functions too
    control_token: str | None = None  # SOSIE_CONTROL_TOKEN
    control_secret: str | None = None  # SOSIE_CONTROL_SECRET, the secret that holds it in a deployed Sosie
    control_by_iam: bool = False  # SOSIE_CONTROL_ACCESS=iam: API Gateway checks who calls
    penalty_delays: bool = True  # SOSIE_PENALTY_DELAYS
    realistic_limits: bool = False  # SOSIE_REALISTIC_LIMITS: every world keeps the cloud's rate limits
    vault_origins: tuple[str, ...] = ()  # SOSIE_VAULT_ORIGINS, comma-separated, allowed besides the cloud's own
    secret_prefix: str | None = None  # SOSIE_SECRET_PREFIX, where a deployed Sosie keeps its keys
    domain: str | None = None  # SOSIE_DOMAIN, below which identity-us and so on are hosts of the services
    allowed_addresses: str = ""  # SOSIE_ALLOWED_ADDRESSES, comma-separated networks; a deployed Sosie refuses others

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the variables. Raises ValueError for a store nobody knows."""
        env = os.environ if environment is None else environment
        store = env.get("SOSIE_STORE", "sqlite")
        if store not in ("sqlite", "dynamodb", "localstack"):
            raise ValueError(f"SOSIE_STORE must be sqlite, dynamodb or localstack, not {store!r}")
        state = env.get("SOSIE_STATE")
        return cls(
            store=store,  # type: ignore[arg-type]  # checked above
            table=env.get("SOSIE_TABLE", "sosie"),
            state=Path(state) if state else None,
            scenario=env.get("SOSIE_SCENARIO", "families"),
            guessable=env.get("SOSIE_SEED") == "scenario",
            control_token=env.get("SOSIE_CONTROL_TOKEN") or None,
            control_secret=env.get("SOSIE_CONTROL_SECRET") or None,
            control_by_iam=env.get("SOSIE_CONTROL_ACCESS") == "iam",
            penalty_delays=env.get("SOSIE_PENALTY_DELAYS", "true").lower() not in ("0", "false", "no", "off"),
            realistic_limits=env.get("SOSIE_REALISTIC_LIMITS", "").lower() in ("1", "true", "yes", "on"),
            vault_origins=tuple(filter(None, env.get("SOSIE_VAULT_ORIGINS", "").split(","))),
            secret_prefix=env.get("SOSIE_SECRET_PREFIX") or None,
            domain=env.get("SOSIE_DOMAIN", "").lower().strip(".") or None,
            allowed_addresses=env.get("SOSIE_ALLOWED_ADDRESSES", ""),
        )
