"""A place in a world's journal from which a later look goes on, so that waiting and streaming read only what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sosie.services.journal import newest_id

if TYPE_CHECKING:
    from sosie.control.http import Plane
    from sosie.services.world_record import WorldRecord


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind the request of this id, in this incarnation of the world. An empty id is before all of them."""

    incarnation: str
    after: str

    def __str__(self) -> str:
        return f"{self.incarnation}.{self.after}"

    @classmethod
    def parse(cls, text: str, record: WorldRecord) -> Self:
        """Return what `str` made. In another incarnation of the world everything is new; a bare id is of this one."""
        head, dot, after = text.partition(".")
        return cls(record.incarnation, "" if cls.is_past(text, record) else after if dot else head)

    @staticmethod
    def is_past(text: str, record: WorldRecord) -> bool:
        """Tell whether `str` made this in an incarnation of the world that is gone."""
        incarnation, dot, _ = text.partition(".")
        return bool(dot) and incarnation != record.incarnation

    @property
    def after_or_none(self) -> str | None:
        """The id, as a store's query takes it."""
        return self.after or None


def here(plane: Plane, record: WorldRecord) -> Cursor:
    """Return the place behind everything that is there now, and before everything that may still come."""
    newest, certain = newest_id(plane.store, record.name), plane.worlds.written_before()
    return Cursor(record.incarnation, newest if certain is None else min(newest, certain))
