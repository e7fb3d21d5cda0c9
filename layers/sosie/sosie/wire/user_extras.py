"""What a person's token answer carries besides the token (docs/contract/identity.md §4.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sosie.domain.users import User


def user_extras(user: User) -> dict[str, Any]:
    """Return the PascalCase members. Null members of nested objects are omitted, null extras are written."""
    extras: dict[str, Any] = {}
    if user.keys is not None:
        extras["PrivateKey"] = user.keys.private_key
        extras["AccountKeys"] = {
            "publicKeyEncryptionKeyPair": {
                "wrappedPrivateKey": user.keys.private_key,
                "publicKey": user.keys.public_key,
                "Object": "publicKeyEncryptionKeyPair",
            },
            "Object": "privateKeys",
        }
        if user.keys.key:
            extras["Key"] = user.keys.key
    extras["MasterPasswordPolicy"] = {"Object": "masterPasswordPolicy"}
    extras["ForcePasswordReset"] = user.force_password_reset
    extras["Kdf"] = int(user.kdf.type)
    extras["KdfIterations"] = user.kdf.iterations
    extras["KdfMemory"] = user.kdf.memory
    extras["KdfParallelism"] = user.kdf.parallelism
    extras["UserDecryptionOptions"] = _decryption_options(user)
    return extras


def _decryption_options(user: User) -> dict[str, Any]:
    options: dict[str, Any] = {"HasMasterPassword": user.has_master_password}
    if user.has_master_password and user.keys is not None and user.keys.key:
        kdf: dict[str, Any] = {"KdfType": int(user.kdf.type), "Iterations": user.kdf.iterations}
        if user.kdf.memory is not None:
            kdf["Memory"] = user.kdf.memory
        if user.kdf.parallelism is not None:
            kdf["Parallelism"] = user.kdf.parallelism
        options["MasterPasswordUnlock"] = {
            "Kdf": kdf,
            "MasterKeyEncryptedUserKey": user.keys.key,
            "Salt": user.master_password_salt or user.email.strip().lower(),
        }
    options["Object"] = "userDecryptionOptions"
    return options
