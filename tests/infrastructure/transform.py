"""Prints what SAM makes of `template.yaml`, as JSON; arguments are parameters, `Name=value`.

It runs in the SAM CLI's own environment and imports what `sam validate` does.
"""

import json
import sys
from pathlib import Path

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse


class NoManagedPolicies:
    """The template names no policy of AWS's, so that none has to be asked for."""

    def load(self):
        return {}


def main() -> None:
    template = yaml_parse(Path("template.yaml").read_text())
    overrides = dict(given.split("=", 1) for given in sys.argv[1:])
    validator = SamTemplateValidator(
        template, NoManagedPolicies(), region="eu-central-1", parameter_overrides=overrides
    )
    text = validator.get_translated_template_if_valid()
    json.dump(yaml_parse(text) if isinstance(text, str) else text, sys.stdout)


main()
