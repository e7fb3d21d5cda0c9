"""Installations: the id and key a self-hosted server identifies itself with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosie.domain.errors import NotFoundError
from sosie.domain.installations import KEY_LENGTH, Installation
from sosie.services import repository as repo

if TYPE_CHECKING:
    from sosie.services.unit_of_work import UnitOfWork


def request_installation(uow: UnitOfWork, email: str) -> Installation:
    """Make a new installation in this region, whoever asks and however often."""
    installation = Installation(
        id=uow.ids.guid(),
        email=email,
        key=uow.ids.alphanumeric(KEY_LENGTH),
        enabled=True,
        creation_date=uow.now,
    )
    repo.installations.save(uow, installation, installation.id)
    return installation


def read_installation(uow: UnitOfWork, installation_id: str) -> Installation:
    """Return an installation of this region. Raises NotFoundError."""
    installation = repo.installations.get(uow, installation_id)
    if installation is None:
        raise NotFoundError().because("INSTALLATION_UNKNOWN", installation=installation_id)
    return installation
