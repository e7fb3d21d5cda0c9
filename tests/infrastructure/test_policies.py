"""checkov, a stranger's rules of security, finds nothing in the template but what `.checkov.yaml` gives a reason for.

`SOSIE_CHECKOV` names the command if it is not on the path.
"""

from __future__ import annotations

import json
import re
import subprocess

import yaml

from tests.support import tools
from tests.support.template import ROOT

CONFIGURATION = ROOT / ".checkov.yaml"
SKIPPED = yaml.safe_load(CONFIGURATION.read_text())["skip-check"]


def test_every_exception_is_needed_and_nothing_else_is_found(tmp_path):
    template = ROOT / "template.yaml"
    # Elsewhere, so that checkov does not find the configuration; and it is not to ask its maker for anything.
    command = [tools.checkov(), "-f", template, "--framework", "cloudformation", "--skip-download", "-o", "json"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    report = json.loads(ended.stdout)
    assert (report["summary"]["parsing_errors"], report["summary"]["passed"] > 0) == (0, True)
    assert sorted({found["check_id"] for found in report["results"]["failed_checks"]}) == sorted(SKIPPED)


def test_every_exception_has_its_reason():
    reasons = dict(re.findall(r"^  - (CKV\w+) +# (.+)$", CONFIGURATION.read_text(), re.MULTILINE))
    assert [name for name in SKIPPED if len(reasons.get(name, "").split()) < 5] == []
