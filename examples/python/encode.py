"""Messages as they are written, docs/protocol.md, section 5."""

import struct

import wire
from names import ProtocolError, can_be_shown


def encode_hello(
    transaction: int,
    token: bytes,
    peer: str,
    *,
    port: int = 0,
    goodbye: bool = False,
    probe: bool = False,
    visit: bool = False,
    lease: int = 0,
    agent: str = "",
) -> bytes:
    return _pdu(
        b"H",
        _head(transaction, token, wire.NO_ADDRESS, port, peer),
        struct.pack(">BBH", wire.VERSION, goodbye | probe << 1 | visit << 2, lease),
        _text(agent, 50),
    )


def encode_register(
    transaction: int,
    token: bytes,
    peer: str,
    name: str,
    port: int,
    m: wire.Metadata,
) -> bytes:
    head = _head(transaction, token, wire.NO_ADDRESS, port, peer)
    return _named(b"R", head, name) + encode_metadata(transaction, m)


def encode_deregister(
    transaction: int, token: bytes, peer: str, name: str
) -> bytes:
    head = _head(transaction, token, wire.NO_ADDRESS, 0, peer)
    return _named(b"T", head, name)


def encode_search(
    transaction: int, token: bytes, name: str = "", digest: bytes = b""
) -> bytes:
    head = _head(transaction, token, wire.NO_ADDRESS, 0, "")
    return _named(b"S", head, name) + _pin(transaction, digest)


def encode_list(
    transaction: int,
    token: bytes,
    cursor: bytes,
    filter_text: str,
    pages: int = 0,
) -> bytes:
    head = _head(transaction, token, cursor, pages, "")
    return _named(b"O", head, filter_text)


def encode_metadata(transaction: int, m: wire.Metadata) -> bytes:
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
    length: int = wire.TO_THE_END,
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
        wire.VERSION,
        following,
    )
    return _named(b"D", head + _text(peer, 16), name) + _pin(
        transaction, digest
    )


def encode_grant(transaction: int, length: int, m: wire.Metadata) -> bytes:
    a = _pdu(b"A", struct.pack(">IQ", transaction, length))
    return a + encode_metadata(transaction, m)


def encode_error(transaction: int, error: str) -> bytes:
    code = wire.CODES[error]
    head = struct.pack(">IQHH", transaction, 0, code, 0)
    return _pdu(b"E", head, _text(wire.ERRORS[code][1], 84))


def encode_content(content: bytes) -> bytes:
    """Content as C PDUs, the last one padded."""
    return b"".join(
        _pdu(b"C", content[at : at + 100])
        for at in range(0, len(content), 100)
    )


def _pdu(kind: bytes, *fields: bytes) -> bytes:
    pdu = kind + b"".join(fields)
    if len(pdu) > wire.PDU_BYTES:
        raise ProtocolError("Cannot write a PDU: its fields are too long")
    return pdu.ljust(wire.PDU_BYTES, b"\0")


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
    return encode_metadata(transaction, wire.Metadata(0, digest, 0))
