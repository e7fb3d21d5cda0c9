"""Small private files of the command line: secrets among them, so nobody else reads them and none is half written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def make_private(directory: Path) -> None:
    """Make a directory and those above it that are missing, all of mode 0700."""
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 at once: whoever reads it sees the old text or the new one. Makes its directory."""
    make_private(path.parent)
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def user_directory(kind: str, default: str, environment: Mapping[str, str] | None = None) -> Path:
    """Return Sosie's own directory of an XDG kind, such as `XDG_DATA_HOME` with `.local/share` below the home."""
    from pathlib import Path

    chosen = (os.environ if environment is None else environment).get(kind, "")
    # The specification has relative values ignored.
    base = Path(chosen) if chosen.startswith("/") else Path.home() / default
    return base / "sosie"
