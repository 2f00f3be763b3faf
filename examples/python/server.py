"""A content server (section 8): serves the files that are shared."""

from __future__ import annotations

import io
import socket
import threading
import time
from typing import BinaryIO, Iterator, Mapping

import pdus
from messages import DOWNLOADS, GRANTS, TO_THE_END, VERSION, Code, Refused
from names import Malformed
from pdus import PAYLOAD, Message, content_pdus
from shared import Changed, SharedFile
from stream import STEP, Stream

MOST_CONNECTIONS = 64  # at a time; others wait to be accepted
MOST_FOLLOWING = 9  # continuations of a `D` (section 12)
FIRST_SECONDS, IDLE_SECONDS = 10.0, 120.0  # without a request (8.3)


class Server:
    """Answers downloads of files that are known by their names."""

    def __init__(self, files: Mapping[str, SharedFile], port: int) -> None:
        self._files = files
        self._places = threading.Semaphore(MOST_CONNECTIONS)
        both = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        self._listener = socket.create_server(
            ("", port), family=family, dualstack_ipv6=both
        )
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            self._places.acquire()
            try:
                connection = self._listener.accept()[0]
            except OSError:  # it is gone, or there are too many open files
                self._places.release()
                time.sleep(0.1)
                continue
            threading.Thread(
                target=self._serve, args=(connection,), daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                self._answer_all(Stream(connection))
        except OSError:
            pass  # the client has gone, or the file has become shorter
        finally:
            self._places.release()

    def _answer_all(self, stream: Stream) -> None:
        """Answer one request after the other (8.2)."""
        seconds = FIRST_SECONDS
        while True:
            head = stream.read(1, seconds)
            if head[:1].islower():
                continue  # it belongs to no request
            try:
                for data in self._answer(head, stream):
                    stream.write(data)
            except Refused as refused:
                stream.write(_error(head, refused))
            except Malformed:
                stream.write(_error(head, Refused(Code.MALFORMED)))
                stream.end()
                return
            seconds = IDLE_SECONDS

    def _answer(self, head: bytes, stream: Stream) -> Iterator[bytes]:
        """The PDUs that answer a request; it is refused before the first."""
        if not head[:1].isupper():
            raise Malformed("its type is no letter")
        if head[:1] != b"D":
            raise Refused(Code.UNSUPPORTED)
        if head[1 + 22] != VERSION:
            raise Refused(Code.VERSION)
        request = pdus.read(DOWNLOADS, [head, *_following(head, stream)])
        shared = self._files.get(request.name)
        if shared is None:
            raise Refused(Code.NOT_FOUND)
        pinned = request.m.digest if request.m else b""
        if any(pinned) and pinned != shared.metadata.digest:
            raise Refused(Code.CHANGED)
        with _open(request, shared) as file:
            start, length = _range(request, file.seek(0, io.SEEK_END))
            file.seek(start)
            grant = Message(
                type="A", transaction=request.transaction, length=length,
                m=shared.metadata,
            )
            yield pdus.write(GRANTS, grant)
            while length:
                data = file.read(min(length, STEP * PAYLOAD))
                if not data:
                    raise OSError("the file has become shorter")
                yield content_pdus(data)
                length -= len(data)


def _following(head: bytes, stream: Stream) -> list[bytes]:
    """The continuations of a `D`, as many as its byte 23 says (8.1)."""
    count = head[1 + 23]
    if count > MOST_FOLLOWING:
        raise Malformed("too many continuations")
    rest: list[bytes] = []
    if count == 0:  # a client that does not count: those that are here
        while stream.has_continuation() and len(rest) < MOST_FOLLOWING:
            rest.append(stream.read())
    while len(rest) < count:
        rest.append(stream.read())
        if not rest[-1][:1].islower():
            raise Malformed("fewer continuations than it says")
    return rest


def _open(request: Message, shared: SharedFile) -> BinaryIO:
    """What a request is answered from (8.1)."""
    if request.kind == 0:
        try:
            return shared.open()
        except Changed:
            raise Refused(Code.CHANGED) from None
        except OSError:
            raise Refused(Code.UNREADABLE) from None
    if request.kind == 1 and request.exponent in (0, shared.metadata.exponent):
        return io.BytesIO(b"".join(shared.hashes))
    if request.kind == 2:
        return io.BytesIO()
    if request.kind == 3:  # a bit for each piece, and all are there
        count = len(shared.hashes)
        bits = ((1 << count) - 1) << (-count % 8)
        return io.BytesIO(bits.to_bytes((count + 7) // 8, "big"))
    raise Refused(Code.UNSUPPORTED)


def _range(request: Message, total: int) -> tuple[int, int]:
    """Where the answer begins in so many bytes, and how long it is (8.1)."""
    if request.kind == 2:
        return 0, 0
    length = request.length
    if length == TO_THE_END:
        length = max(0, total - request.offset)
    if request.offset + length > total:
        raise Refused(Code.RANGE)
    return request.offset, length


def _error(head: bytes, refused: Refused) -> bytes:
    error = Message(
        type="E", transaction=int.from_bytes(head[1:5], "big"),
        code=refused.code, text=refused.text,
    )
    return pdus.write(GRANTS, error)
