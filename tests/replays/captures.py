r"""Captured requests: text files that become the bytes a client sends.

    # what it is, and further lines `# name: value` that are not sent
    POST {{base}}/connect/token HTTP/1.1
    Host: {{host}}

    the body, if any, on one line

Head lines are sent as they stand, in their order and letter case. `{{name}}` is a value of the running Sosie,
`{{name|form}}` the same percent-encoded for a form, and `{{length}}` the body's length in bytes. In the body of a
request with `Transfer-Encoding: chunked` a chunk ends at `{{chunk}}`, at `{{chunk;extension}}`, which names an
extension of the next one, and within the bytes of a character at `{{chunk in é}}`; `{{trailer Name: value}}` follows
the last chunk.

Notes: `contract` the pages it follows, `observed` the program it was seen from, `to` the service, `after` the capture
whose answer gives it its tokens, `world: fresh` if it can be sent only once, and of the answer `status`, `hint` (the
diagnosis) and either `members` (all of them), `has` (some of them) or `body`: `empty` or `number`.
"""

from __future__ import annotations

import re
from collections import ChainMap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "captures"
NOTES = {"contract", "observed", "to", "after", "world", "status", "hint", "members", "has", "body"}

_VALUE = re.compile(r"\{\{([\w.]+)(\|form)?\}\}")
_MARK = re.compile(r"(\{\{(?:chunk|trailer)[^}]*\}\})")


@dataclass(frozen=True)
class Request:
    """Bytes of one request. `target` is the path; `pieces` are the body's, framing included."""

    method: str
    target: str
    head_lines: tuple[str, ...]
    pieces: tuple[bytes, ...]
    protocol: str = "HTTP/1.1"

    @property
    def head(self) -> bytes:
        lines = [f"{self.method} {self.target} {self.protocol}", *self.head_lines]
        return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    def to(self, target: str) -> Request:
        return replace(self, target=target)

    def with_line(self, line: str) -> Request:
        return replace(self, head_lines=(*self.head_lines, line))


@dataclass(frozen=True)
class Capture:
    """One file. `name` is its path without suffix, such as `bw/sync`."""

    name: str
    notes: Mapping[str, str]
    head: str
    body: str

    @property
    def status(self) -> int:
        return int(self.notes["status"])

    def render(self, values: Mapping[str, str]) -> Request:
        """Return the request with these values. Raises KeyError for a value that is not given."""
        pieces, length = self._pieces(values)
        head = _filled(self.head, ChainMap({"length": str(length)}, values))
        first, *lines = head.splitlines()
        method, target, protocol = first.split(" ")
        return Request(method, target, tuple(lines), tuple(pieces), protocol)

    @property
    def is_chunked(self) -> bool:
        return "transfer-encoding: chunked" in self.head.lower()

    def _pieces(self, values: Mapping[str, str]) -> tuple[list[bytes], int]:
        if self.is_chunked:
            return _chunks(_MARK.split(self.body), values), 0
        body = _filled(self.body, values).encode()
        return [body] if body else [], len(body)


def load(name: str) -> Capture:
    """Return the capture of this name. Raises ValueError for a note that nobody knows."""
    lines = (FOLDER / f"{name}.http").read_text(encoding="utf-8").splitlines()
    remarks = [line[2:] for line in lines if line.startswith("# ")]
    notes = {key: value for key, _, value in (remark.partition(": ") for remark in remarks[1:])}
    if unknown := set(notes) - NOTES:
        raise ValueError(f"{name}: {', '.join(unknown)}")
    request = lines[len(remarks) :]
    blank = request.index("")
    return Capture(name, notes, "\n".join(request[:blank]), "\n".join(request[blank + 1 :]))


def all_names() -> list[str]:
    return sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.glob("*/*.http"))


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _VALUE.sub(lambda match: quote_plus(values[match[1]]) if match[2] else values[match[1]], text)


def _chunks(parts: list[str], values: Mapping[str, str]) -> list[bytes]:
    """Return one piece per chunk, the end included."""
    pieces: list[bytes] = []
    trailers, extension, data = b"", b"", b""
    for part in [*parts, "{{chunk}}"]:
        mark = part[2:-2] if _MARK.fullmatch(part) else None
        if mark is None:
            data += _filled(part, values).encode()
        elif mark.startswith("trailer "):
            trailers += mark.removeprefix("trailer ").encode() + b"\r\n"
        else:
            cut = mark.removeprefix("chunk in ").encode() if mark.startswith("chunk in ") else b""
            data += cut[:1]
            if data:
                pieces.append(b"%X%b\r\n%b\r\n" % (len(data), extension, data))
            data, extension = cut[1:], mark.removeprefix("chunk").encode() if mark.startswith("chunk;") else b""
    return [*pieces, b"0\r\n" + trailers + b"\r\n"]
