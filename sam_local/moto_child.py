"""moto's server on sockets that the parent process opened: python -m sam_local.moto_child FD … It ends with the parent.

moto's own command listens at one address. Here it is this machine's loopback and the containers' bridge.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading


def main() -> None:
    """Serve until standard input ends."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line per request
    application = DomainDispatcherApplication(create_backend_app)
    for descriptor in map(int, sys.argv[1:]):
        with socket.socket(fileno=descriptor) as listener:
            host, port = listener.getsockname()
            server = make_server(host, port, application, threaded=True, fd=descriptor)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
