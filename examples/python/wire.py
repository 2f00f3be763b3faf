"""Bytes and messages: PDUs, fields, names and layouts.

Written from docs/protocol.md alone; the sections named here are its sections.
"""

import ipaddress
import re
import struct
import unicodedata
from typing import NamedTuple, Optional

PDU_BYTES = 101
DATAGRAM_BYTES = 12 * PDU_BYTES
VERSION = 1
TO_THE_END = 2**64 - 1
NO_ADDRESS = bytes(16)
NO_CURSOR = bytes(16)

ERRORS = {
    1: ("MALFORMED", "The request could not be read"),
    2: ("UNSUPPORTED", "This kind of request is not supported"),
    3: ("VERSION", "This version of the protocol is not spoken here"),
    4: ("TOKEN", "The token is missing or too old"),
    5: ("SIGNATURE", "The signature does not fit the key"),
    6: ("FORBIDDEN", "This index is for its members only"),
    7: (
        "NAME_TAKEN",
        "File associated with another User --> Pick another user name",
    ),
    8: ("NOT_FOUND", "File does not exist"),
    9: ("FULL", "A limit on registrations is reached"),
    10: ("BUSY", "Too many requests"),
    11: ("UNAVAILABLE", "The store behind the index does not answer"),
    12: ("CHANGED", "The file is no longer the one that was asked for"),
    13: ("RANGE", "The file ends before what was asked for"),
    14: ("UNREADABLE", "The file cannot be read where it is shared"),
}
CODES = {name: code for code, (name, _) in ERRORS.items()}


class ProtocolError(Exception):
    """Bytes or names that break the protocol."""


# Section 4: names

# Controls, separators and what reorders text.
UNSHOWABLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u2028\u2029"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])"
    r" *([.:].*)?",
    re.IGNORECASE | re.DOTALL,
)


def peer_name(text: str) -> str:
    """Returns the text where it is a peer name."""
    return _checked_text(text, 16)


def content_name(text: str) -> str:
    """Returns the text where it is a content name."""
    _checked_text(text, 822)
    if "\\" in text or text.startswith("/") or re.match("[A-Za-z]:", text):
        raise ProtocolError(f"Cannot use {text!r}: it is no relative path")
    for part in text.split("/"):
        if not 1 <= len(part.encode()) <= 255:
            raise ProtocolError(f"Cannot use {text!r}: a part has no length")
        if part.strip(". ") == "":
            raise ProtocolError(f"Cannot use {text!r}: {part!r} is a part")
        if DEVICE.fullmatch(part):
            raise ProtocolError(f"Cannot use {text!r}: {part!r} is a device")
    return text


def can_be_shown(text: str) -> bool:
    """Whether nothing in the text is obeyed by a terminal."""
    return not UNSHOWABLE.search(text)


def _checked_text(text: str, most: int) -> str:
    try:
        length = len(text.encode())
    except UnicodeEncodeError as error:
        raise ProtocolError(f"Cannot use {text!r}: {error}") from error
    if not 1 <= length <= most:
        raise ProtocolError(f"Cannot use {text!r}: 1 to {most} bytes are")
    if not can_be_shown(text):
        raise ProtocolError(f"Cannot use {text!r}: it cannot be shown")
    if unicodedata.normalize("NFC", text) != text:
        raise ProtocolError(f"Cannot use {text!r}: it is not in NFC")
    return text


# Section 5: layouts, as they are written


class Metadata(NamedTuple):
    """What a content is."""

    size: int
    digest: bytes
    exponent: int
    modified: int = 0
    partial: bool = False


def encode_hello(
    transaction: int,
    token: bytes,
    peer: str,
    *,
    port: int = 0,
    goodbye: bool = False,
    lease: int = 0,
    agent: str = "",
) -> bytes:
    return _pdu(
        b"H",
        _head(transaction, token, NO_ADDRESS, port, peer),
        struct.pack(">BBH", VERSION, goodbye, lease),
        _text(agent, 50),
    )


def encode_register(
    transaction: int, token: bytes, peer: str, name: str, port: int, m: Metadata
) -> bytes:
    head = _head(transaction, token, NO_ADDRESS, port, peer)
    return _named(b"R", head, name) + encode_metadata(transaction, m)


def encode_deregister(
    transaction: int, token: bytes, peer: str, name: str
) -> bytes:
    head = _head(transaction, token, NO_ADDRESS, 0, peer)
    return _named(b"T", head, name)


def encode_search(
    transaction: int, token: bytes, name: str = "", digest: bytes = b""
) -> bytes:
    head = _head(transaction, token, NO_ADDRESS, 0, "")
    return _named(b"S", head, name) + _pin(transaction, digest)


def encode_list(
    transaction: int, token: bytes, cursor: bytes, filter_text: str
) -> bytes:
    head = _head(transaction, token, cursor, 0, "")
    return _named(b"O", head, filter_text)


def encode_metadata(transaction: int, m: Metadata) -> bytes:
    return _pdu(
        b"m",
        struct.pack(">IQ", transaction, m.size),
        m.digest,
        struct.pack(">BBQ", m.exponent, m.partial, m.modified),
    )


def encode_download(
    transaction: int,
    peer: str,
    name: str,
    *,
    offset: int = 0,
    length: int = TO_THE_END,
    kind: int = 0,
    exponent: int = 0,
    digest: bytes = b"",
) -> bytes:
    following = -(-max(0, len(name.encode()) - 54) // 96) + bool(digest)
    head = struct.pack(
        ">IQQBBBB6x",
        transaction,
        offset,
        length,
        kind,
        exponent,
        VERSION,
        following,
    )
    return _named(b"D", head + _text(peer, 16), name) + _pin(
        transaction, digest
    )


def encode_grant(transaction: int, length: int, m: Metadata) -> bytes:
    a = _pdu(b"A", struct.pack(">IQ", transaction, length))
    return a + encode_metadata(transaction, m)


def encode_error(transaction: int, error: str) -> bytes:
    code = CODES[error]
    head = struct.pack(">IQHH", transaction, 0, code, 0)
    return _pdu(b"E", head, _text(ERRORS[code][1], 84))


def encode_content(content: bytes) -> bytes:
    """Content as C PDUs, the last one padded."""
    return b"".join(
        _pdu(b"C", content[at : at + 100]) for at in range(0, len(content), 100)
    )


def _pdu(kind: bytes, *fields: bytes) -> bytes:
    pdu = kind + b"".join(fields)
    if len(pdu) > PDU_BYTES:
        raise ProtocolError("Cannot write a PDU: its fields are too long")
    return pdu.ljust(PDU_BYTES, b"\0")


def _text(text: str, width: int) -> bytes:
    encoded = text.encode()
    if len(encoded) > width or not can_be_shown(text):
        raise ProtocolError(f"Cannot write {text!r}: it does not fit")
    return encoded.ljust(width, b"\0")


def _head(
    transaction: int, token: bytes, address: bytes, port: int, peer: str
) -> bytes:
    head = struct.pack(">I8s16sH", transaction, token, address, port)
    return head + _text(peer, 16)


def _named(kind: bytes, head: bytes, name: str) -> bytes:
    """A PDU whose last 54 bytes begin a name, and the n that go on with it."""
    encoded = name.encode()
    if len(encoded) > 822:
        raise ProtocolError("Cannot write a name: it has over 822 bytes")
    rest = (encoded[at : at + 96] for at in range(54, len(encoded), 96))
    return _pdu(kind, head, encoded[:54]) + b"".join(
        _pdu(b"n", head[:4], part) for part in rest
    )


def _pin(transaction: int, digest: bytes) -> bytes:
    if not digest:
        return b""
    return encode_metadata(transaction, Metadata(0, digest, 0))


# Section 5: layouts, as they are read


class Ack(NamedTuple):
    transaction: int
    token: bytes
    address: bytes
    port: int
    lease: int
    count: int
    cursor: bytes
    text: str
    metadata: Optional[Metadata]


class Error(NamedTuple):
    transaction: int
    token: bytes
    code: int
    retry_after: int
    text: str

    @property
    def name(self) -> str:
        return ERRORS.get(self.code, (f"error {self.code}", ""))[0]


class Record(NamedTuple):
    """A source (S), or an entry of the list (O)."""

    type: str
    transaction: int
    size: int
    address: bytes
    port: int
    peer: str
    name: str
    metadata: Optional[Metadata]
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
    metadata: Metadata


class Message:
    """A head and its continuations, section 6."""

    def __init__(self, pdus: bytes):
        self.type = pdus[:1].decode("latin-1")
        self.head = pdus[1:PDU_BYTES]
        self.transaction = struct.unpack_from(">I", self.head)[0]
        self._rest = [
            pdus[at : at + PDU_BYTES]
            for at in range(PDU_BYTES, len(pdus), PDU_BYTES)
        ]

    def continuations(self, kind: bytes) -> list:
        """The payloads of one type that belong to this message."""
        mark = kind + self.head[:4]
        return [pdu[1:] for pdu in self._rest if pdu.startswith(mark)]


def split_messages(pdus: bytes) -> list:
    """The messages of a datagram; what belongs to none is left out."""
    messages = []
    start = 0
    while start < len(pdus):
        end = start + PDU_BYTES
        while is_continuation(pdus[end : end + 1]):
            end += PDU_BYTES
        if not is_continuation(pdus[start : start + 1]):
            messages.append(Message(pdus[start:end]))
        start = end
    return messages


def is_continuation(kind: bytes) -> bool:
    return b"a" <= kind <= b"z"


def decode_reply(message: Message):
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


def decode_error(message: Message) -> Error:
    fields = struct.unpack_from(">I8sHH84s", message.head)
    own_text = ERRORS.get(fields[2], ("", f"Error {fields[2]}"))[1]
    return Error(*fields[:4], _read_caption(fields[4]) or own_text)


def decode_grant(message: Message) -> Grant:
    transaction, length = struct.unpack_from(">IQ", message.head)
    metadata = decode_metadata(message)
    if metadata is None:
        raise ProtocolError("Cannot read a grant: it has no m")
    return Grant(transaction, length, metadata)


def decode_download(message: Message) -> Download:
    fields = struct.unpack_from(">IQQBBB7x16s54s", message.head)
    if fields[1] > 2**44:
        raise ProtocolError("Cannot read a D: its offset is over 2^44")
    peer = peer_name(_read_text(fields[6]))
    name = content_name(_read_name(message, fields[7]))
    return Download(*fields[:6], peer, name, _read_pin(message))


def decode_metadata(message: Message) -> Optional[Metadata]:
    for payload in message.continuations(b"m")[:1]:
        fields = struct.unpack_from(">4xQ32sBBQ", payload)
        size, digest, exponent, flags, modified = fields
        if size > 2**44 or not 18 <= exponent <= 24:
            raise ProtocolError("Cannot read an m: its sizes are impossible")
        if size > 2**20 << exponent or modified > 8_640_000_000_000_000:
            raise ProtocolError("Cannot read an m: its numbers are too large")
        return Metadata(size, digest, exponent, modified, bool(flags & 1))
    return None


def _decode_record(message: Message) -> Record:
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


def _read_pin(message: Message) -> bytes:
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


def _read_name(message: Message, first: bytes) -> str:
    # A field that has room before one that goes on leaves a NUL in between.
    parts = [payload[4:] for payload in message.continuations(b"n")]
    return _read_text(first + b"".join(parts))


def _read_caption(field: bytes) -> str:
    try:
        text = _read_text(field)
    except ProtocolError:
        return ""
    return text if can_be_shown(text) else ""


# Section 3: addresses


def host_of(address: bytes) -> str:
    """The text of an address that is given."""
    ip = ipaddress.IPv6Address(address)
    return str(ip.ipv4_mapped or ip)
