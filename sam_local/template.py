"""The built template as `sam local` gets it: the same functions, told where the engines of this machine are.

SAM sets a variable of `--env-vars` only where the template has it too, and where AWS is stands in no template.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sam_local.engines import CONTROL_SECRET, NOBODY, ROOT, TABLE

if TYPE_CHECKING:
    from sam_local.engines import Engines

BUILT = ROOT / ".aws-sam/build"
NAME = "sosie-local.yaml"
OF_THE_SHELL = ("SOSIE_SCENARIO", "SOSIE_PENALTY_DELAYS", "SOSIE_REALISTIC_LIMITS", "SOSIE_VAULT_ORIGINS")
"""Settings that say what the cloud is like, and that are taken over from the environment."""


def write_local_template(engines: Engines, architecture: str, built: Path = BUILT, name: str = NAME) -> Path:
    """Write it next to the built one, since paths in it are relative, and return where it is."""
    # What SAM built has no short forms any more, so that it is plain YAML.
    document = yaml.safe_load((built / "template.yaml").read_text(encoding="utf-8"))
    document["Parameters"]["Architecture"]["Default"] = architecture
    _variables(document["Globals"]["Function"]).update(_settings(engines))
    _variables(document["Resources"]["ControlFunction"]["Properties"])["SOSIE_CONTROL_SECRET"] = CONTROL_SECRET
    path = built / name
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


def _variables(function: dict[str, Any]) -> dict[str, Any]:
    variables: dict[str, Any] = function["Environment"]["Variables"]
    return variables


def _settings(engines: Engines) -> dict[str, str]:
    return (
        NOBODY
        | {
            "SOSIE_TABLE": TABLE,
            "SOSIE_SEED": "scenario",
            "AWS_ENDPOINT_URL_DYNAMODB": engines.inside["dynamodb"],
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": engines.inside["secretsmanager"],
        }
        | {name: os.environ[name] for name in OF_THE_SHELL if os.environ.get(name)}
    )
