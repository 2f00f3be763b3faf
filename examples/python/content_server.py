"""Serves what was registered, over TCP; docs/protocol.md, section 8."""

import os
import socketserver
import threading
from typing import NamedTuple

import merkle
import wire
from decode import Download, decode_download
from encode import encode_content, encode_error, encode_grant
from names import ProtocolError

IDLE_S = 120
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
        try:
            if not self.server.places.acquire(blocking=False):
                return self._refuse(0, "BUSY")
        except OSError:
            return
        try:
            self._buffer = b""
            while (message := self._next_message()) is not None:
                if not self._answer(message):
                    break
        except OSError:
            pass  # The client is gone or stuck, or the file is.
        finally:
            self.server.places.release()

    def _next_message(self):
        """The next message, or None where the client has ended."""
        head = self._take_pdu(IDLE_S)
        if head is None:
            return None
        pdus = head
        following = head[24] if head[:1] == b"D" else 0
        if following > MAX_FOLLOWING:
            return wire.Message(pdus)  # It will be refused.
        for _ in range(following):
            pdu = self._take_pdu(STUCK_S)
            if pdu is None:
                return None
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
                return None
            self._buffer += data
            self.request.settimeout(STUCK_S)
        pdu = self._buffer[: wire.PDU_BYTES]
        self._buffer = self._buffer[wire.PDU_BYTES :]
        return pdu

    def _answer(self, message: wire.Message) -> bool:
        """Answers a message. Returns whether another one may follow."""
        self.request.settimeout(STUCK_S)
        if "a" <= message.type <= "z":
            return True  # It belongs to nothing.
        if "A" <= message.type <= "Z" and message.type != "D":
            self._refuse(message.transaction, "UNSUPPORTED")
            return True
        try:
            download = decode_download(message)
        except ProtocolError:
            # Where the next message begins cannot be known.
            self._refuse(message.transaction, "MALFORMED")
            return False
        self._answer_download(download)
        return True

    def _answer_download(self, download: Download) -> None:
        transaction = download.transaction
        if download.version != wire.VERSION:
            return self._refuse(transaction, "VERSION")
        shared = self.server.contents.get(download.name)
        if shared is None:
            return self._refuse(transaction, "NOT_FOUND")
        if download.digest not in (b"", shared.metadata.digest):
            return self._refuse(transaction, "CHANGED")
        self._serve(download, shared)

    def _serve(self, download: Download, shared: Shared) -> None:
        transaction = download.transaction
        if download.kind == 0:
            self._serve_content(download, shared)
        elif download.kind == 1:
            exponent = download.exponent or shared.metadata.exponent
            if not 18 <= exponent <= 24:
                return self._refuse(transaction, "UNSUPPORTED")
            hashes = b"".join(merkle.piece_hashes(shared.pieces, exponent))
            length = self._grant(download, shared, len(hashes))
            if length:
                end = download.offset + length
                part = hashes[download.offset : end]
                self.request.sendall(encode_content(part))
        elif download.kind == 2:
            self._grant(download, shared, 0)
        else:
            self._refuse(transaction, "UNSUPPORTED")

    def _serve_content(self, download: Download, shared: Shared) -> None:
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
                    raise OSError(f"{shared.path} has become shorter")
                self.request.sendall(encode_content(data))
                left -= len(data)

    def _grant(self, download: Download, shared: Shared, size: int) -> int:
        """Sends the A. Returns what it grants, 0 where it sent an E."""
        length = download.length
        if download.kind == 2:
            length = 0
        elif length == wire.TO_THE_END and download.offset <= size:
            length = size - download.offset
        elif download.offset + length > size:
            self._refuse(download.transaction, "RANGE")
            return 0
        self.request.sendall(
            encode_grant(download.transaction, length, shared.metadata)
        )
        return length

    def _refuse(self, transaction: int, error: str) -> None:
        self.request.sendall(encode_error(transaction, error))


def _stamp(file) -> tuple:
    stat = os.fstat(file.fileno())
    return stat.st_size, stat.st_mtime_ns
