"""Messages as they are read, docs/protocol.md, section 5."""

import struct
from typing import NamedTuple, Optional

import wire
from names import ProtocolError, can_be_shown, content_name, peer_name


class Ack(NamedTuple):
    transaction: int
    token: bytes
    address: bytes
    port: int
    lease: int
    count: int
    cursor: bytes
    text: str
    metadata: Optional[wire.Metadata]


class Error(NamedTuple):
    transaction: int
    token: bytes
    code: int
    retry_after: int
    text: str

    @property
    def name(self) -> str:
        return wire.ERRORS.get(self.code, (f"error {self.code}", ""))[0]


class Record(NamedTuple):
    """A source (S), or an entry of the list (O)."""

    type: str
    transaction: int
    size: int
    address: bytes
    port: int
    peer: str
    name: str
    metadata: Optional[wire.Metadata]
    key: Optional[bytes]


class Download(NamedTuple):
    transaction: int
    offset: int
    length: int
    kind: int
    exponent: int
    version: int
    peer: str
    name: str
    digest: bytes


class Grant(NamedTuple):
    transaction: int
    length: int
    metadata: wire.Metadata


def decode_reply(message: wire.Message):
    """An Ack, an Error or a Record; None for what an index does not send."""
    if message.type == "A":
        fields = struct.unpack_from(">I8s16sHHI16s48s", message.head)
        text = _read_caption(fields[7])
        return Ack(*fields[:7], text, decode_metadata(message))
    if message.type == "E":
        return decode_error(message)
    if message.type in "SO":
        return _decode_record(message)
    return None


def decode_error(message: wire.Message) -> Error:
    fields = struct.unpack_from(">I8sHH84s", message.head)
    own_text = wire.ERRORS.get(fields[2], ("", f"Error {fields[2]}"))[1]
    return Error(*fields[:4], _read_caption(fields[4]) or own_text)


def decode_grant(message: wire.Message) -> Grant:
    transaction, length = struct.unpack_from(">IQ", message.head)
    metadata = decode_metadata(message)
    if metadata is None:
        raise ProtocolError("Cannot read a grant: it has no m")
    return Grant(transaction, length, metadata)


def decode_download(message: wire.Message) -> Download:
    if message.type != "D" or not message.is_whole:
        raise ProtocolError("Cannot read a D: it is none, or not whole")
    fields = struct.unpack_from(">IQQBBB7x16s54s", message.head)
    if fields[1] > 2**44:
        raise ProtocolError("Cannot read a D: its offset is over 2^44")
    peer = peer_name(_read_text(fields[6]))
    name = content_name(_read_name(message, fields[7]))
    return Download(*fields[:6], peer, name, _read_pin(message))


def decode_metadata(message: wire.Message) -> Optional[wire.Metadata]:
    for payload in message.continuations(b"m")[:1]:
        fields = struct.unpack_from(">4xQ32sBBQ", payload)
        size, digest, exponent, flags, modified = fields
        if size > 2**44 or not 18 <= exponent <= 24:
            raise ProtocolError("Cannot read an m: its sizes are impossible")
        if size > 2**20 << exponent or modified > 8_640_000_000_000_000:
            raise ProtocolError("Cannot read an m: its numbers are too large")
        return wire.Metadata(size, digest, exponent, modified, bool(flags & 1))
    return None


def _decode_record(message: wire.Message) -> Record:
    fields = struct.unpack_from(">IQ16sH16s54s", message.head)
    transaction, size, address, port, peer, name = fields
    if port == 0 or size > 2**44:
        raise ProtocolError("Cannot read a record: its numbers are impossible")
    keys = message.continuations(b"k")
    return Record(
        message.type,
        transaction,
        size,
        address,
        port,
        peer_name(_read_text(peer)),
        content_name(_read_name(message, name)),
        decode_metadata(message),
        keys[0][4:36] if keys else None,
    )


def _read_pin(message: wire.Message) -> bytes:
    for payload in message.continuations(b"m")[:1]:
        digest = payload[12:44]
        return digest if any(digest) else b""
    return b""


def _read_text(field: bytes) -> str:
    text = field.rstrip(b"\0")
    if b"\0" in text:
        raise ProtocolError("Cannot read a text: it goes on after its end")
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError("Cannot read a text: it is no UTF-8") from error


def _read_name(message: wire.Message, first: bytes) -> str:
    # A field that has room before one that goes on leaves a NUL in between.
    parts = [payload[4:] for payload in message.continuations(b"n")]
    return _read_text(first + b"".join(parts))


def _read_caption(field: bytes) -> str:
    try:
        text = _read_text(field)
    except ProtocolError:
        return ""
    return text if can_be_shown(text) else ""
