"""Talks to an index over UDP, docs/protocol.md, section 7."""

import random
import secrets
import socket
import threading
import time

import wire
from decode import Ack, Error, decode_reply
from encode import (
    encode_deregister,
    encode_hello,
    encode_list,
    encode_register,
    encode_search,
)
from names import ProtocolError

GIVE_UP_S = 15
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 4
PATIENCE_S = 60


class Refused(Exception):
    """The index or a content server answered with an E."""

    def __init__(self, error: Error):
        super().__init__(error.text)
        self.error = error


class Unreachable(Exception):
    """Nobody answers."""


class IndexClient:
    """One request at a time, from one endpoint, so with one owner."""

    def __init__(self, host: str, port: int):
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM
        )[0]
        self.family = family
        self.host = address[0]
        self._where = f"{address[0]} port {address[1]}"
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        # Only what comes from the index reaches a connected socket.
        self._socket.connect(address)
        self._token = bytes(8)
        self._transaction = secrets.randbits(32)
        self._turn = threading.Lock()

    def close(self) -> None:
        self._socket.close()

    def hello(self, peer: str, port: int, goodbye: bool = False) -> Ack:
        return self._ask(
            lambda transaction, token: encode_hello(
                transaction,
                token,
                peer,
                port=port,
                goodbye=goodbye,
                agent="peerdex-python/1",
            )
        )[0]

    def register(
        self, peer: str, name: str, port: int, metadata: wire.Metadata
    ) -> Ack:
        return self._ask(
            lambda transaction, token: encode_register(
                transaction, token, peer, name, port, metadata
            )
        )[0]

    def deregister(self, peer: str, name: str) -> Ack:
        return self._ask(
            lambda transaction, token: encode_deregister(
                transaction, token, peer, name
            )
        )[0]

    def search(self, name: str) -> tuple:
        """Returns the metadata and the sources that have just that."""
        ack, sources = self._ask(
            lambda transaction, token: encode_search(transaction, token, name)
        )
        if ack.metadata is None:
            raise ProtocolError("Cannot use the answer: it has no m")
        return ack.metadata, sources

    def list(self, filter_text: str = "") -> list:
        """Returns all entries that match, asking for a page at a time."""
        entries = []
        cursor = wire.NO_CURSOR
        while True:
            try:
                ack, page = self._ask(
                    lambda transaction, token, cursor=cursor: encode_list(
                        transaction, token, cursor, filter_text
                    )
                )
            except Refused as refused:
                # The index was started again: its cursors are new.
                if refused.error.name != "MALFORMED" or not any(cursor):
                    raise
                entries, cursor = [], wire.NO_CURSOR
                continue
            entries += page
            cursor = ack.cursor
            if cursor == wire.NO_CURSOR:
                return entries

    def _ask(self, encode) -> tuple:
        """Sends a request until it is answered: an A, and what follows.

        `encode` makes the request from its transaction and the newest token.
        """
        with self._turn:
            patience = time.monotonic() + PATIENCE_S
            self._transaction = (self._transaction + 1) % 2**32
            while True:
                answer = self._exchange(encode)
                first = answer[0]
                if isinstance(first, Ack):
                    self._token = first.token
                    return first, answer[1:]
                if first.name == "TOKEN":
                    self._token = first.token
                elif first.name in ("BUSY", "UNAVAILABLE"):
                    pause = max(first.retry_after, FIRST_PAUSE_S)
                    if time.monotonic() + pause > patience:
                        raise Refused(first)
                    time.sleep(pause)
                else:
                    raise Refused(first)
                if time.monotonic() > patience:
                    raise Refused(first)

    def _exchange(self, encode) -> list:
        request = encode(self._transaction, self._token)
        give_up = time.monotonic() + GIVE_UP_S
        pause = FIRST_PAUSE_S
        while time.monotonic() < give_up:
            try:
                self._socket.send(request)
            except ConnectionRefusedError:
                pass  # Nobody listens there now; someone may soon.
            answer = self._receive(
                min(
                    time.monotonic() + pause * random.uniform(0.8, 1.2),
                    give_up,
                )
            )
            if answer:
                return answer
            pause = min(2 * pause, LONGEST_PAUSE_S)
        raise Unreachable(
            f"No answer from the index at {self._where} in {GIVE_UP_S} s: "
            "check that it runs there and that UDP reaches it"
        )

    def _receive(self, until: float) -> list:
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return []
            self._socket.settimeout(left)
            try:
                # Room for more than a datagram may have, to see what has more.
                datagram = self._socket.recv(2048)
            except socket.timeout:
                return []
            except ConnectionRefusedError:
                time.sleep(min(FIRST_PAUSE_S, left))
                continue
            answer = self._answer_in(datagram)
            if answer:
                return answer

    def _answer_in(self, datagram: bytes) -> list:
        if not is_datagram_length(len(datagram)):
            return []
        answer = []
        for message in wire.split_messages(datagram):
            if message.transaction != self._transaction:
                continue
            try:
                reply = decode_reply(message)
            except ProtocolError:
                continue  # What cannot be read is left out.
            if reply is not None:
                answer.append(reply)
        opens = answer and isinstance(answer[0], (Ack, Error))
        return answer if opens else []


def is_datagram_length(length: int) -> bool:
    """Whether a datagram of this length is taken."""
    return 0 < length <= wire.DATAGRAM_BYTES and length % wire.PDU_BYTES == 0
