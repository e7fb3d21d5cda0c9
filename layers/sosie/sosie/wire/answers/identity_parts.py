"""Nested objects of a person's token answer (docs/contract/identity.md §4.7)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sosie.wire.answers.base import ABSENT, AnswerModel, KdfKind, PascalModel


class MasterPasswordPolicy(PascalModel):
    """What organizations ask of the master password; nothing, if only `Object` is there."""

    min_complexity: int = ABSENT
    min_length: int = ABSENT
    require_lower: bool = ABSENT
    require_upper: bool = ABSENT
    require_numbers: bool = ABSENT
    require_special: bool = ABSENT
    enforce_on_login: bool = ABSENT
    object: Literal["masterPasswordPolicy"]


class TokenKeyPair(AnswerModel):
    """The account's key pair; camelCase beside a PascalCase `Object`."""

    wrapped_private_key: str
    public_key: str
    signed_public_key: str = ABSENT
    object: Literal["publicKeyEncryptionKeyPair"] = Field(alias="Object")


class TokenSignatureKeyPair(AnswerModel):
    """The signing key pair of newer accounts."""

    wrapped_signing_key: str
    verifying_key: str
    object: Literal["signatureKeyPair"] = Field(alias="Object")


class TokenSecurityState(AnswerModel):
    """The signed state of newer accounts."""

    security_state: str
    security_version: int


class TokenAccountKeys(AnswerModel):
    """All keys of an account."""

    public_key_encryption_key_pair: TokenKeyPair
    signature_key_pair: TokenSignatureKeyPair = ABSENT
    security_state: TokenSecurityState = ABSENT
    object: Literal["privateKeys"] = Field(alias="Object")


class TokenKdf(PascalModel):
    """Parameters of the key derivation; the last two for Argon2id alone."""

    kdf_type: KdfKind
    iterations: int
    memory: int = ABSENT
    parallelism: int = ABSENT


class TokenMasterPasswordUnlock(PascalModel):
    """What a client needs to unlock with the master password."""

    kdf: TokenKdf
    master_key_encrypted_user_key: str
    salt: str


class UserDecryptionOptions(PascalModel):
    """The ways to unlock the account."""

    has_master_password: bool
    master_password_unlock: TokenMasterPasswordUnlock = ABSENT
    object: Literal["userDecryptionOptions"]
