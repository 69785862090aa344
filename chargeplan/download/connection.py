"""The connection to a server: one at a time, which can be shut from another thread, and its proxy."""

from __future__ import annotations

import os
import socket
import weakref
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from chargeplan.download.failures import describe_bad_proxy

_PROXY_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})


class GuardedAdapter(HTTPAdapter):
    """One connection at a time, whose socket can be shut from another thread.

    A server that sends a byte now and then never meets a timeout of the socket, least of all
    in its headers; `shut` ends such an answer when the whole time is over.
    """

    def __init__(self) -> None:
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        super().__init__(pool_connections=1, pool_maxsize=1, pool_block=True, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Give the pool for a request, with connections that remember their socket."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        if not hasattr(pool.ConnectionCls, "remembers_socket"):
            pool.ConnectionCls = _make_remembering(pool.ConnectionCls, self._sockets)
        return pool

    def shut(self) -> None:
        """Shut every open socket; a reader of it gets the end of the stream."""
        for opened in list(self._sockets):
            self._sockets.discard(opened)
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)


def _make_remembering(kind: Any, sockets: weakref.WeakSet[socket.socket]) -> Any:
    class RememberingConnection(kind):  # type: ignore[misc]
        remembers_socket = True
        _twin: socket.socket | None = None

        def _new_conn(self) -> socket.socket:
            # What a proxy answers, and the handshake of TLS, come before `connect` returns; TLS takes
            # the socket over, so it is a second handle of the same connection that is remembered.
            opened: socket.socket = super()._new_conn()
            twin = opened.dup()
            sockets.add(twin)
            self._twin = twin
            return opened

        def _tunnel(self) -> None:
            super()._tunnel()
            # The head of a proxy's answer that is shut in its middle looks like a whole one, and TLS
            # that begins on a socket that was shut leaves it open.
            if self._twin not in sockets:
                raise ConnectionAbortedError("the connection was shut while the proxy answered")

        def connect(self) -> None:
            self._twin = None
            try:
                super().connect()
                established: Any = self.sock
                sockets.add(
                    getattr(established, "socket", established)
                )  # TLS within TLS has its socket inside
            finally:
                if self._twin is not None:
                    self._twin.close()

    return RememberingConnection


def make_session() -> requests.Session:
    """Make a session whose connections can be shut with `shut_connections`."""
    session = requests.Session()
    adapter = GuardedAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def shut_connections(session: requests.Session) -> None:
    """Shut every open connection of a session of `make_session`."""
    for adapter in session.adapters.values():
        if isinstance(adapter, GuardedAdapter):
            adapter.shut()


def check_proxy(url: str) -> None:
    """Check the proxy of the environment for an address.

    Raises
    ------
    RequestFaultError
        When it cannot be used; the message names the variable and not its value.
    """
    proxies = requests.utils.get_environ_proxies(url)
    proxy = requests.utils.select_proxy(url, proxies)
    if not proxy:
        return
    variable = next((name for name, value in os.environ.items() if value == proxy), "HTTPS_PROXY")
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise describe_bad_proxy(variable, "its port is no number of 0 to 65535") from None
    if parts.scheme.lower() not in _PROXY_SCHEMES:
        raise describe_bad_proxy(variable, "it does not begin with http:// or https://")
    if not host or port == 0:
        raise describe_bad_proxy(variable, "it has no host or no port")
