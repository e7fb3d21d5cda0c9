"""Codes about the server's own side: switches, certificates, the file."""

from __future__ import annotations

from sosie.local.doctor.codes import SERVER, VAULTWARDEN, group
from sosie.local.doctor.keys import CLIENTS

CODES = (
    group(
        "Switches",
        (
            "SELF_HOSTED_OFF",
            "error",
            SERVER,
            "selfHosted is not true: the server takes itself for the cloud.",
            "Write true, as the installer does.",
        ),
        (
            "COMMUNICATION_OFF",
            "error",
            SERVER,
            "enableCloudCommunication is not true: no sync of licences or sponsorships. Push does not need it.",
            "Write true.",
        ),
        (
            "PUSH_NOT_SET",
            "warning",
            SERVER,
            "pushRelayBaseUri is empty, missing, REPLACE or SECRET: the server sends no push messages.",
            "Write the push relay's base URI, unless there shall be no push.",
        ),
        (
            "PUSH_DISABLED",
            "warning",
            VAULTWARDEN,
            "PUSH_ENABLED is not true: vaultwarden sends no push messages and does not use the rest.",
            "Write true, unless there shall be no push.",
        ),
        (
            "SWITCH_UNREADABLE",
            "error",
            CLIENTS,
            "A switch is neither true nor false. A Bitwarden server does not start, vaultwarden takes the default.",
            "Write true or false.",
        ),
    ),
    group(
        "Certificates",
        (
            "CA_MISSING",
            "warning",
            CLIENTS,
            "A base URI is https at a private host, and nothing says whose certificates to trust for it.",
            "vaultwarden: write SSL_CERT_FILE. Bitwarden: put the CA into bwdata/ca-certificates/.",
        ),
        (
            "CA_NOT_HERE",
            "hint",
            CLIENTS,
            "The certificates' path does not exist on this machine; it may be one inside the container.",
            "See to it that it is there, where the server runs.",
        ),
        (
            "CA_UNREADABLE",
            "error",
            CLIENTS,
            "A file of certificates cannot be read.",
            "Let the server's user read it, and write certificates into it.",
        ),
        (
            "CA_DER",
            "error",
            VAULTWARDEN,
            "A certificate is DER where PEM is needed.",
            "Convert it: openssl x509 -inform der -in FILE -out ca.pem",
        ),
        (
            "CA_EMPTY",
            "error",
            CLIENTS,
            "A file that is to hold certificates holds none.",
            "Put the CA's certificate into it, in PEM.",
        ),
        (
            "CA_EXPIRED",
            "error",
            CLIENTS,
            "No certificate of a file is valid today.",
            "Put a valid one into it.",
        ),
        (
            "CA_NOT_ROOT",
            "warning",
            SERVER,
            "A certificate in the folder is not its own issuer; .NET trusts only those that are, as roots.",
            "Put the root's certificate there.",
        ),
        (
            "CA_REPLACES_SYSTEM",
            "warning",
            VAULTWARDEN,
            "SSL_CERT_FILE takes the place of the system's, holds few, and a base URI leads to the real cloud.",
            "Use a bundle of the system's certificates and yours, or remove the line.",
        ),
    ),
    group(
        "The file",
        (
            "LINE_BROKEN",
            "warning",
            CLIENTS,
            "A line cannot be read.",
            "Write KEY=value, and close quotation marks on the same line.",
        ),
        (
            "KEY_TWICE",
            "warning",
            CLIENTS,
            "A setting is given twice; the last one counts.",
            "Keep one of them.",
        ),
        (
            "KEY_UNKNOWN",
            "warning",
            CLIENTS,
            "A key is not one the server reads, but resembles one.",
            "Rename it.",
        ),
        (
            "KEY_WITH_COLONS",
            "warning",
            SERVER,
            "Keys are spelled with colons, which .NET understands; docker compose ends an env file's key there.",
            "Write two underscores for each colon in an env file.",
        ),
        (
            "VALUE_QUOTED",
            "hint",
            CLIENTS,
            "A value is in quotation marks. docker compose takes them away, `docker run --env-file` does not.",
            "Write the value without them.",
        ),
        (
            "VALUE_FROM_ELSEWHERE",
            "hint",
            CLIENTS,
            "A value comes from outside the file, so nothing can be said about it.",
            "Check a dump of the container's environment: docker inspect CONTAINER | sosie doctor -",
        ),
        (
            "FILE_OF_INSTALLER",
            "hint",
            SERVER,
            "Updates rewrite docker/global.env.",
            "Write settings into env/global.override.env, which is read after it and wins.",
        ),
    ),
)
