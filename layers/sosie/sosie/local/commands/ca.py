"""`sosie ca`: Sosie's own certificate authority, for clients that need https."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.local.options import json_option
from sosie.local.output import WrongUse, address, emit_json, examples, good, heading, say

if TYPE_CHECKING:
    from sosie.local.tls import TlsFiles


@click.group(epilog=examples("sosie ca export ./certs"))
def ca() -> None:
    """Hand out Sosie's own certificate authority.

    `sosie start --tls` uses it; clients that want https have to trust it.
    """


@ca.command(epilog=examples("sosie ca export ./certs"))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--state",
    envvar="SOSIE_STATE",
    type=click.Path(file_okay=False, path_type=Path),
    help="The state directory that `sosie start` was given. Without it: the CA that a running Sosie uses.",
)
@json_option
def export(directory: Path, state: Path | None, as_json: bool) -> None:
    """Write the CA's certificate as sosie-ca.pem and sosie-ca.crt, and say how each client trusts it.

    Both files hold the same PEM text; some programs insist on one ending. The CA is made if there is none yet,
    and stays the same from then on. Its name constraints limit it to local and test names, and to the cloud's.
    """
    from sosie.domain.clock import SystemClock
    from sosie.local import tls

    files = (_of_running() if state is None else None) or tls.tls_files(state)
    try:
        certificate = tls.ensure_authority(files, SystemClock().now())
        directory.mkdir(parents=True, exist_ok=True)
        pem, crt = directory / "sosie-ca.pem", directory / "sosie-ca.crt"
        for path in (pem, crt):
            path.write_text(certificate)
    except tls.DamagedAuthorityError as error:
        raise WrongUse(str(error)) from None
    except OSError as error:
        raise WrongUse(f"{error.filename}: {error.strerror}") from None
    if as_json:
        emit_json({"pem": str(pem), "crt": str(crt), "authority": str(files.directory)})
        return
    say(f"{good('written')}  {address(str(pem))} and {address(crt.name)}, the same certificate\n")
    for title, lines in _trust(pem.absolute(), crt.absolute()):
        say(heading(title))
        for line in lines:
            say(f"  {line}")


def _of_running() -> TlsFiles | None:
    """Return where the CA lives that a Sosie of this machine serves with, at the address that other verbs take."""
    from sosie.control.connection import DEFAULT_URL
    from sosie.local import running
    from sosie.local.tls import TlsFiles

    found = running.find(os.environ.get("SOSIE_URL") or DEFAULT_URL)
    return TlsFiles(Path(found.cacert).parent) if found and found.cacert else None


def _trust(pem: Path, crt: Path) -> list[tuple[str, list[str]]]:
    """Return how each client comes to trust the CA (docs/contract/clients.md §6)."""
    return [
        (
            "Bitwarden, standard deployment",
            [
                f"cp {crt} bwdata/ca-certificates/ && ./bitwarden.sh restart",
                "The installer does not look there: give it an http:// BW_INSTALLATION_URL.",
            ],
        ),
        ("Bitwarden lite", [f"BW_ENABLE_SSL=true, and mount {crt} as /etc/bitwarden/ca.crt"]),
        ("vaultwarden", [f"SSL_CERT_FILE={pem}", "HTTP_REQUEST_BLOCK_NON_GLOBAL_IPS=false"]),
        ("bw", [f"export NODE_EXTRA_CA_CERTS={pem}"]),
        ("curl, and sosie itself", [f"curl --cacert {pem} …", f"export SOSIE_CACERT={pem}"]),
    ]
