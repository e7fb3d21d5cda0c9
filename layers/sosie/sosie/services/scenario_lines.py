"""Finds the line of a scenario's text that an error is about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sosie.domain.errors import ScenarioError, SosieError

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def line_of(text: str, where: str) -> int | None:
    """Return the line, from 1, of a place such as `regions.us.users[2].email`, or of what it is missing in.

    None if the text cannot be read.
    """
    import yaml  # only who made a mistake waits for it; JSON is YAML too, but for tabs

    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return None
    if node is None:
        return None
    line = node.start_mark.line
    for number, name in _STEP.findall(where):
        found = _element(node, int(number)) if number else _member(node, name)
        if found is None:
            break
        line, node = found
    return int(line) + 1


def located(error: ScenarioError, text: str, file: str | None = None) -> ScenarioError:
    """Return the error with its line, unless it has one."""
    line = error.line if error.line is not None else line_of(text, error.where)
    return ScenarioError(error.where, error.problem, line=line, file=file)


def described(error: SosieError, source: str) -> str:
    """Return an error's text; if it is about a scenario that a file holds, as `file.yaml:12: where: problem`."""
    if isinstance(error, ScenarioError) and error.line is None and error.where:
        try:
            return str(located(error, Path(source).read_text(encoding="utf-8"), source))
        except (OSError, ValueError):
            pass  # no file, so its name says all
    return str(error)


def _member(node: Any, name: str) -> tuple[int, Any] | None:
    pairs = node.value if node.id == "mapping" else ()
    return next(((key.start_mark.line, value) for key, value in pairs if key.value == name), None)


def _element(node: Any, number: int) -> tuple[int, Any] | None:
    elements = node.value if node.id == "sequence" else ()
    return (elements[number].start_mark.line, elements[number]) if number < len(elements) else None
