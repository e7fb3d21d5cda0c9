"""What the doctor reads and what it says: entries of a file, findings about them, lines to write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sosie.domain.errors import SosieError

Format = Literal["env", "dump", "inspect", "json"]
"""An env file; the output of `env`; of `docker inspect`; an appsettings file of .NET."""
Severity = Literal["error", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")


class NothingRecognizedError(SosieError):
    """The text holds nothing a doctor of this kind knows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting as it stands in the file. `line` counts from 1.

    `value` is None where it comes from outside the file: a variable that is not set in it, or a key without `=`.
    """

    key: str
    value: str | None = field(repr=False)
    line: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that cannot be read, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its entries in the order of their lines."""

    format: Format
    entries: tuple[Entry, ...]
    broken: tuple[Broken, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether what is not in it is not set. An env file may be one of several that a container gets."""
        return self.format != "env"


@dataclass(frozen=True, slots=True)
class Change:
    """A line to write: in the place of line `at`, or as a new one.

    A text in angle brackets stands for a value that is secret or not known.
    """

    text: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has to say. `code` is one of the catalog's, which knows its severity."""

    code: str
    severity: Severity
    message: str
    remedy: str
    line: int | None = None
    changes: tuple[Change, ...] = ()
