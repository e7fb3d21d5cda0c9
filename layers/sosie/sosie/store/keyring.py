"""The signing and sealing keys of each world and region: made when first asked for, kept where an adapter says.

`LocalKeyring` keeps them in files or in memory, `SecretsManagerKeyring` (its own module) in AWS. With a directory,
each key is a file of mode 0600 in a directory of mode 0700, written aside and renamed, so that a restart finds the
same keys and clients can go on using their tokens (docs/contract/clients.md §4).
"""

from __future__ import annotations

import base64
import os
import shutil
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from sosie.domain.ids import unguessable_seed
from sosie.domain.regions import REGIONS

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

    from sosie.crypto.signing import SigningKey
    from sosie.domain.clock import Clock
    from sosie.domain.regions import Region
    from sosie.ports import KeyPurpose

_NAMES: dict[KeyPurpose, str] = {
    "tokens": "Sosie token signing (not Bitwarden)",
    "licences": "Sosie licence signing (not Bitwarden)",
}
_NONCE_BYTES = 12


class StoredKeyring(ABC):
    """A `ports.Keyring` whose keys are texts under names such as `default/us-tokens`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._signers: dict[str, SigningKey] = {}
        self._ciphers: dict[str, AESGCMSIV] = {}

    @abstractmethod
    def _load(self, name: str) -> str | None:
        """Return the text that was kept under a name."""

    @abstractmethod
    def _keep(self, name: str, text: str) -> str:
        """Keep a text under a name, unless there is one already; return the one that is kept."""

    @abstractmethod
    def _drop(self, world: str) -> None:
        """Remove all texts of a world."""

    def signer(self, world: str, region: Region, purpose: KeyPurpose) -> SigningKey:
        name = f"{world}/{region}-{purpose}"
        if name not in self._signers:
            from sosie.crypto.signing import SigningKey  # cryptography comes with the first signature

            text = self._load(name)
            if text is None:
                text = self._keep(name, SigningKey.create(_NAMES[purpose], self._clock.now()).to_pem())
            self._signers[name] = SigningKey.from_pem(text)
        return self._signers[name]

    def seal(self, world: str, region: Region, purpose: KeyPurpose, plain: bytes, nonce: bytes) -> str:
        sealed = nonce + self._cipher(world, region, purpose).encrypt(nonce, plain, None)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def unseal(self, world: str, region: Region, purpose: KeyPurpose, sealed: str) -> bytes | None:
        from cryptography.exceptions import InvalidTag

        try:
            data = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
            cipher = self._cipher(world, region, purpose)
            return cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], None)
        except (ValueError, InvalidTag):
            return None

    def owner_of(self, kid: str, world: str) -> tuple[str, Region] | None:
        names = [f"{world}/{region}-tokens" for region in REGIONS] + self._token_keys()
        for name in dict.fromkeys(names):
            if name not in self._signers:
                from sosie.crypto.signing import SigningKey  # cryptography comes with the first signature

                text = self._load(name)
                if text is None:
                    continue
                self._signers[name] = SigningKey.from_pem(text)
            if self._signers[name].kid == kid:
                owner, _, rest = name.partition("/")
                return owner, "us" if rest.startswith("us-") else "eu"
        return None

    def _token_keys(self) -> list[str]:
        """Return the names of keys for access tokens that are at hand."""
        return [name for name in self._signers if name.endswith("-tokens")]

    def forget(self, world: str) -> None:
        for name in [name for name in self._signers if name.startswith(f"{world}/")]:
            del self._signers[name]
        for name in [name for name in self._ciphers if name.startswith(f"{world}/")]:
            del self._ciphers[name]
        self._drop(world)

    def _cipher(self, world: str, region: Region, purpose: KeyPurpose) -> AESGCMSIV:
        name = f"{world}/{region}-{purpose}"
        if name not in self._ciphers:
            # A seeded world repeats its nonces after a reset; this mode stays safe then (RFC 8452).
            from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

            secret = bytes.fromhex(self._load(name) or self._keep(name, unguessable_seed()))
            self._ciphers[name] = AESGCMSIV(secret)
        return self._ciphers[name]


class LocalKeyring(StoredKeyring):
    """Keys of one process. `directory` None keeps them in memory, with the loaded ones."""

    def __init__(self, clock: Clock, directory: Path | None = None) -> None:
        super().__init__(clock)
        self._directory = directory

    def _load(self, name: str) -> str | None:
        path = self._path(name)
        return path.read_text() if path is not None and path.exists() else None

    def _keep(self, name: str, text: str) -> str:
        path = self._path(name)
        if path is None:
            return text
        if path.exists():
            return path.read_text()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_suffix(".new")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        return text

    def _drop(self, world: str) -> None:
        if self._directory is not None:
            shutil.rmtree(self._directory / world, ignore_errors=True)

    def _token_keys(self) -> list[str]:
        kept = [] if self._directory is None else sorted(self._directory.glob("*/*-tokens.pem"))
        return super()._token_keys() + [f"{path.parent.name}/{path.stem}" for path in kept]

    def _path(self, name: str) -> Path | None:
        return None if self._directory is None else self._directory / f"{name}.pem"
