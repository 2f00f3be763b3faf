"""Fetches a content from a content server and verifies it."""

import os
import socket
import tempfile

import merkle
import wire
from index_client import Refused

PATIENCE_S = 30


def fetch(
    address: tuple, peer: str, record: wire.Record, wanted: wire.Metadata,
    target: str,
) -> None:
    """Fetches one content to `target`, which is there whole or not at all."""
    folder = os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    with socket.create_connection(address, PATIENCE_S) as connection:
        request = wire.encode_download(
            1, peer, record.name, digest=wanted.digest
        )
        connection.sendall(request)
        with connection.makefile("rb") as stream:
            length = _read_grant(stream, wanted)
            handle, part = tempfile.mkstemp(prefix=".peerdex-", dir=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    digest = _copy(stream, file, length)
                if digest != wanted.digest:
                    raise wire.ProtocolError("It is not what was registered")
                os.replace(part, target)
            except BaseException:
                os.unlink(part)
                raise


def _read_grant(stream, wanted: wire.Metadata) -> int:
    head = _read_pdu(stream)
    if head[:1] == b"E":
        raise Refused(wire.decode_error(wire.Message(head)))
    if head[:1] != b"A":
        raise wire.ProtocolError("Neither A nor E came")
    grant = wire.decode_grant(wire.Message(head + _read_pdu(stream)))
    if grant.transaction != 1 or grant.length != wanted.size:
        raise wire.ProtocolError("It grants another length than was asked for")
    if grant.metadata.digest != wanted.digest:
        raise wire.ProtocolError("It grants another content")
    return grant.length


def _copy(stream, file, length: int) -> bytes:
    hasher = merkle.ContentHasher()
    while length > 0:
        pdu = _read_pdu(stream)
        if pdu[:1] != b"C":
            raise wire.ProtocolError("Something other than content came")
        data = pdu[1 : 1 + min(length, 100)]
        file.write(data)
        hasher.update(data)
        length -= len(data)
    return hasher.finish()


def _read_pdu(stream) -> bytes:
    pdu = stream.read(wire.PDU_BYTES)
    if len(pdu) < wire.PDU_BYTES:
        raise wire.ProtocolError("The connection ended too early")
    return pdu
