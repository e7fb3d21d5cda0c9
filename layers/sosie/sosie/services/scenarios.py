"""Finds scenario documents: the ones that ship, by name, and files of the user's."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from sosie.domain.errors import ScenarioError

_SHIPPED = Path(__file__).parent.parent / "scenarios"
_MOST_VALUES, _LONGEST_PATH = 200_000, 1_000


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


def parse_document(text: str, name: str | None = None) -> dict[str, Any]:
    """Return a YAML or JSON text as a document. Raises ScenarioError with the line."""
    return parse_json(text, name) if text.lstrip().startswith("{") else parse_yaml(text, name)


def parse_json(text: str, name: str | None = None) -> dict[str, Any]:
    """Return a JSON text as a document. Raises ScenarioError with the line."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScenarioError("", error.msg, line=error.lineno, file=name) from None
    return _object(document, name)


def parse_yaml(text: str, name: str | None = None) -> dict[str, Any]:
    """Return a YAML text as a document of what JSON has as well. Raises ScenarioError with the line."""
    import yaml  # only scenarios need it

    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  a safe loader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ScenarioError("", str(error.problem), line=line, file=name) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ScenarioError("", f"is no YAML: {error}", file=name) from None
    _check_values(document, text, name)
    return _object(document, name)


def _object(document: Any, name: str | None) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ScenarioError("", "must be an object", file=name)
    return document


def _check_values(document: Any, text: str, name: str | None) -> None:
    """Raise ScenarioError for what YAML can say and JSON cannot: dates, bytes, and so much by repetition."""
    left, count = [("", document)], 0
    while left:
        where, value = left.pop()
        count += 1
        if count > _MOST_VALUES or len(where) > _LONGEST_PATH:  # what refers to itself never ends
            raise ScenarioError("", f"holds more than {_MOST_VALUES} values, or is nested too deeply", file=name)
        if isinstance(value, dict):
            left += [(f"{where}.{key}".lstrip("."), each) for key, each in value.items()]
        elif isinstance(value, list):
            left += [(f"{where}[{at}]", each) for at, each in enumerate(value)]
        elif not (value is None or isinstance(value, (str, bool, int))) and not _is_finite(value):
            from sosie.services.scenario_lines import line_of  # late, as YAML itself

            problem = "is nothing that JSON has; a date needs quotes"
            raise ScenarioError(where, problem, line=line_of(text, where), file=name)


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)
