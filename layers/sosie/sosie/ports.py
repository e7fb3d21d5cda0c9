"""What Sosie needs from the outside, named by need. Adapters: `store/`, `store/keyring.py`; chosen in `wiring.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from sosie.domain.regions import Region

Order = Literal["by_name", "by_sync"]
"""The two further orders a partition can be read in (see `Item.orders`)."""

MAX_ATOMIC_CHANGES = 100
"""How many changes one `write` applies atomically, if they fit into 4 MB: DynamoDB's limits of a transaction."""


class Key(NamedTuple):
    """Where an item lives: its partition, and its place in the partition's order. Neither is empty."""

    partition: str
    sort: str


@dataclass(frozen=True, slots=True)
class Item:
    """One stored thing. `body` is plain JSON. `version` counts its writes: 0 is not stored yet.

    `orders` gives its place in further orders of the same partition; items without a place do not appear there, equal
    places are in the order of their `sort`. A place holds no NUL.
    `expires` (Unix seconds of wall time) lets a store forget it after that time, not necessarily at once.
    """

    key: Key
    body: Mapping[str, Any]
    version: int = 0
    orders: Mapping[Order, str] = field(default_factory=dict)
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """Write an item if the stored version is still `item.version` (0: if there is none). `always` skips the check.

    `tied`: in the same atomic group as the change behind it, whose size and its own fit one transaction.
    """

    item: Item
    always: bool = False
    tied: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an item if the stored version is still `version`; None removes whatever is there."""

    key: Key
    version: int | None = None


Change = Put | Delete


class Store(Protocol):
    """Items by key, conditional writes, queries within a partition. Reads always see every acknowledged write."""

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Return the items that exist under these keys, any number of them."""
        ...

    def query(
        self,
        partition: str,
        prefix: str = "",
        *,
        order: Order | None = None,
        after: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[Item]:
        """Return a partition's items whose sort text (or place in `order`) starts with `prefix`, in that order.

        `after` starts behind that sort text (before it, when `newest_first`).
        """
        ...

    def write(self, changes: Sequence[Change], *, parallel: bool = False) -> None:
        """Apply changes to distinct keys, atomically in groups of `MAX_ATOMIC_CHANGES`, in the given order.

        `parallel`: the groups may go at once, except for the last, which comes after all others stand.
        Raises ConflictError when a condition does not hold; other groups stay written, but none behind the failing one
        unless they went at once, and never the last (an adapter may also apply nothing at all).
        Raises StoreUnavailableError.
        """
        ...

    def drop(self, partition_prefix: str, partitions: Iterable[str], then: Sequence[Change] = ()) -> None:
        """Remove all items of the given partitions, which are all that start with `partition_prefix`; write `then`.

        SQLite does both at once. DynamoDB removes first, and writes in order: what makes the new items visible
        comes last in `then`.
        """
        ...

    def close(self) -> None:
        """Release what the store holds open."""
        ...


class Signer(Protocol):
    """A private key that signs for the cloud, with the certificate that shows whose it is."""

    @property
    def kid(self) -> str:
        """The key id in tokens: the certificate's thumbprint and `RS256`."""
        ...

    @property
    def x5t(self) -> str:
        """The certificate's thumbprint, base64url."""
        ...

    @property
    def certificate_pem(self) -> str:
        """The self-signed certificate."""
        ...

    def jwk(self) -> dict[str, Any]:
        """Return the public key as published (docs/contract/identity.md §9)."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the RSA PKCS#1 v1.5 SHA-256 signature."""
        ...

    def encode_jwt(self, payload: Mapping[str, Any], headers: Mapping[str, Any]) -> str:
        """Return a signed RS256 token with exactly these header members besides `alg`."""
        ...

    def decode_jwt(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and payload of a token this key signed. Raises BadTokenError otherwise; checks no claim."""
        ...


KeyPurpose = Literal["tokens", "licences", "offers"]


class Keyring(Protocol):
    """The signing and sealing keys of each world and region, made when first asked for and kept with their world."""

    def signer(self, world: str, region: Region, purpose: KeyPurpose) -> Signer:
        """Return the key that signs access tokens or licences."""
        ...

    def seal(self, world: str, region: Region, purpose: KeyPurpose, plain: bytes, nonce: bytes) -> str:
        """Return tamper-proof, opaque text of `A-Za-z0-9_-` that only `unseal` reads. `nonce` is 12 bytes."""
        ...

    def unseal(self, world: str, region: Region, purpose: KeyPurpose, sealed: str) -> bytes | None:
        """Return what was sealed, or None for anything this key did not seal."""
        ...

    def owner_of(self, kid: str, world: str) -> tuple[str, Region] | None:
        """Return the world and region whose key for access tokens has this id, as far as that is known.

        Looked at are the keys of `world` and those that are at hand anyway; none is made for that.
        """
        ...

    def forget(self, world: str) -> None:
        """Drop a world's keys for good."""
        ...
