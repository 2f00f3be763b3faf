"""Fetches a content from one source and verifies it (sections 8 and 9)."""

from __future__ import annotations

import random
import socket
import time
from typing import BinaryIO, Iterator

import digest
import pdus
from messages import DOWNLOADS, GRANTS, TO_THE_END, VERSION, Refused
from names import Malformed
from pdus import PAYLOAD, Message, content_of
from stream import SECONDS, STEP, Stream

CONNECT_SECONDS = 10.0


class WrongContent(Exception):
    """A source sent something else than what was registered."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} not what was registered")


def fetch(
    host: str, port: int, peer: str, name: str, want: Message, file: BinaryIO
) -> None:
    """Write a content into a file, each of its pieces verified."""
    with socket.create_connection((host, port), CONNECT_SECONDS) as connection:
        client = Client(connection, peer, name, want)
        hashes, exponent = client.piece_hashes()
        blocks = client.blocks_into(file)
        found = digest.piece_hashes(blocks, want.size, exponent)
        for number, expected in enumerate(hashes, 1):
            if next(found) != expected:
                raise WrongContent(f"piece {number} of {len(hashes)} is")


class Client:
    """A connection to a content server, for one content."""

    def __init__(
        self, connection: socket.socket, peer: str, name: str, want: Message
    ) -> None:
        self._stream = Stream(connection)
        self._peer, self._name, self._want = peer, name, want
        self._transaction = random.randrange(1, 2**31)

    def piece_hashes(self) -> tuple[list[bytes], int]:
        """The hashes of the pieces, verified, and the piece size (9)."""
        grant = self._ask(kind=1)
        exponent = grant.m.exponent
        count = digest.count_pieces(self._want.size, exponent)
        data = b"".join(self._granted(grant, count * digest.HASH))
        size = digest.HASH
        hashes = [data[at : at + size] for at in range(0, len(data), size)]
        if digest.digest_of(hashes, exponent) != self._want.digest:
            raise WrongContent("the hashes of the pieces are")
        return hashes, exponent

    def blocks_into(self, file: BinaryIO) -> Iterator[bytes]:
        """The content, not verified, in blocks that the file has, too."""
        block = bytearray()
        for data in self._granted(self._ask(kind=0), self._want.size):
            file.write(data)
            block += data
            if len(block) >= digest.BLOCK:
                yield bytes(block[: digest.BLOCK])
                del block[: digest.BLOCK]
        if block:
            yield bytes(block)

    def _ask(self, kind: int) -> Message:
        """Ask for all there is of a kind, the digest pinned (8.1)."""
        want = self._want
        self._transaction += 1
        request = Message(
            type="D", transaction=self._transaction, length=TO_THE_END,
            kind=kind, version=VERSION, peer=self._peer, name=self._name,
            m=Message(digest=want.digest),
        )
        self._stream.write(pdus.write(DOWNLOADS, request))
        answer = pdus.read(GRANTS, self._answer())
        if answer.type == "E" and answer.transaction in (0, self._transaction):
            raise Refused(answer.code, answer.text)
        if answer.transaction != self._transaction:
            raise Malformed("it answers something else")
        if (answer.m.size, answer.m.digest) != (want.size, want.digest):
            raise WrongContent("the metadata is")
        return answer

    def _answer(self) -> list[bytes]:
        """The PDUs of an `E`, or of an `A` up to its `m` (8.2)."""
        head = b""
        deadline = time.monotonic() + SECONDS
        while True:
            pdu = self._stream.read(1, deadline - time.monotonic())
            if not pdu[:1].isalpha() or (head and pdu[:1].isupper()):
                raise Malformed("it does not speak this protocol")
            if pdu[:1] == b"E":
                return [pdu]
            if pdu[:1] == b"A":
                head = pdu
            elif head and pdu[:5] == b"m" + head[1:5]:
                return [head, pdu]

    def _granted(self, grant: Message, length: int) -> Iterator[bytes]:
        """The bytes of a grant as they come in, if it is for that many."""
        if grant.length != length:
            raise WrongContent("the length is")
        while length:
            count = min(STEP, -(-length // PAYLOAD))
            data = content_of(self._stream.read(count), length)
            length -= len(data)
            yield data
