"""Key material of seeded people and organizations, made when first asked for and kept with their world.

A scenario gives a master password in clear text; from it follow the stored hash and the wrapped user key
(docs/contract/identity.md §11). RSA pairs cost too much to make at start, so an account has none until somebody
signs in to it. A seeded organization's symmetric key follows from the world's seed, so a member gets it wrapped for
their own public key as soon as they have one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sosie.domain import password_hash
from sosie.domain.ids import Ids
from sosie.domain.users import User, UserKeys
from sosie.services import repository as repo

if TYPE_CHECKING:
    from sosie.crypto.master_password import Kdf
    from sosie.domain.members import Member
    from sosie.domain.organizations import Organization
    from sosie.services.unit_of_work import UnitOfWork

SERVER_ITERATIONS = 1_000
"""Iterations of the stored hash of seeded people. The cloud takes 100,000; the format says how many were taken."""


def with_credentials(uow: UnitOfWork, user: User) -> User:
    """Return the account with its stored hash, making it from the scenario's password if that is still to do."""
    if user.password_hash is not None or user.seed_password is None:
        return user
    from sosie.crypto import master_password

    key = master_password.master_key(user.seed_password, _salt(user), _kdf(user))
    received = master_password.authentication_hash(user.seed_password, key)
    salt = uow.derived(f"password salt|{user.id}").bytes(16)
    user = replace(user, password_hash=password_hash.hash_password(received, salt, SERVER_ITERATIONS))
    repo.save_user(uow, user)
    return user


def with_keys(uow: UnitOfWork, user: User) -> User:
    """Return the account with its user key and RSA pair, making them if that is still to do."""
    if user.keys is not None or user.seed_password is None:
        return user
    from sosie.crypto import encstring, master_password, rsa

    stream = uow.derived(f"user key|{user.id}")
    user_key = encstring.SymmetricKey.from_bytes(stream.bytes(64))
    master_key = master_password.master_key(user.seed_password, _salt(user), _kdf(user))
    wrapping = master_password.stretch(master_key)
    pair = rsa.generate_pair()
    keys = UserKeys(
        key=encstring.encrypt(user_key.to_bytes(), wrapping, stream.bytes(16)),
        public_key=pair.public_spki_b64,
        private_key=encstring.encrypt(pair.private_pkcs8_der, user_key, stream.bytes(16)),
    )
    user = replace(user, keys=keys)
    repo.save_user(uow, user)
    return user


def organization_key(seed_stream: Ids) -> bytes:
    """Return the 64 bytes of a seeded organization's symmetric key."""
    return seed_stream.bytes(64)


def with_organization_key(uow: UnitOfWork, member: Member, organization: Organization, user: User) -> Member:
    """Return the membership with the organization's key wrapped for this person, if Sosie holds that key."""
    if member.key is not None or not organization.key_seed or user.keys is None:
        return member
    from sosie.crypto import encstring

    key = organization_key(uow.derived(f"organization key|{organization.id}"))
    member = replace(member, key=encstring.encrypt_for(user.keys.public_key, key))
    repo.members.save(uow, member, organization.id, member.id)
    return member


def is_password_right(uow: UnitOfWork, user: User, received: str) -> bool:
    """Tell whether the received authentication hash is the account's (docs/contract/identity.md §4.6)."""
    stored = with_credentials(uow, user).password_hash
    return stored is not None and password_hash.verify(stored, received)


def with_current_hash(uow: UnitOfWork, user: User, received: str) -> User:
    """Return the account whose password was right, hashed again if the stored hash is of an older kind (§4.6)."""
    if user.password_hash is None or not password_hash.is_outdated(user.password_hash, SERVER_ITERATIONS):
        return user
    again = password_hash.hash_password(received, uow.ids.bytes(16), SERVER_ITERATIONS)
    user = replace(user, password_hash=again)
    repo.save_user(uow, user)
    return user


def _salt(user: User) -> str:
    return user.master_password_salt or user.email


def _kdf(user: User) -> Kdf:
    from sosie.crypto.master_password import Kdf

    return Kdf(int(user.kdf.type), user.kdf.iterations, user.kdf.memory, user.kdf.parallelism)
