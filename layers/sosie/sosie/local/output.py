"""How the command line speaks: colours for people, one line of JSON for programs, and an exit code for both.

Exit codes: 0 fine, 1 the answer is no, 2 wrong use, 3 not reachable.
"""

from __future__ import annotations

import json
import os
from typing import IO, Any

import click

_TOLD = "sosie.told"


class Failure(click.ClickException):
    """Ends the command with a word on stderr. Raise one of those below, which say why."""

    def show(self, file: IO[Any] | None = None) -> None:
        # By now the context is gone that knows what the user wants.
        click.echo(f"{bad('sosie:')} {self.message}", file=file, err=file is None, color=colour_wanted())


class SaysNo(Failure):
    """The answer is no."""

    exit_code = 1


class WrongUse(Failure):
    """The command cannot be meant like this."""

    exit_code = 2


class Unreachable(Failure):
    """Nobody answers."""

    exit_code = 3


def colour_wanted() -> bool | None:
    """Return False if the user wants none (https://no-color.org), None to let the terminal decide."""
    return False if os.environ.get("NO_COLOR") else None


def examples(*commands: str) -> str:
    """Return the end of a verb's help. The control character keeps click from filling the lines."""
    return "\n".join(["\b", *(f"Example:  {each}" for each in commands)])


def emit_json(value: Any) -> None:
    """Print a value as one line."""
    click.echo(json.dumps(value, ensure_ascii=False))


def error_is_told() -> None:
    """Note that the line of `--json` was printed already, with the error in it."""
    click.get_current_context().meta[_TOLD] = True


def emit_error(context: click.Context, error: click.ClickException) -> None:
    """Print an error as the one line of `--json`, unless a verb did."""
    if not context.meta.get(_TOLD):
        emit_json({"error": error.format_message()})


def say(text: str = "") -> None:
    """Print a line for people."""
    click.echo(text)


def warn(text: str) -> None:
    """Print a line on stderr, where it is in nobody's way."""
    click.echo(f"{click.style('note:', fg='yellow')} {text}", err=True)


def heading(text: str) -> str:
    """Style a title."""
    return click.style(text, bold=True)


def address(text: str) -> str:
    """Style an address."""
    return click.style(text, fg="cyan")


def secret(text: str) -> str:
    """Style something to be copied and kept."""
    return click.style(text, fg="yellow")


def command(text: str) -> str:
    """Style a command to type."""
    return click.style(text, fg="green")


def dim(text: str) -> str:
    """Style what matters less."""
    return click.style(text, dim=True)


def good(text: str) -> str:
    """Style a yes."""
    return click.style(text, fg="green")


def bad(text: str) -> str:
    """Style a no."""
    return click.style(text, fg="red", bold=True)


def status(code: int) -> str:
    """Style an HTTP status."""
    return good(str(code)) if code < 400 else bad(str(code))


def columns(rows: list[list[str]], indent: str = "  ") -> list[str]:
    """Return rows as lines with aligned columns. Cells may carry colours."""
    widths = [max(len(click.unstyle(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return [
        indent + "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - len(click.unstyle(cell)))
