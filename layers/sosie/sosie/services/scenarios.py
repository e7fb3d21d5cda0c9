"""Finds scenario documents: the ones that ship, by name, and files of the user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sosie.domain.errors import ScenarioError

_SHIPPED = Path(__file__).parent.parent / "scenarios"


def shipped_scenarios() -> list[str]:
    """Return the names of the scenarios that ship."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def load_scenario(name: str) -> dict[str, Any]:
    """Return the document of a shipped name, or of a path to a YAML or JSON file. Raises ScenarioError."""
    translated = _SHIPPED / f"{name}.json"
    if translated.exists():
        return parse_document(translated.read_text(encoding="utf-8"), name)
    path = _SHIPPED / f"{name}.yaml"
    if not path.exists():
        path = Path(name)
        if path.suffix not in (".yaml", ".yml", ".json"):
            known = ", ".join(shipped_scenarios())
            raise ScenarioError("", f"no scenario is named {name!r}; shipped are {known}, and a file may be given")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScenarioError("", f"{name}: {error.strerror}") from None
    return parse_document(text, name)


def translate_shipped() -> list[Path]:
    """Write the JSON beside each shipped YAML: a start reads that, and does not import a YAML parser first."""
    written = []
    for source in _SHIPPED.glob("*.yaml"):
        document = parse_document(source.read_text(encoding="utf-8"), source.name)
        target = source.with_suffix(".json")
        target.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        written.append(target)
    return written


def parse_document(text: str, name: str = "") -> dict[str, Any]:
    """Return a YAML or JSON text as a document. Raises ScenarioError with the line."""
    if text.lstrip().startswith("{"):
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise ScenarioError(f"{name} line {error.lineno}", error.msg) from None
    else:
        import yaml  # only scenarios need it

        try:
            document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  a safe loader
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else "?"
            raise ScenarioError(f"{name} line {line}", str(error.problem)) from None
    if not isinstance(document, dict):
        raise ScenarioError(name, "must be an object")
    return document
