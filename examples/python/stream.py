"""A TCP connection that carries PDUs (section 8), each wait bounded."""

from __future__ import annotations

import socket
import time

from pdus import PDU

STEP = 160  # PDUs, 16 KiB, that must pass within the time for one step
SECONDS = 30.0  # for one step (8.3)


class Stream:
    """Reads and writes PDUs on a connected socket."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._arrived = bytearray()

    def read(self, count: int = 1, seconds: float = SECONDS) -> bytes:
        """That many PDUs, all of them within the time."""
        deadline = time.monotonic() + seconds
        while len(self._arrived) < count * PDU:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("it sends nothing, or too slowly")
            self._connection.settimeout(left)
            data = self._connection.recv(65_536)
            if not data:
                raise ConnectionError("it closed the connection")
            self._arrived += data
        data = bytes(self._arrived[: count * PDU])
        del self._arrived[: count * PDU]
        return data

    def has_continuation(self) -> bool:
        """Whether a PDU of a lower-case type is here already."""
        return len(self._arrived) >= PDU and self._arrived[:1].islower()

    def write(self, data: bytes) -> None:
        """Send PDUs, no more than a step."""
        self._connection.settimeout(SECONDS)
        self._connection.sendall(data)

    def end(self) -> None:
        """End the sending side, and read what is left for a moment (8.2)."""
        self._connection.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline and self._connection.recv(65_536):
            self._connection.settimeout(1.0)
