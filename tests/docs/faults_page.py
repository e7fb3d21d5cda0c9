"""The catalogue on docs/faults.md, made from the code's own.

`python -m tests.docs.faults_page` writes it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sosie.domain.fault_effects import EFFECTS
from sosie.domain.faults import LIMIT, MATCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sosie.domain.fault_effects import Effect

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- the catalogue begins; made by tests/docs/faults_page.py -->\n", "<!-- the catalogue ends -->\n"


def catalogue() -> str:
    """Return the generated part of the page."""
    return "\n".join(_lines()) + "\n"


def page_now() -> str:
    """Return the page with its generated part renewed."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + catalogue() + END + rest.partition(END)[2]


def _lines() -> Iterator[str]:
    yield "### Members of `match`\n"
    yield from _table(MATCH["properties"])
    yield "\n### Members of `limit`\n"
    yield from _table(LIMIT["properties"])
    yield "\n### Effects\n"
    yield "| Effect | Strikes | What the client gets | Parameters |"
    yield "|---|---|---|---|"
    yield from map(_effect, EFFECTS.values())


def _table(members: Mapping[str, Any]) -> Iterator[str]:
    yield "| Member | Is | Means |"
    yield "|---|---|---|"
    for name, schema in members.items():
        yield f"| `{name}` | {_kind(schema)} | {schema['description']} |"


def _effect(effect: Effect) -> str:
    text = effect.description
    if effect.place is not None:
        text += f" Only for `{effect.place.method}` {', '.join(f'`{route}`' for route in effect.place.routes)}."
    if effect.needs_sockets:
        text += " Needs the embedded server."
    parameters = "; ".join(_parameter(effect, name) for name in effect.parameters) or "none"
    return f"| `{effect.kind}` | {effect.strikes} | {text} | {parameters} |"


def _parameter(effect: Effect, name: str) -> str:
    schema = effect.parameters[name]
    default = effect.default(name)
    needed = " (needed)" if name in effect.required else ""
    usual = f", {_shown(default)} unless named" if default is not None else ""
    return f"`{name}`{needed}: {schema['description'].removesuffix('.')}; {_kind(schema)}{usual}"


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(f"`{each}`" for each in schema["enum"])
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f" from {low:,} to {high:,}" if low is not None and high is not None else ""
    if "exclusiveMinimum" in schema:
        bounds = f" above {schema['exclusiveMinimum']}, at most {high}"
    kinds = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "object": "an object"}
    return kinds.get(schema["type"], "a text") + bounds


def _shown(default: Any) -> str:
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    PAGE.write_text(page_now(), encoding="utf-8")
