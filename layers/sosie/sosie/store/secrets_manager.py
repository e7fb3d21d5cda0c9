"""The keys of a deployed Sosie, in AWS Secrets Manager: created on first use, read once per process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from sosie.domain.regions import REGIONS
from sosie.ports import KeyPurpose
from sosie.store.keyring import StoredKeyring

if TYPE_CHECKING:
    from sosie.domain.clock import Clock


def read_secret(secret_id: str) -> str:
    """Return the text of a secret, by name or ARN."""
    import boto3  # only a deployed Sosie has it

    return str(boto3.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"])


class SecretsManagerKeyring(StoredKeyring):
    """Keys as secrets named `{prefix}{world}/{region}-{purpose}`; `prefix` ends with a slash.

    Two functions that need a new key at once both make one; Secrets Manager lets one create it, the other reads that.
    """

    def __init__(self, clock: Clock, prefix: str, client: Any = None) -> None:
        super().__init__(clock)
        self._prefix = prefix
        self._given_client = client

    @property
    def _client(self) -> Any:
        if self._given_client is None:
            import boto3  # only a deployed Sosie has it

            self._given_client = boto3.client("secretsmanager")
        return self._given_client

    def _load(self, name: str) -> str | None:
        try:
            return str(self._client.get_secret_value(SecretId=self._prefix + name)["SecretString"])
        except self._client.exceptions.ResourceNotFoundException:
            return None

    def _keep(self, name: str, text: str) -> str:
        try:
            self._client.create_secret(Name=self._prefix + name, SecretString=text)
        except self._client.exceptions.ResourceExistsException:
            kept = self._load(name)
            if kept is None:
                raise
            return kept
        return text

    def _drop(self, world: str) -> None:
        # By name, because listing secrets cannot be granted for a prefix only. Deleting one that is not there is fine.
        for region in REGIONS:
            for purpose in get_args(KeyPurpose):
                name = f"{self._prefix}{world}/{region}-{purpose}"
                self._client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
