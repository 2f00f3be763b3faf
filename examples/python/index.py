"""A peer's side of what peer and index say over UDP (section 7)."""

from __future__ import annotations

import ipaddress
import random
import socket
import time

import pdus
from messages import REPLIES, REQUESTS, VERSION, Code, Refused
from names import Malformed
from pdus import Message

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 4.0  # before a repetition (7.8)
GIVE_UP, GIVE_UP_BUSY = 15.0, 60.0


class Index:
    """An index, as a peer reaches it."""

    def __init__(self, host: str, port: int) -> None:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        self._socket = socket.socket(family, kind, protocol)
        self._socket.connect(address)  # nobody else is listened to (7.1)
        host, _port, *more = address  # of IPv6 also flow label and zone
        self._host = str(host).partition("%")[0]
        self._zone = f"%{more[1]}" if any(more[1:]) else ""
        self._token = b""
        self._transaction = random.randrange(2**32)

    def hello(self, peer: str, port: int, flags: int = 0) -> Message:
        """Open or renew the session of this endpoint, or end it (7.4)."""
        hello = Message(
            type="H", port=port, peer=peer, version=VERSION, flags=flags,
            agent="peerdex.py",
        )
        return self._ask(hello)[0]

    def register(
        self, peer: str, port: int, name: str, metadata: Message
    ) -> None:
        """Register a content, or renew it (7.5)."""
        self._ask(
            Message(type="R", port=port, peer=peer, name=name, m=metadata)
        )

    def search(self, name: str) -> tuple[Message, list[Message]]:
        """The metadata of what a name means, and its sources (7.6)."""
        answer, *sources = self._ask(Message(type="S", name=name))
        if answer.m is None:
            raise Malformed("the index does not say what the name means")
        fit = [s for s in sources if (s.name, s.size) == (name, answer.m.size)]
        return answer.m, fit

    def list_all(self, words: str) -> tuple[list[Message], str]:
        """All that matches, and what the index says at the end (7.7)."""
        entries: list[Message] = []
        cursor = bytes(16)
        while True:
            page = Message(type="O", cursor=cursor, filter=words)
            try:
                answer, *more = self._ask(page)
            except Refused as refused:
                if refused.code != Code.MALFORMED or not any(cursor):
                    raise
                return self.list_all(words)  # the index was started again
            entries += more
            cursor = answer.cursor
            if not any(cursor):
                return entries, answer.text

    def host_of(self, source: Message) -> str:
        """Where a source is: zero means the host of the index (7.6)."""
        if not any(source.address):
            return self._host + self._zone
        host = address_text(source.address)
        return host + self._zone if host.startswith("fe80:") else host

    def _ask(self, request: Message) -> list[Message]:
        """The `A` to a request, and what follows it (7.2, 7.8)."""
        self._transaction = (self._transaction + 1) % 2**32
        request.transaction = self._transaction
        pause, now = FIRST_PAUSE, time.monotonic()
        give_up, give_up_busy = now + GIVE_UP, now + GIVE_UP_BUSY
        while time.monotonic() < give_up:
            request.token = self._token
            until = time.monotonic() + pause * random.uniform(0.8, 1.2)
            reply = self._exchange(request, min(until, give_up))
            if reply and reply[0].type == "A":
                return reply
            if reply and reply[0].code == Code.TOKEN:
                continue
            pause = min(pause * 2, LONGEST_PAUSE)
            if reply:
                refused = Refused(reply[0].code, reply[0].text)
                now, wait = time.monotonic(), reply[0].retry_after or pause
                busy = refused.code in (Code.BUSY, Code.UNAVAILABLE)
                if not busy or now + wait > give_up_busy:
                    raise refused
                time.sleep(wait)
                give_up = now + wait + GIVE_UP
        raise TimeoutError("the index does not answer")

    def _exchange(self, request: Message, until: float) -> list[Message]:
        """Send a request once; the reply, if there is one until then."""
        try:
            self._socket.send(pdus.write(REQUESTS, request))
        except OSError:
            pass  # as if it were lost on the way
        while time.monotonic() < until:
            self._socket.settimeout(max(0.001, until - time.monotonic()))
            try:
                reply = _read(self._socket.recv(65_535), request)
            except socket.timeout:
                break
            except OSError:
                time.sleep(max(0.0, until - time.monotonic()))  # nobody there
                break
            if reply:
                refused = getattr(reply[0], "code", 0) == Code.TOKEN
                if refused and reply[0].token == self._token:
                    continue  # this one has been sent with it
                if any(reply[0].token):
                    self._token = reply[0].token
                return reply
        return []


def _read(datagram: bytes, request: Message) -> list[Message]:
    """The `A` or `E` to a request in a datagram, and what follows it."""
    reply: list[Message] = []
    for message_pdus in pdus.split(datagram):
        try:
            message = pdus.read(REPLIES, message_pdus)
        except (Malformed, KeyError):
            continue  # not understood, and left out (section 11)
        if message.transaction != request.transaction:
            continue
        if message.type in "AE":
            if reply:
                break  # a second answer, to a repetition
            reply.append(message)
        elif reply and message.type == request.type:
            reply.append(message)
    return reply


def address_text(address: bytes) -> str:
    """The text of an address: RFC 5952, and IPv4 as such (section 3)."""
    ipv6 = ipaddress.IPv6Address(address)
    return str(ipv6.ipv4_mapped or ipv6)
