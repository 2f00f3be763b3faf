"""Fetches a content from a content server and verifies it."""

import os
import socket
import tempfile

import merkle
import wire
from decode import Record, decode_error, decode_grant
from encode import encode_download
from index_client import Refused
from names import ProtocolError

PATIENCE_S = 30
MAX_GRANT_BYTES = 64 * wire.PDU_BYTES


def fetch(
    address: tuple,
    peer: str,
    record: Record,
    wanted: wire.Metadata,
    target: str,
) -> None:
    """Fetches one content to `target`, which is there whole or not at all."""
    folder = os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    with socket.create_connection(address, PATIENCE_S) as connection:
        request = encode_download(1, peer, record.name, digest=wanted.digest)
        connection.sendall(request)
        with connection.makefile("rb") as stream:
            length = _read_grant(stream, wanted)
            handle, part = tempfile.mkstemp(prefix=".peerdex-", dir=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    digest = _copy(stream, file, length)
                if digest != wanted.digest:
                    raise ProtocolError("It is not what was registered")
                os.replace(part, target)
            except BaseException:
                os.unlink(part)
                raise


def _read_grant(stream, wanted: wire.Metadata) -> int:
    head = _read_pdu(stream)
    if head[:1] == b"E":
        raise Refused(decode_error(wire.Message(head)))
    if head[:1] != b"A":
        raise ProtocolError("Neither A nor E came")
    pdus = head
    while not pdus[-wire.PDU_BYTES :].startswith(b"m"):
        # Continuations that this client does not know may come before the m.
        pdus += _read_pdu(stream)
        if len(pdus) > MAX_GRANT_BYTES:
            raise ProtocolError("Its grant has no m")
    grant = decode_grant(wire.Message(pdus))
    if grant.transaction != 1 or grant.length != wanted.size:
        raise ProtocolError("It grants another length than was asked for")
    if grant.metadata.digest != wanted.digest:
        raise ProtocolError("It grants another content")
    return grant.length


def _copy(stream, file, length: int) -> bytes:
    hasher = merkle.ContentHasher()
    while length > 0:
        pdu = _read_pdu(stream)
        if pdu[:1] != b"C":
            raise ProtocolError("Something other than content came")
        data = pdu[1 : 1 + min(length, 100)]
        file.write(data)
        hasher.update(data)
        length -= len(data)
    return hasher.finish()


def _read_pdu(stream) -> bytes:
    pdu = stream.read(wire.PDU_BYTES)
    if len(pdu) < wire.PDU_BYTES:
        raise ProtocolError("The connection ended too early")
    return pdu
