"""Serves what was registered, over TCP; docs/protocol.md, section 8."""

import os
import socketserver
import threading
from typing import NamedTuple

import merkle
import wire

IDLE_S = 60
STUCK_S = 30
MAX_CONNECTIONS = 32
MAX_FOLLOWING = 9
READ_BYTES = 64 * 1024


class Shared(NamedTuple):
    """A file as it was when it was registered."""

    path: str
    stamp: tuple
    metadata: wire.Metadata
    pieces: list


def share(path: str) -> Shared:
    """Reads a file once, for its digest and the hashes of its pieces."""
    hasher = merkle.ContentHasher()
    with open(path, "rb") as file:
        stamp = _stamp(file)
        while data := file.read(READ_BYTES):
            hasher.update(data)
        digest = hasher.finish()
        if hasher.size != stamp[0] or _stamp(file) != stamp:
            raise OSError(f"Cannot share {path}: it changes while it is read")
    metadata = wire.Metadata(
        hasher.size,
        digest,
        merkle.choose_exponent(hasher.size),
        modified=stamp[1] // 1_000_000,
    )
    return Shared(path, stamp, metadata, hasher.pieces)


class ContentServer(socketserver.ThreadingTCPServer):
    """Answers downloads of `contents`, by name, a thread for each client."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple, family: int):
        self.address_family = family
        self.contents = {}
        self.places = threading.Semaphore(MAX_CONNECTIONS)
        super().__init__(address, _Connection)

    @property
    def port(self) -> int:
        return self.server_address[1]


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        if not self.server.places.acquire(blocking=False):
            return
        try:
            self._buffer = b""
            while (message := self._next_message()) is not None:
                self._answer(message)
        except (OSError, wire.ProtocolError):
            pass  # The client is gone, stuck, or speaks something else.
        finally:
            self.server.places.release()

    def _next_message(self):
        """The next message, or None where the client ended between two."""
        head = self._take_pdu(IDLE_S)
        if head is None:
            return None
        pdus = head
        following = head[24] if head[:1] == b"D" else 0
        if following > MAX_FOLLOWING:
            raise wire.ProtocolError("Cannot read a D: it is too long")
        for _ in range(following):
            pdu = self._take_pdu(STUCK_S)
            if pdu is None or not wire.is_continuation(pdu[:1]):
                raise wire.ProtocolError("Cannot read a D: it is not whole")
            pdus += pdu
        while not following and wire.is_continuation(self._buffer[:1]):
            if len(self._buffer) < wire.PDU_BYTES:
                break
            pdus += self._take_pdu(STUCK_S)
        return wire.Message(pdus)

    def _take_pdu(self, patience: float):
        self.request.settimeout(patience)
        while len(self._buffer) < wire.PDU_BYTES:
            data = self.request.recv(READ_BYTES)
            if not data:
                if self._buffer:
                    raise wire.ProtocolError("Cannot read a PDU: it was cut")
                return None
            self._buffer += data
            self.request.settimeout(STUCK_S)
        pdu = self._buffer[: wire.PDU_BYTES]
        self._buffer = self._buffer[wire.PDU_BYTES :]
        return pdu

    def _answer(self, message: wire.Message) -> None:
        transaction = message.transaction
        self.request.settimeout(STUCK_S)
        if not "A" <= message.type <= "Z":
            return  # It belongs to nothing.
        if message.type != "D":
            return self._refuse(transaction, "UNSUPPORTED")
        try:
            download = wire.decode_download(message)
        except wire.ProtocolError:
            return self._refuse(transaction, "MALFORMED")
        if download.version != wire.VERSION:
            return self._refuse(transaction, "VERSION")
        shared = self.server.contents.get(download.name)
        if shared is None:
            return self._refuse(transaction, "NOT_FOUND")
        if download.digest not in (b"", shared.metadata.digest):
            return self._refuse(transaction, "CHANGED")
        self._serve(download, shared)

    def _serve(self, download: wire.Download, shared: Shared) -> None:
        transaction = download.transaction
        if download.kind == 0:
            self._serve_content(download, shared)
        elif download.kind == 1:
            exponent = download.exponent or shared.metadata.exponent
            if not 18 <= exponent <= 24:
                return self._refuse(transaction, "MALFORMED")
            hashes = b"".join(merkle.piece_hashes(shared.pieces, exponent))
            length = self._grant(download, shared, len(hashes))
            if length:
                end = download.offset + length
                part = hashes[download.offset : end]
                self.request.sendall(wire.encode_content(part))
        elif download.kind == 2:
            self._grant(download, shared, 0)
        else:
            self._refuse(transaction, "UNSUPPORTED")

    def _serve_content(self, download: wire.Download, shared: Shared) -> None:
        try:
            file = open(shared.path, "rb")
        except OSError:
            return self._refuse(download.transaction, "UNREADABLE")
        with file:
            if _stamp(file) != shared.stamp:
                return self._refuse(download.transaction, "CHANGED")
            left = self._grant(download, shared, shared.metadata.size)
            file.seek(download.offset)
            while left:
                # Whole PDUs but for the last one, which alone is padded.
                data = file.read(min(left, 640 * 100))
                if len(data) < min(left, 640 * 100):
                    raise OSError("Cannot go on: the file has become shorter")
                self.request.sendall(wire.encode_content(data))
                left -= len(data)

    def _grant(
        self, download: wire.Download, shared: Shared, size: int
    ) -> int:
        """Sends the A; returns what it grants, 0 where it sent an E instead."""
        if download.kind == 2:
            length = 0
        elif download.offset > size:
            self._refuse(download.transaction, "RANGE")
            return 0
        else:
            length = min(download.length, size - download.offset)
        self.request.sendall(
            wire.encode_grant(download.transaction, length, shared.metadata)
        )
        return length

    def _refuse(self, transaction: int, error: str) -> None:
        self.request.sendall(wire.encode_error(transaction, error))


def _stamp(file) -> tuple:
    stat = os.fstat(file.fileno())
    return stat.st_size, stat.st_mtime_ns
