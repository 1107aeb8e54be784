"""`live --metrics ADDRESS`: what Prometheus asks, answered while a capture runs."""

from __future__ import annotations

import socket
import threading
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from ..wire.errors import UsageError

HOST = "127.0.0.1"  # without one: metrics tell what a machine does
PATIENCE = 10.0  # seconds that a client may take over its request


class MetricsServer:
    """Listens from the beginning, as far as the address may need privileges; answers from `start`.

    Raises UsageError for an address that is none or cannot be had.
    """

    def __init__(self, address: str, application: Any) -> None:
        host, port = _parsed(address)
        try:
            family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            self._server = _Server(where, family)
        except OSError as problem:
            reason = problem.strerror or problem
            raise UsageError(f"--metrics: {address} cannot be listened on: {reason}") from None
        self._server.set_app(application)
        shown = f"[{host}]" if ":" in host else host
        self.port = self._server.server_port
        self.url = f"http://{shown}:{self.port}/metrics"
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Answers from here on, in a thread."""
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answers no more."""
        if self._thread is not None:
            self._server.shutdown()
        self._server.server_close()


class _Handler(WSGIRequestHandler):
    """One request, of which nothing is logged."""

    timeout = PATIENCE

    def log_message(self, format: str, *values: object) -> None:
        """Logs nothing."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each request."""

    daemon_threads = True

    def __init__(self, address: tuple[Any, ...], family: int) -> None:
        self.address_family = family
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client broke off, or said nothing for too long: nobody is told."""

    def server_bind(self) -> None:
        """Binds as any TCP server: WSGI's own asks the resolver for its host's name first."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


def _parsed(address: str) -> tuple[str, int]:
    """Host and port; raises UsageError."""
    host, _, port = address.rpartition(":")
    if not port.isascii() or not port.isdecimal() or int(port) > 0xFFFF:
        raise UsageError(f"--metrics: {address!r} is no HOST:PORT, such as localhost:9464")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return host or HOST, int(port)
