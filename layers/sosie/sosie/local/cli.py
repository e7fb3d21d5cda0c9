"""The `sosie` command. Start-up is a budget: every verb imports what it needs when it runs."""

from __future__ import annotations

import click

from sosie import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sosie")
def main() -> None:
    """A stand-in for the Bitwarden cloud, for integration tests of self-hosted servers.

    \b
    Start both regions:        sosie start
    In another terminal:       sosie selfhost sync --region eu
    """


def _register() -> None:
    from sosie.local.commands import start

    main.add_command(start.start)


_register()
